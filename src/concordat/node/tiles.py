"""The history as C2SP tlog-tiles serves it: files that never change once they are full. Normative text: WIT-8."""

from __future__ import annotations

import re
from typing import Final

from concordat.errors import NotFound
from concordat.node.node import Node
from concordat.node.reads import find_entry
from concordat.primitives.identifiers import INTEGER_MAX

TILE_WIDTH: Final = 256
_TILE_BITS: Final = 8
_LEVEL_MAX: Final = 63
_ENTRY_BYTES_MAX: Final = 65_535
_PATH = re.compile(r"((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


def make_hash_tile(node: Node, level: int, path: str) -> bytes:
    """Return the digests of a tile, 32 bytes each.

    Raises:
        NotFound: `read.no_such_tile`.
    """
    index, width = _parse_path(path)
    with node.engine.lock:
        history = node.application.history
        digests = history.digests(_TILE_BITS * level, TILE_WIDTH * index, width) if level <= _LEVEL_MAX else b""
    if len(digests) != 32 * width:
        raise _make_absent(path)
    return digests


def make_entry_bundle(node: Node, path: str) -> bytes:
    """Return the entries of a bundle, each after its length in two bytes, big-endian.

    Raises:
        NotFound: `read.no_such_tile`, also where an entry is longer than such a length can say.
    """
    index, width = _parse_path(path)
    start = TILE_WIDTH * index
    with node.engine.lock:
        if start + width > node.application.history.size:
            raise _make_absent(path)
        leaves = [find_entry(node, position).leaf for position in range(start, start + width)]
    if max(map(len, leaves)) > _ENTRY_BYTES_MAX:
        raise _make_absent(path)
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def _parse_path(path: str) -> tuple[int, int]:
    """Return index and width of a tile: a path writes them as `x001/x234/067` and, when it is partial, `.p/<width>`."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise _make_absent(path)
    parts, last, width = match.groups()
    is_canonical = not parts.startswith("x000/") and (width is None or int(width) < TILE_WIDTH)
    index = int(parts.replace("x", "").replace("/", "") + last) if len(parts) <= 30 else INTEGER_MAX
    if not is_canonical or index > INTEGER_MAX // TILE_WIDTH:
        raise _make_absent(path)
    return index, int(width or TILE_WIDTH)


def _make_absent(path: str) -> NotFound:
    return NotFound("read.no_such_tile", path[:100])
