"""The golden cases under vectors/credit."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import pytest

from concordat.credit.records import Record
from concordat.credit.vectors import KINDS
from concordat.errors import UsageError
from concordat.primitives.vectors import check_case, compute_expected
from primitives.golden import FOLDER, Case, check_golden

from .samples import breach, compute_plainly, perform

DIRECTORY = FOLDER / "credit"


def make_case(kind: str, name: str, given: dict[str, object]) -> Case:
    return {"name": name, "input": given, "expect": compute_expected(KINDS, kind, given)}


def make_histories() -> list[tuple[str, list[Record], list[int]]]:
    """Histories by name, each with the weeks to ask at."""
    partners = [f"partner-{number}" for number in range(13)]
    monthly = [perform(week + 1, week, partners[week // 4 % 13], size=450) for week in range(0, 60, 4)]
    ties = [perform(3, 2, size=500), perform(1, 0, size=500), perform(2, 2, size=1000), perform(4, 12, size=500)]
    return [
        ("newcomer", [], [0, 17]),
        ("one performance", [perform(1, 0)], [0, 52, 156, 157]),
        ("late, partial, unmeasured", [perform(1, 3, marks=(700, 400, None), size=450, weight=333)], [3, 20]),
        ("nobody's word", [perform(1, 0, weight=0)], [0]),
        ("ties in one quarter, out of order", ties, [12, 60, 156, 160, 168, 169]),
        ("one partner, two quarters", [perform(1, 12), perform(2, 13)], [13]),
        ("saturation", [perform(number, 0, f"partner-{number}") for number in range(12)], [0, 10]),
        ("minor", [breach(1, 0, 1, size=200)], [0, 13, 14]),
        ("general", [breach(1, 0, 2)], [0, 17, 52, 53]),
        ("serious", [breach(1, 0, 3)], [0, 52, 156, 157]),
        ("a month's work and a breach of each kind", [
            *monthly, breach(70, 60, 1), breach(71, 61, 2, "birch-hill"), breach(72, 61, 3, "the-auditor", channel="C"),
        ], [60, 61, 64, 100, 225]),
        ("later records are not seen", [perform(1, 4), perform(2, 5), breach(3, 6, 3)], [3, 4, 5, 6]),
    ]  # fmt: skip


def make_records_cases(kind: str) -> list[Case]:
    return [
        make_case(kind, f"{name}, week {week}", {"records": json.loads(msgspec.json.encode(records)), "week": week})
        for name, records, weeks in make_histories()
        for week in weeks
    ]


def make_grades() -> list[Case]:
    shapes = [
        (score, confidence, negative, held)
        for score in (1000, 850, 849, 835, 834, 750, 735, 650, 635, 634, 500, 499, 0)
        for confidence in (0, 299, 300, 349, 350, 599, 600)
        for negative, held in ((False, None), (True, "A"), (True, "B"), (False, "C"))
    ]
    return [
        make_case(
            "credit/grade",
            f"R {score}, K {confidence}, {'a' if negative else 'no'} negative, held {held or 'none'}",
            {"score": [score, confidence, 0, 0], "has_live_negative": negative, "held": held},
        )
        for score, confidence, negative, held in shapes
    ]


MAKERS: dict[str, Callable[[], list[Case]]] = {
    "score": lambda: make_records_cases("credit/score"),
    "reasons": lambda: make_records_cases("credit/reasons"),
    "grade": make_grades,
}


def render_rows(kind: str, cases: list[Case]) -> str:
    rows = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    return f'{{"kind": "{kind}", "cases": [\n{rows}\n]}}\n'


@pytest.mark.parametrize("name", MAKERS)
def test_the_stored_cases_are_those_made_here_and_all_hold(name: str) -> None:
    kind = f"credit/{name}"
    check_golden(DIRECTORY / f"{name}.json", KINDS, render_rows(kind, MAKERS[name]()))


def test_the_scores_in_the_cases_are_those_of_the_plain_formulas() -> None:
    for case in json.loads((DIRECTORY / "score.json").read_text(encoding="utf-8"))["cases"]:
        records = msgspec.convert(case["input"]["records"], list[Record])
        expect = case["expect"]
        plain = (expect["score"], expect["confidence"], expect["positive"], expect["negative"])
        assert compute_plainly(records, case["input"]["week"]) == plain, case["name"]


@pytest.mark.parametrize(
    ("kind", "given", "code"),
    [
        ("credit/none", {}, "vectors.unknown_kind"),
        ("credit/score", {"records": []}, "vectors.malformed"),
        ("credit/score", {"records": [], "week": -1}, "vectors.malformed"),
        ("credit/reasons", {"records": [[1]], "week": 0}, "vectors.malformed"),
        ("credit/grade", {"score": [1, 1, 1, 1], "has_live_negative": False, "held": "F"}, "vectors.malformed"),
    ],
)
def test_a_case_that_does_not_fit_is_refused(kind: str, given: object, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_case(KINDS, kind, {"input": given})
    assert caught.value.code == code
