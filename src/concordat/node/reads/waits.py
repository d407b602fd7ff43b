"""What waits for a member."""

from __future__ import annotations

from collections.abc import Mapping

from concordat.node.node import Node
from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.records import Ballot, Motion
from concordat.views import waits
from concordat.views.waits import Wait, WaitPlace, fetch_waits, find_ballot_number, get_place


def get_waits(node: Node, member: str, *, about: int | str | None = None, limit: int = 50) -> list[Json]:
    """What waits for a member, soonest first: all, or what concerns one contract or one other member.

    Signatures, deliveries and acknowledgements name a contract and its title, what concerns membership its `subject`,
    votes a `ballot`, its motion and when voting begins.
    """
    with node.reading_index() as index:
        found = fetch_waits(index, member, about=about, limit=limit)
    return show_waits(node, found)


def get_waits_after(
    node: Node, member: str, *, after: WaitPlace | None, limit: int
) -> tuple[list[Json], list[WaitPlace]]:
    """What waits for a member as `get_waits` has it, from a place on, and the place of each."""
    with node.reading_index() as index:
        found = fetch_waits(index, member, after=after, limit=limit)
    return show_waits(node, found), [get_place(wait) for wait in found]


def show_waits(node: Node, found: list[Wait]) -> list[Json]:
    """Return waits as faces show them."""
    with node.engine.lock:
        terms = node.application.state.terms
        titles = {wait.about: terms[(wait.about,)].title for wait in found if isinstance(wait.about, int)}
        ballots = {wait.about: find_ballot(node, wait) for wait in found}
    return [make_wait(wait) | _tell_about(wait, titles, ballots[wait.about]) for wait in found]


def find_ballot(node: Node, wait: Wait) -> Ballot | None:
    """Return the ballot that a wait is about; the caller holds the engine's lock."""
    return node.application.state.ballots.get((find_ballot_number(wait.about),))


def _tell_about(wait: Wait, titles: Mapping[int, Label], ballot: Ballot | None) -> dict[str, Json]:
    if ballot is not None:
        motion: Json = to_plain(ballot.motion, Motion)
        opens_at = format_time(ballot.opens_at)
        return {"ballot": find_ballot_number(wait.about), "motion": motion, "opens_at": opens_at}
    if isinstance(wait.about, int):
        return {"title": to_plain(titles[wait.about])}
    subject, _, number = wait.about.partition("/")
    return {"subject": subject, "objection": int(number)} if number else {"subject": subject}


def count_waits(node: Node, member: str) -> int:
    """Return how many things wait for a member."""
    with node.reading_index() as index:
        return waits.count_waits(index, member)


def make_wait(wait: Wait) -> dict[str, Json]:
    """Return a wait as faces show it; `contract` is 0 for what concerns none."""
    return {
        "actor": wait.actor,
        "action": wait.action,
        "contract": wait.about if isinstance(wait.about, int) else 0,
        "obligation": wait.obligation,
        "by": None if wait.by is None else format_time(wait.by),
        "otherwise": wait.otherwise,
    }
