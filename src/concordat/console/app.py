"""The console: every route of it, its headers, and its pages of errors."""

from __future__ import annotations

from collections.abc import Callable

from litestar import Response, Router
from litestar.di import Provide

from concordat.api.access import find_session_reader
from concordat.api.asking import Asking
from concordat.api.problems import handle_error
from concordat.console import entering, public, reading, settings, signing
from concordat.console.answers import HEADERS, HTML, open_page
from concordat.console.passwords import Passwords
from concordat.console.pending import PendingActions
from concordat.console.problems import render_error
from concordat.node.node import Node


def make_router(node: Node) -> Router:
    """Return the console of a node, with what it remembers: actions that wait for a signature, tries of passwords."""
    actions = PendingActions()
    passwords = Passwords()

    def provide_actions() -> PendingActions:
        return actions

    def provide_passwords() -> Passwords:
        return passwords

    return Router(
        "/",
        route_handlers=[*reading.ROUTES, *public.ROUTES, *entering.ROUTES, *settings.ROUTES, *signing.ROUTES],
        dependencies={
            "actions": Provide(provide_actions, sync_to_thread=False),
            "passwords": Provide(provide_passwords, sync_to_thread=False),
        },
        response_headers=HEADERS,
        exception_handlers={Exception: _make_error_handler(node)},
        include_in_schema=False,
    )


def _make_error_handler(node: Node) -> Callable[[Asking, Exception], Response[bytes] | Response[str]]:
    def handle(request: Asking, error: Exception) -> Response[bytes] | Response[str]:
        path = request.scope["path"]
        is_link = path.startswith("/v1/sessions/links/")
        is_person = request.accept.best_match(["application/json", HTML]) == HTML
        # Of what is no interface a page is the answer, except to a program that asks for JSON and nothing else.
        is_program = request.accept.best_match([HTML, "application/json"]) == "application/json"
        if (is_program or f"{path}/".startswith("/v1/")) and not (is_person and is_link):
            return handle_error(request, error)
        if "user" not in request.scope and request.headers.get("authorization") is None:
            request.scope["user"] = find_session_reader(request)  # no route, so no guard has looked
        html, status, headers = render_error(open_page(node, request), request, error)
        return Response(html, media_type=HTML, status_code=status, headers=HEADERS | headers)

    return handle
