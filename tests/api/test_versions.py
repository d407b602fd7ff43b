"""Who has a version of a thing is not sent it again, and nothing is prepared on what has changed meanwhile."""

from __future__ import annotations

import json

import pytest

from concordat.contracts.text import compute_document_digest
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.families.contracts import Propose, Sign
from concordat.protocol.messages import Operation
from concordat.testing.consortium import Consortium

from .world import World, get_key, make_application, make_registration

READ = ["/v1/status", "/v1/genesis", "/v1/checkpoint", "/v1/codes", "/v1/members", "/v1/ledger", "/v1/ledger/0/proof"]


@pytest.mark.parametrize("target", READ)
def test_who_has_a_version_is_told_so_and_sent_nothing(world: World, target: str) -> None:
    world.act("azure-bay", make_registration())
    first = world.get(target, "azure-bay")
    tag = first.headers["ETag"]
    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = world.get(target, "azure-bay", **{"If-None-Match": header})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert "content-type" not in again.headers
        assert "X-Request-Id" in again.headers
    for header in ('"other"', tag[1:-1]):
        again = world.get(target, "azure-bay", **{"If-None-Match": header})
        assert (again.status_code, again.content) == (200, first.content)


def test_a_tag_changes_with_what_is_read_language_and_what_follows(world: World) -> None:
    world.act("azure-bay", make_registration())
    world.act("azure-bay", make_registration(2))
    tags = {
        world.get(target, "azure-bay", **{"Accept-Language": language}).headers["ETag"]
        for target in ("/v1/ledger", "/v1/ledger?limit=1", "/v1/members?limit=3")
        for language in ("en", "zh")
    }
    assert len(tags) == 5
    for number in range(2):
        world.act(f"zeal-{number}", make_application(f"zeal-{number}"))
    after = world.get("/v1/members?limit=3", "azure-bay")
    assert after.headers["ETag"] not in tags
    assert "next" in after.links


def test_a_tag_is_no_key(world: World) -> None:
    tag = world.get("/v1/members", "azure-bay").headers["ETag"]
    for header in (tag, "*"):
        answer = world.get("/v1/members", **{"If-None-Match": header})
        assert (answer.status_code, answer.json()["code"]) == (401, "auth.required")
        assert "ETag" not in answer.headers


def prepare(world: World, operation: Operation, tag: str | None, label: str | None = "cedar-ford") -> Json:
    body = json.dumps(
        {"public_key": get_key("cedar-ford").public_key.hex(), "operations": [to_plain(operation, Operation)]}
    ).encode()
    headers = {} if tag is None else {"If-Match": tag}
    answer = world.post("/v1/transactions/prepare", body, label, **headers)
    return answer.status_code, answer.json().get("code")


def test_nothing_is_prepared_on_a_contract_that_has_changed_since_it_was_read(world: World) -> None:
    terms = Consortium().make_supply("azure-bay", "cedar-ford", "birch-vale")
    world.act("azure-bay", make_registration())
    world.act("azure-bay", Propose(terms))
    document = compute_document_digest(terms)
    tag = world.get("/v1/contracts/1", "cedar-ford").headers["ETag"]
    sign = Sign(1, document)
    assert prepare(world, sign, tag) == (200, None)
    assert prepare(world, sign, "*") == (200, None)
    assert prepare(world, sign, tag, None) == (412, "request.changed")  # who may not read it learns nothing of it
    world.act("birch-vale", Sign(1, document))
    assert prepare(world, sign, tag) == (412, "request.changed")
    assert prepare(world, sign, None) == (200, None)
    assert prepare(world, sign, world.get("/v1/contracts/1", "cedar-ford").headers["ETag"]) == (200, None)
    assert prepare(world, make_registration(), tag) == (412, "request.changed")


def test_a_write_that_stands_on_no_reading_takes_no_tag(world: World) -> None:
    wire = world.make_wire("azure-bay", make_registration())
    answer = world.submit(wire, **{"If-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (412, "request.changed")
    assert world.submit(wire).status_code == 200
