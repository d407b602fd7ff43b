"""The description is current, and the answers keep to it."""

from __future__ import annotations

from pathlib import Path

from jsonschema import Draft202012Validator
from litestar.routes import HTTPRoute

from concordat.api.openapi import make_openapi, make_router, render_openapi
from concordat.primitives.plain import Json, to_plain
from concordat.testing.consortium import Consortium

from .world import World, as_plain, get_key, make_registration

SPEC = Path(__file__).parents[2] / "spec" / "openapi.json"


def test_the_committed_description_is_current() -> None:
    assert SPEC.read_text(encoding="utf-8") == render_openapi(), (
        "write it anew: python -c 'from concordat.api.openapi import render_openapi; print(render_openapi(), end=\"\")'"
        " > spec/openapi.json"
    )


def test_every_route_is_described_once() -> None:
    document = make_openapi()
    routes = {route.path_format for route in make_router().routes if isinstance(route, HTTPRoute)}
    assert document["openapi"].startswith("3.1.")
    assert set(document["paths"]) == routes
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


def find_references(node: Json) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(find_references(item) for item in node.values()))
    return set().union(*(find_references(item) for item in node)) if isinstance(node, list) else set()


def test_every_reference_leads_somewhere_and_every_schema_is_one() -> None:
    document = make_openapi()
    schemas = document["components"]["schemas"]
    assert {reference.removeprefix("#/components/schemas/") for reference in find_references(document)} <= set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def get_validator(method: str, path: str, status: str) -> Draft202012Validator:
    document = make_openapi()
    content = document["paths"][path][method]["responses"][status]["content"]
    schema = next(iter(content.values()))["schema"]
    return Draft202012Validator({**schema, "components": document["components"]})


def test_answers_keep_to_the_description(world: World) -> None:
    receipt = world.act("azure-bay", make_registration())
    terms = to_plain(Consortium().make_supply("azure-bay", "cedar-ford"))
    key = get_key("azure-bay").public_key.hex()
    asked = {
        "/v1/status": "/v1/status",
        "/v1/codes": "/v1/codes",
        "/v1/operations": "/v1/operations",
        "/v1/health": "/v1/health",
        "/v1/transactions/{transaction}": f"/v1/transactions/{receipt['transaction']}",
        "/v1/me": "/v1/me",
        "/v1/members": "/v1/members",
        "/v1/members/{member}": "/v1/members/azure-bay",
        "/v1/members/{member}/credit": "/v1/members/azure-bay/credit",
        "/v1/contracts": "/v1/contracts",
        "/v1/datasets": "/v1/datasets",
        "/v1/datasets/{owner}/{name}": "/v1/datasets/azure-bay/readings",
        "/v1/ledger": "/v1/ledger",
        "/v1/ledger/{position}": "/v1/ledger/0",
    }
    for path, target in asked.items():
        answer = world.get(target, "azure-bay")
        assert answer.status_code == 200, target
        get_validator("get", path, "200").validate(answer.json())
    get_validator("get", "/v1/members", "default").validate(world.get("/v1/members").json())

    judged = world.client.post("/v1/contracts/judge", json={"terms": terms})
    assert judged.status_code == 401
    body = judged.request.content
    get_validator("post", "/v1/contracts/judge", "200").validate(
        world.post("/v1/contracts/judge", body, "azure-bay").json()
    )
    prepared = world.client.post(
        "/v1/transactions/prepare", json={"public_key": key, "operations": [as_plain(make_registration())]}
    )
    get_validator("post", "/v1/transactions/prepare", "200").validate(prepared.json())


def test_the_examples_are_what_the_schemas_describe(world: World) -> None:
    for operation in world.get("/v1/operations").json():
        Draft202012Validator(operation["schema"]).validate(operation["example"])


def test_what_the_description_lets_pass_names_its_operation_and_its_transaction() -> None:
    document = make_openapi()
    (parameter,) = (
        each
        for each in document["paths"]["/v1/transactions/{transaction}"]["get"]["parameters"]
        if each["name"] == "transaction"
    )
    assert not Draft202012Validator(parameter["schema"]).is_valid("0")
    assert Draft202012Validator(parameter["schema"]).is_valid("ab" * 32)
    operation = Draft202012Validator({"$ref": "#/components/schemas/Operation", "components": document["components"]})
    plain = as_plain(make_registration())
    assert operation.is_valid(plain)
    assert not operation.is_valid({name: value for name, value in plain.items() if name != "type"})
