"""The tables of spec/credit.md: what years of deals and a few breaches do to a member under the shipped rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from concordat.credit.exits import is_by_score_condition, is_by_strikes_condition
from concordat.credit.grades import compute_grade, get_limit_milli, settle_grade
from concordat.credit.records import Record
from concordat.credit.rulebook import RULEBOOK, Grade
from concordat.credit.score import compute_score, is_live
from concordat.primitives.ledger_time import EPOCH_WEEKS

from .samples import breach, perform

RATES = {"1/quarter": 1, "1/month": 3, "1/week": 13, "4/week": 52}
"""Deals in a quarter of 13 weeks."""

FIRST_BREACH = 160
_ADMITTED = (0, 0, 0, 0)

Severity = Literal[1, 2, 3]


class Standing(NamedTuple):
    score: int
    grade: Grade

    def __str__(self) -> str:
        return f"{self.score} {self.grade}"


class Played(NamedTuple):
    """What was seen: standing first thing in each week and right after each breach; first week of each grade."""

    opened: dict[int, Standing]
    breached: dict[int, Standing]
    reached: dict[Grade, int]
    strikes: list[int]
    exits_by_score: list[int]


def play(deals_per_quarter: int, weeks: int, breaches: Mapping[int, Severity]) -> Played:
    """Deals as large as the grade allows, 13 partners in turn, full weights; breaches come first in their week."""
    records: list[Record] = []
    grade: Grade = "N"
    deals = 0
    closes_in_a_row = 0
    played = Played({}, {}, {}, [], [])
    for week in range(weeks + 1):
        score = compute_score(records, week)
        if week and week % EPOCH_WEEKS == 0:
            has_negative = any(record.severity and is_live(record, week) for record in records)
            computed = compute_grade(score, has_live_negative=has_negative, held=grade)
            grade = settle_grade(grade, computed, at_close=True)
            played.reached.setdefault(grade, week)
            holds = is_by_score_condition(score, records, week, _ADMITTED, are_independent)
            closes_in_a_row = closes_in_a_row + 1 if holds else 0
            if closes_in_a_row == RULEBOOK.score_exit.closes:
                played.exits_by_score.append(week)
        played.opened[week] = Standing(score.score, grade)
        if week in breaches:
            partner = f"wronged-{len(played.breached)}"
            records.append(breach(len(records) + 1, week, breaches[week], partner, size=get_limit_milli(grade)))
            score = compute_score(records, week)
            grade = settle_grade(grade, compute_grade(score, has_live_negative=True, held=grade), at_close=False)
            played.breached[week] = Standing(score.score, grade)
            if is_by_strikes_condition(records, week, _ADMITTED, are_independent):
                played.strikes.append(week)
        for _ in range((week + 1) * deals_per_quarter // 13 - week * deals_per_quarter // 13):
            records.append(perform(len(records) + 1, week, f"partner-{deals % 13}", size=get_limit_milli(grade)))
            deals += 1
    return played


def are_independent(first: str, second: str) -> bool:
    return first != second


def render_member_table() -> list[str]:
    rows = [
        (
            "| rate | C / B / A from week | before | minor at 0 / 8 / 14 w | general at 0 / 12 / 36 / 52 w"
            " | serious at 0 / 12 / 52 / 120 w | 3 serious in 12 w: then, +8, +52"
            " | 1 serious every 4 w: 12 / 24 / 52 w |"
        ),
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, deals in RATES.items():
        clean = play(deals, FIRST_BREACH - 1, {})
        reached = " / ".join(str(clean.reached.get(grade, "-")) for grade in ("C", "B", "A"))
        third = FIRST_BREACH + 12
        cells = [
            name,
            reached,
            str(clean.opened[FIRST_BREACH - 1]),
            _render(deals, {FIRST_BREACH: 1}, FIRST_BREACH, (8, 14)),
            _render(deals, {FIRST_BREACH: 2}, FIRST_BREACH, (12, 36, 52)),
            _render(deals, {FIRST_BREACH: 3}, FIRST_BREACH, (12, 52, 120)),
            _render(deals, {FIRST_BREACH: 3, FIRST_BREACH + 6: 3, third: 3}, third, (8, 52)),
            _render_steady(deals, (12, 24, 52)),
        ]
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def render_newcomer_table() -> list[str]:
    cases: dict[str, dict[int, Severity]] = {
        "serious in week 5": {5: 3},
        "general in week 5": {5: 2},
        "generals in weeks 5, 9": {5: 2, 9: 2},
        "serious in weeks 5, 9": {5: 3, 9: 3},
        "serious in weeks 5, 13": {5: 3, 13: 3},
        "generals in weeks 5, 9, 13": {5: 2, 9: 2, 13: 2},
    }
    rows = [
        "| newcomer at 1/month | at the last | week 52 | week 156 | out by score in week |",
        "|---|---|---|---|---|",
    ]
    for name, breaches in cases.items():
        played = play(RATES["1/month"], 156, breaches)
        standings = (played.breached[max(breaches)], played.opened[52], played.opened[156])
        out = str(played.exits_by_score[0]) if played.exits_by_score else "-"
        rows.append(f"| {name} | {' | '.join(map(str, standings))} | {out} |")
    return rows


def _render(deals: int, breaches: Mapping[int, Severity], origin: int, later: Sequence[int]) -> str:
    played = play(deals, origin + later[-1], breaches)
    seen = [played.breached[origin], *(played.opened[origin + weeks] for weeks in later)]
    return " / ".join(map(str, seen)) + (", strikes" if played.strikes else "")


def _render_steady(deals: int, later: Sequence[int]) -> str:
    weeks = range(FIRST_BREACH, FIRST_BREACH + later[-1] + 1, 4)
    played = play(deals, weeks[-1], dict.fromkeys(weeks, 3))
    return " / ".join(str(played.breached[FIRST_BREACH + week]) for week in later)
