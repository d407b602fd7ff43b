"""The page of one member: identity, credit with the reason for every point, what the next grade asks. It only reads."""

from __future__ import annotations

from typing import Final

from concordat.console.behaviors import tell_lag
from concordat.console.charts import SCORE_MAX, draw_bar, get_grade_tone
from concordat.console.formats import show_number, show_signed
from concordat.console.frame import LIMIT, Page, render_page
from concordat.console.waits import get_waits
from concordat.errors import NotFound
from concordat.node import prospects, reads
from concordat.primitives.plain import Json
from concordat.verifier.verdict import tell_not_proved
from concordat.views.behaviors import Source
from concordat.wording.sentences import describe_return_limit, describe_turns, show_contract, show_share

RECORDS_MAX: Final = 10
NEGATIVES_MAX: Final = 6
HISTORY_MAX: Final = 10
CONTRACTS_MAX: Final = 6


def render_member(page: Page, member: str) -> str:
    """Identity, credit with the reason for every point, contracts, history, proof."""
    row = reads.get_member(page.node, member)
    status = reads.get_status(page.node)
    try:
        credit = reads.get_credit(page.node, member, page.language, largest=RECORDS_MAX)
        sums = reads.sum_credit(page.node, member)
        following = prospects.get_next_grade(page.node, member)
    except NotFound:
        credit = following = sums = None
    records = sorted(credit["reasons"], key=lambda reason: -abs(reason["delta"])) if credit else []
    contracts = reads.list_contracts(page.node, member=member, limit=CONTRACTS_MAX + 1)
    return render_page(
        page,
        "member.html",
        "members",
        member=row,
        status_line=_tell_status(page, row),
        return_limit=describe_return_limit(row["return_limit"], page.language) if row["return_limit"] else "",
        lag=tell_lag(page, reads.get_lag(page.node, Source(member))),
        waits=get_waits(page, member)[0],
        credit=credit,
        following=_tell_next_grade(page, credit, following) if credit and following else None,
        tell_tone=_tell_tone,
        fall=_make_fall(page, credit, sums) if credit and sums else [],
        records=records[:RECORDS_MAX],
        records_left=max(0, sums.kept + sums.broken - RECORDS_MAX) if sums else 0,
        contracts=contracts[:CONTRACTS_MAX],
        has_more=len(contracts) > CONTRACTS_MAX,
        history=reads.list_entries(
            page.node,
            page.language,
            link=("member", member),
            since=reads.find_first_position(page.node, page.reader.member),
            limit=HISTORY_MAX,
        ),
        proof={
            "lines": [
                page.say("proof.line_member", height=status["height"], time=page.time(status["time"])),
                page.say("proof.line_checkpoint"),
            ],
            "not_proved": tell_not_proved(page.language, LIMIT),
            "digests": [(page.say("proof.root"), status["app_hash"])],
        },
    )


def _tell_status(page: Page, row: Json) -> str:
    """Kind, when it came in, went and returned, and how it stands."""
    turns = describe_turns(row["turns"], page.language, page.names)
    status = [] if row["status"] == "expelled" else [page.catalog(f"status.member.{row['status']}")]
    came = turns or [page.say("member.applied", day=page.day(row["applied_at"]))]
    return page.say("punctuation.comma").join([page.catalog(f"kind.{row['kind']}"), *came, *status])


def _tell_next_grade(page: Page, credit: Json, following: Json) -> Json:
    """What the next grade asks, each as (sign, tone, text); then how much that is, and when it takes effect."""
    checks = []
    for what, show in (("score", str), ("confidence", show_share)):
        needed, missing = following[f"{what}_min"], following[f"{what}_missing"]
        if needed:
            key = f"following.{what}_missing" if missing else f"following.{what}_met"
            text = page.say(key, needed=show(needed), missing=show(missing), now=show(credit[what]))
            checks.append(("○", "", text) if missing else ("✓", "good", text))
    tenths = -(-following["evidence_missing"] // 100_000)
    units = show_number(credit["full_size_units"])
    lines = [page.say("following.evidence", count=f"{tenths // 10}.{tenths % 10}", units=units)] if tenths else []
    lines.append(page.say("following.closes", day=page.day(following["closes_at"])))
    return {"grade": following["grade"], "checks": checks, "lines": lines}


def _make_fall(page: Page, credit: Json, sums: reads.CreditSums) -> list[tuple[str, str, str, str]]:
    """The score as a waterfall: where everybody begins, what was kept, each breach, where that leads.

    Each step is (text, bar, value, tone); the last one is the sum.
    """
    broken = sorted((reason for reason in credit["reasons"] if reason["severity"]), key=lambda reason: reason["delta"])
    steps: list[tuple[str, int]] = []
    if sums.kept:
        steps.append((page.say("credit.performances", count=sums.kept), sums.kept_delta))
    told = [(_tell_breach(page, reason), reason["delta"]) for reason in broken[:NEGATIVES_MAX]]
    steps += told
    if rest := sums.broken - len(told):
        steps.append((page.say("credit.others", count=rest), sums.broken_delta - sum(delta for _, delta in told)))
    level = credit["newcomer"]
    bar = draw_bar(0, level, SCORE_MAX, "fill-muted")
    rows: list[tuple[str, str, str, str]] = [(page.say("credit.start"), bar, str(level), "")]
    for text, delta in steps:
        tone = _tell_tone(delta)
        rows.append((text, draw_bar(level, level + delta, SCORE_MAX, f"fill-{tone}"), show_signed(delta), tone))
        level += delta
    bar = draw_bar(0, credit["score"], SCORE_MAX, get_grade_tone(credit["grade"]))
    return [*rows, (page.say("credit.now"), bar, str(credit["score"]), "")]


def _tell_tone(delta: int) -> str:
    return "good" if delta > 0 else "bad" if delta < 0 else "muted"


def _tell_breach(page: Page, reason: Json) -> str:
    severity = page.catalog(f"severity.{reason['severity']}")
    if page.language == "en":
        severity = severity.capitalize()
    return page.say(
        "credit.breach", severity=severity, contract=show_contract(reason["contract"]), clause=reason["clause"]
    )
