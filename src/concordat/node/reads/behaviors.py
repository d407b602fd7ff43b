"""A member's behaviors, newest first, and how long they took to the ledger."""

from __future__ import annotations

from concordat.contracts.text import Language
from concordat.errors import NotFound
from concordat.node.node import Node
from concordat.node.reads.chain import get_names
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json, to_plain
from concordat.views.behaviors import Behavior, BehaviorPlace, fetch_behaviors, fetch_lags
from concordat.wording.sentences import describe_event


def list_behaviors(
    node: Node, member: str, language: Language, *, after: BehaviorPlace | None = None, limit: int = 50
) -> tuple[Json, list[BehaviorPlace]]:
    """Records and batches, newest first, with the lag of each in ms and of the latest 1000 together; their places.

    `kinds` counts the records of each kind, `series` the batches and items of each series.

    Raises:
        NotFound: `read.no_such_member`.
    """
    with node.reading_index() as index:
        found = fetch_behaviors(index, member, after=after, limit=limit)
        lags = fetch_lags(index, member)
    with node.engine.lock:
        state = node.application.state
        if (member,) not in state.members:
            raise NotFound("read.no_such_member", member)
        counts, series = state.behaviors.group(member), state.series.group(member)
    kinds: dict[str, int] = {}
    for (_, kind, _), row in counts:
        kinds[kind] = kinds.get(kind, 0) + row.count
    names = get_names(node, language)
    answer: Json = {
        "member": member,
        "lag": {"count": len(lags), "p50_ms": compute_quantile(lags, 50), "p95_ms": compute_quantile(lags, 95)},
        "kinds": [{"kind": kind, "count": count} for kind, count in kinds.items()],
        "series": [
            {"series": name, "batches": row.batches, "items": row.items, "last_at": format_time(row.last_at)}
            for (_, name), row in series
        ],
        "behaviors": [_tell(one) | {"sentence": describe_event(one.event, language, names)} for one in found],
    }
    return answer, [one.place for one in found]


def _tell(one: Behavior) -> dict[str, Json]:
    facts: dict[str, Json] = to_plain(one.event)
    what = str(one.event.__struct_config__.tag).removeprefix("behaviors.")
    facts = {name: value for name, value in facts.items() if name not in {"type", "member", "sentence"}}
    time = format_time(one.time)
    return {"position": one.place.position, "time": time, "lag_ms": one.lag_us // 1000, "what": what, **facts}


def compute_quantile(ascending: list[int], percent: int) -> int | None:
    """Return in ms the least of these lags (µs) that so many percent of them do not exceed; None of none.

    >>> [compute_quantile([1000, 2000, 3000, 9000], percent) for percent in (50, 95)], compute_quantile([], 50)
    ([2, 9], None)
    """
    return ascending[-(-len(ascending) * percent // 100) - 1] // 1000 if ascending else None
