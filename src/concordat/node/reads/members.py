"""Members: lists, one member, and the reasons for its credit."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from concordat.contracts.text import Language
from concordat.credit.records import Record, RecordId, get_record_id
from concordat.credit.rulebook import RULEBOOK
from concordat.credit.score import DECAYS, NEWCOMER, Reason, compute_reasons
from concordat.errors import NotFound
from concordat.node.node import Node
from concordat.node.reads.chain import get_names
from concordat.primitives.codec import Struct, decode
from concordat.primitives.ledger_time import WEEK_US, format_time
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.families.credit import get_records
from concordat.protocol.families.membership import ALL_ROLES, Readmitted
from concordat.protocol.records import Credit, Member
from concordat.protocol.standing import count_kept_since_return, get_limit_units, is_in_standing, is_on_return
from concordat.protocol.state import State
from concordat.protocol.transactions import Entry, get_happened_at
from concordat.views.history import TURNS, IndexedEntry, fetch_entries, fetch_times
from concordat.views.lists import fetch_names, fetch_namesakes, fetch_partners
from concordat.wording.sentences import render

TURNS_MAX: Final = 50

_LOCK: Final = threading.Lock()


def list_members(node: Node, *, after: str | None = None, limit: int = 50, query: str = "") -> list[Json]:
    """Members and applicants by identifier, with status, score and grade: all, or those that a text is found in."""
    with node.reading_index() as index:
        members = fetch_names(index, "member", after=after, limit=limit, query=query)
    return summarize_members(node, members)


def summarize_members(node: Node, members: Iterable[str]) -> list[Json]:
    """Return status, score and grade of each."""
    with node.engine.lock:
        state = node.application.state
        rows = [(member, state.members[(member,)], state.credits.get((member,))) for member in members]
    return [_summarize(*row) for row in rows]


def _summarize(member: str, row: Member, credit: Credit | None) -> dict[str, Json]:
    return {
        "id": member,
        "name": to_plain(row.name),
        "kind": row.kind,
        "roles": list(row.roles),
        "status": row.status,
        "score": credit.score.score if credit else None,
        "confidence": credit.score.confidence if credit else None,
        "grade": credit.grade if credit else None,
    }


def get_member(node: Node, member: str) -> Json:
    """One member: identity, keys, attestations, standing, limits, partners, `namesakes` whose names read alike.

    `turns` tell when it came in, was forced out and returned; `return_limit` what a return still limits.

    Raises:
        NotFound: `read.no_such_member`.
    """
    with node.reading_index() as index:
        partners = fetch_partners(index, member)
        namesakes = fetch_namesakes(index, member)
        turns = fetch_entries(index, link=("standing", member), limit=TURNS_MAX)
    with node.engine.lock:
        state = node.application.state
        row = state.members.get((member,))
        if row is None:
            raise NotFound("read.no_such_member", member)
        credit = state.credits.get((member,))
        officers = [_tell_officer(state, key, node.engine.fetch_time()) for key in row.officers]
        verify_k = state.get_params().verify_k
        if row.admitted_at is not None:  # whoever merely applies under such a name says nothing about a member
            namesakes = [other for other in namesakes if state.members[(other,)].admitted_at is not None]
        limit_units = _get_limit_units(node, member)
        return_limit = _get_return_limit(node, member, row)
    plain: dict[str, Json] = to_plain(row)
    plain |= _summarize(member, row, credit)
    plain["did"] = f"did:concordat:{node.chain.id.hex()[:16]}:{member}"
    plain["officers"] = officers
    plain["verify_k"] = verify_k
    plain["limit_units"] = limit_units
    plain["return_limit"] = return_limit
    plain["turns"] = _tell_turns(member, row, turns)
    plain["namesakes"] = namesakes
    plain["may_return_at"] = None
    if row.status == "expelled" and row.expelled_at is not None:
        plain["may_return_at"] = format_time(row.expelled_at + RULEBOOK.return_after_weeks * WEEK_US)
    plain["partners"] = [{"member": pair.second, "contracts": pair.contracts} for pair in partners]
    return plain


def _tell_officer(state: State, key: bytes, now_us: int) -> Json:
    """Return an officer's roles for good, those until a time, and in whose place it acts or will act."""
    grants = [(role, state.grants.get((key, role))) for role in ALL_ROLES]
    return {
        "public_key": key.hex(),
        "roles": list(state.officers[(key,)].roles),
        "grants": [
            {"role": role, "until": format_time(row.valid_until)}
            for role, row in grants
            if row is not None and now_us < row.valid_until
        ],
        "delegations": [
            {
                "in_place_of": delegator.hex(),
                "roles": list(row.roles),
                "from": format_time(row.valid_from),
                "until": format_time(row.valid_until),
            }
            for (_, delegator), row in state.delegations.group(key)
            if now_us < row.valid_until
        ],
    }


def get_turns(node: Node, member: str) -> list[Json]:
    """Tell when a member came in, was forced out and returned, oldest first."""
    with node.reading_index() as index:
        turns = fetch_entries(index, link=("standing", member), limit=TURNS_MAX)
    with node.engine.lock:
        row = node.application.state.members[(member,)]
    return _tell_turns(member, row, turns)


def _tell_turns(member: str, row: Member, entries: list[IndexedEntry]) -> list[Json]:
    """Return when a member came in, went and returned, oldest first, each `what` with its time and entry."""
    turns: list[Json] = []
    for indexed in reversed(entries):
        entry = decode(Entry, indexed.leaf)
        for event in entry.receipt.events:
            if isinstance(event, TURNS) and event.member == member:
                guarantor = event.guarantor if isinstance(event, Readmitted) else None
                turns.append(_make_turn(_get_what(event), get_happened_at(entry), indexed.position, guarantor))
    if row.admitted_at is not None and (not turns or turns[0]["what"] != "admitted"):
        turns.insert(0, _make_turn("founded", row.applied_at, None, None))
    return turns


def _get_what(event: Struct) -> str:
    return str(event.__struct_config__.tag).removeprefix("membership.")


def _make_turn(what: str, time_us: int, position: int | None, guarantor: str | None) -> Json:
    return {"what": what, "time": format_time(time_us), "position": position, "guarantor": guarantor}


def _get_return_limit(node: Node, member: str, row: Member) -> Json:
    """Return the limit that a return still sets, None when there is none (CRD-13); the caller holds the lock."""
    state = node.application.state
    if row.returned_at is None or not is_on_return(state, member, row, node.application.time):
        return None
    return {
        "limit_milli": RULEBOOK.return_limit_milli,
        "until": format_time(row.returned_at + RULEBOOK.return_weeks * WEEK_US),
        "kept": count_kept_since_return(state, member, row),
        "kept_min": RULEBOOK.return_performances,
    }


def _get_limit_units(node: Node, member: str) -> int:
    """Return the largest contract that a member may sign today, 0 outside good standing; the caller holds the lock."""
    state = node.application.state
    if not is_in_standing(state.members[(member,)]):
        return 0
    return get_limit_units(state, member, node.application.time)


class CreditSums(NamedTuple):
    """How many records count for a member and how many against it, and what they come to in points."""

    kept: int
    kept_delta: int
    broken: int
    broken_delta: int


def sum_credit(node: Node, member: str) -> CreditSums:
    """Return what a member's records come to, all of them."""
    with node.engine.lock:
        credit = node.application.state.credits[(member,)]
        found = get_records(node.application.state, member)
    breaches = {get_record_id(record) for record in found if record.severity}
    deltas: tuple[list[int], list[int]] = ([], [])
    for reason in get_reasons(tuple(found), credit.week):
        deltas[reason.record in breaches].append(reason.delta)
    kept, broken = deltas
    return CreditSums(len(kept), sum(kept), len(broken), sum(broken))


def get_credit(node: Node, member: str, language: Language, *, largest: int | None = None) -> Json:
    """A member's score and the reason for every point: `newcomer` plus all deltas is the score.

    With `largest` only so many reasons of what was kept, and of what was broken: those that move most.

    Raises:
        NotFound: `read.no_credit`.
    """
    with node.engine.lock:
        state = node.application.state
        credit = state.credits.get((member,))
        if credit is None:
            raise NotFound("read.no_credit", member)
        found = get_records(state, member)
        limit_units = _get_limit_units(node, member)
        full_size_units = state.get_params().full_size_units
    records = {get_record_id(record): record for record in found}
    reasons = get_reasons(tuple(found), credit.week)
    if largest is not None:
        reasons = _choose_largest(reasons, records, largest)
    positions = {
        reason.record: node.application.sizes[reason.record[0] - 1] + reason.record[1] for reason in reasons
    }
    with node.reading_index() as index:
        times = fetch_times(index, set(positions.values()))
    names = get_names(node, language)
    return {
        "member": member,
        "newcomer": NEWCOMER.score,
        "score": credit.score.score,
        "confidence": credit.score.confidence,
        "grade": credit.grade,
        "week": credit.week,
        "weight_milli": credit.weight_milli,
        "closes_below": credit.closes_below,
        "limit_units": limit_units,
        "full_size_units": full_size_units,
        "rulebook": node.chain.genesis.rulebook.hex(),
        "reasons": [
            {"position": positions[reason.record], "time": format_time(times[positions[reason.record]])}
            | _make_reason(node, reason, records[reason.record], language, names)
            for reason in reasons
        ],
    }


def _choose_largest(
    reasons: tuple[Reason, ...], records: Mapping[RecordId, Record], limit: int
) -> tuple[Reason, ...]:
    falling = sorted(reasons, key=lambda reason: -abs(reason.delta))
    kept = [reason for reason in falling if not records[reason.record].severity]
    broken = [reason for reason in falling if records[reason.record].severity]
    return (*kept[:limit], *broken[:limit])


def get_reasons(records: tuple[Record, ...], week: int) -> tuple[Reason, ...]:
    """Return `compute_reasons` of one member's records, computed once however often it is asked for.

    Every share of a pair's quarter is rounded for itself, so each further performance of the quarter is compared with
    every value that it displaces in a week: 16 000 of one pair take seconds when all have values of their own. One
    thread does that at a time, the others find it done.
    """
    with _LOCK:
        return _keep_reasons(records, week)


@lru_cache(maxsize=32)
def _keep_reasons(records: tuple[Record, ...], week: int) -> tuple[Reason, ...]:
    return compute_reasons(records, week)


def _make_reason(node: Node, reason: Reason, record: Record, language: Language, names: Mapping[str, str]) -> Json:
    decay = DECAYS[record.severity]
    start = node.chain.genesis.start_time
    return {
        "record": dict(zip(("height", "index", "operation", "number"), reason.record, strict=True)),
        "sentence": render(
            f"event.credit.recorded{'.breach' if record.severity else ''}",
            language,
            names=names,
            member=record.subject,
            severity=record.severity,
            counterparty=record.counterparty,
            contract=record.contract,
            clause=record.clause,
        ),
        "delta": reason.delta,
        "score_without": reason.score_without,
        "severity": record.severity,
        "counterparty": record.counterparty,
        "contract": record.contract,
        "clause": record.clause,
        "half_life_weeks": decay.half_life_weeks,
        "expires": format_time(start + (record.week + decay.expiry_weeks + 1) * WEEK_US),
    }
