"""The entry point: parses, runs one command, and turns every error into a sentence, a document and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from concordat.cli.commands import GROUPS, SECTIONS, render_overview
from concordat.errors import ConcordatError, UsageError

if TYPE_CHECKING:
    from cyclopts import App

INTERRUPTED = 130


def main() -> None:
    """Run the command that this process was called with."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit status."""
    if not arguments or arguments[0] in {"--help", "-h", "help"}:
        sys.stdout.write(render_overview())
        return 0
    try:
        return _run_command(arguments)
    except ConcordatError as error:
        return _report(error, arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has what it wanted; Python must not stumble over the closed pipe while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except Exception as error:  # whatever happens, people get a sentence and not a traceback
        if "--debug" in arguments:
            raise
        return _report(ConcordatError("cli.defect", repr(error)), arguments)


def make_app() -> App:
    """Return the parser of every command; no command's own module is loaded."""
    from cyclopts import App, Parameter  # here and below: what the overview does without

    app = App(
        name="concordat",
        version=_fetch_version,
        result_action="return_value",
        default_parameter=Parameter(negative=()),
    )
    groups = {name: App(name=name, help=text, result_action="return_value") for name, text in GROUPS.items()}
    for group in groups.values():
        app.command(group)
    for commands in SECTIONS.values():
        for command in commands:
            first, _, second = command.name.partition(" ")
            parent, name = (groups[first], second) if second else (app, first)
            parent.command(command.function, name=name, help=command.help)
    return app


def _fetch_version() -> str:
    from importlib.metadata import version

    return version("concordat")


def _run_command(arguments: Sequence[str]) -> int:
    known = {"--version", *(command.name.split()[0] for commands in SECTIONS.values() for command in commands)}
    if arguments[0] not in known:  # the parser would load every command to guess what was meant
        raise UsageError("cli.usage", f"there is no command {arguments[0]}")

    if arguments[0] == "--version" and "--json" in arguments:
        from concordat.cli.output import emit_line

        emit_line({"version": _fetch_version()})
        return 0
    if {"--help", "-h"} & set(arguments) or list(arguments) in [[group] for group in GROUPS]:
        from concordat.cli.usage import render_help

        if (text := render_help(arguments, make_app)) is not None:
            sys.stdout.write(text)
            return 0
    from cyclopts import CycloptsError, UnusedCliTokensError

    try:
        status = make_app()(arguments, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        words = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
            words = f"too many words: {' '.join(error.unused_tokens)}"
        raise UsageError("cli.usage", words) from error
    return status if isinstance(status, int) else 0


def _report(error: ConcordatError, arguments: Sequence[str]) -> int:
    from concordat.cli.output import choose_language
    from concordat.cli.problems import emit_error

    given = dict(pairwise(arguments)).get("--lang")
    emit_error(error, choose_language(given), as_json="--json" in arguments)
    return error.exit_status
