"""Receipts in JSON: what an entry of history says about a transaction, for the node that tells and whoever checks."""

from __future__ import annotations

import json

import msgspec

from concordat.crypto.merkle import hash_leaf
from concordat.crypto.proof import Verification
from concordat.errors import Corrupt
from concordat.primitives.codec import decode
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.messages import Event, Operation
from concordat.protocol.receipts import OK, DueCause, TransactionCause
from concordat.protocol.transactions import Entry, compute_transaction_id, get_happened_at, get_public_key, read_payload

_FACTS_OF_REFUSAL = ("code", "height", "transaction", "reasons")
"""A problem document has no more of the receipt."""


def make_facts(position: int, entry: Entry, leaf: bytes) -> dict[str, Json]:
    """Return the receipt of the entry with these bytes, but for what the entry does not say: names and sentences."""
    cause, receipt = entry.cause, entry.receipt
    facts: dict[str, Json] = {
        "position": position,
        "height": entry.height,
        "time": format_time(entry.time),
        "happened_at": format_time(get_happened_at(entry)),
        "index": entry.index,
        "cause": "due" if isinstance(cause, DueCause) else "transaction",
        "code": receipt.code,
        "operation": receipt.operation,
        "reasons": [{"code": reason.code, "parameters": list(reason.parameters)} for reason in receipt.reasons],
        "events": [to_plain(event, Event) for event in receipt.events],
        "leaf_digest": hash_leaf(leaf).hex(),
    }
    if not isinstance(cause, TransactionCause):
        return facts | {"transaction": None, "due": to_plain(cause)}
    payload = read_payload(cause.wire)
    return facts | {
        "transaction": compute_transaction_id(cause.wire).hex(),
        "signer": {"public_key": get_public_key(cause.wire).hex()},
        "operations": [to_plain(operation, Operation) for operation in (payload.operations if payload else ())],
        "client_key": payload.client_key.hex() if payload else "",
    }


def check_receipt(told: Json, wire: bytes, verification: Verification) -> None:
    """Refuse a receipt, or a problem that tells of one, that says anything else than the proved entry of these bytes.

    The names and sentences that a node adds are its own word.

    Raises:
        Corrupt: `node.unproved`.
    """
    entries = [(position, decode(Entry, leaf), leaf) for position, leaf in verification.entries]
    proved = [
        make_facts(position, entry, leaf)
        for position, entry, leaf in entries
        if verification.valid and entry.cause == TransactionCause(wire)
    ]
    if len(proved) == 1:
        (facts,) = proved
        if facts["code"] != OK:
            facts = {name: facts[name] for name in _FACTS_OF_REFUSAL}
        if _is_said(json.loads(msgspec.json.encode(facts)), told):
            return
    raise Corrupt("node.unproved", compute_transaction_id(wire).hex(), "do not rely on this answer; ask another node")


def _is_said(fact: Json, told: Json) -> bool:
    """Tell whether `told` says the fact, and beyond it no more than further fields."""
    if isinstance(fact, dict):
        return isinstance(told, dict) and fact.keys() <= told.keys() and all(_is_said(fact[n], told[n]) for n in fact)
    if isinstance(fact, list):
        return isinstance(told, list) and len(told) == len(fact) and all(map(_is_said, fact, told))
    return type(fact) is type(told) and bool(fact == told)
