"""What commands print: data on standard output, words about it on standard error; with --json one document.

Names and words come from nodes and files. What nobody sees in them, a terminal's commands among it, is printed escaped.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, cast

from cyclopts import Parameter

from concordat.client.answers import reading
from concordat.contracts.text import Language
from concordat.primitives.characters import escape_invisible
from concordat.primitives.plain import Json

SCHEMA_VERSION = 1


@Parameter(name="*")
@dataclass(frozen=True)
class Output:
    """Options that every command has."""

    json: bool = False
    """Print exactly one JSON document."""
    lang: Literal["en", "zh"] | None = None
    """Language of sentences; LANG decides when it is left out."""
    debug: bool = False
    """Show the traceback of a defect."""

    @property
    def language(self) -> Language:
        """The reader's language."""
        return choose_language(self.lang)


OUTPUT = Output()


def choose_language(given: str | None) -> Language:
    """Return the language asked for, or the one of the environment."""
    if given in {"en", "zh"}:
        return cast("Language", given)
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if (next(filter(None, names), "")).startswith("zh") else "en"


def emit(output: Output, document: dict[str, Json], lines: Iterable[str]) -> None:
    """Print the document, or its lines for people."""
    if output.json:
        emit_line(document)
    else:
        sys.stdout.write("".join(f"{escape_invisible(line)}\n" for line in lines))


def emit_answer(output: Output, address: str, answer: Json, describe: Callable[[], Iterable[str]]) -> None:
    """Print what the node at `address` answers, or its lines for people.

    Raises:
        NotFound: `node.unreadable` when it cannot be told, with --json as without.
    """
    with reading(address):
        document, lines = {**answer}, list(describe())
    emit(output, document, lines)


def emit_line(document: dict[str, Json]) -> None:
    """Print one JSON document on one line."""
    text = json.dumps({"schema_version": SCHEMA_VERSION, **document}, ensure_ascii=False)
    sys.stdout.write(escape_invisible(text) + "\n")
    sys.stdout.flush()


def render_json(value: Json) -> str:
    """Return JSON for people, over several lines."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def tell(line: str) -> None:
    """Say something that is no data."""
    sys.stderr.write(escape_invisible(line) + "\n")
