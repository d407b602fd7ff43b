"""History: entries as sentences, and receipts."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from concordat.contracts.text import Language
from concordat.errors import NotFound
from concordat.node.node import Node
from concordat.node.reads.chain import get_names
from concordat.node.reads.contracts import make_reason
from concordat.primitives.codec import decode
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.messages import Event, Operation
from concordat.protocol.receipts import DueCause, TransactionCause
from concordat.protocol.transactions import PAYLOAD_OFFSET, Entry, Payload
from concordat.views.history import IndexedEntry, fetch_entries, fetch_entry, fetch_transaction
from concordat.wording.sentences import describe_receipt


def list_entries(
    node: Node, language: Language, *, link: tuple[str, str] | None = None, before: int | None = None, limit: int = 50
) -> Json:
    """Entries of history, newest first, each as one sentence; `next` is the position to ask before, or None."""
    names = get_names(node, language)
    with node.reading_index() as index:
        found = fetch_entries(index, link=link, before=before, limit=limit)
    entries = [_summarize_entry(indexed, names, language) for indexed in found]
    return {"entries": entries, "next": found[-1].position if len(found) == limit else None}


def _summarize_entry(indexed: IndexedEntry, names: Mapping[str, str], language: Language) -> dict[str, Json]:
    entry = decode(Entry, indexed.leaf)
    return {
        "position": indexed.position,
        "height": entry.height,
        "time": format_time(entry.time),
        "happened_at": format_time(entry.cause.due_at if isinstance(entry.cause, DueCause) else entry.time),
        "index": entry.index,
        "cause": "due" if isinstance(entry.cause, DueCause) else "transaction",
        "code": entry.receipt.code,
        "transaction": indexed.transaction_id.hex() if indexed.transaction_id else None,
        "member": indexed.member,
        "event_types": [str(to_plain(event, Event)["type"]) for event in entry.receipt.events],
        "sentence": describe_receipt(entry, indexed.member or "", language, names),
    }


def get_entry(node: Node, position: int, language: Language) -> Json:
    """One entry in full.

    Raises:
        NotFound: `read.no_such_entry`.
    """
    with node.reading_index() as index:
        indexed = fetch_entry(index, position)
    if indexed is None:
        raise NotFound("read.no_such_entry", str(position), "the ledger has not come so far")
    return _make_receipt(node, indexed, language)


def get_receipt(node: Node, transaction_id: bytes, language: Language) -> Json:
    """The receipt of a transaction.

    Raises:
        NotFound: `read.no_such_transaction`: not submitted, or not yet in a block.
        Refused: the reason for which the node stopped; its index may then lag behind its ledger.
    """
    with node.engine.lock:
        indexed = find_transaction(node, transaction_id)
    return _make_receipt(node, indexed, language)


def find_transaction(node: Node, transaction_id: bytes) -> IndexedEntry:
    """Return where a transaction stands in history."""
    with node.reading_index() as index:
        indexed = fetch_transaction(index, transaction_id)
    if indexed is None:
        raise NotFound("read.no_such_transaction", transaction_id.hex(), "wait a moment, or submit it again")
    return indexed


def find_client_key(node: Node, public_key: bytes, client_key: bytes) -> bytes:
    """Return the transaction to which a client's own key leads."""
    with node.engine.lock:
        found = node.application.state.client_keys.get((public_key, client_key))
    if found is None:
        raise NotFound("read.no_such_client_key", client_key.hex(), "nothing was submitted under it")
    return found.transaction


def _make_receipt(node: Node, indexed: IndexedEntry, language: Language) -> Json:
    """The receipt of an entry of history, with its sentence."""
    names = get_names(node, language)
    entry = decode(Entry, indexed.leaf)
    receipt = entry.receipt
    plain = _summarize_entry(indexed, names, language)
    plain |= {
        "operation": receipt.operation,
        "reasons": [make_reason(reason.code, reason.parameters, language) for reason in receipt.reasons],
        "events": [to_plain(event, Event) for event in receipt.events],
        "leaf_digest": sha256(b"\0" + indexed.leaf).hexdigest(),
    }
    if isinstance(entry.cause, TransactionCause):
        wire = entry.cause.wire
        payload = decode(Payload, wire[PAYLOAD_OFFSET:])
        plain["signer"] = {
            "public_key": wire[PAYLOAD_OFFSET - 32 : PAYLOAD_OFFSET].hex(),
            "member": indexed.member,
        }
        plain["operations"] = [to_plain(operation, Operation) for operation in payload.operations]
        plain["client_key"] = payload.client_key.hex()
    else:
        plain["due"] = to_plain(entry.cause)
    return plain
