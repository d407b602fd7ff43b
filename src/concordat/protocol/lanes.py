"""Lanes: which nonces of a signer are fresh, in any order within a window (spec/ledger.md LED-6)."""

from __future__ import annotations

from msgspec.structs import replace

from concordat.protocol.records import Lane

NONCE_WINDOW = 48


def is_nonce_fresh(lane: Lane | None, nonce: int) -> bool:
    """True for a nonce above the lane's highest, or within the window below it and not yet used."""
    if lane is None or nonce > lane.highest:
        return True
    distance = lane.highest - nonce
    return 0 < distance <= NONCE_WINDOW and not lane.used >> (distance - 1) & 1


def compute_lane(lane: Lane | None, nonce: int) -> Lane:
    """Return the lane after `nonce`. Bit d-1 of `used` stands for the nonce d below the highest."""
    if lane is None:
        return Lane(nonce, 0)
    if nonce > lane.highest:
        distance = nonce - lane.highest
        if distance > NONCE_WINDOW:
            return Lane(nonce, 0)
        used = (lane.used << distance | 1 << (distance - 1)) & (1 << NONCE_WINDOW) - 1
        return Lane(nonce, used)
    return replace(lane, used=lane.used | 1 << (lane.highest - nonce - 1))
