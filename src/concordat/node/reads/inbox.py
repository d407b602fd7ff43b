"""What waits for one officer: of all that its member waits for, what its roles may do, its own and those of others."""

from __future__ import annotations

from collections.abc import Mapping

from concordat.contracts.text import Language
from concordat.node.node import Node
from concordat.node.reads.chain import get_names
from concordat.node.reads.waits import find_ballot, show_waits
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json
from concordat.protocol.families.membership import ALL_ROLES
from concordat.protocol.holdings import find_holding
from concordat.protocol.records import Ballot
from concordat.views.waits import ACTION_ROLES, Wait, WaitPlace, fetch_waits_of_roles, find_ballot_number, get_place
from concordat.wording.sentences import render


def get_inbox(
    node: Node, public_key: bytes, member: str, language: Language, *, after: WaitPlace | None = None, limit: int = 50
) -> tuple[Json, list[WaitPlace]]:
    """What an officer may do of what its member waits for, soonest first, and the place of each.

    `roles` are those that the key holds now: until when, and in whose place. An item has what to do, by when, what
    happens otherwise, and the role that it takes.
    """
    with node.engine.lock:
        state, now_us = node.application.state, node.engine.fetch_time()
        held = {role: find_holding(state, public_key, role, now_us) for role in ALL_ROLES}
    roles: dict[str, dict[str, Json]] = {
        role: {
            "role": role,
            "until": None if holding.until is None else format_time(holding.until),
            "in_place_of": None if holding.delegator is None else holding.delegator.hex(),
        }
        for role, holding in held.items()
        if holding is not None
    }
    with node.reading_index() as index:
        found = fetch_waits_of_roles(index, member, roles, after=after, limit=limit)
    names = get_names(node, language)
    with node.engine.lock:
        ballots = {wait: find_ballot(node, wait) for wait in found}
    items = [
        shown
        | roles[ACTION_ROLES[wait.action]]
        | {
            "sentence": _describe(wait, ballots[wait], now_us, language, names),
            "consequence": render(f"otherwise.{wait.otherwise}", language),
        }
        for wait, shown in zip(found, show_waits(node, found), strict=True)
    ]
    answer: Json = {"member": member, "public_key": public_key.hex(), "roles": list(roles.values()), "items": items}
    return answer, [get_place(wait) for wait in found]


def _describe(
    wait: Wait, ballot: Ballot | None, now_us: int, language: Language, names: Mapping[str, str]
) -> str:
    if ballot is None:
        key = f"inbox.{wait.action}"
        return render(key, language, names=names, about=wait.about, obligation=wait.obligation)
    key = f"inbox.{wait.action}" if ballot.opens_at <= now_us else f"inbox.{wait.action}_later"
    values = {"ballot": find_ballot_number(wait.about), "motion": ballot.motion, "opens_at": ballot.opens_at}
    return render(key, language, names=names, **values)
