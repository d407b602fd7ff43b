"""No address takes all of a node by asking slowly, or at once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import closing
from typing import Any, ClassVar, cast

import httpx2
import pytest
import uvicorn
from litestar.types import Receive, Scope, Send
from uvicorn.server import ServerState

from concordat.api.server import make_app
from concordat.api.traffic import CONNECTIONS_MAX, Connection, Limits, compute_connections_max

from .world import World

SLOW = Limits(body_s=0.05)


class Hasty(Connection):
    """Two connections, each with little patience; none of them is told apart by address, since all are loopback."""

    connections_max: ClassVar[int] = 2
    patience_s: ClassVar[float] = 0.05


async def fetch_raw(app: Any, protocol: type[Connection], *sent: bytes) -> list[bytes]:
    """Open a connection for each head, and all before one is read; return what each gets until it is closed."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=protocol, lifespan="off", timeout_keep_alive=1000, log_config=None)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    with closing(listener):
        streams = []
        for data in sent:
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(data)
            streams.append((reader, writer))
        answers = [await _read_all(reader) for reader, _ in streams]
        for _, writer in streams:
            writer.close()
        server.should_exit = True
        await running
    return answers


async def _read_all(reader: asyncio.StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionResetError:
        return b""


def make_head(target: str, *more: str) -> bytes:
    return "\r\n".join([f"POST {target} HTTP/1.1", "Host: node", "Content-Length: 99", *more, "", "x"]).encode()


@pytest.mark.parametrize("target", ["/v1/transactions", "/v1/transactions/prepare", "/login"])
def test_a_body_that_does_not_come_is_refused_and_the_connection_ends(world: World, target: str) -> None:
    head = make_head(target, "Content-Type: application/x-www-form-urlencoded", "Accept: application/json")
    (answer,) = asyncio.run(fetch_raw(make_app(world.node, limits=SLOW), Connection, head))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()
    assert b"request.too_slow" in answer


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET /v1/status HTTP/1.1\r\n", make_head("/v1/status")],
    ids=["nothing", "half a head", "a body that nobody reads"],
)
def test_who_is_silent_loses_the_connection(world: World, sent: bytes) -> None:
    asyncio.run(fetch_raw(make_app(world.node), Hasty, sent))


def test_a_connection_too_many_is_closed_unanswered(world: World) -> None:
    ask = b"GET /v1/status HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n"
    answers = asyncio.run(fetch_raw(make_app(world.node), Hasty, b"", b"", ask))
    assert answers == [b"", b"", b""]
    (answer,) = asyncio.run(fetch_raw(make_app(world.node), Hasty, ask))
    assert answer.startswith(b"HTTP/1.1 200 ")


class Line(asyncio.Transport):
    """A transport from an address; what is written goes nowhere."""

    def __init__(self, host: str) -> None:
        super().__init__({"peername": (host, 1), "sockname": ("10.0.0.9", 443)})
        self.is_aborted = False

    def abort(self) -> None:
        self.is_aborted = True

    def close(self) -> None:
        pass


def test_an_address_has_its_share_of_connections(world: World) -> None:
    hosts = [*["10.0.0.1"] * (Connection.connections_per_address + 2), "10.0.0.2", *["127.0.0.1"] * 99]

    async def connect() -> list[bool]:
        config, state = uvicorn.Config(cast("Any", make_app(world.node)), log_config=None), ServerState()
        config.load()
        lines = [Line(host) for host in hosts]
        connections = [Connection(config, state, {}) for _ in lines]
        for connection, line in zip(connections, lines, strict=True):
            connection.connection_made(line)
            if line.is_aborted:
                connection.connection_lost(None)
        return [line.is_aborted for line in lines]

    assert asyncio.run(connect()) == [place in {50, 51} for place in range(len(hosts))]


def test_connections_leave_files_for_the_node() -> None:
    assert 0 < compute_connections_max() <= CONNECTIONS_MAX


def test_an_address_waits_for_its_answers(world: World) -> None:
    app = make_app(world.node, limits=Limits(requests_at_once=2))
    gate = asyncio.Event()

    async def ask() -> list[int]:
        opened = asyncio.Event()

        async def hold() -> MutableMapping[str, Any]:
            opened.set()
            await gate.wait()
            return {"type": "http.request", "body": b"", "more_body": False}

        slow = []
        for _ in range(2):
            opened.clear()
            slow.append(asyncio.create_task(post(app, hold)))
            await opened.wait()
        transports = [httpx2.ASGITransport(cast("Any", app), client=(host, 1)) for host in ("10.0.0.1", "10.0.0.2")]
        statuses = [await fetch_status(transport) for transport in transports]
        gate.set()
        await asyncio.gather(*slow)
        return [*statuses, await fetch_status(transports[0])]

    assert asyncio.run(ask()) == [429, 200, 200]


async def fetch_status(transport: httpx2.ASGITransport) -> int:
    async with httpx2.AsyncClient(transport=transport, base_url="http://node") as client:
        return (await client.get("/v1/genesis")).status_code


async def post(app: Callable[[Scope, Receive, Send], Awaitable[None]], hold: Any) -> None:
    """Send the head of a request from 10.0.0.1; its body comes with `hold`."""

    async def drop(message: object) -> None:
        pass

    path = "/v1/transactions"
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": [(b"host", b"node")],
        "client": ("10.0.0.1", 1), "server": ("node", 80), "state": {},
    }  # fmt: skip
    await app(cast("Scope", scope), hold, drop)
