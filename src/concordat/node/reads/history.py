"""History: entries as sentences, and receipts."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from concordat.client.receipts import make_facts
from concordat.contracts.text import Language
from concordat.errors import NotFound, UsageError
from concordat.ledger.queued import Committed
from concordat.node.node import Node
from concordat.node.reads.chain import get_names
from concordat.node.reads.contracts import is_party, make_reason
from concordat.primitives.codec import decode
from concordat.primitives.plain import Json
from concordat.protocol.standing import is_admitted
from concordat.protocol.transactions import Entry, get_public_key
from concordat.views.history import (
    IndexedEntry,
    fetch_application,
    fetch_entries,
    fetch_entry,
    fetch_following,
    fetch_positions,
    fetch_transaction,
    find_links,
)
from concordat.views.index import get_folded_height
from concordat.wording.sentences import describe_receipt

_SUMMARY = ("position", "height", "time", "happened_at", "index", "cause", "code", "transaction")
"""The facts that a list shows."""


def list_entries(
    node: Node,
    language: Language,
    *,
    link: tuple[str, str] | None = None,
    before: int | None = None,
    since: int = 0,
    limit: int = 50,
) -> Json:
    """Entries of history from `since` on, newest first, each as one sentence; `next` is the position to ask before."""
    names = get_names(node, language)
    with node.reading_index() as index:
        found = fetch_entries(index, link=link, before=before, since=since, limit=limit)
    entries = [_summarize_entry(indexed, names, language) for indexed in found]
    return {"entries": entries, "next": found[-1].position if len(found) == limit else None}


class Block(NamedTuple):
    """Entries of one block, oldest first: all that were asked for, or, when it is not whole, the first of them."""

    height: int
    time: str
    entries: list[Json]
    is_whole: bool


def list_following(
    node: Node, language: Language, *, link: tuple[str, str] | None, since: int, limit: int
) -> tuple[int, list[Block]]:
    """Return up to which height was looked, and at most `limit` entries from a position on, by block, oldest first."""
    with node.reading_index() as index:
        height = get_folded_height(index)
        found = fetch_following(index, link=link, since=since, limit=limit + 1)
    names = get_names(node, language)
    entries = [_summarize_entry(indexed, names, language) for indexed in found]
    cut_height = entries[limit]["height"] if len(entries) > limit else None
    return height, [
        Block(number, members[0]["time"], members, number != cut_height)
        for number, group in groupby(entries[:limit], itemgetter("height"))
        if (members := list(group))
    ]


def choose_link(**asked: str | int | None) -> tuple[str, str] | None:
    """Return what a list of entries is narrowed to: member, contract or dataset, or nothing.

    Raises:
        UsageError: `input.does_not_fit` for more than one.
    """
    links = [(kind, str(value)) for kind, value in asked.items() if value is not None]
    if len(links) > 1:
        raise UsageError("input.does_not_fit", f"{', '.join(asked)} exclude each other")
    return links[0] if links else None


def get_size_at(node: Node, height: int) -> int:
    """Return how many entries history has after a block that is on disk."""
    return node.application.sizes[height]


def _summarize_entry(indexed: IndexedEntry, names: Mapping[str, str], language: Language) -> dict[str, Json]:
    entry = decode(Entry, indexed.leaf)
    facts = make_facts(indexed.position, entry, indexed.leaf)
    return {name: facts[name] for name in _SUMMARY} | _tell(indexed, entry, facts, names, language)


def _tell(
    indexed: IndexedEntry, entry: Entry, facts: Mapping[str, Json], names: Mapping[str, str], language: Language
) -> dict[str, Json]:
    """Return what people are told besides the facts."""
    return {
        "member": indexed.member,
        "event_types": [event["type"] for event in facts["events"]],
        "sentence": describe_receipt(entry, indexed.member or "", language, names),
    }


def get_entry(node: Node, position: int, language: Language) -> Json:
    """One entry in full.

    Raises:
        NotFound: `read.no_such_entry`.
    """
    return _make_receipt(node, find_entry(node, position), language)


def find_entry(node: Node, position: int) -> IndexedEntry:
    """Return the entry at a position of history.

    Raises:
        NotFound: `read.no_such_entry`.
    """
    with node.reading_index() as index:
        indexed = fetch_entry(index, position)
    if indexed is None:
        raise NotFound("read.no_such_entry", str(position))
    return indexed


def find_first_position(node: Node, member: str | None) -> int:
    """Return from where in history a body not admitted may look: what came before concerned another of its name.

    0 for an admitted member, a founder, and who asks for no member.
    """
    if member is None:
        return 0
    with node.engine.lock:
        row = node.application.state.members.get((member,))
    if row is not None and is_admitted(row):
        return 0
    with node.reading_index() as index:
        return fetch_application(index, member)


def is_concerned(node: Node, member: str | None, position: int) -> bool:
    """Tell whether an entry of history names a member or a contract to which that is a party."""
    since = find_first_position(node, member)
    with node.reading_index() as index:
        about = fetch_entries(index, link=("member", member or ""), before=position + 1, since=since, limit=1)
        indexed = fetch_entry(index, position)
    if about and about[0].position == position:
        return True
    events = decode(Entry, indexed.leaf).receipt.events if indexed else ()
    links = dict.fromkeys(link for event in events for link in find_links(event, None))
    return any(kind == "contract" and is_party(node, member, int(number)) for kind, number in links)


def get_receipt(node: Node, transaction_id: bytes, language: Language) -> Json:
    """The receipt of a transaction.

    Raises:
        NotFound: `read.no_such_transaction`: not submitted, or not yet in a block.
        Refused: the reason for which the node stopped; its index may then lag behind its ledger.
    """
    with node.engine.lock:
        indexed = find_transaction(node, transaction_id)
    return _make_receipt(node, indexed, language)


def make_receipt(node: Node, wire: bytes, committed: Committed, language: Language) -> Json:
    """The receipt of a transaction that has just become durable, whatever became of the index since."""
    officer = node.application.state.officers.get((get_public_key(wire),))
    member = officer.member if officer else None
    return _make_receipt(node, IndexedEntry(committed.position, member, committed.leaf), language)


def find_transaction(node: Node, transaction_id: bytes) -> IndexedEntry:
    """Return where a transaction stands in history."""
    with node.reading_index() as index:
        indexed = fetch_transaction(index, transaction_id)
    if indexed is None:
        raise NotFound("read.no_such_transaction", transaction_id.hex())
    return indexed


def find_positions(node: Node, digits: str, limit: int = 10) -> list[int]:
    """Return the positions of transactions whose identifier, or a digest in which, begins with these digits."""
    with node.reading_index() as index:
        return fetch_positions(index, bytes.fromhex(f"{digits:0<64}"), bytes.fromhex(f"{digits:f<64}"), limit)


def get_block_span(node: Node, height: int) -> tuple[int, int] | None:
    """Return the first position of a durable block and the one after its last, None when there is no such block."""
    if not 1 <= height <= node.engine.durable.height:
        return None
    with node.engine.lock:
        sizes = node.application.sizes
        return sizes[height - 1], sizes[height]


def find_client_key(node: Node, public_key: bytes, client_key: bytes) -> bytes:
    """Return the transaction to which a client's own key leads."""
    with node.engine.lock:
        found = node.application.state.client_keys.get((public_key, client_key))
    if found is None:
        raise NotFound("read.no_such_client_key", client_key.hex())
    return found.transaction


def _make_receipt(node: Node, indexed: IndexedEntry, language: Language) -> Json:
    """The receipt of an entry of history, with its sentence."""
    names = get_names(node, language)
    entry = decode(Entry, indexed.leaf)
    facts = make_facts(indexed.position, entry, indexed.leaf)
    plain = facts | _tell(indexed, entry, facts, names, language)
    plain["reasons"] = [make_reason(reason.code, reason.parameters, language) for reason in entry.receipt.reasons]
    if "signer" in facts:
        plain["signer"] = facts["signer"] | {"member": indexed.member}
    return plain
