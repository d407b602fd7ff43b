"""How values are shown: times, numbers. Exact values stand beside them or in the JSON.

>>> show_day("2027-02-14T09:00:00Z", "en"), show_minute("2027-02-14T09:00:00Z", "zh")
('14 Feb 2027', '2027年2月14日 09:00')
>>> show_signed(-11)
'−11'
>>> show_lag(420, "en"), show_lag(-61_000, "zh"), show_lag(5_400_000, "en")
('420 ms', '−61 秒', '90 min')
"""

from __future__ import annotations

from typing import Final

from concordat.contracts.text import Language, show_day


def show_minute(time: str, language: Language) -> str:
    """Return day and minute without the zone, for lists; the year too, since contracts run for several."""
    return f"{show_day(time, language)} {time[11:16]}"


def show_number(value: int) -> str:
    """Return the number in groups of three, with no-break spaces that both languages read."""
    return f"{value:,}".replace(",", "\u202f")


def show_bytes(count: int) -> str:
    """Return a size with three digits at most and its unit.

    >>> show_bytes(999), show_bytes(52_400), show_bytes(1_250_000_000)
    ('999 B', '52.4 kB', '1.25 GB')
    """
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"


def show_signed(value: int) -> str:
    """Return the number with its sign."""
    return f"+{value}" if value > 0 else f"−{-value}" if value < 0 else "0"


_UNITS: Final = (
    (86_400_000, "d", "天"),
    (3_600_000, "h", "小时"),
    (60_000, "min", "分钟"),
    (1000, "s", "秒"),
    (1, "ms", "毫秒"),
)


def show_lag(lag_ms: int, language: Language) -> str:
    """Return a time span in the largest unit of which it has two; one before the ledger's time has its sign."""
    size, *names = next((unit for unit in _UNITS if abs(lag_ms) >= 2 * unit[0]), _UNITS[-1])
    return f"{'−' if lag_ms < 0 else ''}{abs(lag_ms) // size} {names[language == 'zh']}"
