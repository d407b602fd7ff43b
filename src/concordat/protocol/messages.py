"""The words of the ledger, re-exported for faces and the SDK: every operation, event and rejection."""

from __future__ import annotations

import typing

from concordat.primitives.codec import Struct
from concordat.protocol.families import (
    ballots,
    behaviors,
    clock,
    contracts,
    credit,
    datasets,
    membership,
    objections,
)
from concordat.protocol.receipts import Rejection

Operation = (
    ballots.Operation
    | behaviors.Operation
    | clock.Operation
    | contracts.Operation
    | datasets.Operation
    | membership.Operation
    | objections.Operation
)
Event = (
    ballots.Event
    | behaviors.Event
    | clock.Event
    | contracts.Event
    | credit.Event
    | datasets.Event
    | membership.Event
    | objections.Event
)

TRANSACTION_REJECTIONS = (
    Rejection("ledger.too_large", "LED-1", may_succeed_later=False),
    Rejection("ledger.wrong_domain", "LED-2", may_succeed_later=False),
    Rejection("encoding.malformed", "ENC-1", may_succeed_later=False),
    Rejection("encoding.not_canonical", "ENC-2", may_succeed_later=False),
    Rejection("ledger.wrong_chain", "LED-3", may_succeed_later=False),
    Rejection("ledger.bad_signature", "LED-4", may_succeed_later=False),
    Rejection("ledger.due_first", "LED-10", may_succeed_later=True),
    Rejection("ledger.expired", "LED-5", may_succeed_later=False),
    Rejection("ledger.valid_too_long", "LED-5", may_succeed_later=True),
    Rejection("ledger.nonce_used", "LED-6", may_succeed_later=False),
    Rejection("ledger.client_key_used", "LED-8", may_succeed_later=False),
    Rejection("ledger.unknown_key", "LED-7", may_succeed_later=True),
    Rejection("ledger.removed_key", "LED-7", may_succeed_later=False),
    Rejection("ledger.not_admitted", "LED-7", may_succeed_later=True),
    Rejection("ledger.role_missing", "LED-7", may_succeed_later=True),
    Rejection("ledger.role_expired", "LED-7", may_succeed_later=True),
    Rejection("ledger.too_many_events", "LED-13", may_succeed_later=True),
)
"""What any transaction may meet before a family looks at its operations, in order of precedence. Whether the key is
known, removed or without a role is asked again by each operation, since an earlier one may have changed the answer.
"""

REJECTIONS: tuple[Rejection, ...] = (
    *TRANSACTION_REJECTIONS,
    *clock.REJECTIONS,
    *contracts.REJECTIONS,
    *datasets.REJECTIONS,
    *membership.REJECTIONS,
    *behaviors.REJECTIONS,
    *objections.REJECTIONS,
    *ballots.REJECTIONS,
)


def _get_tag(kind: type[Struct]) -> str:
    return str(kind.__struct_config__.tag)


def _by_tag(union: object) -> dict[str, type[Struct]]:
    return {_get_tag(kind): kind for kind in sorted(typing.get_args(union), key=_get_tag)}


OPERATIONS = _by_tag(Operation)
"""Every operation's struct by its name on the wire: `contracts.sign`."""

EVENTS = _by_tag(Event)
"""Every event's struct by its name on the wire: `contracts.signed`."""
