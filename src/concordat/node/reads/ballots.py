"""Ballots: lists, and one ballot with the rules of its opening, its votes and what follows from it."""

from __future__ import annotations

from concordat.contracts.text import Language
from concordat.errors import NotFound
from concordat.node.node import Node
from concordat.node.reads.chain import get_names
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.motions import names_rules
from concordat.protocol.records import Ballot, EntryPlace, Motion, Stay
from concordat.views.lists import fetch_ballots
from concordat.wording.sentences import describe_motion, render


def list_ballots(
    node: Node, language: Language, *, is_open: bool | None = None, after: int | None = None, limit: int = 50
) -> list[Json]:
    """Ballots, newest first: all, those that are open, or those that have ended."""
    with node.reading_index() as index:
        numbers = fetch_ballots(index, is_open=is_open, after=after, limit=limit)
    with node.engine.lock:
        rows = [(number, node.application.state.ballots[(number,)]) for number in numbers]
        places = [_get_position(node, row.opened_entry) for _, row in rows]
    names = get_names(node, language)
    return [
        _tell(number, row, language) | {"sentence": describe_motion(row.motion, language, names), "position": place}
        for (number, row), place in zip(rows, places, strict=True)
    ]


def get_ballot(
    node: Node, number: int, language: Language, *, after: str | None = None, limit: int = 50
) -> Json:
    """One ballot: its motion, the rules of its opening, what happens at its end, and votes by member after a place.

    `position` is the entry that opened it, that of a vote the entry that gave it.

    Raises:
        NotFound: `read.no_such_ballot`.
    """
    with node.engine.lock:
        state = node.application.state
        row = state.ballots.get((number,))
        if row is None:
            raise NotFound("read.no_such_ballot", str(number))
        found = state.votes.behind((number, after or ""), limit)
        votes = [(member, vote, _get_position(node, vote.entry)) for (_, member), vote in found]
        position = _get_position(node, row.opened_entry)
    return _tell(number, row, language) | {
        "sentence": describe_motion(row.motion, language, get_names(node, language)),
        "position": position,
        "excluded": list(row.excluded),
        "rules": describe_rules(row, language),
        "next": render(f"ballot.next.{_get_next(row)}", language, height=getattr(row.motion, "from_height", 0)),
        "votes": [
            {
                "member": member,
                "choice": vote.choice,
                "time": format_time(vote.time),
                "public_key": vote.public_key.hex(),
                "position": place,
            }
            for member, vote, place in votes
        ],
    }


def get_choice(node: Node, number: int, member: str) -> str | None:
    """Return how a member voted, None when it has not."""
    with node.engine.lock:
        vote = node.application.state.votes.get((number, member))
    return None if vote is None else vote.choice


def describe_rules(row: Ballot, language: Language) -> str:
    """Return in words what it takes to carry."""
    return render(
        "ballot.rules",
        language,
        threshold=row.threshold_milli,
        quorum=row.quorum_milli,
        electorate=row.electorate,
    )


def _get_next(row: Ballot) -> str:
    """Return what follows from a carried motion."""
    if names_rules(row.motion):
        return "rules"
    if isinstance(row.motion, Stay):
        return "stay"
    return "height" if hasattr(row.motion, "from_height") else "close"


def _tell(number: int, row: Ballot, language: Language) -> dict[str, Json]:
    return {
        "id": number,
        "motion": to_plain(row.motion, Motion),
        "reason": row.reason,
        "opener": row.opener,
        "status": row.status,
        "outcome": render(f"status.ballot.{row.status}", language),
        "opened_at": format_time(row.opened_at),
        "opens_at": format_time(row.opens_at),
        "closes_at": format_time(row.closes_at),
        "ended_at": None if row.ended_at is None else format_time(row.ended_at),
        "electorate": row.electorate,
        "quorum_milli": row.quorum_milli,
        "threshold_milli": row.threshold_milli,
        "cast": row.yes + row.no + row.abstain,
        "yes": row.yes,
        "no": row.no,
        "abstain": row.abstain,
    }


def _get_position(node: Node, entry: EntryPlace) -> int:
    """Return where an entry stands in history; the caller holds the engine's lock."""
    height, index = entry
    return node.application.sizes[height - 1] + index
