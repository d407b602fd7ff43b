"""What the documents say is true: names can be imported, files exist, commands are there."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

from concordat.cli.commands import SECTIONS
from concordat.protocol.messages import EVENTS, OPERATIONS, REJECTIONS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("spec/*.md")])
EXAMPLES = sorted(path for path in (ROOT / "src").rglob("*.py") if "\n>>> " in path.read_text().replace("    ", ""))
ROOMS = ("protocol.families", "protocol", "ledger", "contracts", "credit", "crypto", "node", "")


def test_every_name_in_the_glossary_exists() -> None:
    rows = [line.split("|") for line in (ROOT / "GLOSSARY.md").read_text().splitlines() if line.startswith("|")]
    names = [name for row in rows[2:] for name in re.findall(r"`([\w.]+)`", row[3])]
    assert len(names) > 20
    assert [name for name in names if not is_importable(name)] == []


def is_importable(name: str) -> bool:
    parts = name.split(".")
    for room in ROOMS:
        for cut in range(len(parts), 0, -1):
            module = ".".join(filter(None, ("concordat", room, *parts[:cut])))
            try:
                found: object = importlib.import_module(module)
            except ImportError:
                continue
            for part in parts[cut:]:
                found = getattr(found, part, None)
            if found is not None:
                return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_in_the_code_holds(path: Path) -> None:
    name = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0


def test_every_room_is_in_the_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    rooms = [path.name for path in (ROOT / "src" / "concordat").iterdir() if (path / "__init__.py").exists()]
    assert [room for room in rooms if f"`{room}/`" not in text] == []


def test_the_readme_names_only_commands_that_exist() -> None:
    known = {command.name for commands in SECTIONS.values() for command in commands}
    block = re.search(r"```\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block
    said = re.findall(r"concordat ((?:[a-z]+ )?[a-z]+)", block.group(1))
    assert said
    assert [words for words in said if words not in known and words.split()[0] not in known] == []


def test_every_operation_event_and_rejection_has_its_place_in_the_specification() -> None:
    text = "".join(page.read_text() for page in ROOT.glob("spec/*.md"))
    codes = [row.code for row in REJECTIONS]
    assert [name for name in (*OPERATIONS, *EVENTS, *codes) if f"`{name}`" not in text] == []


def test_no_two_requirements_have_one_number() -> None:
    text = "\n".join(page.read_text() for page in ROOT.glob("spec/*.md"))
    found = re.findall(r"(?m)^(?:- )?\*\*([A-Z]+-\d+(?:\.\d+)?)", text)
    assert len(found) > 80
    assert [number for number in found if found.count(number) > 1] == []
