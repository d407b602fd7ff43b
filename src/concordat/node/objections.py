"""Objections of citizens: the node keeps the words, and its key files the commitment to them in their place.

Who filed is told a code, the salt of the commitment. With it she sees her text and the answer again; nobody else knows
it but the node, which gives the text to the member that has to answer.
"""

from __future__ import annotations

import hmac
import threading
from typing import Final

from concordat.client.commitments import Statement
from concordat.client.operations import read_record_id
from concordat.errors import NotFound, Rejected, Stale, UsageError
from concordat.node.node import Node
from concordat.node.payloads import make_payload
from concordat.node.reads import (
    check_public_member,
    find_comments,
    find_entry,
    get_public_ballot,
    tell_objection,
)
from concordat.node.statements import drop_statement, find_statement, keep_statement
from concordat.primitives.codec import decode
from concordat.primitives.plain import Json
from concordat.protocol.families import objections
from concordat.protocol.receipts import OK
from concordat.protocol.records import AboutBallot, AboutEntry, AboutRecord, Objection, ObjectionSubject
from concordat.protocol.transactions import Entry, make_signed_bytes

STATEMENT_CHARACTERS_MAX: Final = 4000
COMMENTS_MAX: Final = 50
"""So many of the newest comments stand with a ballot."""
_LANE: Final = 1
"""The node's ticks use the first one."""
_WAIT_S: Final = 30

_LOCK: Final = threading.Lock()
"""The node's key signs one objection at a time, since each takes the lane's next number."""


def file_objection(node: Node, member: str, about: ObjectionSubject | None, text: str) -> Json:
    """Keep a citizen's words and file the commitment; return the objection with its `code`.

    Raises:
        UsageError: `input.*`. NotFound: `read.no_such_member`. Rejected: by the ledger.
        Refused: `node.*`, `disk.*`. Stale: `node.slow`; it may still be taken.
    """
    check_public_member(node, member)
    _check_record(node, member, about)
    with _LOCK:
        statement = keep_words(node, text)
        try:
            number = _file(node, objections.File(member, about, statement.commitment))
        except Rejected:
            drop_statement(node.folder, statement)
            raise
    row = get_objection(node, member, number)
    return tell_objection(node, number, row) | {"code": statement.salt.hex(), "member": member}


def _check_record(node: Node, member: str, about: ObjectionSubject | None) -> None:
    """Refuse a record that is mistyped here, so that no refusal stands on the ledger for ever."""
    if not isinstance(about, AboutRecord):
        return
    height, index, operation, number = about.record
    with node.engine.lock:
        is_there = (member, height, index, operation, number) in node.application.state.records
    if not is_there:
        raise Rejected("objections.unknown_record", member, height, index, operation, number)


def file_comment(node: Node, ballot: int, text: str) -> Json:
    """Do the same with a citizen's comment on a ballot.

    Raises:
        NotFound: `read.no_such_ballot`. The rest as `file_objection`.
    """
    opener = get_public_ballot(node, ballot, "en")["opener"]
    return file_objection(node, opener, AboutBallot(ballot), text)


def find_subject(node: Node, position: int | None, record: str | None) -> ObjectionSubject | None:
    """Return what an objection is about: the entry at a position of history, a record by its id, or neither.

    Raises:
        NotFound: `read.no_such_entry`. UsageError: `input.does_not_fit`, also for both.
    """
    if record and position is not None:
        raise UsageError("input.does_not_fit", "/entry or /record, not both")
    if record:
        return AboutRecord(read_record_id(record))
    if position is None:
        return None
    found = decode(Entry, find_entry(node, position).leaf)
    return AboutEntry((found.height, found.index))


def list_comments(node: Node, ballot: int) -> list[Json]:
    """Return the newest comments on a ballot with their words and answers, as members read them."""
    return [
        tell_objection(node, number, row) | _tell_words(node, row)
        for number, row in find_comments(node, ballot, limit=COMMENTS_MAX)
    ]


def _file(node: Node, operation: objections.File) -> int:
    key = node.key
    payload = make_payload(node, key.public_key, (operation,), b"", lane=_LANE)
    unsigned = make_signed_bytes(key.public_key, payload)
    try:
        committed = node.engine.submit(key.sign(unsigned) + unsigned).result(_WAIT_S)
    except TimeoutError as error:
        raise Stale("node.slow", str(_WAIT_S)) from error
    receipt = decode(Entry, committed.leaf).receipt
    if receipt.code != OK:
        raise Rejected(receipt.code, *(receipt.reasons[0].parameters if receipt.reasons else ()))
    (event,) = (event for event in receipt.events if isinstance(event, objections.Filed))
    return event.objection


def check_text(text: str) -> None:
    """Refuse words that are none or too many.

    Raises:
        UsageError: `input.missing_field`, `input.does_not_fit`.
    """
    if not text.strip():
        raise UsageError("input.missing_field", "/text")
    if len(text) > STATEMENT_CHARACTERS_MAX:
        raise UsageError("input.does_not_fit", f"/text has more than {STATEMENT_CHARACTERS_MAX} characters")


def get_objection(node: Node, member: str, number: int) -> Objection:
    """Return an objection against a member.

    Raises:
        NotFound: `read.no_such_objection`.
    """
    with node.engine.lock:
        row = node.application.state.objections.get((member, number))
    if row is None:
        raise NotFound("read.no_such_objection", f"{member} {number}")
    return row


def open_objection(node: Node, member: str, number: int, code: str | None = None) -> Json:
    """Return an objection with its words and the answer's: for the member, or for who has the `code`.

    Raises:
        NotFound: `read.no_such_objection`; the same for a wrong code, which then tells nothing.
    """
    row = get_objection(node, member, number)
    said = find_statement(node.folder, row.statement)
    if code is not None and not _is_code_of(said, code):
        raise NotFound("read.no_such_objection", f"{member} {number}")
    return tell_objection(node, number, row) | _tell_words(node, row) | {"member": member}


def _tell_words(node: Node, row: Objection) -> dict[str, Json]:
    said, answer = (find_statement(node.folder, digest) for digest in (row.statement, row.answer))
    return {"text": said.text if said else None, "answer": answer.text if answer else None}


def _is_code_of(statement: Statement | None, code: str) -> bool:
    return statement is not None and hmac.compare_digest(statement.salt.hex().encode(), code.strip().lower().encode())


def keep_words(node: Node, text: str) -> Statement:
    """Keep words, for somebody to sign the commitment to them.

    Raises:
        UsageError: `input.*`. Refused: `disk.*`.
    """
    check_text(text)
    return keep_statement(node.folder, text)
