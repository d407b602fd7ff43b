"""A witness's own door: C2SP tlog-witness over plain HTTP. TLS, where it is needed, ends in front of it."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final

from concordat.crypto.checkpoint import render_line
from concordat.errors import ConcordatError, UsageError
from concordat.witness.submission import SIZE_MEDIA
from concordat.witness.witness import Witness, compute_origin_hash

BODY_BYTES_MAX: Final = 64 * 1024
_PATH_MAX: Final = 63
_TIMEOUT_S: Final = 10.0
_OLD = re.compile(r"old (0|[1-9][0-9]{0,15})")

_STATUS: Final = {
    "checkpoint.malformed": 400,
    "witness.bad_request": 400,
    "witness.not_signed": 403,
    "witness.unknown_log": 404,
    "witness.other_size": 409,
    "witness.two_histories": 409,
    "witness.unproved": 422,
    "witness.went_back": 422,
}


def parse_submission(body: bytes) -> tuple[int, tuple[bytes, ...], str]:
    """Return old size, path and note of an `add-checkpoint`.

    Raises:
        UsageError: `witness.bad_request`.
    """
    head, separator, note = body.partition(b"\n\n")
    old, *lines = head.decode(errors="replace").split("\n")
    match = _OLD.fullmatch(old)
    try:
        path = tuple(b64decode(line, validate=True) for line in lines)
    except (binascii.Error, ValueError):
        path = (b"",)
    if match is None or not separator or len(path) > _PATH_MAX or any(len(digest) != 32 for digest in path):
        raise UsageError("witness.bad_request", old[:100])
    return int(match[1]), path, note.decode(errors="replace")


@contextmanager
def serving_witness(witness: Witness, host: str, port: int) -> Iterator[int]:
    """Answer while the block runs; yields the port, which is a free one for port 0. OSError: it is taken."""
    names = {compute_origin_hash(origin): origin for origin in witness.logs}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _TIMEOUT_S

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.path != "/add-checkpoint" or not length.isdecimal() or int(length) > BODY_BYTES_MAX:
                self.close_connection = True
                self.answer(404 if self.path != "/add-checkpoint" else 413, "")
                return
            body = self.rfile.read(int(length))
            try:
                old_size, path, note = parse_submission(body)
                self.answer(200, render_line(witness.add(note, old_size, path)))
            except ConcordatError as error:
                status = _STATUS.get(error.code, 500)
                is_size = error.code == "witness.other_size"
                text = f"{error.detail}\n" if is_size else f"{error.code}: {error.detail}\n"
                self.answer(status, text, SIZE_MEDIA if is_size else "text/plain; charset=utf-8")

        def do_GET(self) -> None:
            name, _, rest = self.path.removeprefix("/").partition("/")
            note = witness.find_note(names[name]) if name in names and rest == "checkpoint" else None
            self.answer(404 if note is None else 200, note or "")

        def answer(self, status: int, text: str, media: str = "text/plain; charset=utf-8") -> None:
            data = text.encode()
            self.send_response(status, HTTPStatus(status).phrase)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing: standard error is for what the witness finds."""

    with ThreadingHTTPServer((host, port), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
