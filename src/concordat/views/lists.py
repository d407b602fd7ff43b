"""What lists, search and totals show: members, contracts, datasets and ballots by what they are looked up by. SQLite.

Only what orders, finds and counts stands here; what a page shows of a thing is in the state, by its key.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

SCHEMA = """
CREATE TABLE IF NOT EXISTS listed (height INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS things (
    kind TEXT NOT NULL, id NOT NULL, status TEXT NOT NULL, score INTEGER, done INTEGER NOT NULL, total INTEGER NOT NULL,
    breached INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS contracts_in_force ON things (id DESC)
    WHERE kind = 'contract' AND status IN ('active', 'suspended');
CREATE INDEX IF NOT EXISTS ballots_open ON things (id DESC) WHERE kind = 'ballot' AND status = 'open';
CREATE INDEX IF NOT EXISTS members_by_score ON things (score DESC, id) WHERE score IS NOT NULL;
CREATE TABLE IF NOT EXISTS totals (
    kind TEXT NOT NULL, status TEXT NOT NULL, number INTEGER NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL,
    breached INTEGER NOT NULL, PRIMARY KEY (kind, status)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parties (
    member TEXT NOT NULL, contract INTEGER NOT NULL, PRIMARY KEY (member, contract)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS performances (
    member TEXT NOT NULL, contract INTEGER NOT NULL, kept INTEGER NOT NULL, late INTEGER NOT NULL,
    broken INTEGER NOT NULL, PRIMARY KEY (member, contract)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS skeletons (
    skeleton TEXT NOT NULL, member TEXT NOT NULL, PRIMARY KEY (skeleton, member)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS skeletons_by_member ON skeletons (member);
CREATE TABLE IF NOT EXISTS pairs (
    first TEXT NOT NULL, second TEXT NOT NULL, contracts INTEGER NOT NULL, in_force INTEGER NOT NULL,
    suspended INTEGER NOT NULL, PRIMARY KEY (first, second)
) WITHOUT ROWID;
"""


ENDED_WITH_BREACHES: Final = "ended_with_breaches"
"""How lists count a contract that is completed on the ledger although a duty of it was breached."""


def compute_outcome(status: str, breached: int) -> str:
    """Return the status under which lists count a contract of which `breached` duties were breached."""
    return ENDED_WITH_BREACHES if status == "completed" and breached else status


class Total(NamedTuple):
    """How many things of a kind have a status, and what they sum up to.

    Members: `done` are admitted. Contracts: `done` of `total` duties are closed, `breached` of these by a breach; a
    completed contract with a breach has the status `ENDED_WITH_BREACHES`. Datasets: `total` versions.
    Ballots: `done` of `total` voted.
    """

    kind: str
    status: str
    number: int
    done: int
    total: int
    breached: int


class Pair(NamedTuple):
    """Two members, the contracts to which both are parties, and how many of these run or are suspended."""

    first: str
    second: str
    contracts: int
    in_force: int
    suspended: int


class Performance(NamedTuple):
    """What became of the obligations that a member owed: kept in time, kept late, broken."""

    kept: int
    late: int
    broken: int


def fetch_names(
    connection: sqlite3.Connection,
    kind: Literal["member", "dataset"],
    *,
    after: str | None = None,
    limit: int = 50,
    query: str = "",
) -> list[str]:
    """Return identifiers in their order: all, or those that a text is found in."""
    rows = connection.execute(
        "SELECT id FROM things WHERE kind = ? AND id > ? AND instr(text, ?) ORDER BY id LIMIT ?",
        (kind, after or "", query.casefold(), limit),
    )
    return [str(row[0]) for row in rows]


def fetch_numbers(
    connection: sqlite3.Connection,
    *,
    member: str | None = None,
    after: int | None = None,
    limit: int = 50,
    query: str = "",
) -> list[int]:
    """Return contracts, newest first: all, those of a member, or those that a text is found in."""
    ceiling = 2**62 if after is None else after
    if member is not None:
        rows = connection.execute(
            "SELECT contract FROM parties WHERE member = ? AND contract < ? ORDER BY contract DESC LIMIT ?",
            (member, ceiling, limit),
        )
    else:
        rows = connection.execute(
            "SELECT id FROM things WHERE kind = 'contract' AND id < ? AND instr(text, ?) ORDER BY id DESC LIMIT ?",
            (ceiling, query.casefold(), limit),
        )
    return [int(row[0]) for row in rows]


def fetch_ballots(
    connection: sqlite3.Connection, *, is_open: bool | None = None, after: int | None = None, limit: int = 50
) -> list[int]:
    """Return ballots, newest first: all, those that are open, or those that have ended."""
    which = {None: "", True: "AND status = 'open' ", False: "AND status <> 'open' "}[is_open]
    rows = connection.execute(
        f"SELECT id FROM things WHERE kind = 'ballot' AND id < ? {which}ORDER BY id DESC LIMIT ?",  # noqa: S608  # ours
        (2**62 if after is None else after, limit),
    )
    return [int(row[0]) for row in rows]


def fetch_mapped(connection: sqlite3.Connection, limit: int) -> list[str]:
    """Return by identifier who is on the map: members, former ones and applicants, but for those that were refused."""
    rows = connection.execute(
        "SELECT id FROM things WHERE kind = 'member' AND status NOT IN ('refused', 'lapsed') ORDER BY id LIMIT ?",
        (limit,),
    )
    return [str(row[0]) for row in rows]


def fetch_ever_admitted(connection: sqlite3.Connection, *, after: str | None = None, limit: int = 50) -> list[str]:
    """Return by identifier who is a member or was one; an applicant is neither."""
    rows = connection.execute(
        "SELECT id FROM things WHERE kind = 'member' AND id > ? AND status IN ('active', 'suspended', 'expelled') "
        "ORDER BY id LIMIT ?",
        (after or "", limit),
    )
    return [str(row[0]) for row in rows]


def fetch_in_force(
    connection: sqlite3.Connection, *, member: str | None = None, after: int | None = None, limit: int = 50
) -> list[int]:
    """Return the contracts whose duties bind, newest first: all, or those of a member."""
    ceiling = 2**62 if after is None else after
    if member is None:
        rows = connection.execute(
            "SELECT id FROM things WHERE kind = 'contract' AND status IN ('active', 'suspended') AND id < ? "
            "ORDER BY id DESC LIMIT ?",
            (ceiling, limit),
        )
    else:
        rows = connection.execute(
            # The plus takes the column's type away, for which SQLite would look at every contract: `id` has none.
            "SELECT contract FROM parties JOIN things ON kind = 'contract' AND id = +contract "
            "WHERE member = ? AND contract < ? AND status IN ('active', 'suspended') ORDER BY contract DESC LIMIT ?",
            (member, ceiling, limit),
        )
    return [int(row[0]) for row in rows]


def fetch_performance(connection: sqlite3.Connection, member: str) -> Performance:
    """Return what a member kept and broke, over all its contracts."""
    row = connection.execute(
        "SELECT total(kept), total(late), total(broken) FROM performances WHERE member = ?", (member,)
    ).fetchone()
    return Performance(*(int(each) for each in row))


def fetch_broken(connection: sqlite3.Connection, member: str, limit: int) -> list[int]:
    """Return the contracts of which a member broke an obligation, newest first."""
    rows = connection.execute(
        "SELECT contract FROM performances WHERE member = ? AND broken > 0 ORDER BY contract DESC LIMIT ?",
        (member, limit),
    )
    return [int(row[0]) for row in rows]


def fetch_best(connection: sqlite3.Connection, limit: int) -> list[str]:
    """Return the members of the highest scores."""
    rows = connection.execute("SELECT id FROM things WHERE score IS NOT NULL ORDER BY score DESC, id LIMIT ?", (limit,))
    return [str(row[0]) for row in rows]


def fetch_namesakes(connection: sqlite3.Connection, member: str, limit: int = 10) -> list[str]:
    """Return the others whose name reads like the member's, in either language; failed applications do not count."""
    rows = connection.execute(
        "SELECT DISTINCT other.member FROM skeletons AS own JOIN skeletons AS other USING (skeleton) "
        "WHERE own.member = ? AND other.member <> own.member ORDER BY other.member LIMIT ?",
        (member, limit),
    )
    return [str(row[0]) for row in rows]


def fetch_totals(connection: sqlite3.Connection) -> list[Total]:
    """Return the sums of all that is listed."""
    return [Total(*row) for row in connection.execute("SELECT kind, status, number, done, total, breached FROM totals")]


def fetch_partners(connection: sqlite3.Connection, member: str, limit: int = 50) -> list[Pair]:
    """Return with whom a member has contracts, most contracts first."""
    rows = connection.execute(
        "SELECT * FROM pairs WHERE first = ? ORDER BY contracts DESC, second LIMIT ?", (member, limit)
    )
    return [Pair(*row) for row in rows]


def fetch_running_pairs(connection: sqlite3.Connection, members: Iterable[str]) -> list[Pair]:
    """Return the pairs among few members between whom a contract runs, each once."""
    names = tuple(members)
    marks = ", ".join("?" * len(names))
    rows = connection.execute(
        f"SELECT * FROM pairs WHERE first IN ({marks}) AND second IN ({marks}) AND first < second "  # noqa: S608  # marks
        "AND in_force + suspended > 0 ORDER BY first, second",
        (*names, *names),
    )
    return [Pair(*row) for row in rows]
