"""Datasets as the ledger knows them: a file's digest and size, its columns' digest, and a salted root over its rows.

    row salt = HMAC-SHA-256(salt, file's digest ‖ u64be row index)
    row leaf = row salt ‖ canonical encoding of the row's fields

The root is RFC 6962's over the leaves. The salt stays beside the file: without it nobody can guess a row, and a proof
of one row says nothing about its neighbors, nor, the file's digest being in it, about the same row of another version.
"""

from __future__ import annotations

import csv
import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from concordat.client.files import save_new_file
from concordat.crypto.merkle import Log, hash_leaf
from concordat.errors import NotFound, UsageError
from concordat.primitives.codec import encode

SALT_BYTES = 32
_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class DatasetDescription:
    """What is registered of a table, and the names of its columns."""

    digest: bytes
    byte_count: int
    rows: int
    schema: bytes
    row_root: bytes
    columns: tuple[str, ...]


def describe_csv(path: Path, salt: bytes) -> DatasetDescription:
    """Return the description of a CSV file (UTF-8, a header line, every row as long as the header), read as a stream.

    Raises:
        NotFound: `input.absent`. UsageError: `table.empty`, `table.malformed`, `table.ragged`, `table.repeated_column`.
    """
    digest, byte_count = _compute_file_digest(path)
    rows = _read_rows(path)
    header = next(rows, None)
    if header is None:
        raise UsageError("table.empty", str(path), "the first line names the columns")
    if len(set(header)) != len(header):
        raise UsageError("table.repeated_column", str(path), "give every column a name of its own")
    log = Log()
    for index, row in enumerate(rows):
        if len(row) != len(header):
            place = f"{path}, row {index + 1}: {len(row)} fields, not {len(header)}"
            raise UsageError("table.ragged", place, "give every row as many fields as there are columns")
        log.append(hash_leaf(compute_row_leaf(salt, digest, index, row)))
    return DatasetDescription(digest, byte_count, log.size, compute_schema(header), log.root(), header)


def compute_schema(columns: tuple[str, ...]) -> bytes:
    """Return SHA-256 of "concordat/schema/v1" ‖ NUL ‖ the canonical encoding of the columns' names."""
    return sha256(b"concordat/schema/v1\0" + encode(columns)).digest()


def compute_row_leaf(salt: bytes, digest: bytes, index: int, fields: tuple[str, ...]) -> bytes:
    """Return the leaf of a row of the file with this digest, counted from 0."""
    return hmac.digest(salt, digest + index.to_bytes(8, "big"), "sha256") + encode(fields)


def fetch_salt(path: Path) -> bytes:
    """Return the salt in a salt file, made when there is none; only its owner may read it.

    Raises:
        UsageError: `table.bad_salt` when the file holds anything else than 64 hexadecimal digits.
        As `save_new_file` when it cannot be made.
    """
    if not path.exists():
        save_new_file(path, (os.urandom(SALT_BYTES).hex() + "\n").encode())
    return _read_salt(path)


def _read_salt(path: Path) -> bytes:
    try:
        salt = bytes.fromhex(path.read_text(encoding="ascii").removesuffix("\n"))
    except (OSError, ValueError):
        salt = b""
    if len(salt) != SALT_BYTES:
        raise UsageError("table.bad_salt", str(path), "restore the salt file that belongs to this table")
    return salt


def _compute_file_digest(path: Path) -> tuple[bytes, int]:
    digest, byte_count = sha256(), 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                byte_count += len(chunk)
    except OSError as error:
        raise NotFound("input.absent", str(path), "name a file that exists") from error
    return digest.digest(), byte_count


def _read_rows(path: Path) -> Iterator[tuple[str, ...]]:
    """Yield the rows, the header first; a byte-order mark is no part of it. Empty lines are no rows."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            yield from (tuple(row) for row in csv.reader(file, strict=True) if row)
        except (csv.Error, UnicodeDecodeError) as error:
            raise UsageError("table.malformed", f"{path}: {error}", "save it as CSV in UTF-8") from error
