"""The cosignatures that a node hands out with its checkpoint: the newest one of each witness that its operator named.

The file is derived: when it is lost, the witnesses sign again. Whoever brings a cosignature, it is verified here.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

from concordat.crypto.checkpoint import (
    Checkpoint,
    NoteSignature,
    is_note_signed_by,
    parse_signed_note,
    render_note,
)
from concordat.crypto.cosignature import find_cosignature
from concordat.crypto.policy import Policy
from concordat.errors import NotFound, Refused, Rejected
from concordat.ledger.files import DiskFiles
from concordat.primitives.codec import Struct, decode, encode

COSIGNATURES_FILE: Final = "cosignatures"
NO_WITNESSES: Final = Policy((), (), (), None)


class Cosigned(Struct, frozen=True):
    """What one witness has signed last."""

    checkpoint: Checkpoint
    signature: NoteSignature


class Cosignatures:
    """Takes cosignatures of the node's own checkpoints, and finds those of one. Safe for threads."""

    def __init__(self, folder: Path, policy: Policy, node_key: bytes) -> None:
        self.policy: Final = policy
        self._node_key: Final = node_key
        self._files: Final = DiskFiles(folder)
        self._lock: Final = Lock()
        self._newest: Final[dict[tuple[str, bytes], Cosigned]] = {}
        with suppress(Rejected, NotFound):
            for kept in decode(tuple[Cosigned, ...], self._files.read(COSIGNATURES_FILE)):
                known = {(witness.key.name, witness.key.public_key) for witness in policy.witnesses}
                if _name(kept.signature) in known:
                    self._newest[_name(kept.signature)] = kept

    def close(self) -> None:
        """Let the folder go."""
        self._files.close()

    def find(self, checkpoint: Checkpoint) -> tuple[NoteSignature, ...]:
        """Return the cosignatures of exactly this checkpoint, in the order of a proof file (PRF-15)."""
        with self._lock:
            return tuple(one.signature for _, one in sorted(self._newest.items()) if one.checkpoint == checkpoint)

    def find_newest(self, log_size: int) -> Checkpoint | None:
        """Return the checkpoint of more than so many entries that most witnesses have cosigned, of these the newest."""
        with self._lock:
            found = [one.checkpoint for one in self._newest.values() if one.checkpoint.log_size > log_size]
        return max(found, key=lambda one: (found.count(one), one.height), default=None)

    def read(self, text: str) -> tuple[Checkpoint, tuple[NoteSignature, ...]]:
        """Return a checkpoint that the node signed, and the cosignatures of named witnesses below it; keep nothing.

        Raises:
            Corrupt: `checkpoint.malformed`. Refused: `witness.other_log` when the node did not sign the note,
                `witness.unknown` when no named witness cosigned it.
        """
        note = parse_signed_note(text)
        if not is_note_signed_by(note, self._node_key):
            raise Refused("witness.other_log", f"height {note.checkpoint.height}")
        body = render_note(note.checkpoint)
        candidates = (find_cosignature(note.lines, witness.key, body) for witness in self.policy.witnesses)
        found = tuple(signature for signature in candidates if signature is not None)
        if not found:
            raise Refused("witness.unknown", ", ".join(line.name for line in note.lines[1:])[:300])
        return note.checkpoint, found

    def keep(self, checkpoint: Checkpoint, signatures: Iterable[NoteSignature]) -> None:
        """Keep verified cosignatures, unless their witness has signed a later checkpoint since."""
        with self._lock:
            for signature in signatures:
                kept = self._newest.get(_name(signature))
                if kept is None or kept.checkpoint.height <= checkpoint.height:
                    self._newest[_name(signature)] = Cosigned(checkpoint, signature)
            rows = tuple(one for _, one in sorted(self._newest.items()))
            self._files.replace(COSIGNATURES_FILE, encode(rows))


def _name(signature: NoteSignature) -> tuple[str, bytes]:
    return signature.name, signature.public_key
