"""A server that stands in for a node: it answers as a test tells it, and remembers what it was sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_MEDIA = ("application/json", "application/problem+json")
_POLL_S = 0.01
"""How soon the server sees that it is to end."""


@dataclass(frozen=True)
class Request:
    """What the server was sent."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Reply = tuple[int, bytes] | tuple[int, bytes, str] | Iterator[bytes] | None
"""Status, body and media type (JSON, or a problem); what goes over the wire, head and all, until it ends or the reader
goes; None closes the connection without a word."""
Respond = Callable[[Request], Reply]


@contextmanager
def stand_in(respond: Respond) -> Iterator[tuple[str, list[Request]]]:
    """Run a server; yield its address and what it is sent."""
    received: list[Request] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, self.path, dict(self.headers), body)
            received.append(request)
            reply = respond(request)
            if reply is None:
                self.close_connection = True
                return
            if not isinstance(reply, tuple):
                self.close_connection = True
                with suppress(ConnectionError):
                    self.wfile.writelines(reply)
                return
            self.send_response(reply[0])
            self.send_header("Content-Type", reply[2] if len(reply) == 3 else _MEDIA[reply[0] >= 400])
            self.send_header("Content-Length", str(len(reply[1])))
            self.end_headers()
            self.wfile.write(reply[1])

        do_GET = do_POST = answer  # noqa: N815  # the names that the base class looks for

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_S,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
