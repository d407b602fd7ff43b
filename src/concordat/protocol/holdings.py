"""Which roles a key holds at a time: for good, by a grant until a time, or for another officer who is away. Only reads.

Before edition 2 there are no grants and no delegations, and what stands in the officer's row is all.
"""

from __future__ import annotations

from typing import NamedTuple

from concordat.protocol.records import OfficerRole
from concordat.protocol.state import State


class Holding(NamedTuple):
    """How a key holds a role: until when (µs, None for good), and in whose place (None in its own)."""

    until: int | None
    delegator: bytes | None


def find_holding(state: State, public_key: bytes, role: OfficerRole, time: int) -> Holding | None:
    """Return how a key holds a role at `time` (MEM-20, MEM-27, MEM-28), None when it does not."""
    own = find_own_holding(state, public_key, role, time)
    if own is not None:
        return own
    for (_, delegator), row in state.delegations.group(public_key):
        if role in row.roles and row.valid_from <= time < row.valid_until:
            held = find_own_holding(state, delegator, role, time)
            if held is not None:
                return Holding(row.valid_until if held.until is None else min(row.valid_until, held.until), delegator)
    return None


def find_own_holding(state: State, public_key: bytes, role: OfficerRole, time: int) -> Holding | None:
    """Return the same for what is the key's own: only that may be delegated."""
    officer = state.officers.get((public_key,))
    if officer is None or officer.removed_at is not None:
        return None
    if role in officer.roles:
        return Holding(None, None)
    grant = state.grants.get((public_key, role))
    return Holding(grant.valid_until, None) if grant is not None and time < grant.valid_until else None


def find_end(state: State, public_key: bytes, role: OfficerRole, time: int) -> int | None:
    """Return when a role that the key held until a time ended last, None when it never held it so."""
    ends = [row.valid_until for _, row in state.delegations.group(public_key) if role in row.roles]
    grant = state.grants.get((public_key, role))
    if grant is not None:
        ends.append(grant.valid_until)
    return max((end for end in ends if end <= time), default=None)
