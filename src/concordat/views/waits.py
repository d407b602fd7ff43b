"""What waits for whom: signatures, deliveries, acknowledgements, sponsorships, attestations, votes. From the state."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from concordat.protocol.families.ballots.voting import is_eligible
from concordat.protocol.families.contracts.duties import get_silent_creditors
from concordat.protocol.records import AboutBallot, OfficerRole
from concordat.protocol.state import State

SCHEMA = """
CREATE TABLE IF NOT EXISTS waits (
    actor TEXT NOT NULL, about NOT NULL, action TEXT NOT NULL, obligation INTEGER NOT NULL, by INTEGER,
    otherwise TEXT NOT NULL, PRIMARY KEY (actor, about, action, obligation)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS waits_about ON waits (about, by);
"""

Action = Literal[
    "sign", "deliver", "deliver_again", "acknowledge", "sponsor", "guarantee", "attest", "respond", "answer",
    "answer_comment", "vote",
]  # fmt: skip
Otherwise = Literal[
    "offer_void", "late", "suspended", "breach_terminate", "breach_continue", "accepted", "lapses",
    "application_lapses", "expelled", "stays_out", "unanswered", "others_decide",
]  # fmt: skip

_BREACHES: Final[dict[str, Otherwise]] = {"terminate": "breach_terminate", "continue": "breach_continue"}

_OPEN: Final[dict[str, tuple[Action, Otherwise]]] = {
    "waiting": ("deliver", "late"),
    "grace": ("deliver", "suspended"),
    "curing": ("deliver", "breach_terminate"),
    "delivered": ("acknowledge", "accepted"),
    "objected": ("deliver_again", "lapses"),
}
"""What an open duty waits for, and what happens otherwise; a breach has the consequence agreed on."""


ACTION_ROLES: Final[dict[Action, OfficerRole]] = {
    "sign": "contracts",
    "deliver": "data",
    "deliver_again": "data",
    "acknowledge": "data",
    "sponsor": "admin",
    "guarantee": "admin",
    "attest": "admin",
    "respond": "admin",
    "answer": "admin",
    "answer_comment": "admin",
    "vote": "admin",
}
"""Which role it takes to do what a wait asks for."""


class Wait(NamedTuple):
    """Who should do what about a contract (its number), a member or a ballot (`#7`), by when (µs), and else what."""

    actor: str
    about: int | str
    action: Action
    obligation: int
    by: int | None
    otherwise: Otherwise


class WaitPlace(NamedTuple):
    """Where a wait stands among those of its actor."""

    by: int
    about: int | str
    obligation: int
    action: str


_NEVER: Final = 2**62


def get_place(wait: Wait) -> WaitPlace:
    """Return where a wait stands."""
    return WaitPlace(_NEVER if wait.by is None else wait.by, wait.about, wait.obligation, wait.action)


def find_contract_waits(state: State, number: int) -> Iterator[Wait]:
    """Yield what a contract waits for."""
    row, terms = state.contracts[(number,)], state.terms[(number,)]
    if row.status == "proposed":
        signed = {signature.member for signature in row.signatures}
        for party in terms.parties:
            if party not in signed:
                yield Wait(party, number, "sign", 0, terms.sign_by, "offer_void")
        return
    for key, duty in state.duties.group(number):
        place = int(key[1])
        if duty.status in _OPEN:
            obligation = terms.obligations[place - 1]
            action, otherwise = _OPEN[duty.status]
            if duty.status == "curing":
                otherwise = _BREACHES[obligation.consequence]
            is_delivered = duty.status == "delivered"
            for actor in get_silent_creditors(obligation, duty) if is_delivered else [obligation.debtor]:
                yield Wait(actor, number, action, place, duty.waits_until, otherwise)


def find_member_waits(state: State, member: str, verifiers: Iterable[str]) -> Iterator[Wait]:
    """Yield what an application, a hearing or a return waits for."""
    row = state.members[(member,)]
    if row.status == "applied" and row.sponsor is not None:
        yield Wait(row.sponsor, member, "sponsor", 0, row.lapses_at, "application_lapses")
    elif row.status == "reviewed":
        spoken = {attestation.verifier for attestation in row.attestations}
        for verifier in sorted(verifiers):
            if verifier not in spoken:
                yield Wait(verifier, member, "attest", 0, row.lapses_at, "application_lapses")
    elif row.status == "suspended":
        yield Wait(member, member, "respond", 0, row.hearing_ends, "expelled")
    elif row.status == "expelled" and row.guarantor is not None:
        yield Wait(row.guarantor, member, "guarantee", 0, None, "stays_out")


def find_objection_waits(state: State, member: str, number: int) -> Iterator[Wait]:
    """Yield what an objection against a member waits for; the wait is about `member/number`."""
    row = state.objections[(member, number)]
    if row.status == "open":
        action: Action = "answer_comment" if isinstance(row.about, AboutBallot) else "answer"
        yield Wait(member, f"{member}/{number}", action, 0, row.answer_by, "unanswered")


def name_ballot(number: int) -> str:
    """Return what a wait for a vote is about; no member is called so."""
    return f"#{number}"


def find_ballot_number(about: int | str) -> int:
    """Return the ballot that a wait is about; 0 when it is about something else."""
    return int(about[1:]) if isinstance(about, str) and about.startswith("#") else 0


def find_ballot_waits(state: State, number: int) -> Iterator[Wait]:
    """Yield whose votes a ballot waits for, also before voting begins."""
    ballot = state.ballots[(number,)]
    if ballot.status == "open":
        for (member,), row in state.members.items():
            if is_eligible(ballot, member, row) and (number, member) not in state.votes:
                yield Wait(member, name_ballot(number), "vote", 0, ballot.closes_at, "others_decide")


def drop_vote_wait(connection: sqlite3.Connection, number: int, member: str) -> None:
    """Let a ballot no longer wait for a member."""
    connection.execute("DELETE FROM waits WHERE actor = ? AND about = ?", (member, name_ballot(number)))


def save_waits(connection: sqlite3.Connection, about: int | str, waits: Iterable[Wait]) -> None:
    """Let these be all that waits about a contract or a member."""
    former = set(_fetch(connection, "about = ?", (about,)))
    wanted = set(waits)
    connection.executemany(
        "DELETE FROM waits WHERE actor = ? AND about = ? AND action = ? AND obligation = ?",
        [wait[:4] for wait in former - wanted],
    )
    connection.executemany("INSERT INTO waits VALUES (?, ?, ?, ?, ?, ?)", list(wanted - former))


def fetch_waits(
    connection: sqlite3.Connection,
    actor: str,
    roles: Iterable[OfficerRole],
    *,
    about: int | str | None = None,
    after: WaitPlace | None = None,
    limit: int = 50,
) -> list[Wait]:
    """Return what waits for a member and takes one of these roles, soonest first: all, about one thing, after one."""
    where, values = _choose(actor, roles)
    if about is not None:
        where, values = f"{where} AND about = ?", (*values, about)
    if after is not None:
        where = f"{where} AND (IFNULL(by, {_NEVER}), about, obligation, action) > (?, ?, ?, ?)"
        values = (*values, *after)
    return _fetch(connection, where, values, limit)


def count_waits(connection: sqlite3.Connection, actor: str, roles: Iterable[OfficerRole]) -> int:
    """Return how many things wait for a member and take one of these roles."""
    where, values = _choose(actor, roles)
    return int(connection.execute(f"SELECT COUNT(*) FROM waits WHERE {where}", values).fetchone()[0])  # noqa: S608  # ours


def _choose(actor: str, roles: Iterable[OfficerRole]) -> tuple[str, tuple[int | str, ...]]:
    held = frozenset(roles)
    actions = [action for action, role in ACTION_ROLES.items() if role in held]
    return f"actor = ? AND action IN ({', '.join('?' * len(actions))})", (actor, *actions)


def fetch_next(connection: sqlite3.Connection, number: int) -> Wait | None:
    """Return what a contract waits for first."""
    found = _fetch(connection, "about = ?", (number,), 1)
    return found[0] if found else None


def _fetch(connection: sqlite3.Connection, where: str, values: tuple[int | str, ...], limit: int = -1) -> list[Wait]:
    rows = connection.execute(
        f"SELECT actor, about, action, obligation, by, otherwise FROM waits WHERE {where} "  # noqa: S608  # ours
        f"ORDER BY IFNULL(by, {_NEVER}), about, obligation, action, actor LIMIT ?",
        (*values, limit),
    )
    return [Wait(*row) for row in rows]
