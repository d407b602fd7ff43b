from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.errors import Corrupt
from concordat.primitives.sealed import seal, unseal


def test_the_seal_is_one_readable_line() -> None:
    digest = hashlib.sha256(b'{"key": 1}').hexdigest()
    assert seal(b'{"key": 1}') == f'{{"key": 1}}\nsha256 {digest}\n'.encode()


@given(st.binary(max_size=200))
def test_what_was_sealed_is_read_back(body: bytes) -> None:
    assert unseal("node.key", seal(body)) == body


@given(st.binary(max_size=200))
def test_bytes_that_were_never_sealed_are_refused(data: bytes) -> None:
    with pytest.raises(Corrupt, match=r"file\.corrupt: node\.key"):
        unseal("node.key", data)


def test_every_flipped_byte_of_a_sealed_file_is_found() -> None:
    sealed = seal(b'{"public": "ab12", "secret": "CDEF"}\n')
    for place in range(len(sealed)):
        for mask in (0x01, 0x07, 0x20, 0x80, 0xFF):
            data = bytearray(sealed)
            data[place] ^= mask
            with pytest.raises(Corrupt):
                unseal("node.key", bytes(data))
