"""Recomputes a golden case of kind `credit/...` (vectors/credit/*.json); spec/credit.md CRD-16 describes their form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from concordat.credit.grades import compute_grade
from concordat.credit.records import Record
from concordat.credit.rulebook import Grade
from concordat.credit.score import Score, compute_reasons, compute_score
from concordat.crypto.vectors import Expectation, compute_by_kind
from concordat.primitives.identifiers import Natural


class _Records(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    records: tuple[Record, ...]
    week: Natural


class _Earned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    score: Score
    has_live_negative: bool
    held: Grade | None


def _compute_score(given: _Records) -> Expectation:
    score = compute_score(given.records, given.week)
    return {
        "score": score.score,
        "confidence": score.confidence,
        "positive": score.positive,
        "negative": score.negative,
    }


def _compute_reasons(given: _Records) -> Expectation:
    reasons = compute_reasons(given.records, given.week)
    return {
        "reasons": [
            {"record": list(reason.record), "delta": reason.delta, "score_without": reason.score_without}
            for reason in reasons
        ]
    }


def _compute_grade(given: _Earned) -> Expectation:
    return {"grade": compute_grade(given.score, has_live_negative=given.has_live_negative, held=given.held)}


_COMPUTE: Final[dict[str, Callable[[object], Expectation]]] = {
    "credit/score": lambda given: _compute_score(msgspec.convert(given, _Records)),
    "credit/reasons": lambda given: _compute_reasons(msgspec.convert(given, _Records)),
    "credit/grade": lambda given: _compute_grade(msgspec.convert(given, _Earned)),
}


def compute_expectation(kind: str, given: object) -> Expectation:
    """Return what a case of `kind` with the input `given` (as JSON) must expect.

    Raises:
        UsageError: `vectors.unknown_kind`, `vectors.malformed`.
    """
    return compute_by_kind(_COMPUTE, kind, given)


def check_case(kind: str, case: dict[str, object]) -> bool:
    """Tell whether the case's expectation is what this code computes from its input."""
    return compute_expectation(kind, case.get("input")) == case.get("expect")
