"""What waits for one officer: of all that its member waits for, what its roles may do, its own and those of others."""

from __future__ import annotations

from collections.abc import Mapping

from concordat.client.requests import make_path
from concordat.contracts.text import Language
from concordat.node.node import Node
from concordat.node.reads.chain import get_names
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.families.membership import ALL_ROLES
from concordat.protocol.holdings import Holding, find_holding
from concordat.protocol.records import Ballot, Motion, OfficerRole
from concordat.protocol.state import State
from concordat.views.waits import (
    ACTION_ROLES,
    Wait,
    WaitPlace,
    count_waits,
    fetch_waits,
    find_ballot_number,
    get_place,
)
from concordat.wording.sentences import render


def get_roles(node: Node, public_key: bytes) -> list[Json]:
    """Return the roles that a key holds now: until when, and in whose place."""
    with node.engine.lock:
        held = _find_holdings(node, public_key)
    return [_show_role(role, holding) for role, holding in held.items()]


def _find_holdings(node: Node, public_key: bytes) -> dict[OfficerRole, Holding]:
    """Return the same as the ledger has it; the caller holds the engine's lock."""
    state, now_us = node.application.state, node.engine.fetch_time()
    found = ((role, find_holding(state, public_key, role, now_us)) for role in ALL_ROLES)
    return {role: holding for role, holding in found if holding is not None}


def _show_role(role: OfficerRole, holding: Holding) -> Json:
    return {
        "role": role,
        "until": None if holding.until is None else format_time(holding.until),
        "in_place_of": None if holding.delegator is None else holding.delegator.hex(),
    }


def get_inbox(
    node: Node,
    public_key: bytes,
    member: str,
    language: Language,
    *,
    about: int | str | None = None,
    after: WaitPlace | None = None,
    limit: int = 50,
) -> tuple[Json, list[WaitPlace]]:
    """What an officer may do of what its member waits for, soonest first, and the place of each.

    All of it (`count`), what concerns one thing, or what comes after a place. `roles` are those that the key holds now.
    An item has what to do and the page where it is done, by when, what happens otherwise, and the role that it takes.
    Contracts come with their title, what concerns membership with its `subject`, votes with the motion and when they
    begin.
    """
    with node.engine.lock:
        held, now_us = _find_holdings(node, public_key), node.engine.fetch_time()
    with node.reading_index() as index:
        found = fetch_waits(index, member, held, about=about, after=after, limit=limit)
        count = count_waits(index, member, held)
    names = get_names(node, language)
    with node.engine.lock:
        state = node.application.state
        things = [_find_thing(state, wait) for wait in found]
    roles = {role: _show_role(role, holding) for role, holding in held.items()}
    items = [
        make_wait(wait)
        | thing
        | roles[ACTION_ROLES[wait.action]]
        | {
            "sentence": _describe(wait, ballot, now_us, language, names),
            "consequence": render(f"otherwise.{wait.otherwise}", language),
        }
        for wait, (thing, ballot) in zip(found, things, strict=True)
    ]
    answer = {"member": member, "public_key": public_key.hex(), "roles": list(roles.values()), "count": count}
    return answer | {"items": items}, [get_place(wait) for wait in found]


def _find_thing(state: State, wait: Wait) -> tuple[dict[str, Json], Ballot | None]:
    """Return what a wait is about, with its page in the console, and the ballot if it is one."""
    number = find_ballot_number(wait.about)
    ballot = state.ballots.get((number,))
    if ballot is not None:
        told = {"motion": to_plain(ballot.motion, Motion), "opens_at": format_time(ballot.opens_at)}
        return {"ballot": number, "page": f"/ballots/{number}"} | told, ballot
    if isinstance(wait.about, int):
        title = to_plain(state.terms[(wait.about,)].title)
        return {"title": title, "page": f"/contracts/{wait.about}"}, None
    subject, _, objection = wait.about.partition("/")
    if objection:
        page = make_path("/objections", subject, objection)
        return {"subject": subject, "objection": int(objection), "page": page}, None
    return {"subject": subject, "page": make_path("/members", subject)}, None


def _describe(wait: Wait, ballot: Ballot | None, now_us: int, language: Language, names: Mapping[str, str]) -> str:
    if ballot is None:
        about = str(wait.about).partition("/")[2] if wait.action in {"answer", "answer_comment"} else wait.about
        return render(f"inbox.{wait.action}", language, names=names, about=about, obligation=wait.obligation)
    key = f"inbox.{wait.action}" if ballot.opens_at <= now_us else f"inbox.{wait.action}_later"
    values = {"ballot": find_ballot_number(wait.about), "motion": ballot.motion, "opens_at": ballot.opens_at}
    return render(key, language, names=names, **values)


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
