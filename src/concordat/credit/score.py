"""The score: from the records of one member to R, K and the reasons for every point (CRD-6, CRD-7, CRD-15).

Evidence is summed by week and each week fades by one table look-up, so the result depends on the records alone, never
on the order or the moments in which they were counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import isqrt

from concordat.credit.evidence import (
    Buckets,
    Evidence,
    PairQuarter,
    Ranked,
    add_change,
    append_record,
    compute_loss,
    fold_evidence,
    get_pair_quarter,
    get_ranked,
)
from concordat.credit.records import Record, RecordId, get_record_id
from concordat.credit.rulebook import RULEBOOK, Decay
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import Milli, Natural

_SHIFT = 20  # the decay tables are in 2**-20
DECAYS: tuple[Decay, ...] = (RULEBOOK.performance_decay, *(rule.decay for rule in RULEBOOK.negatives))
"""By severity; 0 is a performance."""

_FACTORS = tuple(decay.factors for decay in DECAYS)


class Score(Struct, frozen=True):
    """Credit R and confidence K, and the faded evidence for and against, in millionths of a full performance."""

    score: Milli
    confidence: Milli
    positive: Natural
    negative: Natural


class Reason(Struct, frozen=True):
    """What one record moves: the points it added in ledger order, and the score as it would be without it."""

    record: RecordId
    delta: int
    score_without: Milli


def is_live(record: Record, week: int) -> bool:
    """Tell whether the record has been appended by `week` and has not expired."""
    return 0 <= week - record.week <= DECAYS[record.severity].expiry_weeks


def is_counted(record: Record, week: int) -> bool:
    """Tell whether the record can still move the score: it is live, or it holds a rank before one that may be.

    What is no longer counted will never be again and may be dropped.
    """
    if record.severity:
        return is_live(record, week)
    quarter_weeks = RULEBOOK.quarter_weeks
    last_week = record.week - record.week % quarter_weeks + quarter_weeks - 1
    return record.week <= week <= last_week + RULEBOOK.performance_decay.expiry_weeks


def compute_score(records: Iterable[Record], week: int) -> Score:
    """Return the score at `week` of the one member whose records these are; later records are not seen."""
    return compute_faded_score(fold_evidence(record for record in records if is_counted(record, week)), week)


def compute_faded_score(evidence: Evidence, week: int) -> Score:
    """Return the score at `week` of evidence none of which is later."""
    positive, negative = 0, 0
    for (severity, bucket_week), amount in evidence.buckets.items():
        faded = _compute_faded(severity, amount, week - bucket_week)
        if severity:
            negative += faded
        else:
            positive += faded
    return compute_ratios(positive, negative)


def compute_reasons(records: Sequence[Record], week: int) -> tuple[Reason, ...]:
    """Return the reasons for the score at `week`, in ledger order, one for each record that is counted.

    Newcomer's score + all deltas == `compute_score(records, week).score`, always.
    """
    counted = sorted((record for record in records if is_counted(record, week)), key=get_record_id)
    evidence = Evidence()
    groups: dict[PairQuarter, list[Ranked]] = {}
    deltas: list[int] = []
    positive, negative = 0, 0
    before = compute_ratios(positive, negative).score
    for record in counted:
        if not record.severity:
            groups.setdefault(get_pair_quarter(record), []).append(get_ranked(record))
        change = append_record(evidence, record)
        gain, loss = _compute_shift(evidence.buckets, change, week)
        positive, negative = positive + gain, negative + loss
        add_change(evidence.buckets, change)
        after = compute_ratios(positive, negative).score
        deltas.append(after - before)
        before = after
    departures: dict[RecordId, Buckets] = {
        get_record_id(record): {(record.severity, record.week): -compute_loss(record)}
        for record in counted
        if record.severity
    }
    for group in groups.values():
        group.sort()
        departures.update(_compute_departures(group))
    reasons: list[Reason] = []
    for record, delta in zip(counted, deltas, strict=True):
        record_id = get_record_id(record)
        gain, loss = _compute_shift(evidence.buckets, departures[record_id], week)
        reasons.append(Reason(record_id, delta, compute_ratios(positive + gain, negative + loss).score))
    return tuple(reasons)


def _compute_departures(group: Sequence[Ranked]) -> Iterator[tuple[RecordId, Buckets]]:
    """Yield for each record of one pair's quarter, sorted, how each bucket would move without it: all below rise."""
    gained: Buckets = {}
    for rank in range(len(group), 0, -1):
        minus_value, record_id, week = group[rank - 1]
        share = -minus_value // rank
        held = gained.get((0, week), 0)
        yield record_id, gained | {(0, week): held - share}
        if rank > 1:
            gained[(0, week)] = held + -minus_value // (rank - 1) - share


def _compute_faded(severity: int, amount: int, age: int) -> int:
    factors = _FACTORS[severity]
    return amount * factors[age] >> _SHIFT if age < len(factors) else 0


def _compute_shift(buckets: Buckets, change: Buckets, week: int) -> tuple[int, int]:
    """Return by how much the totals move when `change` is added; each bucket is rounded once, as a whole."""
    positive, negative = 0, 0
    for key, amount in change.items():
        if amount:
            severity, bucket_week = key
            held, age = buckets.get(key, 0), week - bucket_week
            moved = _compute_faded(severity, held + amount, age) - _compute_faded(severity, held, age)
            if severity:
                negative += moved
            else:
                positive += moved
    return positive, negative


def compute_ratios(positive: int, negative: int) -> Score:
    """Return the score of faded evidence for and against, in millionths of a full performance (CRD-7)."""
    saturation = RULEBOOK.saturation
    effective = positive if positive <= saturation else isqrt(positive * saturation)
    supporting = effective + RULEBOOK.prior_positive
    evidence = positive + negative
    return Score(
        score=1000 * supporting // (supporting + negative + RULEBOOK.prior_negative),
        confidence=1000 * evidence // (evidence + RULEBOOK.confidence_prior),
        positive=positive,
        negative=negative,
    )


NEWCOMER = compute_ratios(0, 0)
"""The score without any record."""
