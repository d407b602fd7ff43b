"""Weights, the close of an epoch member by member, and whom a breach names."""

from __future__ import annotations

from msgspec.structs import replace

from concordat.credit.score import NEWCOMER as NEWCOMER_SCORE
from concordat.primitives.codec import encode
from concordat.protocol.families.contracts import Terminate
from concordat.protocol.families.credit import Changed, Recorded
from concordat.protocol.params import DEFAULT_PARAMS
from concordat.testing.consortium import Consortium
from protocol.scenes import NEWCOMER, attest, get_member_status, get_reviewed, get_severities, keep


def test_weights_follow_what_the_seeds_settled(c: Consortium) -> None:
    def get_weights() -> list[int]:
        members = ("azure-bay", "birch-vale", "cedar-ford", "dune-shore", NEWCOMER)
        return [c.state.credits[(member,)].weight_milli for member in members]

    c.admit(NEWCOMER, "azure-bay", "birch-vale")
    assert get_weights() == [1000, 1000, 0, 0, 0]
    for debtor, creditor in (("cedar-ford", "azure-bay"), ("dune-shore", "cedar-ford")):
        keep(c, debtor, creditor)
    assert get_weights() == [1000, 1000, 0, 0, 0]
    c.advance(28)
    assert get_weights() == [1000, 1000, 1000, 1000, 0]
    c.advance(52 * 7)
    assert get_weights() == [1000, 1000, 0, 0, 0]
    assert len(c.state.flows) == 0


def test_a_child_is_not_lifted_by_its_parent(c: Consortium) -> None:
    attest(c, "birch-vale", get_reviewed(c, parent="azure-bay"))
    keep(c, NEWCOMER, "azure-bay")
    c.advance(28)
    credit = c.state.credits[(NEWCOMER,)]
    assert (credit.score.score, credit.weight_milli, len(c.state.flows)) == (600, 0, 0)


# ── the close of an epoch, member by member ─────────────────────────────────────────────────────────────────────────


def play_a_year(c: Consortium) -> bytes:
    """Breaches and performances of three members over a year; the encoding of what is published about them."""
    for place in range(13):
        debtor, creditor = ("cedar-ford", "dune-shore", "birch-vale")[place % 3], ("azure-bay", "dune-shore")[place % 2]
        if debtor == creditor:
            creditor = "azure-bay"
        number = c.agree(c.make_supply(debtor, creditor, size=10, due_days=5))
        if place % 4:
            c.deliver(number)
        c.advance(28)
    return b"".join(encode(credit) for _, credit in c.state.credits.items())


def test_an_epoch_closes_alike_in_one_block_and_in_many() -> None:
    def close(items_a_block: int) -> bytes:
        return play_a_year(Consortium(params=replace(DEFAULT_PARAMS, due_events_per_block_max=items_a_block)))

    assert close(1) == close(2) == close(1000)


def test_the_score_is_published_once_an_entry_whatever_it_records(c: Consortium) -> None:
    number = c.agree(c.make_supply("cedar-ford", "azure-bay", size=10, due_days=2, times=3))
    c.advance(5)
    c.act("azure-bay", Terminate(number))
    happened = [type(event) for event in c.act("cedar-ford", Terminate(number))]
    assert (happened.count(Recorded), happened.count(Changed)) == (3, 1)


def test_a_record_that_was_undone_leaves_no_trace_in_the_score(c: Consortium) -> None:
    number = c.agree(c.make_supply("cedar-ford", "azure-bay", size=10, due_days=2, times=3))
    c.advance(7)
    c.act("azure-bay", Terminate(number))
    refused = c.attempt("cedar-ford", Terminate(number), Terminate(number))
    assert (refused.code, refused.operation) == ("contracts.not_in_force", 1)
    assert c.state.credits[("cedar-ford",)].score == NEWCOMER_SCORE
    c.act("cedar-ford", Terminate(number))
    c.check_invariants()


def test_records_that_count_no_more_leave_the_state_at_a_close(c: Consortium) -> None:
    for _ in range(2):
        number = c.agree(c.make_supply("cedar-ford", "azure-bay", size=10, due_days=5))
    c.deliver(number)
    c.advance(5 + 7 + 14 + 5)
    assert sorted(get_severities(c)) == [0, 2]
    c.advance(52 * 7)
    assert get_severities(c) == [0]
    c.advance((156 - 52 + 13) * 7)
    assert get_severities(c) == []
    c.advance(28)
    assert c.state.credits[("cedar-ford",)].score.score == 600


def test_a_breach_names_an_independent_creditor_where_there_is_one(c: Consortium) -> None:
    c.admit(NEWCOMER, "azure-bay", "birch-vale")
    c.agree(c.make_supply(NEWCOMER, "azure-bay", "cedar-ford", size=10, due_days=2))
    c.agree(c.make_supply(NEWCOMER, "azure-bay", size=10, due_days=2))
    c.advance(23)
    assert [record.counterparty for _, record in c.state.records.group(NEWCOMER)] == ["cedar-ford", "azure-bay"]


def test_one_weighty_creditor_does_not_speak_for_all(c: Consortium) -> None:
    creditors = ("azure-bay", "cedar-ford", "dune-shore")
    c.agree(c.make_supply("birch-vale", *creditors, size=20, due_days=10, times=5, consequence="continue"))
    c.advance(10 + 5 + 21)
    assert {record.counterparty for _, record in c.state.records.group("birch-vale")} == {*creditors}
    assert get_member_status(c, "birch-vale") == "suspended"


def test_breaches_towards_the_same_creditors_name_them_in_turn(c: Consortium) -> None:
    c.agree(
        c.make_supply("cedar-ford", "azure-bay", "birch-vale", size=10, due_days=2, times=5, consequence="continue")
    )
    c.advance(6 + 7 + 14)
    named = [record.counterparty for _, record in c.state.records.group("cedar-ford")]
    assert named == ["azure-bay", "birch-vale", "azure-bay", "birch-vale", "azure-bay"]
    assert get_member_status(c, "cedar-ford") == "suspended"


def test_a_breach_names_who_was_named_longest_ago(c: Consortium) -> None:
    for creditors in (("azure-bay",), ("birch-vale",), ("azure-bay", "birch-vale"), ("birch-vale", "azure-bay")):
        c.agree(c.make_supply("cedar-ford", *creditors, size=10, due_days=2))
        c.advance(2 + 7 + 14)
    named = [record.counterparty for _, record in c.state.records.group("cedar-ford")]
    assert named == ["azure-bay", "birch-vale", "azure-bay", "birch-vale"]


def test_to_be_named_as_a_predecessor_keeps_nobody_from_speaking(c: Consortium) -> None:
    attest(c, "azure-bay", get_reviewed(c, sponsor="azure-bay", predecessor="birch-vale"))
    c.agree(c.make_supply(NEWCOMER, "azure-bay", "birch-vale", size=10, due_days=2))
    c.advance(2 + 7 + 14)
    assert [record.counterparty for _, record in c.state.records.group(NEWCOMER)] == ["birch-vale"]
