"""Consensus parameters: set by genesis, later changed by ballot. Each has a unit, bounds and a meaning.

On the ledger they stand by name, so that a later release may know more of them: one that neither genesis nor a ballot
names has the default with which it came into the world, on every node.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated

from msgspec import Meta

from concordat.primitives.codec import Struct, encode
from concordat.primitives.plain import from_plain, to_plain


class Params(Struct, frozen=True):
    """The knobs that every node must share. A default never changes: chains that do not name the parameter have it."""

    verify_k: Annotated[int, Meta(ge=1, le=100)] = 1
    """Verifiers whose attestation makes an applicant a member."""
    full_size_units: Annotated[int, Meta(ge=10, le=1_000_000)] = 1000
    """The contract size that grade A may sign; other grades a share of it (spec/credit.md)."""
    hearing_days: Annotated[int, Meta(ge=1, le=90)] = 14
    """The window for a statement before a forced exit."""
    application_days: Annotated[int, Meta(ge=1, le=365)] = 90
    """After which an unfinished application lapses."""
    validity_heights_max: Annotated[int, Meta(ge=10, le=1_000_000)] = 100_000
    """How far ahead `valid_until_height` may lie."""
    due_events_per_block_max: Annotated[int, Meta(ge=1, le=100_000)] = 1000
    """Events of due items in a block, after which what is due waits for the next, and transactions wait behind it."""
    edition: Annotated[int, Meta(ge=1, le=1000)] = 1
    """Which rules and operations there are (spec/ledger.md LED-14); it only rises."""
    objection_answer_days: Annotated[int, Meta(ge=1, le=365)] = 30
    """How long a member has to answer an objection."""
    comment_answer_days: Annotated[int, Meta(ge=1, le=14)] = 3
    """How long the opener of a ballot has to answer a comment; never beyond the vote."""
    ballot_days_min: Annotated[int, Meta(ge=1, le=14)] = 7
    """The shortest vote."""
    ballot_days_max: Annotated[int, Meta(ge=14, le=180)] = 60
    """The longest vote, and the longest notice before it."""
    ballot_quorum_milli: Annotated[int, Meta(ge=250, le=500)] = 500
    """The share of those entitled that must take part; above a half, whoever stays away would decide."""
    ballot_threshold_milli: Annotated[int, Meta(ge=500, le=800)] = 500
    """What yes must exceed among yes and no."""
    ballot_weighty_milli: Annotated[int, Meta(ge=500, le=800)] = 666
    """The same for what weighs more: a stay by score, a recovery, a rulebook. 666 is reached by two of three."""


DEFAULT_PARAMS = Params()


class ParamsRow(Struct, frozen=True):
    """The parameters as the state holds them: (name, value) in the order of names."""

    values: tuple[tuple[str, int], ...]


def name_params(params: Params) -> dict[str, int]:
    """Return all values by name, in the order of names."""
    return dict(sorted(to_plain(params).items()))


def make_params(values: Mapping[str, int]) -> Params:
    """Return the parameters of which `values` names some.

    Raises:
        UsageError: `input.*` when a name is unknown or a value out of bounds.
    """
    return from_plain(Params, to_plain(DEFAULT_PARAMS) | dict(values))


def compute_params_hash(row: ParamsRow) -> bytes:
    """Return the digest that the app hash binds."""
    return sha256(b"concordat/params/v1\0" + encode(row)).digest()
