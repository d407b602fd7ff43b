from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.crypto.merkle import Log, check_consistency, compute_root, compute_root_from_inclusion, hash_leaf
from concordat.errors import Corrupt

# RFC 6962 §2.1, word by word.


def split(size: int) -> int:
    k = 1
    while 2 * k < size:
        k *= 2
    return k


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = split(len(leaves))
    return node(tree_hash(leaves[:k]), tree_hash(leaves[k:]))


def audit_path(index: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    if len(leaves) == 1:
        return ()
    k = split(len(leaves))
    if index < k:
        return (*audit_path(index, leaves[:k]), tree_hash(leaves[k:]))
    return (*audit_path(index - k, leaves[k:]), tree_hash(leaves[:k]))


def subproof(old_size: int, leaves: Sequence[bytes], is_whole: bool) -> tuple[bytes, ...]:
    if old_size == len(leaves):
        return () if is_whole else (tree_hash(leaves),)
    k = split(len(leaves))
    if old_size <= k:
        return (*subproof(old_size, leaves[:k], is_whole), tree_hash(leaves[k:]))
    return (*subproof(old_size - k, leaves[k:], False), tree_hash(leaves[:k]))


def make_leaves(count: int) -> list[bytes]:
    return [b"leaf %d" % number for number in range(count)]


def make_log(leaves: Sequence[bytes]) -> Log:
    log = Log()
    for leaf in leaves:
        log.append(hash_leaf(leaf))
    return log


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8, 9, 100])
def test_a_stream_of_leaves_has_the_root_of_its_tree(count: int) -> None:
    leaves = make_leaves(count)
    assert compute_root(map(hash_leaf, leaves)) == (count, tree_hash(leaves))


def flip(data: bytes, bit: int) -> bytes:
    return (int.from_bytes(data, "big") ^ 1 << bit % (8 * len(data))).to_bytes(len(data), "big")


LEAVES = make_leaves(300)
LOG = make_log(LEAVES)
sizes = st.integers(1, 300)


def test_roots_of_all_sizes_to_200_are_those_of_the_definition() -> None:
    growing = Log()
    for size in range(201):
        assert growing.size == size
        assert growing.root() == LOG.root_at(size) == tree_hash(LEAVES[:size])
        growing.append(hash_leaf(LEAVES[size]))


def test_all_paths_of_small_logs_are_those_of_the_definition() -> None:
    for size in range(1, 34):
        for index in range(size):
            assert LOG.inclusion_path(index, size) == audit_path(index, LEAVES[:size])
        for old_size in range(1, size):
            assert LOG.consistency_path(old_size, size) == subproof(old_size, LEAVES[:size], True)


@given(sizes, st.data())
def test_any_inclusion_path_is_the_definition_and_verifies(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = LOG.inclusion_path(index, size)
    assert path == audit_path(index, LEAVES[:size])
    assert compute_root_from_inclusion(index, size, hash_leaf(LEAVES[index]), path) == LOG.root_at(size)


@given(sizes, sizes)
def test_any_consistency_path_is_the_definition_and_verifies(one: int, other: int) -> None:
    old, new = sorted((one, other))
    path = LOG.consistency_path(old, new)
    assert path == subproof(old, LEAVES[:new], True)
    check_consistency(old, LOG.root_at(old), new, LOG.root_at(new), path)


@given(sizes, st.data())
def test_a_changed_inclusion_path_leads_elsewhere_or_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = LOG.inclusion_path(index, size)
    leaf_hash = hash_leaf(LEAVES[index])
    wrong_index = data.draw(st.integers(0, size - 1).filter(lambda number: number != index)) if size > 1 else size
    attempts = [(index, (*path, LOG.root())), (wrong_index, path), (size, path), (-1, path)]
    if path:
        position = data.draw(st.integers(0, len(path) - 1))
        changed = flip(path[position], data.draw(st.integers(0, 255)))
        attempts += [(index, path[:-1]), (index, (*path[:position], changed, *path[position + 1 :]))]
    for attempt, attempt_path in attempts:
        try:
            root = compute_root_from_inclusion(attempt, size, leaf_hash, attempt_path)
        except Corrupt:
            continue
        assert root != LOG.root_at(size)


@given(sizes, sizes, st.data())
def test_a_changed_consistency_path_or_root_is_refused(one: int, other: int, data: st.DataObject) -> None:
    old, new = sorted((one, other))
    path = LOG.consistency_path(old, new)
    bit = data.draw(st.integers(0, 255))
    old_root, new_root = LOG.root_at(old), LOG.root_at(new)
    attempts = [
        (old, flip(old_root, bit), new, new_root, path),
        (old, old_root, new, flip(new_root, bit), path),
        (old, old_root, new, new_root, (*path, old_root)),
        (new + 1, old_root, new, new_root, path),
        (0, old_root, new, new_root, path),
    ]
    if path:
        position = data.draw(st.integers(0, len(path) - 1))
        changed = flip(path[position], bit)
        attempts += [
            (old, old_root, new, new_root, path[:-1]),
            (old, old_root, new, new_root, (*path[:position], changed, *path[position + 1 :])),
        ]
    for attempt in attempts:
        with pytest.raises(Corrupt) as caught:
            check_consistency(*attempt)
        assert caught.value.code == "proof.bad_consistency"


def test_the_empty_log_is_the_beginning_of_every_log() -> None:
    empty = sha256(b"").digest()
    assert Log().root() == empty
    assert LOG.consistency_path(0, 7) == ()
    check_consistency(0, empty, 7, LOG.root_at(7), ())
    check_consistency(0, empty, 0, empty, ())


def test_a_log_rewritten_in_the_past_is_not_consistent() -> None:
    rewritten = make_log([b"forged", *LEAVES[1:]])
    for old, new in pairwise(range(1, 20)):
        with pytest.raises(Corrupt):
            check_consistency(old, LOG.root_at(old), new, rewritten.root_at(new), rewritten.consistency_path(old, new))


def test_questions_outside_the_log_are_refused() -> None:
    log = make_log(LEAVES[:5])
    for ask in (
        lambda: log.root_at(6),
        lambda: log.root_at(-1),
        lambda: log.inclusion_path(5, 5),
        lambda: log.inclusion_path(0, 6),
        lambda: log.consistency_path(4, 3),
        lambda: log.append(b"short"),
    ):
        with pytest.raises(ValueError, match="lea"):
            ask()
