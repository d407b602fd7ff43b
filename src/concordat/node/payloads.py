"""What a key would sign next: its lane's next number, and for how long it would be good."""

from __future__ import annotations

from concordat.client.validity import VALID_FOR_US, make_payload_from
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
        row, heights_max = state.lanes.get((public_key, lane)), state.get_params().validity_heights_max
    nonce = row.highest + 1 if row else 1
    if nonce > INTEGER_MAX:
        raise Refused("lane.spent", str(lane))
    payload = make_payload_from(
        height,
        time,
        heights_max,
        chain_id=node.chain.id,
        lane=lane,
        nonce=nonce,
        client_key=client_key,
        operations=operations,
        valid_for_heights=valid_for_heights,
        valid_for_us=valid_for_us,
    )
    check_validity(payload, height, time, heights_max)
    return payload
