"""Objections to a record: who may object, who answers, and what the clock says of silence."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.families.objections import CITIZENS_OPEN_MAX, Answer, File
from concordat.protocol.records import Objection
from concordat.testing.consortium import Consortium
from protocol.scenes import DIGEST, EDITION_2

ANSWER = bytes(31) + b"a"


@pytest.fixture
def c() -> Consortium:
    return Consortium(params=replace(EDITION_2, objection_answer_days=7))


def get_objection(c: Consortium, number: int = 1) -> Objection:
    return c.state.objections[("cedar-ford", number)]


def test_a_citizen_is_nobody_on_the_ledger_and_a_member_is_named(c: Consortium) -> None:
    c.act("node", File("cedar-ford", None, DIGEST))
    c.act("azure-bay", File("cedar-ford", (1, 0), DIGEST))
    assert [get_objection(c, number).objector for number in (1, 2)] == [None, "azure-bay"]
    assert [get_objection(c, number).entry for number in (1, 2)] == [None, (1, 0)]
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
