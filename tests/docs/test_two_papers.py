"""The map of the papers is whole, and leads to commands and operations that exist."""

from __future__ import annotations

import re

from concordat.cli.commands import SECTIONS
from concordat.protocol.messages import OPERATIONS

from .reference import ROOT

PAGE = (ROOT / "docs" / "concepts" / "two-papers.md").read_text(encoding="utf-8")


def test_every_row_of_the_mission_has_its_place() -> None:
    named = set(re.findall(r"\| ([RG]\d+) \|", PAGE))
    assert named == {f"R{number}" for number in range(1, 18)} | {f"G{number}" for number in range(1, 24)}


def list_named(column: int) -> set[str]:
    """What the tables name in one of their columns."""
    rows = [line.split("|") for line in PAGE.splitlines() if line.count("|") == 6]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row[column])}


def test_every_command_and_operation_that_is_named_exists() -> None:
    commands = {command.name for section in SECTIONS.values() for command in section}
    named = list_named(4)
    assert len(named) > 15
    assert named - commands - set(OPERATIONS) == set()


def test_every_page_that_is_named_exists() -> None:
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "src" / "concordat" / "console").glob("*.py"))
    routes = {route for source in sources for route in re.findall(r'@get\("([^"]+)"', source)}
    named = {re.sub(r"\{m\}", "{member:str}", name) for name in list_named(5)}
    assert len(named) > 5
    assert named - routes == set()
