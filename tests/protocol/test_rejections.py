"""Every rejection code is provoked; where two apply, the one that stands first in the tables is given."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from concordat.contracts.terms import MatchingTable
from concordat.primitives.ledger_time import DAY_US
from concordat.protocol import messages
from concordat.protocol.families import membership as m
from concordat.protocol.families.clock import Advance, Tick
from concordat.protocol.families.contracts import Acknowledge, Deliver, Propose, Sign
from concordat.protocol.families.datasets import Withdraw
from concordat.protocol.records import OfficerRole
from concordat.protocol.transactions import Receipt
from concordat.testing.consortium import DATASET, START_US, Consortium
from protocol.provocations import (
    PROVOKE,
    RESPOND,
    Scene,
    apply_weakly,
    attempt_as_auditor,
    deliver_against,
    expel_and_ask_back,
    make_changed,
    make_delivered,
    make_signed,
    make_stage,
    offer_to_somebody_too_often,
    propose,
    propose_and_sign,
    send,
    set_bit,
)
from protocol.scenes import (
    DIGEST,
    agree,
    apply_for,
    get_document,
    get_reviewed,
    make_application,
    make_object,
    make_officer,
)


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


def send_twice(c: Consortium, **changes: object) -> Receipt:
    wire = make_changed(c, "azure-bay", **changes)
    c.submit(wire)
    return send(c, wire)


def valid_too_long_by_time_and_replayed(c: Consortium) -> Receipt:
    payload = c.make_payload("azure-bay", RESPOND)
    send(c, c.sign_payload("azure-bay", payload))
    return send(c, c.sign_payload("azure-bay", replace(payload, valid_until=c.time + 367 * DAY_US)))


def make_stale_offer(c: Consortium) -> int:
    """An offer signed by a debtor who is then suspended: the last signature would find it invalid."""
    for place in range(5):
        c.agree(c.make_supply("cedar-ford", ("azure-bay", "birch-vale")[place % 2], size=10, due_days=2))
    c.advance_to(c.time + 22 * DAY_US + DAY_US // 2)
    number = propose_and_sign(c)
    c.advance_to(c.time + DAY_US - 1)
    return number


def offer_too_much_too_often(c: Consortium) -> Receipt:
    offer_to_somebody_too_often(c)
    return c.attempt("cedar-ford", Propose(c.make_supply("cedar-ford", "azure-bay", size=100_000)))


def withdrawn_and_used(c: Consortium) -> Receipt:
    number = make_delivered(c)
    c.act("azure-bay", make_object(number))
    c.act("cedar-ford", Withdraw(DATASET, 1, ""))
    return c.attempt("cedar-ford", Deliver(number, 1, 1))


def accept_and_let_another_object(c: Consortium) -> int:
    """A delivery that azure-bay accepted and birch-vale objects to."""
    number = make_delivered(c, "azure-bay", "birch-vale")
    c.act("azure-bay", Acknowledge(number, 1))
    c.act("birch-vale", make_object(number))
    return number


def attest_another_dossier(c: Consortium, verifier: str) -> Receipt:
    return c.attempt(verifier, m.Attest("echo-hill", DIGEST, verdict=True))


def not_admitted_and_roleless(c: Consortium) -> Receipt:
    apply_for(c)
    return c.attempt("echo-hill", Tick())


def no_verifier_and_too_soon(c: Consortium) -> Receipt:
    apply_for(c)
    return attest_another_dossier(c, "cedar-ford")


def too_soon_and_other_dossier(c: Consortium) -> Receipt:
    apply_for(c)
    return attest_another_dossier(c, "azure-bay")


def other_dossier_and_attested(c: Consortium) -> Receipt:
    c.act("azure-bay", m.Attest("echo-hill", get_reviewed(c).dossier, verdict=False))
    return attest_another_dossier(c, "azure-bay")


def add_a_33rd_officer(c: Consortium, addition: m.AddOfficer) -> Receipt:
    for place in range(2, 33):
        c.act("azure-bay", make_officer(c, "azure-bay", f"azure-bay/{place}"))
    return c.attempt("azure-bay", addition)


UNORDERED: tuple[OfficerRole, ...] = ("data", "admin")

BOTH: dict[str, tuple[str, Scene]] = {
    "foreign and short": ("ledger.wrong_domain", lambda c: send(c, bytes(20))),
    "malformed and badly signed": ("encoding.malformed", lambda c: send(c, set_bit(make_signed(c, b"\xc1"), 0))),
    "of another chain and badly signed": (
        "ledger.wrong_chain", lambda c: send(c, set_bit(make_changed(c, chain_id=DIGEST), 0)),
    ),
    "badly signed and expired": (
        "ledger.bad_signature", lambda c: send(c, set_bit(make_changed(c, valid_until_height=0), 0)),
    ),
    "expired and replayed": ("ledger.expired", lambda c: send_twice(c, valid_until_height=1)),
    "expired by time and valid too long by height": (
        "ledger.expired", lambda c: send(c, make_changed(c, valid_until_height=10**6, valid_until=c.time - 1)),
    ),
    "valid too long by time and replayed": ("ledger.valid_too_long", valid_too_long_by_time_and_replayed),
    "replayed and same client key": ("ledger.nonce_used", lambda c: send_twice(c, client_key=b"k")),
    "expired and unknown": ("ledger.expired", lambda c: send(c, make_changed(c, "nobody", valid_until_height=0))),
    "not admitted and roleless": ("ledger.not_admitted", not_admitted_and_roleless),
    "roleless and in a real clock": (
        "ledger.role_missing", lambda _: attempt_as_auditor(Consortium(clock="real"), Advance(START_US + 1)),
    ),
    "a tick by an officer and in a scenario": ("ledger.role_missing", lambda c: c.attempt("azure-bay", Tick())),
    "no operator and not alone": (
        "clock.not_an_operator", lambda c: c.attempt("birch-vale", Advance(c.time + 1), RESPOND),
    ),
    "not alone and backwards": ("clock.not_alone", lambda c: c.attempt("azure-bay", Advance(c.time - 1), RESPOND)),
    "not alone and too far": (
        "clock.not_alone", lambda c: c.attempt("azure-bay", Advance(c.time + 4000 * DAY_US), RESPOND),
    ),
    "a stranger and invalid": (
        "contracts.proposer_not_party",
        lambda c: c.attempt("dune-shore", Propose(c.make_supply("cedar-ford", "azure-bay", size=100_000))),
    ),
    "too many offers and invalid": ("contracts.too_many_offers", offer_too_much_too_often),
    "closed and other document": (
        "contracts.not_open_for_signature", lambda c: c.attempt("cedar-ford", Sign(agree(c), DIGEST)),
    ),
    "other document and signed": (
        "contracts.document_differs", lambda c: c.attempt("cedar-ford", Sign(propose_and_sign(c), DIGEST)),
    ),
    "other document and no longer valid": (
        "contracts.document_differs", lambda c: c.attempt("azure-bay", Sign(make_stale_offer(c), DIGEST)),
    ),
    "not in force and no such obligation": (
        "contracts.not_in_force", lambda c: c.attempt("cedar-ford", Deliver(propose(c), 9, 1)),
    ),
    "not the debtor and unknown version": (
        "contracts.not_the_debtor", lambda c: c.attempt("azure-bay", Deliver(agree(c), 1, 9)),
    ),
    "delivered and unknown version": (
        "contracts.nothing_owed", lambda c: c.attempt("cedar-ford", Deliver(make_delivered(c), 1, 9)),
    ),
    "withdrawn and used": ("contracts.version_withdrawn", withdrawn_and_used),
    "schema and rows": ("contracts.schema_differs", lambda c: deliver_against(c, MatchingTable(DIGEST, 99))),
    "not a creditor and nothing delivered": (
        "contracts.not_a_creditor", lambda c: c.attempt("cedar-ford", Acknowledge(agree(c), 1)),
    ),
    "objected to by another and acknowledged": (
        "contracts.objection_stands",
        lambda c: c.attempt("azure-bay", Acknowledge(accept_and_let_another_object(c), 1)),
    ),
    "objected to and acknowledged": (
        "contracts.nothing_delivered",
        lambda c: c.attempt("azure-bay", make_object(accept_and_let_another_object(c))),
    ),
    "key and id and code": (
        "membership.key_in_use", lambda c: c.attempt("cedar-ford", make_application(c, "dune-shore", code="F-1")),
    ),
    "weak and id": ("membership.weak_key", lambda c: apply_weakly(c, make_application(c, "dune-shore"))),
    "id and code": (
        "membership.id_taken", lambda c: c.attempt("echo-hill", make_application(c, "dune-shore", code="F-1")),
    ),
    "code and review": (
        "membership.code_taken", lambda c: c.attempt("echo-hill", make_application(c, code="F-1", sponsor="nobody")),
    ),
    "unknown and no verifier": ("membership.unknown_member", lambda c: attest_another_dossier(c, "cedar-ford")),
    "no verifier and too soon": ("membership.not_a_verifier", no_verifier_and_too_soon),
    "too soon and other dossier": ("membership.not_in_verification", too_soon_and_other_dossier),
    "other dossier and attested": ("membership.dossier_differs", other_dossier_and_attested),
    "too early and guarantor": ("membership.too_early_to_return", lambda c: expel_and_ask_back(c, "dune-shore")),
    "key and possession and roles": (
        "membership.key_in_use",
        lambda c: c.attempt("azure-bay", make_officer(c, "cedar-ford", "birch-vale", roles=UNORDERED)),
    ),
    "weak and too many officers": (
        "membership.weak_key",
        lambda c: add_a_33rd_officer(
            c, replace(make_officer(c, "azure-bay", "azure-bay/33"), public_key=b"\1" + bytes(31))
        ),
    ),
    "too many officers and possession": (
        "membership.too_many_officers",
        lambda c: add_a_33rd_officer(c, make_officer(c, "cedar-ford", "azure-bay/33")),
    ),
    "possession and roles": (
        "membership.possession_not_proved",
        lambda c: c.attempt("azure-bay", make_officer(c, "cedar-ford", "azure-bay/2", roles=UNORDERED)),
    ),
    "another member's officer and roles": (
        "membership.not_your_officer",
        lambda c: c.attempt("azure-bay", m.SetRoles(c.get_public_key("birch-vale"), UNORDERED)),
    ),
    "roles and last admin": (
        "membership.roles_not_in_order",
        lambda c: c.attempt("azure-bay", m.SetRoles(c.get_public_key("azure-bay"), ("data", "auditor"))),
    ),
}  # fmt: skip


@pytest.mark.parametrize("both", BOTH)
def test_the_first_rule_of_the_table_answers(both: str) -> None:
    code, provoke = BOTH[both]
    assert provoke(Consortium()).code == code


def test_a_signature_on_a_stale_offer_is_judged_again() -> None:
    c = Consortium()
    number = make_stale_offer(c)
    receipt = c.attempt("azure-bay", Sign(number, get_document(c, number)))
    assert receipt.code == "contracts.invalid"
    assert [reason.code for reason in receipt.reasons] == ["judge.party_not_in_standing"]
