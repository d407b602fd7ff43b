"""Folding the state into lists, totals and waits: after each block what it changed, or everything anew."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import permutations
from typing import Literal, NamedTuple

from concordat.primitives.codec import decode
from concordat.primitives.identifiers import Label
from concordat.protocol.families.membership.admission import FAILED
from concordat.protocol.records import FINAL_DUTY, Member
from concordat.protocol.standing import is_admitted
from concordat.protocol.state import State
from concordat.views.likeness import compute_skeleton
from concordat.views.lists import compute_outcome, fetch_ballots
from concordat.views.waits import (
    drop_vote_wait,
    find_ballot_waits,
    find_contract_waits,
    find_member_waits,
    find_objection_waits,
    name_ballot,
    save_waits,
)
from concordat.views.writing import writing


class Touched(NamedTuple):
    """What a block changed, or everything there is."""

    members: set[str]
    contracts: set[int]
    datasets: set[tuple[str, str]]
    objections: set[tuple[str, int]]
    ballots: set[int]
    votes: set[tuple[int, str]]


_Totals = defaultdict[tuple[str, str], list[int]]
"""By kind and status: what is added to number, done, total and breached."""


class _Thing(NamedTuple):
    kind: Literal["member", "contract", "dataset", "ballot"]
    id: int | str
    status: str
    score: int | None
    done: int
    total: int
    breached: int
    text: str
    """What search looks through, folded."""


def find_touched(state: State, keys: Iterable[bytes]) -> Touched:
    """Return what the rows at these keys of the state tree belong to."""
    touched = Touched(set(), set(), set(), set(), set(), set())
    for key in keys:
        number, rest = key[0], key[1:]
        if number in {state.members.number, state.credits.number}:
            touched.members.add(decode(state.members.key_kind, rest)[0])
        elif number == state.contracts.number:
            touched.contracts.add(decode(state.contracts.key_kind, rest)[0])
        elif number == state.duties.number:
            touched.contracts.add(decode(state.duties.key_kind, rest)[0])
        elif number == state.datasets.number:
            touched.datasets.add(decode(state.datasets.key_kind, rest))
        elif number == state.objections.number:
            touched.objections.add(decode(state.objections.key_kind, rest))
        elif number == state.ballots.number:
            touched.ballots.add(decode(state.ballots.key_kind, rest)[0])
        elif number == state.votes.number:
            touched.votes.add(decode(state.votes.key_kind, rest))
    return touched


def find_all(state: State) -> Touched:
    """Return everything that is listed."""
    return Touched(
        {str(key[0]) for key, _ in state.members.items()},
        {int(key[0]) for key, _ in state.contracts.items()},
        {(str(key[0]), str(key[1])) for key, _ in state.datasets.items()},
        {(str(key[0]), int(key[1])) for key, _ in state.objections.items()},
        {int(key[0]) for key, _ in state.ballots.items()},
        set(),
    )


def get_listed_height(connection: sqlite3.Connection) -> int | None:
    """Return the height of the state that the lists show, None before the first."""
    row = connection.execute("SELECT height FROM listed").fetchone()
    return None if row is None else int(row[0])


def refresh_lists(
    connection: sqlite3.Connection, state: State, touched: Touched, verifiers: Iterable[str], height: int
) -> None:
    """Bring the rows of what was touched up to the state at `height`."""
    with writing(connection):
        _refresh(connection, state, touched, verifiers)
        connection.execute("UPDATE listed SET height = ?", (height,))


def rebuild_lists(connection: sqlite3.Connection, state: State, verifiers: Iterable[str], height: int) -> None:
    """Fold all of the state at `height`."""
    with writing(connection):
        for table in ("things", "totals", "performances", "skeletons", "parties", "pairs", "waits", "listed"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608  # ours
        _refresh(connection, state, find_all(state), verifiers)
        connection.execute("INSERT INTO listed VALUES (?)", (height,))


def _refresh(connection: sqlite3.Connection, state: State, touched: Touched, verifiers: Iterable[str]) -> None:
    totals: _Totals = defaultdict(lambda: [0, 0, 0, 0])
    changed: set[int] = set()
    for member in touched.members:
        thing = _make_member(state, member)
        if _save_thing(connection, thing, totals) not in {None, thing.status}:  # who may vote has changed
            changed |= set(fetch_ballots(connection, is_open=True, limit=-1))
        _save_skeletons(connection, member, state.members[(member,)])
        save_waits(connection, member, find_member_waits(state, member, verifiers))
    for number in touched.contracts:
        thing = _make_contract(state, number)
        former = _save_thing(connection, thing, totals)
        if former != thing.status:
            _save_parties(connection, state.terms[(number,)].parties, number, former, thing.status)
        _save_performances(connection, state, number)
        save_waits(connection, number, find_contract_waits(state, number))
    for key in touched.datasets:
        _save_thing(connection, _make_dataset(state, key), totals)
    for number in touched.ballots:
        thing = _make_ballot(state, number)
        if _save_thing(connection, thing, totals) != thing.status:
            changed.add(number)
    for number, member in touched.votes:
        drop_vote_wait(connection, number, member)
    for number in changed:
        save_waits(connection, name_ballot(number), find_ballot_waits(state, number))
    for objected in touched.objections:
        save_waits(connection, "/".join(map(str, objected)), find_objection_waits(state, *objected))
    connection.executemany(
        "INSERT INTO totals VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "number = number + excluded.number, done = done + excluded.done, total = total + excluded.total, "
        "breached = breached + excluded.breached",
        [(*name, *changes) for name, changes in totals.items()],
    )
    connection.execute("DELETE FROM totals WHERE number = 0")


def _make_member(state: State, member: str) -> _Thing:
    row, credit = state.members[(member,)], state.credits.get((member,))
    is_in = is_admitted(row)
    score = credit.score.score if credit and is_in else None
    return _Thing("member", member, row.status, score, int(is_in), 0, 0, _fold(member, row.name))


def _make_contract(state: State, number: int) -> _Thing:
    row, terms = state.contracts[(number,)], state.terms[(number,)]
    closed = [duty.status for _, duty in state.duties.group(number) if duty.status in FINAL_DUTY]
    breached, total = closed.count("breached"), len(terms.obligations)
    status = compute_outcome(row.status, breached)
    return _Thing("contract", number, status, None, len(closed), total, breached, _fold("", terms.title))


def _make_dataset(state: State, key: tuple[str, str]) -> _Thing:
    row = state.datasets[key]
    return _Thing("dataset", "/".join(key), "", None, 0, row.latest, 0, _fold(key[1], row.title))


def _make_ballot(state: State, number: int) -> _Thing:
    row = state.ballots[(number,)]
    done = row.yes + row.no + row.abstain
    return _Thing("ballot", number, row.status, None, done, row.electorate, 0, row.reason.casefold())


def _fold(name: str, label: Label) -> str:
    return f"{name}\n{label.en}\n{label.zh}".casefold()


def _save_thing(connection: sqlite3.Connection, thing: _Thing, totals: _Totals) -> str | None:
    """Write a row and count what it changes; return its former status, None when it is new."""
    former = connection.execute(
        "SELECT status, done, total, breached FROM things WHERE kind = ? AND id = ?", (thing.kind, thing.id)
    ).fetchone()
    connection.execute("INSERT OR REPLACE INTO things VALUES (?, ?, ?, ?, ?, ?, ?, ?)", thing)
    for sign, row in ((1, (thing.status, thing.done, thing.total, thing.breached)), (-1, former)):
        if row is not None:
            for column, value in enumerate((1, *row[1:])):
                totals[(thing.kind, row[0])][column] += sign * value
    return None if former is None else str(former[0])


def _save_skeletons(connection: sqlite3.Connection, member: str, row: Member) -> None:
    names = set() if row.status in FAILED else {compute_skeleton(name) for name in (row.name.en, row.name.zh)} - {""}
    connection.execute("DELETE FROM skeletons WHERE member = ?", (member,))
    connection.executemany("INSERT INTO skeletons VALUES (?, ?)", [(name, member) for name in sorted(names)])


def _save_performances(connection: sqlite3.Connection, state: State, number: int) -> None:
    obligations = state.terms[(number,)].obligations
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for key, duty in state.duties.group(number):
        if duty.status in {"kept", "cured", "breached"}:
            counts[obligations[int(key[1]) - 1].debtor][duty.status] += 1
    rows = [(member, number, count["kept"], count["cured"], count["breached"]) for member, count in counts.items()]
    connection.executemany("INSERT OR REPLACE INTO performances VALUES (?, ?, ?, ?, ?)", rows)


def _save_parties(
    connection: sqlite3.Connection, parties: Iterable[str], number: int, former: str | None, status: str
) -> None:
    changes = (
        int(former is None),
        (status == "active") - (former == "active"),
        (status == "suspended") - (former == "suspended"),
    )
    if former is None:
        connection.executemany("INSERT INTO parties VALUES (?, ?)", [(member, number) for member in parties])
    connection.executemany(
        "INSERT INTO pairs VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "contracts = contracts + excluded.contracts, in_force = in_force + excluded.in_force, "
        "suspended = suspended + excluded.suspended",
        [(*pair, *changes) for pair in permutations(parties, 2)],
    )
