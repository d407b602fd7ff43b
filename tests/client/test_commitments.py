"""Commitments: nothing else than what was committed to has the same digest."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from concordat.client.commitments import compute_card_commitment, compute_documents_commitment

SALT = bytes(range(32))
texts = st.text(max_size=3)
digests = st.binary(min_size=32, max_size=32)


def test_a_commitment_is_what_the_specification_says() -> None:
    card = b"\x93\xc4\x20" + SALT + b"\xa6\xe5\x8a\x9e\xe4\xba\xba\xa2+1"
    assert compute_card_commitment(SALT, "办人", "+1") == sha256(b"concordat/card/v1\0" + card).digest()
    papers = b"\x92\xc4\x20" + SALT + b"\x91\xc4\x20" + bytes(32)
    expected = sha256(b"concordat/documents/v1\0" + papers).digest()
    assert compute_documents_commitment(SALT, [bytes(32)]) == expected


@given(texts, texts, texts, texts)
def test_no_two_cards_share_a_commitment(name: str, phone: str, other_name: str, other_phone: str) -> None:
    same = compute_card_commitment(SALT, name, phone) == compute_card_commitment(SALT, other_name, other_phone)
    assert same is ((name, phone) == (other_name, other_phone))


@given(st.lists(digests, max_size=3))
def test_documents_are_bound_in_their_number_and_order(papers: list[bytes]) -> None:
    commitment = compute_documents_commitment(SALT, papers)
    assert (compute_documents_commitment(SALT, papers[::-1]) == commitment) is (papers == papers[::-1])
    assert compute_documents_commitment(SALT, [*papers, bytes(32)]) != commitment
    assert compute_documents_commitment(SALT[::-1], papers) != commitment
