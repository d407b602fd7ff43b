"""Credit: records of what was kept and broken, scores and grades, the epoch close, the exit rule.

Normative text: spec/credit.md (paper rows R11, R12). Nobody signs a credit operation: records follow from adjudicated
facts that other families report through the transition, and the epoch close follows from the due-queue.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Literal

from msgspec.structs import replace

from concordat.contracts.terms import Obligation
from concordat.credit.evidence import Evidence, add_change, append_record, fold_evidence
from concordat.credit.exits import GRAVE, is_by_score_condition, is_by_strikes_condition
from concordat.credit.grades import compute_grade, settle_grade
from concordat.credit.reach import compute_reached
from concordat.credit.records import (
    Record,
    RecordId,
    compute_days_late,
    compute_size_milli,
    compute_timeliness,
    make_negative,
    make_performance,
)
from concordat.credit.rulebook import RULEBOOK
from concordat.credit.score import compute_faded_score, compute_score, is_counted, is_live
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import MemberId, Milli, Natural
from concordat.primitives.ledger_time import EPOCH_WEEKS, WEEK_US, compute_week
from concordat.protocol.context import DUE_CLOSE, DUE_EPOCH, Context
from concordat.protocol.records import Flow, Limb, Member
from concordat.protocol.standing import is_admitted
from concordat.protocol.state import State

FLOW_WEEKS = 51
"""Settled volume counts towards reach while it is at most this old (CRD-14)."""


class Recorded(Struct, frozen=True, tag="credit.recorded"):
    """A record was appended: a performance (severity 0) or a breach. `number` is the last part of its id."""

    member: MemberId
    counterparty: MemberId
    severity: Natural
    contract: Natural
    clause: Natural
    number: Natural


class Changed(Struct, frozen=True, tag="credit.changed"):
    """A published score or grade moved."""

    member: MemberId
    score: Milli
    confidence: Milli
    grade: str


class ExitDue(Struct, frozen=True, tag="credit.exit_due"):
    """A limb of the exit rule is met: "score" or "strikes"."""

    member: MemberId
    limb: Limb


class EpochClosed(Struct, frozen=True, tag="credit.epoch_closed"):
    """An epoch of four weeks closed: weights, scores and grades were settled."""

    epoch: Natural
    reached: Natural


Event = Recorded | Changed | ExitDue | EpochClosed


# ── records ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def append_delivery(
    context: Context, contract: int, clause: int, creditors: Sequence[str], severity: Literal[0, 1, 2]
) -> None:
    """CRD-3, CRD-4: a performance for each of these creditors; beside them a minor or general breach when it was late.

    Of what lapsed these are who had accepted: the objection of one takes nothing from what the debtor did for others.
    """
    duty = context.state.terms[(contract,)].obligations[clause - 1]
    row = context.state.duties[(contract, clause)]
    week = compute_week(context.time, context.genesis_us)
    timeliness = compute_timeliness(compute_days_late(row.due, row.delivered_at or row.due))
    count = len(duty.creditors)
    size_milli = compute_size_milli(duty.size, _get_full_size(context.state, contract), is_negative=False) // count
    for creditor in creditors:
        record = make_performance(
            _next_id(context),
            week=week,
            subject=duty.debtor,
            counterparty=creditor,
            marks=(1000, timeliness, None),
            size_milli=size_milli,
            weight_milli=_get_weight(context.state, creditor, duty.debtor),
            contract=contract,
            clause=clause,
        )
        _append(context, record)
        _add_flow(context.state, (week, creditor, duty.debtor), duty.size // count)
    if severity:
        append_negative(context, contract, clause, severity)


def _add_flow(state: State, key: tuple[int, str, str], units: int) -> None:
    """CRD-14: what counts for reach; kin do not lift each other."""
    _, creditor, debtor = key
    if units and not _are_kin(state, creditor, debtor):
        flow = state.flows.get(key)
        state.flows.put(key, Flow((flow.units if flow else 0) + units))


def append_breach(context: Context, contract: int, clause: int, severity: Literal[1, 2]) -> None:
    """CRD-4: never settled: as late as it was, and serious instead of general when the obligation was large."""
    duty = context.state.terms[(contract,)].obligations[clause - 1]
    size_milli = compute_size_milli(duty.size, _get_full_size(context.state, contract), is_negative=False)
    is_serious = severity == 2 and size_milli >= RULEBOOK.serious_size_milli
    append_negative(context, contract, clause, 3 if is_serious else severity)


def append_negative(context: Context, contract: int, clause: int, severity: Literal[1, 2, 3]) -> None:
    """CRD-4: one record; of what was late and never agreed on the lateness alone is one."""
    duty = context.state.terms[(contract,)].obligations[clause - 1]
    week = compute_week(context.time, context.genesis_us)
    creditor = _get_witness(context.state, duty, week)
    record = make_negative(
        _next_id(context),
        week=week,
        subject=duty.debtor,
        counterparty=creditor,
        channel="F",
        severity=severity,
        size_milli=compute_size_milli(duty.size, _get_full_size(context.state, contract), is_negative=True),
        weight_milli=_get_weight(context.state, creditor, duty.debtor),
        contract=contract,
        clause=clause,
    )
    _append(context, record)


def _get_full_size(state: State, contract: int) -> int:
    return state.contracts[(contract,)].full_size_units


def _get_witness(state: State, duty: Obligation, week: int) -> str:
    """CRD-4: one breach is one record, so it names one creditor: one of those independent of the debtor, in turn.

    Were it the first named, a debtor would put its own child first and never be corroborated against; were it always
    the same of several, whoever breaks its word to the same creditors again and again would not be either.
    """
    left = [name for name in duty.creditors if _are_independent(state, name, duty.debtor)] or list(duty.creditors)
    for record in reversed(get_evidence(state, duty.debtor).negatives):
        if len(left) == 1:
            break
        if record.counterparty in left and record.severity >= GRAVE and is_live(record, week):
            left.remove(record.counterparty)
    return left[0]


def _next_id(context: Context) -> RecordId:
    number = next((event.number + 1 for event in reversed(context.events) if isinstance(event, Recorded)), 0)
    return (context.height, context.index, context.operation, number)


def _append(context: Context, record: Record) -> None:
    key = (record.subject, record.height, record.index, record.operation, record.number)
    context.state.records.put(key, record)
    context.emit(
        Recorded(record.subject, record.counterparty, record.severity, record.contract, record.clause, record.number)
    )


def _get_weight(state: State, member: str, towards: str) -> int:
    """CRD-5: a member's weight as a counterparty; none between kin, who would lift each other."""
    return 0 if _are_kin(state, member, towards) else state.credits[(member,)].weight_milli


def _are_kin(state: State, one: str, other: str) -> bool:
    """CRD-14: one is the other's parent, or both have the same one."""
    parents = (state.members[(one,)].parent, state.members[(other,)].parent)
    return other == parents[0] or one == parents[1] or (parents[0] is not None and parents[0] == parents[1])


# ── score, grade, exit ──────────────────────────────────────────────────────────────────────────────────────────────


def get_records(state: State, member: str) -> list[Record]:
    """Return a member's records in ledger order."""
    return [record for _, record in state.records.group(member)]


def get_evidence(state: State, member: str) -> Evidence:
    """Return what a member's records come to; what was summed when it was last asked is not summed again."""
    held = state.evidence.get(member)
    rows = [] if held is None else state.records.tail(member, held.count - 1)
    if held is None or not rows or rows[0] is not held.newest:  # the first time, or records were dropped or undone
        held = state.evidence[member] = fold_evidence(get_records(state, member))
    else:
        for record in rows[1:]:
            add_change(held.buckets, append_record(held, record))
    return held


def publish(context: Context) -> None:
    """CRD-9: once an entry, the score of everybody of whom it made records."""
    subjects: dict[str, bool] = {}
    for event in context.events:
        if isinstance(event, Recorded):
            subjects[event.member] = subjects.get(event.member, False) or event.severity > 0
    for member, has_new_negative in subjects.items():
        _publish(context, member, has_new_negative=has_new_negative)


def _publish(context: Context, member: str, *, has_new_negative: bool) -> None:
    """CRD-9: a fall acts with the record that causes it; a rise waits for the epoch close."""
    evidence = get_evidence(context.state, member)
    week = compute_week(context.time, context.genesis_us)
    _settle(context, member, evidence, week, "negative" if has_new_negative else "performance")
    row = context.state.members[(member,)]
    if (
        has_new_negative
        and row.status == "active"
        and is_by_strikes_condition(evidence.negatives, week, _admitted(row), partial(_are_independent, context.state))
    ):
        context.emit(ExitDue(member, "strikes"))


def _settle(
    context: Context,
    member: str,
    evidence: Evidence,
    week: int,
    occasion: Literal["performance", "negative", "close"],
) -> None:
    held = context.state.credits[(member,)]
    score = compute_faded_score(evidence, week)
    has_negative = any(is_live(record, week) for record in evidence.negatives)
    computed = compute_grade(score, has_live_negative=has_negative, held=held.grade)
    settled = settle_grade(held.grade, computed, at_close=occasion == "close")
    grade = held.grade if occasion == "performance" else settled
    context.state.credits.put((member,), replace(held, score=score, grade=grade, week=week))
    if (score.score, score.confidence, grade) != (held.score.score, held.score.confidence, held.grade):
        context.emit(Changed(member, score.score, score.confidence, grade))


def _admitted(row: Member) -> RecordId:
    return (*row.admitted_entry, 0, 0)


def _are_independent(state: State, first: str, second: str) -> bool:
    """CRD-13: two members, neither sponsor, guarantor, parent nor child of the other.

    A predecessor is not among them: it never consented to be named, and would be kept from speaking by a stranger.
    """
    return first != second and not (_names(state, first, second) or _names(state, second, first))


def _names(state: State, one: str, other: str) -> bool:
    row = state.members[(one,)]
    guarantor = None if row.status == "expelled" else row.guarantor  # merely asked, it has not given its word
    return other in (row.sponsor, row.parent, guarantor)


# ── the epoch close ─────────────────────────────────────────────────────────────────────────────────────────────────


def schedule_epoch(context: Context, epoch: int) -> None:
    """CRD-1: an epoch closes first thing in the week after its four; genesis schedules number 0."""
    closes = context.genesis_us + EPOCH_WEEKS * (epoch + 1) * WEEK_US
    context.schedule(closes, DUE_EPOCH, epoch.to_bytes(8, "big"))


def fire_epoch(context: Context, subject: bytes) -> None:
    """CRD-8, CRD-14: set the weights at t = 4(n+1), then let each member that has records close."""
    epoch = int.from_bytes(subject, "big")
    _drop_old_flows(context.state, EPOCH_WEEKS * (epoch + 1))
    reached = set(_get_reached(context.state))
    for (member,), credit in context.state.credits.items():
        weight = 1000 if member in reached else 0
        if credit.weight_milli != weight:
            context.state.credits.put((member,), replace(credit, weight_milli=weight))
        if context.state.records.tail(member, -1):
            context.schedule(context.time, DUE_CLOSE, subject + member.encode())
    context.emit(EpochClosed(epoch, len(reached)))
    schedule_epoch(context, epoch + 1)


def fire_close(context: Context, subject: bytes) -> None:
    """CRD-7 to CRD-9, CRD-11: one member's close, so that no block has to close them all; old records are dropped."""
    week = EPOCH_WEEKS * (int.from_bytes(subject[:8], "big") + 1)
    member = subject[8:].decode()
    for key, record in context.state.records.group(member):
        if not is_counted(record, week):
            context.state.records.delete(key)
    evidence = get_evidence(context.state, member)
    _settle(context, member, evidence, week, "close")
    row, credit = context.state.members[(member,)], context.state.credits[(member,)]
    are_independent = partial(_are_independent, context.state)
    is_below = row.status == "active" and is_by_score_condition(
        credit.score, evidence.negatives, week, _admitted(row), are_independent
    )
    closes = credit.closes_below + 1 if is_below else 0
    if closes >= RULEBOOK.score_exit.closes:
        closes = 0
        context.emit(ExitDue(member, "score"))
    context.state.credits.put((member,), replace(credit, closes_below=closes))


def _drop_old_flows(state: State, week: int) -> None:
    for key, _ in list(state.flows.items()):
        if week - key[0] > FLOW_WEEKS:
            state.flows.delete(key)


def _get_reached(state: State) -> tuple[str, ...]:
    """CRD-14: who is reached from the seeds."""
    seeds = [member for (member,), row in state.members.items() if "seed" in row.roles and is_admitted(row)]
    edges = [(creditor, debtor, flow.units) for (_, creditor, debtor), flow in state.flows.items()]
    return compute_reached(seeds, edges)


def find_broken_invariants(state: State) -> Iterator[str]:
    """CRD-INV-1: only admitted members have records. CRD-INV-2: the published score is the records' score."""
    for (member,), credit in state.credits.items():
        if compute_score(get_records(state, member), credit.week) != credit.score:
            yield f"CRD-INV-2: {member}"
    for key, record in state.records.items():
        if (record.subject,) not in state.credits or key[0] != record.subject:
            yield f"CRD-INV-1: {record.subject}"
