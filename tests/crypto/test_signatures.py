from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concordat.crypto.signatures import is_accepted_by_libsodium, is_valid, public_key_of, sign, verify_signed
from concordat.crypto.zip215 import is_valid_by_zip215
from crypto import curve

# RFC 8032 §7.1, tests 1 to 3: seed, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe"
            "24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302a"
            "eeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed2"
            "8dc027beceea1ec40a"
        ),
    ),
]

EDGE_CASES = curve.edge_cases()


@pytest.mark.parametrize(("seed", "public_key", "message", "signature"), RFC_8032)
def test_rfc_8032_vectors_are_signed_and_accepted_by_every_check(
    seed: str, public_key: str, message: str, signature: str
) -> None:
    parts = bytes.fromhex(public_key), bytes.fromhex(signature), bytes.fromhex(message)
    assert public_key_of(bytes.fromhex(seed)) == parts[0]
    assert sign(bytes.fromhex(seed), parts[2]) == parts[1]
    assert is_accepted_by_libsodium(*parts)
    assert is_valid_by_zip215(*parts)
    assert is_valid(*parts)


@settings(max_examples=40, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200), bit=st.integers(0, 8 * 96 - 1))
def test_libsodium_and_the_exact_check_agree_on_honest_and_flipped_signatures(
    seed: bytes, message: bytes, bit: int
) -> None:
    public_key, signature = public_key_of(seed), sign(seed, message)
    assert is_accepted_by_libsodium(public_key, signature, message)
    assert is_valid_by_zip215(public_key, signature, message)
    flipped = bytearray(public_key + signature)
    flipped[bit // 8] ^= 1 << bit % 8
    parts = bytes(flipped[:32]), bytes(flipped[32:]), message
    assert not is_accepted_by_libsodium(*parts)
    assert not is_valid_by_zip215(*parts)


@pytest.mark.parametrize(
    ("public_key", "signature", "message", "valid"), [case[1:] for case in EDGE_CASES], ids=[c[0] for c in EDGE_CASES]
)
def test_edge_cases_are_decided_by_zip_215(public_key: bytes, signature: bytes, message: bytes, valid: bool) -> None:
    assert is_valid_by_zip215(public_key, signature, message) is valid
    assert is_valid(public_key, signature, message) is valid
    assert curve.is_valid_by_definition(public_key, signature, message) is valid


def test_the_accept_set_of_libsodium_lies_inside_zip_215_and_is_smaller() -> None:
    accepted = [case for case in EDGE_CASES if is_accepted_by_libsodium(*case[1:4])]
    assert all(valid for *_, valid in accepted)
    assert len(accepted) < sum(valid for *_, valid in EDGE_CASES)


def test_all_pairs_of_small_order_encodings_are_valid_with_zero_scalar() -> None:
    encodings = curve.SMALL_ORDER_ENCODINGS
    assert len(encodings) == len(set(encodings)) == 14
    assert all(is_valid(a, r + bytes(32), b"any") for a in encodings for r in encodings)


def test_wrong_lengths_are_refused() -> None:
    seed = b"\x01" * 32
    public_key, signature = public_key_of(seed), sign(seed, b"m")
    for key, given_signature in [
        *((public_key[:length], signature) for length in (0, 31)),
        *((public_key, signature[:length]) for length in (0, 63)),
        (public_key + b"\0", signature),
        (public_key, signature + b"\0"),
    ]:
        assert not is_valid(key, given_signature, b"m")


def test_wire_bytes_verify_whole_and_not_when_cut_or_changed() -> None:
    seed = b"\x02" * 32
    signed = b"concordat/tx/v1\0" + public_key_of(seed) + b"payload"
    wire = sign(seed, signed) + signed
    assert verify_signed(wire)
    for position in range(len(wire)):
        assert not verify_signed(wire[:position] + bytes([wire[position] ^ 1]) + wire[position + 1 :])
        assert not verify_signed(wire[:position])
