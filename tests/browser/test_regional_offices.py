"""Journey A with an officer in the browser: everybody else is a folder with a key, and commands as processes there.

Scripts are off in this browser: what it can do here, it can do anywhere.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from journeys.stranger import COMMAND, ENVIRONMENT, ask, call
from journeys.town import (
    WORKERS,
    Town,
    attest,
    draw_up,
    make_application,
    name_duty,
    open_town,
    register,
    sign,
    write_table,
)

from .visits import click_through, end

pytestmark = pytest.mark.browser

BOARDS = {"harbor-board": ["operator", "seed", "verifier"], "river-board": ["verifier"]}
OFFICES = ("salt-marsh", "stone-quay", "fern-valley")
OFFICER = "pine-hollow"
PASSWORD = "correct horse, battery staple"
DUE = "2031-03-10T00:00:00Z"


@dataclass(frozen=True)
class Desk:
    """The officer's browser, and the folder in which her sealed key lies."""

    page: Page
    town: Town

    def open(self, path: str, language: str = "en") -> str:
        """Open a page; return what it says."""
        self.page.goto(f"{self.town.url}{path}?lang={language}")
        return self.read()

    def read(self) -> str:
        return re.sub(r"\s+", " ", self.page.inner_text("main"))

    def sign_here(self) -> str:
        """Give the password on a page that asks for a signature; return what came of it."""
        self.page.fill("#password", PASSWORD)
        click_through(self.page, "text=Sign and submit")
        assert self.page.is_visible("h1:text-is('Signed and recorded')"), self.read()
        said = self.read()
        click_through(self.page, "main .note .button.first")
        return said


def run_asked(folder: Path, *words: str) -> str:
    """Run a command at a terminal, where the officer types her password whenever she is asked."""
    line = shlex.join([*COMMAND, *words])
    asked = ["script", "--quiet", "--return", "--flush", "--command", line, "/dev/null"]
    with subprocess.Popen(
        asked, cwd=folder, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        said = b""
        while heard := os.read(process.stdout.fileno(), 4096):
            said += heard
            if re.search(rb"(^|\n)(Password|Again)[^\n]*: $", said):
                process.stdin.write(PASSWORD.encode() + b"\n")
    assert process.returncode == 0, said.decode()
    return said.decode()


@contextmanager
def open_desk(browser: Browser, town: Town) -> Iterator[Desk]:
    """The operator keeps the officer's sealed key, so that she can sign in from anywhere; her password she keeps."""
    folder = town.folder / OFFICER
    folder.mkdir()
    (folder / "genesis.json").write_bytes((town.folder / town.operator / "genesis.json").read_bytes())
    run_asked(folder, "key", "new", "officer.key", "--password")
    store = town.node / "keys" / "officers"
    store.mkdir(parents=True, exist_ok=True)
    (store / "pine.key").write_bytes((folder / "officer.key").read_bytes())
    context = browser.new_context(java_script_enabled=False, accept_downloads=True, locale="en")
    yield Desk(context.new_page(), town)
    end(context)


def test_an_officer_reads_signs_delivers_objects_and_checks_in_the_browser(browser: Browser, tmp_path: Path) -> None:
    with open_town(tmp_path, BOARDS, OFFICES) as town, open_desk(browser, town) as desk:
        admit_everybody(town, desk)
        sign_what_was_read(town, desk)
        object_then_accept(town, desk)
        deliver_from_the_page(town, desk)
        watch_two_late_contracts(town, desk)
        read_credit(town, desk)
        check_the_proof(town, desk)


def admit_everybody(town: Town, desk: Desk) -> None:
    """Four apply, each for itself; the sponsor and two verifiers answer; the officer signs in and is at home."""
    members = (*OFFICES, OFFICER)
    application = make_application(OFFICER, "harbor-board", "22" * 32)
    (town.folder / OFFICER / "application.json").write_text(json.dumps(application))
    run_asked(town.folder / OFFICER, "tx", "operations", "application.json", "--node", town.url, "--key", "officer.key")
    with ThreadPoolExecutor(WORKERS) as workers:
        applying = workers.map(lambda name: town.act(name, make_application(name, "harbor-board", "11" * 32)), OFFICES)
        list(applying)
    verdicts = [{"type": "membership.sponsor", "member": name, "verdict": True} for name in members]
    town.act("harbor-board", *verdicts, *map(attest, members))
    town.act("river-board", *map(attest, members))

    desk.page.goto(f"{town.url}/login?lang=en")
    desk.page.fill("#officer", "pine")
    desk.page.fill("#password", PASSWORD)
    click_through(desk.page, "main form button")
    assert "Nothing waits for you." in desk.read()
    assert "Pine Hollow" in desk.open(f"/members/{OFFICER}")


def sign_what_was_read(town: Town, desk: Desk) -> None:
    """Contract 1: Salt Marsh owes the officer and the board; every clause of both texts is on the page she signs."""
    described = write_table(town, "salt-marsh", "tides.csv", 40)
    write_table(town, "salt-marsh", "short.csv", 30)
    evidence = {"type": "matching_table", "schema": described["schema"], "rows_min": 30}
    number = draw_up(town, "salt-marsh", ["harbor-board", OFFICER], evidence, "tides", "2031-03-20T00:00:00Z")
    assert number == 1
    sign(town, number, "harbor-board", "salt-marsh")

    desk.open("/")
    click_through(desk.page, "text=Sign or decline C-0001")
    clauses = town.show("harbor-board", number)["clauses"]
    for language in ("zh", "en"):
        said = desk.open(f"/contracts/{number}", language)
        letters = re.sub(r"\s", "", said)  # each sentence stands in a line of its own
        assert all(re.sub(r"\s", "", clause) in letters for clause in clauses[language])
    click_through(desk.page, "main button:text-is('Sign')")
    said = desk.read()
    assert "Pine Hollow signs contract C-0001" in said
    assert all(clause in said for clause in clauses["en"])
    assert "Contract C-0001 was judged valid and is in force." in desk.sign_here()
    assert "0 of 1 duties closed" in desk.read()


def object_then_accept(town: Town, desk: Desk) -> None:
    """The officer objects to the first delivery, hears of the second one, and accepts it."""
    version = register(town, "salt-marsh", "short.csv", "tides")
    town.act("salt-marsh", name_duty("deliver", 1, version=version))
    desk.open("/")
    click_through(desk.page, "text=Accept or object to the delivery for obligation 1 of C-0001")
    assert "Salt Marsh delivered version 1 of tides" in desk.read()
    desk.page.click("summary:text-is('Object')")
    desk.page.select_option("select[name=ground]", "incomplete")
    desk.page.fill("textarea[name=statement]", "Ten stations are missing.")
    click_through(desk.page, "details[open] button")
    assert "Ten stations are missing." in desk.read()
    assert "Pine Hollow objected to the delivery" in desk.sign_here()
    assert "Withdraw your objection" in desk.read()

    version = register(town, "salt-marsh", "tides.csv", "tides")
    town.act("salt-marsh", name_duty("deliver", 1, version=version))
    town.act("harbor-board", name_duty("acknowledge", 1))
    assert "delivered version 2 of tides" in desk.open("/contracts/1")
    click_through(desk.page, "main button:text-is('Accept')")
    desk.sign_here()
    assert "1 of 1 duties closed" in desk.read()


def deliver_from_the_page(town: Town, desk: Desk) -> None:
    """Contract 2: the officer's own duty. The page says how to register a version; she runs that and hands it over."""
    described = write_table(town, OFFICER, "pines.csv", 25)
    evidence = {"type": "exact_file", "digest": described["digest"]}
    number = draw_up(town, OFFICER, ["harbor-board"], evidence, "pines", "2031-03-20T00:00:00Z")
    sign(town, number, "harbor-board")
    desk.open(f"/contracts/{number}")
    click_through(desk.page, "main button:text-is('Sign')")
    signing = desk.page.locator("pre", has_text="concordat sign").inner_text()
    run_asked(town.folder / OFFICER, *follow(signing, "--yes"))
    click_through(desk.page, "text=Wait for this signature")
    assert "Signed and recorded" in desk.read()

    assert "None of your registered versions of pines meets the agreement yet." in desk.open(f"/contracts/{number}")
    registering = desk.page.locator("pre", has_text="concordat dataset register").inner_text()
    run_asked(town.folder / OFFICER, *follow(registering))
    desk.open(f"/contracts/{number}")
    desk.page.select_option("select[name=version]", "1")
    click_through(desk.page, "text=Deliver this version")
    assert "Pine Hollow delivered version 1 of pines" in desk.sign_here()
    town.act("harbor-board", name_duty("acknowledge", number))
    assert "1 of 1 duties closed" in desk.open(f"/contracts/{number}")


def follow(command: str, *more: str) -> list[str]:
    """The words of a command that a page shows, with the files that the officer has."""
    files = {"FILE": "officer.key", "KEY": "officer.key", "FILE.csv": "pines.csv"}
    return [files.get(word, word) for word in shlex.split(command)[1:]] + list(more)


def watch_two_late_contracts(town: Town, desk: Desk) -> None:
    """Contracts 3 and 4 pass their deadlines: both stop, one is cured, the other one ends by its own terms."""
    described = write_table(town, "stone-quay", "quays.csv", 12)
    evidence = {"type": "matching_table", "schema": described["schema"], "rows_min": 12}
    late = draw_up(town, "stone-quay", ["fern-valley"], evidence, "quays", DUE)
    never = draw_up(town, "fern-valley", ["stone-quay"], evidence, "ferns", DUE)
    for number in (late, never):
        sign(town, number, "stone-quay", "fern-valley")
    town.advance("2031-03-16T00:00:00Z")
    for number, debtor in ((late, "Stone Quay"), (never, "Fern Valley")):
        said = desk.open(f"/contracts/{number}")
        assert "Suspended" in said
        assert f"{debtor} delivers. If nothing is done by 29 Mar 2031, 00:00 UTC" in said

    version = register(town, "stone-quay", "quays.csv", "quays")
    town.act("stone-quay", name_duty("deliver", late, version=version))
    town.act("fern-valley", name_duty("acknowledge", late))
    assert "cured, late by" in desk.open(f"/contracts/{late}")
    town.advance("2031-04-08T00:00:00Z")
    said = desk.open(f"/contracts/{never}")
    assert "Returned to the platform: ended early." in said
    assert "breached" in said


def read_credit(town: Town, desk: Desk) -> None:
    """Scores and grades with their reasons, as the command line tells them to everybody else."""
    said = desk.open(f"/members/{OFFICER}")
    credit = town.ask("river-board", "member", "show", OFFICER)["credit"]
    assert credit["score"] > 600
    assert f"Score {credit['score']}, grade N" in said
    assert f"Together they make exactly {credit['score']}." in said
    assert "What is needed for grade C" in said
    said = desk.open("/members/fern-valley")
    assert "General breach, C-0004, obligation 1" in said
    assert "grade E" in said
    assert "What is needed for grade D" in said


def check_the_proof(town: Town, desk: Desk) -> None:
    """The proof that she downloads is accepted offline beside the pinned genesis, and no changed byte of it is."""
    desk.open("/contracts/1")
    with desk.page.expect_download() as download:
        desk.page.click("main .head >> text=Download proof")
    folder = town.folder / OFFICER
    download.value.save_as(folder / "C-0001.proof")
    verdict = ask("verify", "C-0001.proof", "--trust", "genesis.json", folder=folder)
    assert verdict["valid"]
    assert {row["member"] for row in verdict["signatures"]} == {OFFICER, "harbor-board", "salt-marsh"}
    data = bytearray((folder / "C-0001.proof").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "bad.proof").write_bytes(data)
    assert call("verify", "bad.proof", "--trust", "genesis.json", "--json", folder=folder).status == 5
