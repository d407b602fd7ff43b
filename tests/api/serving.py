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
    with socket.create_server(("127.0.0.1", port)) as listener:
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
