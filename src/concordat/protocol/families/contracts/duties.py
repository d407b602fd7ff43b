"""Duties: how obligations stand; the steps that offers and performance share, and what always holds.

Normative text: spec/contracts.md CON-6, CON-7, CON-24 to CON-30.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from concordat.contracts.terms import Obligation, Terms
from concordat.errors import Rejected
from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.context import DUE_ACCEPT, DUE_FAIL, DUE_LAPSE, DUE_LATE, DUE_SUSPEND, Context, get_signer
from concordat.protocol.records import FINAL_DUTY, IN_FORCE, Contract, ContractStatus, Duty, DutyStatus, OfficerRole
from concordat.protocol.state import State

Place = tuple[int, int]
"""The key of a duty: number of the contract, number of the obligation."""

WAITS_FOR: dict[DutyStatus, int] = {
    "waiting": DUE_LATE,
    "grace": DUE_SUSPEND,
    "curing": DUE_FAIL,
    "delivered": DUE_ACCEPT,
    "objected": DUE_LAPSE,
}
"""The kind of due item that ends each open status."""


def get_party_to(context: Context, number: int, role: OfficerRole) -> tuple[str, Contract, Terms]:
    """CON-6, CON-7."""
    member, _ = get_signer(context, role)
    contract = context.state.contracts.get((number,))
    if contract is None:
        raise Rejected("contracts.unknown", number)
    terms = context.state.terms[(number,)]
    if member not in terms.parties:
        raise Rejected("contracts.not_a_party", member)
    return member, contract, terms


def wait(context: Context, place: Place, row: Duty, status: DutyStatus, until: int) -> None:
    """Leave the duty in an open status, which its due item ends unless something else does before."""
    _save(context.state, place, replace(row, status=status, waits_until=until))
    context.schedule(until, WAITS_FOR[status], make_subject(place))


def close(context: Context, place: Place, row: Duty, status: DutyStatus) -> None:
    """Leave the duty in a final status."""
    _save(context.state, place, replace(row, status=status, waits_until=None, settled_at=context.time))


def _save(state: State, place: Place, row: Duty) -> None:
    """Whatever happens to a duty, who asked to end the contract spoke of one that stood otherwise (CON-22)."""
    state.duties.put(place, row)
    contract = state.contracts[(place[0],)]
    if contract.wants_end:
        state.contracts.put((place[0],), replace(contract, wants_end=()))


def end(context: Context, number: int, status: ContractStatus) -> None:
    """End a contract or an offer now."""
    contract = context.state.contracts[(number,)]
    context.state.contracts.put((number,), replace(contract, status=status, ended_at=context.time))


def get_silent_creditors(duty: Obligation, row: Duty) -> list[str]:
    """Return who has not accepted the last delivery."""
    return [creditor for creditor in duty.creditors if creditor not in row.accepted]


def get_holds(state: State, number: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield, for each duty that suspends the contract, who may end that, and when it will be cured or have failed.

    What is delivered at the very end of grace cures too: the end of grace was judged before it, at the same time.
    """
    obligations = state.terms[(number,)].obligations
    for (_, obligation), row in state.duties.group(number):
        duty = obligations[obligation - 1]
        grace_ends = row.due + duty.grace_days * DAY_US
        is_cured_late = row.mend_by is None and row.delivery is not None and row.delivery.time >= grace_ends
        if row.waits_until is not None and (row.status == "curing" or (row.status == "delivered" and is_cured_late)):
            silent = get_silent_creditors(duty, row) if row.status == "delivered" else ()
            yield (duty.debtor, *silent), row.waits_until


def is_held_up(state: State, number: int) -> bool:
    """True while CON-27 suspends the contract."""
    return next(get_holds(state, number), None) is not None


def make_subject(place: Place) -> bytes:
    """Return how a due item names a duty: contract 8 bytes ‖ obligation 2."""
    return place[0].to_bytes(8, "big") + place[1].to_bytes(2, "big")


def read_subject(subject: bytes) -> Place:
    """Return the duty that a due item names; 0 for the obligation names the contract."""
    return int.from_bytes(subject[:8], "big"), int.from_bytes(subject[8:], "big")


def find_broken_invariants(state: State) -> Iterator[str]:
    """Yield what does not hold.

    CON-INV-1: put in force iff all signed. CON-INV-2: ended means nothing is owed. CON-INV-3: suspended iff a duty
    is overdue or waits to be accepted after being overdue. CON-INV-4: creditors accept, each once; while a delivery
    waits not all of them have; an objection stands iff somebody holds it, and until `mend_by`. CON-INV-5: an open
    duty waits for a due item, a final one for nothing.
    """
    for (number,), contract in state.contracts.items():
        terms = state.terms[(number,)]
        rows = state.duties.group(number)
        if (contract.activated_at is not None) != (len(contract.signatures) == len(terms.parties)):
            yield f"CON-INV-1: {number}"
        if contract.ended_at is not None and any(row.status not in FINAL_DUTY for _, row in rows):
            yield f"CON-INV-2: {number}"
        if contract.status in IN_FORCE and is_held_up(state, number) != (contract.status == "suspended"):
            yield f"CON-INV-3: {number}"
        for (_, place), row in rows:
            if not _is_answered_consistently(terms.obligations[place - 1], row):
                yield f"CON-INV-4: {number}/{place}"
            if not _is_scheduled(state, (number, place), row):
                yield f"CON-INV-5: {number}/{place}"


def _is_answered_consistently(duty: Obligation, row: Duty) -> bool:
    silent = get_silent_creditors(duty, row)
    if len(silent) + len(row.accepted) != len(duty.creditors):
        return False
    if row.status in FINAL_DUTY:
        return True
    if row.status == "objected":
        return row.objector in silent and row.mend_by == row.waits_until
    return bool(silent) and row.objector is None


def _is_scheduled(state: State, place: Place, row: Duty) -> bool:
    if row.waits_until is None or row.status in FINAL_DUTY:
        return row.waits_until is None and row.status in FINAL_DUTY
    return (row.waits_until, WAITS_FOR[row.status], make_subject(place)) in state.due
