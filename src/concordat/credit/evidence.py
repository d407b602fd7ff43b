"""The evidence in one member's records, before it fades: summed by severity and week (CRD-6, CRD-7).

Of the performances with one counterparty in one quarter the k-th largest counts one k-th; equals rank in ledger order.
What has been summed stays summed: a further record moves its own pair and quarter alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import floordiv

from concordat.credit.records import Record, RecordId, get_record_id
from concordat.credit.rulebook import RULEBOOK

_LOSSES = (0, *(1000 * rule.loss for rule in RULEBOOK.negatives))

Buckets = dict[tuple[int, int], int]
"""Evidence by (severity, week); severity 0 is performance."""

PairQuarter = tuple[str, int]
"""A counterparty and the number of a quarter."""

Ranked = tuple[int, RecordId, int]
"""(minus the value, id, week): sorts as performances are ranked within a pair and quarter."""

_Ranking = dict[int, tuple[list[int], list[int], list[int]]]
"""A pair's performances of a quarter, by week, in runs of equal value and successive ranks.

Of each run minus its value, ascending, minus its first rank, and minus the rank behind its last.
"""


@dataclass(slots=True)
class Evidence:
    """The sums, and what a further record needs to find its rank."""

    buckets: Buckets = field(default_factory=dict)
    negatives: list[Record] = field(default_factory=list)
    count: int = 0
    newest: Record | None = None
    rankings: dict[PairQuarter, _Ranking] = field(default_factory=dict)


def fold_evidence(records: Iterable[Record]) -> Evidence:
    """Return the evidence of one member's records, the newest last."""
    evidence = Evidence()
    groups: dict[PairQuarter, list[Ranked]] = {}
    for record in records:
        evidence.count += 1
        evidence.newest = record
        if record.severity:
            evidence.negatives.append(record)
            add_change(evidence.buckets, {(record.severity, record.week): compute_loss(record)})
        else:
            groups.setdefault(get_pair_quarter(record), []).append(get_ranked(record))
    for pair_quarter, group in groups.items():
        ranking = evidence.rankings[pair_quarter] = {}
        for rank, (minus_value, _, week) in enumerate(sorted(group), start=1):
            _add_rank(ranking, week, minus_value, rank)
            add_change(evidence.buckets, {(0, week): -minus_value // rank})
    return evidence


def append_record(evidence: Evidence, record: Record) -> Buckets:
    """Add a member's newest record; return how the buckets move, which `add_change` has still to be told."""
    evidence.count += 1
    evidence.newest = record
    if record.severity:
        evidence.negatives.append(record)
        return {(record.severity, record.week): compute_loss(record)}
    return _rank_newest(evidence.rankings.setdefault(get_pair_quarter(record), {}), record)


def add_change(buckets: Buckets, change: Buckets) -> None:
    """Add to each bucket."""
    for key, amount in change.items():
        buckets[key] = buckets.get(key, 0) + amount


def get_pair_quarter(record: Record) -> PairQuarter:
    """Return among which performances this one is ranked."""
    return (record.counterparty, record.week // RULEBOOK.quarter_weeks)


def get_ranked(record: Record) -> Ranked:
    """Return how a performance sorts."""
    return (-record.value, get_record_id(record), record.week)


def compute_loss(record: Record) -> int:
    """Return what a negative counts against its subject, in millionths of a full performance."""
    return record.size_milli * _LOSSES[record.severity]


def _rank_newest(ranking: _Ranking, record: Record) -> Buckets:
    """Rank a pair's newest performance of the quarter, behind its equals; return how each bucket moves."""
    change: Buckets = {}
    rank = 1
    for week, (values, firsts, ends) in ranking.items():
        place = bisect_right(values, -record.value)
        rank += sum(firsts[:place]) - sum(ends[:place])
        # What has no value ranks last and counts nothing there.
        if place < len(values):
            # Of a run that moves down by one its first rank becomes free and the one behind its last is taken.
            below, former, taken = values[place:], firsts[place:], ends[place:]
            change[(0, week)] = sum(map(floordiv, below, taken)) - sum(map(floordiv, below, former))
            firsts[place:] = [minus_rank - 1 for minus_rank in former]
            ends[place:] = [minus_rank - 1 for minus_rank in taken]
    _add_rank(ranking, record.week, -record.value, rank)
    change[(0, record.week)] = change.get((0, record.week), 0) + record.value // rank
    return change


def _add_rank(ranking: _Ranking, week: int, minus_value: int, rank: int) -> None:
    """Note a performance behind its equals: at the end of their run, or as a run of its own."""
    values, firsts, ends = ranking.setdefault(week, ([], [], []))
    place = bisect_right(values, minus_value)
    if place and values[place - 1] == minus_value and ends[place - 1] == -rank:
        ends[place - 1] -= 1
    else:
        values.insert(place, minus_value)
        firsts.insert(place, -rank)
        ends.insert(place, -rank - 1)
