"""Recomputes a golden case of kind `credit/...` (vectors/credit/*.json); spec/credit.md CRD-16 describes their form."""

from __future__ import annotations

import msgspec

from concordat.credit.grades import compute_grade
from concordat.credit.records import Record
from concordat.credit.rulebook import Grade
from concordat.credit.score import Score, compute_reasons, compute_score
from concordat.primitives.identifiers import Natural
from concordat.primitives.plain import Json
from concordat.primitives.vectors import Kinds, bind


class _Records(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    records: tuple[Record, ...]
    week: Natural


class _Earned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    score: Score
    has_live_negative: bool
    held: Grade | None


def _compute_score(given: _Records) -> Json:
    score = compute_score(given.records, given.week)
    return {
        "score": score.score,
        "confidence": score.confidence,
        "positive": score.positive,
        "negative": score.negative,
    }


def _compute_reasons(given: _Records) -> Json:
    reasons = compute_reasons(given.records, given.week)
    return {
        "reasons": [
            {"record": list(reason.record), "delta": reason.delta, "score_without": reason.score_without}
            for reason in reasons
        ]
    }


def _compute_grade(given: _Earned) -> Json:
    return {"grade": compute_grade(given.score, has_live_negative=given.has_live_negative, held=given.held)}


KINDS: Kinds = {
    "credit/score": bind(_Records, _compute_score),
    "credit/reasons": bind(_Records, _compute_reasons),
    "credit/grade": bind(_Earned, _compute_grade),
}
