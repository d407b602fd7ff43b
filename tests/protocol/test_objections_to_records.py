"""Objections to a record: who may object, who answers, and what the clock says of silence."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.families.ballots import Vote, Withdraw
from concordat.protocol.families.objections import CITIZENS_OPEN_MAX, Answer, File
from concordat.protocol.records import AboutBallot, AboutEntry, AboutRecord, Admit, ChangeParameter, Objection
from concordat.testing.consortium import Consortium
from protocol.scenes import DIGEST, EDITION_2, announce, apply_for, breach

ANSWER = bytes(31) + b"a"


@pytest.fixture
def c() -> Consortium:
    return Consortium(params=replace(EDITION_2, objection_answer_days=7))


def get_objection(c: Consortium, number: int = 1) -> Objection:
    return c.state.objections[("cedar-ford", number)]


def test_a_citizen_is_nobody_on_the_ledger_and_a_member_is_named(c: Consortium) -> None:
    c.act("node", File("cedar-ford", None, DIGEST))
    c.act("azure-bay", File("cedar-ford", AboutEntry((1, 0)), DIGEST))
    assert [get_objection(c, number).objector for number in (1, 2)] == [None, "azure-bay"]
    assert [get_objection(c, number).about for number in (1, 2)] == [None, AboutEntry((1, 0))]
    c.check_invariants()


def test_an_answer_in_time_closes_it(c: Consortium) -> None:
    c.act("node", File("cedar-ford", None, DIGEST))
    c.advance(6)
    c.act("cedar-ford", Answer(1, ANSWER))
    answered = get_objection(c)
    assert (answered.status, answered.answer, answered.closed_at) == ("answered", ANSWER, c.time)
    c.advance(30)
    assert get_objection(c) == answered
    c.check_invariants()


def test_silence_is_shown_with_the_time_at_which_it_was_over(c: Consortium) -> None:
    c.act("node", File("cedar-ford", None, DIGEST))
    filed = c.time
    c.advance(20)
    silent = get_objection(c)
    assert (silent.status, silent.closed_at) == ("unanswered", filed + 7 * DAY_US)
    assert c.attempt("cedar-ford", Answer(1, ANSWER)).code == "objections.closed"
    c.check_invariants()


def test_nobody_answers_for_another(c: Consortium) -> None:
    c.act("node", File("cedar-ford", None, DIGEST))
    assert c.attempt("azure-bay", Answer(1, ANSWER)).code == "objections.unknown"
    assert c.attempt("node", Answer(1, ANSWER)).code == "ledger.role_missing"


def test_the_bound_counts_what_is_open(c: Consortium) -> None:
    for _ in range(CITIZENS_OPEN_MAX // 100):
        c.act("node", *(File("cedar-ford", None, DIGEST),) * 100)
    assert c.attempt("node", File("cedar-ford", None, DIGEST)).code == "objections.too_many_open"
    c.act("azure-bay", File("cedar-ford", None, DIGEST))
    c.act("cedar-ford", Answer(1, ANSWER))
    c.act("node", File("cedar-ford", None, DIGEST))
    c.advance(8)
    c.check_invariants()
    assert not [key for key, _ in c.state.counters.items() if str(key[0]).startswith("objections/")]


def test_a_credit_record_is_named_by_its_id(c: Consortium) -> None:
    breach(c, "cedar-ford", 1)
    ((member, *record), _) = next(c.state.records.items())
    assert member == "cedar-ford"
    c.act("dune-shore", File("cedar-ford", AboutRecord(tuple(record)), DIGEST))  # type: ignore[arg-type]  # four
    assert c.attempt("dune-shore", File("cedar-ford", AboutRecord((1, 2, 3, 4)), DIGEST)).code == (
        "objections.unknown_record"
    )
    assert c.attempt("dune-shore", File("azure-bay", AboutRecord(tuple(record)), DIGEST)).code == (  # type: ignore[arg-type]
        "objections.unknown_record"
    )


MORE_TIME = ChangeParameter("hearing_days", 21, 99)


def test_a_comment_is_answered_in_time_and_the_vote_waits_for_none(c: Consortium) -> None:
    number = announce(c, MORE_TIME, days=5)
    about = AboutBallot(number)
    c.act("node", File("azure-bay", about, DIGEST))
    c.act("cedar-ford", File("azure-bay", about, DIGEST))
    c.act("azure-bay", Answer(2, ANSWER))
    filed = c.time
    c.advance(5)
    rows = [row for _, row in c.state.objections.items()]
    assert [(row.objector, row.status) for row in rows] == [(None, "unanswered"), ("cedar-ford", "answered")]
    assert rows[0].closed_at == filed + 3 * DAY_US
    assert c.attempt("cedar-ford", File("azure-bay", about, DIGEST)).code == "objections.voting_began"
    c.act("cedar-ford", Vote(number, "yes"))
    c.check_invariants()


def test_a_comment_is_answered_before_the_vote_ends() -> None:
    c = Consortium(params=replace(EDITION_2, comment_answer_days=14, ballot_days_min=1))
    number = announce(c, MORE_TIME, days=1, lasts=1)
    c.act("cedar-ford", File("azure-bay", AboutBallot(number), DIGEST))
    assert c.state.objections[("azure-bay", 1)].answer_by == c.state.ballots[(number,)].closes_at


def test_comments_have_bounds_of_their_own(c: Consortium) -> None:
    number = announce(c, MORE_TIME, days=5)
    c.act("cedar-ford", *(File("azure-bay", AboutBallot(number), DIGEST),) * 20)
    assert c.attempt("cedar-ford", File("azure-bay", AboutBallot(number), DIGEST)).code == "objections.too_many_open"
    c.act("cedar-ford", File("azure-bay", None, DIGEST))
    c.check_invariants()


def test_citizens_comment_on_rules_and_offices_alone(c: Consortium) -> None:
    apply_for(c)
    number = announce(c, Admit("echo-hill"), days=5)
    assert c.attempt("node", File("azure-bay", AboutBallot(number), DIGEST)).code == "objections.not_public"
    c.act("cedar-ford", File("azure-bay", AboutBallot(number), DIGEST))


def test_the_opener_answers_and_nobody_else(c: Consortium) -> None:
    number = announce(c, MORE_TIME, days=5)
    assert c.attempt("node", File("birch-vale", AboutBallot(number), DIGEST)).code == "objections.unknown_ballot"
    assert c.attempt("azure-bay", File("azure-bay", AboutBallot(number), DIGEST)).code == "objections.own_member"
    c.act("azure-bay", Withdraw(number))
    assert c.attempt("node", File("azure-bay", AboutBallot(number), DIGEST)).code == "objections.voting_began"
