from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.errors import InvariantBroken
from concordat.ledger.checksummed import FIRST_CHECK, ChainEnd, chain_line, verify_lines

TEXTS = st.lists(st.text(max_size=20), min_size=1, max_size=5)
MASKS = (0x01, 0x07, 0x20, 0x80, 0xFF)


def build_lines(texts: list[str]) -> bytes:
    data, check = b"", FIRST_CHECK
    for text in texts:
        line, check = chain_line(check, json.dumps({"actor": "officer", "text": text}).encode())
        data += line
    return data


def test_a_line_stays_json_and_ends_with_its_check() -> None:
    line, check = chain_line(FIRST_CHECK, b'{"act":"read"}')
    assert json.loads(line) == {"act": "read", "check": check}
    assert check == hashlib.sha256(b"0" * 32 + b'{"act":"read"}').hexdigest()[:32]


@given(TEXTS)
def test_chained_lines_verify_to_their_end(texts: list[str]) -> None:
    data = build_lines(texts)
    end = verify_lines(data)
    assert end.offset == len(data)
    assert end.check == json.loads(data.splitlines()[-1])["check"]


@given(TEXTS, st.data())
def test_lines_cut_short_verify_to_the_last_whole_line(texts: list[str], data: st.DataObject) -> None:
    lines = build_lines(texts)
    cut = data.draw(st.integers(0, len(lines)))
    assert verify_lines(lines[:cut]).offset == lines.rfind(b"\n", 0, cut) + 1


def test_every_flipped_byte_of_the_lines_is_found_at_its_line() -> None:
    original = build_lines(["one", "two", "three"])
    for place in range(len(original)):
        for mask in MASKS:
            data = bytearray(original)
            data[place] ^= mask
            assert verify_lines(bytes(data)).offset == original.rfind(b"\n", 0, place) + 1


def test_a_line_taken_out_or_moved_is_found() -> None:
    first, second, third = build_lines(["one", "two", "three"]).splitlines(keepends=True)
    assert verify_lines(first + third).offset == len(first)
    assert verify_lines(second + first + third).offset == 0


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    assert verify_lines(data) == ChainEnd(FIRST_CHECK, 0)


@pytest.mark.parametrize("line", [b"{}", b"[1]", b'{"a":1}\n', b'{"a":\n1}', b'{"a":\r1}', b'{"a":1'])
def test_a_line_that_could_not_be_verified_again_is_not_made(line: bytes) -> None:
    with pytest.raises(InvariantBroken):
        chain_line(FIRST_CHECK, line)
