"""Performance: deliver, acknowledge or object; lateness, cure, breach and the end by the contract's own terms.

Normative text: spec/contracts.md CON-10 to CON-31 (paper rows R9, R10). A delivery is never fulfilled by the debtor's
word alone: it names a registered version that matches the obligation's evidence, and then needs every creditor's
acknowledgement or the end of the objection period. Everything that waits for time waits in the due-queue.

    waiting ──due──▶ grace ──grace ends──▶ curing ──cure ends──▶ breached
       └───────────────┴──────deliver────────┴──▶ delivered ──accepted──▶ kept (in time) or cured (late)
                                                   │     ▲
                                                objected └─delivered again, or the objection withdrawn
                                                   ▼     │
                                                   objected ──nobody resolves it──▶ lapsed
"""

from __future__ import annotations

from typing import Literal, get_args

from msgspec.structs import replace

from concordat.contracts.terms import ExactFile, MatchingTable, Obligation
from concordat.errors import Rejected
from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.context import Context
from concordat.protocol.families.contracts import (
    Acknowledge,
    Acknowledged,
    Breached,
    Cause,
    Completed,
    Deliver,
    Delivered,
    EndAsked,
    GraceBegan,
    Ground,
    Lapsed,
    Object,
    Objected,
    Resumed,
    Settled,
    Suspended,
    Terminate,
    Terminated,
)
from concordat.protocol.families.contracts.duties import (
    Place,
    close,
    end,
    get_holds,
    get_party_to,
    get_silent_creditors,
    is_held_up,
    read_subject,
    wait,
)
from concordat.protocol.records import FINAL_DUTY, IN_FORCE, Contract, Delivery, Duty, DutyStatus, Version
from concordat.protocol.state import State


def apply_deliver(context: Context, operation: Deliver) -> None:
    """CON-12, CON-14 to CON-20: hand over what was promised; the creditors' objection period begins."""
    member, place, duty, row = _get_duty(context, operation)
    if member != duty.debtor:
        raise Rejected("contracts.not_the_debtor", member, duty.debtor)
    if row.status not in {"waiting", "grace", "curing", "objected"}:
        raise Rejected("contracts.nothing_owed", operation.contract, operation.obligation, row.status)
    check_version(context.state, operation, duty)
    delivery = Delivery(operation.version, context.time)
    accepts_at = _get_acceptance_us(duty, delivery)
    first = context.time if row.delivered_at is None else row.delivered_at
    row = replace(row, delivery=delivery, delivered_at=first, accepted=(), objector=None)
    wait(context, place, row, "delivered", accepts_at)
    context.emit(Delivered(*place, member, duty.dataset, operation.version, accepts_at))


def check_version(state: State, operation: Deliver, duty: Obligation) -> None:
    """CON-15 to CON-20: the version is registered, not withdrawn, not used before, and what was agreed.

    Raises:
        Rejected: `contracts.*`, by the first of them that fails.
    """
    version = state.versions.get((duty.debtor, duty.dataset, operation.version))
    if version is None:
        raise Rejected("contracts.unknown_version", f"{duty.debtor}/{duty.dataset}", operation.version)
    if version.withdrawn_at is not None:
        raise Rejected("contracts.version_withdrawn", f"{duty.debtor}/{duty.dataset}", operation.version)
    _check_not_used(state, operation, duty, version)
    _check_evidence(duty, version)


def _check_not_used(state: State, operation: Deliver, duty: Obligation, version: Version) -> None:
    """CON-17: what was objected to is answered by a newer version; one version or table fulfills one obligation."""
    obligations = state.terms[(operation.contract,)].obligations
    for (_, number), row in state.duties.group(operation.contract):
        if row.delivery is None:
            continue
        other = (obligations[number - 1].debtor, obligations[number - 1].dataset, row.delivery.version)
        is_same_file = isinstance(duty.evidence, MatchingTable) and state.versions[other].digest == version.digest
        if number == operation.obligation:
            is_used = operation.version <= row.delivery.version
        else:
            is_used = is_same_file or other == (duty.debtor, duty.dataset, operation.version)
        if is_used:
            raise Rejected("contracts.version_used", operation.version, number)


def _check_evidence(duty: Obligation, version: Version) -> None:
    match duty.evidence:
        case ExactFile(digest=digest):
            if version.digest != digest:
                raise Rejected("contracts.digest_differs", version.digest.hex(), digest.hex())
        case MatchingTable(schema=schema, rows_min=rows_min):
            if version.schema != schema:
                raise Rejected("contracts.schema_differs", version.schema.hex(), schema.hex())
            if version.rows < rows_min:
                raise Rejected("contracts.too_few_rows", version.rows, rows_min)


def _get_acceptance_us(duty: Obligation, delivery: Delivery) -> int:
    """CON-25: from then on silence has accepted."""
    return delivery.time + duty.objection_days * DAY_US


def apply_acknowledge(context: Context, operation: Acknowledge) -> None:
    """CON-30, CON-31: every creditor accepts for itself; the objector does so by withdrawing its objection.

    While an objection stands silence accepts nothing; withdrawn after the period, it leaves the silence of the others.
    """
    member, place, duty, row, delivery = _get_delivered(context, operation)
    if row.objector is not None and row.objector != member:
        raise Rejected("contracts.objection_stands", operation.contract, operation.obligation, row.objector)
    if member in row.accepted:
        raise Rejected("contracts.already_acknowledged", member)
    row = replace(row, accepted=(*row.accepted, member), objector=None)
    left = len(get_silent_creditors(duty, row))
    accepts_at = _get_acceptance_us(duty, delivery)
    if left == 0 or accepts_at <= context.time:
        _settle(context, place, duty, row, member)
        _go_on(context, place[0])
    else:
        wait(context, place, row, "delivered", accepts_at)
        context.emit(Acknowledged(*place, member, left))


def apply_object(context: Context, operation: Object) -> None:
    """CON-26, CON-30, CON-32: the first objection says how long the debtor may deliver anew; none prolongs it."""
    member, place, duty, row, _ = _get_delivered(context, operation)
    if row.status != "delivered":
        raise Rejected("contracts.nothing_delivered", operation.contract, operation.obligation, row.status)
    if member in row.accepted:
        raise Rejected("contracts.already_acknowledged", member)
    if operation.ground not in get_grounds(duty):
        raise Rejected("contracts.ground_settled", operation.contract, operation.obligation, operation.ground)
    mend_by = row.mend_by
    if mend_by is None:
        mend_by = max(row.due, context.time + duty.grace_days * DAY_US) + duty.cure_days * DAY_US
    row = replace(row, objector=member, mend_by=mend_by)
    context.emit(Objected(*place, member, operation.ground, max(mend_by, context.time)))
    if mend_by > context.time:
        wait(context, place, row, "objected", mend_by)
    else:
        _lapse(context, place, duty, row)
    _go_on(context, operation.contract)


def get_grounds(duty: Obligation) -> tuple[Ground, ...]:
    """Return on which grounds a delivery may be objected to (CON-32)."""
    return ("not_received",) if isinstance(duty.evidence, ExactFile) else get_args(Ground)


def _get_delivered(context: Context, operation: Acknowledge | Object) -> tuple[str, Place, Obligation, Duty, Delivery]:
    """CON-13, CON-21."""
    member, place, duty, row = _get_duty(context, operation)
    if member not in duty.creditors:
        raise Rejected("contracts.not_a_creditor", member)
    if row.delivery is None or row.status not in {"delivered", "objected"}:
        raise Rejected("contracts.nothing_delivered", operation.contract, operation.obligation, row.status)
    return member, place, duty, row, row.delivery


def fire_accept(context: Context, subject: bytes) -> None:
    """Silence accepts, unless the delivery was replaced or objected to since."""
    if (found := _find_due(context, subject, "delivered")) is not None:
        _settle(context, *found, None)
        _go_on(context, found[0][0])


def _settle(context: Context, place: Place, duty: Obligation, row: Duty, member: str | None) -> None:
    """Close a fulfilled duty."""
    severity = compute_lateness(duty, row)
    close(context, place, row, "cured" if severity else "kept")
    context.emit(Settled(*place, duty.debtor, member, row.delivered_at or context.time, severity))


def compute_lateness(duty: Obligation, row: Duty) -> Literal[0, 1, 2]:
    """CON-25: 0 when first delivered in time, 1 within grace, 2 later. The clock says so, nobody's word."""
    delivered_at = row.due if row.delivered_at is None else row.delivered_at
    return 0 if delivered_at <= row.due else 1 if delivered_at <= row.due + duty.grace_days * DAY_US else 2


# ── lateness, cure, breach ──────────────────────────────────────────────────────────────────────────────────────────


def fire_late(context: Context, subject: bytes) -> None:
    """The deadline: what is still owed is late. While others alone hold the contract up, the deadline waits."""
    if (found := _find_due(context, subject, "waiting")) is None:
        return
    place, duty, row = found
    held = get_holds(context.state, place[0])
    later = max((until for holders, until in held if duty.debtor not in holders), default=context.time)
    if later > context.time:
        wait(context, place, replace(row, due=later), "waiting", later)
        return
    ends = context.time + duty.grace_days * DAY_US
    wait(context, place, row, "grace", ends)
    context.emit(GraceBegan(*place, duty.debtor, ends))


def fire_suspend(context: Context, subject: bytes) -> None:
    """Grace is over: the contract stops; the debtor may still cure."""
    if (found := _find_due(context, subject, "grace")) is not None:
        place, duty, row = found
        ends = context.time + duty.cure_days * DAY_US
        wait(context, place, row, "curing", ends)
        contract = context.state.contracts[(place[0],)]
        context.state.contracts.put((place[0],), replace(contract, status="suspended"))
        context.emit(Suspended(*place, duty.debtor, ends))


def fire_fail(context: Context, subject: bytes) -> None:
    """The cure period is over: breach, and the consequence the parties agreed on."""
    if (found := _find_due(context, subject, "curing")) is not None:
        place, duty, row = found
        _breach(context, place, duty, row, 2)
        if duty.consequence == "terminate":
            _terminate(context, place[0], "breach")
        else:
            _go_on(context, place[0])


def _breach(context: Context, place: Place, duty: Obligation, row: Duty, severity: Literal[1, 2]) -> None:
    close(context, place, row, "breached")
    context.emit(Breached(*place, duty.debtor, severity))


def fire_lapse(context: Context, subject: bytes) -> None:
    """CON-26: an objection that nobody resolved closes its duty alone, so that nobody is freed by objecting."""
    if (found := _find_due(context, subject, "objected")) is not None:
        _lapse(context, *found)
        _go_on(context, found[0][0])


def get_satisfied(state: State, place: Place) -> tuple[str, ...]:
    """Return the creditors of a closed duty that have what they were owed: all, or those that accepted (CRD-4)."""
    row = state.duties[place]
    return row.accepted if row.status == "lapsed" else state.terms[(place[0],)].obligations[place[1] - 1].creditors


def _lapse(context: Context, place: Place, duty: Obligation, row: Duty) -> None:
    """What one side says of the content is no negative (CRD-4); what the clock says of the time is."""
    close(context, place, row, "lapsed")
    context.emit(Lapsed(*place, duty.debtor, compute_lateness(duty, row)))


def apply_terminate(context: Context, operation: Terminate) -> None:
    """CON-10, CON-22: consent of all to end it as it stands; what was already late keeps its record."""
    member, contract, terms = get_party_to(context, operation.contract, "contracts")
    _check_in_force(operation.contract, contract)
    if member in contract.wants_end:
        raise Rejected("contracts.end_already_asked", member)
    wants_end = (*contract.wants_end, member)
    context.state.contracts.put((operation.contract,), replace(contract, wants_end=wants_end))
    context.emit(EndAsked(operation.contract, member, len(terms.parties) - len(wants_end)))
    if len(wants_end) == len(terms.parties):
        _terminate(context, operation.contract, "consent")


# ── shared steps ────────────────────────────────────────────────────────────────────────────────────────────────────


def _terminate(context: Context, number: int, cause: Cause) -> None:
    """CON-29: what is late stays late, what was delivered counts, and only what was not yet due is released."""
    obligations = context.state.terms[(number,)].obligations
    for place, row in context.state.duties.group(number):
        duty = obligations[place[1] - 1]
        match row.status:
            case "delivered":
                _settle(context, place, duty, row, None)
            case "objected":
                _lapse(context, place, duty, row)
            case "grace":
                _breach(context, place, duty, row, 1)
            case "curing":
                _breach(context, place, duty, row, 2)
            case "waiting":
                close(context, place, row, "released")
            case _:
                pass
    end(context, number, "terminated")
    context.emit(Terminated(number, cause))


def _go_on(context: Context, number: int) -> None:
    """After a duty closed: complete the contract, or resume it when nothing holds it up any more."""
    contract = context.state.contracts[(number,)]
    if all(row.status in FINAL_DUTY for _, row in context.state.duties.group(number)):
        end(context, number, "completed")
        context.emit(Completed(number))
    elif contract.status == "suspended" and not is_held_up(context.state, number):
        context.state.contracts.put((number,), replace(contract, status="active"))
        context.emit(Resumed(number))


def _check_in_force(number: int, contract: Contract) -> None:
    if contract.status not in IN_FORCE:
        raise Rejected("contracts.not_in_force", number, contract.status)


def _get_duty(context: Context, operation: Deliver | Acknowledge | Object) -> tuple[str, Place, Obligation, Duty]:
    """CON-6, CON-7, CON-10, CON-11."""
    place = (operation.contract, operation.obligation)
    member, contract, terms = get_party_to(context, operation.contract, "data")
    _check_in_force(operation.contract, contract)
    if operation.obligation > len(terms.obligations):
        raise Rejected("contracts.unknown_obligation", operation.obligation, len(terms.obligations))
    return member, place, terms.obligations[operation.obligation - 1], context.state.duties[place]


def _find_due(context: Context, subject: bytes, status: DutyStatus) -> tuple[Place, Obligation, Duty] | None:
    """Return the duty that a due item speaks of, unless it has left the status or waits longer since."""
    place = read_subject(subject)
    row = context.state.duties[place]
    if row.status != status or row.waits_until is None or row.waits_until > context.time:
        return None
    return place, context.state.terms[(place[0],)].obligations[place[1] - 1], row
