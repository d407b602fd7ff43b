"""What a signer chooses besides the operations: for how long they stay good, their number, and a name of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from concordat.client.clock import fetch_now_us
from concordat.crypto.signatures import SUITE_ED25519
from concordat.errors import UsageError
from concordat.primitives.ledger_time import WEEK_US
from concordat.protocol.messages import Operation
from concordat.protocol.transactions import Payload

VALID_FOR_US: Final = WEEK_US

_VALID_FOR_HEIGHTS: Final = 1000
_CLIENT_KEY_BYTES_MAX: Final = 32

_NONCE_AHEAD_MAX: Final = 2**40
"""How far a nonce may lie above this machine's clock in microseconds: 12 days. A lane takes no number below its highest
again, so a nonce far ahead would bar the lane for clients that count by the clock."""


def make_payload_from(
    height: int,
    time: int,
    validity_heights_max: int,
    *,
    chain_id: bytes,
    lane: int,
    nonce: int,
    client_key: bytes,
    operations: tuple[Operation, ...],
    valid_for_heights: int | None = None,
    valid_for_us: int = VALID_FOR_US,
) -> Payload:
    """Return the payload that is good from a height and time (µs) on.

    Where nobody chose for how many heights, it is no more than the chain allows (LED-5).
    """
    if valid_for_heights is None:
        valid_for_heights = min(_VALID_FOR_HEIGHTS, validity_heights_max)
    until = (height + valid_for_heights, time + valid_for_us)
    return Payload(chain_id, SUITE_ED25519, lane, nonce, *until, client_key, operations)


def read_client_key(text: str) -> bytes:
    """Return the signer's own name for a transaction.

    Raises:
        UsageError: `input.does_not_fit` above 32 bytes of UTF-8.
    """
    client_key = text.encode()
    if len(client_key) > _CLIENT_KEY_BYTES_MAX:
        what = f"/client_key has {len(client_key)} bytes, more than {_CLIENT_KEY_BYTES_MAX}"
        raise UsageError("input.does_not_fit", what)
    return client_key


def make_wall_nonces() -> Callable[[], int]:
    """Return a source of nonces: microseconds of this machine's clock, each greater than the one before."""
    highest = 0

    def next_nonce() -> int:
        nonlocal highest
        highest = max(highest + 1, fetch_now_us())
        return highest

    return next_nonce


def check_nonce(nonce: int, now_us: int) -> None:
    """Refuse a nonce after which the lane would take no number of the clock for days, or for ever.

    Raises:
        UsageError: `nonce.too_far`; `nonce.too_low` below 1.
    """
    if nonce < 1:
        raise UsageError("nonce.too_low", str(nonce))
    if nonce > now_us + _NONCE_AHEAD_MAX:
        raise UsageError("nonce.too_far", str(nonce))
