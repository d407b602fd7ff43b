from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.ledger.block_log import (
    BODY_BYTES_MAX,
    FIRST_DIGEST,
    LogFault,
    ReadAt,
    Record,
    frame,
    is_damaged,
    scan,
)

BODIES = st.lists(st.binary(max_size=80), max_size=6)


def build_log(bodies: list[bytes]) -> bytes:
    log, digest = b"", FIRST_DIGEST
    for body in bodies:
        record = frame(digest, body)
        log, digest = log + record, record[-32:]
    return log


def reader(log: bytes) -> ReadAt:
    return lambda offset, size: log[offset : offset + size]


def read_bodies(log: bytes) -> tuple[list[bytes], LogFault | None]:
    items = list(scan(reader(log)))
    fault = items.pop() if items and isinstance(items[-1], LogFault) else None
    assert all(isinstance(item, Record) for item in items)
    return [item.body for item in items if isinstance(item, Record)], fault if isinstance(fault, LogFault) else None


def test_the_frame_is_what_the_format_says() -> None:
    first = b"\0\0\0\x02hi" + hashlib.sha256(bytes(32) + b"\0\0\0\x02hi").digest()
    assert frame(FIRST_DIGEST, b"hi") == first
    assert frame(first[-32:], b"") == b"\0\0\0\0" + hashlib.sha256(first[-32:] + b"\0\0\0\0").digest()


@given(BODIES)
def test_what_was_framed_is_read_back(bodies: list[bytes]) -> None:
    assert read_bodies(build_log(bodies)) == (bodies, None)


@given(BODIES, st.data())
def test_a_log_cut_anywhere_gives_the_whole_records_before_the_cut(bodies: list[bytes], data: st.DataObject) -> None:
    log = build_log(bodies)
    cut = data.draw(st.integers(0, len(log)))
    found, fault = read_bodies(log[:cut])
    whole = len(build_log(found))
    assert found == bodies[: len(found)]
    assert fault == (None if whole == cut else LogFault("incomplete", whole))


@given(BODIES.filter(bool), st.data())
def test_a_changed_byte_stops_the_scan_at_its_record(bodies: list[bytes], data: st.DataObject) -> None:
    log = bytearray(build_log(bodies))
    place = data.draw(st.integers(0, len(log) - 1))
    log[place] ^= data.draw(st.integers(1, 255))
    found, fault = read_bodies(bytes(log))
    start = len(build_log(found))
    assert found == bodies[: len(found)]
    assert fault is not None
    assert fault.offset == start
    assert start <= place < len(build_log(bodies[: len(found) + 1]))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(log: bytes) -> None:
    found, fault = read_bodies(log)
    assert build_log(found) == (log if fault is None else log[: fault.offset])


def test_records_swapped_do_not_verify() -> None:
    log = build_log([b"zero", b"one", b"two"])
    size = len(frame(FIRST_DIGEST, b"one"))
    start = len(frame(FIRST_DIGEST, b"zero"))
    swapped = log[:start] + log[start + size :] + log[start : start + size]
    assert read_bodies(swapped) == ([b"zero"], LogFault("digest", start))


def test_a_length_over_the_limit_is_never_believed() -> None:
    assert read_bodies((BODY_BYTES_MAX + 1).to_bytes(4, "big")) == ([], LogFault("digest", 0))


def is_damaged_at_end_of(first: bytes, log: bytes) -> bool:
    return is_damaged(reader(log), len(first), first[-32:])


def test_any_flipped_bit_of_a_record_with_one_behind_it_is_damage() -> None:
    first = build_log([b"zero"])
    log, stop = build_log([b"zero", b"one", b"two"]), len(build_log([b"zero", b"one"]))
    for bit in range(8 * len(first), 8 * stop):
        changed = bytearray(log)
        changed[bit // 8] ^= 1 << bit % 8
        assert is_damaged_at_end_of(first, bytes(changed)), bit


def test_any_flipped_bit_of_the_last_records_length_or_digest_is_damage() -> None:
    first, log = build_log([b"zero"]), build_log([b"zero", b"one"])
    body = range(8 * (len(first) + 4), 8 * (len(log) - 32))
    for bit in range(8 * len(first), 8 * len(log)):
        changed = bytearray(log)
        changed[bit // 8] ^= 1 << bit % 8
        assert is_damaged_at_end_of(first, bytes(changed)) == (bit not in body), bit


def test_a_record_behind_one_whose_digest_is_gone_is_noticed() -> None:
    first, second = build_log([b"zero"]), build_log([b"zero", b"one"])
    log = second[:-32] + bytes(32) + build_log([b"zero", b"one", b"two"])[len(second) :]
    assert is_damaged_at_end_of(first, log)


@given(st.binary(max_size=2000), st.data())
def test_what_a_crash_leaves_of_one_record_is_no_damage(body: bytes, data: st.DataObject) -> None:
    first = build_log([b"zero"])
    record = bytearray(frame(first[-32:], body))
    sectors = -(-len(record) // 512)
    lost = data.draw(st.sets(st.integers(0, sectors - 1)))
    for sector in lost:
        part = slice(512 * sector, min(512 * sector + 512, len(record)))
        record[part] = bytes(len(record[part]))
    cut = data.draw(st.integers(0, len(record) if lost else len(record) - 1))
    assert not is_damaged_at_end_of(first, first + bytes(record[:cut]))


@pytest.mark.parametrize("length", [BODY_BYTES_MAX + 1, 2**32 - 1])
def test_a_length_over_the_limit_is_damage_whatever_follows(length: int) -> None:
    first = build_log([b"zero"])
    assert is_damaged_at_end_of(first, first + length.to_bytes(4, "big"))
