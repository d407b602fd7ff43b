"""The reasons of a score are computed once, however many ask, and anew when records or week change."""

from __future__ import annotations

from concordat.credit.records import Record, make_performance
from concordat.credit.score import compute_reasons
from concordat.node.reads.members import get_reasons


def make_records(count: int) -> tuple[Record, ...]:
    return tuple(
        make_performance(
            (height, 0, 0, 0), week=0, subject="azure-bay", counterparty="birch-vale", marks=(1000, 1000, None),
            size_milli=100 + height % 7, weight_milli=1000, contract=height, clause=1,
        )
        for height in range(1, count + 1)
    )  # fmt: skip


def test_who_asks_again_gets_what_was_computed() -> None:
    first = get_reasons(make_records(30), 1)
    assert first == compute_reasons(make_records(30), 1)
    assert get_reasons(make_records(30), 1) is first


def test_a_new_record_or_week_is_seen() -> None:
    for records, week in ((make_records(31), 1), (make_records(30), 60)):
        assert get_reasons(records, week) == compute_reasons(records, week)
        assert get_reasons(records, week) != get_reasons(make_records(30), 1)
