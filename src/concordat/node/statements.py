"""What people said, kept where they said it: text and salt behind a commitment (spec/objections.md OBJ-8)."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path

import msgspec

from concordat.client.commitments import Statement, compute_statement_commitment, make_salt
from concordat.errors import Corrupt, UsageError
from concordat.ledger.doctor import STATEMENTS_FOLDER
from concordat.ledger.files import DiskFiles
from concordat.primitives.plain import from_plain, read_json, to_plain
from concordat.primitives.sealed import seal, unseal


def keep_statement(folder: Path, text: str) -> Statement:
    """Keep a text durably under a fresh salt.

    Raises:
        Refused: `disk.*`.
    """
    salt = make_salt()
    statement = Statement(salt, text, compute_statement_commitment(salt, text))
    with closing(DiskFiles(folder)) as files:
        files.replace(_get_name(statement.commitment), seal(msgspec.json.encode(to_plain(statement))))
    return statement


def find_statement(folder: Path, commitment: bytes | None) -> Statement | None:
    """Return the text behind a commitment; None where this node never had it, or what lies there is another."""
    if commitment is None:
        return None
    name = _get_name(commitment)
    with closing(DiskFiles(folder)) as files:
        if not files.exists(name):
            return None
        try:
            found = from_plain(Statement, read_json(unseal(name, files.read(name))))
        except (Corrupt, UsageError):
            return None
    return found if compute_statement_commitment(found.salt, found.text) == commitment else None


def drop_statement(folder: Path, statement: Statement) -> None:
    """Remove a text to which nothing on the ledger leads."""
    with suppress(OSError):
        (folder / _get_name(statement.commitment)).unlink()


def _get_name(commitment: bytes) -> str:
    return f"{STATEMENTS_FOLDER}{commitment.hex()}.statement"
