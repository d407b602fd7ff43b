"""Behaviors over HTTP: everybody's, a member's, a series' batches; page by page, with the lag of each."""

from __future__ import annotations

import pytest

from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import SECOND_US
from concordat.primitives.plain import Json
from concordat.protocol.families.behaviors import Anchor, OfMember, Record
from concordat.protocol.families.clock import Advance

from .world import World


def record(world: World, member: str, *lags_s: int) -> None:
    """One transaction that records a behavior for each of these lags."""
    now = world.node.engine.fetch_time()
    said = Label("Gate 3 opened", "")
    world.act(
        member,
        *(Record("gate.opened", OfMember(member), now - lag_s * SECOND_US, bytes(32), said) for lag_s in lags_s),
    )


def anchor(world: World, member: str, series: str, batches: int) -> None:
    for place in range(batches):
        now = world.node.engine.fetch_time()
        world.act(member, Anchor(series, now, now, place + 1, bytes([place]) * 32))
        world.act("azure-bay", Advance(now + 60 * SECOND_US))


def tell(world: World) -> None:
    record(world, "azure-bay", 1, 2, 3)
    anchor(world, "cedar-ford", "levels", 3)
    anchor(world, "cedar-ford", "rain", 1)
    record(world, "cedar-ford", 5)


def get(world: World, path: str) -> Json:
    return world.get(path, "birch-vale").json()


def test_behaviors_of_everybody_stand_newest_first_with_their_lag(world: World) -> None:
    tell(world)
    found = get(world, "/v1/behaviors")
    assert [(one["member"], one["what"], one["number"]) for one in found["behaviors"]] == [
        ("cedar-ford", "recorded", 0),
        *[("cedar-ford", "anchored", 0)] * 4,
        *[("azure-bay", "recorded", number) for number in (2, 1, 0)],
    ]
    assert [one["lag_ms"] for one in found["behaviors"]] == [5000, 0, 0, 0, 0, 3000, 2000, 1000]
    assert found["lag"] == {"count": 8, "p50_ms": 0, "p95_ms": 5000}


def test_a_series_is_read_alone_with_its_batches_in_order(world: World) -> None:
    tell(world)
    found = get(world, "/v1/members/cedar-ford/behaviors?series=levels")
    assert [(one["series"], one["batch"], one["count"]) for one in found["behaviors"]] == [
        ("levels", number, number) for number in (3, 2, 1)
    ]
    assert found["lag"]["count"] == 3
    assert [row["series"] for row in found["series"]] == ["levels", "rain"]
    assert get(world, "/v1/members/cedar-ford/behaviors?series=none")["behaviors"] == []
    assert get(world, "/v1/members/nobody/behaviors")["code"] == "read.no_such_member"


@pytest.mark.parametrize("limit", [1, 2, 3, 8, 200])
@pytest.mark.parametrize(
    "path", ["/v1/behaviors?", "/v1/members/azure-bay/behaviors?", "/v1/members/cedar-ford/behaviors?series=levels&"]
)
def test_links_lead_through_behaviors_also_in_the_midst_of_one_entry(world: World, path: str, limit: int) -> None:
    tell(world)
    whole = get(world, f"{path}limit=200")["behaviors"]
    assert len(whole) > 2
    pages = [page["behaviors"] for page in world.pages(f"{path}limit={limit}")]
    assert [row for page in pages for row in page] == whole
    assert all(len(page) == limit for page in pages[:-1])


def test_what_is_recorded_meanwhile_neither_repeats_nor_hides_a_behavior(world: World) -> None:
    tell(world)
    whole = get(world, "/v1/behaviors")["behaviors"]
    found = []
    for page in world.pages("/v1/behaviors?limit=2"):
        found += page["behaviors"]
        record(world, "birch-vale", 1)
    assert found == whole


def test_a_cursor_of_behaviors_belongs_to_its_list(world: World) -> None:
    tell(world)
    link = world.get("/v1/members/cedar-ford/behaviors?series=levels&limit=1", "azure-bay").links["next"]["url"]
    cursor = link.partition("cursor=")[2]
    for path in ("/v1/behaviors?", "/v1/members/cedar-ford/behaviors?series=rain&", "/v1/members/azure-bay/behaviors?"):
        assert world.get(f"{path}cursor={cursor}", "azure-bay").json()["code"] == "request.bad_cursor"


def test_everybody_reads_how_fast_a_member_records_and_not_what(world: World) -> None:
    tell(world)
    public = world.get("/v1/public/members/azure-bay")
    assert public.json()["lag"] == {"count": 3, "p50_ms": 2000, "p95_ms": 3000}
    assert "Gate 3" not in public.text
    assert world.get("/v1/behaviors").json()["code"] == "auth.required"
