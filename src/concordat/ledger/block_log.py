"""Framing of `blocks.log`, the append-only log that is the database.

    record = u32be length ‖ body ‖ SHA-256(digest of the previous record ‖ u32be length ‖ body)

Record 0 holds genesis' exact bytes after a digest of 32 zero bytes; record n holds block n. Nothing lies between
records, so every byte of the file stands under a digest, and each digest stands for all that precedes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Final, Literal

import msgspec

DIGEST_BYTES: Final = 32
FIRST_DIGEST: Final = bytes(DIGEST_BYTES)
"""Stands for the record before record 0."""

BODY_BYTES_MAX: Final = 1024 * 1024 * 1024
"""A longer length is damage, whatever follows it: no crash leaves one. No block comes near it: transactions and their
events are bounded."""

_LENGTH_BYTES: Final = 4

ReadAt = Callable[[int, int], bytes]
"""(offset, size) → the bytes there, fewer at the end of the log."""


class Record(msgspec.Struct, frozen=True):
    """One whole record: `offset` of its first byte, `end` of the byte after its last."""

    offset: int
    end: int
    body: bytes
    digest: bytes


class LogFault(msgspec.Struct, frozen=True):
    """Why the scan stopped before the end: the log ends inside the record at `offset`, or its digest does not match."""

    kind: Literal["incomplete", "digest"]
    offset: int


def compute_digest(previous: bytes, body: bytes) -> bytes:
    """Return the digest of the record of `body` after the record whose digest is `previous`."""
    return hashlib.sha256(previous + len(body).to_bytes(_LENGTH_BYTES, "big") + body).digest()


def frame(previous: bytes, body: bytes) -> bytes:
    """Return the record of `body` after the record whose digest is `previous`; its own digest is its last 32 bytes."""
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body + compute_digest(previous, body)


def scan(read: ReadAt, offset: int = 0, previous: bytes = FIRST_DIGEST) -> Iterator[Record | LogFault]:
    """Yield the records from `offset` on, verified; a fault, if any, comes last."""
    while prefix := read(offset, _LENGTH_BYTES):
        length = int.from_bytes(prefix, "big")
        if len(prefix) < _LENGTH_BYTES:
            yield LogFault("incomplete", offset)
            return
        if length > BODY_BYTES_MAX:
            yield LogFault("digest", offset)
            return
        rest = read(offset + _LENGTH_BYTES, length + DIGEST_BYTES)
        if len(rest) < length + DIGEST_BYTES:
            yield LogFault("incomplete", offset)
            return
        body, digest = rest[:length], rest[length:]
        if compute_digest(previous, body) != digest:
            yield LogFault("digest", offset)
            return
        end = offset + _LENGTH_BYTES + len(rest)
        yield Record(offset, end, body, digest)
        offset, previous = end, digest


def is_damaged(read: ReadAt, offset: int, previous: bytes) -> bool:
    """Tell whether the record at `offset`, which does not verify, was whole once: no crash leaves it as it is.

    So it is when its length is beyond the limit; when it verifies by a length or a digest that differs in one bit; or
    when a record verifies behind it, for that was written only once this one was durable.
    """
    prefix = read(offset, _LENGTH_BYTES)
    length = int.from_bytes(prefix, "big")
    if len(prefix) < _LENGTH_BYTES or length > BODY_BYTES_MAX:
        return len(prefix) == _LENGTH_BYTES
    if any(_is_whole(read, offset, previous, length ^ (1 << bit)) for bit in range(8 * _LENGTH_BYTES)):
        return True
    start = offset + _LENGTH_BYTES
    rest = read(start, length + DIGEST_BYTES)
    if len(rest) < length + DIGEST_BYTES:
        return False
    stored, computed = rest[length:], compute_digest(previous, rest[:length])
    difference = int.from_bytes(stored, "big") ^ int.from_bytes(computed, "big")
    following = (next(scan(read, start + len(rest), digest), None) for digest in (stored, computed))
    return difference.bit_count() == 1 or any(isinstance(item, Record) for item in following)


def _is_whole(read: ReadAt, offset: int, previous: bytes, length: int) -> bool:
    """Tell whether a record of `length` stands at `offset`, whatever length is written there."""
    start = offset + _LENGTH_BYTES
    # The digest first: beyond the log's end no body is read.
    stored = read(start + length, DIGEST_BYTES) if length <= BODY_BYTES_MAX else b""
    return len(stored) == DIGEST_BYTES and compute_digest(previous, read(start, length)) == stored
