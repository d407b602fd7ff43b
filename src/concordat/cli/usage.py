"""What `concordat COMMAND --help` says: plain text from the command's own signature, at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

from concordat.cli.commands import GROUPS, SECTIONS, Command

if TYPE_CHECKING:
    from cyclopts import App, Argument

_COLUMN = 22
_WIDTH_MAX = 100


def render_help(words: Sequence[str], make_app: Callable[[], App]) -> str | None:
    """Return the help of the command or group that words begin with, None when there is none."""
    command = _find_command(words)
    if command is not None:
        return _render_command(make_app(), command)
    return _render_group(words[0]) if words[0] in GROUPS else None


def _find_command(words: Sequence[str]) -> Command | None:
    names = {" ".join(words[:1]), " ".join(words[:2])}
    return next((command for commands in SECTIONS.values() for command in commands if command.name in names), None)


def _render_group(group: str) -> str:
    found = [command for commands in SECTIONS.values() for command in commands if command.name.startswith(f"{group} ")]
    lines = [f"Usage: concordat {group} COMMAND", "", GROUPS[group], "", "Commands:"]
    return "\n".join([*lines, *(_render_row(command.name, command.help) for command in found)]) + "\n"


def _render_command(app: App, command: Command) -> str:
    # The command's module is loaded, since its signature is what is told.
    for word in command.name.split():
        app = app[word]
    collection = app.assemble_argument_collection(parse_docstring=True)
    arguments = [argument for argument in collection if argument.parse and argument.show]
    places = [argument for argument in arguments if argument.index is not None]
    options = [argument for argument in arguments if argument.index is None]
    shown = [argument.name if argument.required else f"[{argument.name}]" for argument in places]
    lines = [" ".join(["Usage: concordat", command.name, *shown, "[OPTIONS]"]), "", command.help]
    if places:
        lines += ["", "Arguments:", *(_render_row(argument.name, _describe(argument)) for argument in places)]
    lines += ["", "Options:", *(_render_row(_name_option(argument), _describe(argument)) for argument in options)]
    return "\n".join(lines) + "\n"


def _name_option(argument: Argument) -> str:
    if argument.hint is bool:
        return argument.name
    kinds = (("Path", "FILE"), ("int", "N"), ("Literal", "WORD"))
    return f"{argument.name} {next((word for kind, word in kinds if kind in str(argument.hint)), 'TEXT')}"


def _describe(argument: Argument) -> str:
    return " ".join(_list_facts(argument))


def _list_facts(argument: Argument) -> Iterator[str]:
    if argument.parameter.help:
        yield argument.parameter.help.strip()
    if choices := argument.get_choices():
        yield f"One of: {', '.join(choices)}."
    if variables := argument.parameter.env_var:
        yield f"[{', '.join((variables,) if isinstance(variables, str) else variables)}]"
    default = argument.field_info.default
    if argument.required:
        yield "(needed)" if argument.index is None else ""
    elif default and isinstance(default, str | int) and not isinstance(default, bool):
        yield f"[default: {default}]"


def _render_row(name: str, words: str) -> str:
    width = min(shutil.get_terminal_size().columns, _WIDTH_MAX)
    head = f"  {name:<{_COLUMN}}"
    indent = " " * (_COLUMN + 2)
    if len(head) > len(indent):
        return f"{head.rstrip()}\n{fill(words, width, initial_indent=indent, subsequent_indent=indent)}"
    return fill(words, width, initial_indent=head, subsequent_indent=indent)
