"""The description of the interface: OpenAPI 3.1, from the handlers' signatures and from what they cannot say.

Bodies are read strictly from their raw bytes, so the framework does not know them; the tables here do.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import version
from typing import Final

import msgspec
from litestar import Litestar, Router, get
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig

from concordat.api import events, notices, public, records, reference, sessions, tiles, transactions
from concordat.api.access import ACCESS, SESSION_COOKIE, guard_access
from concordat.api.problems import PROBLEM_TYPE, Problem, ReasonView
from concordat.api.transactions import OCTETS, PREPARE_DEFAULTS, Prepare
from concordat.client.operations import make_schema
from concordat.contracts.templates import Draft
from concordat.contracts.terms import Terms
from concordat.primitives.identifiers import INTEGER_MAX
from concordat.primitives.plain import Json
from concordat.protocol.messages import OPERATIONS


@get("/openapi.json", sync_to_thread=True)
def get_openapi() -> Json:
    """Describe this interface."""
    return make_openapi()


ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (
    *reference.ROUTES,
    get_openapi,
    *transactions.ROUTES,
    *sessions.ROUTES,
    *records.ROUTES,
    *notices.ROUTES,
    *public.ROUTES,
    *tiles.ROUTES,
    *events.ROUTES,
)

_INJECTED: Final = {name: Provide(lambda: None, sync_to_thread=False) for name in ("node", "language")}
"""Stands for what a running application injects."""

_HEX: Final[Json] = {"type": "string", "pattern": "^([0-9a-f]{2})*$"}
_DIGITS: Final = {
    "transaction": "^[0-9a-f]{64}$",
    "public_key": "^[0-9a-f]{64}$",
    "client_key": "^([0-9a-f]{2})+$",
}
"""Bytes in a path, by the parameter's name."""
_BYTES: Final[Json] = {OCTETS: {"schema": {"type": "string", "format": "binary"}}}


def make_router() -> Router:
    """Return the routes of `/v1`, behind the table of access.

    Forms do not reach them (`exclude_from_csrf`), so a browser's session is no identity for their unsafe methods.
    """
    return Router("/v1", route_handlers=ROUTES, guards=[guard_access], opt={"exclude_from_csrf": True})


def _has(*names: str, **properties: Json) -> Json:
    """Return the schema of an object that has at least these properties."""
    known: Json = {**{name: {} for name in names}, **properties}
    return {"type": "object", "required": list(known), "properties": known}


def _list_of(schema: Json) -> Json:
    return {"type": "array", "items": schema}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


_EVENT: Final[Json] = {
    "type": "object",
    "properties": {
        "event": {"enum": ["entries", "end"]},
        "id": {"type": "string", "description": "the height up to which the reader has everything"},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
"""One of the stream's events."""
_LABEL: Final = _has(en={"type": "string"}, zh={"type": "string"})
_REASON: Final = _has("code", "parameters", "text")
_RECEIPT: Final = _has(
    *("transaction", "code", "height", "time", "index", "position", "operation", "sentence"),
    signer=_has("public_key", "member"),
    operations=_list_of(_ref("Operation")),
    reasons=_list_of(_REASON),
    events=_list_of(_has("type")),
)
_MEMBER: Final = _has("id", "kind", "roles", "status", "score", "confidence", "grade", name=_LABEL)
_CONTRACT: Final = _has("id", "template", "parties", "size", "status", "proposer", "signed", "next", title=_LABEL)
_ROLE: Final = _has("role", "until", "in_place_of")
_NOTICES: Final = _has("settings", "refusal", "sends")
_PUBLIC_MEMBER: Final = _has(
    "id", "kind", "roles", "status", "score", "confidence", "grade", "kept", "late", "broken", name=_LABEL
)
_OBJECTION: Final = _has(
    *("objection", "objector", "entry", "record", "ballot", "filed_at", "answer_by", "status", "closed_at")
)
_COMMENT: Final = _has(*_OBJECTION["required"], "text", "answer")
_PUBLIC_BALLOT: Final = _has(
    *("id", "motion", "sentence", "reason", "opener", "status", "outcome", "opened_at", "opens_at", "closes_at"),
    *("ended_at", "electorate", "cast", "yes", "no", "abstain"),
)
_PUBLIC_CONTRACT: Final = _has("id", title=_LABEL, parties=_list_of(_has("id", name=_LABEL)))
_BALLOT: Final = _has(
    *("id", "motion", "sentence", "reason", "opener", "status", "outcome", "opened_at", "opens_at", "closes_at"),
    *("ended_at", "electorate", "quorum_milli", "threshold_milli", "cast", "yes", "no", "abstain", "position"),
)
_LAG: Final = _has("count", "p50_ms", "p95_ms")
_BEHAVIOR: Final = _has("position", "number", "time", "lag_ms", "what", "member", "sentence")
_ENTRY: Final = _has(
    "position", "height", "time", "happened_at", "index", "cause", "code", "sentence", "transaction", "member"
)

_ANSWERS: Final[dict[str, Json]] = {
    "GET /v1/status": _has(
        *("chain_id", "node_key", "clock", "simulated", "height", "time", "app_hash", "log_size"),
        *("stopped", "software"),
        name=_LABEL,
    ),
    "GET /v1/genesis": {"type": "object"},
    "GET /v1/codes": _list_of(
        _has("code", "family", "rule", "precedence", "may_succeed_later", reason=_LABEL, next_step=_LABEL)
    ),
    "GET /v1/operations": _list_of(_has("type", "schema", "example")),
    "GET /v1/openapi.json": _has("openapi", "info", "paths"),
    "GET /v1/health": _has("ok", "failure", "height", "lacking"),
    "POST /v1/checkpoint/cosignatures": _has(witnesses=_list_of({"type": "string"})),
    "POST /v1/transactions/prepare": _has("sentence", "operations", "valid_until", bytes=_HEX, digest=_HEX),
    "POST /v1/transactions": _ref("Receipt"),
    "POST /v1/transactions/batch": _has(results=_list_of({"anyOf": [_ref("Receipt"), _ref("Problem")]})),
    "GET /v1/transactions/{transaction}": _ref("Receipt"),
    "GET /v1/transactions/by-client-key/{public_key}/{client_key}": _ref("Receipt"),
    "POST /v1/sessions/links": _has("url", "expires_at"),
    "GET /v1/me": _has("member", officer=_has("public_key", roles=_list_of(_ROLE))),
    "GET /v1/inbox": _has(
        *("member", "public_key", "count"),
        roles=_list_of(_ROLE),
        items=_list_of(
            _has("action", "contract", "obligation", "by", "otherwise", "role", "sentence", "consequence", "page")
        ),
    ),
    "GET /v1/notices": _NOTICES,
    "POST /v1/notices": _NOTICES,
    "GET /v1/members": _list_of(_MEMBER),
    "GET /v1/members/{member}": _has("id", "officers", "attestations", "status", "hearing_ends", "limit_units"),
    "GET /v1/members/{member}/credit": _has(
        *("member", "score", "confidence", "grade", "week", "rulebook", "limit_units", "newcomer"),
        reasons=_list_of(_has("record", "sentence", "delta", "score_without")),
    ),
    "GET /v1/public/members": _list_of(_PUBLIC_MEMBER),
    "GET /v1/public/members/{member}": _has(
        "turns",
        lag=_LAG,
        contracts=_list_of(_PUBLIC_CONTRACT),
        breaches=_list_of(_has("contract", "obligation", "time", "record")),
    ),
    "GET /v1/public/members/{member}/objections": _list_of(_OBJECTION),
    "POST /v1/public/members/{member}/objections": _has(*_OBJECTION["required"], "code", "member"),
    "POST /v1/public/members/{member}/objections/{number}": _has(*_OBJECTION["required"], "text", "answer", "member"),
    "GET /v1/members/{member}/objections/{number}": _has(*_OBJECTION["required"], "text", "answer", "member"),
    "POST /v1/statements": _has("statement", "salt"),
    "GET /v1/public/ballots": _list_of(_PUBLIC_BALLOT),
    "GET /v1/public/ballots/{number}": _has(
        *(*_PUBLIC_BALLOT["required"], "rules", "next"), comments=_list_of(_OBJECTION)
    ),
    "POST /v1/public/ballots/{number}/comments": _has(*_OBJECTION["required"], "code", "member"),
    "GET /v1/public/contracts": _list_of(_PUBLIC_CONTRACT),
    "GET /v1/behaviors": _has(lag=_LAG, behaviors=_list_of(_BEHAVIOR)),
    "GET /v1/members/{member}/behaviors": _has(
        "member",
        lag=_LAG,
        kinds=_list_of(_has("kind", "count")),
        series=_list_of(_has("series", "batches", "items", "last_at")),
        behaviors=_list_of(_BEHAVIOR),
    ),
    "GET /v1/contracts": _list_of(_CONTRACT),
    "GET /v1/contracts/{number}": _has(
        *("id", "terms", "document", "status", "signatures", "duties", "next"),
        options=_list_of(_has("actor", "action", "obligation")),
    ),
    "GET /v1/contracts/{number}/text": _has("clauses", "document"),
    "GET /v1/ballots": _list_of(_BALLOT),
    "GET /v1/ballots/{number}": _has(
        *(*_BALLOT["required"], "excluded", "rules", "next"),
        votes=_list_of(_has("member", "choice", "time", "public_key", "position")),
        comments=_list_of(_COMMENT),
    ),
    "POST /v1/contracts/judge": _has("valid", reasons=_list_of(_REASON)),
    "POST /v1/contracts/draft": _has("terms", "document", "clauses", "valid", "reasons"),
    "GET /v1/datasets": _list_of(_has("id", "owner", "name", "title", "latest")),
    "GET /v1/datasets/{owner}/{name}": _has("owner", "name", "title", "latest", "versions"),
    "GET /v1/ledger": _has("next", entries=_list_of(_ENTRY)),
    "GET /v1/ledger/{position}": _ENTRY,
}
"""What each JSON answer has at least; more fields may come."""

def _name_type(schema: Json) -> Json:
    """Return the schema of an operation among others: only its `type` tells which it is."""
    return schema | {"required": ["type", *schema["required"]]}


def _describe_prepare() -> Json:
    """Return the schema of what `prepare` reads: that of its struct, but for what may be left out."""
    schema = make_schema(Prepare)
    schema["properties"]["operations"]["items"] = _ref("Operation")
    for name, default in PREPARE_DEFAULTS.items():
        schema["properties"][name]["default"] = default
    return schema | {"required": [name for name in schema["required"] if name not in PREPARE_DEFAULTS]}


def _as_json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


_BODIES: Final[dict[str, Json]] = {
    "POST /v1/checkpoint/cosignatures": {"text/plain": {"schema": {"type": "string"}}},
    "POST /v1/transactions/prepare": _as_json(_describe_prepare()),
    "POST /v1/transactions": _BYTES,
    "POST /v1/transactions/batch": _BYTES,
    "POST /v1/contracts/judge": _as_json({**_has(terms=make_schema(Terms)), "additionalProperties": False}),
    "POST /v1/contracts/draft": _as_json(make_schema(Draft)),
    "POST /v1/public/members/{member}/objections": _as_json(make_schema(public.Filing)),
    "POST /v1/public/members/{member}/objections/{number}": _as_json(make_schema(public.Code)),
    "POST /v1/public/ballots/{number}/comments": _as_json(make_schema(public.Words)),
    "POST /v1/statements": _as_json(make_schema(public.Words)),
    "POST /v1/notices": _as_json(make_schema(notices.Asked)),
}

_SECURITY: Final[Json] = {
    "signedRequest": {
        "type": "http",
        "scheme": "Concordat",
        "description": "Each request signed by an officer's key; see spec/http.md.",
    },
    "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE, "description": "Reading only."},
}


@cache
def make_openapi() -> Json:
    """Return the OpenAPI document; the same for every node of a release."""
    config = OpenAPIConfig(
        title="Concordat",
        version=version("concordat"),
        description="A ledger that regions and public bodies share. Normative text: spec/http.md.",
        use_handler_docstrings=True,
        operation_id_creator=lambda handler, _method, _path: handler.handler_name,
    )
    described = Litestar([make_router()], dependencies=_INJECTED, openapi_config=config, logging_config=None)
    document: Json = msgspec.json.decode(msgspec.json.encode(described.openapi_schema.to_schema()))
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _complete(f"{method.upper()} {path}", operation)
    _, problems = msgspec.json.schema_components((Problem, ReasonView), ref_template="#/components/schemas/{name}")
    operations = {f"operation.{name}": _name_type(make_schema(kind)) for name, kind in OPERATIONS.items()}
    document["components"] = {
        "schemas": {
            **problems,
            "Receipt": _RECEIPT,
            "Operation": {"oneOf": [_ref(name) for name in operations]},
            **operations,
        },
        "securitySchemes": _SECURITY,
    }
    return document


def _complete_read(operation: Json, answer: Json) -> None:
    """Say of what is read how its version is told, and of a list how it goes on."""
    parameters = operation.setdefault("parameters", [])
    answer["headers"] = {"ETag": {"description": "The version.", "schema": {"type": "string"}}}
    if any(parameter["name"] == "cursor" for parameter in parameters):
        link = {"description": "Where the list goes on: `<…>; rel=\"next\"`.", "schema": {"type": "string"}}
        answer["headers"]["Link"] = link
    parameters.append(_make_header("If-None-Match", "the version that the reader has"))
    operation["responses"]["304"] = {"description": "The reader has this version.", "headers": {
        "ETag": answer["headers"]["ETag"]
    }}


def _complete_parameter(parameter: Json) -> None:
    if parameter["in"] == "path" and parameter["name"] in _DIGITS:
        parameter["schema"]["pattern"] = _DIGITS[parameter["name"]]
    if parameter["schema"].get("maximum") == INTEGER_MAX:
        parameter["schema"].setdefault("minimum", 0)  # the framework loses a bound of 0


def _make_header(name: str, description: str) -> Json:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": {"type": "string"}}


def render_openapi() -> str:
    """Return the document as it stands in spec/openapi.json."""
    return json.dumps(make_openapi(), indent=1) + "\n"


def _complete(name: str, operation: Json) -> None:
    """Say of an operation what its handler's signature does not."""
    method, path = name.split(" ")
    audience = ACCESS[(method, path)]
    operation["tags"] = [path.split("/")[2]]
    operation["x-audience"] = audience
    schemes = [] if audience == "public" else ["signedRequest"] if method == "POST" else list(_SECURITY)
    operation["security"] = [{scheme: []} for scheme in schemes]
    operation["summary"], _, rest = operation["description"].partition("\n\n")
    operation["description"] = rest.replace("\n", " ")
    status = next(iter(operation["responses"]))
    answer: Json = {"description": "As asked."}
    if name in _ANSWERS:
        answer["content"] = _as_json(_ANSWERS[name])
    elif path.endswith("/proof") or path.startswith("/v1/tile/"):
        answer["content"] = _BYTES
    elif path.endswith("/events"):
        answer["content"] = {events.EVENT_STREAM: {"schema": _EVENT}}
    elif path.endswith("/checkpoint"):
        answer["content"] = {"text/plain": {"schema": {"type": "string"}}}
    if path.endswith("/prepare"):
        answer["content"] |= _BYTES
    refusal = {"description": "A problem (RFC 9457).", "content": {PROBLEM_TYPE: {"schema": _ref("Problem")}}}
    operation["responses"] = {status: answer, "default": refusal}
    for parameter in operation.get("parameters", ()):
        _complete_parameter(parameter)
    if path.endswith("/events"):
        operation["parameters"].append(_make_header("Last-Event-ID", "the height of the last block that was read"))
    elif method == "GET" and status == "200":
        _complete_read(operation, answer)
    if path.endswith("/prepare"):
        operation.setdefault("parameters", []).append(_make_header("If-Match", "the contract's tag, as it was read"))
    if name in _BODIES:
        operation["requestBody"] = {"required": True, "content": _BODIES[name]}
