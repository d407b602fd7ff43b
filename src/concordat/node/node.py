"""A node: one folder opened, its engine running, its index following. Faces get a `Node` and read through `reads`."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from concordat.client.clock import fetch_now_us
from concordat.client.keys import Key, read_key
from concordat.contracts.text import Language
from concordat.crypto.policy import Policy
from concordat.errors import ConcordatError, Corrupt, Refused
from concordat.ledger.application import BlockRecord
from concordat.ledger.embedded import EmbeddedEngine
from concordat.ledger.files import DiskFiles
from concordat.ledger.snapshot import load_application, save_snapshot
from concordat.ledger.store import BlockStore
from concordat.ledger.survey import GENESIS_FILE
from concordat.node.addresses import Addresses
from concordat.node.audit import AuditLog
from concordat.node.cosignatures import NO_WITNESSES, Cosignatures
from concordat.node.founding import NODE_KEY_FILE
from concordat.primitives.codec import decode
from concordat.protocol.genesis import read_genesis
from concordat.protocol.motions import check_release, find_lacking
from concordat.protocol.state import State
from concordat.views.folding import find_all, find_touched, get_listed_height, rebuild_lists, refresh_lists
from concordat.views.history import fold_block
from concordat.views.index import close_index, delete_index, get_folded_height, open_index

_log = logging.getLogger(__name__)

INDEX_FILE = "views.sqlite"
SNAPSHOT_ENTRIES_MIN = 1000
"""About what a start has to replay at most, whatever ended the node, while the state has fewer than 4000 rows."""


@contextmanager
def _naming_index_errors() -> Iterator[None]:
    """Say in the words of disks what SQLite could not do."""
    try:
        yield
    except sqlite3.Error as error:
        code = "disk.full" if error.sqlite_errorcode == sqlite3.SQLITE_FULL else "disk.unreadable"
        raise Refused(code, f"{INDEX_FILE}: {error}") from error


def _find_verifiers(state: State) -> frozenset[str]:
    return frozenset(member for (member,), row in state.members.items() if "verifier" in row.roles)


def _is_verifier(state: State, member: str) -> bool:
    row = state.members.get((member,))
    return row is not None and "verifier" in row.roles


class Node:
    """One member's node. Close it to let the folder go."""

    def __init__(self, folder: Path, *, accepts_clock: bool = False, witnesses: Policy = NO_WITNESSES) -> None:
        """Open the folder and start the engine; `accepts_clock` lets the clock be as far ahead as it is now.

        `witnesses` are those whose cosignatures the node keeps and hands out.

        Raises:
            NotFound: `ledger.absent`. Corrupt: `ledger.corrupt`, `replay.differs`, `node.other_key`.
            Refused: `ledger.folder_in_use`, `node.key_absent`, `node.needs_release`, `clock.far_ahead`, `disk.*`.
        """
        self.folder = folder
        self.files = DiskFiles(folder)
        with ExitStack() as opened:
            opened.callback(self.files.close)
            self._store = BlockStore.open(self.files)
            opened.callback(self._store.close)
            self._open(opened, fetch_now_us() if accepts_clock else 0)
            self.cosignatures = Cosignatures(self.folder, witnesses, self.key.public_key)
            opened.callback(self.cosignatures.close)
            opened.pop_all()
        self.addresses = Addresses(folder)
        self.engine.start()

    def _open(self, opened: ExitStack, accepted_us: int) -> None:
        self.genesis_bytes = self.files.read(GENESIS_FILE)
        self.chain = read_genesis(self.genesis_bytes)
        self.key = self._fetch_node_key()
        application, replayed = load_application(self.chain, self.key.sign, self.files, self._store)
        check_release(application.state, application.height + 1)
        self.application = application
        self._saved_height = application.height - replayed
        self._save_snapshot_if_worth_it()
        self._audit_files = DiskFiles(self.folder)
        opened.callback(self._audit_files.close)
        self.audit = AuditLog(self._audit_files, fetch_now_us())
        self.index = self._open_index()
        opened.callback(lambda: self.index.close())  # noqa: PLW0108  # `_catch_up` may replace it
        self.index_lock = threading.Lock()
        self.names: dict[Language, dict[str, str]] = {"en": {}, "zh": {}}
        """How members are called."""
        self.listeners: list[Callable[[], None]] = []
        """Called in the ledger's thread when one more block can be read; each returns at once and never fails."""
        self._verifiers = _find_verifiers(application.state)
        self._catch_up()
        self.engine = EmbeddedEngine(
            application, self._store, now_us=fetch_now_us, observe=self._observe, accepted_us=accepted_us
        )
        opened.callback(self.engine.close)
        self.engine.check_clock()

    def _save_snapshot_if_worth_it(self) -> None:
        """Bound the replay of the next start, whatever ends this run (docs/adr/0012-when-to-save-a-snapshot.md)."""
        application = self.application
        new_entries = application.history.size - application.sizes[self._saved_height]
        if new_entries >= max(SNAPSHOT_ENTRIES_MIN, application.state.row_count // 4):
            self._save_snapshot()

    def _save_snapshot(self) -> None:
        if self.application.height == self._saved_height:
            return
        self._saved_height = self.application.height  # once, also when it fails: a snapshot only saves time
        with suppress(ConcordatError):
            save_snapshot(self.files, self.application)

    def _fetch_node_key(self) -> Key:
        if not self.files.exists(NODE_KEY_FILE):
            place = f"{self.folder / NODE_KEY_FILE} ({self.chain.genesis.node_key.hex()})"
            raise Refused("node.key_absent", place)
        key = read_key(self.files.read(NODE_KEY_FILE), NODE_KEY_FILE)
        if key.public_key != self.chain.genesis.node_key:
            raise Corrupt("node.other_key", NODE_KEY_FILE)
        return key

    @_naming_index_errors()
    def _open_index(self) -> sqlite3.Connection:
        return open_index(self.folder / INDEX_FILE, self.chain)

    @_naming_index_errors()
    def _catch_up(self) -> None:
        folded = get_folded_height(self.index)
        if folded > self._store.height:
            self.index.close()
            delete_index(self.folder / INDEX_FILE)
            self.index = self._open_index()
            folded = 0
        for body in self._store.bodies(folded + 1):
            record = decode(BlockRecord, body)
            fold_block(self.index, self.application.sizes[record.checkpoint.height - 1], record)
        state, height = self.application.state, self.application.height
        if get_listed_height(self.index) != height:
            rebuild_lists(self.index, state, self._verifiers, height)
        everything = find_all(state)
        self._note_names(everything.members)
        self._warn_of_rules(everything.ballots)

    def _observe(self, size_before: int, record: BlockRecord) -> None:
        state = self.application.state
        touched = find_touched(state, self.application.changed_keys)
        with self.index_lock, _naming_index_errors():
            fold_block(self.index, size_before, record)
            if any((name in self._verifiers) != _is_verifier(state, name) for name in touched.members):  # by ballot
                self._verifiers = _find_verifiers(state)
                rebuild_lists(self.index, state, self._verifiers, record.checkpoint.height)
            else:
                refresh_lists(self.index, state, touched, self._verifiers, record.checkpoint.height)
        self._note_names(touched.members)
        self._warn_of_rules(touched.ballots)
        for listen in self.listeners:
            listen()
        self._save_snapshot_if_worth_it()

    def _note_names(self, members: Iterable[str]) -> None:
        for language, names in self.names.items():
            for member in members:
                names[member] = self.application.state.members[(member,)].name.in_language(language)

    def _warn_of_rules(self, ballots: Iterable[int]) -> None:
        for number in ballots:
            row = self.application.state.ballots[(number,)]
            lacking = find_lacking(row.motion) if row.status == "carried" else None
            if lacking is not None:
                _log.warning("ballot %d was carried: this release lacks %s, and stops there", number, lacking)

    @contextmanager
    def reading_index(self) -> Iterator[sqlite3.Connection]:
        """Let a reader at the index. After a failure it may lag behind the ledger, and nobody gets in."""
        self.engine.lock.check_failure()
        with self.index_lock:
            yield self.index

    def close(self) -> None:
        """Finish what is queued, save a snapshot, let the folder go."""
        self.engine.close()
        try:
            with suppress(sqlite3.Error), self.index_lock:
                close_index(self.index, self.folder / INDEX_FILE)
            if self.engine.failure is None:
                self._save_snapshot()
        finally:
            self.audit.sync()
            self._audit_files.close()
            self.cosignatures.close()
            self._store.close()
            self.files.close()
