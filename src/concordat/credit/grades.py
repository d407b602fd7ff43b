"""Grades: what a score allows a member to sign (spec/credit.md CRD-9 and CRD-10)."""

from __future__ import annotations

from concordat.credit.rulebook import RULEBOOK, Grade
from concordat.credit.score import Score

_RULES = {rule.grade: rule for rule in RULEBOOK.grades}
_RANKS = {rule.grade: rank for rank, rule in enumerate(RULEBOOK.grades)}


def compute_grade(score: Score, *, has_live_negative: bool, held: Grade | None) -> Grade:
    """Return the grade that the score earns; the bound on R of a held A, B or C is lower by the hysteresis."""
    for grade in ("A", "B", "C"):
        rule = _RULES[grade]
        bound = rule.score_min - (RULEBOOK.hysteresis if grade == held else 0)
        if score.score >= bound and score.confidence >= rule.confidence_min:
            return grade
    is_new = score.confidence < RULEBOOK.newcomer_confidence_below and not has_live_negative
    if is_new and score.score >= _RULES["N"].score_min:
        return "N"
    return "D" if score.score >= _RULES["D"].score_min else "E"


def settle_grade(held: Grade, computed: Grade, *, at_close: bool) -> Grade:
    """Return the grade held from now on: at an epoch close the computed one, else the worse of the two.

    Call it at each epoch close and with each negative record. A performance never moves a grade before the close.
    """
    return computed if at_close or _RANKS[computed] > _RANKS[held] else held


def limit_milli(grade: Grade) -> int:
    """Return the largest contract that the grade may sign, as a share of the full size."""
    return _RULES[grade].limit_milli


def is_sponsor_grade(grade: Grade) -> bool:
    """Tell whether a member of this grade may sponsor an applicant or guarantee a return."""
    return grade in RULEBOOK.sponsor_grades
