"""The wall clock. Read here and nowhere below."""

from __future__ import annotations

import time


def fetch_now_us() -> int:
    """The wall clock, in microseconds."""
    return time.time_ns() // 1000
