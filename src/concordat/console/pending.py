"""Actions that wait for a signature: kept in memory for half an hour, under an address that nobody can guess.

The action's id is the transaction's client key, so that the page finds the receipt, whoever submitted it.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from typing import Final

from concordat.api.expiring import Expiring
from concordat.client.keys import Key
from concordat.client.validity import VALID_FOR_US
from concordat.console.acting import Act
from concordat.contracts.text import Language
from concordat.errors import NotFound, Stale
from concordat.ledger.queued import Queued
from concordat.node import reads
from concordat.node.node import Node
from concordat.node.payloads import make_payload
from concordat.primitives.plain import Json
from concordat.protocol.transactions import Payload, make_signed_bytes

LIFETIME_US: Final = 30 * 60 * 1_000_000
PENDING_PER_KEY: Final = 50
_SUBMIT_S: Final = 30


@dataclass(slots=True)
class Pending:
    """What an officer is about to sign for a member."""

    id: str
    public_key: bytes
    member: str
    act: Act
    payload: Payload | None = None
    """What was last made for it."""


class PendingActions:
    """What waits; an officer's oldest action gives way to her newest."""

    def __init__(self) -> None:
        self._kept: Expiring[Pending] = Expiring(LIFETIME_US, PENDING_PER_KEY)
        self._lock = threading.Lock()

    def keep(self, public_key: bytes, member: str, act: Act, now_us: int) -> Pending:
        """Keep an action under a fresh id."""
        pending = Pending(secrets.token_hex(16), public_key, member, act)
        self._kept.keep_newest(public_key, pending.id, pending, now_us)
        return pending

    def get(self, action: str, now_us: int) -> Pending:
        """Return an action.

        Raises:
            NotFound: `read.no_such_action`.
        """
        pending = self._kept.get(action, now_us)
        if pending is None:
            raise NotFound("read.no_such_action", action)
        return pending

    def prepare(self, node: Node, pending: Pending) -> bytes:
        """Return the bytes to sign: the same ones each time, until their number is taken or their time is over."""
        payload = make_payload(node, pending.public_key, (pending.act.operation,), bytes.fromhex(pending.id))
        with self._lock:
            kept = pending.payload
            if (
                kept is None
                or kept.nonce != payload.nonce
                or kept.valid_until_height <= node.engine.durable.height
                or kept.valid_until + VALID_FOR_US <= payload.valid_until
            ):
                kept = pending.payload = payload
        return make_signed_bytes(pending.public_key, kept)


def submit_signed(node: Node, actions: PendingActions, pending: Pending, key: Key) -> None:
    """Sign with an unlocked key and wait until the answer is durable; a refusal on the ledger is an answer too.

    Raises:
        Rejected: at the door. Refused: `node.*`, `disk.*`. Stale: `node.slow`.
    """
    unsigned = actions.prepare(node, pending)
    wait_until_durable(node.engine.submit(key.sign(unsigned) + unsigned), _SUBMIT_S)


def wait_until_durable(queued: Queued, timeout_s: float) -> None:
    """Wait for an answer, since a person waits; what is queued stays so, and its page finds the receipt later.

    Raises:
        ConcordatError: why the ledger stopped before. Stale: `node.slow`.
    """
    try:
        queued.result(timeout_s)
    except TimeoutError as error:
        raise Stale("node.slow", str(timeout_s)) from error


def find_receipt(node: Node, pending: Pending, language: Language) -> Json:
    """Return the receipt of the signed action, None while there is none."""
    try:
        transaction = reads.find_client_key(node, pending.public_key, bytes.fromhex(pending.id))
        return reads.get_receipt(node, transaction, language)
    except NotFound:
        return None
