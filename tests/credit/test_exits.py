from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest

from concordat.credit.exits import is_by_score_condition, is_by_strikes_condition
from concordat.credit.records import Record
from concordat.credit.score import Score

from .samples import breach, perform

LOW = Score(score=449, confidence=400, positive=0, negative=0)
START = (0, 0, 0, 0)
WEEK = 60


def strangers(first: str, second: str) -> bool:
    return first != second


def related(*pair: str) -> Callable[[str, str], bool]:
    return lambda first, second: first != second and {first, second} != set(pair)


def breaches(*severities: Literal[1, 2, 3], week: int = WEEK) -> list[Record]:
    return [breach(number, week, severity, f"partner-{number}") for number, severity in enumerate(severities, start=1)]


@pytest.mark.parametrize(
    ("records", "is_met"),
    [
        (breaches(3, 3), True),
        (breaches(2, 2, 2), True),
        (breaches(2, 2, 3), True),
        (breaches(2, 3), False),
        (breaches(3, 1, 1, 1), False),
        (breaches(1, 1, 1, 1, 1), False),
    ],
)
def test_by_score_needs_two_serious_or_three_grave(records: list[Record], is_met: bool) -> None:
    assert is_by_score_condition(LOW, records, WEEK, START, strangers) is is_met


@pytest.mark.parametrize(("score", "confidence", "is_met"), [(449, 400, True), (450, 400, False), (449, 399, False)])
def test_by_score_needs_a_low_and_certain_score(score: int, confidence: int, is_met: bool) -> None:
    assert is_by_score_condition(Score(score, confidence, 0, 0), breaches(3, 3), WEEK, START, strangers) is is_met


@pytest.mark.parametrize(
    ("records", "is_met"),
    [
        (breaches(3, 3, 3), True),
        (breaches(2, 2, 2, 2, 2), True),
        (breaches(3, 3, 2, 2, 2), True),
        (breaches(3, 3, 2, 2), False),
        (breaches(3, 3, 1, 1, 1, 1), False),
    ],
)
def test_strikes_are_three_serious_or_five_grave(records: list[Record], is_met: bool) -> None:
    assert is_by_strikes_condition(records, WEEK, START, strangers) is is_met


def test_a_strike_counts_for_a_year_while_the_score_remembers_for_three() -> None:
    records = breaches(3, 3, 3, week=8)
    assert is_by_strikes_condition(records, 8 + 52, START, strangers)
    assert not is_by_strikes_condition(records, 8 + 53, START, strangers)
    assert is_by_score_condition(LOW, records, 8 + 156, START, strangers)
    assert not is_by_score_condition(LOW, records, 8 + 157, START, strangers)


def test_a_general_negative_is_gone_after_a_year() -> None:
    records = breaches(2, 2, 2, week=8)
    assert is_by_score_condition(LOW, records, 8 + 52, START, strangers)
    assert not is_by_score_condition(LOW, records, 8 + 53, START, strangers)


def is_either_met(records: list[Record], admitted: tuple[int, int, int, int], rule: Callable[[str, str], bool]) -> bool:
    by_score = is_by_score_condition(LOW, records, WEEK, admitted, rule)
    assert is_by_strikes_condition(records, WEEK, admitted, rule) is by_score
    return by_score


def test_one_accuser_is_not_enough_but_one_finding_is() -> None:
    alone = [breach(number, WEEK, 3, "ash-grove") for number in (1, 2, 3)]
    finding = breach(4, WEEK, 2, "the-auditor", channel="C")
    minor_finding = breach(4, WEEK, 1, "the-auditor", channel="C")
    assert not is_either_met(alone, START, strangers)
    assert is_either_met([*alone, finding], START, strangers)
    assert not is_either_met([*alone, minor_finding], START, strangers)
    assert not is_either_met([*alone, breach(4, WEEK, 1, "birch-hill")], START, strangers)


def test_accusers_related_to_each_other_are_one_and_the_subjects_own_may_speak() -> None:
    pair = [breach(number, WEEK, 3, name) for number, name in enumerate(("ash-grove", "birch-hill") * 2, start=1)]
    assert is_either_met(pair, START, strangers)
    assert not is_either_met(pair, START, related("ash-grove", "birch-hill"))
    assert is_either_met(pair, START, related("ash-grove", "the-subject"))
    third = breach(9, WEEK, 3, "cedar-bay")
    assert is_either_met([*pair, third], START, related("ash-grove", "birch-hill"))


def test_what_led_to_the_last_exit_does_not_lead_to_the_next() -> None:
    records = breaches(3, 3, 3)
    assert is_either_met(records, (2, 0, 0, 0), strangers)
    assert not is_either_met(records, (3, 0, 0, 0), strangers)
    assert not is_either_met([*records, perform(4, WEEK)], (3, 0, 0, 0), strangers)
    assert is_either_met([*records, breach(4, WEEK, 1)], (3, 0, 0, 0), strangers)
