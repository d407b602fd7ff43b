"""What becomes of a contract: kept, late, cured, breached, ended by consent, void. Objections: test_objections."""

from __future__ import annotations

from functools import partial

import pytest
from msgspec.structs import replace

from concordat.contracts.terms import MatchingTable
from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.families.contracts import Acknowledge, Decline, Deliver, Propose, Sign, Terminate
from concordat.protocol.families.datasets import Register
from concordat.protocol.params import DEFAULT_PARAMS
from concordat.protocol.receipts import DueCause
from concordat.testing.consortium import DATASET, Consortium
from protocol.scenes import (
    acknowledge,
    agree,
    agree_on_exchange,
    agree_on_two,
    get_document,
    get_duty_status,
    get_severities,
    get_status,
    keep,
    make_object,
    name_events,
    object_to,
)

names = partial(name_events, family="contracts")


# ── offer ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_last_signature_puts_an_offer_in_force(c: Consortium) -> None:
    number = c.propose(c.make_supply("cedar-ford", "azure-bay"))
    document = get_document(c, number)
    assert names(c.act("cedar-ford", Sign(number, document))) == ["Signed"]
    assert get_status(c, number) == "proposed"
    assert names(c.act("azure-bay", Sign(number, document))) == ["Signed", "Activated"]
    assert get_status(c, number) == "active"


def test_an_offer_not_signed_by_all_in_time_is_void(c: Consortium) -> None:
    number = c.propose(c.make_supply("cedar-ford", "azure-bay"))
    document = get_document(c, number)
    c.act("cedar-ford", Sign(number, document))
    assert names(c.advance(1)) == ["Expired"]
    assert c.attempt("azure-bay", Sign(number, document)).code == "contracts.not_open_for_signature"


def test_declining_ends_an_offer_without_a_record(c: Consortium) -> None:
    number = c.propose(c.make_supply("cedar-ford", "azure-bay"))
    assert names(c.act("azure-bay", Decline(number, "not now"))) == ["Declined"]
    assert names(c.advance(60)) == []
    assert get_severities(c) == []


def test_a_member_has_at_most_a_hundred_open_offers(c: Consortium) -> None:
    terms = c.make_supply("cedar-ford", "azure-bay")
    offer = Propose(terms)
    c.act("cedar-ford", *(offer,) * 100)
    assert c.attempt("cedar-ford", offer).reasons[0].parameters == ("cedar-ford", 100)
    c.act("azure-bay", Propose(terms))
    document = get_document(c, 1)
    c.act("cedar-ford", Sign(1, document))
    c.act("azure-bay", Decline(2, "no"), Sign(1, document))
    c.act("cedar-ford", offer, offer)
    c.check_invariants()
    assert c.attempt("cedar-ford", offer).code == "contracts.too_many_offers"
    c.advance(1)
    terms = c.make_supply("cedar-ford", "azure-bay")
    c.act("cedar-ford", *(Propose(terms),) * 100)
    c.check_invariants()


def test_contracts_are_numbered_in_order_without_gaps(c: Consortium) -> None:
    terms = c.make_supply("cedar-ford", "azure-bay")
    assert c.attempt("cedar-ford", Propose(terms), Terminate(99)).code == "contracts.unknown"
    assert [c.propose(terms), c.propose(terms)] == [1, 2]


# ── kept and late ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_kept_in_time_and_acknowledged(c: Consortium) -> None:
    number = agree(c, days=29)
    assert names(c.deliver(number)) == ["Delivered"]
    assert get_status(c, number) == "active"
    assert acknowledge(c, number) == ["Settled", "Completed"]
    assert get_duty_status(c, number) == "kept"
    assert get_severities(c) == [0]


def test_as_many_rows_as_promised_are_enough(c: Consortium) -> None:
    terms = c.make_supply("cedar-ford", "azure-bay")
    registration = c.make_registration("cedar-ford")
    evidence = MatchingTable(registration.schema, registration.rows)
    number = c.agree(replace(terms, obligations=(replace(terms.obligations[0], evidence=evidence),)))
    assert names(c.deliver(number)) == ["Delivered"]


def test_the_debtors_word_alone_fulfills_nothing(c: Consortium) -> None:
    number = agree(c, days=29)
    c.deliver(number)
    assert c.attempt("cedar-ford", Acknowledge(number, 1)).code == "contracts.not_a_creditor"
    assert get_severities(c) == []
    assert names(c.advance_to(c.time + 5 * DAY_US - 1)) == []
    assert get_duty_status(c, number) == "delivered"


def test_silence_accepts_when_the_objection_period_ends(c: Consortium) -> None:
    number = agree(c, days=29)
    c.deliver(number)
    assert names(c.advance(5)) == ["Settled", "Completed"]
    assert c.attempt("azure-bay", make_object(number)).code == "contracts.not_in_force"
    assert get_severities(c) == [0]


def test_delivery_at_the_very_deadline_is_in_time(c: Consortium) -> None:
    number = agree(c, days=30)
    assert get_duty_status(c, number) == "grace"
    c.deliver(number)
    acknowledge(c, number)
    assert get_severities(c) == [0]


def test_late_within_grace_is_a_minor_breach_beside_the_performance(c: Consortium) -> None:
    number = agree(c)
    assert names(c.advance(33)) == ["GraceBegan"]
    c.deliver(number)
    assert get_status(c, number) == "active"
    acknowledge(c, number)
    assert get_duty_status(c, number) == "cured"
    assert get_severities(c) == [0, 1]
    performance = c.state.records.group("cedar-ford")[0][1]
    assert performance.marks == (1000, 700, None)


def test_cured_after_grace_is_a_general_breach_and_resumes_the_contract(c: Consortium) -> None:
    number = agree_on_two(c, apart_days=60)
    assert names(c.advance(40)) == ["GraceBegan", "Suspended"]
    c.deliver(number, 1)
    assert get_status(c, number) == "suspended"
    assert acknowledge(c, number, 1) == ["Settled", "Resumed"]
    assert get_status(c, number) == "active"
    assert get_duty_status(c, number, 1) == "cured"
    assert get_severities(c) == [0, 2]


# ── never settled ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_never_settled_is_a_general_breach_that_terminates(c: Consortium) -> None:
    number = agree(c, times=2)
    assert names(c.advance(51)) == [
        "GraceBegan", "GraceBegan", "Suspended", "Suspended", "Breached", "Breached", "Terminated",
    ]  # fmt: skip
    assert get_status(c, number) == "terminated"
    assert get_severities(c) == [2, 2]
    assert names(c.advance(60)) == []


def test_never_settled_may_let_the_contract_go_on(c: Consortium) -> None:
    number = c.agree(c.make_supply("cedar-ford", "azure-bay", times=2, consequence="continue"))
    c.advance(31)
    c.deliver(number, 2)
    happened = names(c.advance(20))
    assert happened == ["Settled", "Suspended", "Breached", "Completed"]
    assert get_severities(c) == [0, 2]


@pytest.mark.parametrize(("size", "severity"), [(699, 2), (700, 3)])
def test_a_large_obligation_never_settled_is_a_serious_breach(size: int, severity: int) -> None:
    partners = [f"seed-{n}" for n in range(16)]
    c = Consortium(dict.fromkeys(["azure-bay", "cedar-ford", *partners], ("operator", "seed", "verifier")))
    for member in ("azure-bay", "cedar-ford"):
        for partner in partners:
            keep(c, member, partner, 200)
    c.advance(28)
    assert [c.state.credits[(member,)].grade for member in ("azure-bay", "cedar-ford")] == ["B", "B"]
    c.agree(c.make_supply("cedar-ford", "azure-bay", size=size))
    c.advance(51)
    assert get_severities(c)[-1] == severity
    c.check_invariants()


def test_what_one_owes_when_the_other_breaks_its_word(c: Consortium) -> None:
    number = agree_on_exchange(c, apart_days=21)
    c.advance(49)
    c.deliver(number, 2)
    assert names(c.advance(2)) == ["Breached", "Settled", "Terminated"]
    assert [get_duty_status(c, number, place) for place in (1, 2)] == ["breached", "kept"]
    assert (get_severities(c), get_severities(c, "azure-bay")) == ([2], [0])


# ── several duties ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_suspended_contract_postpones_deadlines_that_have_not_come(c: Consortium) -> None:
    number = agree_on_exchange(c, apart_days=10)
    c.advance(37)
    assert get_status(c, number) == "suspended"
    assert names(c.advance(3)) == []
    assert get_duty_status(c, number, 2) == "waiting"
    assert c.state.duties[(number, 2)].due == c.state.terms[(number,)].obligations[0].cure_ends
    c.deliver(number, 2)
    c.act("cedar-ford", Acknowledge(number, 2))
    assert get_severities(c, "azure-bay") == [0]
    c.deliver(number, 1)
    assert acknowledge(c, number, 1) == ["Settled", "Completed"]


def test_nobodys_own_lateness_postpones_its_deadlines(c: Consortium) -> None:
    number = agree_on_two(c, apart_days=10)
    c.advance(37)
    assert get_status(c, number) == "suspended"
    assert names(c.advance(3)) == ["GraceBegan"]


def test_obligations_may_be_fulfilled_by_versions_in_any_order(c: Consortium) -> None:
    number = agree(c, times=2)
    c.act("cedar-ford", c.make_registration("cedar-ford"))
    c.deliver(number, 1)
    assert names(c.act("cedar-ford", Deliver(number, 2, 1))) == ["Delivered"]


def make_copy(c: Consortium, version: int) -> Register:
    """The next registration, of the bytes of a version that stands."""
    digest = c.state.versions[("cedar-ford", DATASET, version)].digest
    return replace(c.make_registration("cedar-ford"), digest=digest)


def test_one_table_fulfills_one_obligation(c: Consortium) -> None:
    number = agree(c, times=2)
    c.deliver(number, 1)
    copy = make_copy(c, 1)
    receipt = c.attempt("cedar-ford", copy, Deliver(number, 2, copy.version))
    assert (receipt.code, receipt.reasons[0].parameters) == ("contracts.version_used", (2, 1))
    other = agree(c)
    assert names(c.act("cedar-ford", copy, Deliver(other, 1, copy.version))) == ["Delivered"]


def test_a_table_handed_over_fulfills_nothing_when_handed_back(c: Consortium) -> None:
    number = agree_on_exchange(c, apart_days=5)
    c.deliver(number, 1)
    copy = replace(make_copy(c, 1), version=1)
    assert c.attempt("azure-bay", copy, Deliver(number, 2, 1)).code == "contracts.version_used"


def test_the_same_table_may_answer_an_objection_to_itself(c: Consortium) -> None:
    number = agree(c)
    c.deliver(number)
    object_to(c, number)
    copy = make_copy(c, 1)
    assert names(c.act("cedar-ford", copy, Deliver(number, 1, copy.version))) == ["Delivered"]


def test_a_delivery_at_the_end_of_grace_holds_the_contract_up_until_accepted(c: Consortium) -> None:
    number = agree_on_exchange(c, apart_days=20)
    c.advance(37)
    c.deliver(number, 1)
    assert get_status(c, number) == "suspended"
    assert names(c.advance(5)) == ["Settled", "Resumed"]
    assert get_severities(c) == [0, 1]


def test_nobody_postpones_its_own_deadline_by_leaving_a_delivery_unanswered(c: Consortium) -> None:
    number = agree_on_exchange(c, apart_days=8)
    c.advance(37)
    c.deliver(number, 1)
    assert names(c.advance(1)) == ["GraceBegan"]
    assert names(c.advance(4)) == ["Settled", "Resumed"]


def test_a_late_redelivery_after_an_objection_holds_nothing_up(c: Consortium) -> None:
    number = agree_on_two(c, apart_days=1)
    c.advance(30)
    c.deliver(number, 1)
    object_to(c, number, 1)
    assert names(c.advance(15)) == ["GraceBegan", "Suspended"]
    c.deliver(number, 1)
    c.deliver(number, 2)
    assert acknowledge(c, number, 2) == ["Settled", "Resumed"]


def test_two_duties_late_at_once_both_must_be_cured(c: Consortium) -> None:
    number = agree(c, times=3, days=40)
    assert get_status(c, number) == "suspended"
    for obligation in (1, 2):
        c.deliver(number, obligation)
        acknowledge(c, number, obligation)
    assert get_status(c, number) == "suspended"
    c.deliver(number, 3)
    assert acknowledge(c, number, 3) == ["Settled", "Completed"]
    assert get_severities(c) == [0, 2, 0, 2, 0, 2]


def test_silence_accepts_before_lateness_at_the_same_instant(c: Consortium) -> None:
    number = agree(c, times=2, grace_days=0, days=26)
    c.deliver(number, 1)
    assert names(c.advance(5)) == ["Settled", "GraceBegan", "Suspended"]


def test_without_grace_a_late_contract_is_suspended_at_once(c: Consortium) -> None:
    number = agree(c, grace_days=0, days=30)
    assert get_status(c, number) == "suspended"
    c.deliver(number)
    assert names(c.advance(5)) == ["Settled", "Completed"]
    assert get_severities(c) == [0]


# ── ends ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_consent_of_all_ends_a_contract_without_a_breach(c: Consortium) -> None:
    number = agree(c)
    assert names(c.act("cedar-ford", Terminate(number))) == ["EndAsked"]
    assert get_status(c, number) == "active"
    assert names(c.act("azure-bay", Terminate(number))) == ["EndAsked", "Terminated"]
    assert names(c.advance(90)) == []
    assert get_severities(c) == []


def test_an_ask_to_end_speaks_of_the_contract_as_it_stands(c: Consortium) -> None:
    number = agree_on_exchange(c, apart_days=270)
    c.act("cedar-ford", Terminate(number))
    c.deliver(number, 1)
    assert names(c.act("azure-bay", Terminate(number))) == ["EndAsked"]
    acknowledge(c, number, 1)
    assert names(c.act("cedar-ford", Terminate(number))) == ["EndAsked"]
    assert get_status(c, number) == "active"
    assert names(c.act("azure-bay", Terminate(number))) == ["EndAsked", "Terminated"]


@pytest.mark.parametrize("days", [30, 37])
def test_an_ask_to_end_made_before_a_deadline_is_no_consent_after_it(c: Consortium, days: int) -> None:
    number = agree_on_two(c, apart_days=60)
    c.act("azure-bay", Terminate(number))
    c.advance(days)
    assert names(c.act("cedar-ford", Terminate(number))) == ["EndAsked"]
    assert names(c.act("azure-bay", Terminate(number))) == ["EndAsked", "Breached", "Terminated"]


def test_consent_to_end_does_not_wash_lateness_away(c: Consortium) -> None:
    number = agree_on_two(c, apart_days=60)
    c.advance(37)
    for member in ("cedar-ford", "azure-bay"):
        c.act(member, Terminate(number))
    assert get_severities(c) == [2]
    assert [get_duty_status(c, number, place) for place in (1, 2)] == ["breached", "released"]


def test_a_transaction_is_all_or_nothing(c: Consortium) -> None:
    number = agree(c)
    registration = c.make_registration("cedar-ford")
    before = {key: value for key, value in c.state.dump() if key[0] not in (4, 5)}
    receipt = c.attempt("cedar-ford", registration, Deliver(number, 1, 1), Deliver(number, 1, 1))
    assert (receipt.code, receipt.operation, receipt.events) == ("contracts.nothing_owed", 2, ())
    assert {key: value for key, value in c.state.dump() if key[0] not in (4, 5)} == before


# ── the due-queue ───────────────────────────────────────────────────────────────────────────────────────────────────


def get_due_order(c: Consortium, since: int) -> list[tuple[int, int, bytes]]:
    causes = [entry.cause for entry in c.entries[since:]]
    return [(cause.due_at, cause.kind, cause.subject) for cause in causes if isinstance(cause, DueCause)]


def test_due_items_run_in_order_of_time_kind_and_subject(c: Consortium) -> None:
    for _ in range(3):
        agree(c, times=2)
    since = len(c.entries)
    c.advance(60)
    order = get_due_order(c, since)
    assert order == sorted(order)
    assert len(order) > 12


def test_more_due_items_than_a_block_takes_are_finished_by_later_blocks() -> None:
    limited = Consortium(params=replace(DEFAULT_PARAMS, due_events_per_block_max=2))
    free = Consortium()
    for consortium in (limited, free):
        for _ in range(5):
            agree(consortium)
        consortium.advance(60)
        consortium.check_invariants()
    assert limited.height > free.height
    assert get_due_order(limited, 0) == get_due_order(free, 0)
    assert limited.state.contracts[(5,)] == free.state.contracts[(5,)]
