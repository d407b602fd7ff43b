"""Datasets as the ledger knows them: a file's digest and size, its columns' digest, and a salted root over its rows.

    row salt = HMAC-SHA-256(salt, file's digest ‖ u64be row index)
    row leaf = row salt ‖ canonical encoding of the row's fields

The root is RFC 6962's over the leaves. The salt stays beside the file: without it nobody can guess a row, and a proof
of one row says nothing about its neighbors, nor, the file's digest being in it, about the same row of another version.
"""

from __future__ import annotations

import csv
import hmac
from collections.abc import Iterator
from hashlib import sha256
from io import TextIOWrapper
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from concordat.client.answers import reading
from concordat.client.commitments import SALT_BYTES, make_salt
from concordat.client.files import compute_file_digest, open_file, read_file, save_new_file
from concordat.client.requests import make_path
from concordat.crypto.merkle import compute_root, hash_leaf
from concordat.errors import NotFound, UsageError
from concordat.primitives.codec import Struct, encode

if TYPE_CHECKING:
    from concordat.client.api import Client

LINE_CHARACTERS_MAX: Final = 1024 * 1024
"""Of a line with its end. A field has at most 131 072, `csv.field_size_limit()`."""


class DatasetDescription(Struct, frozen=True):
    """What is registered of a table, and the names of its columns."""

    digest: bytes
    byte_count: int
    rows: int
    schema: bytes
    row_root: bytes
    columns: tuple[str, ...]


def describe_table(path: Path, salt_path: Path) -> DatasetDescription:
    """Return the description of a CSV file under the salt in a file; a sound table gets one that has none.

    Raises:
        As `describe_csv`, `fetch_salt` and `save_salt`.
    """
    kept = fetch_salt(salt_path)
    salt = kept or make_salt()
    description = describe_csv(path, salt)
    if kept is None:
        save_salt(salt_path, salt)
    return description


def describe_csv(path: Path, salt: bytes) -> DatasetDescription:
    """Return the description of a CSV file, read as a stream (spec/datasets.md DAT-5).

    Raises:
        NotFound: `input.absent`. UsageError: `input.*`, `table.*`.
    """
    rows = read_rows(path)
    _, header = next(rows, (0, ()))
    _check_header(header, path)
    digest, byte_count = compute_file_digest(path)

    def hash_rows() -> Iterator[bytes]:
        for index, (line, row) in enumerate(rows):
            if len(row) != len(header):
                place = f"{path}, line {line}: {len(row)} fields, not {len(header)}"
                raise UsageError("table.ragged", place)
            yield hash_leaf(compute_row_leaf(salt, digest, index, row))

    row_count, row_root = compute_root(hash_rows())
    return DatasetDescription(digest, byte_count, row_count, compute_schema(header), row_root, header)


def _check_header(header: tuple[str, ...], path: Path) -> None:
    if not header:
        raise UsageError("table.empty", str(path))
    if len(header) == 1 and any(separator in header[0] for separator in ";\t|"):
        raise UsageError("table.other_separator", str(path))
    if header.count("") > 1:  # one is what programs write that number their rows
        raise UsageError("table.unnamed_column", str(path))
    if len(set(header)) != len(header):
        raise UsageError("table.repeated_column", str(path))


def compute_schema(columns: tuple[str, ...]) -> bytes:
    """Return SHA-256 of "concordat/schema/v1" ‖ NUL ‖ the canonical encoding of the columns' names."""
    return sha256(b"concordat/schema/v1\0" + encode(columns)).digest()


def compute_row_leaf(salt: bytes, digest: bytes, index: int, fields: tuple[str, ...]) -> bytes:
    """Return the leaf of a row of the file with this digest, counted from 0."""
    return hmac.digest(salt, digest + index.to_bytes(8, "big"), "sha256") + encode(fields)


def fetch_salt(path: Path) -> bytes | None:
    """Return the salt in a salt file, None when there is no such file.

    Raises:
        UsageError: `table.bad_salt` when the file holds anything else than 64 hexadecimal digits; `input.*`.
    """
    try:
        salt = bytes.fromhex(read_file(path).decode("ascii").removesuffix("\n"))
    except NotFound:
        return None
    except ValueError:
        salt = b""
    if len(salt) != SALT_BYTES:
        raise UsageError("table.bad_salt", str(path))
    return salt


def save_salt(path: Path, salt: bytes) -> None:
    """Write a salt file that only its owner may read; raises as `save_new_file`."""
    save_new_file(path, f"{salt.hex()}\n".encode())


def fetch_newest_version(client: Client, owner: str, name: str) -> tuple[int, str]:
    """Return number and digest of a dataset's newest version, 0 and nothing when there is none yet."""
    path = make_path("/v1/datasets", owner, name)
    try:
        told = client.get(path)
    except NotFound as error:
        if not error.code.startswith("read."):
            raise
        return 0, ""
    with reading(path):
        return int(told["latest"]), str(told["versions"][0]["digest"])


def read_rows(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield each row, the header first, with the number of the line on which it ends (spec/datasets.md DAT-5).

    Raises:
        NotFound: `input.absent`. UsageError: `input.*`, `table.*`.
    """
    with TextIOWrapper(open_file(path, is_pipe_allowed=False), encoding="utf-8-sig", newline="\n") as file:
        reader = csv.reader(_read_lines(file, path), strict=True)
        try:
            yield from ((reader.line_num, tuple(row)) for row in reader if row)
        except UnicodeDecodeError as error:
            raise UsageError("table.wrong_encoding", str(path)) from error
        except csv.Error as error:
            place = f"{path}, line {reader.line_num}"
            if "field limit" in str(error):
                raise _make_too_long(place) from error
            raise UsageError("table.malformed", f"{place}: {error}") from error


def _read_lines(file: TextIOWrapper, path: Path) -> Iterator[str]:
    """Yield the lines; what reads differently from one program to the next is refused."""
    for number in count(1):
        line = file.readline(LINE_CHARACTERS_MAX + 1)
        if not line:
            return
        if len(line) > LINE_CHARACTERS_MAX:
            raise _make_too_long(f"{path}, line {number}")
        has_second_mark = number == 1 and line.startswith("\ufeff")
        if has_second_mark or "\0" in line or "\r" in line.removesuffix("\n").removesuffix("\r"):
            raise UsageError("table.bad_character", f"{path}, line {number}")
        yield line


def _make_too_long(place: str) -> UsageError:
    return UsageError("table.too_long", place)
