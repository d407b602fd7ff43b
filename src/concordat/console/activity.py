"""Activity: what happened last, day by day; a small script keeps it fresh, and without it the page is whole."""

from __future__ import annotations

from itertools import groupby
from typing import Final
from urllib.parse import urlencode

from concordat.console.frame import Page, render_page
from concordat.node import reads
from concordat.primitives.plain import Json

ENTRIES_MAX: Final = 40


def render_activity(page: Page, member: str | None) -> str:
    """The newest entries of everything, or of what concerns one member."""
    height = reads.get_status(page.node)["height"]
    since = reads.find_first_position(page.node, page.reader.member)
    link = ("member", member) if member else None
    found = reads.list_entries(page.node, page.language, link=link, since=since, limit=ENTRIES_MAX)
    asked = {"after": height} | ({"member": member} if member else {})
    return render_page(
        page,
        "activity.html",
        "activity",
        days=[(day, list(entries)) for day, entries in groupby(found["entries"], _get_day)],
        has_more=found["next"] is not None,
        events=f"/v1/events?{urlencode(asked)}",
        about=member,
    )


def _get_day(entry: Json) -> str:
    return str(entry["happened_at"])[:10] + "T00:00:00Z"
