"""The log as tools of other logs read it (C2SP tlog-tiles), and what witnesses bring."""

from __future__ import annotations

from typing import Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from concordat.api.asking import Asking
from concordat.api.trail import note_subject
from concordat.api.transactions import OCTETS
from concordat.node import tiles
from concordat.node.node import Node
from concordat.node.witnessing import take_cosignatures
from concordat.primitives.plain import Json

_IMMUTABLE: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_NOTE_BYTES_MAX: Final = 64 * 1024
_WHO_MAX: Final = 200


@get("/tile/{level:int}/{path:path}", sync_to_thread=True)
def get_tile(node: NamedDependency[Node], level: FromPath[int], path: FromPath[str]) -> Response[bytes]:
    """A tile of the history's digests, whole or partial (C2SP tlog-tiles; the log's prefix is `/v1`)."""
    return Response(tiles.make_hash_tile(node, level, path.removeprefix("/")), media_type=OCTETS, headers=_IMMUTABLE)


@get("/tile/entries/{path:path}", sync_to_thread=True)
def get_entry_bundle(node: NamedDependency[Node], path: FromPath[str]) -> Response[bytes]:
    """A bundle of the history's entries, for those who may read all of them."""
    return Response(tiles.make_entry_bundle(node, path.removeprefix("/")), media_type=OCTETS)


@post("/checkpoint/cosignatures", status_code=200, sync_to_thread=True, request_max_body_size=_NOTE_BYTES_MAX)
def add_cosignatures(request: Asking, node: NamedDependency[Node], body: RawBody) -> Json:
    """Take a checkpoint of this node with cosignatures of witnesses that its operator named."""
    height, names = take_cosignatures(node, body.decode(errors="replace"))
    note_subject(request, f"checkpoint {height}", "ok", ", ".join(names)[:_WHO_MAX])
    return {"height": height, "witnesses": names}


ROUTES: Final = (get_tile, get_entry_bundle, add_cosignatures)
