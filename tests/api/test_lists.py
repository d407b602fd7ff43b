"""Lists have an end: a limit, and the identifier after which they go on."""

from __future__ import annotations

import pytest

from .world import FOUNDERS, World, make_registration


@pytest.mark.parametrize("path", ["members", "datasets"])
def test_a_list_is_walked_page_by_page(world: World, path: str) -> None:
    for label in FOUNDERS:
        world.act(label, make_registration())
    whole = world.get(f"/v1/{path}", "azure-bay").json()
    assert [row["id"] for row in whole] == [name if path == "members" else f"{name}/readings" for name in FOUNDERS]
    first = world.get(f"/v1/{path}?limit=2", "azure-bay").json()
    assert first == whole[:2]
    rest = world.get(f"/v1/{path}?limit=2&after={first[-1]['id']}", "azure-bay").json()
    assert rest == whole[2:]
    assert world.get(f"/v1/{path}?after={rest[-1]['id']}", "azure-bay").json() == []


def test_versions_of_a_dataset_are_walked_page_by_page(world: World) -> None:
    for version in range(1, 6):
        world.act("azure-bay", make_registration(version))
    place = "/v1/datasets/azure-bay/readings"
    found = {
        query: [row["version"] for row in world.get(f"{place}{query}", "azure-bay").json()["versions"]]
        for query in ("", "?limit=2", "?limit=2&after=4", "?limit=2&after=2", "?after=1", "?after=0", "?after=99")
    }
    assert list(found.values()) == [[5, 4, 3, 2, 1], [5, 4], [3, 2], [1], [], [], [5, 4, 3, 2, 1]]
    assert world.get(f"{place}?after=1", "azure-bay").json()["latest"] == 5


@pytest.mark.parametrize("path", ["me", "members", "contracts", "datasets", "ledger", "datasets/azure-bay/readings"])
def test_a_limit_is_from_1_to_200(world: World, path: str) -> None:
    world.act("azure-bay", make_registration())
    assert world.get(f"/v1/{path}?limit=200", "azure-bay").status_code == 200
    for limit in ("0", "201", "-1", "many"):
        assert world.get(f"/v1/{path}?limit={limit}", "azure-bay").status_code == 400
