"""What a key would sign next: its lane's next number, and for how long it would be good."""

from __future__ import annotations

from concordat.client.validity import VALID_FOR_US, compute_valid_for_heights
from concordat.errors import Refused
from concordat.node.node import Node
from concordat.primitives.identifiers import INTEGER_MAX
from concordat.protocol.messages import Operation
from concordat.protocol.transactions import Payload
from concordat.protocol.transition import check_validity


def make_payload(
    node: Node,
    public_key: bytes,
    operations: tuple[Operation, ...],
    client_key: bytes,
    *,
    lane: int = 0,
    valid_for_heights: int | None = None,
    valid_for_us: int = VALID_FOR_US,
) -> Payload:
    """Return the payload, good from the height and time that a block would have now. Nothing is reserved.

    Raises:
        Refused: `lane.spent` when no number is left. Rejected: `ledger.valid_too_long`. It could never be sent.
    """
    with node.engine.lock:
        state, height, time = node.application.state, node.application.height, node.engine.fetch_time()
        row, params = state.lanes.get((public_key, lane)), state.get_params()
    nonce = row.highest + 1 if row else 1
    if nonce > INTEGER_MAX:
        raise Refused("lane.spent", str(lane))
    if valid_for_heights is None:
        valid_for_heights = compute_valid_for_heights(params.validity_heights_max)
    payload = Payload(
        chain_id=node.chain.id,
        suite=1,
        lane=lane,
        nonce=nonce,
        valid_until_height=height + valid_for_heights,
        valid_until=time + valid_for_us,
        client_key=client_key,
        operations=operations,
    )
    check_validity(payload, height, time, params.validity_heights_max)
    return payload
