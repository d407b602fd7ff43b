"""The tables of spec/credit.md are those of the shipped rules. CONCORDAT_FILL_VECTORS=1 writes them anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from primitives.golden import IS_FILLING

from .timeline import FIRST_BREACH, RATES, play, render_member_table, render_newcomer_table

PAGE = Path(__file__).parents[2] / "spec" / "credit.md"


@pytest.mark.parametrize(("mark", "render"), [("timeline", render_member_table), ("newcomers", render_newcomer_table)])
def test_the_page_shows_what_the_shipped_rules_do(mark: str, render: Callable[[], list[str]]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(f"<!-- {mark} -->\n\n")
    shown, tail = rest.split(f"\n\n<!-- end of {mark} -->")
    rendered = "\n".join(render())
    if IS_FILLING:
        PAGE.write_text(f"{head}<!-- {mark} -->\n\n{rendered}\n\n<!-- end of {mark} -->{tail}", encoding="utf-8")
        shown = rendered
    assert shown == rendered


@pytest.mark.parametrize("deals", RATES.values(), ids=RATES)
def test_a_general_breach_every_four_weeks_meets_the_strikes_at_the_fifth(deals: int) -> None:
    weeks = range(FIRST_BREACH, FIRST_BREACH + 24, 4)
    assert play(deals, weeks[-1], dict.fromkeys(weeks, 2)).strikes[0] == weeks[4]


@pytest.mark.parametrize("rate", ["1/month", "1/week", "4/week"])
def test_a_clean_region_reaches_a(rate: str) -> None:
    assert play(RATES[rate], FIRST_BREACH, {}).opened[FIRST_BREACH].grade == "A"


@pytest.mark.parametrize("deals", RATES.values(), ids=RATES)
def test_one_breach_is_not_for_ever(deals: int) -> None:
    clean = play(deals, 400, {})
    forgiven = play(deals, 400, {FIRST_BREACH: 3})
    assert forgiven.exits_by_score == []
    assert forgiven.opened[400].grade == clean.opened[400].grade
