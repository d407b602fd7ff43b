"""Receipts in JSON: what an entry of history says about a transaction, for the node that tells and whoever checks."""

from __future__ import annotations

import json

import msgspec

from concordat.client.answers import is_told
from concordat.contracts.text import Language
from concordat.crypto.merkle import hash_leaf
from concordat.crypto.proof import Verification
from concordat.errors import Corrupt
from concordat.primitives.codec import decode
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.messages import Event, Operation
from concordat.protocol.receipts import OK, TransactionCause
from concordat.protocol.records import Officer
from concordat.protocol.state import State
from concordat.protocol.transactions import Entry, compute_transaction_id, get_happened_at, get_public_key, read_payload
from concordat.wording.sentences import describe_reason, describe_receipt

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
        "cause": cause.__struct_config__.tag,
        "code": receipt.code,
        "operation": receipt.operation,
        "reasons": [{"code": reason.code, "parameters": list(reason.parameters)} for reason in receipt.reasons],
        "events": [to_plain(event, Event) for event in receipt.events],
        "leaf_digest": hash_leaf(leaf).hex(),
    }
    if not isinstance(cause, TransactionCause):
        return facts | {"transaction": None, str(cause.__struct_config__.tag): to_plain(cause)}
    payload = read_payload(cause.wire)
    return facts | {
        "transaction": compute_transaction_id(cause.wire).hex(),
        "signer": {"public_key": get_public_key(cause.wire).hex()},
        "operations": [to_plain(operation, Operation) for operation in (payload.operations if payload else ())],
        "client_key": payload.client_key.hex() if payload else "",
    }


def prove_receipt(told: Json, transaction: bytes, verification: Verification, language: Language) -> Json:
    """Return the receipt with its words made here; refuse one that says anything else than the transaction's entry.

    The signer's member has to be proved too; members are called by their identifiers.

    Raises:
        Corrupt: `node.unproved`.
    """
    facts, entry = _find_facts(transaction, verification)
    public_key = str(facts["signer"]["public_key"])
    officer = dict(verification.states).get(State().officers.key_bytes((bytes.fromhex(public_key),)))
    member = None if officer is None else decode(Officer, officer).member
    signer = told.get("signer") if isinstance(told, dict) else None
    if not is_told(facts, told) or not isinstance(signer, dict) or signer.get("member") not in {None, member}:
        raise _make_unproved(transaction)
    words = [
        reason | {"text": describe_reason(reason["code"], tuple(reason["parameters"]), language)}
        for reason in facts["reasons"]
    ]
    sentence = describe_receipt(entry, signer["member"] or f"{public_key[:8]}…", language)
    return {**told, "sentence": sentence, "reasons": words}


def check_refusal(told: Json, transaction: bytes, verification: Verification) -> None:
    """Refuse a problem document that says anything else of the transaction than its entry; the words are the node's.

    Raises:
        Corrupt: `node.unproved`.
    """
    facts, _ = _find_facts(transaction, verification)
    if facts["code"] == OK or not is_told({name: facts[name] for name in _FACTS_OF_REFUSAL}, told):
        raise _make_unproved(transaction)


def _find_facts(transaction: bytes, verification: Verification) -> tuple[dict[str, Json], Entry]:
    """Return the facts, as JSON has them, of the one proved entry of a transaction, and the entry."""
    entries = [(position, decode(Entry, leaf), leaf) for position, leaf in verification.entries]
    proved = [
        (make_facts(position, entry, leaf), entry)
        for position, entry, leaf in entries
        if isinstance(entry.cause, TransactionCause) and compute_transaction_id(entry.cause.wire) == transaction
    ]
    if not verification.valid or len(proved) != 1:
        raise _make_unproved(transaction)
    ((facts, entry),) = proved
    return json.loads(msgspec.json.encode(facts)), entry


def _make_unproved(transaction: bytes) -> Corrupt:
    return Corrupt("node.unproved", transaction.hex())
