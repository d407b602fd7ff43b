"""The state: a tree of fixed depth over 2**20 buckets, arity 16, SHA-256. Normative text: spec/proof.md PRF-5 to PRF-9.

A key's bucket is the first 20 bits of its hash; bucket.py says what is in one. Domain bytes: 0x10 cell, 0x11 node,
0x12 value, 0x13 fork; the log uses 0x00 and 0x01.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated, Final

from msgspec import Meta

from concordat.crypto.bucket import (
    CELL_BYTES_MAX,
    EMPTY_BUCKET,
    FORKS_MAX,
    Bucket,
    compute_bucket_digest,
    find_cell,
    get_content,
    replace_entry,
)
from concordat.errors import Corrupt
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import Digest

DEPTH: Final = 5
ARITY: Final = 16
BUCKET_COUNT: Final = ARITY**DEPTH

_NODE_DOMAIN: Final = b"\x11"
_VALUE_DOMAIN: Final = b"\x12"


def _compute_empty_digests() -> tuple[bytes, ...]:
    digests = [sha256(EMPTY_BUCKET).digest()]
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
    """The entries of the key's cell, then the digests beside the way: in its bucket, and from there to the root."""

    cell: Annotated[bytes, Meta(max_length=CELL_BYTES_MAX)]
    forks: Annotated[tuple[Digest, ...], Meta(max_length=FORKS_MAX)]
    siblings: Annotated[tuple[SiblingSet, ...], Meta(min_length=DEPTH, max_length=DEPTH)]


class StateTree:
    """The digests of a state; the state itself is kept elsewhere. About 200 MB at a million keys, 0.6 MB empty."""

    def __init__(self) -> None:
        # Buckets and nodes carry their domain byte in front, so that hashing one is a single call. The 16 buckets of
        # one parent lie in a list, and lists beat dicts here: at a million keys the time goes into cache misses.
        self._groups: list[list[Bucket] | None] = [None] * (BUCKET_COUNT // ARITY)
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
                group = groups[parent] = [EMPTY_BUCKET] * ARITY
                node = nodes[parent] = bytearray(_NODE_DOMAIN + EMPTY_DIGESTS[0] * ARITY)
            bucket = group[position]
            entry = b"" if value is None else key_hash + sha256(_VALUE_DOMAIN + value).digest()
            # Most buckets hold this key alone: the general way would double the time of this loop.
            if isinstance(bucket, bytes) and (
                len(bucket) == 1 or (len(bucket) == 65 and bucket.startswith(key_hash, 1))
            ):
                bucket = content = EMPTY_BUCKET + entry
            else:
                bucket = replace_entry(bucket, key_hash, entry)
                content = get_content(bucket)
            group[position] = bucket
            offset = (position << 5) + 1
            node[offset : offset + 32] = sha256(content).digest()
            parents[parent] = node
        return parents

    def prove(self, key: bytes) -> StatePath:
        """Return the path that shows the value of `key`, or that there is none."""
        key_hash = sha256(key).digest()
        index = _compute_bucket_index(key_hash)
        group = self._groups[index >> 4]
        cell, forks = find_cell(group[index & 15], key_hash) if group else (b"", ())
        siblings = []
        for level, nodes in enumerate(self._levels):
            index, position = index >> 4, index & 15
            siblings.append(_list_siblings(nodes[index], position, EMPTY_DIGESTS[level]))
        return StatePath(cell, forks, tuple(siblings))


def _compute_bucket_index(key_hash: bytes) -> int:
    return int.from_bytes(key_hash[:3], "big") >> 4


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
    digest = compute_bucket_digest(key_hash, path.cell, path.forks)
    entries = {path.cell[at : at + 32]: path.cell[at + 32 : at + 64] for at in range(0, len(path.cell), 64)}
    if entries.get(key_hash) != (None if value is None else sha256(_VALUE_DOMAIN + value).digest()):
        raise Corrupt("proof.bad_state", "the cell says otherwise about this key")
    if len(path.siblings) != DEPTH:
        raise Corrupt("proof.bad_state", "wrong depth")
    for level, siblings in enumerate(path.siblings):
        index, position = index >> 4, index & 15
        digest = _compute_parent(digest, position, siblings, EMPTY_DIGESTS[level])
    return digest


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
