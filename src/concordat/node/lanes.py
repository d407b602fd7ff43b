"""The number that a key's next transaction takes in a lane."""

from __future__ import annotations

from concordat.errors import Refused
from concordat.node.node import Node
from concordat.primitives.identifiers import INTEGER_MAX


def get_next_nonce(node: Node, public_key: bytes, lane: int) -> int:
    """Return the lane's highest nonce and one. The caller holds the engine's lock, or reserves nothing by it.

    Raises:
        Refused: `lane.spent` when no number is left: what is signed with it could never be sent.
    """
    row = node.application.state.lanes.get((public_key, lane))
    nonce = row.highest + 1 if row else 1
    if nonce > INTEGER_MAX:
        raise Refused("lane.spent", str(lane), "use another lane, from 0 to 15")
    return nonce
