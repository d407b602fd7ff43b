"""Objections, and several creditors: who accepts, who objects, what a withdrawal leaves, when silence accepts."""

from __future__ import annotations

from functools import partial

import pytest
from msgspec.structs import replace

from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.families.contracts import Acknowledge, Acknowledged, Deliver, Settled
from concordat.protocol.messages import Event
from concordat.protocol.records import MemberRole
from concordat.testing.consortium import DATASET, Consortium
from protocol.provocations import deliver_an_exact_file
from protocol.scenes import (
    acknowledge,
    agree,
    get_duty_status,
    get_severities,
    get_status,
    make_object,
    name_events,
    object_to,
)

names = partial(name_events, family="contracts")


def deliver_and_object(c: Consortium, *, days: int) -> int:
    """A delivery made when `days` have passed of the 30, objected to at once."""
    number = agree(c, days=days)
    c.deliver(number)
    object_to(c, number)
    return number


def test_an_objection_gives_one_grace_period_anew(c: Consortium) -> None:
    number = agree(c, days=30)
    c.deliver(number)
    c.advance(4)
    assert object_to(c, number) == ["Objected"]
    c.advance(7)
    c.deliver(number)
    assert acknowledge(c, number) == ["Settled", "Completed"]
    assert get_severities(c) == [0]


def test_what_was_objected_to_is_answered_by_a_newer_version(c: Consortium) -> None:
    number = agree(c)
    c.act("cedar-ford", c.make_registration("cedar-ford"))
    c.deliver(number)
    object_to(c, number)
    for version in (1, 2):
        receipt = c.attempt("cedar-ford", Deliver(number, 1, version))
        assert (receipt.code, receipt.reasons[0].parameters) == ("contracts.version_used", (version, 1))
    assert names(c.deliver(number)) == ["Delivered"]


def test_redelivery_counts_as_of_the_first_delivery(c: Consortium) -> None:
    number = deliver_and_object(c, days=30)
    c.advance(20)
    c.deliver(number)
    assert names(c.advance(5)) == ["Settled", "Completed"]
    assert get_severities(c) == [0]


def test_a_late_delivery_never_agreed_on_is_late_all_the_same(c: Consortium) -> None:
    deliver_and_object(c, days=40)
    assert names(c.advance(21)) == ["Lapsed", "Completed"]
    assert get_severities(c) == [2]
    assert c.state.credits[("cedar-ford",)].grade == "E"


@pytest.mark.parametrize("is_redelivered", [True, False])
def test_an_objection_does_not_wash_lateness_away(c: Consortium, is_redelivered: bool) -> None:
    number = deliver_and_object(c, days=40)
    if is_redelivered:
        c.deliver(number)
    acknowledge(c, number)
    assert get_severities(c) == [0, 2]


def test_an_objection_to_a_late_delivery_resumes_the_contract(c: Consortium) -> None:
    number = agree(c, days=40)
    c.deliver(number)
    assert get_status(c, number) == "suspended"
    assert object_to(c, number) == ["Objected", "Resumed"]


def test_an_objection_that_nobody_resolves_lapses_without_a_record(c: Consortium) -> None:
    deliver_and_object(c, days=30)
    assert names(c.advance_to(c.time + 21 * DAY_US - 1)) == []
    assert names(c.advance_to(c.time + 1)) == ["Lapsed", "Completed"]
    assert get_severities(c) == []


def test_a_later_objection_prolongs_nothing(c: Consortium) -> None:
    number = deliver_and_object(c, days=30)
    c.advance(6)
    c.deliver(number)
    object_to(c, number)
    assert names(c.advance(14)) == []
    assert names(c.advance(1)) == ["Lapsed", "Completed"]


def test_an_objection_after_the_time_to_mend_closes_the_duty_at_once(c: Consortium) -> None:
    number = deliver_and_object(c, days=30)
    c.advance_to(c.time + 21 * DAY_US - 1)
    c.deliver(number)
    assert names(c.advance(4)) == []
    assert object_to(c, number) == ["Objected", "Lapsed", "Completed"]
    assert get_severities(c) == []


def test_an_answer_in_time_may_be_accepted_after_the_time_to_mend(c: Consortium) -> None:
    number = deliver_and_object(c, days=30)
    c.advance(20)
    c.deliver(number)
    assert names(c.advance(5)) == ["Settled", "Completed"]


@pytest.mark.parametrize("is_redelivered", [True, False])
def test_an_objection_moves_no_mark_of_timeliness(c: Consortium, is_redelivered: bool) -> None:
    number = deliver_and_object(c, days=32)
    if is_redelivered:
        c.deliver(number)
    acknowledge(c, number)
    marks = [record.marks for _, record in c.state.records.group("cedar-ford")]
    assert marks == [(1000, 800, None), (None, None, None)]


def test_objecting_twice_at_the_same_time_lapses_once(c: Consortium) -> None:
    number = agree(c, days=30)
    for _ in range(2):
        c.deliver(number)
        object_to(c, number)
    assert names(c.advance(21)) == ["Lapsed", "Completed"]


def test_a_file_that_the_ledger_matched_may_only_not_have_been_received(c: Consortium) -> None:
    number = deliver_an_exact_file(c)
    for ground in ("incomplete", "wrong_content", "wrong_period"):
        receipt = c.attempt("azure-bay", replace(make_object(number), ground=ground))
        assert (receipt.code, receipt.reasons[0].parameters) == ("contracts.ground_settled", (number, 1, ground))
    assert names(c.act("azure-bay", replace(make_object(number), ground="not_received"))) == ["Objected"]
    again = c.make_registration("cedar-ford")
    digest = c.state.versions[("cedar-ford", DATASET, 1)].digest
    happened = c.act("cedar-ford", replace(again, digest=digest), Deliver(number, 1, again.version))
    assert names(happened) == ["Delivered"]


def test_an_objection_may_be_dropped(c: Consortium) -> None:
    number = deliver_and_object(c, days=0)
    assert acknowledge(c, number) == ["Settled", "Completed"]
    assert names(c.advance(90)) == []
    assert get_severities(c) == [0]


def test_an_early_delivery_that_is_objected_to_keeps_its_deadline(c: Consortium) -> None:
    number = deliver_and_object(c, days=1)
    assert names(c.advance(28)) == []
    c.deliver(number)
    acknowledge(c, number)
    assert get_severities(c) == [0]


# ── several creditors ───────────────────────────────────────────────────────────────────────────────────────────────


def agree_with_three(c: Consortium, *, days: int = 0) -> int:
    """A delivery to three creditors, made when `days` have passed of the 30."""
    number = c.agree(c.make_supply("cedar-ford", "azure-bay", "birch-vale", "dune-shore"))
    if days:
        c.advance(days)
    c.deliver(number)
    return number


def accept(c: Consortium, number: int, *members: str) -> list[Event]:
    return [c.act(member, Acknowledge(number, 1))[0] for member in members]


def test_the_last_creditor_accepts_and_each_gets_its_record(c: Consortium) -> None:
    number = agree_with_three(c)
    assert accept(c, number, "birch-vale", "dune-shore") == [
        Acknowledged(number, 1, "birch-vale", 2), Acknowledged(number, 1, "dune-shore", 1),
    ]  # fmt: skip
    assert get_duty_status(c, number) == "delivered"
    assert get_severities(c) == []
    assert acknowledge(c, number) == ["Settled", "Completed"]
    assert [record.counterparty for _, record in c.state.records.group("cedar-ford")] == [
        "azure-bay", "birch-vale", "dune-shore",
    ]  # fmt: skip


def test_silence_accepts_for_the_creditors_that_did_not_answer(c: Consortium) -> None:
    number = agree_with_three(c)
    accept(c, number, "birch-vale")
    happened = c.advance(5)
    assert names(happened) == ["Settled", "Completed"]
    assert [event.member for event in happened if isinstance(event, Settled)] == [None]


def test_who_accepted_neither_accepts_nor_objects_again(c: Consortium) -> None:
    number = agree_with_three(c)
    accept(c, number, "birch-vale")
    for operation in (Acknowledge(number, 1), make_object(number)):
        assert c.attempt("birch-vale", operation).code == "contracts.already_acknowledged"


def test_nobody_accepts_over_the_objection_of_another(c: Consortium) -> None:
    number = agree_with_three(c)
    accept(c, number, "birch-vale")
    object_to(c, number)
    for member in ("birch-vale", "dune-shore"):
        assert c.attempt(member, Acknowledge(number, 1)).code == "contracts.objection_stands"
    assert names(c.advance(5)) == []
    assert get_duty_status(c, number) == "objected"


def test_a_withdrawn_objection_leaves_the_first_time_of_acceptance(c: Consortium) -> None:
    number = agree_with_three(c, days=29)
    accept(c, number, "birch-vale")
    c.advance(2)
    object_to(c, number)
    c.advance(1)
    assert accept(c, number, "azure-bay") == [Acknowledged(number, 1, "azure-bay", 1)]
    assert get_duty_status(c, number) == "delivered"
    assert c.attempt("azure-bay", make_object(number)).code == "contracts.already_acknowledged"
    assert names(c.advance_to(c.time + 2 * DAY_US - 1)) == []
    assert names(c.advance_to(c.time + 1)) == ["Settled", "Completed"]
    assert get_severities(c) == [0, 0, 0]
    assert names(c.advance(60)) == []


def test_an_objection_withdrawn_after_the_period_settles_at_once(c: Consortium) -> None:
    number = agree_with_three(c)
    object_to(c, number)
    c.advance(5)
    assert acknowledge(c, number) == ["Settled", "Completed"]


def test_an_objection_withdrawn_last_settles_at_once(c: Consortium) -> None:
    number = agree_with_three(c)
    accept(c, number, "birch-vale", "dune-shore")
    object_to(c, number)
    assert acknowledge(c, number) == ["Settled", "Completed"]


def test_creditors_object_one_after_the_other(c: Consortium) -> None:
    number = agree_with_three(c, days=29)
    object_to(c, number)
    acknowledge(c, number)
    object_to(c, number, member="dune-shore")
    assert names(c.advance(20)) == []
    assert names(c.advance(1)) == ["Lapsed", "Completed"]
    accepted = [(record.counterparty, record.severity) for _, record in c.state.records.group("cedar-ford")]
    assert accepted == [("azure-bay", 0)], "one creditor's objection takes nothing from what another accepted"


def test_a_new_delivery_asks_every_creditor_anew(c: Consortium) -> None:
    number = agree_with_three(c)
    accept(c, number, "birch-vale")
    object_to(c, number)
    c.deliver(number)
    assert accept(c, number, "birch-vale", "azure-bay") == [
        Acknowledged(number, 1, "birch-vale", 2), Acknowledged(number, 1, "azure-bay", 1),
    ]  # fmt: skip
    assert acknowledge(c, number, member="dune-shore") == ["Settled", "Completed"]


def test_a_withdrawn_objection_does_not_wash_lateness_away(c: Consortium) -> None:
    number = agree_with_three(c, days=40)
    object_to(c, number)
    acknowledge(c, number)
    assert get_status(c, number) == "active"
    assert names(c.advance(5)) == ["Settled", "Completed"]
    assert get_severities(c) == [0, 0, 0, 2]


def test_many_creditors_are_not_many_obligations() -> None:
    members: dict[str, tuple[MemberRole, ...]] = {f"seed-{place}": ("seed",) for place in range(9)}
    c = Consortium({"azure-bay": ("operator", "seed", "verifier"), **members, "cedar-ford": ()})
    number = c.agree(c.make_supply("cedar-ford", *members, size=9))
    c.deliver(number)
    c.advance(5)
    values = [record.value for _, record in c.state.records.group("cedar-ford")]
    assert len(values) == 9
    assert sum(values) <= 100_000
