"""Contracts: propose, sign, judge, deliver, acknowledge or object; lateness, cure, breach and the end by own terms.

Normative text: spec/contracts.md (paper rows R7–R10). A delivery is never fulfilled by the debtor's word alone: it
names a registered version that matches the obligation's evidence, and then needs the creditors' acknowledgement or the
end of their objection period. Everything that waits for time waits in the due-queue.

    waiting ──due──▶ grace ──grace ends──▶ curing ──cure ends──▶ breached
       └───────────────┴──────deliver────────┴──▶ delivered ──accepted──▶ kept (in time) or cured (late)
                                                     └──objected──▶ objected ──deliver──▶ delivered, or lapsed
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec.structs import replace

from concordat.contracts.judge import Party, judge
from concordat.contracts.terms import ExactFile, MatchingTable, Obligation, Terms
from concordat.contracts.text import compute_document_digest
from concordat.errors import InvariantBroken, Rejected
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import DatasetName, Digest, MemberId, Natural, Positive, ShortText, TimeUs
from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.context import (
    DUE_ACCEPT,
    DUE_EXPIRE,
    DUE_FAIL,
    DUE_LAPSE,
    DUE_LATE,
    DUE_SUSPEND,
    Context,
    get_signer,
)
from concordat.protocol.receipts import Rejection
from concordat.protocol.records import (
    FINAL_DUTY,
    Contract,
    Counter,
    Delivery,
    Duty,
    PartySignature,
    Version,
)
from concordat.protocol.standing import get_limit_units, is_admitted, is_in_standing
from concordat.protocol.state import State

Ground = Literal["incomplete", "wrong_content", "wrong_period", "not_received"]


class Propose(Struct, frozen=True, tag="contracts.propose"):
    """Offer terms; the ledger judges them and gives the contract its number."""

    terms: Terms


class Sign(Struct, frozen=True, tag="contracts.sign"):
    """Assent to the exact document read (CON-3)."""

    contract: Positive
    document: Digest


class Decline(Struct, frozen=True, tag="contracts.decline"):
    """A party will not sign; never a record (credit §2.1)."""

    contract: Positive
    reason: ShortText


class Deliver(Struct, frozen=True, tag="contracts.deliver"):
    """The debtor hands over a registered version for one obligation."""

    contract: Positive
    obligation: Positive
    version: Positive


class Acknowledge(Struct, frozen=True, tag="contracts.acknowledge"):
    """A creditor accepts a delivery, or drops its own objection."""

    contract: Positive
    obligation: Positive


class Object(Struct, frozen=True, tag="contracts.object"):
    """A creditor objects to a delivery within its period; `statement` commits to the grounds in full."""

    contract: Positive
    obligation: Positive
    ground: Ground
    statement: Digest


class Terminate(Struct, frozen=True, tag="contracts.terminate"):
    """A party asks to end the contract; when all have asked, it ends without a breach."""

    contract: Positive


class Proposed(Struct, frozen=True, tag="contracts.proposed"):
    """An offer was judged valid and waits for signatures."""

    contract: Positive
    proposer: MemberId


class Signed(Struct, frozen=True, tag="contracts.signed"):
    """A party signed; `left` parties have not."""

    contract: Positive
    member: MemberId
    left: Natural


class Activated(Struct, frozen=True, tag="contracts.activated"):
    """All have signed and the judge found the contract valid again: it is in force."""

    contract: Positive


class Declined(Struct, frozen=True, tag="contracts.declined"):
    """A party declined; the offer is over."""

    contract: Positive
    member: MemberId


class Expired(Struct, frozen=True, tag="contracts.expired"):
    """Not all signed in time; the offer is void."""

    contract: Positive


class Delivered(Struct, frozen=True, tag="contracts.delivered"):
    """A matching version was handed over; silence accepts it at `accepts_at`."""

    contract: Positive
    obligation: Positive
    debtor: MemberId
    dataset: DatasetName
    version: Positive
    accepts_at: TimeUs


class Objected(Struct, frozen=True, tag="contracts.objected"):
    """A creditor objected; the debtor may deliver again until `until`."""

    contract: Positive
    obligation: Positive
    member: MemberId
    ground: Ground
    until: TimeUs


class Settled(Struct, frozen=True, tag="contracts.settled"):
    """An obligation was fulfilled: accepted by `member`, or by silence when empty; severity 0 in time, 1 or 2 late."""

    contract: Positive
    obligation: Positive
    debtor: MemberId
    member: MemberId | None
    delivered_at: TimeUs
    severity: Literal[0, 1, 2]


class GraceBegan(Struct, frozen=True, tag="contracts.grace_began"):
    """A deadline passed without a delivery; until `ends` the debtor is merely late."""

    contract: Positive
    obligation: Positive
    debtor: MemberId
    ends: TimeUs


class Suspended(Struct, frozen=True, tag="contracts.suspended"):
    """Grace passed: the contract stops until the duty is cured or `ends` comes."""

    contract: Positive
    obligation: Positive
    debtor: MemberId
    ends: TimeUs


class Resumed(Struct, frozen=True, tag="contracts.resumed"):
    """Every late duty was cured or closed; the contract goes on."""

    contract: Positive


class Breached(Struct, frozen=True, tag="contracts.breached"):
    """The cure period passed without a delivery."""

    contract: Positive
    obligation: Positive
    debtor: MemberId


class Lapsed(Struct, frozen=True, tag="contracts.lapsed"):
    """An objection was never resolved; nobody is held to have broken anything."""

    contract: Positive
    obligation: Positive


class Terminated(Struct, frozen=True, tag="contracts.terminated"):
    """The contract ended early: "breach", "dispute" or "consent"; open duties are released."""

    contract: Positive
    cause: Literal["breach", "dispute", "consent"]


class EndAsked(Struct, frozen=True, tag="contracts.end_asked"):
    """A party asked to end the contract; `left` parties have not."""

    contract: Positive
    member: MemberId
    left: Natural


class Completed(Struct, frozen=True, tag="contracts.completed"):
    """Every obligation is closed."""

    contract: Positive


Operation = Propose | Sign | Decline | Deliver | Acknowledge | Object | Terminate
Event = (
    Proposed
    | Signed
    | Activated
    | Declined
    | Expired
    | Delivered
    | Objected
    | Settled
    | GraceBegan
    | Suspended
    | Resumed
    | Breached
    | Lapsed
    | Terminated
    | EndAsked
    | Completed
)

REJECTIONS = (
    Rejection("contracts.proposer_not_party", "CON-1", may_succeed_later=False),
    Rejection("contracts.unknown", "CON-6", may_succeed_later=True),
    Rejection("contracts.not_a_party", "CON-7", may_succeed_later=False),
    Rejection("contracts.not_open_for_signature", "CON-8", may_succeed_later=False),
    Rejection("contracts.document_differs", "CON-3", may_succeed_later=False),
    Rejection("contracts.already_signed", "CON-9", may_succeed_later=False),
    Rejection("contracts.invalid", "CON-5", may_succeed_later=True),
    Rejection("contracts.not_in_force", "CON-10", may_succeed_later=True),
    Rejection("contracts.unknown_obligation", "CON-11", may_succeed_later=False),
    Rejection("contracts.not_the_debtor", "CON-12", may_succeed_later=False),
    Rejection("contracts.not_a_creditor", "CON-13", may_succeed_later=False),
    Rejection("contracts.nothing_owed", "CON-14", may_succeed_later=False),
    Rejection("contracts.unknown_version", "CON-15", may_succeed_later=True),
    Rejection("contracts.version_withdrawn", "CON-16", may_succeed_later=False),
    Rejection("contracts.version_used", "CON-17", may_succeed_later=False),
    Rejection("contracts.digest_differs", "CON-18", may_succeed_later=False),
    Rejection("contracts.schema_differs", "CON-19", may_succeed_later=False),
    Rejection("contracts.too_few_rows", "CON-20", may_succeed_later=False),
    Rejection("contracts.nothing_delivered", "CON-21", may_succeed_later=True),
    Rejection("contracts.end_already_asked", "CON-22", may_succeed_later=False),
)


# ── offer and signature ─────────────────────────────────────────────────────────────────────────────────────────────


def check_valid(context: Context, terms: Terms) -> None:
    """CON-5: the judge lists every reason (paper row R8)."""
    reasons = judge(terms, get_judged_parties(context, terms), context.time)
    if reasons:
        raise Rejected("contracts.invalid", reasons=reasons)


def get_judged_parties(context: Context, terms: Terms) -> dict[str, Party | None]:
    """Return what the ledger knows of everybody whom the terms name."""
    names = (*terms.parties, *(name for duty in terms.obligations for name in (duty.debtor, *duty.creditors)))
    return {name: _get_party(context, name) for name in names}


def _get_party(context: Context, member: str) -> Party | None:
    row = context.state.members.get((member,))
    if row is None or not is_admitted(row):
        return None
    limit_units = get_limit_units(context.state, member, context.time)
    return Party(is_admitted=True, is_in_standing=is_in_standing(row), limit_units=limit_units)


def apply_propose(context: Context, operation: Propose) -> None:
    """CON-1, CON-5: a party offers valid terms; proposing is not yet signing."""
    proposer, _ = get_signer(context, "contracts")
    if proposer not in operation.terms.parties:
        raise Rejected("contracts.proposer_not_party", proposer)
    check_valid(context, operation.terms)
    state = context.state
    number = (state.counters.get(("contracts",)) or Counter(0)).last + 1
    state.counters.put(("contracts",), Counter(number))
    state.terms.put((number,), operation.terms)
    state.contracts.put(
        (number,),
        Contract(
            document=compute_document_digest(operation.terms),
            proposer=proposer,
            status="proposed",
            proposed_at=context.time,
            signatures=(),
            activated_at=None,
            ended_at=None,
            wants_end=(),
        ),
    )
    context.schedule(operation.terms.sign_by, DUE_EXPIRE, _subject(number, 0))
    context.emit(Proposed(number, proposer))


def check_sign(context: Context, operation: Sign) -> tuple[str, Contract]:
    """CON-3, CON-6 to CON-9; returns the signing party and the contract."""
    member, contract, terms = _get_party_to(context, operation.contract)
    if contract.status != "proposed":
        raise Rejected("contracts.not_open_for_signature", operation.contract, contract.status)
    if operation.document != contract.document:
        raise Rejected("contracts.document_differs", operation.document.hex(), contract.document.hex())
    if any(signature.member == member for signature in contract.signatures):
        raise Rejected("contracts.already_signed", member)
    if len(contract.signatures) + 1 == len(terms.parties):
        check_valid(context, terms)
    return member, contract


def apply_sign(context: Context, operation: Sign) -> None:
    """The last signature puts the contract in force, judged once more on that day."""
    member, contract = check_sign(context, operation)
    terms = context.state.terms[(operation.contract,)]
    signatures = (*contract.signatures, PartySignature(member, context.public_key, context.time))
    left = len(terms.parties) - len(signatures)
    context.emit(Signed(operation.contract, member, left))
    contract = replace(contract, signatures=signatures)
    if left == 0:
        contract = replace(contract, status="active", activated_at=context.time)
        for number, duty in enumerate(terms.obligations, start=1):
            context.state.duties.put((operation.contract, number), Duty("waiting", duty.due, None, 0, None))
            context.schedule(duty.due, DUE_LATE, _subject(operation.contract, number))
        context.emit(Activated(operation.contract))
    context.state.contracts.put((operation.contract,), contract)


def apply_decline(context: Context, operation: Decline) -> None:
    """CON-6 to CON-8: refusing to sign is never a record."""
    member, contract, _ = _get_party_to(context, operation.contract)
    if contract.status != "proposed":
        raise Rejected("contracts.not_open_for_signature", operation.contract, contract.status)
    _end(context, operation.contract, contract, "declined")
    context.emit(Declined(operation.contract, member))


def fire_expire(context: Context, subject: bytes) -> None:
    """An offer not signed by all in time is void."""
    number, _ = _read_subject(subject)
    contract = context.state.contracts[(number,)]
    if contract.status == "proposed":
        _end(context, number, contract, "expired")
        context.emit(Expired(number))


# ── performance ─────────────────────────────────────────────────────────────────────────────────────────────────────


def check_deliver(context: Context, operation: Deliver) -> tuple[str, Obligation, Duty]:
    """CON-6, CON-7, CON-10 to CON-20: the version must be what was promised."""
    member, duty, row = _get_duty(context, operation.contract, operation.obligation, role="data")
    if member != duty.debtor:
        raise Rejected("contracts.not_the_debtor", member, duty.debtor)
    if row.status not in {"waiting", "grace", "curing", "objected"}:
        raise Rejected("contracts.nothing_owed", operation.contract, operation.obligation, row.status)
    version = context.state.versions.get((member, duty.dataset, operation.version))
    if version is None:
        raise Rejected("contracts.unknown_version", f"{member}/{duty.dataset}", operation.version)
    if version.withdrawn_at is not None:
        raise Rejected("contracts.version_withdrawn", f"{member}/{duty.dataset}", operation.version)
    _check_not_used(context.state, operation, duty)
    _check_evidence(duty, version)
    return member, duty, row


def _check_not_used(state: State, operation: Deliver, duty: Obligation) -> None:
    """CON-17: one version fulfills one obligation of a contract; an objected version is not delivered again."""
    terms = state.terms[(operation.contract,)]
    for (_, number), row in state.duties.group(operation.contract):
        other = terms.obligations[int(number) - 1]
        if (
            (other.debtor, other.dataset) == (duty.debtor, duty.dataset)
            and row.delivery is not None
            and row.delivery.version == operation.version
        ):
            raise Rejected("contracts.version_used", operation.version, int(number))


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


def apply_deliver(context: Context, operation: Deliver) -> None:
    """Hand over; the creditors' objection period begins."""
    member, duty, row = check_deliver(context, operation)
    accepts_at = context.time + duty.objection_days * DAY_US
    delivery = Delivery(operation.version, context.time)
    context.state.duties.put(
        (operation.contract, operation.obligation), replace(row, status="delivered", delivery=delivery)
    )
    context.schedule(accepts_at, DUE_ACCEPT, _subject(operation.contract, operation.obligation))
    context.emit(
        Delivered(operation.contract, operation.obligation, member, duty.dataset, operation.version, accepts_at)
    )


def apply_acknowledge(context: Context, operation: Acknowledge) -> None:
    """CON-13, CON-21: a creditor accepts; one creditor's word is enough, since each may object until then."""
    member, duty, row = _get_duty(context, operation.contract, operation.obligation, role="data")
    if member not in duty.creditors:
        raise Rejected("contracts.not_a_creditor", member)
    if row.status not in {"delivered", "objected"}:
        raise Rejected("contracts.nothing_delivered", operation.contract, operation.obligation, row.status)
    _settle(context, operation.contract, operation.obligation, duty, row, member)


def apply_object(context: Context, operation: Object) -> None:
    """CON-13, CON-21, CON-26: who delivered in time gets one grace period anew; a late delivery stays late.

    An objection that nobody resolves lapses without a record.
    """
    member, duty, row = _get_duty(context, operation.contract, operation.obligation, role="data")
    if member not in duty.creditors:
        raise Rejected("contracts.not_a_creditor", member)
    if row.status != "delivered":
        raise Rejected("contracts.nothing_delivered", operation.contract, operation.obligation, row.status)
    objections = row.objections + 1
    extended = max(row.due, context.time + duty.grace_days * DAY_US)
    until = extended + duty.cure_days * DAY_US
    was_in_time = row.delivery is not None and row.delivery.time <= row.due
    context.state.duties.put(
        (operation.contract, operation.obligation),
        replace(row, status="objected", due=extended if was_in_time else row.due, objections=objections),
    )
    subject = _subject(operation.contract, operation.obligation) + objections.to_bytes(8, "big")
    context.schedule(until, DUE_LAPSE, subject)
    context.emit(Objected(operation.contract, operation.obligation, member, operation.ground, until))
    _go_on(context, operation.contract)


def fire_accept(context: Context, subject: bytes) -> None:
    """Silence accepts, unless the delivery was replaced or objected to since."""
    number, obligation = _read_subject(subject)
    row = context.state.duties[(number, obligation)]
    duty = context.state.terms[(number,)].obligations[obligation - 1]
    if (
        row.status == "delivered"
        and row.delivery is not None
        and row.delivery.time + duty.objection_days * DAY_US <= context.time
    ):
        _settle(context, number, obligation, duty, row, None)


def _settle(
    context: Context, number: int, obligation: int, duty: Obligation, row: Duty, member: str | None
) -> None:
    """Close a fulfilled duty; how late it was is measured at its delivery, not at its acceptance."""
    delivered_at = row.delivery.time if row.delivery else context.time
    grace_ends = row.due + duty.grace_days * DAY_US
    severity: Literal[0, 1, 2] = 0 if delivered_at <= row.due else 1 if delivered_at <= grace_ends else 2
    status: Literal["kept", "cured"] = "cured" if severity else "kept"
    context.state.duties.put((number, obligation), replace(row, status=status, settled_at=context.time))
    context.emit(Settled(number, obligation, duty.debtor, member, delivered_at, severity))
    _go_on(context, number)


# ── lateness, cure, breach ──────────────────────────────────────────────────────────────────────────────────────────


def fire_late(context: Context, subject: bytes) -> None:
    """The deadline: what is still owed is late. While the contract is suspended by another duty, the deadline waits."""
    number, obligation = _read_subject(subject)
    row = context.state.duties[(number, obligation)]
    if row.status != "waiting":
        return
    duty = context.state.terms[(number,)].obligations[obligation - 1]
    if context.state.contracts[(number,)].status == "suspended":
        later = max(_held_up_until(context.state, number), default=context.time)
        if later <= context.time:
            raise InvariantBroken(f"contract {number} is suspended and nothing holds it up")
        context.state.duties.put((number, obligation), replace(row, due=later))
        context.schedule(later, DUE_LATE, subject)
        return
    ends = context.time + duty.grace_days * DAY_US
    context.state.duties.put((number, obligation), replace(row, status="grace"))
    context.schedule(ends, DUE_SUSPEND, subject)
    context.emit(GraceBegan(number, obligation, duty.debtor, ends))


def _held_up_until(state: State, number: int) -> Iterator[int]:
    """Yield, for each duty that suspends the contract, when it will at the latest have been cured or have failed.

    What is delivered at the very end of grace cures too: the end of grace was judged before it, at the same time.
    """
    obligations = state.terms[(number,)].obligations
    for (_, place), row in state.duties.group(number):
        duty = obligations[int(place) - 1]
        grace_ends = row.due + duty.grace_days * DAY_US
        if row.status == "curing":
            yield grace_ends + duty.cure_days * DAY_US
        elif (
            row.status == "delivered"
            and row.objections == 0
            and row.delivery is not None
            and row.delivery.time >= grace_ends
        ):
            yield row.delivery.time + duty.objection_days * DAY_US


def _is_held_up(state: State, number: int) -> bool:
    return next(_held_up_until(state, number), None) is not None


def fire_suspend(context: Context, subject: bytes) -> None:
    """Grace is over: the contract stops; the debtor may still cure."""
    number, obligation = _read_subject(subject)
    row = context.state.duties[(number, obligation)]
    if row.status != "grace":
        return
    duty = context.state.terms[(number,)].obligations[obligation - 1]
    ends = context.time + duty.cure_days * DAY_US
    context.state.duties.put((number, obligation), replace(row, status="curing"))
    contract = context.state.contracts[(number,)]
    context.state.contracts.put((number,), replace(contract, status="suspended"))
    context.schedule(ends, DUE_FAIL, subject)
    context.emit(Suspended(number, obligation, duty.debtor, ends))


def fire_fail(context: Context, subject: bytes) -> None:
    """The cure period is over: breach, and the consequence the parties agreed on."""
    number, obligation = _read_subject(subject)
    row = context.state.duties[(number, obligation)]
    if row.status != "curing":
        return
    duty = context.state.terms[(number,)].obligations[obligation - 1]
    context.state.duties.put((number, obligation), replace(row, status="breached", settled_at=context.time))
    context.emit(Breached(number, obligation, duty.debtor))
    if duty.consequence == "terminate":
        _terminate(context, number, "breach")
    else:
        _go_on(context, number)


def fire_lapse(context: Context, subject: bytes) -> None:
    """An objection that nobody resolved ends the contract; a one-sided complaint is not a negative (credit §2.1)."""
    number, obligation = _read_subject(subject)
    row = context.state.duties[(number, obligation)]
    if row.status == "objected" and row.objections == int.from_bytes(subject[10:], "big"):
        context.state.duties.put((number, obligation), replace(row, status="lapsed", settled_at=context.time))
        context.emit(Lapsed(number, obligation))
        _terminate(context, number, "dispute")


def apply_terminate(context: Context, operation: Terminate) -> None:
    """CON-10, CON-22: consent of all ends it without a breach; what was already late keeps its record."""
    member, contract, terms = _get_party_to(context, operation.contract)
    _check_in_force(operation.contract, contract)
    if member in contract.wants_end:
        raise Rejected("contracts.end_already_asked", member)
    wants_end = (*contract.wants_end, member)
    context.state.contracts.put((operation.contract,), replace(contract, wants_end=wants_end))
    context.emit(EndAsked(operation.contract, member, len(terms.parties) - len(wants_end)))
    if len(wants_end) == len(terms.parties):
        _terminate(context, operation.contract, "consent")


# ── shared steps ────────────────────────────────────────────────────────────────────────────────────────────────────


def _terminate(context: Context, number: int, cause: Literal["breach", "dispute", "consent"]) -> None:
    for (_, obligation), row in context.state.duties.group(number):
        if row.status not in FINAL_DUTY:
            context.state.duties.put(
                (number, int(obligation)), replace(row, status="released", settled_at=context.time)
            )
    _end(context, number, context.state.contracts[(number,)], "terminated")
    context.emit(Terminated(number, cause))


def _end(
    context: Context,
    number: int,
    contract: Contract,
    status: Literal["completed", "terminated", "declined", "expired"],
) -> None:
    context.state.contracts.put((number,), replace(contract, status=status, ended_at=context.time))


def _go_on(context: Context, number: int) -> None:
    """After a duty closed: complete the contract, or resume it when nothing holds it up any more."""
    rows = [row for _, row in context.state.duties.group(number)]
    contract = context.state.contracts[(number,)]
    if all(row.status in FINAL_DUTY for row in rows):
        _end(context, number, contract, "completed")
        context.emit(Completed(number))
    elif contract.status == "suspended" and not _is_held_up(context.state, number):
        context.state.contracts.put((number,), replace(contract, status="active"))
        context.emit(Resumed(number))


def _get_party_to(context: Context, number: int) -> tuple[str, Contract, Terms]:
    """CON-6, CON-7."""
    member, _ = get_signer(context, "contracts")
    contract = context.state.contracts.get((number,))
    if contract is None:
        raise Rejected("contracts.unknown", number)
    terms = context.state.terms[(number,)]
    if member not in terms.parties:
        raise Rejected("contracts.not_a_party", member)
    return member, contract, terms


def _check_in_force(number: int, contract: Contract) -> None:
    if contract.status not in {"active", "suspended"}:
        raise Rejected("contracts.not_in_force", number, contract.status)


def _get_duty(
    context: Context, number: int, obligation: int, *, role: Literal["data"]
) -> tuple[str, Obligation, Duty]:
    """CON-6, CON-7, CON-10, CON-11."""
    member, _ = get_signer(context, role)
    contract = context.state.contracts.get((number,))
    if contract is None:
        raise Rejected("contracts.unknown", number)
    terms = context.state.terms[(number,)]
    if member not in terms.parties:
        raise Rejected("contracts.not_a_party", member)
    _check_in_force(number, contract)
    if obligation > len(terms.obligations):
        raise Rejected("contracts.unknown_obligation", obligation, len(terms.obligations))
    return member, terms.obligations[obligation - 1], context.state.duties[(number, obligation)]


def _subject(number: int, obligation: int) -> bytes:
    return number.to_bytes(8, "big") + obligation.to_bytes(2, "big")


def _read_subject(subject: bytes) -> tuple[int, int]:
    return int.from_bytes(subject[:8], "big"), int.from_bytes(subject[8:10], "big")


def find_broken_invariants(state: State) -> Iterator[str]:
    """Yield what does not hold.

    CON-INV-1: in force iff all signed and not ended. CON-INV-2: ended means nothing is owed. CON-INV-3: suspended iff a
    duty is overdue or waits to be accepted after being overdue.
    """
    for key, contract in state.contracts.items():
        number = int(key[0])
        rows = [row for _, row in state.duties.group(number)]
        all_signed = len(contract.signatures) == len(state.terms[(number,)].parties)
        if (contract.activated_at is not None) != all_signed:
            yield f"CON-INV-1: {number}"
        if contract.ended_at is not None and any(row.status not in FINAL_DUTY for row in rows):
            yield f"CON-INV-2: {number}"
        is_in_force = contract.status in {"active", "suspended"}
        if is_in_force and _is_held_up(state, number) != (contract.status == "suspended"):
            yield f"CON-INV-3: {number}"
