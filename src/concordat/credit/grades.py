"""Grades: what a score allows a member to sign (spec/credit.md CRD-9 and CRD-10)."""

from __future__ import annotations

from bisect import bisect_left

from concordat.credit.rulebook import RULEBOOK, Grade, GradeRule
from concordat.credit.score import Score, compute_ratios
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import Milli, Natural

_RULES = {rule.grade: rule for rule in RULEBOOK.grades}
_RANKS = {rule.grade: rank for rank, rule in enumerate(RULEBOOK.grades)}
_STEPS: dict[Grade, Grade] = {"B": "A", "C": "B", "N": "C", "D": "C", "E": "D"}
_EVIDENCE_MAX = 2**53 - 1


class NextGrade(Struct, frozen=True):
    """The next better grade, what it asks for and what is missing to it.

    `evidence_missing`: new evidence for the member, in millionths of a full performance, that fills both gaps.
    """

    grade: Grade
    score_min: Milli
    score_missing: Milli
    confidence_min: Milli
    confidence_missing: Milli
    evidence_missing: Natural


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


def compute_next_grade(score: Score, held: Grade) -> NextGrade | None:
    """Return what the next better grade asks beyond this score, None for the best one."""
    if held not in _STEPS:
        return None
    rule = _RULES[_STEPS[held]]

    def is_enough(evidence: int) -> bool:
        return _is_met(rule, compute_ratios(score.positive + evidence, score.negative))

    return NextGrade(
        rule.grade,
        rule.score_min,
        max(0, rule.score_min - score.score),
        rule.confidence_min,
        max(0, rule.confidence_min - score.confidence),
        bisect_left(range(_EVIDENCE_MAX), True, key=is_enough),
    )


def _is_met(rule: GradeRule, score: Score) -> bool:
    return score.score >= rule.score_min and score.confidence >= rule.confidence_min


def get_limit_milli(grade: Grade) -> int:
    """Return the largest contract that the grade may sign, as a share of the full size."""
    return _RULES[grade].limit_milli


def is_sponsor_grade(grade: Grade) -> bool:
    """Tell whether a member of this grade may sponsor an applicant or guarantee a return."""
    return grade in RULEBOOK.sponsor_grades
