"""The inside of one bucket of the state tree. Normative text: spec/proof.md PRF-6, PRF-8 and PRF-9.

Up to eight entries (key hash ‖ value hash, 64 bytes) are one cell, hashed at once. More are a fork: those whose next
bit of the key hash is 0, and those whose is 1, each again a cell or a fork. So whoever grinds keys into one bucket
gains nothing: an update hashes one cell and one fork for each bit, and a path lists no more. The shape is a function of
the entries alone, whatever their order (docs/adr/0007-crowded-buckets.md).
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from concordat.errors import Corrupt

BUCKET_BITS: Final = 20
ENTRY_BYTES: Final = 64
CELL_ENTRIES_MAX: Final = 8
CELL_BYTES_MAX: Final = ENTRY_BYTES * CELL_ENTRIES_MAX
FORKS_MAX: Final = 256 - BUCKET_BITS

EMPTY_BUCKET: Final = b"\x10"
_FORK_DOMAIN: Final = b"\x13"


class Fork(msgspec.Struct, frozen=True, gc=False):
    """More than eight entries. `content` is what is hashed: 0x13 and the digests of both sides."""

    content: bytes
    left: Bucket
    right: Bucket


Bucket = bytes | Fork
"""A whole bucket or one side of a fork; a cell is bytes: 0x10 and the entries, ascending by key hash."""


def get_content(bucket: Bucket) -> bytes:
    """Return the bytes whose SHA-256 is the bucket's digest."""
    return bucket if isinstance(bucket, bytes) else bucket.content


def replace_entry(bucket: Bucket, key_hash: bytes, entry: bytes, depth: int = BUCKET_BITS) -> Bucket:
    """Return the bucket with the key's entry replaced; an empty `entry` removes it.

    All keys under `bucket` share the first `depth` bits of their hashes.
    """
    if isinstance(bucket, bytes):
        return _split(_replace_in_cell(bucket, key_hash, entry), depth)
    left, right, content = bucket.left, bucket.right, bucket.content
    if _get_bit(key_hash, depth):
        right = replace_entry(right, key_hash, entry, depth + 1)
        content = content[:33] + sha256(get_content(right)).digest()
    else:
        left = replace_entry(left, key_hash, entry, depth + 1)
        content = _FORK_DOMAIN + sha256(get_content(left)).digest() + content[33:]
    if isinstance(left, bytes) and isinstance(right, bytes) and len(left) + len(right) <= 2 + CELL_BYTES_MAX:
        return left + right[1:]
    return Fork(content, left, right)


def find_cell(bucket: Bucket, key_hash: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """Return the entries of the cell where the key belongs, and the digests beside the way there, from the cell up."""
    depth, siblings = BUCKET_BITS, list[bytes]()
    while not isinstance(bucket, bytes):
        is_right = _get_bit(key_hash, depth)
        siblings.append(bucket.content[1:33] if is_right else bucket.content[33:])
        bucket, depth = bucket.right if is_right else bucket.left, depth + 1
    return bucket[1:], tuple(reversed(siblings))


def compute_bucket_digest(key_hash: bytes, cell: bytes, siblings: tuple[bytes, ...]) -> bytes:
    """Return the digest of the key's bucket by what `find_cell` returned.

    Raises:
        Corrupt: `proof.bad_state` when the cell has another form, or holds a key that does not belong there.
    """
    if len(siblings) > FORKS_MAX or len(cell) > CELL_BYTES_MAX or len(cell) % ENTRY_BYTES:
        raise Corrupt("proof.bad_state", "a bucket has at most 236 forks, a cell at most 8 entries of 64 bytes")
    depth = BUCKET_BITS + len(siblings)
    prefix, previous = _get_prefix(key_hash, depth), b""
    for at in range(0, len(cell), ENTRY_BYTES):
        found = cell[at : at + 32]
        if found <= previous or _get_prefix(found, depth) != prefix:
            raise Corrupt("proof.bad_state", "entries are out of order or belong elsewhere")
        previous = found
    digest = sha256(EMPTY_BUCKET + cell).digest()
    for sibling in siblings:
        depth -= 1
        pair = sibling + digest if _get_bit(key_hash, depth) else digest + sibling
        digest = sha256(_FORK_DOMAIN + pair).digest()
    return digest


def _replace_in_cell(cell: bytes, key_hash: bytes, entry: bytes) -> bytes:
    position, end = 1, len(cell)
    while position < end and cell[position : position + 32] < key_hash:
        position += ENTRY_BYTES
    is_present = cell[position : position + 32] == key_hash
    return cell[:position] + entry + cell[position + ENTRY_BYTES if is_present else position :]


def _split(cell: bytes, depth: int) -> Bucket:
    """Return the entries of `cell`, however many, as the bucket that they make."""
    if len(cell) <= 1 + CELL_BYTES_MAX:
        return cell
    middle = 1
    while middle < len(cell) and not _get_bit(cell[middle : middle + 32], depth):
        middle += ENTRY_BYTES
    left, right = _split(cell[:middle], depth + 1), _split(EMPTY_BUCKET + cell[middle:], depth + 1)
    digests = sha256(get_content(left)).digest() + sha256(get_content(right)).digest()
    return Fork(_FORK_DOMAIN + digests, left, right)


def _get_bit(key_hash: bytes, depth: int) -> int:
    return key_hash[depth >> 3] >> (7 - (depth & 7)) & 1


def _get_prefix(key_hash: bytes, bits: int) -> int:
    return int.from_bytes(key_hash, "big") >> (256 - bits)
