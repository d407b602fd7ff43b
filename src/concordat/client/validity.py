"""What a signer chooses besides the operations: for how long they stay good, their number, and a name of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from concordat.client.clock import fetch_now_us
from concordat.errors import UsageError
from concordat.primitives.ledger_time import WEEK_US

VALID_FOR_US: Final = WEEK_US

_VALID_FOR_HEIGHTS: Final = 1000
_CLIENT_KEY_BYTES_MAX: Final = 32

_NONCE_AHEAD_MAX: Final = 2**40
"""How far a nonce may lie above this machine's clock in microseconds: 12 days. A lane takes no number below its highest
again, so a nonce far ahead would bar the lane for clients that count by the clock."""


def compute_valid_for_heights(validity_heights_max: int) -> int:
    """Return for how many heights a transaction is good where nobody chose: no more than the chain allows (LED-5)."""
    return min(_VALID_FOR_HEIGHTS, validity_heights_max)


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
