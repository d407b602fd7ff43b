"""Refusals and errors as pages: the code, the cause and the next step, with the status that `/v1` would give."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from concordat.api.asking import Asking, get_request_id
from concordat.api.problems import Problem, handle_error, make_problem
from concordat.console.frame import Page, render_page
from concordat.console.words import WORDS
from concordat.errors import ConcordatError


@dataclass(frozen=True, slots=True)
class ToldProblem:
    """A problem in the reader's language."""

    status: int
    code: str
    rule: str | None
    reason: str
    next_step: str
    detail: str
    reasons: tuple[str, ...]


def tell_error(page: Page, error: ConcordatError) -> ToldProblem:
    """Return an error in words."""
    return _tell(page, make_problem(error, page.language, "", None))


def render_error(page: Page, request: Asking, error: Exception) -> tuple[str, int, dict[str, str]]:
    """Return the page of any error with its status and headers; defects are logged as `/v1` logs them."""
    state = {"request_id": get_request_id(request)}
    headers = [(b"accept-language", page.language.encode())]
    response = handle_error(Asking({**request.scope, "headers": headers, "state": state}), error)
    request.scope["state"]["outcome"] = state["outcome"]
    told = _tell(page, msgspec.json.decode(response.content, type=Problem))
    kept = {name: value for name, value in response.headers.items() if name.lower() != "content-type"}
    return render_page(page, "problem.html", "", problem=told), told.status, kept


def _tell(page: Page, problem: Problem) -> ToldProblem:
    words = WORDS[page.language]
    return ToldProblem(
        problem.status,
        problem.code,
        problem.rule,
        words.get(f"problem.{problem.code}", problem.reason),
        words.get(f"problem.{problem.code}.next", problem.next_step),
        problem.detail,
        tuple(reason.text for reason in problem.reasons if reason.code != problem.code),
    )
