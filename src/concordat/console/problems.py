"""Refusals and errors as pages: the code, the cause and the next step, with the status that `/v1` would give."""

from __future__ import annotations

from msgspec.structs import replace

from concordat.api.asking import Asking
from concordat.api.problems import Problem, get_status_headers, make_problem, tell_error
from concordat.console.frame import Page, render_page
from concordat.console.words import WORDS
from concordat.errors import ConcordatError


def tell_refusal(page: Page, error: ConcordatError) -> Problem:
    """Return in words why a form was refused."""
    return _tell(page, make_problem(error, page.language, "", None))


def render_error(page: Page, request: Asking, error: Exception) -> tuple[str, int, dict[str, str]]:
    """Return the page of any error with its status and headers; defects are logged as `/v1` logs them."""
    problem, headers = tell_error(request, error, page.language)
    html = render_page(page, "problem.html", "", problem=_tell(page, problem))
    return html, problem.status, headers | get_status_headers(problem)


def _tell(page: Page, problem: Problem) -> Problem:
    """Return the problem in the console's own words where it has some, with the grounds that these do not tell."""
    words = WORDS[page.language]
    return replace(
        problem,
        reason=words.get(f"problem.{problem.code}", problem.reason),
        next_step=words.get(f"problem.{problem.code}.next", problem.next_step),
        reasons=tuple(ground for ground in problem.reasons if ground.code != problem.code),
    )
