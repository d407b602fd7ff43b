from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.credit.grades import (
    NextGrade,
    compute_grade,
    compute_next_grade,
    get_limit_milli,
    is_sponsor_grade,
    settle_grade,
)
from concordat.credit.rulebook import Grade
from concordat.credit.score import Score, compute_ratios

ORDER: tuple[Grade, ...] = ("A", "B", "C", "N", "D", "E")
GRADES = st.sampled_from(ORDER)
SCORES = st.builds(
    Score, score=st.integers(0, 1000), confidence=st.integers(0, 999), positive=st.just(0), negative=st.just(0)
)


@pytest.mark.parametrize(
    ("score", "confidence", "negative", "held", "grade"),
    [
        (850, 600, False, None, "A"),
        (849, 600, False, None, "B"),
        (850, 599, True, None, "B"),
        (750, 350, True, None, "B"),
        (1000, 349, False, None, "C"),
        (650, 0, True, None, "C"),
        (649, 299, False, None, "N"),
        (649, 300, False, None, "D"),
        (649, 299, True, None, "D"),
        (500, 0, False, None, "N"),
        (499, 0, False, None, "E"),
        (835, 600, False, "A", "A"),
        (834, 600, False, "A", "B"),
        (835, 599, False, "A", "B"),
        (835, 600, False, "B", "B"),
        (735, 350, False, "B", "B"),
        (734, 350, False, "B", "C"),
        (635, 900, True, "C", "C"),
        (634, 900, True, "C", "D"),
        (499, 900, True, "D", "E"),
        (499, 0, False, "N", "E"),
    ],
)
def test_a_grade_needs_its_bounds_and_a_held_one_fifteen_points_less(
    score: int, confidence: int, negative: bool, held: Grade | None, grade: Grade
) -> None:
    given_score = Score(score, confidence, 0, 0)
    assert compute_grade(given_score, has_live_negative=negative, held=held) == grade


@given(SCORES, st.booleans(), GRADES)
def test_a_computed_grade_is_stable_while_the_score_stands(score: Score, negative: bool, held: Grade) -> None:
    grade = compute_grade(score, has_live_negative=negative, held=held)
    assert compute_grade(score, has_live_negative=negative, held=grade) == grade


@given(SCORES, st.booleans(), GRADES)
def test_holding_a_grade_never_harms(score: Score, negative: bool, held: Grade) -> None:
    with_held = compute_grade(score, has_live_negative=negative, held=held)
    assert ORDER.index(with_held) <= ORDER.index(compute_grade(score, has_live_negative=negative, held=None))


@given(GRADES, GRADES)
def test_a_rise_waits_for_the_close_and_a_fall_does_not(held: Grade, computed: Grade) -> None:
    assert settle_grade(held, computed, at_close=True) == computed
    worse = max(held, computed, key=ORDER.index)
    assert settle_grade(held, computed, at_close=False) == worse


@given(st.integers(0, 30_000_000), st.integers(0, 60_000_000), GRADES)
def test_the_next_grade_takes_exactly_the_evidence_that_is_missing(positive: int, negative: int, held: Grade) -> None:
    following = compute_next_grade(compute_ratios(positive, negative), held)
    if following is None:
        assert held == "A"
        return
    assert ORDER.index(following.grade) < ORDER.index(held)
    missing = following.evidence_missing

    def is_reached(score: Score) -> bool:
        grade = compute_grade(score, has_live_negative=True, held=None)
        return ORDER.index(grade) <= ORDER.index(following.grade)

    assert is_reached(compute_ratios(positive + missing, negative))
    assert missing == 0 or not is_reached(compute_ratios(positive + missing - 1, negative))
    assert (missing == 0) == (following.score_missing == 0 and following.confidence_missing == 0)


@pytest.mark.parametrize(
    ("held", "positive", "negative", "expected"),
    [
        ("N", 0, 0, ("C", 650, 50, 0, 0, 714_286)),
        ("C", 2_000_000, 0, ("B", 750, 36, 350, 65, 1_000_000)),
        ("E", 0, 8_000_000, ("D", 500, 270, 0, 0, 7_000_000)),
    ],
)
def test_the_way_to_the_next_grade(
    held: Grade, positive: int, negative: int, expected: tuple[Grade, int, int, int, int, int]
) -> None:
    assert compute_next_grade(compute_ratios(positive, negative), held) == NextGrade(*expected)


def test_limits_never_grow_as_grades_fall() -> None:
    assert [get_limit_milli(grade) for grade in ORDER] == [1000, 700, 450, 200, 200, 100]


def test_sponsors_hold_a_b_or_c() -> None:
    assert [grade for grade in ORDER if is_sponsor_grade(grade)] == ["A", "B", "C"]
