"""Every value has one encoding; whatever is decoded encodes to the same bytes; everything else is refused."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concordat.errors import Rejected
from concordat.primitives.codec import Struct, decode, encode
from concordat.primitives.identifiers import Label
from concordat.protocol.messages import EVENTS, OPERATIONS
from concordat.protocol.transactions import Entry, Payload
from primitives.strategies import values_of


class Sample(Struct):
    number: int
    text: str
    data: bytes
    flag: bool
    maybe: int | None
    many: tuple[int, ...]


SAMPLE = Sample(5, "hi", b"\x01", True, None, (1, 2))
CANONICAL = bytes.fromhex("9605a26869c40101c3c0920102")


def refusal(kind: type[Struct], data: bytes) -> str:
    with pytest.raises(Rejected) as caught:
        decode(kind, data)
    return caught.value.code


def test_the_encoding_is_the_array_of_the_fields() -> None:
    assert encode(SAMPLE) == CANONICAL
    assert decode(Sample, CANONICAL) == SAMPLE
    assert decode(Sample, memoryview(CANONICAL)) == SAMPLE


@pytest.mark.parametrize(
    "data",
    [
        "96cc05a26869c40101c3c0920102",  # 5 as uint8
        "96d005a26869c40101c3c0920102",  # 5 as int8
        "96cd0005a26869c40101c3c0920102",  # 5 as uint16
        "96cf0000000000000005a26869c40101c3c0920102",  # 5 as uint64
        "9605d9026869c40101c3c0920102",  # "hi" as str8
        "9605da00026869c40101c3c0920102",  # "hi" as str16
        "9605a26869c5000101c3c0920102",  # bytes as bin16
        "dc000605a26869c40101c3c0920102",  # array16
        "9605a26869c40101c3c0dc00020102",  # inner array16
        "9605a26869c40101c3c0dd000000020102",  # inner array32
    ],
)
def test_a_longer_spelling_of_the_same_value_is_refused(data: str) -> None:
    assert refusal(Sample, bytes.fromhex(data)) == "encoding.not_canonical"


@pytest.mark.parametrize(
    "data",
    [
        "",
        "9605a26869c40101c3c09201",  # cut short
        "9605a26869c40101c3c092010200",  # a byte too many
        "9505a26869c40101c3c0",  # a field too few
        "9705a26869c40101c3c092010201",  # a field too many
        "86a66e756d62657205a474657874a26869a464617461c40101a4666c6167c3a56d61796265c0a46d616e79920102",  # a map
        "9605a26869a101c3c0920102",  # a string for bytes
        "9605c4026869c40101c3c0920102",  # bytes for a string
        "9605a2ff69c40101c3c0920102",  # no UTF-8
        "9605a26869c4010101c0920102",  # 1 for true
        "96c3a26869c40101c3c0920102",  # true for a number
        "96cb4014800000000000a26869c40101c3c0920102",  # 5.125
        "9605a26869c40101c3c0d40001",  # an extension
        "d6ff00000000",  # a timestamp
        "c1",
    ],
)
def test_what_does_not_fit_the_type_is_refused(data: str) -> None:
    assert refusal(Sample, bytes.fromhex(data)) == "encoding.malformed"


def test_a_float_is_never_a_number_even_when_it_is_whole() -> None:
    assert refusal(Sample, bytes.fromhex("96cb4014000000000000a26869c40101c3c0920102")).startswith("encoding.")


def test_deep_nesting_is_refused_and_not_followed() -> None:
    assert refusal(Sample, b"\x96" + b"\x91" * 100_000) == "encoding.malformed"
    assert refusal(Payload, b"\x91" * 100_000 + b"\x01") == "encoding.malformed"


def test_one_byte_more_or_less_is_refused() -> None:
    for end in range(len(CANONICAL)):
        assert refusal(Sample, CANONICAL[:end]) == "encoding.malformed"
    for byte in range(256):
        assert refusal(Sample, CANONICAL + bytes((byte,))) == "encoding.malformed"


def check_one_reading(kind: type[Struct], data: bytes) -> None:
    """The bytes are refused, or are what their value encodes to."""
    try:
        value = decode(kind, data)
    except Rejected:
        return
    assert encode(value) == data


@given(st.binary(max_size=40))
def test_whatever_decodes_encodes_to_the_same_bytes(data: bytes) -> None:
    for kind in (Sample, Label):
        check_one_reading(kind, data)


ATOMS = st.integers(-(2**63), 2**64 - 1) | st.text(max_size=5) | st.binary(max_size=5) | st.booleans() | st.none()


@given(
    st.recursive(
        ATOMS | st.floats(allow_nan=False),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=12,
    )
)
def test_any_message_pack_is_one_value_or_refused(value: object) -> None:
    check_one_reading(Sample, msgspec.msgpack.encode([value] * 6))


KINDS = [*OPERATIONS.values(), *EVENTS.values(), Payload, Entry]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_message_survives_its_encoding(kind: type[Struct]) -> None:
    @settings(max_examples=25, deadline=None)
    @given(values_of(kind))
    def check(value: Struct) -> None:
        assert decode(kind, encode(value)) == value

    check()


@given(values_of(Payload), st.integers(0, 10**6), st.integers(1, 255))
def test_a_changed_byte_is_another_value_or_none(payload: Payload, place: int, flip: int) -> None:
    data = bytearray(encode(payload))
    data[place % len(data)] ^= flip
    try:
        changed = decode(Payload, bytes(data))
    except Rejected:
        return
    assert changed != payload
