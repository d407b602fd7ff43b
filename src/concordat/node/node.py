"""A node: one folder opened, its engine running, its index following. Faces get a `Node` and read through `reads`."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

from concordat.client.keys import Key, read_key
from concordat.errors import ConcordatError, Corrupt, Refused
from concordat.ledger.application import BlockRecord
from concordat.ledger.embedded import EmbeddedEngine
from concordat.ledger.files import DiskFiles
from concordat.ledger.snapshot import load_application, save_snapshot
from concordat.ledger.store import BlockStore
from concordat.node.audit import AuditLog
from concordat.node.founding import NODE_KEY_FILE
from concordat.primitives.codec import decode
from concordat.protocol.families.clock import Tick
from concordat.protocol.genesis import Chain, read_genesis
from concordat.protocol.transactions import Payload, make_signed_bytes
from concordat.views.index import fold_block, get_folded_height, open_index

INDEX_FILE = "views.sqlite"
REPLAYED_BLOCKS_WORTH_A_SNAPSHOT = 1000


def fetch_now_us() -> int:
    """The wall clock, in microseconds. Read here and nowhere below."""
    return time.time_ns() // 1000


class Node:
    """One member's node. Close it to let the folder go."""

    def __init__(self, folder: Path) -> None:
        """Open the folder and start the engine.

        Raises:
            NotFound: `ledger.absent`, `key.absent`. Corrupt: `ledger.corrupt`, `replay.differs`, `node.other_key`.
            Refused: `ledger.folder_in_use`, `disk.*`.
        """
        self.folder = folder
        self.files = DiskFiles(folder)
        self._store = BlockStore.open(self.files)
        try:
            self._open()
        except BaseException:
            self._store.close()
            raise

    def _open(self) -> None:
        self.genesis_bytes = self.files.read("genesis.json")
        self.chain: Chain = read_genesis(self.genesis_bytes)
        self.key = self._fetch_node_key()
        self.recovered = self._store.recovered
        application, replayed = load_application(self.chain, self.key.sign, self.files, self._store)
        self.application = application
        if replayed >= REPLAYED_BLOCKS_WORTH_A_SNAPSHOT:
            save_snapshot(self.files, application)
        self._saved_height = application.height - replayed if replayed < REPLAYED_BLOCKS_WORTH_A_SNAPSHOT else -1
        self.audit = AuditLog(DiskFiles(self.folder))
        self.index: sqlite3.Connection = open_index(self.folder / INDEX_FILE, self.chain)
        self.index_lock = threading.Lock()
        self._catch_up()
        self._tick_nonce = 0
        self.engine = EmbeddedEngine(
            application, self._store, now_us=fetch_now_us, make_tick=self._make_tick, observe=self._observe
        )

    def _fetch_node_key(self) -> Key:
        if not self.files.exists(NODE_KEY_FILE):
            raise Refused("key.absent", NODE_KEY_FILE, "put the key that genesis.json names as node_key there")
        key = read_key(self.files.read(NODE_KEY_FILE), NODE_KEY_FILE)
        if key.public_key != self.chain.genesis.node_key:
            raise Corrupt("node.other_key", NODE_KEY_FILE, "put the key that genesis.json names as node_key there")
        return key

    def _catch_up(self) -> None:
        folded = get_folded_height(self.index)
        if folded > self._store.height:
            self.index.close()
            (self.folder / INDEX_FILE).unlink()
            self.index = open_index(self.folder / INDEX_FILE, self.chain)
            folded = 0
        for body in self._store.bodies(folded + 1):
            record = decode(BlockRecord, body)
            self._observe(self.application.sizes[record.height - 1], record)

    def _observe(self, size_before: int, record: BlockRecord) -> None:
        with self.index_lock:
            fold_block(self.index, size_before, record)

    def _make_tick(self) -> bytes:
        lane = self.application.state.lanes.get((self.key.public_key, 0))
        payload = Payload(
            chain_id=self.chain.id,
            suite=1,
            lane=0,
            nonce=lane.highest + 1 if lane else 1,
            valid_until_height=self.application.height + 10,
            client_key=b"",
            operations=(Tick(),),
        )
        unsigned = make_signed_bytes(self.key.public_key, payload)
        return self.key.sign(unsigned) + unsigned

    def close(self) -> None:
        """Finish what is queued, save a snapshot, let the folder go."""
        self.engine.close()
        self.index.close()
        try:
            if self.engine.failure is None and self.application.height != self._saved_height:
                save_snapshot(self.files, self.application)
        except ConcordatError:
            pass  # a snapshot only saves time
        finally:
            self._store.close()
            self.files.close()
