"""The consortium at a glance: who is on the map, the best, who works with whom, and sums."""

from __future__ import annotations

import sqlite3

from concordat.node.node import Node
from concordat.node.reads.members import summarize_members
from concordat.primitives.plain import Json
from concordat.views.lists import fetch_best, fetch_mapped, fetch_partners, fetch_running_pairs, fetch_totals


def get_overview(node: Node, member: str, *, shown: int, ranked: int) -> Json:
    """Return `members` (those on a member's map), `standing` (the best ones), `pairs` of the former, and `totals`.

    `totals` are rows of kind, status, number, done and total, as in the index.
    """
    with node.reading_index() as index:
        members = _choose_members(index, member, shown)
        best = fetch_best(index, ranked)
        pairs = fetch_running_pairs(index, members)
        totals = fetch_totals(index)
    return {
        "members": summarize_members(node, members),
        "standing": summarize_members(node, best),
        "pairs": [pair._asdict() for pair in pairs],
        "totals": [total._asdict() for total in totals],
    }


def _choose_members(index: sqlite3.Connection, member: str, shown: int) -> list[str]:
    """All of them; of too many a member itself, with whom it works, most contracts first, and the best of the rest."""
    members = fetch_mapped(index, shown + 1)
    if len(members) <= shown:
        return members
    partners = sorted(fetch_partners(index, member, shown), key=lambda pair: -pair.in_force - pair.suspended)
    chosen = dict.fromkeys([member, *(pair.second for pair in partners), *fetch_best(index, shown)])
    return list(chosen)[:shown]
