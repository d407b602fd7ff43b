"""What schemathesis has to be told: how to sign as an officer, what there is to find, and what no schema can say."""

from __future__ import annotations

import json
import os
import re
import secrets
from typing import Any, Final
from urllib.parse import urlsplit

import schemathesis
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis.specs.openapi.checks import ensure_resource_availability, positive_data_acceptance

from concordat.client.clock import fetch_now_us
from concordat.client.keys import derive_key
from concordat.client.requests import sign_request
from concordat.primitives.identifiers import INTEGER_MAX

BEYOND_SCHEMA: Final = (
    ("request.bad_cursor", ".*", "a cursor is good only as an answer gave it, for its own list"),
    ("proof.since_ahead", ".*", "no older size is larger than the ledger is now"),
    ("input.does_not_fit", ".* exclude each other", "of two ways to say where to begin, or about what, one is taken"),
    ("input.does_not_fit", ".*a label needs a text in at least one language", "either of two fields may be empty"),
    ("input.does_not_fit", "/public_key: nobody can sign with it", "half of all 32 bytes are no point of the curve"),
    ("input.does_not_fit", "Last-Event-ID is no height", "as browsers send it, the header is any text"),
    ("input.does_not_fit", r".*: Expected .*int.*, got float", "25.0 is an integer to a schema, and not to the ledger"),
    ("input.does_not_fit", r"after \d+: the ledger stands at \d+", "no block has such a height yet"),
    ("input.missing_field", "/text", "words of nothing but blanks are none"),
    ("time.out_of_range", ".*", "schemas of times have no bounds"),
    ("checkpoint.malformed", ".*", "only a witness's signature makes such a body"),
    ("ledger.wrong_domain", ".*", "only a signature makes such a body"),
    ("encoding.malformed", ".*", "only a signature makes such a body"),
    ("input.bad_batch", ".*", "lengths and transactions in bytes have no schema"),
)
"""Refusals with 400 of what the description lets pass: code, detail, and why the description cannot say it."""


class SignedRequest(AuthBase):
    """Signs each request as it goes over the wire (spec/http.md HTTP-13)."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        url, body = urlsplit(str(request.url)), request.body or b""
        if not isinstance(body, bytes):
            body = str(body).encode()
        target = f"{url.path}?{url.query}" if url.query else url.path
        request.headers["Authorization"] = sign_request(
            derive_key(*os.environ["FUZZ_KEY"].split("/")),
            bytes.fromhex(os.environ["FUZZ_CHAIN"]),
            bytes.fromhex(os.environ["FUZZ_NODE"]),
            str(request.method),
            target,
            body,
            fetch_now_us(),
            secrets.token_bytes(16),
        )
        return request


schemathesis.auth.set_from_requests(SignedRequest())  # type: ignore[attr-defined]  # undeclared
_FOUND: Final[dict[str, str | int]] = json.loads(os.environ["FUZZ_FOUND"])


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """Ask for what there is about every other time, where the path is well formed: random names find nothing."""
    if not isinstance(path_parameters, dict) or sum(map(ord, str(path_parameters))) % 2:
        return path_parameters
    return {name: _FOUND[name] if _is_alike(value, name) else value for name, value in path_parameters.items()}


def _is_alike(value: object, name: str) -> bool:
    if name == "transaction":
        return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None
    if type(value) is int:
        return name in _FOUND and 0 <= value <= INTEGER_MAX
    return isinstance(_FOUND.get(name), str) and isinstance(value, str) and value != ""


@schemathesis.hook
def before_call(context: Any, case: schemathesis.Case[Any], kwargs: Any) -> None:
    """A stream ends by itself only after an hour, unless it is told to end sooner."""
    if case.path == "/v1/events" and str(case.query.get("seconds", "0")).isdecimal():
        case.query["seconds"] = 0


@schemathesis.check
def what_the_description_lets_pass_is_taken(ctx: Any, response: Any, case: schemathesis.Case[Any]) -> None:
    """As `positive_data_acceptance`, but for what stands in `BEYOND_SCHEMA`."""
    if response.status_code == 400:
        told = response.json()
        for code, detail, _ in BEYOND_SCHEMA:
            if told["code"] == code and re.fullmatch(detail, told["detail"]):
                return
    positive_data_acceptance(ctx, response, case)


@schemathesis.check
def what_was_made_is_there(ctx: Any, response: Any, case: schemathesis.Case[Any]) -> None:
    """As `ensure_resource_availability`, but for a sign-in link, which is good once (HTTP-14)."""
    if case.path != "/v1/sessions/links/{token}":
        ensure_resource_availability(ctx, response, case)
