"""Consensus parameters: set by genesis, later changed by ballot. Each has a unit, bounds and a meaning."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

from msgspec import Meta

from concordat.primitives.codec import Struct, encode


class Params(Struct, frozen=True):
    """The knobs that every node must share. Defaults stand in `DEFAULT_PARAMS`."""

    verify_k: Annotated[int, Meta(ge=1, le=100)]
    """Verifiers whose attestation makes an applicant a member."""
    full_size_units: Annotated[int, Meta(ge=10, le=1_000_000)]
    """The contract size that grade A may sign; other grades a share of it (spec/credit.md)."""
    hearing_days: Annotated[int, Meta(ge=1, le=90)]
    """The window for a statement before a forced exit."""
    application_days: Annotated[int, Meta(ge=1, le=365)]
    """After which an unfinished application lapses."""
    validity_heights_max: Annotated[int, Meta(ge=10, le=1_000_000)]
    """How far ahead `valid_until_height` may lie."""
    due_items_per_block_max: Annotated[int, Meta(ge=1, le=100_000)]
    """Due items judged in one block; the rest wait for the next, and transactions wait behind them."""


DEFAULT_PARAMS = Params(
    verify_k=1,
    full_size_units=1000,
    hearing_days=14,
    application_days=90,
    validity_heights_max=100_000,
    due_items_per_block_max=1000,
)


def compute_params_hash(params: Params) -> bytes:
    """Return the digest that the app hash binds."""
    return sha256(b"concordat/params/v1\0" + encode(params)).digest()
