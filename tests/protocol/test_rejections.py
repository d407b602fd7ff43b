"""Every rejection code is provoked; where two apply, the one that stands first in the tables is given."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest
from msgspec.structs import replace

from concordat.contracts.terms import ExactFile, MatchingTable
from concordat.crypto.signatures import sign
from concordat.primitives.codec import encode
from concordat.primitives.ledger_time import DAY_US, WEEK_US
from concordat.protocol import messages
from concordat.protocol.families import membership as m
from concordat.protocol.families.clock import Advance, Tick
from concordat.protocol.families.contracts import (
    Acknowledge,
    Decline,
    Deliver,
    Object,
    Propose,
    Sign,
    Terminate,
)
from concordat.protocol.families.datasets import Withdraw
from concordat.protocol.params import DEFAULT_PARAMS
from concordat.protocol.records import OfficerRole
from concordat.protocol.transactions import TRANSACTION_BYTES_MAX, Receipt
from concordat.testing.consortium import DATASET, SCHEMA, Consortium

DIGEST = sha256(b"x").digest()
TICK = Tick()
RESPOND = m.Respond(DIGEST)


def send(c: Consortium, wire: bytes) -> Receipt:
    return c.submit(wire)[0]


def sign_bytes(c: Consortium, signer: str, signed: bytes) -> bytes:
    return sign(c.get_seed(signer), signed) + signed


def make_signed(c: Consortium, payload: bytes, signer: str = "azure-bay") -> bytes:
    """A transaction with any bytes for a payload, under a valid signature."""
    return sign_bytes(c, signer, b"concordat/tx/v1\0" + c.get_public_key(signer) + payload)


def make_object(number: int) -> Object:
    return Object(number, 1, "incomplete", DIGEST)


def agree(c: Consortium) -> int:
    return c.agree(c.make_supply("cedar-ford", "azure-bay"))


def propose(c: Consortium) -> int:
    return c.propose(c.make_supply("cedar-ford", "azure-bay"))


def make_delivered(c: Consortium) -> int:
    number = agree(c)
    c.deliver(number)
    return number


def get_document(c: Consortium, number: int) -> bytes:
    return c.state.contracts[(number,)].document


# ── the transaction itself ──────────────────────────────────────────────────────────────────────────────────────────


def too_large(c: Consortium) -> Receipt:
    return send(c, bytes(TRANSACTION_BYTES_MAX + 1))


def wrong_domain(c: Consortium) -> Receipt:
    wire = c.make_wire("azure-bay", RESPOND)
    return send(c, sign_bytes(c, "azure-bay", b"concordat/tx/v2\0" + wire[80:]))


def malformed(c: Consortium) -> Receipt:
    return send(c, make_signed(c, b"\xc1"))


def not_canonical(c: Consortium) -> Receipt:
    payload = encode(c.make_payload("azure-bay", RESPOND))
    assert payload[:3] == b"\x98\xc4\x20"
    return send(c, make_signed(c, b"\x98\xc5\x00\x20" + payload[3:]))


def wrong_chain(c: Consortium) -> Receipt:
    payload = replace(c.make_payload("azure-bay", RESPOND), chain_id=DIGEST)
    return send(c, c.sign_payload("azure-bay", payload))


def bad_signature(c: Consortium) -> Receipt:
    wire = bytearray(c.make_wire("azure-bay", RESPOND))
    wire[0] ^= 1
    return send(c, bytes(wire))


def due_first(c: Consortium) -> Receipt:
    for _ in range(3):
        propose(c)
    c.run_block(c.time + DAY_US, c.make_wire("azure-bay", Advance(c.time + DAY_US)))
    return c.attempt("azure-bay", RESPOND)


def expired(c: Consortium) -> Receipt:
    return send(c, c.sign_payload("azure-bay", replace(c.make_payload("azure-bay", RESPOND), valid_until_height=0)))


def valid_too_long(c: Consortium) -> Receipt:
    payload = replace(c.make_payload("azure-bay", RESPOND), valid_until_height=10**6)
    return send(c, c.sign_payload("azure-bay", payload))


def nonce_used(c: Consortium) -> Receipt:
    wire = c.make_wire("azure-bay", RESPOND)
    return c.submit(wire, wire)[1]


def client_key_used(c: Consortium) -> Receipt:
    wires = [
        c.sign_payload("azure-bay", replace(c.make_payload("azure-bay", RESPOND), client_key=b"order 7"))
        for _ in range(2)
    ]
    return c.submit(*wires)[1]


def unknown_key(c: Consortium) -> Receipt:
    return c.attempt("nobody", RESPOND)


def remove_second_officer(c: Consortium) -> None:
    c.act("azure-bay", make_officer(c, "azure-bay", "azure-bay/2"))
    c.act("azure-bay", m.RemoveOfficer(c.get_public_key("azure-bay/2")))


def removed_key(c: Consortium) -> Receipt:
    remove_second_officer(c)
    return c.attempt("azure-bay/2", RESPOND)


def not_admitted(c: Consortium) -> Receipt:
    apply_for(c)
    return c.attempt("echo-hill", RESPOND)


def role_missing(c: Consortium) -> Receipt:
    c.act("azure-bay", make_officer(c, "azure-bay", "azure-bay/2", roles=("auditor",)))
    return c.attempt("azure-bay/2", RESPOND)


# ── clock ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def not_a_scenario(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", Advance(c.time + 1))


def not_an_operator(c: Consortium) -> Receipt:
    return c.attempt("birch-vale", Advance(c.time + 1))


def not_alone(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", Advance(c.time + 1), RESPOND)


def not_forward(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", Advance(c.time - 1))


def too_far(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", Advance(c.time + 3650 * DAY_US + 1))


def scenario_only_advances(c: Consortium) -> Receipt:
    return c.attempt("node", TICK)


# ── contracts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def proposer_not_party(c: Consortium) -> Receipt:
    return c.attempt("dune-shore", Propose(c.make_supply("cedar-ford", "azure-bay")))


def invalid(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", Propose(c.make_supply("cedar-ford", "azure-bay", size=100_000)))


def unknown(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", Sign(77, DIGEST))


def not_a_party(c: Consortium) -> Receipt:
    number = propose(c)
    return c.attempt("dune-shore", Sign(number, get_document(c, number)))


def not_open_for_signature(c: Consortium) -> Receipt:
    number = agree(c)
    return c.attempt("cedar-ford", Decline(number, "too late"))


def document_differs(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", Sign(propose(c), DIGEST))


def already_signed(c: Consortium) -> Receipt:
    number = propose(c)
    c.act("cedar-ford", Sign(number, get_document(c, number)))
    return c.attempt("cedar-ford", Sign(number, get_document(c, number)))


def not_in_force(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", Terminate(propose(c)))


def unknown_obligation(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", Deliver(agree(c), 2, 1))


def not_the_debtor(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", Deliver(agree(c), 1, 1))


def not_a_creditor(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", Acknowledge(make_delivered(c), 1))


def nothing_owed(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", Deliver(make_delivered(c), 1, 1))


def unknown_version(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", Deliver(agree(c), 1, 9))


def version_withdrawn(c: Consortium) -> Receipt:
    number = agree(c)
    c.act("cedar-ford", c.make_registration("cedar-ford"), Withdraw(DATASET, 1, "wrong file"))
    return c.attempt("cedar-ford", Deliver(number, 1, 1))


def version_used(c: Consortium) -> Receipt:
    number = c.agree(c.make_supply("cedar-ford", "azure-bay", times=2))
    c.deliver(number, 1)
    return c.attempt("cedar-ford", Deliver(number, 2, 1))


def deliver_against(c: Consortium, evidence: ExactFile | MatchingTable) -> Receipt:
    terms = c.make_supply("cedar-ford", "azure-bay")
    number = c.agree(replace(terms, obligations=(replace(terms.obligations[0], evidence=evidence),)))
    return c.attempt("cedar-ford", c.make_registration("cedar-ford"), Deliver(number, 1, 1))


def digest_differs(c: Consortium) -> Receipt:
    return deliver_against(c, ExactFile(DIGEST))


def schema_differs(c: Consortium) -> Receipt:
    return deliver_against(c, MatchingTable(DIGEST, 1))


def too_few_rows(c: Consortium) -> Receipt:
    return deliver_against(c, MatchingTable(SCHEMA, 25))


def nothing_delivered(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", make_object(agree(c)))


def make_two_creditors(c: Consortium) -> int:
    """A delivery to azure-bay and birch-vale."""
    number = c.agree(c.make_supply("cedar-ford", "azure-bay", "birch-vale"))
    c.deliver(number)
    return number


def objection_stands(c: Consortium) -> Receipt:
    number = make_two_creditors(c)
    c.act("birch-vale", make_object(number))
    return c.attempt("azure-bay", Acknowledge(number, 1))


def already_acknowledged(c: Consortium) -> Receipt:
    number = make_two_creditors(c)
    c.act("azure-bay", Acknowledge(number, 1))
    return c.attempt("azure-bay", Acknowledge(number, 1))


def end_already_asked(c: Consortium) -> Receipt:
    number = agree(c)
    c.act("azure-bay", Terminate(number))
    return c.attempt("azure-bay", Terminate(number))


# ── datasets ────────────────────────────────────────────────────────────────────────────────────────────────────────


def version_not_next(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", replace(c.make_registration("cedar-ford"), version=2))


def unknown_withdrawal(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", Withdraw(DATASET, 1, ""))


def already_withdrawn(c: Consortium) -> Receipt:
    withdrawal = Withdraw(DATASET, 1, "")
    return c.attempt("cedar-ford", c.make_registration("cedar-ford"), withdrawal, withdrawal)


# ── membership ──────────────────────────────────────────────────────────────────────────────────────────────────────


def make_officer(
    c: Consortium, member: str, label: str, roles: tuple[OfficerRole, ...] = m.ALL_ROLES
) -> m.AddOfficer:
    message = m.compute_possession_message(c.chain.id, member)
    return m.AddOfficer(c.get_public_key(label), roles, bytes(32), sign(c.get_seed(label), message))


def apply_for(c: Consortium, member: str = "echo-hill") -> m.Apply:
    application = c.make_application(member, "azure-bay")
    c.act(member, application)
    return application


def get_reviewed(c: Consortium) -> m.Apply:
    application = apply_for(c)
    c.act("azure-bay", m.Sponsor("echo-hill", verdict=True))
    return application


def key_in_use(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", c.make_application("echo-hill", "azure-bay"))


def apply_weakly(c: Consortium, application: m.Apply) -> Receipt:
    """The neutral element as public key: by ZIP-215 this signature fits whatever it stands before."""
    identity = b"\1" + bytes(31)
    payload = encode(replace(c.make_payload("nobody", application)))
    return send(c, identity + bytes(32) + b"concordat/tx/v1\0" + identity + payload)


def weak_key(c: Consortium) -> Receipt:
    return apply_weakly(c, c.make_application("echo-hill", "azure-bay"))


def id_taken(c: Consortium) -> Receipt:
    return c.attempt("echo-hill", c.make_application("cedar-ford", "azure-bay"))


def code_taken(c: Consortium) -> Receipt:
    return c.attempt("echo-hill", replace(c.make_application("echo-hill", "azure-bay"), code="F-3"))


def review_failed(c: Consortium) -> Receipt:
    return c.attempt("echo-hill", c.make_application("echo-hill", "nobody"))


def unknown_member(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", m.Sponsor("nobody", verdict=True))


def nothing_to_sponsor(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", m.Sponsor("cedar-ford", verdict=True))


def not_named_as_sponsor(c: Consortium) -> Receipt:
    apply_for(c)
    return c.attempt("birch-vale", m.Sponsor("echo-hill", verdict=True))


def not_a_verifier(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", m.Attest("echo-hill", get_reviewed(c).dossier, verdict=True))


def not_in_verification(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", m.Attest("echo-hill", apply_for(c).dossier, verdict=True))


def dossier_differs(c: Consortium) -> Receipt:
    get_reviewed(c)
    return c.attempt("azure-bay", m.Attest("echo-hill", DIGEST, verdict=True))


def already_attested(c: Consortium) -> Receipt:
    attestation = m.Attest("echo-hill", get_reviewed(c).dossier, verdict=False)
    return c.attempt("azure-bay", attestation, attestation)


def no_hearing(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", RESPOND)


def not_expelled(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", m.Readmit("azure-bay"))


def breach(c: Consortium, debtor: str, count: int) -> None:
    """Let as many obligations of different contracts fail at once."""
    for place in range(count):
        creditor = ("azure-bay", "birch-vale")[place % 2]
        c.agree(c.make_supply(debtor, creditor, size=10, due_days=2))
    c.advance(2 + 7 + 14)


def expel(c: Consortium) -> None:
    breach(c, "cedar-ford", 5)
    c.advance(DEFAULT_PARAMS.hearing_days)
    assert c.state.members[("cedar-ford",)].status == "expelled"


def too_early_to_return(c: Consortium) -> Receipt:
    expel(c)
    return c.attempt("cedar-ford", m.Readmit("azure-bay"))


def guarantor_not_fit(c: Consortium) -> Receipt:
    expel(c)
    c.advance_to(c.time + 52 * WEEK_US)
    return c.attempt("cedar-ford", m.Readmit("dune-shore"))


def possession_not_proved(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", make_officer(c, "birch-vale", "azure-bay/2"))


def too_many_officers(c: Consortium) -> Receipt:
    officers = [make_officer(c, "azure-bay", f"azure-bay/{n}") for n in range(2, 34)]
    return c.attempt("azure-bay", *officers)


def not_your_officer(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", m.RemoveOfficer(c.get_public_key("birch-vale")))


def roles_not_in_order(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", make_officer(c, "azure-bay", "azure-bay/2", roles=("data", "admin")))


def last_admin(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", m.SetRoles(c.get_public_key("azure-bay"), ("data",)))


PROVOKE: dict[str, Callable[[Consortium], Receipt]] = {
    "ledger.too_large": too_large,
    "ledger.wrong_domain": wrong_domain,
    "encoding.malformed": malformed,
    "encoding.not_canonical": not_canonical,
    "ledger.wrong_chain": wrong_chain,
    "ledger.bad_signature": bad_signature,
    "ledger.due_first": due_first,
    "ledger.expired": expired,
    "ledger.valid_too_long": valid_too_long,
    "ledger.nonce_used": nonce_used,
    "ledger.client_key_used": client_key_used,
    "ledger.unknown_key": unknown_key,
    "ledger.removed_key": removed_key,
    "ledger.not_admitted": not_admitted,
    "ledger.role_missing": role_missing,
    "clock.not_a_scenario": not_a_scenario,
    "clock.not_an_operator": not_an_operator,
    "clock.not_alone": not_alone,
    "clock.not_forward": not_forward,
    "clock.too_far": too_far,
    "clock.scenario_only_advances": scenario_only_advances,
    "contracts.proposer_not_party": proposer_not_party,
    "contracts.unknown": unknown,
    "contracts.not_a_party": not_a_party,
    "contracts.not_open_for_signature": not_open_for_signature,
    "contracts.document_differs": document_differs,
    "contracts.already_signed": already_signed,
    "contracts.invalid": invalid,
    "contracts.not_in_force": not_in_force,
    "contracts.unknown_obligation": unknown_obligation,
    "contracts.not_the_debtor": not_the_debtor,
    "contracts.not_a_creditor": not_a_creditor,
    "contracts.nothing_owed": nothing_owed,
    "contracts.unknown_version": unknown_version,
    "contracts.version_withdrawn": version_withdrawn,
    "contracts.version_used": version_used,
    "contracts.digest_differs": digest_differs,
    "contracts.schema_differs": schema_differs,
    "contracts.too_few_rows": too_few_rows,
    "contracts.nothing_delivered": nothing_delivered,
    "contracts.objection_stands": objection_stands,
    "contracts.already_acknowledged": already_acknowledged,
    "contracts.end_already_asked": end_already_asked,
    "datasets.version_not_next": version_not_next,
    "datasets.unknown_version": unknown_withdrawal,
    "datasets.already_withdrawn": already_withdrawn,
    "membership.key_in_use": key_in_use,
    "membership.weak_key": weak_key,
    "membership.id_taken": id_taken,
    "membership.unknown_member": unknown_member,
    "membership.nothing_to_sponsor": nothing_to_sponsor,
    "membership.not_named_as_sponsor": not_named_as_sponsor,
    "membership.code_taken": code_taken,
    "membership.review_failed": review_failed,
    "membership.not_a_verifier": not_a_verifier,
    "membership.not_in_verification": not_in_verification,
    "membership.dossier_differs": dossier_differs,
    "membership.already_attested": already_attested,
    "membership.no_hearing": no_hearing,
    "membership.not_expelled": not_expelled,
    "membership.too_early_to_return": too_early_to_return,
    "membership.guarantor_not_fit": guarantor_not_fit,
    "membership.too_many_officers": too_many_officers,
    "membership.possession_not_proved": possession_not_proved,
    "membership.not_your_officer": not_your_officer,
    "membership.roles_not_in_order": roles_not_in_order,
    "membership.last_admin": last_admin,
}


def make_stage(code: str) -> Consortium:
    """The consortium in which a code can be provoked."""
    match code:
        case "ledger.due_first":
            return Consortium(params=replace(DEFAULT_PARAMS, due_items_per_block_max=1))
        case "clock.not_a_scenario":
            return Consortium(clock="real")
        case _:
            return Consortium()


def test_every_code_is_provoked_in_order_of_precedence() -> None:
    assert list(PROVOKE) == [rejection.code for rejection in messages.REJECTIONS]


@pytest.mark.parametrize("code", PROVOKE)
def test_a_rejection_names_its_code_and_changes_nothing(code: str) -> None:
    c = make_stage(code)
    receipt = PROVOKE[code](c)
    assert receipt.code == code
    assert receipt.events == ()
    assert receipt.reasons
    c.check_invariants()


# ── precedence: two rules refuse, the first of the table answers ────────────────────────────────────────────────────


def set_bit(wire: bytes, place: int) -> bytes:
    return wire[:place] + bytes((wire[place] ^ 1,)) + wire[place + 1 :]


def both_large_and_foreign(c: Consortium) -> Receipt:
    return send(c, bytes(TRANSACTION_BYTES_MAX + 1))


def both_foreign_and_short(c: Consortium) -> Receipt:
    return send(c, bytes(20))


def both_malformed_and_badly_signed(c: Consortium) -> Receipt:
    return send(c, set_bit(make_signed(c, b"\xc1"), 0))


def both_of_another_chain_and_badly_signed(c: Consortium) -> Receipt:
    payload = replace(c.make_payload("azure-bay", RESPOND), chain_id=DIGEST)
    return send(c, set_bit(c.sign_payload("azure-bay", payload), 0))


def both_badly_signed_and_expired(c: Consortium) -> Receipt:
    payload = replace(c.make_payload("azure-bay", RESPOND), valid_until_height=0)
    return send(c, set_bit(c.sign_payload("azure-bay", payload), 0))


def both_expired_and_replayed(c: Consortium) -> Receipt:
    payload = replace(c.make_payload("azure-bay", RESPOND), valid_until_height=1)
    wire = c.sign_payload("azure-bay", payload)
    c.submit(wire)
    return send(c, wire)


def both_replayed_and_same_client_key(c: Consortium) -> Receipt:
    wire = c.sign_payload("azure-bay", replace(c.make_payload("azure-bay", RESPOND), client_key=b"k"))
    c.submit(wire)
    return send(c, wire)


def both_expired_by_time_and_valid_too_long_by_height(c: Consortium) -> Receipt:
    payload = replace(c.make_payload("azure-bay", RESPOND), valid_until_height=10**6, valid_until=c.time - 1)
    return send(c, c.sign_payload("azure-bay", payload))


def both_valid_too_long_by_time_and_replayed(c: Consortium) -> Receipt:
    payload = c.make_payload("azure-bay", RESPOND)
    send(c, c.sign_payload("azure-bay", payload))
    return send(c, c.sign_payload("azure-bay", replace(payload, valid_until=c.time + 367 * DAY_US)))


def both_expired_and_unknown(c: Consortium) -> Receipt:
    return send(c, c.sign_payload("nobody", replace(c.make_payload("nobody", RESPOND), valid_until_height=0)))


def both_roleless_and_in_a_real_clock(c: Consortium) -> Receipt:
    c = Consortium(clock="real")
    c.act("azure-bay", make_officer(c, "azure-bay", "azure-bay/2", roles=("auditor",)))
    return c.attempt("azure-bay/2", Advance(c.time + 1))


def both_tick_by_an_officer_and_in_a_scenario(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", TICK)


def both_no_operator_and_not_alone(c: Consortium) -> Receipt:
    return c.attempt("birch-vale", Advance(c.time + 1), RESPOND)


def both_not_alone_and_backwards(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", Advance(c.time - 1), RESPOND)


def both_not_alone_and_too_far(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", Advance(c.time + 4000 * DAY_US), RESPOND)


def both_a_stranger_and_invalid(c: Consortium) -> Receipt:
    return c.attempt("dune-shore", Propose(c.make_supply("cedar-ford", "azure-bay", size=100_000)))


def both_other_document_and_signed(c: Consortium) -> Receipt:
    number = propose(c)
    c.act("cedar-ford", Sign(number, get_document(c, number)))
    return c.attempt("cedar-ford", Sign(number, DIGEST))


def both_closed_and_other_document(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", Sign(agree(c), DIGEST))


def both_other_document_and_no_longer_valid(c: Consortium) -> Receipt:
    number = make_stale_offer(c)
    return c.attempt("azure-bay", Sign(number, DIGEST))


def make_stale_offer(c: Consortium) -> int:
    """An offer signed by a debtor who is then suspended: the last signature would find it invalid."""
    for place in range(5):
        c.agree(c.make_supply("cedar-ford", ("azure-bay", "birch-vale")[place % 2], size=10, due_days=2))
    c.advance_to(c.time + 22 * DAY_US + DAY_US // 2)
    number = propose(c)
    c.act("cedar-ford", Sign(number, get_document(c, number)))
    c.advance_to(c.time + DAY_US - 1)
    return number


def both_not_in_force_and_no_such_obligation(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", Deliver(propose(c), 9, 1))


def both_not_the_debtor_and_unknown_version(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", Deliver(agree(c), 1, 9))


def both_settled_and_unknown_version(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", Deliver(make_delivered(c), 1, 9))


def both_withdrawn_and_used(c: Consortium) -> Receipt:
    number = make_delivered(c)
    c.act("azure-bay", make_object(number))
    c.act("cedar-ford", Withdraw(DATASET, 1, ""))
    return c.attempt("cedar-ford", Deliver(number, 1, 1))


def both_schema_and_rows(c: Consortium) -> Receipt:
    return deliver_against(c, MatchingTable(DIGEST, 99))


def both_not_a_creditor_and_nothing_delivered(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", Acknowledge(agree(c), 1))


def both_objected_to_by_another_and_acknowledged(c: Consortium) -> Receipt:
    number = make_two_creditors(c)
    c.act("azure-bay", Acknowledge(number, 1))
    c.act("birch-vale", make_object(number))
    return c.attempt("azure-bay", Acknowledge(number, 1))


def both_objected_to_and_acknowledged(c: Consortium) -> Receipt:
    number = make_two_creditors(c)
    c.act("azure-bay", Acknowledge(number, 1))
    c.act("birch-vale", make_object(number))
    return c.attempt("azure-bay", make_object(number))


def both_key_and_id_and_code(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", replace(c.make_application("dune-shore", "azure-bay"), code="F-1"))


def both_weak_and_id(c: Consortium) -> Receipt:
    return apply_weakly(c, c.make_application("dune-shore", "azure-bay"))


def both_not_admitted_and_roleless(c: Consortium) -> Receipt:
    apply_for(c)
    return c.attempt("echo-hill", TICK)


def both_id_and_code(c: Consortium) -> Receipt:
    return c.attempt("echo-hill", replace(c.make_application("dune-shore", "azure-bay"), code="F-1"))


def both_code_and_review(c: Consortium) -> Receipt:
    return c.attempt("echo-hill", replace(c.make_application("echo-hill", "nobody"), code="F-1"))


def both_unknown_and_no_verifier(c: Consortium) -> Receipt:
    return c.attempt("cedar-ford", m.Attest("nobody", DIGEST, verdict=True))


def both_no_verifier_and_too_soon(c: Consortium) -> Receipt:
    apply_for(c)
    return c.attempt("cedar-ford", m.Attest("echo-hill", DIGEST, verdict=True))


def both_too_soon_and_other_dossier(c: Consortium) -> Receipt:
    apply_for(c)
    return c.attempt("azure-bay", m.Attest("echo-hill", DIGEST, verdict=True))


def both_other_dossier_and_attested(c: Consortium) -> Receipt:
    c.act("azure-bay", m.Attest("echo-hill", get_reviewed(c).dossier, verdict=False))
    return c.attempt("azure-bay", m.Attest("echo-hill", DIGEST, verdict=True))


def both_key_and_possession_and_roles(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", make_officer(c, "cedar-ford", "birch-vale", roles=("data", "admin")))


def fill_officers(c: Consortium) -> None:
    for place in range(2, 33):
        c.act("azure-bay", make_officer(c, "azure-bay", f"azure-bay/{place}"))


def both_weak_and_too_many_officers(c: Consortium) -> Receipt:
    fill_officers(c)
    addition = replace(make_officer(c, "azure-bay", "azure-bay/33"), public_key=b"\1" + bytes(31))
    return c.attempt("azure-bay", addition)


def both_too_many_officers_and_possession(c: Consortium) -> Receipt:
    fill_officers(c)
    return c.attempt("azure-bay", make_officer(c, "cedar-ford", "azure-bay/33"))


def both_possession_and_roles(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", make_officer(c, "cedar-ford", "azure-bay/2", roles=("data", "admin")))


def both_another_members_officer_and_roles(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", m.SetRoles(c.get_public_key("birch-vale"), ("data", "admin")))


def both_roles_and_last_admin(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", m.SetRoles(c.get_public_key("azure-bay"), ("data", "auditor")))


def both_too_early_and_guarantor(c: Consortium) -> Receipt:
    expel(c)
    return c.attempt("cedar-ford", m.Readmit("dune-shore"))


PRECEDENCE: dict[Callable[[Consortium], Receipt], str] = {
    both_large_and_foreign: "ledger.too_large",
    both_foreign_and_short: "ledger.wrong_domain",
    both_malformed_and_badly_signed: "encoding.malformed",
    both_of_another_chain_and_badly_signed: "ledger.wrong_chain",
    both_badly_signed_and_expired: "ledger.bad_signature",
    both_expired_and_replayed: "ledger.expired",
    both_expired_by_time_and_valid_too_long_by_height: "ledger.expired",
    both_valid_too_long_by_time_and_replayed: "ledger.valid_too_long",
    both_replayed_and_same_client_key: "ledger.nonce_used",
    both_expired_and_unknown: "ledger.expired",
    both_roleless_and_in_a_real_clock: "ledger.role_missing",
    both_tick_by_an_officer_and_in_a_scenario: "ledger.role_missing",
    both_no_operator_and_not_alone: "clock.not_an_operator",
    both_not_alone_and_backwards: "clock.not_alone",
    both_not_alone_and_too_far: "clock.not_alone",
    both_a_stranger_and_invalid: "contracts.proposer_not_party",
    both_closed_and_other_document: "contracts.not_open_for_signature",
    both_other_document_and_signed: "contracts.document_differs",
    both_other_document_and_no_longer_valid: "contracts.document_differs",
    both_not_in_force_and_no_such_obligation: "contracts.not_in_force",
    both_not_the_debtor_and_unknown_version: "contracts.not_the_debtor",
    both_settled_and_unknown_version: "contracts.nothing_owed",
    both_withdrawn_and_used: "contracts.version_withdrawn",
    both_schema_and_rows: "contracts.schema_differs",
    both_not_a_creditor_and_nothing_delivered: "contracts.not_a_creditor",
    both_objected_to_by_another_and_acknowledged: "contracts.objection_stands",
    both_objected_to_and_acknowledged: "contracts.nothing_delivered",
    both_weak_and_id: "membership.weak_key",
    both_not_admitted_and_roleless: "ledger.not_admitted",
    both_key_and_id_and_code: "membership.key_in_use",
    both_id_and_code: "membership.id_taken",
    both_code_and_review: "membership.code_taken",
    both_unknown_and_no_verifier: "membership.unknown_member",
    both_no_verifier_and_too_soon: "membership.not_a_verifier",
    both_too_soon_and_other_dossier: "membership.not_in_verification",
    both_other_dossier_and_attested: "membership.dossier_differs",
    both_too_early_and_guarantor: "membership.too_early_to_return",
    both_key_and_possession_and_roles: "membership.key_in_use",
    both_weak_and_too_many_officers: "membership.weak_key",
    both_too_many_officers_and_possession: "membership.too_many_officers",
    both_possession_and_roles: "membership.possession_not_proved",
    both_another_members_officer_and_roles: "membership.not_your_officer",
    both_roles_and_last_admin: "membership.roles_not_in_order",
}


@pytest.mark.parametrize("provoke", PRECEDENCE, ids=lambda provoke: provoke.__name__)
def test_the_first_rule_of_the_table_answers(provoke: Callable[[Consortium], Receipt]) -> None:
    assert provoke(Consortium()).code == PRECEDENCE[provoke]


def test_a_signature_on_a_stale_offer_is_judged_again() -> None:
    c = Consortium()
    number = make_stale_offer(c)
    receipt = c.attempt("azure-bay", Sign(number, get_document(c, number)))
    assert receipt.code == "contracts.invalid"
    assert [reason.code for reason in receipt.reasons] == ["judge.party_not_in_standing"]
