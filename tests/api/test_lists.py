"""Lists have an end: a limit, and the identifier after which they go on."""

from __future__ import annotations

from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import DataObject, characters, data, integers
from litestar.testing import RequestFactory

from concordat.api.asking import Asking
from concordat.api.paging import make_next
from concordat.protocol.families.contracts import Propose
from concordat.testing.consortium import Consortium

from .world import FOUNDERS, World, make_application, make_registration


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


@pytest.mark.parametrize("path", ["inbox", "members", "contracts", "datasets", "ledger", "datasets/azure-bay/readings"])
def test_a_limit_is_from_1_to_200(world: World, path: str) -> None:
    world.act("azure-bay", make_registration())
    assert world.get(f"/v1/{path}?limit=200", "azure-bay").status_code == 200
    for limit in ("0", "201", "-1", "many"):
        assert world.get(f"/v1/{path}?limit={limit}", "azure-bay").status_code == 400


def register_many(world: World) -> None:
    for label in FOUNDERS:
        for version in range(1, 4):
            world.act(label, make_registration(version))


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 9, 200])
def test_links_lead_through_every_list_without_a_gap_or_a_repetition(world: World, limit: int) -> None:
    register_many(world)
    for path, field in {
        "/v1/members": None,
        "/v1/datasets": None,
        "/v1/datasets/azure-bay/readings": "versions",
        "/v1/ledger": "entries",
        "/v1/ledger?member=cedar-ford": "entries",
    }.items():
        whole = world.get(path, "azure-bay").json()
        pages = list(world.pages(f"{path}{'&' if '?' in path else '?'}limit={limit}"))
        rows = [page[field] if field else page for page in pages]
        assert [row for page in rows for row in page] == (whole[field] if field else whole), path
        assert all(len(page) == limit for page in rows[:-1])
        assert rows[-1]


def test_what_waits_is_walked_by_links(world: World) -> None:
    for number in range(7):
        world.act(f"applicant-{number}", make_application(f"applicant-{number}"))
    waits = world.get("/v1/inbox", "azure-bay").json()["items"]
    assert len(waits) == 7
    for limit in (1, 3, 7):
        answers = list(world.pages(f"/v1/inbox?limit={limit}"))
        assert {page["count"] for page in answers} == {7}
        pages = [page["items"] for page in answers]
        assert [wait for page in pages for wait in page] == waits


def test_contracts_are_walked_by_links(world: World) -> None:
    for _ in range(3):
        world.act("azure-bay", Propose(Consortium().make_supply("azure-bay", "cedar-ford")))
    whole = world.get("/v1/contracts", "azure-bay").json()
    assert [row["id"] for row in whole] == [3, 2, 1]
    for query in ("?limit=1", "?limit=1&member=azure-bay"):
        assert [row for page in world.pages(f"/v1/contracts{query}") for row in page] == whole


def test_what_comes_meanwhile_neither_repeats_nor_hides_an_entry(world: World) -> None:
    register_many(world)
    whole = world.get("/v1/ledger", "azure-bay").json()["entries"]
    found = []
    for version, page in enumerate(world.pages("/v1/ledger?limit=2"), start=4):
        found += page["entries"]
        world.act("birch-vale", make_registration(version))
    assert found == whole


def test_a_cursor_belongs_to_its_list_and_filters(world: World) -> None:
    register_many(world)
    link = world.get("/v1/ledger?member=azure-bay&limit=1", "azure-bay").links["next"]["url"]
    cursor = link.partition("cursor=")[2]
    for path in ("/v1/ledger?", "/v1/ledger?member=birch-vale&", "/v1/members?"):
        target = f"{path}cursor={cursor}"
        answer = world.get(target, "azure-bay")
        assert (answer.status_code, answer.json()["code"]) == (400, "request.bad_cursor"), target
    assert world.get(f"{link}&before=3", "azure-bay").json()["code"] == "input.does_not_fit"
    assert world.get(f"/v1/ledger?cursor={cursor}", "cedar-ford").status_code == 400
    assert world.get(link).json()["code"] == "auth.required"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data())
def test_no_damaged_cursor_is_taken_for_a_good_one(world: World, choices: DataObject) -> None:
    link = world.get("/v1/members?limit=1", "azure-bay").links["next"]["url"]
    head, _, cursor = link.partition("cursor=")
    text = unquote(cursor)
    place = choices.draw(integers(0, len(text) - 1))
    letter = choices.draw(characters(codec="utf-8", exclude_characters=text[place]))
    for damaged in (text[:place] + letter + text[place + 1 :], text[:place], text + letter):
        answer = world.get(f"{head}cursor={quote(damaged)}", "azure-bay")
        assert (answer.status_code, answer.json()["code"]) == (400, "request.bad_cursor")


def test_a_cursor_of_the_right_form_and_the_wrong_place_is_refused(world: World) -> None:
    request: Asking = RequestFactory().get("/v1/members")
    for place in (7, (7, "a"), ("a", "b"), ()):
        link = make_next(request, place)["Link"]
        target = link[1 : link.index(">")]
        assert world.get(target, "azure-bay").json()["code"] == "request.bad_cursor", place
