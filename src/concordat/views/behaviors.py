"""Behaviors, folded from history, with the lag of each: from what happened to the ledger."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from concordat.primitives.codec import Struct, decode, encode
from concordat.protocol.families.behaviors import Anchored, Recorded
from concordat.protocol.transactions import Entry

SCHEMA = """
CREATE TABLE IF NOT EXISTS behaviors (
    position INTEGER NOT NULL, number INTEGER NOT NULL, member TEXT NOT NULL, series TEXT, -- NULL for a record
    lag_us INTEGER NOT NULL, time INTEGER NOT NULL, event BLOB NOT NULL, PRIMARY KEY (position, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS behaviors_by_member ON behaviors (member, position, number, lag_us);
CREATE INDEX IF NOT EXISTS behaviors_by_series ON behaviors (member, series, position, number)
    WHERE series IS NOT NULL;
"""

LAGS_MAX: Final = 1000
"""A lag is told of so many of the latest behaviors."""


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


class Source(NamedTuple):
    """Of whom, and of which of its series, behaviors are asked for; None for all."""

    member: str | None = None
    series: str | None = None


def save_behaviors(connection: sqlite3.Connection, position: int, entry: Entry) -> None:
    """Fold one entry."""
    for number, event in enumerate(entry.receipt.events):
        if isinstance(event, Recorded | Anchored):
            happened_at = event.occurred_at if isinstance(event, Recorded) else event.first_at
            series = event.series if isinstance(event, Anchored) else None
            row = (position, number, event.member, series, entry.time - happened_at, entry.time, encode(_Kept(event)))
            connection.execute("INSERT OR REPLACE INTO behaviors VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def fetch_behaviors(
    connection: sqlite3.Connection, source: Source, *, after: BehaviorPlace | None = None, limit: int = 50
) -> list[Behavior]:
    """Return behaviors, newest first; `after` one of them."""
    which, given = _narrow(source)
    rows = connection.execute(
        f"SELECT position, number, lag_us, time, event FROM behaviors WHERE {which} (position, number) < (?, ?) "  # noqa: S608  # ours
        "ORDER BY position DESC, number DESC LIMIT ?",
        (*given, *(after or (2**62, 0)), limit),
    )
    return [
        Behavior(BehaviorPlace(position, number), lag_us, time, decode(_Kept, kept).event)
        for position, number, lag_us, time, kept in rows
    ]


def fetch_lags(connection: sqlite3.Connection, source: Source) -> list[int]:
    """Return the lags (µs) of the latest behaviors, ascending."""
    which, given = _narrow(source)
    rows = connection.execute(
        f"SELECT lag_us FROM behaviors WHERE {which} TRUE ORDER BY position DESC, number DESC LIMIT ?",  # noqa: S608  # ours
        (*given, LAGS_MAX),
    )
    return sorted(int(lag_us) for (lag_us,) in rows)


def _narrow(source: Source) -> tuple[str, tuple[str, ...]]:
    given = {name: value for name, value in source._asdict().items() if value is not None}
    return "".join(f"{name} = ? AND " for name in given), tuple(given.values())
