"""What every route of the console shares: who may pass, the language, the frame of an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final

from litestar import Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.enums import RequestEncodingType
from litestar.handlers.base import BaseRouteHandler
from litestar.params import Body
from litestar.template.base import csrf_token

from concordat.api.access import get_reader, guard_access
from concordat.api.asking import Asking, Connection, get_language
from concordat.console.frame import THEMES, Page, Theme
from concordat.contracts.text import Language
from concordat.node import reads
from concordat.node.node import Node

LANGUAGE_COOKIE: Final = "lang"
THEME_COOKIE: Final = "theme"
HTML: Final = "text/html"

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Scripts are files of this node, the verifier's and one that keeps a list fresh; none stands in a page."""

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]


def like(twin: str) -> Guard:
    """Return the guard that lets pass whoever may GET the twin under `/v1`, by the one table of access."""

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        scope = {**connection.scope, "method": "GET", "path_template": twin}
        await guard_access(ASGIConnection(scope), handler)  # type: ignore[arg-type]  # a copy of a scope is one

    return guard


def get_console_language(request: Connection) -> Language:
    """Return ?lang, else the cookie, else what Accept-Language prefers."""
    for asked in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if asked == "en" or asked == "zh":
            return "zh" if asked == "zh" else "en"
    return get_language(request)


def get_theme(request: Connection) -> Theme:
    """Return ?theme, else the cookie, else what the reader's system prefers."""
    for asked in (request.query_params.get("theme"), request.cookies.get(THEME_COOKIE)):
        for theme in THEMES:
            if asked == theme:
                return theme
    return "auto"


def open_page(node: Node, request: Asking) -> Page:
    """Return the page that a request asks for."""
    language = get_console_language(request)
    return Page(
        node,
        language,
        get_reader(request),
        path=request.scope["path"],
        query=tuple(request.query_params.multi_items()),
        origin=str(request.base_url).rstrip("/"),
        csrf=csrf_token({"request": request}),
        names=reads.get_names(node, language),
        theme=get_theme(request),
    )


def answer(request: Asking, html: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response[str]:
    """Return the page; a language or theme that was asked for by address is remembered."""
    cookies = []
    for name, known in ((LANGUAGE_COOKIE, ("en", "zh")), (THEME_COOKIE, THEMES)):
        asked = request.query_params.get(name)
        if asked in known:
            cookies.append(Cookie(name, "/", asked, max_age=365 * 86_400, httponly=True, samesite="lax"))
    return Response(html, media_type=HTML, status_code=status, cookies=cookies, headers=headers)
