from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from concordat.ledger.head import Head, HeadReading, compute_slot_offset, encode_slot, parse_head

HEADS = st.builds(Head, st.integers(0, 2**53), st.integers(0, 2**53), st.binary(min_size=32, max_size=32))


def build_file(height: int) -> bytes:
    """Both slots of a store at `height`, which is one or more."""
    newer, older = Head(height, 900, b"n" * 32), Head(height - 1, 500, b"o" * 32)
    slots = {compute_slot_offset(head.height): encode_slot(head) for head in (older, newer)}
    return slots[0] + slots[512]


def test_the_slot_is_what_the_format_says() -> None:
    slot = encode_slot(Head(3, 700, b"d" * 32))
    checked = b"cncdhead" + (3).to_bytes(8, "big") + (700).to_bytes(8, "big") + b"d" * 32 + bytes(424)
    assert slot == checked + hashlib.sha256(checked).digest()
    assert len(slot) == 512


@given(st.integers(1, 2**53))
def test_the_newest_slot_wins_wherever_it_stands(height: int) -> None:
    reading = parse_head(build_file(height))
    assert reading.fault_offsets == ()
    assert reading.newest == Head(height, 900, b"n" * 32)


def test_every_flipped_byte_is_a_fault_of_its_slot_and_leaves_the_other() -> None:
    original = build_file(7)
    for place in range(len(original)):
        for mask in (1, 0x80, 0xFF):
            data = bytearray(original)
            data[place] ^= mask
            reading = parse_head(bytes(data))
            assert reading.fault_offsets == (place // 512 * 512,)
            assert len(reading.slots) == 1


def test_a_slot_in_the_place_of_the_other_is_a_fault() -> None:
    data = build_file(7)
    assert parse_head(data[512:] + data[:512]) == HeadReading((), (0, 512))


def test_zeros_are_a_fault_since_no_store_ever_wrote_them() -> None:
    assert parse_head(bytes(1024)) == HeadReading((), (0, 512))


@given(HEADS, st.integers(0, 1100))
def test_a_file_of_another_size_is_a_fault(head: Head, size: int) -> None:
    data = (encode_slot(head) * 3)[:size]
    assert bool(parse_head(data).fault_offsets) or size == 1024


def test_both_slots_may_hold_height_zero() -> None:
    head = Head(0, 40, b"g" * 32)
    assert parse_head(encode_slot(head) * 2) == HeadReading((head, head), ())
