from __future__ import annotations

import random
from math import ceil, log

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from concordat.credit.evidence import add_change, append_record, fold_evidence
from concordat.credit.records import Record, get_record_id
from concordat.credit.score import Score, compute_faded_score, compute_reasons, compute_score, is_counted, is_live
from concordat.primitives.identifiers import INTEGER_MAX

from .samples import PARTNERS, breach, compute_plainly, perform, records_until

FULL = 1_000_000
NEWCOMER = Score(score=600, confidence=0, positive=0, negative=0)

# Weeks on both sides of every expiry that records of weeks 0 to 60 can meet.
WEEKS = st.integers(60, 240)


@given(records_until(200), st.integers(0, 240))
def test_the_score_is_that_of_the_plain_formulas(records: list[Record], week: int) -> None:
    score = compute_score(records, week)
    assert (score.score, score.confidence, score.positive, score.negative) == compute_plainly(records, week)


@given(records_until(200), st.data())
def test_what_was_summed_stays_summed(records: list[Record], data: st.DataObject) -> None:
    records = sorted(records, key=get_record_id)
    cut = data.draw(st.integers(0, len(records)))
    evidence = fold_evidence(records[:cut])
    for record in records[cut:]:
        add_change(evidence.buckets, append_record(evidence, record))
    week = data.draw(st.integers(max((record.week for record in records), default=0), 400))
    assert compute_faded_score(evidence, week) == compute_score(records, week)


@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from([100, 500, 1000])), max_size=60).map(sorted))
def test_equal_performances_of_a_week_are_kept_as_one_however_many(drawn: list[tuple[int, int]]) -> None:
    records = [perform(height, week, size=size) for height, (week, size) in enumerate(drawn, start=1)]
    evidence = fold_evidence(records[:1])
    for count, record in enumerate(records[1:], start=2):
        add_change(evidence.buckets, append_record(evidence, record))
        assert evidence == fold_evidence(records[:count])
    runs = sum(len(values) for ranking in evidence.rankings.values() for values, _, _ in ranking.values())
    assert runs == len({(record.week, record.value) for record in records})


@given(records_until(60), WEEKS, st.randoms(use_true_random=False))
def test_the_score_does_not_depend_on_the_order(records: list[Record], week: int, order: random.Random) -> None:
    shuffled = order.sample(records, len(records))
    assert compute_score(shuffled, week) == compute_score(records, week)
    assert compute_reasons(shuffled, week) == compute_reasons(records, week)


@given(records_until(200), st.integers(0, 380))
def test_every_figure_stays_in_its_bounds(records: list[Record], week: int) -> None:
    score = compute_score(records, week)
    assert 0 <= score.score <= 1000
    assert 0 <= score.confidence < 1000
    assert 0 <= score.positive <= INTEGER_MAX
    assert 0 <= score.negative <= INTEGER_MAX


@given(records_until(60), WEEKS)
def test_evidence_only_fades_while_nothing_happens(records: list[Record], week: int) -> None:
    before, after = compute_score(records, week), compute_score(records, week + 1)
    assert after.positive <= before.positive
    assert after.negative <= before.negative


@given(records_until(60), st.sampled_from(PARTNERS), st.integers(0, 1000), st.integers(60, 80))
def test_a_performance_of_the_newest_week_never_lowers_the_score(
    records: list[Record], partner: str, size: int, week: int
) -> None:
    more = [*records, perform(999, week, partner, size=size)]
    # Each rank below the new one may lose one unit to rounding, which is at most one point of the score.
    assert compute_score(more, week).score >= compute_score(records, week).score - 1


@given(records_until(60), st.integers(0, 60), st.sampled_from([1, 2, 3]), WEEKS)
def test_a_negative_never_raises_the_score(records: list[Record], at: int, severity: int, week: int) -> None:
    more = [*records, breach(999, at, 1 if severity == 1 else 2 if severity == 2 else 3)]
    assert compute_score(more, week).score <= compute_score(records, week).score


@given(records_until(200), st.integers(0, 380))
def test_what_is_no_longer_counted_may_be_dropped_at_once_and_for_ever(records: list[Record], week: int) -> None:
    kept = [record for record in records if is_counted(record, week) or record.week > week]
    for later in (week, week + 1, week + 20, week + 157):
        assert compute_score(kept, later) == compute_score(records, later)
        assert compute_reasons(kept, later) == compute_reasons(records, later)


@given(records_until(60), WEEKS)
def test_a_later_record_is_not_seen(records: list[Record], week: int) -> None:
    later = [perform(998, week + 1), breach(999, week + 1, 3)]
    assert compute_score([*records, *later], week) == compute_score(records, week)


def test_a_newcomer_has_600_and_no_confidence() -> None:
    assert compute_score([], 17) == NEWCOMER


@pytest.mark.parametrize(
    ("record", "last_week"),
    [
        (perform(1, 13), 13 + 156),
        (breach(1, 13, 1), 13 + 13),
        (breach(1, 13, 2), 13 + 52),
        (breach(1, 13, 3), 13 + 156),
    ],
    ids=["performance", "minor", "general", "serious"],
)
def test_a_record_counts_through_its_last_week_and_then_no_more(record: Record, last_week: int) -> None:
    assert is_live(record, last_week)
    assert compute_score([record], last_week).confidence > 0
    assert not is_live(record, last_week + 1)
    assert compute_score([record], last_week + 1) == NEWCOMER
    assert not is_live(record, 12)


def test_an_expired_record_keeps_its_rank_until_its_quarter_has_expired() -> None:
    first, last = perform(1, 0), perform(2, 12)
    halved = FULL // 2 * 131_072 >> 20
    assert compute_score([first, last], 12 + 156).positive == halved
    assert compute_score([last], 12 + 156).positive == FULL * 131_072 >> 20
    assert is_counted(first, 12 + 156)
    assert not is_counted(first, 12 + 157)


def test_deals_with_one_partner_count_harmonically_by_size_and_start_anew_each_quarter() -> None:
    sizes = [200, 1000, 500]
    records = [perform(height, 0, size=size) for height, size in enumerate(sizes, start=1)]
    assert compute_score(records, 0).positive == FULL + 500_000 // 2 + 200_000 // 3
    assert compute_score([perform(1, 12), perform(2, 13)], 13).positive == (FULL * 1_034_691 >> 20) + FULL
    assert compute_score([perform(1, 0), perform(2, 0, "birch-hill")], 0).positive == 2 * FULL


def test_equal_deals_are_ranked_by_their_place_on_the_ledger() -> None:
    assert compute_score([perform(2, 5), perform(1, 0)], 52).positive == (FULL >> 1) + (FULL // 2 * 560_422 >> 20)


@pytest.mark.parametrize("deals", [1, 10, 500])
def test_any_number_of_deals_with_one_partner_counts_at_most_one_plus_the_logarithm(deals: int) -> None:
    records = [perform(height, 0) for height in range(1, deals + 1)]
    assert compute_score(records, 0).positive <= FULL * (1 + ceil(1000 * log(deals)) / 1000)


def test_praise_above_ten_full_contracts_counts_by_its_root() -> None:
    records = [perform(number, 0, f"partner-{number}") for number in range(1, 41)]
    ten, forty = compute_score(records[:10], 0), compute_score(records, 0)
    assert (ten.positive, ten.score) == (10 * FULL, 1000 * 13 // 15)
    assert (forty.positive, forty.score) == (40 * FULL, 1000 * 23 // 25)
    assert forty.confidence == 1000 * 40 // 45


def test_a_negative_costs_its_severity_and_size() -> None:
    costs = [compute_score([breach(1, 0, severity, size=600)], 0).negative for severity in (1, 2, 3)]
    assert costs == [2_400_000, 4_800_000, 4_800_000]


def test_buckets_are_rounded_once_for_each_week_and_severity() -> None:
    odd = [perform(number, 0, partner, size=101, weight=335) for number, partner in enumerate(PARTNERS[:2])]
    together, alone = compute_score(odd, 1).positive, compute_score(odd[:1], 1).positive
    assert together == (2 * 101 * 335 * 1_034_691) >> 20
    assert together == 2 * alone + 1


@given(records_until(200), st.integers(0, 240))
def test_reasons_add_up_to_the_score(records: list[Record], week: int) -> None:
    reasons = compute_reasons(records, week)
    assert 600 + sum(reason.delta for reason in reasons) == compute_score(records, week).score
    counted = [get_record_id(record) for record in records if is_counted(record, week)]
    assert [reason.record for reason in reasons] == sorted(counted)


@given(records_until(120, max_size=12), st.integers(0, 240))
def test_each_reason_is_the_difference_of_two_plain_scores(records: list[Record], week: int) -> None:
    counted = [record for record in records if is_counted(record, week)]
    for place, reason in enumerate(compute_reasons(records, week)):
        before = compute_plainly(counted[:place], week)[0]
        after = compute_plainly(counted[: place + 1], week)[0]
        without = compute_plainly(counted[:place] + counted[place + 1 :], week)[0]
        assert (reason.delta, reason.score_without) == (after - before, without)


@given(records_until(25, max_size=60), st.integers(12, 60))
def test_each_reason_is_the_difference_of_two_scores_when_many_compete_in_a_quarter(
    records: list[Record], week: int
) -> None:
    counted = [record for record in records if is_counted(record, week)]
    for place, reason in enumerate(compute_reasons(records, week)):
        before, after = (compute_score(counted[: place + more], week).score for more in (0, 1))
        without = compute_score(counted[:place] + counted[place + 1 :], week).score
        assert (reason.delta, reason.score_without) == (after - before, without)


@given(records_until(60), st.randoms(use_true_random=False), WEEKS)
def test_the_score_without_a_record_is_the_score_of_the_others(
    records: list[Record], order: random.Random, week: int
) -> None:
    assume(records)
    gone = order.choice(records)
    others = [record for record in records if record is not gone]
    expected = {reason.record: reason.score_without for reason in compute_reasons(records, week)}
    score = compute_score(others, week).score
    assert expected.get(get_record_id(gone), score) == score
