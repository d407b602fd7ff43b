"""Behaviors by member, folded from history, with the lag of each: from what happened to the ledger."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from concordat.primitives.codec import Struct, decode, encode
from concordat.protocol.families.behaviors import Anchored, Recorded
from concordat.protocol.transactions import Entry

SCHEMA = """
CREATE TABLE IF NOT EXISTS behaviors (
    member TEXT NOT NULL, position INTEGER NOT NULL, number INTEGER NOT NULL, lag_us INTEGER NOT NULL,
    time INTEGER NOT NULL, event BLOB NOT NULL, PRIMARY KEY (member, position, number)
) WITHOUT ROWID;
"""

LAGS_MAX: Final = 1000
"""A member's lag is that of so many of its latest behaviors."""


class BehaviorPlace(NamedTuple):
    """Where a behavior stands: the entry's position, and the event's number in it."""

    position: int
    number: int


class Behavior(NamedTuple):
    """A record or a batch, when the ledger had it (µs), and how long after that happened, or a batch's first item."""

    place: BehaviorPlace
    lag_us: int
    time: int
    event: Recorded | Anchored


class _Kept(Struct, frozen=True):
    event: Recorded | Anchored


def save_behaviors(connection: sqlite3.Connection, position: int, entry: Entry) -> None:
    """Fold one entry."""
    for number, event in enumerate(entry.receipt.events):
        if isinstance(event, Recorded | Anchored):
            happened_at = event.occurred_at if isinstance(event, Recorded) else event.first_at
            row = (event.member, position, number, entry.time - happened_at, entry.time, encode(_Kept(event)))
            connection.execute("INSERT OR REPLACE INTO behaviors VALUES (?, ?, ?, ?, ?, ?)", row)


def fetch_behaviors(
    connection: sqlite3.Connection, member: str, *, after: BehaviorPlace | None = None, limit: int = 50
) -> list[Behavior]:
    """Return a member's behaviors, newest first; `after` one of them."""
    rows = connection.execute(
        "SELECT position, number, lag_us, time, event FROM behaviors WHERE member = ? AND (position, number) < (?, ?) "
        "ORDER BY position DESC, number DESC LIMIT ?",
        (member, *(after or (2**62, 0)), limit),
    )
    return [
        Behavior(BehaviorPlace(position, number), lag_us, time, decode(_Kept, kept).event)
        for position, number, lag_us, time, kept in rows
    ]


def fetch_lags(connection: sqlite3.Connection, member: str) -> list[int]:
    """Return the lags (µs) of a member's latest behaviors, ascending."""
    rows = connection.execute(
        "SELECT lag_us FROM behaviors WHERE member = ? ORDER BY position DESC, number DESC LIMIT ?", (member, LAGS_MAX)
    )
    return sorted(int(lag_us) for (lag_us,) in rows)
