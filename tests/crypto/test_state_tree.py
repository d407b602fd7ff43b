from __future__ import annotations

from hashlib import sha256
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concordat.crypto.state_tree import StatePath, StateTree, compute_state_root
from concordat.errors import Corrupt, Rejected
from concordat.primitives.codec import decode, encode
from crypto.test_bucket import COLLIDING, compute_naive_digest


def compute_naive_root(entries: dict[bytes, bytes]) -> bytes:
    """The definition (PRF-5 to PRF-7): hash every bucket, then every level, empty ones by their known digests."""
    buckets: dict[int, dict[bytes, bytes]] = {}
    for key, value in entries.items():
        key_hash = sha256(key).digest()
        value_hash = sha256(b"\x12" + value).digest()
        buckets.setdefault(int.from_bytes(key_hash, "big") >> 236, {})[key_hash] = value_hash
    level = {index: compute_naive_digest(content) for index, content in buckets.items()}
    empty = sha256(b"\x10").digest()
    for _ in range(5):
        parents = sorted({index // 16 for index in level})
        level = {
            parent: sha256(b"\x11" + b"".join(level.get(16 * parent + i, empty) for i in range(16))).digest()
            for parent in parents
        }
        empty = sha256(b"\x11" + empty * 16).digest()
    return level.get(0, empty)


def find_neighbors() -> list[bytes]:
    """Keys whose buckets are the same or near: without them random keys would never meet in 2**20 buckets."""
    found: dict[int, list[bytes]] = {}
    for number in range(6000):
        key = b"n%d" % number
        found.setdefault(int.from_bytes(sha256(key).digest(), "big") >> 236, []).append(key)
    shared = [keys for _, keys in sorted(found.items()) if len(keys) > 1]
    near = sorted(found)[:20]
    return [key for keys in shared[:12] for key in keys] + [found[index][0] for index in near]


NEIGHBORS = find_neighbors()
keys = st.sampled_from(NEIGHBORS) | st.sampled_from(COLLIDING) | st.binary(max_size=6)
values = st.binary(max_size=20)
changes = st.lists(st.tuples(keys, st.none() | values), max_size=40)


def apply(entries: dict[bytes, bytes], batch: list[tuple[bytes, bytes | None]]) -> None:
    for key, value in batch:
        if value is None:
            entries.pop(key, None)
        else:
            entries[key] = value


def make_tree(entries: dict[bytes, bytes]) -> StateTree:
    tree = StateTree()
    tree.update(entries.items())
    return tree


@settings(deadline=None)
@given(st.lists(changes, max_size=5))
def test_the_root_after_any_batches_is_that_of_the_definition(batches: list[list[tuple[bytes, bytes | None]]]) -> None:
    tree, entries = StateTree(), dict[bytes, bytes]()
    for batch in batches:
        apply(entries, batch)
        assert tree.update(batch) == tree.root == compute_naive_root(entries)


@given(st.dictionaries(keys, values, max_size=30), st.randoms(use_true_random=False), st.integers(1, 30))
def test_order_and_batches_do_not_matter(entries: dict[bytes, bytes], random: Random, size: int) -> None:
    items = list(entries.items())
    random.shuffle(items)
    tree = StateTree()
    for start in range(0, len(items), size):
        tree.update(items[start : start + size])
    assert tree.root == make_tree(entries).root


@given(st.dictionaries(keys, values, max_size=20), st.dictionaries(keys, values, max_size=20))
def test_removing_what_was_added_returns_to_the_former_root(
    before: dict[bytes, bytes], added: dict[bytes, bytes]
) -> None:
    tree = make_tree(before)
    former = tree.root
    tree.update(added.items())
    tree.update([(key, before.get(key)) for key in added])
    assert tree.root == former


@given(st.dictionaries(keys, values, max_size=30), keys)
def test_every_key_proves_its_value_or_its_absence_and_nothing_else(entries: dict[bytes, bytes], key: bytes) -> None:
    tree = make_tree(entries)
    for asked in (*entries, key):
        path = tree.prove(asked)
        assert decode(StatePath, encode(path)) == path
        assert compute_state_root(asked, entries.get(asked), path) == tree.root
        other = b"other" if asked not in entries else None
        for wrong in (other, entries.get(asked, b"") + b"!"):
            with pytest.raises(Corrupt):
                compute_state_root(asked, wrong, path)


@pytest.mark.parametrize("key", [NEIGHBORS[0], COLLIDING[0]])
def test_any_flipped_bit_of_a_path_is_refused_or_leads_elsewhere(key: bytes) -> None:
    entries = {key: b"v" + key for key in NEIGHBORS + COLLIDING}
    tree = make_tree(entries)
    data = encode(tree.prove(key))
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            root = compute_state_root(key, entries[key], decode(StatePath, bytes(changed)))
        except (Corrupt, Rejected):
            continue
        assert root != tree.root


def replace_level(path: StatePath, level: int, bitmap: int, digests: bytes) -> StatePath:
    siblings = list(path.siblings)
    siblings[level] = type(siblings[level])(bitmap, digests)
    return StatePath(path.cell, path.forks, tuple(siblings))


def test_a_path_has_one_form() -> None:
    key = NEIGHBORS[0]
    entries = {key: b"1", NEIGHBORS[1]: b"2"}
    path = make_tree(entries).prove(key)
    index = int.from_bytes(sha256(key).digest(), "big") >> 236
    assert len(path.cell) == 128
    own_bit, other_bit = 1 << (index & 15), 1 << (index + 1 & 15)
    empty_bucket = sha256(b"\x10").digest()
    attempts = {
        "half an entry": StatePath(path.cell[:-1], path.forks, path.siblings),
        "shallow": StatePath(path.cell, path.forks, path.siblings[:4]),
        "deep": StatePath(path.cell, path.forks, path.siblings * 2),
        "own bit": replace_level(path, 0, own_bit, empty_bucket),
        "explicit empty": replace_level(path, 0, other_bit, empty_bucket),
        "missing digest": replace_level(path, 0, other_bit, b""),
        "unlisted digest": replace_level(path, 0, 0, bytes(32)),
    }
    for name, attempt in attempts.items():
        with pytest.raises(Corrupt) as caught:
            compute_state_root(key, b"1", attempt)
        assert caught.value.code == "proof.bad_state", name


def test_a_path_beyond_its_bounds_does_not_decode() -> None:
    path = StateTree().prove(b"any")
    forms = {
        "cell of nine": StatePath(bytes(9 * 64), (), path.siblings),
        "more forks than bits": StatePath(b"", (bytes(32),) * 237, path.siblings),
        "short digest": StatePath(b"", (bytes(31),), path.siblings),
        "four levels": StatePath(b"", (), path.siblings[:4]),
    }
    for name, form in forms.items():
        with pytest.raises(Rejected) as caught:
            decode(StatePath, encode(form))
        assert caught.value.code == "encoding.malformed", name


def test_a_crowded_bucket_makes_a_short_path() -> None:
    tree = make_tree(dict.fromkeys(COLLIDING, b"v"))
    paths = [tree.prove(key) for key in COLLIDING]
    assert {len(path.cell) <= 8 * 64 and 1 <= len(path.forks) <= 5 for path in paths} == {True}


def test_an_empty_tree_proves_absence_without_siblings() -> None:
    path = StateTree().prove(b"any")
    assert (path.cell, path.forks) == (b"", ())
    assert [level.bitmap for level in path.siblings] == [0] * 5
    assert compute_state_root(b"any", None, path) == StateTree().root == compute_naive_root({})
