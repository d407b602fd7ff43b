"""Errors as RFC 9457 problems: which rule refuses, in the reader's language, and what to do next."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Final

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException

from concordat.api.asking import Asking, get_language, get_request_id
from concordat.contracts.text import Language
from concordat.errors import ConcordatError, Corrupt, NotFound, Refused, Rejected, Stale, UsageError
from concordat.primitives.plain import Json
from concordat.wording.rules import get_rule
from concordat.wording.sentences import describe_ground, explain_error

PROBLEM_TYPE: Final = "application/problem+json"

_STATUS_OF_CODE: Final = {
    "auth.required": 401,
    "auth.malformed": 401,
    "auth.bad_signature": 401,
    "auth.stale": 401,
    "auth.replayed": 401,
    "auth.unknown_key": 401,
    "auth.csrf": 403,
    "auth.forced_out": 403,
    "auth.from_elsewhere": 403,
    "auth.not_yours": 403,
    "auth.role_missing": 403,
    "auth.share_used": 429,
    "auth.too_many_tries": 429,
    "auth.wrong_password": 403,
    "checkpoint.malformed": 400,
    "encoding.malformed": 400,
    "encoding.not_canonical": 400,
    "ledger.client_key_used": 422,
    "ledger.stopped": 503,
    "ledger.too_large": 413,
    "ledger.wrong_domain": 400,
    "node.busy": 503,
    "node.defect": 500,
    "node.slow": 503,
    "node.stopped": 503,
    "request.changed": 412,
    "request.too_large": 413,
    "request.too_many": 429,
    "request.too_many_strangers": 429,
    "request.too_slow": 408,
    "request.wrong_method": 405,
}

_STATUS_OF_KIND: Final = {Rejected: 409, Refused: 409, UsageError: 400, NotFound: 404, Corrupt: 500, Stale: 409}

_RETRY_AFTER_S: Final = {"node.busy": "2"}

_FROM_FRAMEWORK: Final[dict[int, ConcordatError]] = {
    400: UsageError("request.malformed", "the request"),
    403: Refused("auth.csrf", "the form's token"),
    404: NotFound("request.unknown_path", "the path"),
    405: UsageError("request.wrong_method", "the method"),
    413: Refused("request.too_large", "the body"),
}
"""What the framework refuses by itself, by its status."""

_DEFECT: Final = Refused("node.defect", "a defect of this software")

_log = logging.getLogger(__name__)


class ReasonView(msgspec.Struct, frozen=True):
    """One ground of a refusal."""

    code: str
    parameters: tuple[str | int, ...]
    text: str


class Problem(msgspec.Struct, frozen=True):
    """A refusal (RFC 9457). `reason` and `next_step` are in the language of Accept-Language."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    rule: str | None
    """The requirement that refuses, as numbered in `spec/`; null for a defect."""
    reason: str
    next_step: str
    reasons: tuple[ReasonView, ...]
    request_id: str
    transaction: str | None
    """The transaction that stands on the ledger, in hex: the refused one, or the one that used its client key."""
    height: int | None
    """Where that transaction stands, or the ledger's height when there is none."""


def get_status(error: ConcordatError) -> int:
    """Return the HTTP status of an error: by its code, else its family, else its kind."""
    if error.code in _STATUS_OF_CODE:
        return _STATUS_OF_CODE[error.code]
    if error.code.startswith("disk."):
        return 503
    return _STATUS_OF_KIND.get(type(error), 500)


def make_problem(
    error: ConcordatError, language: Language, request_id: str, height: int | None, transaction: str | None = None
) -> Problem:
    """Return the problem that tells of an error."""
    grounds = (error.reasons or ((error.code, error.parameters),)) if isinstance(error, Rejected) else ()
    if error.code == "ledger.client_key_used" and transaction is None:
        transaction = str(grounds[0][1][0])
    status = get_status(error)
    reason, next_step = explain_error(error, language)
    return Problem(
        type=f"/v1/codes#{error.code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=error.detail,
        code=error.code,
        rule=get_rule(error.code),
        reason=reason,
        next_step=next_step,
        reasons=tuple(
            ReasonView(code, values, describe_ground(code, values, error.detail, language)) for code, values in grounds
        ),
        request_id=request_id,
        transaction=transaction,
        height=height,
    )


def make_rejection(receipt: Json) -> Rejected:
    """Return the rejection that a receipt tells of."""
    grounds = tuple((reason["code"], tuple(reason["parameters"])) for reason in receipt["reasons"])
    if len(grounds) == 1 and grounds[0][0] == receipt["code"]:
        return Rejected(receipt["code"], *grounds[0][1])
    return Rejected(receipt["code"], reasons=grounds)


def get_retry_header(error: ConcordatError) -> dict[str, str]:
    """Return the header that says when a refused request may succeed, where the refusal knows."""
    wait_s = error.retry_after_s if isinstance(error, Refused) else 0
    return {"Retry-After": str(wait_s)} if wait_s else {}


def get_status_headers(problem: Problem) -> dict[str, str]:
    """Return the headers that a problem's status asks for."""
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Concordat"}
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": _RETRY_AFTER_S.get(problem.code, "60")}
    if problem.status == HTTPStatus.REQUEST_TIMEOUT:
        return {"Connection": "close"}
    return {}


def render_problem(problem: Problem, headers: dict[str, str]) -> Response[bytes]:
    """Return the response of a problem, with the headers that its status asks for."""
    headers = headers | get_status_headers(problem)
    return Response(
        msgspec.json.encode(problem), status_code=problem.status, media_type=PROBLEM_TYPE, headers=headers
    )


def handle_error(request: Asking, error: Exception) -> Response[bytes]:
    """Answer any error of any route with a problem."""
    return render_problem(*tell_error(request, error, get_language(request)))


def tell_error(request: Asking, error: Exception, language: Language) -> tuple[Problem, dict[str, str]]:
    """Return any error of any route as a problem, and the error's own headers; note it as the request's outcome."""
    told, headers = _translate(request, error)
    request.scope["state"]["outcome"] = told.code
    height: int = request.app.state.face.node.engine.durable.height
    return make_problem(told, language, get_request_id(request), height), headers | get_retry_header(told)


def _translate(request: Asking, error: Exception) -> tuple[ConcordatError, dict[str, str]]:
    """Return the error to tell, and the framework's own headers (Allow)."""
    if isinstance(error, ConcordatError):
        if get_status(error) == HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("request %s: %s", get_request_id(request), error)
        return error, {}
    if isinstance(error, HTTPException) and error.status_code in _FROM_FRAMEWORK:
        told = _FROM_FRAMEWORK[error.status_code]
        if error.status_code == HTTPStatus.BAD_REQUEST:
            told = UsageError(told.code, _tell_validation(error))
        if error.status_code == HTTPStatus.NOT_FOUND:
            told = NotFound(told.code, request.scope["path"])
        return told, dict(error.headers or {})
    _log.error("request %s failed", get_request_id(request), exc_info=error)
    return _DEFECT, {}


def _tell_validation(error: HTTPException) -> str:
    """Return which parameter does not fit, as far as the framework says."""
    places = error.extra if isinstance(error.extra, list) else []
    told = [f"{place.get('key', '')}: {place.get('message', '')}" for place in places if isinstance(place, dict)]
    return "; ".join(told) or error.detail
