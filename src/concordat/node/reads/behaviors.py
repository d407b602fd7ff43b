"""Behaviors, newest first: of everybody, of a member, or of one of its series; and how long they took to the ledger."""

from __future__ import annotations

from collections.abc import Mapping

from concordat.contracts.text import Language
from concordat.errors import InvariantBroken, NotFound
from concordat.node.node import Node
from concordat.node.reads.chain import get_names
from concordat.node.reads.history import find_entry
from concordat.primitives.codec import decode
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.families.behaviors import Anchor, Anchored, Record, Recorded
from concordat.protocol.receipts import TransactionCause
from concordat.protocol.transactions import Entry, compute_transaction_id, read_payload
from concordat.views.behaviors import Behavior, BehaviorPlace, Source, fetch_behaviors, fetch_lags
from concordat.wording.sentences import describe_event, describe_subject


def list_behaviors(
    node: Node,
    source: Source,
    language: Language,
    *,
    after: BehaviorPlace | None = None,
    limit: int = 50,
) -> tuple[Json, list[BehaviorPlace]]:
    """Records and batches, newest first, with the lag of each in ms and of the latest 1000 together; their places."""
    with node.reading_index() as index:
        found = fetch_behaviors(index, source, after=after, limit=limit)
    names = get_names(node, language)
    behaviors = [_tell(one, language, names) for one in found]
    return {"lag": get_lag(node, source), "behaviors": behaviors}, [one.place for one in found]


def get_lag(node: Node, source: Source) -> Json:
    """How long the latest 1000 took to the ledger: half of them, and 95 of 100, no longer than so many ms."""
    with node.reading_index() as index:
        lags = fetch_lags(index, source)
    return {"count": len(lags), "p50_ms": compute_quantile(lags, 50), "p95_ms": compute_quantile(lags, 95)}


def count_behaviors(node: Node, member: str) -> Json:
    """Return `kinds`, which counts a member's records of each kind, and `series` with their batches and items.

    Raises:
        NotFound: `read.no_such_member`.
    """
    with node.engine.lock:
        state = node.application.state
        if (member,) not in state.members:
            raise NotFound("read.no_such_member", member)
        counts, series = state.behaviors.group(member), state.series.group(member)
    kinds: dict[str, int] = {}
    for (_, kind, _), row in counts:
        kinds[kind] = kinds.get(kind, 0) + row.count
    return {
        "kinds": [{"kind": kind, "count": count} for kind, count in kinds.items()],
        "series": [
            {"series": name, "batches": row.batches, "items": row.items, "last_at": format_time(row.last_at)}
            for (_, name), row in series
        ],
    }


def get_behavior(node: Node, position: int, number: int, language: Language) -> Json:
    """One of them, with the digest of its `evidence` and the `transaction` that has it.

    Raises:
        NotFound: `read.no_such_entry`.
    """
    with node.reading_index() as index:
        found = fetch_behaviors(index, Source(), after=BehaviorPlace(position, number + 1), limit=1)
    if not found or found[0].place != (position, number):
        raise NotFound("read.no_such_entry", str(position))
    entry = decode(Entry, find_entry(node, position).leaf)
    told = [place for place, event in enumerate(entry.receipt.events) if isinstance(event, Recorded | Anchored)]
    if not isinstance(entry.cause, TransactionCause) or (payload := read_payload(entry.cause.wire)) is None:
        raise InvariantBroken("a behavior is recorded by a transaction")
    # Each of these operations emits one event of its own, and none is told of a transaction that was refused.
    operation = [one for one in payload.operations if isinstance(one, Record | Anchor)][told.index(number)]
    digest = operation.evidence if isinstance(operation, Record) else operation.root
    transaction = compute_transaction_id(entry.cause.wire).hex()
    row = _tell(found[0], language, get_names(node, language))
    return row | {"evidence": digest.hex(), "transaction": transaction, "height": entry.height}


def _tell(one: Behavior, language: Language, names: Mapping[str, str]) -> dict[str, Json]:
    facts: dict[str, Json] = to_plain(one.event)
    what = str(facts.pop("type")).removeprefix("behaviors.")
    told = {"sentence": describe_event(one.event, language, names)}
    if isinstance(one.event, Recorded):
        told["about"] = describe_subject(one.event.subject, language, names)
        facts["words"] = facts.pop("sentence")
    place = {"position": one.place.position, "number": one.place.number}
    return {**place, "time": format_time(one.time), "lag_ms": one.lag_us // 1000, "what": what, **facts, **told}


def compute_quantile(ascending: list[int], percent: int) -> int | None:
    """Return in ms the least of these lags (µs) that so many percent of them do not exceed; None of none.

    >>> [compute_quantile([1000, 2000, 3000, 9000], percent) for percent in (50, 95)], compute_quantile([], 50)
    ([2, 9], None)
    """
    return ascending[-(-len(ascending) * percent // 100) - 1] // 1000 if ascending else None
