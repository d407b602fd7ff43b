"""What the readers of events share: the beat of the blocks, the last stretches rendered, and so many places."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from concordat.contracts.text import Language
from concordat.errors import Refused

READERS_MAX: Final = 200
"""Of all keys: the other connections are for requests."""
READERS_PER_KEY: Final = 10
_STRETCHES_MAX: Final = 32

StretchKey = tuple[int, Language, tuple[str, str] | None]
"""From which position, in which language, about what."""

Stretch = tuple[bytes, int, int]
"""A stretch of history as events, the position behind it, and its last whole height, or 0."""


class Feed:
    """One for an application. All but `get_stretch` and `keep_stretch` are called in its event loop."""

    def __init__(self) -> None:
        self.is_closing = False
        self._beat = asyncio.Event()
        self._stretches: dict[StretchKey, Stretch] = {}
        self._readers: Counter[bytes] = Counter()

    def get_beat(self) -> asyncio.Event:
        """Return what is set at the next block. Take it before you look, or you miss one."""
        return self._beat

    def beat(self) -> None:
        """Wake everybody."""
        self._beat.set()
        self._beat = asyncio.Event()

    def close(self) -> None:
        """Let every stream end."""
        self.is_closing = True
        self.beat()

    def take_place(self, public_key: bytes) -> AbstractAsyncContextManager[None]:
        """Return a place, which is free again when it has been left.

        Raises:
            Refused: `node.busy`, `auth.share_used` when there is none.
        """
        if self._readers.total() >= READERS_MAX:
            raise Refused("node.busy", f"{READERS_MAX} readers of events")
        if self._readers[public_key] >= READERS_PER_KEY:
            raise Refused("auth.share_used", "60", retry_after_s=60)
        return self._hold(public_key)

    @asynccontextmanager
    async def _hold(self, public_key: bytes) -> AsyncIterator[None]:
        self._readers[public_key] += 1
        try:
            yield
        finally:
            self._readers[public_key] -= 1
            self._readers += Counter()  # forgets whoever has none

    def get_stretch(self, key: StretchKey) -> Stretch | None:
        """Return a stretch that was rendered for another reader; it stays true, since history only grows."""
        return self._stretches.get(key)

    def keep_stretch(self, key: StretchKey, stretch: Stretch) -> None:
        """Keep a stretch for other readers."""
        kept = dict(list(self._stretches.items())[1 - _STRETCHES_MAX :])
        kept[key] = stretch
        self._stretches = kept  # replaced and never changed, so that threads may read it meanwhile
