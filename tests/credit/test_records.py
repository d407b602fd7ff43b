from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.credit.records import (
    Marks,
    Record,
    compute_days_late,
    compute_magnitude,
    compute_size_milli,
    compute_timeliness,
    get_record_id,
)
from concordat.errors import InvariantBroken
from concordat.primitives.codec import decode, encode
from concordat.primitives.ledger_time import DAY_US

from .samples import breach, perform, records_until


@pytest.mark.parametrize(
    ("size", "full", "performance", "negative"),
    [(0, 1000, 100, 500), (99, 1000, 100, 500), (450, 1000, 450, 500), (501, 1000, 501, 501), (7, 3, 1000, 1000)],
)
def test_sizes_are_bounded_and_a_negative_weighs_at_least_half(
    size: int, full: int, performance: int, negative: int
) -> None:
    assert compute_size_milli(size, full, is_negative=False) == performance
    assert compute_size_milli(size, full, is_negative=True) == negative


@pytest.mark.parametrize(("late_us", "days"), [(-DAY_US, 0), (0, 0), (1, 1), (DAY_US, 1), (DAY_US + 1, 2)])
def test_a_begun_day_counts_whole(late_us: int, days: int) -> None:
    assert compute_days_late(5 * DAY_US, 5 * DAY_US + late_us) == days


@pytest.mark.parametrize(("days", "mark"), [(0, 1000), (1, 900), (9, 100), (10, 0), (400, 0)])
def test_each_late_day_costs_a_tenth(days: int, mark: int) -> None:
    assert compute_timeliness(days) == mark


@pytest.mark.parametrize(
    ("marks", "magnitude"),
    [
        ((1000, 1000, 1000), 1000),
        ((1000, None, None), 1000),
        ((None, 400, None), 400),
        ((1000, 800, None), 942),
        ((1000, 0, 500), 650),
        ((0, 0, 0), 0),
    ],
)
def test_the_magnitude_is_the_weighted_mean_of_what_was_measured(marks: Marks, magnitude: int) -> None:
    assert compute_magnitude(marks) == magnitude


def test_a_performance_without_a_mark_cannot_be_made() -> None:
    with pytest.raises(InvariantBroken):
        perform(1, 0, marks=(None, None, None))


def test_the_value_is_magnitude_times_weight_times_size() -> None:
    assert perform(1, 0, marks=(1000, 800, None), size=450, weight=700).value == 942 * 700 * 450 // 1000
    assert perform(1, 0, weight=0).value == 0
    assert breach(1, 0, 3).value == 0


def test_a_record_has_its_place_on_the_ledger() -> None:
    assert get_record_id(perform(7, 0)) == (7, 0, 0, 0)


@given(st.data())
def test_records_survive_the_codec(data: st.DataObject) -> None:
    for record in data.draw(records_until(30, max_size=5)):
        assert decode(Record, encode(record)) == record
