"""A witness: keeps the last checkpoint it saw of each log, and cosigns only what continues it.

Normative text: spec/witness.md WIT-3, WIT-4, WIT-6. What it signs is durable in its folder before anybody gets it, so
that no crash lets it sign two histories. Two checkpoints that one honest log can't have signed are kept as evidence,
and nothing of that log is signed any more.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from threading import RLock
from typing import Final

from concordat.client.keys import Key
from concordat.crypto.checkpoint import (
    Checkpoint,
    NoteSignature,
    do_contradict,
    parse_signed_note,
    render_line,
)
from concordat.crypto.cosignature import (
    KIND_COSIGNATURE,
    TreeHead,
    VerifierKey,
    is_head_signed_by,
    make_cosignature,
    parse_tree_head,
    render_verifier_key,
)
from concordat.crypto.merkle import EMPTY_LOG_ROOT, Log, check_consistency
from concordat.errors import Corrupt, NotFound, Refused, Stale, UsageError
from concordat.ledger.files import Files
from concordat.primitives.ledger_time import SECOND_US

_OWN_PREFIX: Final = "concordat/"
LOCK_FILE: Final = "lock"
NAME_FILE: Final = "name"


def compute_origin_hash(origin: str) -> str:
    """Return the digest by which a log's files are found: 64 hexadecimal digits (C2SP tlog-witness)."""
    return sha256(origin.encode()).hexdigest()


class Witness:
    """One key, one folder, any number of logs; safe for threads. Close it to let the folder go."""

    def __init__(
        self, files: Files, name: str, key: Key, logs: tuple[VerifierKey, ...], now_us: Callable[[], int]
    ) -> None:
        """`logs` are the keys by whose names, the origins, the logs are known.

        Raises:
            Refused: `ledger.folder_in_use`; `witness.other_name` when the folder is another witness's.
        """
        self.key: Final = VerifierKey(name, KIND_COSIGNATURE, key.public_key)
        self.logs: Final = {log.name: log for log in logs}
        self._files: Final = files
        self._sign: Final = key.sign
        self._now_us: Final = now_us
        self._lock: Final = RLock()
        self.close: Final = files.lock(LOCK_FILE)
        line = render_verifier_key(self.key).encode() + b"\n"
        if not files.exists(NAME_FILE):
            files.replace(NAME_FILE, line)
        elif files.read(NAME_FILE) != line:
            self.close()
            raise Refused("witness.other_name", files.read(NAME_FILE).decode(errors="replace").strip())

    def find_note(self, origin: str) -> str | None:
        """Return the last checkpoint that this witness cosigned of a log, with both signatures."""
        name = _make_name(origin, "checkpoint")
        with self._lock:
            return self._files.read(name).decode() if self._files.exists(name) else None

    def find_head(self, origin: str) -> TreeHead | None:
        """Return the same, read."""
        note = self.find_note(origin)
        return None if note is None else parse_tree_head(note)

    def check_evidence(self, origin: str) -> None:
        """Refuse a log once it was seen to have two histories.

        Raises:
            Corrupt: `witness.two_histories`, by name.
        """
        name = _make_name(origin, "evidence.json")
        with self._lock:
            if self._files.exists(name):
                raise Corrupt("witness.two_histories", json.loads(self._files.read(name))["told"])

    def add(self, note: str, old_size: int, path: tuple[bytes, ...]) -> NoteSignature:
        """Cosign a checkpoint which somebody submits with its path from the last one (C2SP add-checkpoint).

        Raises:
            Corrupt: `checkpoint.malformed`, `witness.two_histories`, `witness.unproved`.
            NotFound: `witness.unknown_log`. Refused: `witness.not_signed`. UsageError: `witness.bad_request`.
            Stale: `witness.other_size`, whose detail is the size of the last one; `witness.went_back`.
        """
        head = self.read(note)
        if old_size > head.size:
            raise UsageError("witness.bad_request", f"{old_size} > {head.size}")
        with self._lock:
            seen = self._check_seen(head, note)
            seen_size = 0 if seen is None else seen.size
            if old_size != seen_size:
                raise Stale("witness.other_size", str(seen_size))
            self._check_height(seen, head, note)
            root = EMPTY_LOG_ROOT if seen is None or seen.size == 0 else seen.root
            try:
                if head.size == 0 and head.root != EMPTY_LOG_ROOT:
                    raise Corrupt("proof.bad_consistency", "an empty log has the root of nothing")
                check_consistency(old_size, root, head.size, head.root, path)
            except Corrupt as error:
                raise Corrupt("witness.unproved", f"{head.origin}: {old_size}, {head.size}") from error
            return self._cosign(head)

    def follow(self, note: str, log: Log) -> NoteSignature:
        """Cosign a checkpoint that this witness fetched itself; `log` is the log as its tiles give it.

        Raises:
            As `add`, but for sizes: of tiles that give the signed root of today and not the one of then is evidence.
        """
        head = self.read(note)
        with self._lock:
            seen = self._check_seen(head, note)
            self._check_height(seen, head, note)
            if seen is not None and seen.size > head.size:
                raise Stale("witness.went_back", self._tell(seen, head))
            if head.size and log.root_at(head.size) != head.root:
                raise Corrupt("witness.unproved", f"{head.origin}: {head.size}")
            if seen is not None and seen.size and log.root_at(seen.size) != seen.root:
                path = log.consistency_path(seen.size, head.size)
                raise self._keep_evidence(seen, head, note, (log.root_at(seen.size), *path))
            return self._cosign(head)

    def read(self, note: str) -> TreeHead:
        """Return a checkpoint of a known log, signed by it; raises as `add`."""
        head = parse_tree_head(note)
        if head.origin not in self.logs:
            raise NotFound("witness.unknown_log", head.origin[:300])
        if head.origin.startswith(_OWN_PREFIX):
            parse_signed_note(note)
        if not is_head_signed_by(head, self.logs[head.origin]):
            raise Refused("witness.not_signed", head.origin)
        return head

    def _check_seen(self, head: TreeHead, note: str) -> TreeHead | None:
        """Return the last checkpoint, once the new one is no contradiction of it."""
        self.check_evidence(head.origin)
        seen = self.find_head(head.origin)
        if seen is None:
            return None
        one, other = _read_own(self.find_note(head.origin) or ""), _read_own(note)
        is_contradiction = one is not None and other is not None and do_contradict(one, other)
        if is_contradiction or (seen.size == head.size and seen.root != head.root):
            raise self._keep_evidence(seen, head, note, ())
        return seen

    def _check_height(self, seen: TreeHead | None, head: TreeHead, note: str) -> None:
        """Refuse a ledger that stands lower than it was seen."""
        one, other = _read_own(self.find_note(head.origin) or ""), _read_own(note)
        if seen is not None and one is not None and other is not None and other.height < one.height:
            raise Stale("witness.went_back", self._tell(seen, head))

    def _cosign(self, head: TreeHead) -> NoteSignature:
        time_s = self._now_us() // SECOND_US
        signature = make_cosignature(self.key.name, self.key.public_key, self._sign, head.body, time_s)
        key = self.logs[head.origin]
        own = next(line for line in head.lines if (line.name, line.key_id) == (key.name, key.key_id))
        log_signature = NoteSignature(key.name, key.kind, key.public_key, own.signature)
        text = f"{head.body.decode()}\n{render_line(log_signature)}{render_line(signature)}"
        self._files.replace(_make_name(head.origin, "checkpoint"), text.encode())
        return signature

    def _keep_evidence(self, seen: TreeHead, head: TreeHead, note: str, path: tuple[bytes, ...]) -> Corrupt:
        told = self._tell(seen, head)
        document = {
            "told": told,
            "log": render_verifier_key(self.logs[head.origin]),
            "seen": self.find_note(head.origin),
            "shown": note,
            # Between them: the root that the shown log had at the size seen, and the path that shows it.
            "path": [b64encode(digest).decode() for digest in path],
        }
        data = json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
        self._files.replace(_make_name(head.origin, "evidence.json"), data)
        return Corrupt("witness.two_histories", told)

    def _tell(self, seen: TreeHead, head: TreeHead) -> str:
        """Return by name what is held against a log: its key, and both checkpoints."""
        key = self.logs[head.origin].public_key.hex()
        return f"{key}; {_tell_head(seen)}; {_tell_head(head)}"


def _read_own(note: str) -> Checkpoint | None:
    """Return a Concordat checkpoint; None for a note of another kind of log."""
    return parse_signed_note(note).checkpoint if note.startswith(_OWN_PREFIX) else None


def _tell_head(head: TreeHead) -> str:
    extensions = [line for line in head.body.decode().split("\n")[3:] if line.startswith("height ")]
    return ", ".join([*extensions, f"size {head.size}", f"root {head.root.hex()}"])


def _make_name(origin: str, name: str) -> str:
    return f"{compute_origin_hash(origin)}/{name}"
