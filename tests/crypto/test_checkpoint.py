from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.crypto.checkpoint import (
    Checkpoint,
    compute_app_hash,
    compute_key_id,
    compute_key_name,
    parse_signed_note,
    render_note,
    render_signed_note,
)
from concordat.crypto.signatures import public_key_of, sign
from concordat.errors import Corrupt

digests = st.binary(min_size=32, max_size=32)
numbers = st.integers(0, 2**53 - 1)
checkpoints = st.builds(Checkpoint, digests, numbers, numbers, numbers, digests, digests, digests)
SAMPLE = Checkpoint(bytes(range(32)), 7, 1_802_595_600_000_000, 42, b"\1" * 32, b"\2" * 32, b"\3" * 32)
SEED = b"\x07" * 32


def render_sample() -> str:
    signature = sign(SEED, render_note(SAMPLE))
    return render_signed_note(SAMPLE, compute_key_name(SAMPLE.chain_id), public_key_of(SEED), signature)


def test_the_note_is_the_text_of_the_standard() -> None:
    base64 = {number: b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3)}
    assert render_note(SAMPLE).decode() == (
        "concordat/000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
        f"42\n{base64[1]}\nheight 7\ntime 1802595600000000\nstate {base64[2]}\nparams {base64[3]}\n"
    )
    name = "concordat/0001020304050607"
    key_id = sha256(name.encode() + b"\n\x01" + public_key_of(SEED)).digest()[:4]
    blob = b64encode(key_id + sign(SEED, render_note(SAMPLE))).decode()
    assert render_sample() == f"{render_note(SAMPLE).decode()}\n— {name} {blob}\n"


@given(checkpoints, digests, st.binary(min_size=64, max_size=64))
def test_a_rendered_note_reads_back(checkpoint: Checkpoint, public_key: bytes, signature: bytes) -> None:
    name = compute_key_name(checkpoint.chain_id)
    text = render_signed_note(checkpoint, name, public_key, signature)
    assert parse_signed_note(text) == (checkpoint, name, compute_key_id(name, public_key), signature)


def test_a_note_has_one_spelling() -> None:
    text = render_sample()
    lines = text.split("\n")
    spellings = {
        "no final newline": text[:-1],
        "extra newline": text + "\n",
        "carriage return": text.replace("\n", "\r\n"),
        "second signature": text + lines[-2] + "\n",
        "leading zero": text.replace("height 7", "height 07"),
        "plus sign": text.replace("height 7", "height +7"),
        "other digits": text.replace("height 7", "height ٧"),
        "upper case": text.replace("0c0d0e0f", "0C0D0E0F"),
        "extra line": text.replace("height 7\n", "height 7\nother 1\n"),
        "hyphen for dash": text.replace("—", "-"),
        "spare base64 bits": text.replace("AQE=\n", "AQF=\n", 1),
        "number out of bounds": text.replace("time 1802595600000000", "time 9999999999999999"),
        "empty": "",
    }
    assert parse_signed_note(text)[0] == SAMPLE
    for name, spelling in spellings.items():
        assert spelling != text, name
        with pytest.raises(Corrupt) as caught:
            parse_signed_note(spelling)
        assert caught.value.code == "checkpoint.malformed", name


@given(st.text() | st.tuples(st.integers(0, 500), st.characters()).map(lambda at: splice(*at)))
def test_any_other_text_is_refused_or_renders_the_same(text: str) -> None:
    try:
        checkpoint, name, key_id, signature = parse_signed_note(text)
    except Corrupt:
        return
    blob = b64encode(key_id + signature).decode()
    assert text == f"{render_note(checkpoint).decode()}\n— {name} {blob}\n"


def splice(position: int, character: str) -> str:
    text = render_sample()
    return text[:position] + character + text[position + 1 :]


@given(checkpoints)
def test_the_app_hash_binds_every_field(checkpoint: Checkpoint) -> None:
    parts = checkpoint.state_root, checkpoint.log_root, checkpoint.log_size, checkpoint.params_hash
    state_root, log_root, log_size, params_hash = parts
    preimage = b"concordat/app/v1" + state_root + log_root + log_size.to_bytes(8, "big") + params_hash
    assert compute_app_hash(*parts) == sha256(preimage).digest()
