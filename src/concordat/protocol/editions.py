"""Editions: which rules a chain is under (spec/ledger.md LED-14, LED-15, docs/adr/0014-how-formats-grow.md).

The parameter `edition` says it. Below its edition an operation is what it was before it existed: unreadable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from concordat.errors import Rejected
from concordat.primitives.codec import Struct
from concordat.protocol.families import ballots, behaviors, membership, objections
from concordat.protocol.transactions import PAYLOAD_OFFSET, Payload

EDITION_NEWEST: Final = 2
"""The newest edition whose rules this release knows; a new chain begins with it."""

OPERATION_EDITIONS: Final[Mapping[type[Struct], int]] = {
    ballots.Open: 2,
    ballots.Vote: 2,
    ballots.Withdraw: 2,
    membership.RotateKey: 2,
    membership.RevokeKey: 2,
    membership.Grant: 2,
    membership.Delegate: 2,
    behaviors.Record: 2,
    behaviors.Anchor: 2,
    objections.File: 2,
    objections.Answer: 2,
}
"""The edition from which on an operation is known; one that is not named here has been there from the first."""

_AFTER_FORM: Final = ("encoding.not_canonical", "ledger.wrong_chain", "ledger.bad_signature")
"""What a release of an earlier edition never comes to say of a payload that it cannot read."""


def check_edition(payload: Payload, edition: int) -> None:
    """LED-14: refuse operations of a later edition.

    Raises:
        Rejected: `encoding.malformed`.
    """
    if any(OPERATION_EDITIONS.get(type(operation), 1) > edition for operation in payload.operations):
        raise Rejected("encoding.malformed")


def translate_refusal(wire: bytes, refusal: Rejected, edition: int) -> Rejected:
    """Return how a release of this edition refuses these bytes: it looks no further than it can read."""
    if edition < EDITION_NEWEST and refusal.code in _AFTER_FORM:
        try:
            check_edition(msgspec.msgpack.decode(wire[PAYLOAD_OFFSET:], type=Payload), edition)
        except Rejected as malformed:
            return malformed
    return refusal
