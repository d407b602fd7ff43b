"""Snapshots of the state, written lazily: they save replaying, and are never trusted beyond the root they must have.

`snapshot.state` = u64be height ‖ rows; a row = u32be key length ‖ key ‖ u32be value length ‖ value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from concordat.crypto.merkle import hash_leaf
from concordat.crypto.state_tree import StateTree
from concordat.errors import ConcordatError, Corrupt
from concordat.ledger.application import Application, BlockRecord, Sign, check_node_signature, replay
from concordat.ledger.files import Files
from concordat.ledger.store import BlockStore
from concordat.primitives.codec import decode
from concordat.protocol.genesis import Chain
from concordat.protocol.state import State

SNAPSHOT_FILE: Final = "snapshot.state"


def save_snapshot(files: Files, application: Application) -> None:
    """Write the state as it is after the last block."""
    parts = [application.height.to_bytes(8, "big")]
    for key, value in application.state.dump():
        parts += (len(key).to_bytes(4, "big"), key, len(value).to_bytes(4, "big"), value)
    files.replace(SNAPSHOT_FILE, b"".join(parts))


def load_application(chain: Chain, sign: Sign, files: Files, store: BlockStore) -> tuple[Application, int]:
    """Return the application at the store's height, and how many blocks had to be replayed.

    Signatures in the node's own durable log were checked before they got there and are not checked again, but for the
    last checkpoint's: it binds history and state as they are now to the node's key.

    Raises:
        Corrupt: `replay.differs` when the recorded blocks do not give the recorded roots, or the last are not signed.
    """
    application = _load_from_snapshot(chain, sign, files, store) or Application(chain, sign)
    start = application.height
    for _ in replay(application, store.bodies(start + 1), trusts_signatures=True):
        pass
    for body in store.bodies(max(1, store.height)):
        check_node_signature(decode(BlockRecord, body), chain.genesis.node_key)
    return application, application.height - start


def _load_from_snapshot(chain: Chain, sign: Sign, files: Files, store: BlockStore) -> Application | None:
    """Return None when there is no snapshot, or it does not have the root that the log says."""
    if not files.exists(SNAPSHOT_FILE):
        return None
    data = files.read(SNAPSHOT_FILE)
    height = int.from_bytes(data[:8], "big")
    if not 0 < height <= store.height:
        return None
    application = Application(chain, sign)
    state, tree = State(), StateTree()
    try:
        for body in store.bodies():
            record = decode(BlockRecord, body)
            for leaf in record.entries:
                application.history.append(hash_leaf(leaf))
            application.sizes.append(application.history.size)
            if record.checkpoint.height == height:
                break
        rows = list(_read_rows(data))
        state.load(iter(rows))
    except (ConcordatError, IndexError):
        return None
    tree.update(rows)
    if tree.root != record.checkpoint.state_root or application.history.root() != record.checkpoint.log_root:
        return None
    application.state, application.tree = state, tree
    application.height, application.time, application.checkpoint = height, record.checkpoint.time, record.checkpoint
    return application


def _read_rows(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 8
    while place < len(data):
        key, place = _read_part(data, place)
        value, place = _read_part(data, place)
        yield key, value


def _read_part(data: bytes, place: int) -> tuple[bytes, int]:
    end = place + 4 + int.from_bytes(data[place : place + 4], "big")
    if end > len(data) or end == place + 4:
        raise Corrupt("snapshot.cut_short", SNAPSHOT_FILE)
    return data[place + 4 : end], end
