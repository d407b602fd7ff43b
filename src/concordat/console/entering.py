"""Signing in and out with a browser. The one-time link is `/v1`'s own; the password is for this node's key store."""

from __future__ import annotations

from typing import Final

from anyio import to_thread
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from concordat.api.access import SESSION_SECONDS, find_reader
from concordat.api.asking import Asking, get_address
from concordat.api.problems import Problem, get_retry_header
from concordat.api.sessions import end_session, open_session
from concordat.api.trail import note_subject
from concordat.client.clock import fetch_now_us
from concordat.console.answers import Form, answer, open_page
from concordat.console.frame import Page, render_page
from concordat.console.passwords import Passwords
from concordat.console.problems import tell_refusal
from concordat.errors import ConcordatError, Refused
from concordat.node.keystore import StoredOfficer, find_officer
from concordat.node.node import Node


def _render_login(page: Page, problem: Problem | None) -> str:
    return render_page(page, "login.html", "", problem=problem, session_hours=SESSION_SECONDS // 3600)


async def _check_password(
    node: Node, passwords: Passwords, officer: StoredOfficer | None, form: dict[str, str], address: str
) -> bytes:
    typed = form.get("officer", "").strip()
    key = await passwords.unlock(officer, typed, form.get("password", ""), address, fetch_now_us())
    if await to_thread.run_sync(find_reader, node, key.public_key) is None:
        raise Refused("auth.unknown_key", key.public_key.hex())
    return key.public_key


@get("/login", sync_to_thread=True)
def show_login(request: Asking, node: NamedDependency[Node]) -> Response[str]:
    """The three ways in."""
    return answer(request, _render_login(open_page(node, request), None))


@post("/login", status_code=303)
async def login(
    request: Asking, node: NamedDependency[Node], passwords: NamedDependency[Passwords], data: Form
) -> Response[str]:
    """Open a session for an officer whose password opens a key of the key store; she types her name or her key."""
    officer = await to_thread.run_sync(find_officer, node.folder, data.get("officer", "").strip())
    # What nobody is called may be a password in the wrong field: the audit log does not hold it.
    subject = officer.public_key.hex()[:16] if officer else "unknown"
    try:
        public_key = await _check_password(node, passwords, officer, data, get_address(request))
    except ConcordatError as error:
        note_subject(request, subject, error.code)
        page = open_page(node, request)
        problem = tell_refusal(page, error)
        return answer(request, _render_login(page, problem), problem.status, get_retry_header(error))
    note_subject(request, subject, "ok")
    response: Response[str] = Redirect("/", status_code=303)
    response.set_cookie(open_session(request, public_key))
    return response


@post("/logout", status_code=303)
async def logout(request: Asking) -> Response[str]:
    """End the session."""
    response: Response[str] = Redirect("/", status_code=303)
    response.set_cookie(end_session(request))
    return response


ROUTES: Final = (show_login, login, logout)
