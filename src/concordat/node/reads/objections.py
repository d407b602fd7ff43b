"""Objections against a member, as everybody may see them: when, by which clock, answered or not; never a word."""

from __future__ import annotations

from concordat.node.node import Node
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json
from concordat.protocol.records import Objection


def list_objections(node: Node, member: str, *, after: int | None = None, limit: int = 50) -> list[Json]:
    """Objections against a member, newest first; `after` one of them."""
    with node.engine.lock:
        table = node.application.state.objections
        count = len(table.group(member))
        newest = count if after is None else min(count, after - 1)
        rows = [(number, table[(member, number)]) for number in range(newest, max(0, newest - limit), -1)]
    return [tell_objection(node, number, row) for number, row in rows]


def tell_objection(node: Node, number: int, row: Objection) -> dict[str, Json]:
    """Return what everybody may know of an objection; `entry` is its position in history."""
    entry = None if row.entry is None else node.application.sizes[row.entry[0] - 1] + row.entry[1]
    return {
        "objection": number,
        "objector": row.objector,
        "entry": entry,
        "filed_at": format_time(row.filed_at),
        "answer_by": format_time(row.answer_by),
        "status": row.status,
        "closed_at": None if row.closed_at is None else format_time(row.closed_at),
    }
