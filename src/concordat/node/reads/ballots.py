"""Ballots: what is put to the vote, how it stands, who voted what."""

from __future__ import annotations

from concordat.contracts.text import Language
from concordat.errors import NotFound
from concordat.node.node import Node
from concordat.node.reads.chain import get_names
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.records import Ballot
from concordat.wording.sentences import describe_motion


def list_ballots(node: Node, language: Language, *, after: int | None = None, limit: int = 50) -> list[Json]:
    """Ballots, newest first, each with its motion in words; `after` one of them."""
    with node.engine.lock:
        state = node.application.state
        counter = state.counters.get(("ballots",))
        newest = counter.count if counter else 0
        start = newest if after is None else min(newest, after - 1)
        rows = [(number, state.ballots[(number,)]) for number in range(start, max(0, start - limit), -1)]
    return [_tell(node, number, row, language) for number, row in rows]


def get_ballot(node: Node, number: int, language: Language) -> Json:
    """One ballot with its votes in the order of members.

    Raises:
        NotFound: `read.no_such_ballot`.
    """
    with node.engine.lock:
        state = node.application.state
        row = state.ballots.get((number,))
        if row is None:
            raise NotFound("read.no_such_ballot", str(number))
        votes = state.votes.group(number)
    told = [{"member": key[1], "choice": vote.choice, "time": format_time(vote.time)} for key, vote in votes]
    return _tell(node, number, row, language) | {"votes": told}


def _tell(node: Node, number: int, row: Ballot, language: Language) -> dict[str, Json]:
    sentence = describe_motion(row.motion, language, get_names(node, language))
    return {"id": number, "sentence": sentence, "cast": row.yes + row.no + row.abstain, **to_plain(row)}
