"""Records for tests: short makers, Hypothesis strategies, and the formulas of spec/credit.md written a second time."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import Literal

from hypothesis import strategies as st

from concordat.credit.records import Marks, Record, compute_size_milli, get_record_id, make_negative, make_performance
from concordat.credit.rulebook import RULEBOOK

PERFECT: Marks = (1000, 1000, 1000)
PARTNERS = ("ash-grove", "birch-hill", "cedar-bay")


def perform(
    height: int, week: int, partner: str = "ash-grove", *, marks: Marks = PERFECT, size: int = 1000, weight: int = 1000
) -> Record:
    return make_performance(
        (height, 0, 0, 0), week=week, subject="the-subject", counterparty=partner, marks=marks,
        size_milli=compute_size_milli(size, 1000, is_negative=False), weight_milli=weight, contract=1, clause=1,
    )  # fmt: skip


def breach(
    height: int,
    week: int,
    severity: Literal[1, 2, 3],
    partner: str = "ash-grove",
    *,
    size: int = 1000,
    channel: Literal["F", "Q", "C"] = "F",
) -> Record:
    return make_negative(
        (height, 0, 0, 0), week=week, subject="the-subject", counterparty=partner, channel=channel, severity=severity,
        size_milli=compute_size_milli(size, 1000, is_negative=True), weight_milli=1000, contract=1, clause=1,
    )  # fmt: skip


_MARK = st.none() | st.integers(0, 1000)
_MARKS: st.SearchStrategy[Marks] = st.tuples(st.integers(0, 1000), _MARK, _MARK)
# Whole multiples make ties, which are where ranks go wrong.
_SIZES = st.integers(0, 1200) | st.sampled_from([100, 200, 1000])


@st.composite
def records_until(draw: st.DrawFn, last_week: int, *, max_size: int = 25) -> list[Record]:
    """Records in ledger order, weeks ascending to `last_week`, with few partners and many ties."""
    weeks = sorted(draw(st.lists(st.integers(0, last_week), max_size=max_size)))
    records: list[Record] = []
    for height, week in enumerate(weeks, start=1):
        partner = draw(st.sampled_from(PARTNERS))
        size = draw(_SIZES)
        severity: Literal[0, 1, 2, 3] = draw(st.sampled_from([0, 0, 0, 1, 2, 3]))
        if severity:
            records.append(breach(height, week, severity, partner, size=size))
        else:
            marks = draw(st.just(PERFECT) | _MARKS)
            weight = draw(st.sampled_from([0, 300, 1000]))
            records.append(perform(height, week, partner, marks=marks, size=size, weight=weight))
    return records


def compute_plainly(records: Sequence[Record], week: int) -> tuple[int, int, int, int]:
    """R, K, P, N of spec/credit.md CRD-6 and CRD-7, formula by formula, with no thought of speed."""
    seen = [record for record in records if record.week <= week]
    positives = [record for record in seen if record.severity == 0]

    def evidence(record: Record) -> int:
        if record.severity:
            return record.size_milli * 1000 * {1: 4, 2: 8, 3: 8}[record.severity]
        rivals = [
            (-other.value, get_record_id(other))
            for other in positives
            if other.counterparty == record.counterparty and other.week // 13 == record.week // 13
        ]
        return record.value // (1 + sorted(rivals).index((-record.value, get_record_id(record))))

    totals = []
    for severity in (0, 1, 2, 3):
        decay = RULEBOOK.performance_decay if severity == 0 else RULEBOOK.negatives[severity - 1].decay
        total = 0
        for age in range(decay.expiry_weeks + 1):
            bucket = [r for r in seen if r.severity == severity and week - r.week == age]
            total += sum(evidence(record) for record in bucket) * decay.factors[age] // 2**20
        totals.append(total)
    positive, negative = totals[0], sum(totals[1:])
    effective = positive if positive <= 10**7 else isqrt(positive * 10**7)
    score = 1000 * (effective + 3 * 10**6) // (effective + negative + 5 * 10**6)
    confidence = 1000 * (positive + negative) // (positive + negative + 5 * 10**6)
    return score, confidence, positive, negative
