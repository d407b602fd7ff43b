"""What commands print: data on standard output, words about it on standard error; with --json one document."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from cyclopts import Parameter

from concordat.client.verification import read_file
from concordat.contracts.text import Language
from concordat.errors import ConcordatError, Rejected
from concordat.primitives.plain import Json, read_json
from concordat.wording.rules import get_rule
from concordat.wording.sentences import CATALOGS, describe_next_step, describe_reason, get_reason_key

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
        sys.stdout.write("".join(f"{line}\n" for line in lines))


def emit_line(document: dict[str, Json]) -> None:
    """Print one JSON document on one line."""
    sys.stdout.write(json.dumps({"schema_version": SCHEMA_VERSION, **document}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def tell(line: str) -> None:
    """Say something that is no data."""
    sys.stderr.write(line + "\n")


def emit_error(error: ConcordatError, language: Language, *, as_json: bool) -> None:
    """Say what went wrong, which rule says so and what to do next."""
    document = describe_error(error, language)
    if as_json:
        emit_line(document)
    tell(f"{document['code']}: {document['reason']}")
    for reason in document.get("reasons", ()):
        tell(f"  - {reason['text']}")
    if document["next_step"]:
        tell(f"next: {document['next_step']}")


def describe_error(error: ConcordatError, language: Language) -> dict[str, Json]:
    """Return {code, rule, reason, next_step, detail} and, of a node's answer, all that it says."""
    told: dict[str, Json] = getattr(error, "document", {})
    parameters = error.parameters if isinstance(error, Rejected) else (error.detail,)
    reason, next_step = error.detail, error.next_step
    # A node's answer and a defect come with words of their own.
    if not told and get_reason_key(error.code) in CATALOGS[language]:
        reason = describe_reason(error.code, parameters, language)
        if f"next.{error.code}" in CATALOGS[language]:
            next_step = describe_next_step(error.code, parameters, language)
    names = ("reasons", "transaction", "height", "request_id")
    kept: dict[str, Json] = {name: told[name] for name in names if name in told}
    return {
        "code": error.code,
        "rule": told.get("rule") or get_rule(error.code),
        "reason": reason,
        "next_step": next_step,
        "detail": error.detail,
        **kept,
    }


def read_json_file(path: str) -> Json:
    """Return the JSON in a file, or on standard input when the name is `-`.

    Raises:
        NotFound: `input.absent`. UsageError: `input.not_json`, `input.repeated_field`.
    """
    return read_json(sys.stdin.buffer.read() if path == "-" else read_file(Path(path)))
