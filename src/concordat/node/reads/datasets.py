"""Datasets and their versions."""

from __future__ import annotations

from concordat.errors import NotFound
from concordat.node.node import Node
from concordat.primitives.plain import Json, to_plain
from concordat.views.lists import fetch_names


def list_datasets(node: Node, *, after: str | None = None, limit: int = 50, query: str = "") -> list[Json]:
    """Datasets by `owner/name`, each with its newest version: all, or those that a text is found in."""
    with node.reading_index() as index:
        found = fetch_names(index, "dataset", after=after, limit=limit, query=query)
    rows = []
    with node.engine.lock:
        state = node.application.state
        for place in found:
            owner, _, name = place.partition("/")
            row = state.datasets[(owner, name)]
            rows.append((owner, name, row, state.versions[(owner, name, row.latest)].rows))
    return [
        {"id": f"{owner}/{name}", "owner": owner, "name": name, **to_plain(row), "rows": count}
        for owner, name, row, count in rows
    ]


def get_dataset(node: Node, owner: str, name: str, *, after: int | None = None, limit: int = 50) -> Json:
    """One dataset with its versions, newest first; `after` one of them.

    Raises:
        NotFound: `read.no_such_dataset`.
    """
    with node.engine.lock:
        state = node.application.state
        row = state.datasets.get((owner, name))
        if row is None:
            raise NotFound("read.no_such_dataset", f"{owner}/{name}")
        newest = row.latest if after is None else min(row.latest, after - 1)
        numbers = range(newest, max(0, newest - limit), -1)
        versions = [(number, state.versions[(owner, name, number)]) for number in numbers]
    return {
        "owner": owner,
        "name": name,
        **to_plain(row),
        "versions": [{"version": number, **to_plain(version)} for number, version in versions],
    }
