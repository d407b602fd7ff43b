"""The consortium at a glance: the first members, the best, who works with whom, and sums."""

from __future__ import annotations

from concordat.node.node import Node
from concordat.node.reads.members import summarize_members
from concordat.primitives.plain import Json
from concordat.views.lists import fetch_best, fetch_names, fetch_running_pairs, fetch_totals


def get_overview(node: Node, *, shown: int, ranked: int) -> Json:
    """Return `members` (the first ones), `standing` (the best ones), `pairs` of the former, and `totals`.

    `totals` are rows of kind, status, number, done and total, as in the index.
    """
    with node.reading_index() as index:
        members = fetch_names(index, "member", limit=shown)
        best = fetch_best(index, ranked)
        pairs = fetch_running_pairs(index, members)
        totals = fetch_totals(index)
    return {
        "members": summarize_members(node, members),
        "standing": summarize_members(node, best),
        "pairs": [pair._asdict() for pair in pairs],
        "totals": [total._asdict() for total in totals],
    }
