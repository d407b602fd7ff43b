"""The checkpoint: what a node signs about its ledger after a block. Normative text: spec/proof.md PRF-10 to PRF-13.

The signed text is a C2SP tlog-checkpoint; with its signature lines it is a C2SP signed note, so that ordinary
transparency-log tools can read it.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Annotated, Final

from msgspec import Meta

from concordat.crypto.signatures import is_valid
from concordat.errors import Corrupt, Rejected
from concordat.primitives.codec import Struct, decode, encode
from concordat.primitives.identifiers import Digest, Natural, TimeUs

KIND_ED25519: Final = 1
"""C2SP signed-note's type byte of a plain Ed25519 signature over the note."""

SIGNATURE_LINES_MAX: Final = 100
_SIGNATURE_BYTES_MAX: Final = 8192
_KEY_ID_BYTES: Final = 4


class Checkpoint(Struct, frozen=True):
    """The ledger after the block of `height`: history (log), state and parameters, each by its root."""

    chain_id: Digest
    is_simulated: bool
    """Time is moved by an operator and says nothing about the clock on the wall."""
    height: Natural
    time: TimeUs
    log_size: Natural
    log_root: Digest
    state_root: Digest
    params_hash: Digest


class NoteSignature(Struct, frozen=True, tag="note"):
    """One signature over a checkpoint's note. The bounds leave room for kinds to come."""

    name: Annotated[str, Meta(pattern=r"^[!-*,-~]{1,255}\Z")]
    kind: Annotated[int, Meta(ge=1, le=255)]
    public_key: Annotated[bytes, Meta(min_length=32, max_length=4096)]
    signature: Annotated[bytes, Meta(min_length=64, max_length=_SIGNATURE_BYTES_MAX)]


class NoteLine(Struct, frozen=True):
    """A signature line of a note, as far as it can be read without knowing the key."""

    name: str
    key_id: bytes
    signature: bytes


class SignedNote(Struct, frozen=True):
    """A checkpoint with the signature lines below it, none of them verified."""

    checkpoint: Checkpoint
    lines: tuple[NoteLine, ...]


_DIGEST = r"([A-Za-z0-9+/]{43}=)"
_NUMBER = r"(0|[1-9][0-9]{0,15})"
_NOTE = re.compile(
    rf"concordat/(simulated/)?([0-9a-f]{{64}})\n{_NUMBER}\n{_DIGEST}\nheight {_NUMBER}\ntime {_NUMBER}\n"
    rf"state {_DIGEST}\nparams {_DIGEST}\n"
)
_LINE = re.compile(r"— ([!-*,-~]{1,255}) ([A-Za-z0-9+/]+={0,2})")


def compute_app_hash(checkpoint: Checkpoint) -> bytes:
    """Return the one digest of state, history and parameters; unchanged by an empty block.

    SHA-256("concordat/app/v1" ‖ state root ‖ log root ‖ log size as 8 bytes, big-endian ‖ params hash).
    """
    roots = checkpoint.state_root + checkpoint.log_root + checkpoint.log_size.to_bytes(8, "big")
    return sha256(b"concordat/app/v1" + roots + checkpoint.params_hash).digest()


def compute_origin(checkpoint: Checkpoint) -> str:
    """Return the note's first line, which is also the name of the node's key."""
    return f"concordat/{'simulated/' if checkpoint.is_simulated else ''}{checkpoint.chain_id.hex()}"


def compute_key_id(name: str, kind: int, public_key: bytes) -> bytes:
    """Return the 4 bytes that point to a key in a note: SHA-256(name ‖ LF ‖ kind ‖ key)[:4] (C2SP)."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:_KEY_ID_BYTES]


def render_note(checkpoint: Checkpoint) -> bytes:
    """Return the text that is signed."""
    lines = (
        compute_origin(checkpoint),
        str(checkpoint.log_size),
        _to_base64(checkpoint.log_root),
        f"height {checkpoint.height}",
        f"time {checkpoint.time}",
        "state " + _to_base64(checkpoint.state_root),
        "params " + _to_base64(checkpoint.params_hash),
    )
    return ("\n".join(lines) + "\n").encode()


def make_node_signature(checkpoint: Checkpoint, public_key: bytes, sign: Callable[[bytes], bytes]) -> NoteSignature:
    """Return the node's signature over the note; `sign` signs by the node's key."""
    return NoteSignature(compute_origin(checkpoint), KIND_ED25519, public_key, sign(render_note(checkpoint)))


def has_node_signature(checkpoint: Checkpoint, signatures: Sequence[NoteSignature]) -> bool:
    """Tell whether there is one signature, of the form that a node gives; nothing is verified."""
    return (
        len(signatures) == 1
        and (signatures[0].name, signatures[0].kind) == (compute_origin(checkpoint), KIND_ED25519)
        and (len(signatures[0].public_key), len(signatures[0].signature)) == (32, 64)
    )


def is_signed_by(checkpoint: Checkpoint, signatures: Sequence[NoteSignature], public_key: bytes) -> bool:
    """Tell whether the node whose key is `public_key` signed the checkpoint, and nobody else did."""
    return (
        has_node_signature(checkpoint, signatures)
        and signatures[0].public_key == public_key
        and is_valid(public_key, signatures[0].signature, render_note(checkpoint))
    )


def do_contradict(one: Checkpoint, other: Checkpoint) -> bool:
    """Tell whether one honest node can't have signed both: whoever holds the two notes needs nothing else to show it.

    Two that do not contradict each other may still belong to two histories: consistency is proved by a path.
    """
    earlier, later = sorted((one, other), key=lambda checkpoint: checkpoint.height)
    if earlier.height == later.height:
        return earlier != later
    if earlier.log_size == later.log_size:
        is_same = (earlier.log_root, earlier.state_root, earlier.params_hash) == (
            *(later.log_root, later.state_root, later.params_hash),
        )
        return not is_same or earlier.time > later.time
    return earlier.log_size > later.log_size or earlier.time > later.time


def render_signed_note(checkpoint: Checkpoint, *signatures: NoteSignature) -> str:
    """Return the note with a line for each signature."""
    return f"{render_note(checkpoint).decode()}\n{''.join(map(render_line, signatures))}"


def render_line(signature: NoteSignature) -> str:
    """Return a signature's line in a note, ended by LF."""
    key_id = compute_key_id(signature.name, signature.kind, signature.public_key)
    return _render_line(NoteLine(signature.name, key_id, signature.signature))


def parse_signed_note(text: str) -> SignedNote:
    """Return the checkpoint and its signature lines, which are not verified here.

    Raises:
        Corrupt: `checkpoint.malformed` unless the text is the one spelling of what it says.
    """
    body, _, signed = text.partition("\n\n")
    match = _NOTE.fullmatch(body + "\n")
    lines = signed.removesuffix("\n").split("\n", SIGNATURE_LINES_MAX)
    if match is None or len(lines) > SIGNATURE_LINES_MAX:
        raise Corrupt("checkpoint.malformed", "this is no signed checkpoint note")
    simulated, chain, size, log_root, height, time, state_root, params_hash = match.groups()
    checkpoint = Checkpoint(
        chain_id=bytes.fromhex(chain),
        is_simulated=simulated is not None,
        height=int(height),
        time=int(time),
        log_size=int(size),
        log_root=b64decode(log_root),
        state_root=b64decode(state_root),
        params_hash=b64decode(params_hash),
    )
    note = SignedNote(checkpoint, tuple(read_line(line) for line in lines))
    try:
        decode(Checkpoint, encode(checkpoint))  # the bounds of the fields
    except Rejected as error:
        raise Corrupt("checkpoint.malformed", "a number is out of bounds") from error
    # Base64 has spare bits at its end: only one spelling is accepted.
    if _render_signed(note) != text:
        raise Corrupt("checkpoint.malformed", "another spelling of the same note is the canonical one")
    return note


def is_note_signed_by(note: SignedNote, public_key: bytes) -> bool:
    """Tell whether a node's key signed the note: by each line of its name and key id, and by one at least.

    Lines of others are ignored, as C2SP asks of a reader who does not know their keys.
    """
    name = compute_origin(note.checkpoint)
    key_id = compute_key_id(name, KIND_ED25519, public_key)
    own = [line.signature for line in note.lines if (line.name, line.key_id) == (name, key_id)]
    return bool(own) and all(is_valid(public_key, signature, render_note(note.checkpoint)) for signature in own)


def read_line(text: str) -> NoteLine:
    """Return a signature line of a note.

    Raises:
        Corrupt: `checkpoint.malformed`.
    """
    line, blob = _LINE.fullmatch(text), b""
    if line is not None and len(line[2]) % 4 == 0:
        blob = b64decode(line[2])
    if line is None or not _KEY_ID_BYTES < len(blob) <= _KEY_ID_BYTES + _SIGNATURE_BYTES_MAX:
        raise Corrupt("checkpoint.malformed", "a signature line is not `— name base64`")
    return NoteLine(line[1], blob[:_KEY_ID_BYTES], blob[_KEY_ID_BYTES:])


def _render_signed(note: SignedNote) -> str:
    return f"{render_note(note.checkpoint).decode()}\n{''.join(map(_render_line, note.lines))}"


def _render_line(line: NoteLine) -> str:
    return f"— {line.name} {_to_base64(line.key_id + line.signature)}\n"


def _to_base64(data: bytes) -> str:
    return b64encode(data).decode()
