"""Contracts as a node tells them, whose text is rendered here: who signs has read what the signature binds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

import msgspec

from concordat.client.answers import is_told, make_unreadable
from concordat.client.requests import make_path
from concordat.contracts.templates import Draft, compute_terms
from concordat.contracts.terms import Terms
from concordat.contracts.text import compute_document_digest, render_texts
from concordat.errors import Corrupt, UsageError
from concordat.primitives.codec import decode
from concordat.primitives.ledger_time import format_time, parse_time
from concordat.primitives.plain import Json, from_plain, to_plain
from concordat.protocol.records import Contract, ContractStatus, DutyStatus
from concordat.protocol.state import State
from concordat.wording.sentences import show_contract

if TYPE_CHECKING:
    from concordat.client.api import Client
    from concordat.client.conversation import Conversation, Steps


class _Duty(msgspec.Struct):
    status: DutyStatus | Literal["unsigned"]
    due: str


class _Next(msgspec.Struct):
    actor: str
    action: str
    by: str | None


class _Answer(msgspec.Struct):
    """What a reader takes from a contract's JSON besides its terms; more may stand there."""

    document: str
    status: ContractStatus
    signed: tuple[str, ...]
    duties: tuple[_Duty, ...]
    next: _Next | None


def fetch_terms(client: Client, number: int) -> tuple[Json, Terms]:
    """Return what the node tells of a contract, and the terms in it; nothing says yet that they are the contract's.

    Raises:
        NotFound: `read.*`, `node.unreadable`.
    """
    return client.hold(_ask_terms(client.conversation, number))


def _ask_terms(conversation: Conversation, number: int) -> Steps[tuple[Json, Terms]]:
    target = make_path("/v1/contracts", number)
    told = yield from conversation.get(target)
    try:
        return told, from_plain(Terms, told["terms"])
    except (UsageError, KeyError, TypeError) as error:
        raise make_unreadable(target) from error


def fetch_contract(client: Client, number: int) -> Json:
    """As `ask_contract`, with a client that waits."""
    return client.hold(ask_contract(client.conversation, number))


def ask_contract(conversation: Conversation, number: int) -> Steps[Json]:
    """Return what the node tells of a contract with `clauses` by language, rendered here, and `proved_at`.

    It is of the terms that its document binds. Where a root is pinned, all that the ledger's row of the contract says
    is proved as of `proved_at` {height, time}, which is None otherwise; how each duty stands is the node's word.

    Raises:
        Corrupt: `node.other_document`, `node.unproved`, `proof.other_chain`. Stale: `node.behind`.
        NotFound: `read.*`, `node.unreadable`.
    """
    try:
        return (yield from _ask_contract(conversation, number))
    except Corrupt as error:
        if error.code != "node.unproved":
            raise
    # It may have changed between contract and proof, which are two requests.
    return (yield from _ask_contract(conversation, number))


def _ask_contract(conversation: Conversation, number: int) -> Steps[Json]:
    target = make_path("/v1/contracts", number)
    told, terms = yield from _ask_terms(conversation, number)
    _check_readable(told, target)
    if not is_told(_make_facts(number, terms), told):
        raise Corrupt("node.other_document", show_contract(number))
    proved_at = None
    if (found := (yield from conversation.fetch_newest(f"{target}/proof"))) is not None:
        row = dict(found.states).get(State().contracts.key_bytes((number,)))
        if found.checkpoint is None or row is None or not is_told(_make_row_facts(decode(Contract, row)), told):
            raise Corrupt("node.unproved", show_contract(number))
        proved_at = {"height": found.checkpoint.height, "time": format_time(found.checkpoint.time)}
    return {**told, "clauses": render_texts(terms), "proved_at": proved_at}


def _check_readable(told: Json, target: str) -> None:
    try:
        answer = msgspec.convert(told, _Answer)
        for text in (*(duty.due for duty in answer.duties), answer.next.by if answer.next else None):
            if text is not None:
                parse_time(text)
    except (msgspec.ValidationError, UsageError) as error:
        raise make_unreadable(target) from error


def _make_facts(number: int, terms: Terms) -> Json:
    """Return what an answer says that has these terms: their digest, and what it repeats of them."""
    return {
        "id": number,
        "document": compute_document_digest(terms).hex(),
        "template": terms.template,
        "title": to_plain(terms.title),
        "parties": list(terms.parties),
        "size": terms.size,
        "duties": [
            {name: value for name, value in to_plain(obligation).items() if name != "due"}  # a suspension moves it
            | {"number": place, "agreed_due": format_time(obligation.due)}
            for place, obligation in enumerate(terms.obligations, start=1)
        ],
    }


def _make_row_facts(contract: Contract) -> Json:
    return to_plain(contract) | {"signed": [signature.member for signature in contract.signatures]}


def judge_draft(client: Client, data: Json) -> Json:
    """Return the terms of a draft, made here, their text, and how the ledger judges them.

    Raises:
        UsageError: `input.*`. Corrupt: `sign.differs` when the node judged other terms.
    """
    terms = compute_terms(from_plain(Draft, data))
    told = client.post("/v1/contracts/draft", json.dumps(data).encode())
    if not isinstance(told, dict) or told.get("terms") != to_plain(terms):
        raise Corrupt("sign.differs", "terms")
    return {**told, "clauses": render_texts(terms)}
