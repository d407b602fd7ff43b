"""The history: an append-only Merkle log (RFC 6962 §2.1, algorithms of RFC 9162 §2.1), kept in memory.

A leaf is bytes; the tree stores its hash. Digests are SHA-256, 32 bytes. Normative text: spec/proof.md PRF-2 to PRF-4.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from concordat.errors import Corrupt

EMPTY_LOG_ROOT: Final = sha256().digest()


def hash_leaf(data: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ data)."""
    return sha256(b"\x00" + data).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def compute_root(leaf_hashes: Iterable[bytes]) -> tuple[int, bytes]:
    """Return how many leaves there are, and their root, without keeping more than one digest a level."""
    size, peaks = 0, list[bytes]()
    for leaf_hash in leaf_hashes:
        size += 1
        peaks.append(leaf_hash)
        complete = size
        while not complete & 1:
            right = peaks.pop()
            peaks.append(hash_children(peaks.pop(), right))
            complete >>= 1
    root = peaks.pop() if peaks else EMPTY_LOG_ROOT
    while peaks:
        root = hash_children(peaks.pop(), root)
    return size, root


class Log:
    """The digests of every complete subtree: level k holds those of 2**k leaves. Append is O(1), a path O(log n)."""

    def __init__(self) -> None:
        self._levels: list[bytearray] = [bytearray()]

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._levels[0]) // 32

    def append(self, leaf_hash: bytes) -> None:
        """Add one leaf by its hash (32 bytes)."""
        if len(leaf_hash) != 32:
            raise ValueError("a leaf hash has 32 bytes")
        self._levels[0] += leaf_hash
        complete = self.size
        level = 0
        while not complete & 1:
            pair = self._levels[level][-64:]
            level += 1
            if level == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level] += sha256(b"\x01" + pair).digest()
            complete >>= 1

    def digests(self, level: int, start: int, count: int) -> bytes:
        """Return so many digests of complete subtrees of 2**level leaves, joined; fewer where there are no more."""
        known = self._levels[level] if level < len(self._levels) else b""
        return bytes(known[32 * start : 32 * (start + count)])

    def root(self) -> bytes:
        """Return the root of all leaves."""
        return self.root_at(self.size)

    def root_at(self, size: int) -> bytes:
        """Return the root that the log had when it held `size` leaves."""
        self._check_size(size)
        return self._compute_range_root(0, size) if size else EMPTY_LOG_ROOT

    def inclusion_path(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return the siblings of leaf `index`, from the leaf up, in the tree of the first `size` leaves."""
        self._check_size(size)
        if not 0 <= index < size:
            raise ValueError(f"no leaf {index} among {size}")
        return self._compute_siblings(0, index, size)

    def consistency_path(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """Return the digests that show the first `old_size` leaves to be a prefix of the first `new_size`."""
        self._check_size(new_size)
        if not 0 <= old_size <= new_size:
            raise ValueError(f"{old_size} leaves are no prefix of {new_size}")
        if old_size in (0, new_size):
            return ()
        level, node = 0, old_size - 1
        while node & 1:
            level, node = level + 1, node >> 1
        # A power of two is one complete subtree, whose digest is the old root: the verifier has it.
        seed = (self._digest(level, node),) if node else ()
        return seed + self._compute_siblings(level, node, new_size)

    def _compute_siblings(self, level: int, node: int, size: int) -> tuple[bytes, ...]:
        """Return the siblings of a complete subtree, upwards, in the tree of `size` leaves."""
        path = []
        while (size - 1) >> level:
            sibling = node ^ 1
            start = sibling << level
            if start < size:
                path.append(self._compute_range_root(start, min(start + (1 << level), size)))
            level, node = level + 1, node >> 1
        return tuple(path)

    def _compute_range_root(self, start: int, stop: int) -> bytes:
        """Return the root over leaves start to stop - 1, where `start` is where a subtree of that width begins."""
        parts = []
        while start < stop:
            level = (stop - start).bit_length() - 1
            parts.append(self._digest(level, start >> level))
            start += 1 << level
        root = parts.pop()
        while parts:
            root = hash_children(parts.pop(), root)
        return root

    def _digest(self, level: int, node: int) -> bytes:
        return bytes(self._levels[level][32 * node : 32 * node + 32])

    def _check_size(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise ValueError(f"the log holds {self.size} leaves, not {size}")


def compute_root_from_inclusion(index: int, size: int, leaf_hash: bytes, path: tuple[bytes, ...]) -> bytes:
    """Return the root that `path` leads to (RFC 9162 §2.1.3.2).

    Raises:
        Corrupt: `proof.bad_inclusion` when the leaf is outside the tree or the path has the wrong length.
    """
    if not 0 <= index < size:
        raise Corrupt("proof.bad_inclusion", f"no leaf {index} among {size}")
    node, last, root = index, size - 1, leaf_hash
    for sibling in path:
        if not last:
            raise Corrupt("proof.bad_inclusion", "the path is too long")
        if node & 1 or node == last:
            root = hash_children(sibling, root)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            root = hash_children(root, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise Corrupt("proof.bad_inclusion", "the path is too short")
    return root


def check_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: tuple[bytes, ...]) -> None:
    """Check that the log with `new_root` begins with the log that had `old_root` (RFC 9162 §2.1.4.2).

    Raises:
        Corrupt: `proof.bad_consistency` otherwise.
    """
    failure = Corrupt("proof.bad_consistency", f"{old_size} leaves are not shown to be the first of {new_size}")
    if not 0 <= old_size <= new_size:
        raise failure
    if old_size in (0, new_size):
        if path or old_root != (new_root if old_size else EMPTY_LOG_ROOT):
            raise failure
        return
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    if not node:
        path = (old_root, *path)
    if not path:
        raise failure
    old = new = path[0]
    for sibling in path[1:]:
        if not last:
            raise failure
        if node & 1 or node == last:
            old, new = hash_children(sibling, old), hash_children(sibling, new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new = hash_children(new, sibling)
        node, last = node >> 1, last >> 1
    if last or old != old_root or new != new_root:
        raise failure
