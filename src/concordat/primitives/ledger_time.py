"""Ledger time: integer microseconds since 1970, UTC. A week is counted from the chain's genesis (credit rules).

>>> parse_time("2027-02-14T09:00:00Z")
1802595600000000
>>> format_time(1802595600000000)
'2027-02-14T09:00:00Z'
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from concordat.errors import UsageError
from concordat.primitives.identifiers import INTEGER_MAX

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
WEEK_US = 7 * DAY_US
EPOCH_WEEKS = 4
"""A credit epoch ("month") is four weeks."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FINER_THAN_US = re.compile(r"[.,]\d{7}")


def compute_week(time_us: int, genesis_us: int) -> int:
    """Return the week of `time_us`, counted from the chain's genesis; the first week is 0."""
    return (time_us - genesis_us) // WEEK_US


def format_time(time_us: int) -> str:
    """Return ISO 8601 in UTC, with microseconds only where there are any."""
    moment = _EPOCH + timedelta(microseconds=time_us)
    return moment.isoformat().replace("+00:00", "Z")


def parse_time(text: str) -> int:
    """Return the microseconds of an ISO 8601 time with a zone.

    Raises:
        UsageError: `time.unreadable` when the text is no time or finer than microseconds, `time.no_zone`,
            `time.out_of_range`.
    """
    try:
        if _FINER_THAN_US.search(text):  # the library would cut the rest off
            raise ValueError(text)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError("time.unreadable", repr(text)) from error
    if moment.tzinfo is None:
        raise UsageError("time.no_zone", repr(text))
    time_us = (moment - _EPOCH) // timedelta(microseconds=1)
    if not 0 <= time_us <= INTEGER_MAX:
        raise UsageError("time.out_of_range", repr(text))
    return time_us
