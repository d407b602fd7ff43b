"""How many applications the node takes from keys that the ledger does not know: each stays on it for ever."""

from __future__ import annotations

from typing import Final

from concordat.api.access import Face
from concordat.errors import Refused, Rejected
from concordat.primitives.codec import decode
from concordat.protocol.families.membership import Apply
from concordat.protocol.transactions import DOMAIN, PAYLOAD_OFFSET, SIGNATURE_BYTES, Payload

_KEY_OFFSET: Final = SIGNATURE_BYTES + len(DOMAIN)


def find_door_refusal(face: Face, wire: bytes, now_us: int) -> Refused | None:
    """Count an application from an unknown key; return `request.too_many_strangers` when there were too many.

    Anything else from such a key leaves no trace on the ledger (LED-7), so it takes no applicant's place. The state may
    be ahead of the disk here: it decides nothing but a rate.
    """
    if wire[SIGNATURE_BYTES:_KEY_OFFSET] != DOMAIN:
        return None
    if (wire[_KEY_OFFSET:PAYLOAD_OFFSET],) in face.node.application.state.officers or not _is_application(wire):
        return None
    wait_s = face.strangers.take(now_us)
    if not wait_s:
        return None
    return Refused("request.too_many_strangers", str(wait_s), f"send it again in {wait_s} s", retry_after_s=wait_s)


def _is_application(wire: bytes) -> bool:
    try:
        return isinstance(decode(Payload, wire[PAYLOAD_OFFSET:]).operations[0], Apply)
    except Rejected:
        return False
