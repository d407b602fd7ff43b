"""Passwords of the key store: each officer's tries are counted, and a failed one tells nothing but that it failed."""

from __future__ import annotations

import threading
from hashlib import sha256
from typing import Final

from anyio import CapacityLimiter, to_thread

from concordat.api.expiring import Allowance
from concordat.client.keys import Key
from concordat.errors import Refused
from concordat.node.keystore import StoredOfficer, unlock

TRIES_FREE: Final = 5
WAIT_MAX_S: Final = 300
_FORGET_US: Final = 3600 * 1_000_000
_NAMES_MAX: Final = 10_000
"""To fill it takes longer than the longest wait, since every try costs a stretched password."""

TRIES_PER_MINUTE: Final = 10
"""From one address whatever the names, since each costs a stretched password; or by one key that is signed in."""

STRANGERS_MAX: Final = 10
"""At the door, tried or waiting."""

_AT_ONCE: Final = 2
"""Each takes the memory of a stretched password; those who wait hold no thread."""


class Tries:
    """How often a password was tried without success, for each name."""

    def __init__(self) -> None:
        self._counted: dict[bytes, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def count(self, name: bytes, now_us: int) -> None:
        """Count a try before it is made, so that many at once are not one.

        Raises:
            Refused: `auth.too_many_tries` while the name has to wait; such a try is not made and not counted.
        """
        with self._lock:
            count, open_at_us = self._counted.pop(name, (0, 0))
            if open_at_us + _FORGET_US < now_us:
                count = 0
            is_open = open_at_us <= now_us
            if is_open:
                count += 1
                open_at_us = now_us + compute_wait_s(count) * 1_000_000
            self._counted[name] = (count, open_at_us)
            if len(self._counted) > _NAMES_MAX:
                del self._counted[next(iter(self._counted))]
        if not is_open:
            wait_s = -((now_us - open_at_us) // 1_000_000)
            raise Refused("auth.too_many_tries", str(wait_s), retry_after_s=wait_s)

    def forget(self, name: bytes) -> None:
        """Begin anew after a success."""
        with self._lock:
            self._counted.pop(name, None)


def compute_wait_s(count: int) -> int:
    """Return how long the next try has to wait after `count` of them failed.

    >>> [compute_wait_s(count) for count in (1, 4, 5, 6, 7, 8, 12, 13, 10**9)]
    [0, 0, 2, 4, 8, 16, 256, 300, 300]
    """
    return 0 if count < TRIES_FREE else min(WAIT_MAX_S, 2 ** min(count - TRIES_FREE + 1, 16))


class Passwords:
    """Opens keys of the key store."""

    def __init__(self) -> None:
        self._tries = Tries()
        self._allowance = Allowance(TRIES_PER_MINUTE)
        self._strangers = 0
        self._limiter = CapacityLimiter(_AT_ONCE)

    async def unlock(
        self,
        officer: StoredOfficer | None,
        typed: str,
        password: str,
        address: str,
        now_us: int,
        *,
        is_signed_in: bool = False,
    ) -> Key:
        """Return the officer's key. `typed` is what the visitor called herself; no officer may be called so.

        Whoever is signed in with the key has counts of her own: nobody at the door can make her wait.

        Raises:
            Refused: `request.too_many`, `auth.share_used`, `node.busy`, `auth.too_many_tries`, `auth.wrong_password`.
        """
        named = officer.public_key if officer else typed.encode()
        if wait_s := self._allowance.take(f"key {named.hex()}" if is_signed_in else address, now_us):
            code, detail = ("auth.share_used", str(wait_s)) if is_signed_in else ("request.too_many", "passwords")
            raise Refused(code, detail, retry_after_s=wait_s)
        if not is_signed_in and self._strangers >= STRANGERS_MAX:
            raise Refused("node.busy", "passwords", retry_after_s=2)
        name = sha256(named + bytes([is_signed_in])).digest()
        self._tries.count(name, now_us)
        self._strangers += not is_signed_in
        try:
            key = await to_thread.run_sync(unlock, officer, password, limiter=self._limiter)
        finally:
            self._strangers -= not is_signed_in
        self._tries.forget(name)
        return key
