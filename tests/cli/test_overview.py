from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import import_module

import pytest

from concordat.cli.commands import SECTIONS, Command
from concordat.cli.main import run

COMMANDS = [command for commands in SECTIONS.values() for command in commands]
HEAVY = ("litestar", "uvicorn", "jinja2", "httpx2", "nacl", "cyclopts", "rich", "msgspec")

PROBE = """
import json, resource, sys
from concordat.cli.main import run
status = run(["--help"])
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([status, used.ru_utime + used.ru_stime, sorted(sys.modules)]), file=sys.stderr)
"""


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    def probe() -> tuple[int, float, list[str], str]:
        done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=60)
        status, seconds, modules = json.loads(done.stderr)
        return status, seconds, modules, done.stdout

    runs = [probe() for _ in range(3)]
    status, _, modules, text = runs[0]
    assert status == 0
    assert not [name for name in modules if name.split(".")[0] in HEAVY]
    assert min(seconds for _, seconds, _, _ in runs) <= 0.150
    for command in COMMANDS:
        assert f"  {command.name} " in text


COMMAND_PROBE = """
import json, resource, sys
from concordat.cli.main import run
status = run([*sys.argv[1:], "--help"])
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([status, used.ru_utime + used.ru_stime, sorted(sys.modules)]), file=sys.stderr)
"""


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_of_a_command_loads_neither_network_nor_server_nor_terminal_kit(command: Command) -> None:
    words = [sys.executable, "-c", COMMAND_PROBE, *command.name.split()]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    status, seconds, modules = json.loads(done.stderr)
    assert status == 0
    assert not {"litestar", "uvicorn", "jinja2", "httpx2", "rich.console", "sqlite3", "markdown_it"} & set(modules)
    assert seconds <= 0.6  # 0.15 on a machine with nothing else to do


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_exists_and_explains_itself(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    name, function, words = command
    module, _, attribute = function.partition(":")
    assert callable(getattr(import_module(module), attribute))
    assert run([*name.split(), "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"Usage: concordat {name}" in shown
    assert words.split(",")[0].split(";")[0].split(".")[0] in shown
    assert "--json" in shown
    assert "--lang" in shown


def test_a_group_alone_says_what_its_help_says(capsys: pytest.CaptureFixture[str]) -> None:
    shown = []
    for words in (["key"], ["key", "--help"]):
        assert run(words) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    assert shown[0].startswith("Usage: concordat key COMMAND")


@pytest.mark.parametrize(
    "words", [["bogus"], ["verify"], ["verify", "a", "b"], ["key", "bogus"], ["serve", "x", "--port", "many"]]
)
def test_wrong_words_are_told_and_end_with_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*words, "--json"]) == 2
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert (document["code"], document["schema_version"]) == ("cli.usage", 1)
    assert "next:" in err
    assert "Traceback" not in err


def test_the_version_is_one_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    plain = capsys.readouterr().out.strip()
    assert run(["--version", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema_version": 1, "version": plain}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_argument_is_explained(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command.name.split(), "--help"]) == 0
    _, _, rest = capsys.readouterr().out.partition("\nArguments:\n")
    if rest:
        rows = re.findall(r"^  [A-Z].*(?:\n {5,}.*)*", rest.partition("\n\n")[0], re.MULTILINE)
        assert rows
        assert all(len(row.split()) > 1 for row in rows)
