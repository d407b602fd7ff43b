"""Offers: terms judged, proposed, signed by every party or declined, and judged again when they come into force.

Normative text: spec/contracts.md CON-1 to CON-9, CON-23, CON-33 (paper rows R7, R8).
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator

from msgspec.structs import replace

from concordat.contracts.judge import Party, judge
from concordat.contracts.terms import Terms
from concordat.contracts.text import compute_document_digest
from concordat.errors import Rejected
from concordat.protocol.context import DUE_EXPIRE, Context, get_signer
from concordat.protocol.families.contracts import Activated, Decline, Declined, Expired, Propose, Proposed, Sign, Signed
from concordat.protocol.families.contracts.duties import end, get_party_to, make_subject, read_subject, wait
from concordat.protocol.records import Contract, ContractStatus, Counter, Duty, PartySignature
from concordat.protocol.standing import get_limit_units, is_admitted, is_in_standing
from concordat.protocol.state import State

OFFERS_MAX = 100
"""Open offers of one proposer, so that nobody fills another's list of what waits for it."""


def check_valid(context: Context, terms: Terms) -> None:
    """CON-5: the judge lists every reason (paper row R8)."""
    reasons = judge(terms, get_judged_parties(context, terms), context.time)
    if reasons:
        raise Rejected("contracts.invalid", reasons=reasons)


def get_judged_parties(context: Context, terms: Terms) -> dict[str, Party | None]:
    """Return what the ledger knows of everybody whom the terms name; None for who is not admitted."""
    names = (*terms.parties, *(name for duty in terms.obligations for name in (duty.debtor, *duty.creditors)))
    return {name: _get_party(context, name) for name in dict.fromkeys(names)}


def _get_party(context: Context, member: str) -> Party | None:
    row = context.state.members.get((member,))
    if row is None or not is_admitted(row):
        return None
    limit_units = get_limit_units(context.state, member, context.time)
    return Party(is_in_standing=is_in_standing(row), limit_units=limit_units)


def apply_propose(context: Context, operation: Propose) -> None:
    """CON-1, CON-5, CON-33: a party offers valid terms; proposing is not yet signing."""
    proposer, _ = get_signer(context, "contracts")
    if proposer not in operation.terms.parties:
        raise Rejected("contracts.proposer_not_party", proposer)
    state = context.state
    if _count(state, f"offers/{proposer}", 1) > OFFERS_MAX:
        raise Rejected("contracts.too_many_offers", proposer, OFFERS_MAX)
    check_valid(context, operation.terms)
    number = _count(state, "contracts", 1)
    state.terms.put((number,), operation.terms)
    state.contracts.put(
        (number,),
        Contract(
            document=compute_document_digest(operation.terms),
            proposer=proposer,
            status="proposed",
            proposed_at=context.time,
            proposed_entry=(context.height, context.index),
        ),
    )
    context.schedule(operation.terms.sign_by, DUE_EXPIRE, make_subject((number, 0)))
    context.emit(Proposed(number, proposer))


def apply_sign(context: Context, operation: Sign) -> None:
    """CON-3, CON-5, CON-9, CON-23: the last signature puts the contract in force, judged once more on that day."""
    member, contract, terms = _get_offer(context, operation)
    if operation.document != contract.document:
        raise Rejected("contracts.document_differs", operation.document.hex(), contract.document.hex())
    if any(signature.member == member for signature in contract.signatures):
        raise Rejected("contracts.already_signed", member)
    signature = PartySignature(member, context.public_key, context.time, (context.height, context.index))
    signatures = (*contract.signatures, signature)
    left = len(terms.parties) - len(signatures)
    context.emit(Signed(operation.contract, member, left))
    contract = replace(contract, signatures=signatures)
    if left == 0:
        check_valid(context, terms)
        contract = replace(
            contract, status="active", activated_at=context.time, full_size_units=context.params.full_size_units
        )
        for number, duty in enumerate(terms.obligations, start=1):
            row = Duty("waiting", duty.due)
            wait(context, (operation.contract, number), row, "waiting", duty.due)
        _count(context.state, f"offers/{contract.proposer}", -1)
        context.emit(Activated(operation.contract))
    context.state.contracts.put((operation.contract,), contract)


def apply_decline(context: Context, operation: Decline) -> None:
    """CON-23: refusing to sign is never a record."""
    member, _, _ = _get_offer(context, operation)
    _end_offer(context, operation.contract, "declined")
    context.emit(Declined(operation.contract, member))


def _end_offer(context: Context, number: int, status: ContractStatus) -> None:
    end(context, number, status)
    _count(context.state, f"offers/{context.state.contracts[(number,)].proposer}", -1)


def _count(state: State, name: str, change: int) -> int:
    """Move a counter and return what it says then."""
    count = (state.counters.get((name,)) or Counter(0)).count + change
    state.counters.put((name,), Counter(count))
    return count


def _get_offer(context: Context, operation: Sign | Decline) -> tuple[str, Contract, Terms]:
    """CON-6 to CON-8."""
    member, contract, terms = get_party_to(context, operation.contract, "contracts")
    if contract.status != "proposed":
        raise Rejected("contracts.not_open_for_signature", operation.contract, contract.status)
    return member, contract, terms


def fire_expire(context: Context, subject: bytes) -> None:
    """An offer not signed by all in time is void."""
    number, _ = read_subject(subject)
    if context.state.contracts[(number,)].status == "proposed":
        _end_offer(context, number, "expired")
        context.emit(Expired(number))


def find_broken_invariants(state: State) -> Iterator[str]:
    """CON-INV-6: counters say how many contracts there are, and how many open offers each proposer has."""
    names = [f"offers/{row.proposer}" for _, row in state.contracts.items() if row.status == "proposed"]
    counted = Tally({"contracts": len(state.contracts)}) + Tally(names)
    held = {name: row.count for (name,), row in state.counters.items() if name.startswith(("contracts", "offers/"))}
    if counted != Tally(held):
        yield "CON-INV-6: counters"
