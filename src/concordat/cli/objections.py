"""Objections to records and comments on ballots: filed, answered, read. Words stay with the node."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from concordat.cli.output import OUTPUT, Output, emit_answer
from concordat.cli.transactions import emit_receipt
from concordat.cli.where import WHERE, Where
from concordat.client.answers import reading
from concordat.client.api import Client
from concordat.client.commitments import compute_statement_commitment
from concordat.client.files import read_bounded, read_file
from concordat.client.operations import read_operations, read_record_id
from concordat.client.requests import make_path
from concordat.contracts.text import Language
from concordat.errors import Corrupt, UsageError
from concordat.primitives.plain import Json
from concordat.wording.sentences import render

Text = Annotated[str, Parameter(allow_leading_hyphen=True)]


def file_objection(
    member: str,
    file: Text,
    /,
    *,
    entry: int | None = None,
    record: str | None = None,
    where: Where = WHERE,
    output: Output = OUTPUT,
) -> None:
    """Object to a record about a member, or to how it stands as a whole; it has to answer.

    :param member: Who made the record.
    :param file: What is wrong, in a text file; `-` reads standard input.
    :param entry: The position of the entry that is meant.
    :param record: The id of the credit record that is meant: 12.0.0.1.
    """
    if entry is not None and record is not None:
        raise UsageError("cli.usage", "--entry or --record, not both")
    text = read_text(file)
    about: Json = None if record is None else {"type": "record", "record": list(read_record_id(record))}
    with where.connect(output) as client:
        if entry is not None:
            found = client.get(make_path("/v1/ledger", entry))
            with reading(where.node):
                about = {"type": "entry", "entry": [found["height"], found["index"]]}
        receipt = _send(client, where, "objections.file", {"member": member, "about": about}, text)
    emit_receipt(receipt, where.node, output)


def comment(number: int, file: Text, /, *, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Say what you think of a motion before its vote begins; its opener has to answer.

    :param number: The ballot.
    :param file: The comment in a text file; `-` reads standard input.
    """
    text = read_text(file)
    with where.connect(output) as client:
        ballot = client.get(f"/v1/ballots/{number}?limit=1")
        with reading(where.node):
            fields = {"member": ballot["opener"] or "", "about": {"type": "ballot", "ballot": number}}
        receipt = _send(client, where, "objections.file", fields, text)
    emit_receipt(receipt, where.node, output)


def answer(number: int, file: Text, /, *, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Answer an objection against your member, or a comment on its ballot.

    :param number: The objection, as your inbox names it.
    :param file: The answer in a text file; `-` reads standard input.
    """
    text = read_text(file)
    with where.connect(output) as client:
        receipt = _send(client, where, "objections.answer", {"objection": number}, text)
    emit_receipt(receipt, where.node, output)


def _send(client: Client, where: Where, name: str, fields: dict[str, Json], text: str) -> Json:
    """Let the node keep the words and sign the commitment to them, and to no others; returns the receipt.

    Raises:
        Corrupt: `node.other_document`. As `Client.send` otherwise.
    """
    kept = client.post("/v1/statements", json.dumps({"text": text}).encode())
    with reading(where.node):
        statement = compute_statement_commitment(bytes.fromhex(kept["salt"]), text).hex()
        if kept["statement"] != statement:
            raise Corrupt("node.other_document", statement)
    return client.send(read_operations(name, fields | {"statement": statement}))


def list_objections(member: str, /, *, limit: int = 20, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Show the objections against a member and the comments that it has to answer, newest first.

    :param member: Its identifier.
    :param limit: How many.
    """
    with where.connect(output) as client:
        found = client.get(f"{make_path('/v1/public/members', member)}/objections?limit={limit}")
    emit_answer(output, where.node, {"objections": found}, lambda: _describe_list(found, output.language))


def _describe_list(found: Json, language: Language) -> Iterator[str]:
    if not found:
        yield render("show.no_objections", language)
    yield from (tell_objection(row, language) for row in found)


def tell_objection(row: Json, language: Language) -> str:
    """Return a line about an objection or comment."""
    about = next((f"  {key} {row[key]}" for key in ("entry", "record", "ballot") if row[key] is not None), "")
    status = render(f"status.objection.{row['status']}", language)
    return f"{row['objection']:>6}  {row['answer_by']}  {row['objector'] or '-'}{about}  {status}"


def show_objection(member: str, number: int, /, *, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Show an objection with its words, to the member that has to answer it or that filed it.

    :param member: Who has to answer.
    :param number: The objection.
    """
    with where.connect(output) as client:
        found = client.get(make_path("/v1/members", member, "objections", number))
    emit_answer(output, where.node, found, lambda: _describe(found, output.language))


def _describe(found: Json, language: Language) -> Iterator[str]:
    yield tell_objection(found, language)
    yield from (found[key] for key in ("text", "answer") if found[key])


def read_text(path: str) -> str:
    """Return the text in a file, or on standard input when the name is `-`.

    Raises:
        UsageError: `input.does_not_fit`. As `read_file` otherwise.
    """
    data = read_bounded(sys.stdin.buffer, path) if path == "-" else read_file(Path(path))
    try:
        return data.decode("utf-8-sig").rstrip("\n")
    except UnicodeDecodeError as error:
        raise UsageError("input.does_not_fit", f"{path} is no text in UTF-8") from error
