"""How many applications the node takes from keys that the ledger does not know: each stays on it for ever."""

from __future__ import annotations

from concordat.api.access import Face
from concordat.crypto.signatures import verify_signed
from concordat.errors import Refused, Rejected
from concordat.protocol.families.membership import Apply
from concordat.protocol.transactions import parse_transaction


def find_door_refusal(face: Face, address: str, wire: bytes, now_us: int) -> Refused | None:
    """Count an application from an unknown key; return `request.too_many_strangers` when there were too many.

    Anything else from such a key leaves no trace on the ledger (LED-7), nor does what is of another form or chain or
    signed by nobody: it takes no applicant's place. The state may be ahead of the disk here: it decides nothing but a
    rate.
    """
    try:
        transaction = parse_transaction(wire, face.node.chain.id)
    except Rejected:
        return None
    if (transaction.public_key,) in face.node.application.state.officers:
        return None
    if not isinstance(transaction.payload.operations[0], Apply) or not verify_signed(wire):
        return None
    wait_s = face.strangers.take(address, now_us) or face.all_strangers.take("", now_us)
    if not wait_s:
        return None
    return Refused("request.too_many_strangers", str(wait_s), retry_after_s=wait_s)
