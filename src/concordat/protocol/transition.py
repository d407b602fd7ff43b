"""The transition: the only writer of state. Normative text: spec/ledger.md.

`apply_block` reads like a table of contents: check the block's time, judge what is due, then each transaction: decode,
authenticate, check, apply, receipt, events. Roots are computed by the caller from the entries and the changed keys.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from concordat.errors import Rejected
from concordat.primitives.codec import Struct
from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.context import (
    DUE_ACCEPT,
    DUE_APPLICATION,
    DUE_BALLOT,
    DUE_CLOSE,
    DUE_EPOCH,
    DUE_EXPIRE,
    DUE_FAIL,
    DUE_HEARING,
    DUE_LAPSE,
    DUE_LATE,
    DUE_OBJECTION,
    DUE_SUSPEND,
    Context,
    check_officer,
)
from concordat.protocol.editions import check_edition, translate_refusal
from concordat.protocol.families import ballots, behaviors, clock, contracts, credit, datasets, membership, objections
from concordat.protocol.families.ballots import opening, voting
from concordat.protocol.families.contracts import offer, performance
from concordat.protocol.families.membership import admission, exits, officers
from concordat.protocol.genesis import Chain
from concordat.protocol.lanes import compute_lane, is_nonce_fresh
from concordat.protocol.messages import Event
from concordat.protocol.motions import (
    apply_open,
    carry_out_scheduled,
    check_release,
    fire_ballot_end,
    has_scheduled,
)
from concordat.protocol.receipts import OK, DueCause, Reason, ScheduledCause, TransactionCause
from concordat.protocol.records import TransactionRef
from concordat.protocol.state import State
from concordat.protocol.transactions import Entry, Payload, Receipt, SignedTransaction

REASONS_MAX = 100
"""A receipt lists so many grounds: a small offer may have thousands, and history keeps receipts for ever."""

EVENTS_MAX = 1000
"""LED-13: operations that say more than this have to be sent apart. The end of the largest contract says some 900."""

VALIDITY_DAYS_MAX = 366
"""How far ahead `valid_until` may lie."""

APPLY: dict[type[Struct], Callable[..., None]] = {  # each function takes exactly the struct that it stands beside
    membership.Apply: admission.apply_apply,
    membership.Sponsor: admission.apply_sponsor,
    membership.Attest: admission.apply_attest,
    membership.Respond: exits.apply_respond,
    membership.Readmit: exits.apply_readmit,
    membership.AddOfficer: officers.apply_add_officer,
    membership.SetRoles: officers.apply_set_roles,
    membership.RemoveOfficer: officers.apply_remove_officer,
    membership.RotateKey: officers.apply_rotate_key,
    membership.RevokeKey: officers.apply_revoke_key,
    membership.Grant: officers.apply_grant,
    membership.Delegate: officers.apply_delegate,
    datasets.Register: datasets.apply_register,
    datasets.Withdraw: datasets.apply_withdraw,
    contracts.Propose: offer.apply_propose,
    contracts.Sign: offer.apply_sign,
    contracts.Decline: offer.apply_decline,
    contracts.Deliver: performance.apply_deliver,
    contracts.Acknowledge: performance.apply_acknowledge,
    contracts.Object: performance.apply_object,
    contracts.Terminate: performance.apply_terminate,
    behaviors.Record: behaviors.apply_record,
    behaviors.Anchor: behaviors.apply_anchor,
    objections.File: objections.apply_file,
    objections.Answer: objections.apply_answer,
    ballots.Open: apply_open,
    ballots.Vote: voting.apply_vote,
    ballots.Withdraw: opening.apply_withdraw,
    clock.Advance: clock.apply_advance,
    clock.Tick: lambda _context, _operation: None,
}

FIRE: dict[int, Callable[[Context, bytes], None]] = {
    DUE_EPOCH: credit.fire_epoch,
    DUE_CLOSE: credit.fire_close,
    DUE_ACCEPT: performance.fire_accept,
    DUE_LAPSE: performance.fire_lapse,
    DUE_FAIL: performance.fire_fail,
    DUE_SUSPEND: performance.fire_suspend,
    DUE_LATE: performance.fire_late,
    DUE_EXPIRE: offer.fire_expire,
    DUE_OBJECTION: objections.fire_objection_end,
    DUE_APPLICATION: admission.fire_application_lapse,
    DUE_BALLOT: fire_ballot_end,
    DUE_HEARING: exits.fire_hearing_end,
}


def react(context: Context, event: Struct) -> None:
    """Where families meet: what one family's event does in another."""
    match event:
        case contracts.Settled() | contracts.Lapsed():
            place = (event.contract, event.obligation)
            credit.append_delivery(context, *place, performance.get_satisfied(context.state, place), event.severity)
        case contracts.Breached():
            credit.append_breach(context, event.contract, event.obligation, event.severity)
        case credit.ExitDue():
            exits.open_hearing(context, event.member, event.limb)
        case membership.HearingOpened():
            opening.open_stay(context, event.member, event.limb, event.ends)
        case _:
            pass


@dataclass(frozen=True, slots=True)
class Block:
    """What the engine decided: the whole input of one transition."""

    height: int
    time: int
    transactions: tuple[bytes, ...]


Authenticate = Callable[[bytes], SignedTransaction]


class InvalidBlock(Exception):  # a verdict on a block, not an error of the program
    """No engine may decide such a block; a proposal that holds it is refused."""


def check_block(chain: Chain, state: State, last_time: int, block: Block, authenticate: Authenticate) -> None:
    """LED-9, LED-10: time never goes back; simulated time moves only by an `advance`, alone in its block.

    Raises:
        InvalidBlock: with the reason.
    """
    if chain.is_scenario:
        advance = find_advance(chain, state, last_time, block, authenticate)
        if block.time not in (last_time, advance):
            raise InvalidBlock("simulated time moves only by an advance, to its own time")
    elif block.time < last_time:
        raise InvalidBlock("time goes back")


def find_advance(chain: Chain, state: State, last_time: int, block: Block, authenticate: Authenticate) -> int | None:
    """Return the time to which the block's single transaction may move a scenario forward, else None."""
    if not chain.is_scenario or len(block.transactions) != 1 or has_scheduled(state, block.height):
        return None  # a ballot may have changed what the advance would be judged by
    context = Context(state, chain.id, chain.genesis.start_time, block.time, block.height, 0)
    try:
        transaction = authenticate(block.transactions[0])
        check_admission(context, transaction, last_time)
        operation = transaction.payload.operations[0]
        if len(transaction.payload.operations) != 1 or not isinstance(operation, clock.Advance):
            return None
        context.public_key = transaction.public_key
        clock.check_advance(context, operation, last_time, is_scenario=True, is_alone=True)
    except Rejected:
        return None
    return operation.time


def apply_block(
    chain: Chain, state: State, last_time: int, block: Block, authenticate: Authenticate
) -> tuple[Entry, ...]:
    """Apply a checked block to the state and return history's new entries.

    First what ballots scheduled for the height, then due items, then transactions.

    `last_time` is that of the block before, in µs.

    Raises:
        Refused: `node.needs_release`; nothing changed.
    """
    check_release(state, block.height)
    entries = _carry_out_scheduled(chain, state, block)
    _fire_due(chain, state, block, entries)
    is_behind = has_due(state, block.time)
    for wire in block.transactions:
        context = Context(state, chain.id, chain.genesis.start_time, block.time, block.height, len(entries))
        receipt = _apply_transaction(chain, context, last_time, block, wire, authenticate, is_behind=is_behind)
        entries.append(Entry(block.height, block.time, len(entries), TransactionCause(wire), receipt))
    return tuple(entries)


# ── what is due ─────────────────────────────────────────────────────────────────────────────────────────────────────


def has_due(state: State, time: int) -> bool:
    """True when an item's time has come by `time`."""
    key = state.due.first_key()
    return key is not None and key[0] <= time


def _carry_out_scheduled(chain: Chain, state: State, block: Block) -> list[Entry]:
    """LED-16: what ballots decided for this height stands before everything else in the block."""
    entries: list[Entry] = []
    while has_scheduled(state, block.height):
        context = Context(state, chain.id, chain.genesis.start_time, block.time, block.height, len(entries))
        state.begin()
        cause = ScheduledCause(*carry_out_scheduled(context))
        _react_to_all(context)
        _publish_credit(context)
        state.commit()
        receipt = Receipt(OK, 0, (), _get_events(context))
        entries.append(Entry(block.height, block.time, len(entries), cause, receipt))
    return entries


def _fire_due(chain: Chain, state: State, block: Block, entries: list[Entry]) -> None:
    """LED-10: judge what is due, each item at its own time, in order (due time, kind, subject), until N events.

    An item that nothing follows from any more leaves no entry, and counts as one event.
    """
    left = state.get_params().due_events_per_block_max
    while left > 0 and has_due(state, block.time):
        due_at, kind, subject = state.due.first_key()  # type: ignore[misc]  # has_due found it
        context = Context(state, chain.id, chain.genesis.start_time, due_at, block.height, len(entries))
        state.begin()
        state.due.delete((due_at, kind, subject))
        FIRE[kind](context, subject)
        _react_to_all(context)
        _publish_credit(context)
        state.commit()
        left -= max(1, len(context.events))
        if context.events:
            cause = DueCause(due_at, kind, subject)
            receipt = Receipt(OK, 0, (), _get_events(context))
            entries.append(Entry(block.height, block.time, len(entries), cause, receipt))


def _react_to_all(context: Context, start: int = 0) -> None:
    """Let every event since `start` act in the other families, and the events that follow from it too."""
    place = start
    while place < len(context.events):
        react(context, context.events[place])
        place += 1


def _publish_credit(context: Context) -> None:
    """Score once an entry what all of it recorded, and let the families react to that."""
    seen = len(context.events)
    credit.publish(context)
    _react_to_all(context, seen)


# ── transactions ────────────────────────────────────────────────────────────────────────────────────────────────────


def check_admission(context: Context, transaction: SignedTransaction, time: int) -> None:
    """LED-5 to LED-8: validity, nonce window, client's key, known signer.

    `time` (µs) is what validity is measured by: the block's, in a scenario that of the block before.
    A key that nobody knows may do one thing: apply for membership; until it is admitted, nothing more.
    """
    payload, state = transaction.payload, context.state
    check_validity(payload, context.height, time, context.params.validity_heights_max)
    if not is_nonce_fresh(state.lanes.get((transaction.public_key, payload.lane)), payload.nonce):
        raise Rejected("ledger.nonce_used", payload.lane, payload.nonce)
    if payload.client_key:
        used = state.client_keys.get((transaction.public_key, payload.client_key))
        if used is not None:
            raise Rejected("ledger.client_key_used", used.transaction.hex())
    officer = state.officers.get((transaction.public_key,))
    is_application = len(payload.operations) == 1 and isinstance(payload.operations[0], membership.Apply)
    if officer is not None or not is_application:
        member = check_officer(officer).member
        if state.members[(member,)].admitted_at is None:
            raise Rejected("ledger.not_admitted", member)


def check_validity(payload: Payload, height: int, time: int, heights_max: int) -> None:
    """LED-5: neither height nor time (µs) has passed the payload's last, and neither last is too far ahead.

    Raises:
        Rejected: `ledger.expired`, `ledger.valid_too_long` with both lasts, then height and time.
    """
    last_height, last_time = payload.valid_until_height, payload.valid_until
    if last_height < height or last_time < time:
        raise Rejected("ledger.expired", last_height, last_time, height, time)
    if last_height > height + heights_max or last_time > time + VALIDITY_DAYS_MAX * DAY_US:
        raise Rejected("ledger.valid_too_long", last_height, last_time, height, time)


def _apply_transaction(
    chain: Chain,
    context: Context,
    last_time: int,
    block: Block,
    wire: bytes,
    authenticate: Authenticate,
    *,
    is_behind: bool,
) -> Receipt:
    try:
        transaction = _authenticate(context, wire, authenticate)
        if is_behind and not isinstance(transaction.payload.operations[0], clock.Advance):
            raise Rejected("ledger.due_first")
        # An advance is not measured by the time to which it itself moves the scenario.
        check_admission(context, transaction, last_time if chain.is_scenario else block.time)
    except Rejected as rejection:
        return _make_refusal(rejection, operation=0)
    context.public_key = transaction.public_key
    _spend(context.state, transaction)
    is_alone = len(block.transactions) == len(transaction.payload.operations) == 1
    return _apply_operations(chain, context, last_time, transaction.payload, is_alone=is_alone)


def _authenticate(context: Context, wire: bytes, authenticate: Authenticate) -> SignedTransaction:
    """LED-1 to LED-4, LED-14: form and signature, as the chain's edition reads them."""
    edition = context.params.edition
    try:
        transaction = authenticate(wire)
    except Rejected as refusal:
        raise translate_refusal(wire, refusal, edition) from refusal
    check_edition(transaction.payload, edition)
    return transaction


def _spend(state: State, transaction: SignedTransaction) -> None:
    """Use up the nonce and the client's key, whatever becomes of the operations."""
    payload = transaction.payload
    lane = (transaction.public_key, payload.lane)
    state.begin()
    state.lanes.put(lane, compute_lane(state.lanes.get(lane), payload.nonce))
    if payload.client_key:
        state.client_keys.put((transaction.public_key, payload.client_key), TransactionRef(transaction.id))
    state.commit()


def _apply_operations(chain: Chain, context: Context, last_time: int, payload: Payload, *, is_alone: bool) -> Receipt:
    """Apply all operations or none."""
    context.state.begin()
    for number, operation in enumerate(payload.operations):
        context.operation = number
        seen = len(context.events)
        try:
            check_clock(chain, context, last_time, operation, is_alone=is_alone)
            APPLY[type(operation)](context, operation)
        except Rejected as rejection:
            context.state.rollback()
            return _make_refusal(rejection, operation=number)
        officers.tell_delegation(context)
        _react_to_all(context, seen)
        if len(context.events) > EVENTS_MAX:
            context.state.rollback()
            return _make_refusal(Rejected("ledger.too_many_events", EVENTS_MAX), operation=number)
    _publish_credit(context)
    context.state.commit()
    return Receipt(OK, 0, (), _get_events(context))


def check_clock(chain: Chain, context: Context, last_time: int, operation: Struct, *, is_alone: bool) -> None:
    """LED-9: what moves time is looked at before it is applied, and already at a node's door."""
    if isinstance(operation, clock.Tick):
        clock.check_tick(context, is_scenario=chain.is_scenario)
    elif isinstance(operation, clock.Advance):
        clock.check_advance(context, operation, last_time, is_scenario=chain.is_scenario, is_alone=is_alone)


def _get_events(context: Context) -> tuple[Event, ...]:
    return cast("tuple[Event, ...]", tuple(context.events))


def _make_refusal(rejection: Rejected, operation: int) -> Receipt:
    grounds = rejection.reasons or ((rejection.code, rejection.parameters),)
    reasons = tuple(Reason(code, values) for code, values in grounds[:REASONS_MAX])
    return Receipt(rejection.code, operation, reasons, ())
