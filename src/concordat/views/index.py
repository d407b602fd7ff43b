"""The index of history: which entries concern whom, and where a transaction went. SQLite, folded from block records.

Derived: it may lag, be deleted or be damaged; `get_folded_height` says from where the log must be folded again. A clean
close leaves the digest of the file beside it; a file that has another one is thrown away, and so is one that another
release has written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path
from zlib import crc32

from concordat.contracts.terms import Terms
from concordat.errors import Rejected
from concordat.ledger.application import BlockRecord
from concordat.primitives.codec import Struct, decode
from concordat.protocol.families import membership
from concordat.protocol.genesis import Chain
from concordat.protocol.messages import Operation
from concordat.protocol.receipts import TransactionCause
from concordat.protocol.transactions import PAYLOAD_OFFSET, Entry, Payload, compute_transaction_id
from concordat.views import lists, waits

_HISTORY = """
CREATE TABLE IF NOT EXISTS folded (chain_id BLOB NOT NULL, height INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS entries (
    position INTEGER PRIMARY KEY, height INTEGER NOT NULL, code TEXT NOT NULL,
    transaction_id BLOB, member TEXT, leaf BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS entries_by_transaction ON entries (transaction_id);
CREATE TABLE IF NOT EXISTS links (
    kind TEXT NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (kind, id, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS keys (public_key BLOB PRIMARY KEY, member TEXT NOT NULL) WITHOUT ROWID;
"""
_SCHEMA = _HISTORY + lists.SCHEMA + waits.SCHEMA
_VERSION = crc32(f"{version('concordat')} {_SCHEMA}".encode()) >> 1
"""Marks the file (PRAGMA user_version): what is folded how."""

_MEMBER_FIELDS = frozenset(
    {
        "member", "sponsor", "verifier", "guarantor", "owner", "proposer", "debtor", "counterparty", "predecessor",
        "parent",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class IndexedEntry:
    """One entry of history as the index knows it; `member` is the signer's, None for due items and strangers."""

    position: int
    height: int
    transaction_id: bytes | None
    member: str | None
    leaf: bytes


def open_index(path: Path, chain: Chain) -> sqlite3.Connection:
    """Open the index, or start it anew when it is damaged or of another chain.

    Raises:
        sqlite3.Error: the disk is full, read-only or broken.
    """
    digest_path = _get_digest_path(path)
    is_sound = False
    if digest_path.exists():
        is_sound = path.exists() and _compute_digest(path) == digest_path.read_bytes()
        if not is_sound:
            delete_index(path)
        # From now on the file changes, and only a clean close makes its digest known again.
        digest_path.unlink(missing_ok=True)
    try:
        return _open(path, chain, is_sound=is_sound)
    except sqlite3.DatabaseError:
        delete_index(path)
        return _open(path, chain, is_sound=True)


def close_index(connection: sqlite3.Connection, path: Path) -> None:
    """Close the index and leave its digest."""
    connection.close()
    # Without the digest the next opening looks closer, and with a part of it begins anew.
    with suppress(OSError):
        _keep_private(_get_digest_path(path))
        _get_digest_path(path).write_bytes(_compute_digest(path))


def delete_index(path: Path) -> None:
    """Remove the closed index; the next opening starts it anew."""
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm"), _get_digest_path(path)):
        name.unlink(missing_ok=True)


def _get_digest_path(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _compute_digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return file_digest(file, "sha256").digest()


def _keep_private(path: Path) -> None:
    """Let nobody but the node's own user read the file; what the disk does not allow, SQLite says in its own words."""
    with suppress(OSError):
        path.touch(0o600)
        path.chmod(0o600)


def _open(path: Path, chain: Chain, *, is_sound: bool) -> sqlite3.Connection:
    _keep_private(path)  # its journal takes the same mode
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # A power cut may cost the last blocks, which the log gives back, but not the order of the file.
        connection.execute("PRAGMA synchronous = NORMAL")
        is_new = connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone() == (0,)
        if not is_new and connection.execute("PRAGMA user_version").fetchone() != (_VERSION,):
            raise sqlite3.DatabaseError("another release")
        connection.executescript(f"PRAGMA user_version = {_VERSION}; {_SCHEMA}")
        if not is_sound and connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("damaged")
        row = connection.execute("SELECT chain_id FROM folded").fetchone()
        if row is not None and row[0] != chain.id:
            raise sqlite3.DatabaseError("another chain")
        if row is None:
            founders = chain.genesis.founders
            keys = [(key, founder.member) for founder in founders for key in founder.public_keys]
            with writing(connection):
                connection.execute("INSERT INTO folded VALUES (?, 0)", (chain.id,))
                connection.executemany("INSERT INTO keys VALUES (?, ?)", keys)
    except BaseException:
        connection.close()
        raise
    return connection


def get_folded_height(connection: sqlite3.Connection) -> int:
    """Return the height up to which the log has been folded."""
    return int(connection.execute("SELECT height FROM folded").fetchone()[0])


def fold_block(connection: sqlite3.Connection, size_before: int, record: BlockRecord) -> None:
    """Add one block's entries; `size_before` is history's size before the block."""
    with writing(connection):
        for index, leaf in enumerate(record.entries):
            _fold_entry(connection, size_before + index, decode(Entry, leaf), leaf)
        connection.execute("UPDATE folded SET height = ?", (record.height,))


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself ends it when the disk is full
            connection.execute("ROLLBACK")
        raise


def _fold_entry(connection: sqlite3.Connection, position: int, entry: Entry, leaf: bytes) -> None:
    transaction_id: bytes | None = None
    member: str | None = None
    facts: list[Struct] = list(entry.receipt.events)
    if isinstance(entry.cause, TransactionCause):
        wire = entry.cause.wire
        transaction_id = compute_transaction_id(wire)
        public_key = wire[PAYLOAD_OFFSET - 32 : PAYLOAD_OFFSET]
        operations = _read_operations(wire)
        # Only what the ledger accepted binds a key to a name; an application that it refused says nothing about either.
        for event in entry.receipt.events:
            if isinstance(event, membership.Applied):
                connection.execute("INSERT OR REPLACE INTO keys VALUES (?, ?)", (public_key, event.member))
            elif isinstance(event, membership.OfficerAdded):
                connection.execute("INSERT OR REPLACE INTO keys VALUES (?, ?)", (event.public_key, event.member))
        row = connection.execute("SELECT member FROM keys WHERE public_key = ?", (public_key,)).fetchone()
        member = row[0] if row else None
        facts += operations
    connection.execute(
        "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?)",
        (position, entry.height, entry.receipt.code, transaction_id, member, leaf),
    )
    links = dict.fromkeys(link for fact in facts for link in find_links(fact, member))
    if member:
        links[("member", member)] = None
    connection.executemany(
        "INSERT OR IGNORE INTO links VALUES (?, ?, ?)", [(kind, key, position) for kind, key in links]
    )


def _read_operations(wire: bytes) -> tuple[Operation, ...]:
    """Return the operations, or none when a byzantine proposer put junk into a block."""
    try:
        return decode(Payload, wire[PAYLOAD_OFFSET:]).operations
    except Rejected:
        return ()


def find_links(fact: Struct, signer: str | None) -> Iterator[tuple[str, str]]:
    """Yield (kind, id) of everything that an operation or event names: members, contracts, datasets."""
    fields = {name: getattr(fact, name) for name in fact.__struct_fields__}
    for name, value in fields.items():
        if name in _MEMBER_FIELDS and isinstance(value, str):
            yield "member", value
        elif name == "contract" and isinstance(value, int):
            yield "contract", str(value)
        elif isinstance(value, Terms):
            yield from (("member", party) for party in value.parties)
    owner = fields.get("owner") or fields.get("debtor") or signer
    if owner and isinstance(fields.get("dataset"), str):
        yield "dataset", f"{owner}/{fields['dataset']}"


def fetch_entries(
    connection: sqlite3.Connection,
    *,
    link: tuple[str, str] | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[IndexedEntry]:
    """Return entries, newest first: all, or those that concern one thing; `before` a position."""
    ceiling = 2**62 if before is None else before
    if link is None:
        query = "SELECT position, height, transaction_id, member, leaf FROM entries WHERE position < ?"
        values: tuple[str | int, ...] = (ceiling,)
    else:
        query = (
            "SELECT position, height, transaction_id, member, leaf FROM links JOIN entries USING (position) "
            "WHERE kind = ? AND id = ? AND position < ?"
        )
        values = (*link, ceiling)
    rows = connection.execute(f"{query} ORDER BY position DESC LIMIT ?", (*values, limit))
    return [IndexedEntry(*row) for row in rows]


def fetch_entry(connection: sqlite3.Connection, position: int) -> IndexedEntry | None:
    """Return the entry at `position`, or None."""
    found = fetch_entries(connection, before=position + 1, limit=1)
    return found[0] if found and found[0].position == position else None


def fetch_transaction(connection: sqlite3.Connection, transaction_id: bytes) -> IndexedEntry | None:
    """Return the entry of a transaction, or None while the ledger does not hold it."""
    row = connection.execute(
        "SELECT position, height, transaction_id, member, leaf FROM entries WHERE transaction_id = ? "
        "ORDER BY position LIMIT 1",
        (transaction_id,),
    ).fetchone()
    return IndexedEntry(*row) if row else None
