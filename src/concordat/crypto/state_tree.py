"""The state: a tree of fixed depth over 2**20 buckets, arity 16, SHA-256. Normative text: spec/proof.md PRF-5 to PRF-9.

An entry is key hash ‖ value hash (64 bytes); a bucket is its entries sorted by key hash; a key's bucket is the first
20 bits of its hash. Domain bytes: 0x10 bucket, 0x11 node, 0x12 value; the log uses 0x00 and 0x01.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated, Final

from msgspec import Meta

from concordat.errors import Corrupt
from concordat.primitives.codec import Struct

DEPTH: Final = 5
ARITY: Final = 16
BUCKET_COUNT: Final = ARITY**DEPTH

_EMPTY_BUCKET: Final = b"\x10"
_NODE_DOMAIN: Final = b"\x11"
_VALUE_DOMAIN: Final = b"\x12"


def _compute_empty_digests() -> tuple[bytes, ...]:
    digests = [sha256(_EMPTY_BUCKET).digest()]
    for _ in range(DEPTH):
        digests.append(sha256(_NODE_DOMAIN + digests[-1] * ARITY).digest())
    return tuple(digests)


EMPTY_DIGESTS: Final = _compute_empty_digests()
"""The digest of an empty bucket, then of an empty subtree 1 to 5 levels above the buckets; the last is the root's."""


class SiblingSet(Struct, frozen=True):
    """The 15 siblings on one level: bit i of `bitmap` says that child i is not empty and its digest is listed."""

    bitmap: Annotated[int, Meta(ge=0, le=0xFFFF)]
    digests: Annotated[bytes, Meta(max_length=32 * (ARITY - 1))]


class StatePath(Struct, frozen=True):
    """A key's whole bucket, and the siblings on the way from the bucket to the root."""

    bucket: bytes
    siblings: Annotated[tuple[SiblingSet, ...], Meta(min_length=DEPTH, max_length=DEPTH)]


def hash_value(value: bytes) -> bytes:
    """Return SHA-256(0x12 ‖ value)."""
    return sha256(_VALUE_DOMAIN + value).digest()


class StateTree:
    """The digests of a state; the state itself is kept elsewhere. About 200 MB at a million keys, 0.6 MB empty."""

    def __init__(self) -> None:
        # Buckets and nodes carry their domain byte in front, so that hashing one is a single call. The 16 buckets of
        # one parent lie in a list, and lists beat dicts here: at a million keys the time goes into cache misses.
        self._groups: list[list[bytes] | None] = [None] * (BUCKET_COUNT // ARITY)
        self._levels: tuple[list[bytearray | None], ...] = tuple(
            [None] * (BUCKET_COUNT // ARITY**height) for height in range(1, DEPTH + 1)
        )
        self._root = EMPTY_DIGESTS[DEPTH]

    @property
    def root(self) -> bytes:
        """The root after the last update."""
        return self._root

    def update(self, changes: Iterable[tuple[bytes, bytes | None]]) -> bytes:
        """Set each key to its value, or remove it when the value is None; return the new root.

        Each dirty node is hashed once, so one call per block is much cheaper than one per key.
        """
        dirty = self._apply_to_buckets(changes)
        for level in range(1, DEPTH):
            nodes = self._levels[level]
            parents: dict[int, bytearray] = {}
            for index, child in dirty.items():
                node = nodes[index >> 4]
                if node is None:
                    node = nodes[index >> 4] = bytearray(_NODE_DOMAIN + EMPTY_DIGESTS[level] * ARITY)
                offset = ((index & 15) << 5) + 1
                node[offset : offset + 32] = sha256(child).digest()
                parents[index >> 4] = node
            dirty = parents
        for top in dirty.values():
            self._root = sha256(top).digest()
        return self._root

    def _apply_to_buckets(self, changes: Iterable[tuple[bytes, bytes | None]]) -> dict[int, bytearray]:
        """Return the parents of the touched buckets, with the buckets' new digests in them."""
        groups, nodes = self._groups, self._levels[0]
        parents: dict[int, bytearray] = {}
        for key, value in changes:
            key_hash = sha256(key).digest()
            parent = key_hash[0] << 8 | key_hash[1]
            position = key_hash[2] >> 4
            group, node = groups[parent], nodes[parent]
            if group is None or node is None:
                group = groups[parent] = [_EMPTY_BUCKET] * ARITY
                node = nodes[parent] = bytearray(_NODE_DOMAIN + EMPTY_DIGESTS[0] * ARITY)
            bucket = group[position]
            entry = b"" if value is None else key_hash + sha256(_VALUE_DOMAIN + value).digest()
            # Most buckets hold this key alone: the general way would double the time of this loop.
            if len(bucket) == 1 or (len(bucket) == 65 and bucket.startswith(key_hash, 1)):
                bucket = _EMPTY_BUCKET + entry
            else:
                bucket = _replace_entry(bucket, key_hash, entry)
            group[position] = bucket
            offset = (position << 5) + 1
            node[offset : offset + 32] = sha256(bucket).digest()
            parents[parent] = node
        return parents

    def prove(self, key: bytes) -> StatePath:
        """Return the path that shows the value of `key`, or that there is none."""
        index = _compute_bucket_index(sha256(key).digest())
        group = self._groups[index >> 4]
        bucket = group[index & 15][1:] if group else b""
        siblings = []
        for level, nodes in enumerate(self._levels):
            index, position = index >> 4, index & 15
            siblings.append(_list_siblings(nodes[index], position, EMPTY_DIGESTS[level]))
        return StatePath(bucket, tuple(siblings))


def _compute_bucket_index(key_hash: bytes) -> int:
    return int.from_bytes(key_hash[:3], "big") >> 4


def _replace_entry(bucket: bytes, key_hash: bytes, entry: bytes) -> bytes:
    """Return the bucket (domain byte first) with the key's entry replaced; an empty `entry` removes it."""
    position, end = 1, len(bucket)
    while position < end and bucket[position : position + 32] < key_hash:
        position += 64
    is_present = bucket[position : position + 32] == key_hash
    return bucket[:position] + entry + bucket[position + 64 if is_present else position :]


def _list_siblings(node: bytearray | None, position: int, empty: bytes) -> SiblingSet:
    if node is None:
        return SiblingSet(0, b"")
    bitmap, digests = 0, []
    for child in range(ARITY):
        digest = bytes(node[1 + 32 * child : 33 + 32 * child])
        if child != position and digest != empty:
            bitmap |= 1 << child
            digests.append(digest)
    return SiblingSet(bitmap, b"".join(digests))


def compute_state_root(key: bytes, value: bytes | None, path: StatePath) -> bytes:
    """Return the root under which `key` has `value`, or has none when `value` is None.

    Raises:
        Corrupt: `proof.bad_state` when the path shows something else or is not in its one canonical form.
    """
    key_hash = sha256(key).digest()
    index = _compute_bucket_index(key_hash)
    _check_bucket(path.bucket, index)
    entries = {path.bucket[at : at + 32]: path.bucket[at + 32 : at + 64] for at in range(0, len(path.bucket), 64)}
    if entries.get(key_hash) != (None if value is None else hash_value(value)):
        raise Corrupt("proof.bad_state", "the bucket says otherwise about this key")
    if len(path.siblings) != DEPTH:
        raise Corrupt("proof.bad_state", "wrong depth")
    digest = sha256(_EMPTY_BUCKET + path.bucket).digest()
    for level, siblings in enumerate(path.siblings):
        index, position = index >> 4, index & 15
        digest = _compute_parent(digest, position, siblings, EMPTY_DIGESTS[level])
    return digest


def _check_bucket(bucket: bytes, index: int) -> None:
    if len(bucket) % 64:
        raise Corrupt("proof.bad_state", "a bucket is made of 64-byte entries")
    previous = b""
    for at in range(0, len(bucket), 64):
        key_hash = bucket[at : at + 32]
        if key_hash <= previous or _compute_bucket_index(key_hash) != index:
            raise Corrupt("proof.bad_state", "entries are out of order or belong to another bucket")
        previous = key_hash


def _compute_parent(digest: bytes, position: int, siblings: SiblingSet, empty: bytes) -> bytes:
    if siblings.bitmap >> position & 1 or len(siblings.digests) != 32 * siblings.bitmap.bit_count():
        raise Corrupt("proof.bad_state", "the bitmap does not fit")
    children = []
    offset = 0
    for child in range(ARITY):
        if child == position:
            children.append(digest)
        elif siblings.bitmap >> child & 1:
            children.append(siblings.digests[offset : offset + 32])
            offset += 32
            if children[-1] == empty:
                raise Corrupt("proof.bad_state", "an empty sibling is listed")
        else:
            children.append(empty)
    return sha256(_NODE_DOMAIN + b"".join(children)).digest()
