"""Objections against a member, as everybody may see them: when, by which clock, answered or not; never a word."""

from __future__ import annotations

from itertools import islice, takewhile

from concordat.client.operations import show_record_id
from concordat.node.node import Node
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json
from concordat.protocol.records import AboutBallot, AboutEntry, AboutRecord, Objection


def list_objections(node: Node, member: str, *, after: int | None = None, limit: int = 50) -> list[Json]:
    """Objections against a member, newest first; `after` one of them."""
    with node.engine.lock:
        table = node.application.state.objections
        count = table.group_size(member)
        newest = count if after is None else min(count, after - 1)
        rows = [(number, table[(member, number)]) for number in range(newest, max(0, newest - limit), -1)]
    return [tell_objection(node, number, row) for number, row in rows]


def is_part_of_objection(node: Node, member: str, number: int, reader: str | None) -> bool:
    """True for the member that has to answer, and for the one that objected."""
    with node.engine.lock:
        row = node.application.state.objections.get((member, number))
    return reader is not None and (reader == member or (row is not None and row.objector == reader))


def find_comments(node: Node, ballot: int, *, limit: int) -> list[tuple[int, Objection]]:
    """Return the newest comments on a ballot, newest first: each a numbered objection that its opener answers."""
    about = AboutBallot(ballot)
    with node.engine.lock:
        state = node.application.state
        row = state.ballots.get((ballot,))
        if row is None or row.opener is None:
            return []
        opener, table = row.opener, state.objections
        newest = ((number, table[(opener, number)]) for number in range(table.group_size(opener), 0, -1))
        since = takewhile(lambda one: one[1].filed_at >= row.opened_at, newest)
        return list(islice((one for one in since if one[1].about == about), limit))


def tell_objection(node: Node, number: int, row: Objection) -> dict[str, Json]:
    """Return what everybody may know of an objection; `entry` is its position in history."""
    about = row.about
    height, index = about.entry if isinstance(about, AboutEntry) else (0, 0)
    return {
        "objection": number,
        "objector": row.objector,
        "entry": node.application.sizes[height - 1] + index if height else None,
        "record": show_record_id(about.record) if isinstance(about, AboutRecord) else None,
        "ballot": about.ballot if isinstance(about, AboutBallot) else None,
        "filed_at": format_time(row.filed_at),
        "answer_by": format_time(row.answer_by),
        "status": row.status,
        "closed_at": None if row.closed_at is None else format_time(row.closed_at),
    }
