"""A transaction between the door and its block, and what its submitters wait for."""

from __future__ import annotations

from threading import Lock

import msgspec

from concordat.errors import ConcordatError

Claim = tuple[bytes, int, int] | tuple[bytes, bytes]
"""What a transaction will use up: (public key, lane, nonce), or (public key, client key)."""


class Committed(msgspec.Struct, frozen=True):
    """Where a transaction ended up: its block, its place in history, and the entry's exact bytes."""

    height: int
    position: int
    leaf: bytes


class Queued:
    """A transaction on its way. Any number of threads may wait for its `result`; none can take it back."""

    __slots__ = ("_answered", "_outcome", "claims", "id", "wire")

    def __init__(self, id_: bytes, wire: bytes, claims: tuple[Claim, ...]) -> None:
        self.id, self.wire, self.claims = id_, wire, claims
        self._outcome: Committed | ConcordatError | None = None
        # A `Future` with its condition would cost a tenth of all that the ledger does for a transaction.
        self._answered = Lock()
        self._answered.acquire()

    def answer(self, outcome: Committed | ConcordatError) -> None:
        """Let go whoever waits; called once."""
        self._outcome = outcome
        self._answered.release()

    def result(self, timeout_s: float = -1) -> Committed:
        """Return where the transaction is, once its block is durable; wait for ever without a timeout.

        Raises:
            ConcordatError: why the ledger stopped before. TimeoutError.
        """
        if self._outcome is None:
            if not self._answered.acquire(timeout=timeout_s):
                raise TimeoutError
            self._answered.release()  # for the next who waits
        if isinstance(self._outcome, Committed):
            return self._outcome
        raise self._outcome.renew() if self._outcome else TimeoutError
