from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from concordat.crypto.checkpoint import compute_origin, render_line, render_note, render_signed_note
from concordat.crypto.cosignature import (
    VerifierKey,
    find_cosignature,
    get_cosigned_time,
    is_head_signed_by,
    is_valid_cosignature,
    parse_lines,
    parse_tree_head,
    parse_verifier_key,
    render_verifier_key,
)
from concordat.crypto.policy import parse_policy
from concordat.crypto.proof import Trust, encode_proof, verify_proof
from concordat.errors import Corrupt
from crypto.building import (
    GENESIS,
    NODE_KEY,
    WITNESS_SEEDS,
    Ledger,
    cosign_by,
    render_witness_key,
    sign_by,
    witness_proof,
)

LEDGER = Ledger().grow(2)
CHECKPOINT = LEDGER.checkpoint()
NAME = next(iter(WITNESS_SEEDS))
LOG_KEY = VerifierKey(compute_origin(CHECKPOINT), 1, NODE_KEY)
C2SP_NOTE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE"
    "+xeMcTOAYQ8=\n"
)


def test_a_cosignature_holds_for_its_note_its_time_and_its_key_alone() -> None:
    cosignature, body = cosign_by(NAME, CHECKPOINT, 1_700_000_000), render_note(CHECKPOINT)
    assert is_valid_cosignature(cosignature, body)
    assert get_cosigned_time(cosignature) == 1_700_000_000
    assert not is_valid_cosignature(cosignature, body + b"more\n")
    assert not is_valid_cosignature(replace(cosignature, public_key=NODE_KEY), body)
    for place in range(len(cosignature.signature)):
        changed = bytearray(cosignature.signature)
        changed[place] ^= 1
        assert not is_valid_cosignature(replace(cosignature, signature=bytes(changed)), body)


def test_a_witness_known_by_its_key_is_found_among_the_lines_of_a_note() -> None:
    key = parse_verifier_key(render_witness_key(NAME))
    cosignature = cosign_by(NAME, CHECKPOINT)
    note = render_signed_note(CHECKPOINT, sign_by(LEDGER.seed, CHECKPOINT), cosignature)
    head = parse_tree_head(note)
    assert (head.origin, head.size, head.root) == (LOG_KEY.name, 2, CHECKPOINT.log_root)
    assert is_head_signed_by(head, LOG_KEY)
    assert find_cosignature(head.lines, key, head.body) == cosignature
    assert find_cosignature(head.lines[:1], key, head.body) is None
    assert parse_lines(render_line(cosignature)) == head.lines[1:]
    stranger = VerifierKey(LOG_KEY.name, 1, key.public_key)
    assert not is_head_signed_by(head, stranger)


def test_notes_of_other_logs_are_read() -> None:
    head = parse_tree_head(C2SP_NOTE)
    assert (head.origin, head.size, len(head.lines)) == ("example.com/behind-the-sofa", 20852163, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        C2SP_NOTE.removesuffix("\n"),
        C2SP_NOTE.replace("20852163", "020852163"),
        C2SP_NOTE.replace("q2I=", "q2J="),
        C2SP_NOTE.replace("\n\n", "\n"),
        C2SP_NOTE.replace("sofa\n", "so\rfa\n", 1),
        C2SP_NOTE + "\n",
    ],
)
def test_what_is_no_note_of_a_log_is_refused(text: str) -> None:
    with pytest.raises(Corrupt, match=r"checkpoint\.malformed"):
        parse_tree_head(text)


def test_a_verifier_key_has_one_spelling() -> None:
    text = render_witness_key(NAME)
    assert render_verifier_key(parse_verifier_key(text)) == text
    unsound = render_verifier_key(VerifierKey(NAME, 4, b"\x01" + bytes(31)))
    for bad in ("", text.upper(), text + "=", text.replace("+", " "), " " + text, text[:-4], unsound):
        with pytest.raises(Corrupt, match=r"witness\.bad_key"):
            parse_verifier_key(bad)


@given(st.text(max_size=80) | st.sampled_from([C2SP_NOTE, render_witness_key(NAME)]), st.binary(max_size=80))
def test_readers_refuse_junk_in_no_other_way(text: str, data: bytes) -> None:
    for read in (parse_tree_head, parse_verifier_key, parse_lines):
        with suppress(Corrupt):
            read(text)
    with suppress(Corrupt):
        parse_policy(data + b"\nquorum none\n")


def test_a_met_policy_leaves_only_the_witnesses_to_be_believed() -> None:
    data = encode_proof(witness_proof(LEDGER.prove((1,)), NAME))
    policy = parse_policy(f"witness w {render_witness_key(NAME)}\nquorum w\n".encode())
    assert verify_proof(data, Trust(genesis=GENESIS)).not_proved[0] == "single_history"
    assert verify_proof(data, Trust(genesis=GENESIS), policy).not_proved[0] == "witnesses_independent"
    assert verify_proof(data, Trust(genesis=GENESIS), policy).witnesses[0][0] == NAME
