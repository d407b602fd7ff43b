"""Clock: how time moves. Normative text: spec/ledger.md LED-9.

`clock.tick` makes a block when something has become due and nobody has written. `clock.advance` moves a scenario's
simulated time; it stands alone in its block, whose time is the new one.
"""

from __future__ import annotations

from concordat.errors import Rejected
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import TimeUs
from concordat.primitives.ledger_time import DAY_US, parse_time
from concordat.protocol.context import Context, get_signer
from concordat.protocol.receipts import Rejection

ADVANCE_DAYS_MAX = 3650
TIME_MAX_US = parse_time("2200-01-01T00:00:00Z")
"""Simulated time ends here: deadlines and weeks counted from it stay far below what an integer on the wire holds."""


class Tick(Struct, frozen=True, tag="clock.tick"):
    """Nothing but a reason for a block; signed by a node's key."""


class Advance(Struct, frozen=True, tag="clock.advance"):
    """Simulated time moves to `time`; signed by an operator's officer."""

    time: TimeUs


class Advanced(Struct, frozen=True, tag="clock.advanced"):
    """Simulated time moved."""

    time: TimeUs


Operation = Tick | Advance
Event = Advanced

REJECTIONS = (
    Rejection("clock.not_a_scenario", "LED-9.1", may_succeed_later=False),
    Rejection("clock.not_an_operator", "LED-9.2", may_succeed_later=False),
    Rejection("clock.not_alone", "LED-9.3", may_succeed_later=False),
    Rejection("clock.not_forward", "LED-9.4", may_succeed_later=False),
    Rejection("clock.too_far", "LED-9.6", may_succeed_later=True),
    Rejection("clock.scenario_only_advances", "LED-9.5", may_succeed_later=False),
)


def check_tick(context: Context, *, is_scenario: bool) -> None:
    """Only a node's key ticks, and only where time runs by itself."""
    get_signer(context, "node")
    if is_scenario:
        raise Rejected("clock.scenario_only_advances")


def check_advance(context: Context, operation: Advance, last_time: int, *, is_scenario: bool, is_alone: bool) -> None:
    """LED-9: an operator's officer moves simulated time, alone, forward from `last_time` (µs) and not too far."""
    _, member = get_signer(context, "admin")
    if not is_scenario:
        raise Rejected("clock.not_a_scenario")
    if "operator" not in member.roles:
        raise Rejected("clock.not_an_operator")
    if not is_alone:
        raise Rejected("clock.not_alone")
    if operation.time <= last_time:
        raise Rejected("clock.not_forward", operation.time, last_time)
    furthest = min(last_time + ADVANCE_DAYS_MAX * DAY_US, TIME_MAX_US)
    if operation.time > furthest:
        raise Rejected("clock.too_far", operation.time, furthest)


def apply_advance(context: Context, operation: Advance) -> None:
    """Say that time moved. The block's own time is the new one.

    Raises:
        Rejected: `clock.not_forward` when the block that holds it stayed behind.
    """
    if operation.time != context.time:
        raise Rejected("clock.not_forward", operation.time, context.time)
    context.emit(Advanced(operation.time))
