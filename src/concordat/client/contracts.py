"""Contracts as a node tells them, whose text is rendered here: who signs has read what the signature binds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from concordat.client.answers import make_unreadable
from concordat.client.requests import make_path
from concordat.contracts.templates import Draft, compute_terms
from concordat.contracts.terms import Terms
from concordat.contracts.text import compute_document_digest, render_texts
from concordat.errors import Corrupt, UsageError
from concordat.primitives.codec import decode
from concordat.primitives.plain import Json, from_plain, to_plain
from concordat.protocol.records import Contract
from concordat.protocol.state import State
from concordat.wording.sentences import show_contract

if TYPE_CHECKING:
    from concordat.client.api import Client


def fetch_terms(client: Client, number: int) -> tuple[Json, Terms]:
    """Return what the node tells of a contract, and its terms, which are those of the document that it names.

    Raises:
        Corrupt: `sign.other_document`. NotFound: `read.*`, `node.unreadable`.
    """
    target = make_path("/v1/contracts", number)
    told = client.get(target)
    try:
        document, terms = told["document"], from_plain(Terms, told["terms"])
    except (UsageError, KeyError, TypeError) as error:
        raise make_unreadable(target) from error
    if compute_document_digest(terms).hex() != document:
        raise Corrupt("sign.other_document", show_contract(number))
    return told, terms


def fetch_contract(client: Client, number: int) -> Json:
    """Return what the node tells of a contract with `clauses` by language, rendered here.

    Where a root is pinned, document, status and signatures are proved.

    Raises:
        Corrupt: as `fetch_terms`, `node.unproved`.
    """
    told, terms = fetch_terms(client, number)
    target = make_path("/v1/contracts", number)
    if (states := client.fetch_proved_states(f"{target}/proof")) is not None:
        row = states.get(State().contracts.key_bytes((number,)))
        contract = None if row is None else decode(Contract, row)
        if contract is None or not _is_said(contract, told):
            raise Corrupt("node.unproved", show_contract(number))
    return {**told, "clauses": render_texts(terms)}


def _is_said(contract: Contract, told: Json) -> bool:
    signed = sorted(signature.member for signature in contract.signatures)
    shown = (told["document"], told.get("status"), sorted(told.get("signed", ())))
    return shown == (contract.document.hex(), contract.status, signed)


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
