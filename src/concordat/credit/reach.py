"""Reach: the members whose word counts, because trade leads to them from the seeds (spec/credit.md CRD-14)."""

from __future__ import annotations

from collections.abc import Iterable


def compute_reached(seeds: Iterable[str], edges: Iterable[tuple[str, str, int]]) -> tuple[str, ...]:
    """Return, sorted, the seeds and every member that a path of edges leads to from one of them.

    Edge (s, t, units): t settled `units` towards s within the window (CRD-14); with 0 units it leads nowhere.
    """
    targets: dict[str, list[str]] = {}
    for source, target, units in edges:
        if units > 0:
            targets.setdefault(source, []).append(target)
    reached = dict.fromkeys(seeds)
    waiting = list(reached)
    while waiting:
        for target in targets.get(waiting.pop(), ()):
            if target not in reached:
                reached[target] = None
                waiting.append(target)
    return tuple(sorted(reached))
