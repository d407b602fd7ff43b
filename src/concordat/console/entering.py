"""Signing in and out with a browser. The one-time link is `/v1`'s own; the password is for this node's key store."""

from __future__ import annotations

from typing import Final

from anyio import to_thread
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from concordat.api.access import end_session, find_reader, open_session
from concordat.api.asking import Asking
from concordat.api.trail import note_subject
from concordat.client.keys import check_hex_key
from concordat.console.answers import Form, answer, limit_passwords, open_page
from concordat.console.frame import Page, render_page
from concordat.console.problems import ToldProblem, tell_error
from concordat.errors import ConcordatError, Refused
from concordat.node.keystore import fetch_officers, unlock
from concordat.node.node import Node


def _render_login(page: Page, problem: ToldProblem | None) -> str:
    officers = [
        {"name": officer.name, "public_key": officer.public_key.hex()} for officer in fetch_officers(page.node.folder)
    ]
    return render_page(page, "login.html", "", officers=officers, problem=problem)


def _check_password(node: Node, form: dict[str, str]) -> bytes:
    public_key = check_hex_key(form.get("officer", ""))
    unlock(node.folder, public_key, form.get("password", ""))
    if find_reader(node, public_key) is None:
        raise Refused("ledger.unknown_key", public_key.hex(), "apply for membership, or ask your administrator")
    return public_key


@get("/login", sync_to_thread=True)
def show_login(request: Asking, node: NamedDependency[Node]) -> Response[str]:
    """The three ways in."""
    return answer(request, _render_login(open_page(node, request), None))


@post("/login", status_code=303, middleware=[limit_passwords()])
async def login(request: Asking, node: NamedDependency[Node], data: Form) -> Response[str]:
    """Open a session for an officer whose password opens a key of the key store."""
    try:
        public_key = await to_thread.run_sync(_check_password, node, data)
    except ConcordatError as error:
        note_subject(request, data.get("officer", "")[:16], error.code)
        page = open_page(node, request)
        problem = tell_error(page, error)
        return answer(request, _render_login(page, problem), problem.status)
    note_subject(request, public_key.hex()[:16], "ok")
    response: Response[str] = Redirect("/", status_code=303)
    response.set_cookie(await open_session(request, public_key))
    return response


@post("/logout", status_code=303)
async def logout(request: Asking) -> Response[str]:
    """End the session."""
    response: Response[str] = Redirect("/", status_code=303)
    response.set_cookie(await end_session(request))
    return response


ROUTES: Final = (show_login, login, logout)
