"""Looks at a node's folder and says what is wrong and what to do. Reads only; repairs nothing.

Roots need the state machine: whoever has it replays the blocks and adds its own checks to these.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from concordat.errors import Corrupt
from concordat.ledger.checksummed import START, LinesReading, read_end, read_lines
from concordat.ledger.files import TEMPORARY_SUFFIX, Files
from concordat.ledger.survey import CUT_PREFIX, GENESIS_FILE, HEAD_FILE, LOG_FILE, Check, CheckId, fetch_survey
from concordat.primitives.sealed import unseal

KEY_FOLDER: Final = "keys/"
STATEMENTS_FOLDER: Final = "statements/"
"""What citizens and members said of a record, sealed like keys."""

SEEN_SUFFIX: Final = ".seen"
"""Ends the name of what a key's holder has seen of a chain, which stands beside the key and is no node's."""
NOTICES_FOLDER: Final = "notices/"
"""How officers want to be told what waits for them, sealed likewise."""

AUDIT_FILE: Final = "audit.log"
_SEALED: Final[dict[str, CheckId]] = {
    KEY_FOLDER: "keys.seal",
    STATEMENTS_FOLDER: "statements.seal",
    NOTICES_FOLDER: "notices.seal",
}
AUDIT_HEAD_FILE: Final = "audit.head"
AUDIT_DAMAGED_PREFIX: Final = "audit.log.damaged-"
"""Begins the name of a damaged audit log that the node put aside."""

AUDIT_BREAK: Final = "audit.break"
"""The action of a line before which others may be missing: the log was begun anew, or its recorded end was lost."""

_BREAK_FIELD: Final = f'"action": "{AUDIT_BREAK}"'.encode()
_AUTHORITATIVE: Final = frozenset({GENESIS_FILE, HEAD_FILE, LOG_FILE, AUDIT_FILE, AUDIT_HEAD_FILE})


class StoredFile(msgspec.Struct, frozen=True):
    """A file of the folder. What is not authoritative can be deleted and is rebuilt, or is not the node's at all."""

    path: str
    authoritative: bool


def list_files(files: Files) -> tuple[StoredFile, ...]:
    """Return every file of the folder, sorted by path."""
    return tuple(StoredFile(name, is_authoritative(name)) for name in files.names())


def is_authoritative(name: str) -> bool:
    """Tell whether a file of this name counts, and is not made from others."""
    return _is_sealed_file(name) or name in _AUTHORITATIVE


def examine(files: Files) -> tuple[Check, ...]:
    """Return what was checked, good and bad, for every authoritative file.

    A missing key file is no finding, since nothing else in the folder tells that there was one; nor is an audit log
    that is missing together with its recorded end.

    Raises:
        Refused: `disk.unreadable` when a file cannot be read.
    """
    return (*fetch_survey(files).checks, *examine_keys_and_audit(files), *_check_kept(files))


def examine_keys_and_audit(files: Files) -> tuple[Check, ...]:
    """Return the part of `examine` that is about the authoritative files beside the ledger's own."""
    keys = (_check_sealed_file(files, name) for name in files.names() if _is_sealed_file(name))
    return (*keys, *_check_audit(files))


def _is_sealed_file(name: str) -> bool:
    return name.startswith(tuple(_SEALED)) and not name.endswith((TEMPORARY_SUFFIX, SEEN_SUFFIX))


def _check_sealed_file(files: Files, name: str) -> Check:
    check = next(check for folder, check in _SEALED.items() if name.startswith(folder))
    try:
        unseal(name, files.read(name))
    except Corrupt:
        return Check(check, "failed", name, 0)
    return Check(check, "ok", name)


def _check_audit(files: Files) -> Iterator[Check]:
    # The recorded end is read before the lines: beside a running node these can then only be longer.
    head = files.read(AUDIT_HEAD_FILE) if files.exists(AUDIT_HEAD_FILE) else None
    data = files.read(AUDIT_FILE) if files.exists(AUDIT_FILE) else None
    if head is None and data is None:
        return
    try:
        recorded = read_end(AUDIT_HEAD_FILE, head or b"")
    except Corrupt:
        yield Check("audit.end", "failed", AUDIT_HEAD_FILE, 0)
        recorded = START
    if data is None:
        yield Check("audit.end", "failed", AUDIT_FILE, 0)
        return
    yield _judge_lines(data, read_lines(data, recorded))
    place = data.find(_BREAK_FIELD)
    while place >= 0:
        yield Check("audit.break", "warning", AUDIT_FILE, data.rfind(b"\n", 0, place) + 1)
        place = data.find(_BREAK_FIELD, place + 1)


def _judge_lines(data: bytes, reading: LinesReading) -> Check:
    offset = reading.end.offset
    if reading.is_damaged:
        return Check("audit.end" if offset == len(data) else "audit.chain", "failed", AUDIT_FILE, offset)
    if offset == len(data):
        return Check("audit.chain", "ok", AUDIT_FILE)
    return Check("audit.tail", "warning", AUDIT_FILE, offset, byte_count=len(data) - offset)


def _check_kept(files: Files) -> Iterator[Check]:
    for name in files.names():
        if name.endswith(TEMPORARY_SUFFIX):
            continue
        if name.startswith(AUDIT_DAMAGED_PREFIX):
            yield Check("audit.kept", "failed", name, 0)
        if name.startswith(CUT_PREFIX):
            yield Check("log.cut", "warning", name)
