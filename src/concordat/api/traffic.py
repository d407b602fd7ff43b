"""How much one address may ask for, and how long it may take to ask: requests, their bodies, connections."""

from __future__ import annotations

import asyncio
import resource
from dataclasses import dataclass
from typing import ClassVar, Final

import h11
from litestar import Litestar, Request
from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, Scope, Send, WebSocketReceiveMessage
from uvicorn.protocols.http.h11_impl import H11Protocol

from concordat.api.asking import Asking, get_address, is_loopback, shorten_address
from concordat.api.expiring import Allowance
from concordat.client.clock import fetch_now_us
from concordat.errors import Refused

CONNECTIONS_MAX: Final = 512
"""Of all addresses; less where the node may open few files."""

BACKLOG: Final = 64
"""So many are taken at once before the first one too many is closed; each has a file until then."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one address, but for the time. Programs on the node's own machine are not counted, unless they are a proxy."""

    requests_per_minute: int = 1200
    requests_at_once: int = 20
    body_s: float = 30


LIMITS: Final = Limits()


def watch_requests(app: Litestar, limits: Limits, *, is_proxied: bool) -> ASGIApp:
    """Return the application's handler behind a count for each address: paths that no route has are counted too."""
    serve_request = app.asgi_handler
    render_refusal = app.exception_handlers[Exception]
    allowance = Allowance(limits.requests_per_minute)
    at_once: dict[str, int] = {}

    async def refuse(refusal: Refused, scope: Scope, receive: Receive, send: Send) -> None:
        request: Asking = Request(scope)
        await render_refusal(request, refusal).to_asgi_response(None, request)(scope, receive, send)

    async def watch(scope: Scope, receive: Receive, send: Send) -> None:
        request: Asking = Request(scope)
        hurried = _hurry(receive, limits.body_s)
        if not is_proxied and request.client is not None and is_loopback(request.client.host):
            await serve_request(scope, hurried, send)
            return
        address = get_address(request)
        if wait_s := allowance.take(address, fetch_now_us()):
            refusal = Refused("request.too_many", "a minute", retry_after_s=wait_s)
            await refuse(refusal, scope, receive, send)
            return
        if at_once.get(address, 0) >= limits.requests_at_once:
            refusal = Refused("request.too_many", "at once", retry_after_s=1)
            await refuse(refusal, scope, receive, send)
            return
        at_once[address] = at_once.get(address, 0) + 1
        try:
            await serve_request(scope, hurried, send)
        finally:
            at_once[address] -= 1
            if not at_once[address]:
                del at_once[address]

    return watch


def _hurry(receive: Receive, body_s: float) -> Receive:
    """Return `receive` with a time by which the body has to be whole.

    Raises:
        Refused: `request.too_slow`, where the body is read.
    """
    deadline = asyncio.get_running_loop().time() + body_s
    is_whole = False

    async def hurried() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        nonlocal is_whole
        if is_whole:
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise Refused("request.too_slow", f"{body_s} s") from None
        is_whole = not message.get("more_body", False)
        return message

    return hurried


# ── connections ─────────────────────────────────────────────────────────────────────────────────────────────────────


def compute_connections_max() -> int:
    """Return how many connections there may be: they take at most half of the files that the process may open."""
    return min(CONNECTIONS_MAX, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)


class Connection(H11Protocol):
    """A connection that is closed when there are too many, or when the other side is silent too long.

    The server under it waits for ever for a request's head, for the rest of a body that nobody reads, and for a reader
    of its answer. Its own limit of connections counts only those that have sent a request.
    """

    connections_max: ClassVar[int] = compute_connections_max()
    connections_per_address: ClassVar[int] = 50
    patience_s: ClassVar[float] = 30

    _address = ""
    _seen: object = None
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base
        """Take a place, or hang up."""
        super().connection_made(transport)
        host = self.client[0] if self.client else ""
        self._address = "" if is_loopback(host) else shorten_address(host)
        others = [each for each in self.connections if isinstance(each, Connection) and each._address == self._address]
        is_crowded = bool(self._address) and len(others) > self.connections_per_address
        if is_crowded or len(self.connections) > self.connections_max:
            transport.abort()
            return
        self._timer = self.loop.call_later(self.patience_s, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop looking."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Hang up when, since the last look, no request became whole and no answer was taken."""
        is_waiting = self.conn.their_state in {h11.IDLE, h11.SEND_BODY} or self.transport.get_write_buffer_size() > 0
        if is_waiting and self._seen is self.cycle:
            self.transport.abort()
            return
        self._seen = self.cycle
        self._timer = self.loop.call_later(self.patience_s, self._look)
