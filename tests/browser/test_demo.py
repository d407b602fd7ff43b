"""Journey E: a newcomer types README's command, opens the address that it prints, and stops everything with Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser

from journeys.stranger import ENVIRONMENT

from .visits import click_through, end

pytestmark = pytest.mark.browser

CHECKOUT = Path(__file__).parents[2]
ENDED_S = 60


@dataclass(frozen=True)
class Demo:
    """What `make demo` has printed once its console is open."""

    said: str
    console: str
    link: str
    verified: str


@contextmanager
def making_demo(folder: Path) -> Iterator[Demo]:
    """Run `make demo` in an empty folder until the block ends, then press Ctrl-C as a terminal does."""
    words = ["make", "-f", str(CHECKOUT / "Makefile"), "-o", ".venv/installed", f"BIN={CHECKOUT / '.venv/bin'}", "demo"]
    with subprocess.Popen(
        words, cwd=folder, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr is not None
        try:
            said = ""
            for line in process.stderr:
                said += line
                if "Ctrl-C" in line:
                    break
            found = [re.search(rf"^{word} +(\S.*)$", said, re.MULTILINE) for word in ("Console", "Sign in", "Verified")]
            console, link, verified = (match[1].split(" (good")[0] if match else "" for match in found)
            assert console, said
            yield Demo(said, console, link, verified)
        finally:
            os.killpg(process.pid, signal.SIGINT)
            rest = process.communicate(timeout=ENDED_S)[1]
        assert "Stopped. Run it again to resume." in rest


def find_processes(folder: Path) -> list[str]:
    """The commands that still run and name this folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:
            continue  # it has ended meanwhile
        if str(folder).encode() in command:
            found.append(command.decode().replace("\0", " "))
    return found


def test_a_newcomer_sees_the_demo_stops_it_and_goes_on(browser: Browser, tmp_path: Path) -> None:
    with making_demo(tmp_path) as demo:
        assert re.fullmatch(r"contract C-\d{4} at height \d+: signatures .* ✓; inclusion ✓; state ✓", demo.verified)
        context = browser.new_context(java_script_enabled=False, locale="en")
        page = context.new_page()
        page.goto(demo.console)
        assert page.is_visible("h1:text-is('Six Regions consortium (demo)')")
        page.goto(demo.link)
        assert page.is_visible("text=Officer of Azure Bay")
        assert page.is_visible("text=Waits for you")
        page.goto(f"{demo.console.rstrip('/')}/contracts")
        click_through(page, "tbody a >> nth=0")
        assert page.is_visible("h2:text-is('Obligations')")
        end(context)
        assert find_processes(tmp_path)
    assert find_processes(tmp_path) == []
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(demo.console)
    with making_demo(tmp_path) as again:
        assert again.verified == demo.verified
        assert "•" not in again.said  # nothing of the story is played twice
        assert httpx2.get(again.console).status_code == 200
    assert find_processes(tmp_path) == []
