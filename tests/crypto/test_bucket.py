from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from hashlib import sha256
from random import Random
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concordat.crypto.bucket import (
    EMPTY_BUCKET,
    Bucket,
    Fork,
    compute_bucket_digest,
    find_cell,
    get_content,
    replace_entry,
)
from concordat.errors import Corrupt

BUCKET = 0x122C5

# The hashes of these keys begin with 0x122c5. In the first ten the next two bits are 00, in the first 22 the next is 0.
COLLIDING = [
    b"c%d" % number
    for number in (
        *(3660006, 36356377, 24879294, 24919025, 5666161, 19581563, 3082433, 23185731, 36977097, 6093179),
        *(18092605, 15034135, 31340251, 9752147, 25446988, 984939, 30314828, 16481541, 29837797, 73380, 8287312),
        *(35777567, 4853996, 31633058, 23187878, 0, 30881385, 35530701, 30199563, 26490775, 40241689, 5669979),
        *(32045459, 26383892, 24771410, 1428403, 8828488, 31812455, 34464770, 43692273, 26374194, 9243114),
    )
]


def compute_naive_digest(entries: dict[bytes, bytes], depth: int = 20) -> bytes:
    """The definition (PRF-6), by key hash and value hash."""
    if len(entries) <= 8:
        return sha256(b"\x10" + b"".join(sorted(key + value for key, value in entries.items()))).digest()
    sides: tuple[dict[bytes, bytes], dict[bytes, bytes]] = ({}, {})
    for key, value in entries.items():
        sides[int(f"{int.from_bytes(key, 'big'):0256b}"[depth])][key] = value
    return sha256(b"\x13" + b"".join(compute_naive_digest(side, depth + 1) for side in sides)).digest()


def make_hash(shared_bits: int, rest: int) -> bytes:
    """A key hash of the bucket; the bits from 20 to `shared_bits` are 0."""
    return (BUCKET << 236 | rest >> (shared_bits - 20)).to_bytes(32, "big")


def make_bucket(entries: dict[bytes, bytes]) -> Bucket:
    bucket: Bucket = EMPTY_BUCKET
    for key, value in entries.items():
        bucket = replace_entry(bucket, key, key + value)
    return bucket


def make_entries(keys: Iterable[bytes]) -> dict[bytes, bytes]:
    return {key: sha256(b"value of " + key).digest() for key in keys}


def compute_digest(bucket: Bucket) -> bytes:
    return sha256(get_content(bucket)).digest()


key_hashes = st.builds(make_hash, st.sampled_from([20, 21, 23, 40, 252]), st.integers(0, 2**236 - 1))
value_hashes = st.binary(min_size=32, max_size=32)
contents = st.dictionaries(key_hashes, value_hashes, max_size=60)


@given(st.lists(st.tuples(key_hashes, st.none() | value_hashes), max_size=80))
def test_the_digest_after_any_changes_is_that_of_the_definition(changes: list[tuple[bytes, bytes | None]]) -> None:
    bucket: Bucket = EMPTY_BUCKET
    entries: dict[bytes, bytes] = {}
    for key, value in changes:
        entries = {**entries, key: value} if value is not None else {k: v for k, v in entries.items() if k != key}
        bucket = replace_entry(bucket, key, b"" if value is None else key + value)
        assert compute_digest(bucket) == compute_naive_digest(entries)


def test_the_colliding_keys_collide() -> None:
    starts = [f"{int.from_bytes(sha256(key).digest(), 'big'):0256b}"[:22] for key in COLLIDING]
    assert {start[:20] for start in starts} == {f"{BUCKET:020b}"}
    assert {start[20:] for start in starts[:10]} == {"00"}
    assert {start[20] for start in starts[:22]} == {"0"}


@given(contents, st.randoms(use_true_random=False))
def test_the_order_leaves_no_trace(entries: dict[bytes, bytes], random: Random) -> None:
    items = list(entries.items())
    random.shuffle(items)
    assert make_bucket(dict(items)) == make_bucket(entries)


@given(contents, contents)
def test_removing_what_was_added_gives_the_former_bucket(before: dict[bytes, bytes], added: dict[bytes, bytes]) -> None:
    bucket = former = make_bucket(before)
    for key, value in added.items():
        bucket = replace_entry(bucket, key, key + value)
    for key in added:
        bucket = replace_entry(bucket, key, key + before[key] if key in before else b"")
    assert bucket == former


@given(contents, key_hashes)
def test_every_key_finds_the_one_cell_where_it_is_or_would_be(entries: dict[bytes, bytes], key: bytes) -> None:
    bucket = make_bucket(entries)
    for asked in (*entries, key):
        cell, siblings = find_cell(bucket, asked)
        assert compute_bucket_digest(asked, cell, siblings) == compute_digest(bucket)
        found = {cell[at : at + 32]: cell[at + 32 : at + 64] for at in range(0, len(cell), 64)}
        assert found.get(asked) == entries.get(asked)
        assert len(found) <= 8


def is_refused(key: bytes, cell: bytes, siblings: tuple[bytes, ...], digest: bytes) -> bool:
    try:
        return compute_bucket_digest(key, cell, siblings) != digest
    except Corrupt as error:
        return error.code == "proof.bad_state"


@settings(max_examples=20)
@given(st.sets(key_hashes, min_size=9, max_size=30), st.data())
def test_a_key_has_one_path_only(keys: set[bytes], data: st.DataObject) -> None:
    bucket = make_bucket(make_entries(sorted(keys)))
    key, other = data.draw(st.sampled_from(sorted(keys))), data.draw(key_hashes)
    digest, (cell, siblings) = compute_digest(bucket), find_cell(bucket, key)
    if find_cell(bucket, other) != (cell, siblings):
        assert is_refused(other, cell, siblings, digest)
    entries = [cell[at : at + 64] for at in range(0, len(cell), 64)]
    absent = b"".join(entry for entry in entries if entry[:32] != key)
    assert is_refused(key, absent, siblings, digest)
    for level in range(len(siblings)):
        assert is_refused(key, cell, siblings[:level] + siblings[level + 1 :], digest)
        assert is_refused(key, cell, siblings[:level], digest)
    for cut in range(len(cell)):
        assert is_refused(key, cell[:cut], siblings, digest)


def test_any_flipped_bit_is_refused() -> None:
    key, *_ = hashes = [sha256(key).digest() for key in COLLIDING]
    bucket = make_bucket(make_entries(hashes))
    digest, (cell, siblings) = compute_digest(bucket), find_cell(bucket, key)
    assert len(siblings) >= 2
    whole = cell + b"".join(siblings)
    for bit in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        sides = bytes(changed[len(cell) :])
        forged = tuple(sides[at : at + 32] for at in range(0, len(sides), 32))
        assert is_refused(key, bytes(changed[: len(cell)]), forged, digest)


def test_a_path_has_one_form() -> None:
    hashes = sorted(make_hash(20, number << 230) for number in range(9))
    key, *others = hashes
    entries = make_entries(hashes)
    cell = b"".join(item + entries[item] for item in hashes[:3])
    elsewhere = make_hash(20, 1 << 235)
    attempts = {
        "cell of nine": (b"".join(item + entries[item] for item in hashes), ()),
        "half an entry": (cell[:-1], ()),
        "out of order": (cell[64:] + cell[:64], ()),
        "twice": (cell[:64] + cell[:64], ()),
        "of another bucket": (bytes([key[0] ^ 0x80]) + cell[1:64], ()),
        "of another side": (elsewhere + bytes(32), (bytes(32),)),
        "too deep": (b"", (bytes(32),) * 237),
    }
    for name, (forged, siblings) in attempts.items():
        with pytest.raises(Corrupt) as caught:
            compute_bucket_digest(key, forged, siblings)
        assert caught.value.code == "proof.bad_state", name
    assert compute_bucket_digest(others[0], cell, ()) == sha256(b"\x10" + cell).digest()
    assert len(compute_bucket_digest(key, b"", (bytes(32),) * 236)) == 32


def list_contents(bucket: Bucket) -> list[bytes]:
    if isinstance(bucket, Fork):
        return [bucket.content, *list_contents(bucket.left), *list_contents(bucket.right)]
    return [bucket]


def count_hashes(work: Callable[[], object]) -> int:
    calls = 0

    def observe(_frame: FrameType, event: str, called: object) -> None:
        nonlocal calls
        calls += event == "c_call" and called is sha256

    before = sys.getprofile()
    sys.setprofile(observe)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


def test_five_thousand_keys_in_one_bucket_cost_a_few_small_hashes_each() -> None:
    random = Random(7)
    hashes = [make_hash(20, random.getrandbits(236)) for _ in range(5000)]
    bucket = make_bucket(make_entries(hashes))
    assert max(len(content) for content in list_contents(bucket)) <= 1 + 8 * 64
    former = compute_digest(bucket)
    for key in hashes[:200]:
        # log2(5000 / 8) is 9.3; a random set is a few bits deeper in places.
        assert 1 <= count_hashes(lambda key=key: replace_entry(bucket, key, key + bytes(32))) <= 16  # type: ignore[misc]
        assert len(find_cell(bucket, key)[1]) <= 16
    for key in hashes[200:]:
        bucket = replace_entry(bucket, key, b"")
    assert compute_digest(bucket) == compute_naive_digest(make_entries(hashes[:200])) != former


def test_nine_keys_that_differ_in_the_last_bits_make_the_longest_path() -> None:
    hashes = [make_hash(252, number << 232) for number in range(9)]
    bucket = make_bucket(make_entries(hashes))
    cell, siblings = find_cell(bucket, hashes[0])
    assert (len(cell), len(siblings)) == (512, 233)
    assert compute_bucket_digest(hashes[0], cell, siblings) == compute_digest(bucket)
    assert isinstance(replace_entry(bucket, hashes[0], b""), bytes)
