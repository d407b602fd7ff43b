"""Cosignatures: what a witness signs about a log's checkpoint. Normative text: spec/witness.md WIT-1 to WIT-4.

Notes, keys and cosignatures are those of C2SP (signed-note, tlog-checkpoint, tlog-cosignature with Ed25519), for logs
of any kind: a body of three lines and more, whatever the rest says.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Final

from concordat.crypto.checkpoint import (
    KIND_ED25519,
    SIGNATURE_LINES_MAX,
    NoteLine,
    NoteSignature,
    compute_key_id,
    read_line,
    render_line,
)
from concordat.crypto.signatures import is_sound_key, is_valid
from concordat.errors import Corrupt
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import INTEGER_MAX

KIND_COSIGNATURE: Final = 4
"""C2SP signed-note's type byte of a timestamped Ed25519 cosignature."""

_TIME_BYTES: Final = 8
_TIME_MAX_S: Final = INTEGER_MAX // 1_000_000
"""What a time of the ledger can say, in seconds."""

_COSIGNATURE_BYTES: Final = _TIME_BYTES + 64

_NAME = re.compile(r"[^\s+\x00-\x1f]{1,255}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_KEY_ID = re.compile(r"[0-9a-f]{8}")


class VerifierKey(Struct, frozen=True):
    """A key as C2SP writes it down (vkey): whose it is, its type byte, and the key."""

    name: str
    kind: int
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes by which a note's line points to the key."""
        return compute_key_id(self.name, self.kind, self.public_key)


class TreeHead(Struct, frozen=True):
    """A checkpoint of any log: its three first lines, the exact bytes that are signed, and the lines below."""

    origin: str
    size: int
    root: bytes
    body: bytes
    lines: tuple[NoteLine, ...]


def render_verifier_key(key: VerifierKey) -> str:
    """Return the key's one line: name, key id and key, joined by `+`."""
    material = b64encode(bytes([key.kind]) + key.public_key).decode()
    return f"{key.name}+{key.key_id.hex()}+{material}"


def parse_verifier_key(text: str) -> VerifierKey:
    """Return the key of a line; of kinds 1 and 4 it has to be one by which somebody can sign.

    Raises:
        Corrupt: `witness.bad_key`.
    """
    name, _, rest = text.partition("+")
    key_id, _, material = rest.partition("+")
    try:
        blob = b64decode(material, validate=True)
    except (binascii.Error, ValueError):
        blob = b""
    key = VerifierKey(name, blob[0] if blob else 0, blob[1:])
    is_sound = key.kind not in {KIND_ED25519, KIND_COSIGNATURE} or is_sound_key(key.public_key)
    is_named = _NAME.fullmatch(name) is not None and _KEY_ID.fullmatch(key_id) is not None
    if not (blob and is_named and is_sound and render_verifier_key(key) == text):
        raise Corrupt("witness.bad_key", text[:300])
    return key


def parse_tree_head(text: str) -> TreeHead:
    """Return what a signed note of any log says; no signature is verified here.

    Raises:
        Corrupt: `checkpoint.malformed`.
    """
    body, _, signed = text.partition("\n\n")
    origin, *rest = body.split("\n")
    signature_lines = signed.removesuffix("\n").split("\n", SIGNATURE_LINES_MAX)
    is_framed = signed.endswith("\n") and len(signature_lines) <= SIGNATURE_LINES_MAX
    if not is_framed or len(rest) < 2 or not all((origin, *rest)) or any(c < " " for c in body.replace("\n", "")):
        raise Corrupt("checkpoint.malformed", "this is no signed note of a log")
    size, root = rest[:2]
    try:
        digest = b64decode(root, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    is_canonical = len(digest) == 32 and b64encode(digest).decode() == root
    if not is_canonical or _SIZE.fullmatch(size) is None or int(size) > INTEGER_MAX:
        raise Corrupt("checkpoint.malformed", "size and root are a number and a digest")
    return TreeHead(origin, int(size), digest, (body + "\n").encode(), tuple(map(read_line, signature_lines)))


def is_head_signed_by(head: TreeHead, key: VerifierKey) -> bool:
    """Tell whether a log's key signed the note: by each line of its name and key id, and by one at least."""
    own = [line.signature for line in head.lines if (line.name, line.key_id) == (key.name, key.key_id)]
    return bool(own) and all(is_valid(key.public_key, signature, head.body) for signature in own)


def make_cosignature(
    name: str, public_key: bytes, sign: Callable[[bytes], bytes], body: bytes, time_s: int
) -> NoteSignature:
    """Return a witness's statement that at `time_s` (seconds since 1970) this note was the largest it had seen."""
    time = time_s.to_bytes(_TIME_BYTES, "big")
    return NoteSignature(name, KIND_COSIGNATURE, public_key, time + sign(make_cosigned_message(body, time_s)))


def make_cosigned_message(body: bytes, time_s: int) -> bytes:
    """Return the bytes that a witness signs."""
    return b"cosignature/v1\ntime %d\n" % time_s + body


def is_cosignature(signature: NoteSignature) -> bool:
    """Tell whether it has the form of a cosignature; nothing is verified."""
    sizes = len(signature.public_key), len(signature.signature)
    is_sized = signature.kind == KIND_COSIGNATURE and sizes == (32, _COSIGNATURE_BYTES)
    return is_sized and get_cosigned_time(signature) <= _TIME_MAX_S


def get_cosigned_time(signature: NoteSignature) -> int:
    """Return when the witness says it signed, in seconds since 1970."""
    return int.from_bytes(signature.signature[:_TIME_BYTES], "big")


def is_valid_cosignature(signature: NoteSignature, body: bytes) -> bool:
    """Tell whether the witness's key cosigned the note with this body at the time that it names."""
    if not is_cosignature(signature):
        return False
    message = make_cosigned_message(body, get_cosigned_time(signature))
    return is_valid(signature.public_key, signature.signature[_TIME_BYTES:], message)


def find_cosignature(lines: tuple[NoteLine, ...], key: VerifierKey, body: bytes) -> NoteSignature | None:
    """Return the valid cosignature of a known witness among lines of a note, None when there is none."""
    for line in lines:
        if (line.name, line.key_id) == (key.name, key.key_id) and len(line.signature) == _COSIGNATURE_BYTES:
            found = NoteSignature(key.name, KIND_COSIGNATURE, key.public_key, line.signature)
            if is_valid_cosignature(found, body):
                return found
    return None


def parse_lines(text: str) -> tuple[NoteLine, ...]:
    """Return signature lines, each ended by LF, as a witness answers them.

    Raises:
        Corrupt: `checkpoint.malformed`.
    """
    lines = text.removesuffix("\n").split("\n", SIGNATURE_LINES_MAX)
    if not text.endswith("\n") or len(lines) > SIGNATURE_LINES_MAX:
        raise Corrupt("checkpoint.malformed", "these are no signature lines")
    return tuple(map(read_line, lines))


def render_cosignature(signature: NoteSignature) -> str:
    """Return a signature's line in a note."""
    return render_line(signature)
