"""What a node answers: JSON, or the error that a problem document describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from concordat.errors import ConcordatError, NotFound, Refused, Stale, UsageError
from concordat.primitives.plain import Json

if TYPE_CHECKING:
    import httpx2


class RefusedByNode(Refused):
    """A rule refuses. `document` is the node's whole answer: reasons, next step, transaction and height."""

    def __init__(self, document: Json) -> None:
        super().__init__(document["code"], str(document.get("reason", "")))
        self.document: Final = document


_ERROR_BY_STATUS: Final[dict[int, type[ConcordatError]]] = {
    400: UsageError,
    404: NotFound,
    408: Stale,
    429: Stale,
    500: ConcordatError,
    503: Stale,
}


def make_error(response: httpx2.Response) -> ConcordatError:
    """Return the error that a problem document describes (RFC 9457)."""
    problem = read_answer(response)
    if not isinstance(problem, dict) or not isinstance(problem.get("code"), str):
        return make_unreadable(str(response.url))
    kind = _ERROR_BY_STATUS.get(response.status_code)
    if kind is None:
        return RefusedByNode(problem)
    detail = problem.get("detail") or problem.get("reason") or problem["code"]
    return kind(problem["code"], str(detail))


def read_answer(response: httpx2.Response) -> Json:
    """Return the JSON of an answer.

    Raises:
        NotFound: `node.unreadable`.
    """
    try:
        return response.json()
    except (ValueError, RecursionError) as error:  # the second: nested too deep
        raise make_unreadable(str(response.url)) from error


def make_unreadable(address: str) -> NotFound:
    """Return the error of an answer that no node gives."""
    return NotFound("node.unreadable", address)


def is_told(fact: Json, told: Json) -> bool:
    """Tell whether `told` says the fact, and beyond it no more than further fields."""
    if isinstance(fact, dict):
        return isinstance(told, dict) and fact.keys() <= told.keys() and all(is_told(fact[n], told[n]) for n in fact)
    if isinstance(fact, list):
        return isinstance(told, list) and len(told) == len(fact) and all(map(is_told, fact, told))
    return type(fact) is type(told) and bool(fact == told)
