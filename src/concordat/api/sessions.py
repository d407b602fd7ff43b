"""Signing in with a browser: a signed request gets a one-time link, and the link opens a session."""

from __future__ import annotations

import secrets
from typing import Final

from anyio import to_thread
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath
from litestar.response import Redirect

from concordat.api.access import (
    LINK_US,
    SESSION_COOKIE,
    SESSION_SECONDS,
    find_reader,
    get_asking_officer,
    get_face,
)
from concordat.api.asking import Asking, Connection
from concordat.client.clock import fetch_now_us
from concordat.errors import NotFound, Refused
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json


@post("/sessions/links", status_code=201)
async def make_link(request: Asking) -> Json:
    """Make a one-time sign-in link for the officer who signed the request; it is good for ten minutes."""
    public_key, _ = get_asking_officer(request)
    token = secrets.token_urlsafe(32)
    now_us = fetch_now_us()
    get_face(request).links.keep_newest(public_key, token, public_key, now_us)
    return {"url": f"{request.base_url}v1/sessions/links/{token}", "expires_at": format_time(now_us + LINK_US)}


@get("/sessions/links/{token:str}", status_code=303)
async def follow_link(request: Asking, token: FromPath[str]) -> Response[None]:
    """Follow a one-time link: sets the session cookie and leads to the console.

    Not from a page of another site: it would sign the visitor in as whoever made the link.
    """
    if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        raise Refused("auth.from_elsewhere", "the sign-in link")
    face = get_face(request)
    public_key = face.links.take(token, fetch_now_us())
    reader = await to_thread.run_sync(find_reader, face.node, public_key) if public_key else None
    if public_key is None or reader is None:
        raise NotFound("auth.link_spent", "the sign-in link")
    request.scope["user"] = reader
    response: Response[None] = Redirect("/", status_code=303)
    response.set_cookie(open_session(request, public_key))
    return response


def open_session(connection: Connection, public_key: bytes) -> Cookie:
    """Remember that the browser speaks for a key; return the cookie to set. Each sign-in has an id of its own."""
    token = secrets.token_urlsafe(32)
    get_face(connection).sessions.keep_newest(public_key, token, public_key, fetch_now_us())
    return _make_cookie(connection, token, SESSION_SECONDS)


def end_session(connection: Connection) -> Cookie:
    """Forget the browser's session; return the cookie that clears its own."""
    token = connection.cookies.get(SESSION_COOKIE)
    if token:
        get_face(connection).sessions.take(token, fetch_now_us())
    return _make_cookie(connection, "", 0)


def _make_cookie(connection: Connection, value: str, seconds: int) -> Cookie:
    is_secure = get_face(connection).is_secure
    return Cookie(SESSION_COOKIE, "/", value, max_age=seconds, httponly=True, secure=is_secure, samesite="lax")


ROUTES: Final = (make_link, follow_link)
