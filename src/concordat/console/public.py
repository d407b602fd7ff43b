"""Pages for everybody, without signing in: how members perform. They show what `/v1/public` shows, and no more."""

from __future__ import annotations

from typing import Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from concordat.api.asking import Asking
from concordat.api.records import Number
from concordat.client.requests import make_path
from concordat.console.answers import answer, like, open_page
from concordat.console.frame import Page, render_page
from concordat.console.pages import LIST_PAGE, cut_list
from concordat.node import reads
from concordat.node.node import Node
from concordat.wording.sentences import describe_turns


def _render_members(page: Page, after: str | None) -> str:
    found = reads.list_public_members(page.node, after=after, limit=LIST_PAGE + 1)
    members, more = cut_list(found, "/public?")
    contracts, _ = cut_list(reads.list_public_contracts(page.node, limit=LIST_PAGE + 1), "")
    return render_page(page, "public.html", "public", members=members, more=more, contracts=contracts)


def _render_member(page: Page, member: str, after: int | None) -> str:
    row = reads.get_public_member(page.node, member, after=after, limit=LIST_PAGE + 1)
    contracts, more = cut_list(row["contracts"], f"{make_path('/public/members', member)}?")
    status = [page.catalog(f"kind.{row['kind']}"), *describe_turns(row["turns"], page.language, page.names)]
    if row["status"] != "expelled":
        status.append(page.catalog(f"status.member.{row['status']}"))
    line = page.say("punctuation.comma").join(status)
    return render_page(
        page, "public_member.html", "public", member=row, contracts=contracts, more=more, status_line=line
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


ROUTES: Final = (show_public, show_public_member)
