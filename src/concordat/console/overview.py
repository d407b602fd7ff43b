"""The first page: what waits for the reader, and the consortium at a glance. It only reads."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from concordat.console.charts import (
    NARROW,
    OUT,
    SCORE_MAX,
    WIDE,
    Flow,
    Tile,
    draw_bar,
    draw_map,
    draw_shares,
    get_grade_tone,
)
from concordat.console.frame import Page, render_page
from concordat.console.waits import get_waits
from concordat.node import reads
from concordat.primitives.plain import Json
from concordat.views.lists import ENDED_WITH_BREACHES

LATEST_ENTRIES: Final = 6
MAP_TILES_MAX: Final = 24
STANDING_MAX: Final = 8

_UNMAPPED: Final = ("refused", "lapsed")

_GROUPS: Final = (
    ("negotiating", ("proposed",)),
    ("in_force", ("active",)),
    ("suspended", ("suspended",)),
    ("completed", ("completed",)),
    ("breached", (ENDED_WITH_BREACHES,)),
    ("ended", ("terminated", "declined", "expired")),
)


def render_welcome(page: Page) -> str:
    """What anybody may know, and where to sign in; for an expelled member what it still owes and may do."""
    member = page.reader.member
    own = reads.get_member(page.node, member) if member else None
    return render_page(page, "welcome.html", "overview", own=own, waits=get_waits(page)[0])


def render_overview(page: Page) -> str:
    """What waits for the reader, then the three domains one above the other, and the data layers beside them."""
    member = page.reader.member or ""
    found = reads.get_overview(page.node, member, shown=MAP_TILES_MAX, ranked=STANDING_MAX)
    flows = [Flow(pair["first"], pair["second"], pair["in_force"], pair["suspended"]) for pair in found["pairs"]]
    groups = [(key, _add_up(found, "contract", "number", statuses)) for key, statuses in _GROUPS]
    tiles, title = [_make_tile(page, row) for row in found["members"]], page.say("map.title")
    total = sum(row["number"] for row in found["totals"] if row["kind"] == "member" and row["status"] not in _UNMAPPED)
    waits, waits_count = get_waits(page)
    return render_page(
        page,
        "overview.html",
        "overview",
        waits=waits,
        waits_count=waits_count,
        maps=[draw_map(tiles, flows, title, grid) for grid in (WIDE, NARROW)],
        flows=flows,
        map_part=page.say("map.part", shown=len(tiles), total=total) if total > len(tiles) else "",
        contracts_bar=draw_shares([(count, f"group-{key}") for key, count in groups]),
        contract_groups=[group for group in groups if group[1]],
        standing=[row | {"bar": _draw_score(row)} for row in found["standing"]],
        latest=reads.list_entries(page.node, page.language, limit=LATEST_ENTRIES)["entries"],
        layers=_tell_layers(page, found),
        failure=page.node.engine.failure,
    )


def _draw_score(row: Json) -> Markup:
    return draw_bar(0, row["score"], SCORE_MAX, get_grade_tone(row["grade"]))


def _add_up(found: Json, kind: str, column: str, statuses: tuple[str, ...] | None = None) -> int:
    """Return a sum over all things of a kind, or those of some statuses."""
    rows = (row for row in found["totals"] if row["kind"] == kind)
    return sum(row[column] for row in rows if statuses is None or row["status"] in statuses)


def _make_tile(page: Page, row: Json) -> Tile:
    note = page.say("map.applicant") if row["score"] is None else str(row["score"])
    if row["status"] == "suspended":
        note = f"{row['score']} {page.say('map.in_hearing')}"
    grade = row["grade"]
    if row["status"] == "expelled":
        note, grade = page.say("map.expelled"), OUT
    is_own = row["id"] == page.reader.member
    return Tile(row["id"], page.name(row["id"]), grade, note, f"/members/{row['id']}", is_own)


def _tell_layers(page: Page, found: Json) -> list[tuple[str, str]]:
    values = {
        "infrastructure": {
            "members": _add_up(found, "member", "done"),
            "keys": _add_up(found, "member", "number", ("active",)),
        },
        "collection": {"versions": _add_up(found, "dataset", "total")},
        "processing": {
            "closed": _add_up(found, "contract", "done"),
            "breached": _add_up(found, "contract", "breached"),
            "total": _add_up(found, "contract", "total"),
        },
        "application": {
            "datasets": _add_up(found, "dataset", "number"),
            "contracts": _add_up(found, "contract", "number", ("active",)),
        },
    }
    return [(layer, page.say(f"layer.{layer}_line", **counts)) for layer, counts in values.items()]
