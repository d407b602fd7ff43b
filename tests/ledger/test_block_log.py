from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from concordat.ledger.block_log import (
    BODY_BYTES_MAX,
    FIRST_DIGEST,
    LogFault,
    ReadAt,
    Record,
    frame,
    is_followed_by_record,
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


def test_a_good_record_behind_a_broken_one_is_noticed() -> None:
    log = bytearray(build_log([b"zero", b"one", b"two"]))
    start = len(frame(FIRST_DIGEST, b"zero"))
    log[start + 5] ^= 1
    assert is_followed_by_record(reader(bytes(log)), LogFault("digest", start))
    last = len(build_log([b"zero", b"one"]))
    assert not is_followed_by_record(reader(bytes(log[:last])), LogFault("digest", start))
