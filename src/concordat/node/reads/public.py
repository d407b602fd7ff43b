"""What everybody may read, signed in or not: how members perform, and which contracts are in force.

Default deny: each answer is made of the fields that `PUBLIC_FIELDS` names, and of nothing else. No key, no person, no
code of a legal identity, no dossier, no applicant, and no contract that is offered, declined or over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from concordat.client.operations import show_record_id
from concordat.contracts.text import Language
from concordat.credit.records import get_record_id
from concordat.errors import NotFound
from concordat.node.node import Node
from concordat.node.reads.ballots import get_ballot
from concordat.node.reads.behaviors import get_lag
from concordat.node.reads.members import get_turns, summarize_members
from concordat.node.reads.objections import find_comments, list_objections, tell_objection
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.families.credit import get_records
from concordat.protocol.records import IN_FORCE
from concordat.protocol.standing import is_open_to_citizens
from concordat.protocol.state import State
from concordat.views.behaviors import Source
from concordat.views.lists import fetch_broken, fetch_ever_admitted, fetch_in_force, fetch_performance

PUBLIC_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "member": ("id", "name", "kind", "roles", "status", "score", "confidence", "grade", "kept", "late", "broken"),
    "turn": ("what", "time", "guarantor"),
    "contract": ("id", "title", "parties"),
    "party": ("id", "name"),
    "objection": ("objection", "objector", "entry", "record", "ballot", "filed_at", "answer_by", "status", "closed_at"),
    "ballot": (
        *("id", "motion", "sentence", "reason", "opener", "status", "outcome", "opened_at", "opens_at", "closes_at"),
        *("ended_at", "electorate", "cast", "yes", "no", "abstain"),
    ),
    "lag": ("count", "p50_ms", "p95_ms"),
    "breach": ("contract", "obligation", "time", "record"),
}
"""What of each thing is public (spec/http.md HTTP-40)."""

BREACHED_CONTRACTS_MAX: Final = 10
"""Of so many contracts a member's page names the broken obligations, the newest first; the number counts all."""


OBJECTIONS_MAX: Final = 10
"""So many of the newest objections stand on a member's page."""


def list_public_members(node: Node, *, after: str | None = None, limit: int = 50) -> list[Json]:
    """Whoever is a member or was one, by identifier, with its published credit and what it kept and broke."""
    with node.reading_index() as index:
        members = fetch_ever_admitted(index, after=after, limit=limit)
    return _tell_members(node, members)


def _tell_members(node: Node, members: list[str]) -> list[Json]:
    with node.reading_index() as index:
        counts = {member: fetch_performance(index, member)._asdict() for member in members}
    return [_narrow("member", row | counts[row["id"]]) for row in summarize_members(node, members)]


def check_public_member(node: Node, member: str) -> None:
    """Refuse whoever never was a member, applicants too.

    Raises:
        NotFound: `read.no_such_member`.
    """
    with node.engine.lock:
        row = node.application.state.members.get((member,))
    if row is None or row.admitted_at is None:
        raise NotFound("read.no_such_member", member)


def get_public_member(node: Node, member: str, *, after: int | None = None, limit: int = 50) -> Json:
    """One member: credit, what it kept and broke, since when it takes part, its contracts in force (`after` one).

    Raises:
        NotFound: `read.no_such_member`.
    """
    check_public_member(node, member)
    with node.reading_index() as index:
        broken = fetch_broken(index, member, BREACHED_CONTRACTS_MAX)
    with node.engine.lock:
        breaches = list(_find_breaches(node.application.state, member, broken))
    told: dict[str, Json] = _tell_members(node, [member])[0]
    told["turns"] = [_narrow("turn", turn) for turn in get_turns(node, member)]
    told["breaches"] = breaches
    told["lag"] = _narrow("lag", get_lag(node, Source(member)))
    told["objections"] = [
        _narrow("objection", row) for row in list_objections(node, member, limit=OBJECTIONS_MAX)
    ]
    told["contracts"] = list_public_contracts(node, member=member, after=after, limit=limit)
    return told


def list_public_ballots(
    node: Node, language: Language, *, after: int | None = None, limit: int = 50
) -> list[Json]:
    """Ballots about rules and offices, newest first (BAL-21)."""
    with node.engine.lock:
        ballots = node.application.state.ballots
        last = len(ballots) if after is None else min(after - 1, len(ballots))
        numbers = (n for n in range(last, 0, -1) if is_open_to_citizens(ballots[(n,)].motion))
        found = list(islice(numbers, limit))
    return [_narrow("ballot", get_ballot(node, number, language, limit=0)) for number in found]


def get_public_ballot(node: Node, number: int, language: Language) -> Json:
    """One of them, with its newest comments: when, by which clock, answered or not; never a word.

    Raises:
        NotFound: `read.no_such_ballot`; the same of a ballot that is the members' own.
    """
    with node.engine.lock:
        row = node.application.state.ballots.get((number,))
    if row is None or not is_open_to_citizens(row.motion):
        raise NotFound("read.no_such_ballot", str(number))
    found = get_ballot(node, number, language, limit=0)
    comments = find_comments(node, number, limit=OBJECTIONS_MAX)
    told = [_narrow("objection", tell_objection(node, place, comment)) for place, comment in comments]
    return _narrow("ballot", found) | {"rules": found["rules"], "next": found["next"], "comments": told}


def _find_breaches(state: State, member: str, contracts: Iterable[int]) -> Iterator[Json]:
    records = {(row.contract, row.clause): row for row in get_records(state, member) if row.severity}
    for contract in contracts:
        obligations = state.terms[(contract,)].obligations
        for key, duty in state.duties.group(contract):
            place = int(key[1])
            if duty.status == "breached" and obligations[place - 1].debtor == member and duty.settled_at is not None:
                row = records.get((contract, place))
                record = None if row is None else show_record_id(get_record_id(row))
                time = format_time(duty.settled_at)
                yield {"contract": contract, "obligation": place, "time": time, "record": record}


def list_public_contracts(
    node: Node, *, member: str | None = None, after: int | None = None, limit: int = 50
) -> list[Json]:
    """Contracts in force by title and parties, newest first: all, or those of one member."""
    with node.reading_index() as index:
        numbers = fetch_in_force(index, member=member, after=after, limit=limit)
    with node.engine.lock:
        state = node.application.state
        found = [
            (number, terms.title, [(party, state.members[(party,)].name) for party in terms.parties])
            for number in numbers
            if state.contracts[(number,)].status in IN_FORCE
            for terms in [state.terms[(number,)]]
        ]
    return [
        {
            "id": number,
            "title": to_plain(title),
            "parties": [{"id": party, "name": to_plain(name)} for party, name in parties],
        }
        for number, title, parties in found
    ]


def _narrow(kind: str, row: Mapping[str, Json]) -> dict[str, Json]:
    return {name: row[name] for name in PUBLIC_FIELDS[kind]}
