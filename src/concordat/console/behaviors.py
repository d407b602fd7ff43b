"""Behaviors: what members did, as they recorded it, with the time that it took to the ledger. It only reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlencode

from concordat.client.requests import make_path
from concordat.console.formats import show_lag
from concordat.console.frame import LIMIT, Page, render_page
from concordat.console.pages import LIST_PAGE, cut_list, name_behavior
from concordat.node import reads
from concordat.primitives.plain import Json
from concordat.verifier.verdict import tell_not_proved
from concordat.views.behaviors import BehaviorPlace, Source


def render_behaviors(page: Page, source: Source, after: str | None) -> str:
    """Everybody's, a member's, or the batches of one of its series, newest first."""
    counts = reads.count_behaviors(page.node, source.member) if source.member else {"kinds": [], "series": []}
    place = _read_place(after)
    found, _ = reads.list_behaviors(page.node, source, page.language, after=place, limit=LIST_PAGE + 1)
    begin = make_path("/members", source.member, "behaviors") if source.member else "/behaviors"
    narrowed = f"{begin}?{urlencode({'series': source.series})}&" if source.series else f"{begin}?"
    rows, more = cut_list([tell_behavior(page, row) for row in found["behaviors"]], narrowed)
    return render_page(
        page,
        "behaviors.html",
        "behaviors",
        source=source,
        lag=tell_lag(page, found["lag"]),
        rows=rows,
        more=more,
        begin=begin,
        is_first=place is None,
        **counts,
    )


def render_behavior(page: Page, position: int, number: int) -> str:
    """One of them: its sentence, what shows it, and the proof that it stands on the ledger."""
    row = tell_behavior(page, reads.get_behavior(page.node, position, number, page.language))
    lines = [
        page.say("proof.line_signer", member=page.name(row["member"])),
        page.say("proof.line_entry", position=position, size=reads.get_status(page.node)["log_size"]),
        page.say("proof.line_checkpoint"),
    ]
    digests = [(page.say("proof.transaction"), row["transaction"])]
    proof = {"lines": lines, "not_proved": tell_not_proved(page.language, LIMIT), "digests": digests}
    return render_page(page, "behavior.html", "behaviors", row=row, proof=proof)


def tell_behavior(page: Page, row: Json) -> Json:
    """Return a behavior with its `id`, `title`, `href`, when it `happened_at`, `lag` and where its subject leads."""
    is_record = row["what"] == "recorded"
    return {"kind": ""} | row | {
        "id": f"{row['position']}-{row['number']}",
        "href": f"/behaviors/{row['position']}/{row['number']}",
        "title": name_behavior(page, row | {"sentence": row["words"]} if is_record else row),
        "happened_at": row["occurred_at"] if is_record else row["first_at"],
        "lag": show_lag(row["lag_ms"], page.language),
        "subject_href": _find_subject(row["member"], row["subject"]) if is_record else "",
    }


def tell_lag(page: Page, lag: Json) -> Sequence[tuple[str, str]]:
    """Return the lag of the latest behaviors in words, and as shown; nothing when there are none."""
    if not lag["count"]:
        return ()
    return [(page.say(f"behavior.{name}"), show_lag(lag[f"{name}_ms"], page.language)) for name in ("p50", "p95")]


def _find_subject(member: str, subject: Json) -> str:
    match subject["type"]:
        case "contract":
            return f"/contracts/{subject['contract']}"
        case "dataset":
            return make_path("/datasets", member, subject["dataset"])
        case _:
            return make_path("/members", subject["member"])


def _read_place(after: str | None) -> BehaviorPlace | None:
    found = re.fullmatch(r"([0-9]{1,15})-([0-9]{1,9})", after or "")
    return BehaviorPlace(int(found[1]), int(found[2])) if found else None
