"""Pages for everybody, without signing in: how members perform. They show what `/v1/public` shows, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from concordat.api.asking import Asking
from concordat.api.problems import Problem, get_retry_header
from concordat.api.public import Objected, take_objection
from concordat.api.records import Number
from concordat.client.requests import make_path
from concordat.console.acting import read_number, read_subject
from concordat.console.answers import Form, answer, like, open_page
from concordat.console.behaviors import tell_lag
from concordat.console.frame import Page, render_page
from concordat.console.pages import LIST_PAGE, cut_list
from concordat.console.problems import tell_refusal
from concordat.errors import ConcordatError
from concordat.node import reads
from concordat.node.node import Node
from concordat.node.objections import STATEMENT_CHARACTERS_MAX as CHARACTERS_MAX
from concordat.node.objections import file_comment, file_objection, open_objection
from concordat.primitives.plain import Json
from concordat.wording.sentences import describe_turns, render

BALLOTS_MAX: Final = 10
"""So many of the newest ballots stand on the page for everybody."""


def _render_members(page: Page, after: str | None) -> str:
    found = reads.list_public_members(page.node, after=after, limit=LIST_PAGE + 1)
    members, more = cut_list(found, "/public?")
    contracts, _ = cut_list(reads.list_public_contracts(page.node, limit=LIST_PAGE + 1), "")
    ballots = reads.list_public_ballots(page.node, page.language, limit=BALLOTS_MAX)
    return render_page(
        page, "public.html", "public", members=members, more=more, contracts=contracts, ballots=ballots
    )


def _render_member(page: Page, member: str, after: int | None) -> str:
    row = reads.get_public_member(page.node, member, after=after, limit=LIST_PAGE + 1)
    contracts, more = cut_list(row["contracts"], f"{make_path('/public/members', member)}?")
    status = [page.catalog(f"kind.{row['kind']}"), *describe_turns(row["turns"], page.language, page.names)]
    if row["status"] != "expelled":
        status.append(page.catalog(f"status.member.{row['status']}"))
    line = page.say("punctuation.comma").join(status)
    return render_page(
        page,
        "public_member.html",
        "public",
        member=row,
        lag=tell_lag(page, row["lag"]),
        contracts=contracts,
        more=more,
        status_line=line,
    )


@get("/public", guards=[like("/v1/public/members")], sync_to_thread=True)
def show_public(request: Asking, node: NamedDependency[Node], after: FromQuery[str | None] = None) -> Response[str]:
    """How members perform, and which contracts are in force."""
    return answer(request, _render_members(open_page(node, request), after))


@get("/public/members/{member:str}", guards=[like("/v1/public/members/{member}")], sync_to_thread=True)
def show_public_member(
    request: Asking, node: NamedDependency[Node], member: FromPath[str], after: Number = None
) -> Response[str]:
    """One member, as everybody may see it."""
    return answer(request, _render_member(open_page(node, request), member, after))


# ── objections ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _render_form(page: Page, member: str, form: Mapping[str, str], problem: Problem | None) -> str:
    row = reads.get_public_member(page.node, member, limit=1)
    return render_page(
        page,
        "object.html",
        "public",
        member=row,
        form=form,
        days=page.node.application.state.get_params().objection_answer_days,
        problem=problem,
        characters=CHARACTERS_MAX,
        signs="admin" in page.reader.roles and page.reader.member != member,
    )


@get("/public/members/{member:str}/object", guards=[like("/v1/public/members/{member}")], sync_to_thread=True)
def show_object(
    request: Asking, node: NamedDependency[Node], member: FromPath[str], record: FromQuery[str] = ""
) -> Response[str]:
    """The form by which a citizen, or another member's officer, objects to a record."""
    return answer(request, _render_form(open_page(node, request), member, {"record": record}, None))


@post("/public/members/{member:str}/object", status_code=200, sync_to_thread=True)
def send_object(request: Asking, node: NamedDependency[Node], member: FromPath[str], data: Form) -> Response[str]:
    """Take an objection; the answer has the code that opens it again, once."""
    page = open_page(node, request)
    try:
        about = read_subject(node, data)
        take_objection(request)
        made = file_objection(node, member, about, data.get("text", "").replace("\r\n", "\n"))
    except ConcordatError as error:
        problem = tell_refusal(page, error)
        html = _render_form(page, member, data, problem)
        return answer(request, html, problem.status, get_retry_header(error))
    return answer(request, _render_objection(page, made | {"text": None, "answer": None}))


def _render_objection(page: Page, row: Json) -> str:
    """An objection as its reader may see it: `code` once, just after it was filed; words where they may be read."""
    waits = page.reader.member == row["member"] and row["status"] == "open"
    action = "answer" if row["ballot"] is None else "answer_comment"
    what = render(f"inbox.{action}", page.language, about=row["objection"]) if waits else None
    return render_page(page, "objection.html", "public", row={"code": None} | row, what=what)


@get("/public/objections", sync_to_thread=True)
def show_look(request: Asking, node: NamedDependency[Node]) -> Response[str]:
    """The form that opens an objection again."""
    return answer(request, render_page(open_page(node, request), "look.html", "public", form={}, problem=None))


@post("/public/objections", status_code=200, sync_to_thread=True)
def look(request: Asking, node: NamedDependency[Node], data: Form) -> Response[str]:
    """Open an objection by its code. Codes do not stand in addresses, which others keep."""
    page = open_page(node, request)
    try:
        take_objection(request)
        number = read_number("objection", data.get("objection", "").strip())
        row = open_objection(node, data.get("member", "").strip(), number, data.get("code", ""))
    except ConcordatError as error:
        problem = tell_refusal(page, error)
        html = render_page(page, "look.html", "public", form=data, problem=problem)
        return answer(request, html, problem.status, get_retry_header(error))
    return answer(request, _render_objection(page, row))


@get(
    "/objections/{member:str}/{number:int}",
    guards=[like("/v1/members/{member}/objections/{number}")],
    sync_to_thread=True,
)
def show_objection(
    request: Asking, node: NamedDependency[Node], member: FromPath[str], number: Objected
) -> Response[str]:
    """An objection against the reader's own member, and the form to answer it."""
    return answer(request, _render_objection(open_page(node, request), open_objection(node, member, number)))


# ── ballots ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _render_ballot(page: Page, number: int, form: Mapping[str, str], problem: Problem | None) -> str:
    row = reads.get_public_ballot(page.node, number, page.language)
    is_early = row["status"] == "open" and reads.get_status(page.node)["time"] < row["opens_at"]
    return render_page(
        page,
        "public_ballot.html",
        "public",
        row=row,
        form=form,
        problem=problem,
        is_early=is_early,
        days=page.node.application.state.get_params().comment_answer_days,
        characters=CHARACTERS_MAX,
    )


@get("/public/ballots/{number:int}", guards=[like("/v1/public/ballots/{number}")], sync_to_thread=True)
def show_public_ballot(request: Asking, node: NamedDependency[Node], number: Objected) -> Response[str]:
    """A ballot about rules or offices, as everybody may see it, and the form to comment before the vote begins."""
    return answer(request, _render_ballot(open_page(node, request), number, {}, None))


@post("/public/ballots/{number:int}", status_code=200, sync_to_thread=True)
def send_comment(request: Asking, node: NamedDependency[Node], number: Objected, data: Form) -> Response[str]:
    """Take a citizen's comment; the answer has the code that opens it again, once."""
    page = open_page(node, request)
    try:
        take_objection(request)
        made = file_comment(node, number, data.get("text", "").replace("\r\n", "\n"))
    except ConcordatError as error:
        problem = tell_refusal(page, error)
        return answer(
            request, _render_ballot(page, number, data, problem), problem.status, get_retry_header(error)
        )
    return answer(request, _render_objection(page, made | {"text": None, "answer": None}))


ROUTES: Final = (
    show_public_ballot,
    send_comment,
    show_public,
    show_public_member,
    show_object,
    send_object,
    show_look,
    look,
    show_objection,
)
