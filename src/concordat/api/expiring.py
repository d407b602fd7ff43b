"""What a face remembers for a while: nonces, sign-in links, sessions, actions that wait for a signature."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from concordat.errors import Refused

_FULL_SHARES: Final = 100
"""There is room for as many full shares; beyond it the largest shares give way first."""

_MINUTE_US: Final = 60_000_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    owner: bytes
    value: T
    until_us: int


class Expiring(Generic[T]):
    """A memory in which each owner, an officer's key, has a share of its own, so that none crowds out another."""

    def __init__(self, lifetime_us: int, share: int) -> None:
        self._lifetime_us = lifetime_us
        self._share = share
        self._kept: dict[str, _Kept[T]] = {}
        self._names: dict[bytes, dict[str, None]] = {}
        self._lock = threading.Lock()

    def keep(self, owner: bytes, name: str, value: T, now_us: int) -> bool:
        """Keep a value; False when the name is kept already.

        Raises:
            Refused: `auth.share_used` when the owner's share is full; nothing is forgotten before its time.
        """
        with self._lock:
            self._forget_expired(now_us)
            if name in self._kept:
                return False
            names = self._names.get(owner, {})
            if len(names) >= self._share:
                wait_s = _compute_wait_s(self._kept[next(iter(names))].until_us, now_us)
                raise Refused("auth.share_used", str(wait_s), retry_after_s=wait_s)
            self._keep(owner, name, value, now_us)
            return True

    def keep_newest(self, owner: bytes, name: str, value: T, now_us: int) -> None:
        """Keep a value under a fresh name; the owner's oldest one gives way when there is no room."""
        with self._lock:
            self._forget_expired(now_us)
            if len(self._names.get(owner, {})) >= self._share:
                self._forget(next(iter(self._names[owner])))
            elif len(self._kept) >= self._share * _FULL_SHARES:
                largest = max(self._names, key=lambda each: len(self._names[each]))
                self._forget(next(iter(self._names[largest])))
            self._keep(owner, name, value, now_us)

    def get(self, name: str, now_us: int) -> T | None:
        """Return the value; None when there is none, or no longer."""
        with self._lock:
            kept = self._kept.get(name)
        return kept.value if kept is not None and kept.until_us >= now_us else None

    def take(self, name: str, now_us: int) -> T | None:
        """Return the value and forget it; None when there is none, or no longer."""
        with self._lock:
            kept = self._forget(name) if name in self._kept else None
        return kept.value if kept is not None and kept.until_us >= now_us else None

    def _keep(self, owner: bytes, name: str, value: T, now_us: int) -> None:
        self._kept[name] = _Kept(owner, value, now_us + self._lifetime_us)
        self._names.setdefault(owner, {})[name] = None

    def _forget(self, name: str) -> _Kept[T]:
        kept = self._kept.pop(name)
        names = self._names[kept.owner]
        del names[name]
        if not names:
            del self._names[kept.owner]
        return kept

    def _forget_expired(self, now_us: int) -> None:
        """All live equally long, so that the oldest stand in front."""
        while self._kept:
            name, kept = next(iter(self._kept.items()))
            if kept.until_us >= now_us:
                return
            self._forget(name)


class Allowance:
    """So many a minute for each name; its minute begins with the first."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._taken: dict[str, tuple[int, int]] = {}
        """Since when (µs), and how many; those that began first stand in front."""
        self._lock = threading.Lock()

    def take(self, name: str, now_us: int) -> int:
        """Take one; return 0, or after how many whole seconds there is one again."""
        with self._lock:
            while self._taken and self._taken[oldest := next(iter(self._taken))][0] <= now_us - _MINUTE_US:
                del self._taken[oldest]
            begun_us, count = self._taken.get(name, (now_us, 0))
            if count >= self._per_minute:
                return _compute_wait_s(begun_us + _MINUTE_US, now_us)
            self._taken[name] = (begun_us, count + 1)
            return 0


def _compute_wait_s(until_us: int, now_us: int) -> int:
    return max(1, -((now_us - until_us) // 1_000_000))
