"""Looks at a node's folder and says what is wrong and what to do. Reads only; repairs nothing.

Roots need the state machine: whoever has it replays the blocks and adds its own checks to these.
"""

from __future__ import annotations

from typing import Final

import msgspec

from concordat.errors import Corrupt
from concordat.ledger.checksummed import is_cut_short, unseal, verify_lines
from concordat.ledger.files import TEMPORARY_SUFFIX, Files
from concordat.ledger.survey import GENESIS_FILE, HEAD_FILE, LOG_FILE, Check, fetch_survey

KEY_FOLDER: Final = "keys/"
AUDIT_FILE: Final = "audit.log"

_AUTHORITATIVE: Final = frozenset({GENESIS_FILE, HEAD_FILE, LOG_FILE, AUDIT_FILE})


class StoredFile(msgspec.Struct, frozen=True):
    """A file of the folder. What is not authoritative can be deleted and is rebuilt, or is not the node's at all."""

    path: str
    authoritative: bool


def list_files(files: Files) -> tuple[StoredFile, ...]:
    """Return every file of the folder, sorted by path."""
    return tuple(StoredFile(name, _is_key_file(name) or name in _AUTHORITATIVE) for name in files.names())


def examine(files: Files) -> tuple[Check, ...]:
    """Return what was checked, good and bad, for every authoritative file.

    A missing key file or audit log is no finding, since nothing else in the folder tells that there was one.

    Raises:
        Refused: `disk.unreadable` when a file cannot be read.
    """
    keys = (_check_key_file(files, name) for name in files.names() if _is_key_file(name))
    audit = (_check_audit(files),) if files.exists(AUDIT_FILE) else ()
    return (*fetch_survey(files).checks, *keys, *audit)


def _is_key_file(name: str) -> bool:
    return name.startswith(KEY_FOLDER) and not name.endswith(TEMPORARY_SUFFIX)


def _check_key_file(files: Files, name: str) -> Check:
    try:
        unseal(name, files.read(name))
    except Corrupt:
        return Check("keys.seal", "failed", name, 0, fix="Restore this key file from its backup; do not edit it.")
    return Check("keys.seal", "ok", name)


def _check_audit(files: Files) -> Check:
    data = files.read(AUDIT_FILE)
    offset = verify_lines(data).offset
    if offset == len(data):
        return Check("audit.chain", "ok", AUDIT_FILE)
    if is_cut_short(data, offset):
        fix = "The last line was cut short by a crash: note what it says, then cut the file at this byte."
        return Check("audit.tail", "warning", AUDIT_FILE, offset, fix=fix)
    fix = "Keep this file as evidence and restore it from a backup; the lines before this byte are sound."
    return Check("audit.chain", "failed", AUDIT_FILE, offset, fix=fix)
