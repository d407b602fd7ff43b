from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from concordat.crypto.checkpoint import (
    Checkpoint,
    NoteLine,
    NoteSignature,
    compute_app_hash,
    compute_key_id,
    compute_origin,
    has_node_signature,
    is_note_signed_by,
    is_signed_by,
    make_node_signature,
    parse_signed_note,
    render_note,
    render_signed_note,
)
from concordat.crypto.signatures import public_key_of, sign
from concordat.errors import Corrupt

digests = st.binary(min_size=32, max_size=32)
numbers = st.integers(0, 2**53 - 1)
checkpoints = st.builds(Checkpoint, digests, st.booleans(), numbers, numbers, numbers, digests, digests, digests)
SAMPLE = Checkpoint(bytes(range(32)), False, 7, 1_802_595_600_000_000, 42, b"\1" * 32, b"\2" * 32, b"\3" * 32)
SEED = b"\x07" * 32
KEY = public_key_of(SEED)
CHAIN = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
WITNESS = f"— witness.example/w1 {b64encode(b'wwww' + bytes(8) + b's' * 64).decode()}\n"


def sign_sample(checkpoint: Checkpoint = SAMPLE) -> NoteSignature:
    return make_node_signature(checkpoint, KEY, lambda note: sign(SEED, note))


def render_sample() -> str:
    return render_signed_note(SAMPLE, sign_sample())


@pytest.mark.parametrize(("is_simulated", "origin"), [(False, "concordat/"), (True, "concordat/simulated/")])
def test_the_note_is_the_text_of_the_standard(is_simulated: bool, origin: str) -> None:
    checkpoint = replace(SAMPLE, is_simulated=is_simulated)
    base64 = {number: b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3)}
    note = f"{origin}{CHAIN}\n42\n{base64[1]}\nheight 7\ntime 1802595600000000\nstate {base64[2]}\nparams {base64[3]}\n"
    assert render_note(checkpoint).decode() == note
    key_id = sha256(f"{origin}{CHAIN}\n\x01".encode() + KEY).digest()[:4]
    blob = b64encode(key_id + sign(SEED, note.encode())).decode()
    assert render_signed_note(checkpoint, sign_sample(checkpoint)) == f"{note}\n— {origin}{CHAIN} {blob}\n"


@given(checkpoints, digests, st.binary(min_size=64, max_size=64))
def test_a_rendered_note_reads_back(checkpoint: Checkpoint, public_key: bytes, signature: bytes) -> None:
    made = make_node_signature(checkpoint, public_key, lambda _: signature)
    note = parse_signed_note(render_signed_note(checkpoint, made))
    assert note.checkpoint == checkpoint
    assert note.lines == (NoteLine(made.name, compute_key_id(made.name, 1, public_key), signature),)


def test_lines_of_witnesses_are_ignored_wherever_they_stand() -> None:
    body, own = render_sample().split("\n\n")
    assert is_note_signed_by(parse_signed_note(f"{body}\n\n{own}"), KEY)
    for lines in (own + WITNESS, WITNESS + own, WITNESS * 99 + own, own + WITNESS.replace(" witness", " other")):
        note = parse_signed_note(f"{body}\n\n{lines}")
        assert note.checkpoint == SAMPLE
        assert is_note_signed_by(note, KEY)


def test_a_note_without_the_nodes_own_valid_line_is_not_signed_by_it() -> None:
    body, own = render_sample().split("\n\n")
    invalid = render_signed_note(SAMPLE, make_node_signature(SAMPLE, KEY, lambda _: bytes(64))).split("\n\n")[1]
    renamed = own.replace(f" concordat/{CHAIN} ", " concordat/0001020304050607 ")
    simulated = render_signed_note(SAMPLE, sign_sample(replace(SAMPLE, is_simulated=True))).split("\n\n")[1]
    for lines in (WITNESS, invalid, own + invalid, invalid + own, renamed, simulated):
        assert not is_note_signed_by(parse_signed_note(f"{body}\n\n{lines}"), KEY), lines
    assert not is_note_signed_by(parse_signed_note(render_sample()), public_key_of(b"\x08" * 32))


def test_a_checkpoint_carries_one_signature_of_the_node() -> None:
    one = sign_sample()
    assert is_signed_by(SAMPLE, [one], KEY)
    changes: list[list[NoteSignature]] = [
        [],
        [one, one],
        [replace(one, kind=4)],
        [replace(one, name="concordat/0001020304050607")],
        [replace(one, public_key=KEY + b"\0")],
        [replace(one, signature=one.signature + b"\0")],
    ]
    for signatures in changes:
        assert not has_node_signature(SAMPLE, signatures)
        assert not is_signed_by(SAMPLE, signatures, KEY)
    other = replace(SAMPLE, is_simulated=True)
    assert not is_signed_by(other, [one], KEY)
    assert not is_signed_by(other, [replace(one, name=compute_origin(other))], KEY)


def test_a_note_has_one_spelling() -> None:
    text = render_sample()
    lines = text.split("\n")
    spellings = {
        "no final newline": text[:-1],
        "extra newline": text + "\n",
        "carriage return": text.replace("\n", "\r\n"),
        "empty line between signatures": text + "\n" + lines[-2] + "\n",
        "no signature": text.split("\n\n")[0] + "\n\n",
        "signature of no bytes": f"{text}— witness d3d3dw==\n",
        "signature without a name": f"{text}—  d3d3d3d3\n",
        "name with a plus sign": f"{text}— a+b d3d3d3d3\n",
        "unpadded base64": f"{text}— witness d3d3d3c\n",
        "spare bits in another's line": f"{text}— witness d3d3d3d=\n",
        "more than 100 lines": text + WITNESS * 100,
        "a signature of 9 kB": f"{text}— witness {'d3d3' * 3000}\n",
        "another origin": text.replace("concordat/", "concordat/real/", 1),
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
    assert parse_signed_note(text).checkpoint == SAMPLE
    for name, spelling in spellings.items():
        assert spelling != text, name
        with pytest.raises(Corrupt) as caught:
            parse_signed_note(spelling)
        assert caught.value.code == "checkpoint.malformed", name


@given(st.text() | st.tuples(st.integers(0, 500), st.characters()).map(lambda at: splice(*at)))
def test_any_other_text_is_refused_or_renders_the_same(text: str) -> None:
    try:
        note = parse_signed_note(text)
    except Corrupt:
        return
    lines = (f"— {line.name} {b64encode(line.key_id + line.signature).decode()}\n" for line in note.lines)
    assert text == f"{render_note(note.checkpoint).decode()}\n{''.join(lines)}"


def splice(position: int, character: str) -> str:
    text = render_sample()
    return text[:position] + character + text[position + 1 :]


@given(checkpoints)
def test_the_app_hash_binds_every_field(checkpoint: Checkpoint) -> None:
    size = checkpoint.log_size.to_bytes(8, "big")
    preimage = b"concordat/app/v1" + checkpoint.state_root + checkpoint.log_root + size + checkpoint.params_hash
    assert compute_app_hash(checkpoint) == sha256(preimage).digest()
