"""Forced exit: when a member's negatives open a hearing, by score or by strikes (spec/credit.md CRD-11 to CRD-13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

from concordat.credit.records import Record, RecordId, get_record_id
from concordat.credit.rulebook import RULEBOOK
from concordat.credit.score import Score, is_live

GRAVE = 2
"""The least severity of a grave negative."""

_SERIOUS = 3


def is_by_score_condition(
    score: Score,
    records: Iterable[Record],
    week: int,
    admitted: RecordId,
    are_independent: Callable[[str, str], bool],
) -> bool:
    """Tell whether limb (a) holds at one epoch close; the caller counts the successive closes.

    `admitted` is the place of the last admission: (height, index, operation, 0). `are_independent` is the
    symmetric relation between two members of CRD-13.
    """
    rule = RULEBOOK.score_exit
    if score.score >= rule.score_below or score.confidence < rule.confidence_min:
        return False
    live = [record for record in records if record.severity and is_live(record, week)]
    grave = [record for record in live if record.severity >= GRAVE]
    return (
        _is_enough(grave, rule.serious_min, rule.grave_min)
        and _is_corroborated(grave, are_independent)
        and _is_after_admission(live, admitted)
    )


def is_by_strikes_condition(
    records: Iterable[Record], week: int, admitted: RecordId, are_independent: Callable[[str, str], bool]
) -> bool:
    """Tell whether limb (b) holds: to be asked when a negative is appended, that negative among the records.

    The arguments are those of `is_by_score_condition`; the score does not matter, so that volume buys no impunity.
    """
    rule = RULEBOOK.strikes_exit
    live = [record for record in records if record.severity and is_live(record, week)]
    grave = [record for record in live if record.severity >= GRAVE and week - record.week <= rule.window_weeks]
    return (
        _is_enough(grave, rule.serious_min, rule.grave_min)
        and _is_corroborated(grave, are_independent)
        and _is_after_admission(live, admitted)
    )


def _is_enough(grave: Sequence[Record], serious_min: int, grave_min: int) -> bool:
    return len(grave) >= grave_min or sum(record.severity == _SERIOUS for record in grave) >= serious_min


def _is_after_admission(live: Iterable[Record], admitted: RecordId) -> bool:
    return any(get_record_id(record) > admitted for record in live)


def _is_corroborated(grave: Sequence[Record], are_independent: Callable[[str, str], bool]) -> bool:
    """Tell whether one finding of an authority, or two members independent of each other, speak.

    Who depends on the subject may speak against it: nobody is suspected of that, and a sponsor of all is not immune.
    """
    if any(record.channel == "C" for record in grave):
        return True
    names = sorted({record.counterparty for record in grave})
    return any(are_independent(first, second) for first, second in combinations(names, 2))
