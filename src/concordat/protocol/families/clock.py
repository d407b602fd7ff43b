"""Clock: how time moves. Normative text: spec/ledger.md LED-9.

`clock.tick` makes a block when something has become due and nobody has written. `clock.advance` moves a scenario's
simulated time; it stands alone in its block, whose time is the new one.
"""

from __future__ import annotations

from concordat.errors import Rejected
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import TimeUs
from concordat.protocol.context import Context, check_officer, get_signer
from concordat.protocol.receipts import Rejection


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
    Rejection("clock.scenario_only_advances", "LED-9.5", may_succeed_later=False),
)


def check_tick(context: Context, *, is_scenario: bool) -> None:
    """Only a node's key ticks, and only where time runs by itself."""
    if "node" not in check_officer(context.state.officers.get((context.public_key,))).roles:
        raise Rejected("ledger.role_missing", "node")
    if is_scenario:
        raise Rejected("clock.scenario_only_advances")


def check_advance(context: Context, *, is_scenario: bool) -> None:
    """Only an operator's officer moves time, and only simulated time."""
    _, member = get_signer(context, "admin")
    if not is_scenario:
        raise Rejected("clock.not_a_scenario")
    if "operator" not in member.roles:
        raise Rejected("clock.not_an_operator")


def apply_advance(context: Context, operation: Advance) -> None:
    """Say that time moved. The block's own time is the new one (checked with the block)."""
    context.emit(Advanced(operation.time))
