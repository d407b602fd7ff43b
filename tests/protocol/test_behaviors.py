"""Behaviors are recorded as they occur, series anchored by the batch; each rule refuses by its own code."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import DAY_US, SECOND_US, WEEK_US
from concordat.protocol.families import behaviors as b
from concordat.protocol.records import BehaviorCount, Series
from concordat.testing.consortium import DATASET, START_US, Consortium
from protocol.scenes import DIGEST, EDITION_2, make_anchor, make_record


@pytest.fixture
def c() -> Consortium:
    return Consortium(params=EDITION_2)


def test_a_behavior_is_counted_by_member_kind_and_week_and_told_each_time(c: Consortium) -> None:
    for _ in range(2):
        (event,) = c.act("cedar-ford", make_record(c, "cedar-ford"))
    assert event == b.Recorded(
        "cedar-ford", "water.released", b.OfMember("cedar-ford"), c.time, Label("Gate 3 opened", "三号闸开启")
    )
    c.act("cedar-ford", make_record(c, "cedar-ford", kind="gate.closed"))
    c.advance_to(START_US + WEEK_US + 1)
    c.act("cedar-ford", make_record(c, "cedar-ford"))
    c.act("cedar-ford", replace(make_record(c, "cedar-ford"), occurred_at=START_US))
    assert dict(c.state.behaviors.group("cedar-ford")) == {
        ("cedar-ford", "gate.closed", 0): BehaviorCount(1, START_US),
        ("cedar-ford", "water.released", 0): BehaviorCount(3, START_US),
        ("cedar-ford", "water.released", 1): BehaviorCount(1, c.time),
    }
    c.check_invariants()


def test_a_subject_is_the_member_its_dataset_or_its_contract(c: Consortium) -> None:
    number = c.agree(c.make_supply("cedar-ford", "azure-bay"))
    c.act("cedar-ford", c.make_registration("cedar-ford"))
    own = (b.OfMember("cedar-ford"), b.OfDataset(DATASET), b.OfContract(number))
    others = (b.OfMember("azure-bay"), b.OfDataset("no-such"), b.OfContract(number + 1))
    for subject in own:
        assert c.attempt("cedar-ford", make_record(c, "cedar-ford", subject=subject)).code == "ok"
    refused = "behaviors.not_your_subject"
    for subject in others:
        assert c.attempt("cedar-ford", make_record(c, "cedar-ford", subject=subject)).code == refused
    assert c.attempt("birch-vale", make_record(c, "birch-vale", subject=own[2])).code == refused


def test_a_behavior_is_neither_ahead_of_time_nor_long_past(c: Consortium) -> None:
    c.advance(60)
    for occurred_at, code in (
        (c.time + 300 * SECOND_US, "ok"),
        (c.time + 300 * SECOND_US + 1, "behaviors.from_the_future"),
        (c.time - 30 * DAY_US, "ok"),
        (c.time - 30 * DAY_US - 1, "behaviors.too_old"),
    ):
        assert c.attempt("cedar-ford", make_record(c, "cedar-ford", occurred_at=occurred_at)).code == code


def test_batches_of_a_series_follow_one_another(c: Consortium) -> None:
    start = c.time
    (event,) = c.act("cedar-ford", make_anchor(c))
    assert event == b.Anchored("cedar-ford", "gate-levels", 1, start, start, 24)
    assert c.attempt("cedar-ford", make_anchor(c)).code == "behaviors.batch_repeated"
    assert c.attempt("cedar-ford", make_anchor(c, root=bytes(32))).code == "behaviors.batch_overlaps"
    assert c.attempt("cedar-ford", make_anchor(c, series="rain")).code == "ok"
    assert c.attempt("azure-bay", make_anchor(c)).code == "ok"
    c.advance(1)
    later = make_anchor(c, root=bytes(32), first_at=start + 1)
    assert c.attempt("cedar-ford", later).code == "ok"
    assert c.state.series[("cedar-ford", "gate-levels")] == Series(2, 48, c.time, bytes(32))
    c.check_invariants()


def test_who_may_not_sign_for_data_records_nothing(c: Consortium) -> None:
    record = make_record(c, "azure-bay", subject=b.OfMember("nobody"))
    assert c.attempt("nobody", record).code == "ledger.unknown_key"
    c.act("azure-bay", make_anchor(c, root=DIGEST))
    turned = make_anchor(c, root=DIGEST, first_at=c.time + 1)
    assert c.attempt("azure-bay", turned).code == "behaviors.times_turned"
