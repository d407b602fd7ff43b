"""Checks that need the state machine: a folder's roots, and the replay of an export by somebody who has no node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import partial
from hashlib import sha256
from pathlib import Path

from concordat.client.keys import read_public_key
from concordat.crypto.checkpoint import Checkpoint, is_note_signed_by, parse_signed_note
from concordat.crypto.proof import Trust
from concordat.errors import Corrupt, NotFound, Refused
from concordat.ledger.application import Application, get_block, replay
from concordat.ledger.block_log import Record, scan
from concordat.ledger.doctor import AUDIT_FILE, AUDIT_HEAD_FILE, examine
from concordat.ledger.files import DiskFiles
from concordat.ledger.survey import GENESIS_FILE, HEAD_FILE, LOG_FILE, Check
from concordat.node.archive import scan_export
from concordat.node.founding import NODE_KEY_FILE
from concordat.protocol.genesis import Chain, read_genesis


def replay_export(path: Path, trust: Trust | None) -> Iterator[tuple[Checkpoint, int]]:
    """Replay an export: check every signature, recompute every entry and root, compare with each signed checkpoint.

    Yield of each block its checkpoint, now recomputed, and its number of transactions.

    Raises:
        NotFound: `input.absent`. Corrupt: `export.corrupt`, `replay.differs`, `replay.other_chain`, all with a height;
            `replay.beyond` with the last height of an export that ends below the trusted checkpoint.
    """
    records = scan_export(path)
    chain = read_genesis(next(records).body)
    trusted = _check_trust(chain, trust)
    height = 0
    for checkpoint, tx_count in _replay(chain, (record.body for record in records)):
        height = checkpoint.height
        if trusted is not None and height == trusted.height and checkpoint != trusted:
            place = f"height {height}: not the trusted checkpoint"
            raise Corrupt("replay.differs", place, height=height)
        yield checkpoint, tx_count
    if trusted is not None and trusted.height > height:
        raise Corrupt("replay.beyond", str(trusted.height), height=height)


def _check_trust(chain: Chain, trust: Trust | None) -> Checkpoint | None:
    """Refuse a chain that is not the trusted one; return the trusted checkpoint if that is the root of trust."""
    if trust is None:
        return None
    node_key = chain.genesis.node_key
    if trust.note is not None:
        note = parse_signed_note(trust.note)
        if note.checkpoint.chain_id == chain.id and is_note_signed_by(note, node_key):
            return note.checkpoint
    elif trust.node_key == node_key or (trust.genesis is not None and sha256(trust.genesis).digest() == chain.id):
        return None
    raise Corrupt("replay.other_chain", "height 0", height=0)


def _replay(chain: Chain, bodies: Iterable[bytes]) -> Iterator[tuple[Checkpoint, int]]:
    application = Application(chain, lambda _: bytes(64))
    for record in replay(application, bodies):
        yield record.checkpoint, len(get_block(record).transactions)


def examine_folder(folder: Path) -> tuple[Check, ...]:
    """Return every check of a node's folder: files and digests, then keys, then roots by replay. Changes nothing.

    Raises:
        NotFound: `ledger.absent`. Refused: `disk.unreadable` when the folder itself cannot be read.
    """
    with closing(_ForgivingFiles(folder)) as files:
        if not files.exists(LOG_FILE) and not files.exists(HEAD_FILE):
            raise NotFound("ledger.absent", LOG_FILE)
        checks = examine(files)
        is_legible = not any(check.status == "failed" and not check.id.startswith("audit.") for check in checks)
        if is_legible:  # what cannot be read cannot be replayed
            roots = _check_roots(files)
            checks = (*checks, *_check_audit_exists(files), _check_node_key(files, roots.height or 0), roots)
        # A file that cannot be read may be whole: of it nothing else is known.
        read = (check for check in checks if check.file not in files.unreadable)
        return (*(Check("file.readable", "failed", name) for name in files.unreadable), *read)


class _ForgivingFiles(DiskFiles):
    """Files of which one that cannot be read is empty, and remembered: the others are looked at all the same."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.unreadable: dict[str, None] = {}

    def read(self, name: str, offset: int = 0, size: int | None = None) -> bytes:
        """See Files."""
        try:
            return super().read(name, offset, size)
        except Refused:
            self.unreadable[name] = None
            return b""


def _check_audit_exists(files: DiskFiles) -> Iterator[Check]:
    if not files.exists(AUDIT_FILE) and not files.exists(AUDIT_HEAD_FILE):
        yield Check("audit.end", "failed", AUDIT_FILE)


def _check_node_key(files: DiskFiles, height: int) -> Check:
    """Before the first block the key may still be on its way (GEN-4); after it, it was there and is lost."""
    if not files.exists(NODE_KEY_FILE):
        return Check("keys.node", "failed" if height else "warning", NODE_KEY_FILE)
    genesis = read_genesis(files.read(GENESIS_FILE)).genesis
    try:
        is_same = read_public_key(files.read(NODE_KEY_FILE), NODE_KEY_FILE) == genesis.node_key
    except Corrupt:
        is_same = False
    return Check("keys.node", "ok" if is_same else "failed", NODE_KEY_FILE)


def _check_roots(files: DiskFiles) -> Check:
    """Replay the log: only a writer who computed all digests anew could have changed it unseen so far."""
    offset, height = 0, 0
    records = (item for item in scan(partial(files.read, LOG_FILE)) if isinstance(item, Record))

    def follow() -> Iterator[bytes]:
        nonlocal offset, height
        for record in records:
            offset, height = record.offset, height + 1
            yield record.body

    try:
        chain = read_genesis(next(records).body)
        for _ in _replay(chain, follow()):
            pass
    except Corrupt:
        return Check("roots.replay", "failed", LOG_FILE, offset, height)
    return Check("roots.replay", "ok", LOG_FILE, height=height)
