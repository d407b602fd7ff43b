"""The checkpoint: what a node signs about its ledger after a block. Normative text: spec/proof.md PRF-10 to PRF-13.

The signed text is a C2SP tlog-checkpoint; with its signature line it is a C2SP signed note, so that ordinary
transparency-log tools can read it.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from hashlib import sha256

from concordat.errors import Corrupt, Rejected
from concordat.primitives.codec import Struct, decode, encode
from concordat.primitives.identifiers import Digest, Natural, TimeUs


class Checkpoint(Struct, frozen=True):
    """The ledger after the block of `height`: history (log), state and parameters, each by its root."""

    chain_id: Digest
    height: Natural
    time: TimeUs
    log_size: Natural
    log_root: Digest
    state_root: Digest
    params_hash: Digest


_DIGEST = r"([A-Za-z0-9+/]{43}=)"
_NUMBER = r"(0|[1-9][0-9]{0,15})"
_SIGNED_NOTE = re.compile(
    rf"concordat/([0-9a-f]{{64}})\n{_NUMBER}\n{_DIGEST}\nheight {_NUMBER}\ntime {_NUMBER}\nstate {_DIGEST}\n"
    rf"params {_DIGEST}\n\n— ([!-*,-~]{{1,128}}) ([A-Za-z0-9+/]{{91}}=)\n"
)


def compute_app_hash(state_root: bytes, log_root: bytes, log_size: int, params_hash: bytes) -> bytes:
    """Return SHA-256("concordat/app/v1" ‖ state root ‖ log root ‖ log size as 8 bytes, big-endian ‖ params hash)."""
    return sha256(b"concordat/app/v1" + state_root + log_root + log_size.to_bytes(8, "big") + params_hash).digest()


def compute_key_name(chain_id: bytes) -> str:
    """Return the name under which a node's key signs notes: "concordat/" and the first 16 hex digits of the chain."""
    return "concordat/" + chain_id.hex()[:16]


def compute_key_id(key_name: str, public_key: bytes) -> bytes:
    """Return the 4 bytes that point to an Ed25519 key in a note: SHA-256(name ‖ LF ‖ 0x01 ‖ key)[:4] (C2SP)."""
    return sha256(key_name.encode() + b"\n\x01" + public_key).digest()[:4]


def render_note(checkpoint: Checkpoint) -> bytes:
    """Return the text that is signed."""
    lines = (
        "concordat/" + checkpoint.chain_id.hex(),
        str(checkpoint.log_size),
        _to_base64(checkpoint.log_root),
        f"height {checkpoint.height}",
        f"time {checkpoint.time}",
        "state " + _to_base64(checkpoint.state_root),
        "params " + _to_base64(checkpoint.params_hash),
    )
    return ("\n".join(lines) + "\n").encode()


def render_signed_note(checkpoint: Checkpoint, key_name: str, public_key: bytes, signature: bytes) -> str:
    """Return the note with its one signature line."""
    return _render_signed(checkpoint, key_name, compute_key_id(key_name, public_key), signature)


def parse_signed_note(text: str) -> tuple[Checkpoint, str, bytes, bytes]:
    """Return checkpoint, key name, key id (4 bytes) and signature (64 bytes). The signature is not verified here.

    Raises:
        Corrupt: `checkpoint.malformed` unless the text is exactly what `render_signed_note` writes.
    """
    match = _SIGNED_NOTE.fullmatch(text)
    if match is None:
        raise Corrupt("checkpoint.malformed", "this is no signed checkpoint note")
    chain, size, log_root, height, time, state_root, params_hash, name, blob = match.groups()
    checkpoint = Checkpoint(
        chain_id=bytes.fromhex(chain),
        height=int(height),
        time=int(time),
        log_size=int(size),
        log_root=b64decode(log_root),
        state_root=b64decode(state_root),
        params_hash=b64decode(params_hash),
    )
    signed = b64decode(blob)
    try:
        decode(Checkpoint, encode(checkpoint))  # the bounds of the fields
    except Rejected as error:
        raise Corrupt("checkpoint.malformed", "a number is out of bounds") from error
    # Base64 has spare bits at its end: only one spelling is accepted.
    if _render_signed(checkpoint, name, signed[:4], signed[4:]) != text:
        raise Corrupt("checkpoint.malformed", "another spelling of the same note is the canonical one")
    return checkpoint, name, signed[:4], signed[4:]


def _render_signed(checkpoint: Checkpoint, key_name: str, key_id: bytes, signature: bytes) -> str:
    return f"{render_note(checkpoint).decode()}\n— {key_name} {_to_base64(key_id + signature)}\n"


def _to_base64(data: bytes) -> str:
    return b64encode(data).decode()
