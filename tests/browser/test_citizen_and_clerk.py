"""Journeys C and E: a citizen without account looks, takes a proof home and objects; a tired clerk answers on a phone.

The clerk's line is slow, her console is in Chinese, and her browser runs no scripts. The chain begins with
`concordat init`, and every command is a process of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from concordat.client.keys import read_key, save_key
from journeys.stranger import ask
from journeys.town import Town, draw_up, make_dossier, open_town, register, sign, write_table

from .visits import click_through, end

pytestmark = pytest.mark.browser

FOUNDERS = {"quarry-ward": ["operator", "seed", "verifier"], "loom-street": ["verifier"]}
PASSWORD = "a long day and no coffee"
PHONE = {"width": 360, "height": 740}
SLOW_LINE = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 25_000}
"""What a browser is told of a bad mobile line: ms, bytes a second."""

WORDS = "The flood gauge at my mill is counted twice in the readings of loom-street."
REPLY = "已更正：第 2 版不再重复计入。"


def test_a_citizen_objects_and_a_clerk_on_a_phone_answers(browser: Browser, tmp_path: Path) -> None:
    with open_town(tmp_path, FOUNDERS, ()) as town:
        keep_a_contract(town)
        settle_clerk(town)
        with visiting(browser, locale="en") as citizen:
            proof = look_and_take_home(citizen, town)
            check_at_home(browser, town, proof)
            code = object_to_a_record(citizen, town)
            with visiting(browser, locale="zh-CN", viewport=PHONE) as clerk:
                clerk.context.new_cdp_session(clerk).send("Network.emulateNetworkConditions", SLOW_LINE)
                answer_on_the_phone(clerk, town)
            read_the_answer(citizen, town, code)
            see_silence(citizen, town)


@contextmanager
def visiting(browser: Browser, **options: object) -> Iterator[Page]:
    """A browser without scripts."""
    context = browser.new_context(java_script_enabled=False, accept_downloads=True, **options)  # type: ignore[arg-type]
    yield context.new_page()
    end(context)


def read(page: Page) -> str:
    return re.sub(r"\s+", " ", page.inner_text("main"))


def keep_a_contract(town: Town) -> None:
    described = write_table(town, "loom-street", "gauges.csv", 40)
    evidence = {"type": "matching_table", "schema": described["schema"], "rows_min": 30}
    number = draw_up(town, "loom-street", ["quarry-ward"], evidence, "gauges", "2031-03-20T00:00:00Z")
    sign(town, number, "quarry-ward", "loom-street")
    assert register(town, "loom-street", "gauges.csv", "gauges") == 1


def settle_clerk(town: Town) -> None:
    """An officer more at Loom Street; the operator keeps her sealed key, so that a phone is enough."""
    folder = town.folder / "loom-street"
    public_key = ask("key", "new", "clerk.key", folder=folder)["public_key"]
    proved = ask("key", "prove", "clerk.key", "--member", "loom-street", "--trust", "genesis.json", folder=folder)
    officer = {"public_key": public_key, "roles": ["admin"], "card": "44" * 32, "possession": proved["possession"]}
    town.act("loom-street", {"type": "membership.add_officer", **officer})
    store = town.node / "keys" / "officers"
    store.mkdir(parents=True, exist_ok=True)
    save_key(store / "clerk.key", read_key((folder / "clerk.key").read_bytes(), "clerk.key"), PASSWORD)


def look_and_take_home(page: Page, town: Town) -> Path:
    """She finds the member among all, sees what is in force, and downloads the proof of the score."""
    page.goto(f"{town.url}/")
    click_through(page, "text=See how members perform")
    assert "Readings of loom-street" in read(page)
    click_through(page, "main table >> text=Loom Street")
    assert "Score 600, grade N" in read(page)
    with page.expect_download() as download:
        page.click("text=Download the proof of the score")
    home = town.folder / "home"
    home.mkdir()
    download.value.save_as(home / "taken.proof")
    (home / "genesis.json").write_bytes((town.folder / "loom-street" / "genesis.json").read_bytes())
    return home / "taken.proof"


def check_at_home(browser: Browser, town: Town, proof: Path) -> None:
    """On a machine without a network: by the command, and by one HTML file in a browser."""
    verdict = ask("verify", proof.name, "--trust", "genesis.json", folder=proof.parent)
    assert verdict["valid"]
    assert "loom-street: 600, N." in verdict["statement"]
    ask("verifier", "verifier.html", folder=proof.parent)
    context = browser.new_context(offline=True, locale="en")
    page = context.new_page()
    page.goto((proof.parent / "verifier.html").as_uri())
    page.set_input_files("#files", proof.parent / "genesis.json")
    page.set_input_files("#files", proof)
    page.wait_for_selector("text=loom-street: 600, N.")
    end(context)


def object_to_a_record(page: Page, town: Town) -> str:
    page.goto(f"{town.url}/public/members/loom-street")
    click_through(page, "main >> text=Object to a record")
    page.fill("#text", WORDS)
    page.fill("#entry", "0")
    click_through(page, "text=Send the objection")
    assert "Filed. Keep this code" in read(page)
    found = re.findall(r"<code>([0-9a-f]{64})</code>", page.content())
    assert len(found) == 1
    return str(found[0])


def answer_on_the_phone(page: Page, town: Town) -> None:
    """She signs in, finds what waits and until when, does it, and sees that it is done."""
    page.goto(f"{town.url}/login?lang=zh")
    page.fill("#officer", "clerk")
    page.fill("#password", PASSWORD)
    click_through(page, "main form button")
    assert "答复异议 1" in read(page)
    assert "人人可见其未答复。" in read(page)
    click_through(page, "main >> text=答复异议 1")
    assert WORDS in read(page)
    assert is_narrow_enough(page)
    page.fill("#statement", REPLY)
    click_through(page, "main form button.first")
    assert is_narrow_enough(page)
    page.fill("#password", PASSWORD)
    click_through(page, "main form button.first")
    assert "答复了第" in read(page)
    page.goto(f"{town.url}/")
    assert "答复异议 1" not in read(page)


def is_narrow_enough(page: Page) -> bool:
    """Nothing of the page lies beside the screen."""
    box = page.locator("main").bounding_box()
    return box is not None and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]


def read_the_answer(page: Page, town: Town, code: str) -> None:
    page.goto(f"{town.url}/public/members/loom-street")
    assert "Answered on" in read(page)
    click_through(page, "text=See an objection and its answer")
    for name, value in {"member": "loom-street", "objection": "1", "code": code}.items():
        page.fill(f"#{name}", value)
    click_through(page, "main form button.first")
    assert WORDS in read(page)
    assert REPLY in read(page)


def see_silence(page: Page, town: Town) -> None:
    """Another member objects, and nobody answers: after thirty days everybody sees that."""
    statement = make_dossier("what it said, with a salt")
    objection = {"type": "objections.file", "member": "loom-street", "about": None, "statement": statement}
    assert "Objection 2 against" in town.act("quarry-ward", objection)["sentence"]
    town.advance("2031-04-03T00:00:00Z")
    page.goto(f"{town.url}/public/members/loom-street")
    assert "Not answered; the time was over on 2 Apr 2031." in read(page)
