"""Where a stand-in node's ledger stands: what every command with a key asks before anything else."""

from __future__ import annotations

from concordat.crypto.proof import encode_proof
from concordat.testing.stand_in import Request
from crypto.building import Ledger

_LEDGER = Ledger().grow(3)
NOTE, PROOF = _LEDGER.note().encode(), encode_proof(_LEDGER.prove((0,)))


def answer_visit(request: Request) -> tuple[int, bytes] | None:
    """The newest checkpoint, or its proof; None when something else is asked."""
    if request.path == "/v1/checkpoint":
        return 200, NOTE
    return (200, PROOF) if request.path.startswith("/v1/checkpoint/proof") else None
