"""A node behind a real server, for what only a connection shows."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import uvicorn

from concordat.api.server import make_app
from concordat.api.traffic import Connection

from .world import World


class Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@contextmanager
def serving(world: World, port: int = 0) -> Iterator[str]:
    app = make_app(world.node)
    config = uvicorn.Config(app, log_config=None, access_log=False, http=Connection, ws="none", lifespan="on")
    server = Server(config)
    # Without the protocol's number asyncio leaves Nagle's delay on, which costs 40 ms an answer.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        thread = Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        assert server.is_up.wait(30)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            app.state.face.feed.close()
            thread.join(30)
            assert not thread.is_alive()
