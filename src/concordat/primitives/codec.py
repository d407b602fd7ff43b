"""The one codec: canonical MessagePack of typed, array-like structs. Normative text: spec/encoding.md.

Every value has exactly one encoding, because a decoder re-encodes what it read and compares:

>>> class Point(Struct):
...     x: int
...     y: int
>>> encode(Point(1, 300)).hex()
'9201cd012c'
>>> decode(Point, bytes.fromhex("9201cd012c"))
Point(x=1, y=300)
>>> decode(Point, bytes.fromhex("92d001cd012c"))  # 1 written in two bytes
Traceback (most recent call last):
concordat.errors.Rejected: encoding.not_canonical: encoding.not_canonical
"""

from __future__ import annotations

from functools import cache
from typing import TypeVar, dataclass_transform

import msgspec

from concordat.errors import Rejected


@dataclass_transform(frozen_default=True)
class Struct(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True, gc=False):
    """Base of everything that is signed, hashed or stored: encoded as the array of its fields, in order."""


T = TypeVar("T")

_encoder = msgspec.msgpack.Encoder()


@cache
def _decoder_of(kind: object) -> msgspec.msgpack.Decoder[object]:
    return msgspec.msgpack.Decoder(kind)


def encode(value: object) -> bytes:
    """Return the canonical encoding of a struct, tuple, integer, string, bytes, boolean or None."""
    return _encoder.encode(value)


def decode(kind: type[T], data: bytes | memoryview) -> T:
    """Return the value of type `kind` that `data` encodes.

    Raises:
        Rejected: `encoding.malformed` when the bytes do not fit the type, `encoding.not_canonical` when another
            encoding of the same value is the canonical one (spec/encoding.md ENC-2).
    """
    try:
        value = _decoder_of(kind).decode(data)  # type: ignore[arg-type]  # every type is hashable
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Rejected("encoding.malformed") from error
    if _encoder.encode(value) != data:
        raise Rejected("encoding.not_canonical")
    return value  # type: ignore[return-value]  # the decoder was made for `kind`
