"""A log read by its tiles (C2SP tlog-tiles): any root and any path of it, from digests that the log serves.

What the tiles say is nobody's word until a root computed from them is one that a log signed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from concordat.crypto.merkle import Log, compute_root
from concordat.errors import NotFound

TILE_WIDTH: Final = 256
_TILE_BITS: Final = 8

Fetch = Callable[[str], bytes]
"""Returns what the log serves at a path below its prefix."""


class TiledLog(Log):
    """The first `size` leaves of a log whose tiles are fetched as they are needed, each once."""

    def __init__(self, size: int, fetch: Fetch) -> None:
        super().__init__()
        self._size = size
        self._fetch = fetch
        self._tiles: dict[tuple[int, int], bytes] = {}

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    def _digest(self, level: int, node: int) -> bytes:
        """Return the digest of a complete subtree, from the tile that holds it or the digests below it."""
        tile_level, height = divmod(level, _TILE_BITS)
        start = node << height
        tile = self._find_tile(tile_level, start // TILE_WIDTH)
        place = start % TILE_WIDTH
        digests = [tile[32 * at : 32 * at + 32] for at in range(place, place + (1 << height))]
        return compute_root(digests)[1]

    def _find_tile(self, level: int, index: int) -> bytes:
        if (level, index) not in self._tiles:
            width = min(TILE_WIDTH, (self._size >> (_TILE_BITS * level)) - TILE_WIDTH * index)
            path = make_tile_path(str(level), index, width)
            tile = self._fetch(path)
            if len(tile) != 32 * width:
                raise NotFound("witness.bad_tile", path)
            self._tiles[level, index] = tile
        return self._tiles[level, index]


def make_tile_path(level: str, index: int, width: int) -> str:
    """Return where a tile is served.

    >>> make_tile_path("0", 1_234_067, 256), make_tile_path("entries", 0, 7)
    ('tile/0/x001/x234/067', 'tile/entries/000.p/7')
    """
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
    return f"tile/{level}/{name}" + (f".p/{width}" if width < TILE_WIDTH else "")
