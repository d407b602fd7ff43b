"""History, folded from block records: which entries concern whom, and where a transaction went."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from concordat.contracts.terms import Terms
from concordat.ledger.application import BlockRecord
from concordat.primitives.codec import Struct, decode
from concordat.protocol.families import behaviors, membership
from concordat.protocol.receipts import TransactionCause
from concordat.protocol.transactions import Entry, compute_transaction_id, get_happened_at, get_public_key, read_payload
from concordat.views.behaviors import save_behaviors
from concordat.views.writing import writing

SCHEMA = """
CREATE TABLE IF NOT EXISTS folded (chain_id BLOB NOT NULL, height INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS entries (
    position INTEGER PRIMARY KEY, transaction_id BLOB, member TEXT, leaf BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS entries_by_transaction ON entries (transaction_id);
CREATE TABLE IF NOT EXISTS links (
    kind TEXT NOT NULL, -- member, contract, dataset; standing: the entries at which a member came in, went or returned
    id TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (kind, id, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS digests (
    digest BLOB NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (digest, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS applications (member TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS keys (public_key BLOB PRIMARY KEY, member TEXT NOT NULL) WITHOUT ROWID;
"""

TURNS = (membership.Admitted, membership.Expelled, membership.Readmitted)
"""The events that change whether a member takes part."""

_MEMBER_FIELDS = frozenset(
    {
        "member", "sponsor", "verifier", "guarantor", "owner", "proposer", "debtor", "counterparty", "predecessor",
        "parent", "objector",
    }
)  # fmt: skip


_DIGEST_FIELDS = ("digest", "document", "evidence", "root", "dossier", "statement")
"""What an operation commits to, by which people look it up: a dataset's version, terms, evidence, a batch, papers."""


@dataclass(frozen=True, slots=True)
class IndexedEntry:
    """An entry and its place in history; `member` is the signer's, None for due items and strangers."""

    position: int
    member: str | None
    leaf: bytes


def fold_block(connection: sqlite3.Connection, size_before: int, record: BlockRecord) -> None:
    """Add one block's entries; `size_before` is history's size before the block."""
    with writing(connection):
        for index, leaf in enumerate(record.entries):
            _fold_entry(connection, size_before + index, decode(Entry, leaf), leaf)
        connection.execute("UPDATE folded SET height = ?", (record.checkpoint.height,))


def _fold_entry(connection: sqlite3.Connection, position: int, entry: Entry, leaf: bytes) -> None:
    transaction_id: bytes | None = None
    member: str | None = None
    facts: list[Struct] = list(entry.receipt.events)
    if isinstance(entry.cause, TransactionCause):
        wire = entry.cause.wire
        transaction_id = compute_transaction_id(wire)
        public_key, payload = get_public_key(wire), read_payload(wire)
        # Only what the ledger accepted binds a key to a name; an application that it refused says nothing about either.
        for event in entry.receipt.events:
            if isinstance(event, membership.Applied):
                connection.execute("INSERT OR REPLACE INTO keys VALUES (?, ?)", (public_key, event.member))
                connection.execute("INSERT OR REPLACE INTO applications VALUES (?, ?)", (event.member, position))
            elif isinstance(event, membership.OfficerAdded):
                connection.execute("INSERT OR REPLACE INTO keys VALUES (?, ?)", (event.public_key, event.member))
        row = connection.execute("SELECT member FROM keys WHERE public_key = ?", (public_key,)).fetchone()
        member = row[0] if row else None
        facts += payload.operations if payload else ()
    connection.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", (position, transaction_id, member, leaf))
    save_behaviors(connection, position, entry)
    digests = {getattr(fact, name, None) for fact in facts for name in _DIGEST_FIELDS} - {None}
    connection.executemany("INSERT OR IGNORE INTO digests VALUES (?, ?)", [(digest, position) for digest in digests])
    links = dict.fromkeys(link for fact in facts for link in find_links(fact, member))
    if member:
        links[("member", member)] = None
    connection.executemany(
        "INSERT OR IGNORE INTO links VALUES (?, ?, ?)", [(kind, key, position) for kind, key in links]
    )


def find_links(fact: Struct, signer: str | None) -> Iterator[tuple[str, str]]:
    """Yield (kind, id) of everything that an operation or event names: members, contracts, datasets.

    A member's `standing` has the events at which it came in, went or returned.
    """
    if isinstance(fact, TURNS):
        yield "standing", fact.member
    fields = {name: getattr(fact, name) for name in fact.__struct_fields__}
    for name, value in fields.items():
        if name in _MEMBER_FIELDS and isinstance(value, str):
            yield "member", value
        elif name == "contract" and isinstance(value, int):
            yield "contract", str(value)
        elif isinstance(value, behaviors.OfDataset | behaviors.OfContract):
            yield from find_links(value, str(fields.get("member") or signer or ""))
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
    since: int = 0,
    limit: int = 50,
) -> list[IndexedEntry]:
    """Return entries, newest first: all, or those that concern one thing; `before` a position, from `since` on."""
    ceiling = 2**62 if before is None else before
    source = "entries WHERE" if link is None else "links JOIN entries USING (position) WHERE kind = ? AND id = ? AND"
    rows = connection.execute(
        f"SELECT position, member, leaf FROM {source} position < ? AND position >= ? ORDER BY position DESC LIMIT ?",  # noqa: S608
        (*(link or ()), ceiling, since, limit),
    )
    return [IndexedEntry(*row) for row in rows]


def fetch_following(
    connection: sqlite3.Connection, *, link: tuple[str, str] | None = None, since: int, limit: int
) -> list[IndexedEntry]:
    """Return entries from a position on, oldest first: all, or those that concern one thing."""
    source = "entries WHERE" if link is None else "links JOIN entries USING (position) WHERE kind = ? AND id = ? AND"
    rows = connection.execute(
        f"SELECT position, member, leaf FROM {source} position >= ? ORDER BY position LIMIT ?",  # noqa: S608
        (*(link or ()), since, limit),
    )
    return [IndexedEntry(*row) for row in rows]


def fetch_entry(connection: sqlite3.Connection, position: int) -> IndexedEntry | None:
    """Return the entry at `position`, or None."""
    found = fetch_entries(connection, before=position + 1, limit=1)
    return found[0] if found and found[0].position == position else None


def fetch_times(connection: sqlite3.Connection, positions: Iterable[int]) -> dict[int, int]:
    """Return the ledger time of entries by their positions, each of which history has."""
    found = {}
    for position in positions:
        (leaf,) = connection.execute("SELECT leaf FROM entries WHERE position = ?", (position,)).fetchone()
        found[position] = get_happened_at(decode(Entry, leaf))
    return found


def fetch_application(connection: sqlite3.Connection, member: str) -> int:
    """Return the position at which a member applied last, 0 when it never did."""
    row = connection.execute("SELECT position FROM applications WHERE member = ?", (member,)).fetchone()
    return 0 if row is None else int(row[0])


def fetch_positions(connection: sqlite3.Connection, first: bytes, last: bytes, limit: int) -> list[int]:
    """Return where transactions stand whose identifiers, or what they commit to, lie between two digests."""
    rows = connection.execute(
        "SELECT position FROM entries WHERE transaction_id BETWEEN ? AND ? "
        "UNION SELECT position FROM digests WHERE digest BETWEEN ? AND ? LIMIT ?",
        (first, last, first, last, limit),
    )
    return sorted(int(row[0]) for row in rows)


def fetch_transaction(connection: sqlite3.Connection, transaction_id: bytes) -> IndexedEntry | None:
    """Return the entry of a transaction, or None while the ledger does not hold it."""
    row = connection.execute(
        "SELECT position, member, leaf FROM entries WHERE transaction_id = ? ORDER BY position LIMIT 1",
        (transaction_id,),
    ).fetchone()
    return IndexedEntry(*row) if row else None
