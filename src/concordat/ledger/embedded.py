"""The embedded engine: one process orders, applies and stores blocks. Durable before acknowledged.

One thread owns the ledger. It takes what is queued (group commit adapts by itself: while one block is being synced the
next one gathers), applies it, waits for the disk once, tells the observer, and only then answers the submitters.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final

from concordat.errors import ConcordatError, Refused, Rejected
from concordat.ledger.application import BLOCK_TRANSACTIONS_MAX, Application, BlockRecord
from concordat.ledger.durable_lock import DurableLock
from concordat.ledger.queued import Claim, Committed, Queued
from concordat.ledger.store import BlockStore
from concordat.ledger.workers import SignatureWorkers
from concordat.primitives.codec import encode
from concordat.primitives.ledger_time import DAY_US, format_time
from concordat.protocol.transactions import SignedTransaction

QUEUE_MAX: Final = 20_000
"""Transactions waiting; beyond it submitters are asked to come back."""

REST_S: Final = 0.5
"""After so long without a block the store is given time for what it need not do while blocks are made."""

CLOCK_LOOK_S: Final = 60.0
"""The longest sleep before the clock is read again: it may have been set forward meanwhile."""

CLOCK_BEHIND_US: Final = 1_000_000
"""A clock further behind the last block than this is worth a warning."""

CLOCK_AHEAD_US: Final = 366 * DAY_US
"""Ledger time never goes back, so no clock makes it go further than this in one step unless somebody vouches for it."""

_log = logging.getLogger(__name__)


Observer = Callable[[int, BlockRecord], None]
"""Told of each durable block and of history's size before it, before anybody is answered."""


class EmbeddedEngine:
    """Orders transactions on this machine, in a thread of its own after `start`.

    Readers hold `lock`, under which all that they see is durable. An error stops the engine for good: every submitter
    still waiting, every later one and every reader gets it.
    """

    def __init__(
        self,
        application: Application,
        store: BlockStore,
        *,
        now_us: Callable[[], int],
        observe: Observer,
        accepted_us: int = 0,
    ) -> None:
        """`accepted_us` is a time of the clock for which somebody vouches."""
        self.application = application
        self.durable = application.checkpoint
        """The last block on disk, also after a failure, when the application's memory may be ahead of it."""
        self.lock = DurableLock()
        self._store = store
        self._now_us = now_us
        self._observe = observe
        self._workers = SignatureWorkers()
        # Guards everything below, and the application's memory between admission and blocks. Taken after `lock`.
        self._door = threading.Condition(threading.Lock())
        self._queue: deque[Queued] = deque()
        self._waiting: dict[bytes, Queued] = {}
        self._claimed: dict[Claim, bytes] = {}
        """What the waiting will use up, and the id of who will."""
        self._is_closing = False
        self._accepted_us = accepted_us
        self._is_clock_off = False
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)

    @property
    def failure(self) -> ConcordatError | None:
        """Why the engine stopped; None while it works."""
        return self.lock.failure

    def check_clock(self) -> None:
        """Refuse to begin under a clock that may not move the ledger's time.

        Raises:
            Refused: `clock.far_ahead`.
        """
        now_us, last = self._now_us(), self.application.time
        if not self.application.chain.is_scenario and self._is_far_ahead(now_us):
            place = f"{format_time(now_us)}; the last block: {format_time(last)}"
            raise Refused("clock.far_ahead", place)

    def start(self) -> None:
        """Make blocks in a thread until `close`."""
        self._thread.start()

    def submit(self, wire: bytes) -> Queued:
        """Queue a transaction; its `result` is there when its block is durable. The same bytes twice are one.

        Raises:
            Rejected: by the application.
            Refused: `node.busy`, or the reason for which the ledger stopped.
        """
        (queued,) = self.submit_many([wire])
        if isinstance(queued, ConcordatError):
            raise queued
        return queued

    def submit_many(self, wires: Sequence[bytes]) -> list[Queued | ConcordatError]:
        """`submit` of each, in this order, with what it would have raised; many signatures are checked in parallel."""
        # Signatures are checked outside the door, so that submitters do not wait for each other nor for a block.
        checked = self.application.check_forms(wires, self._workers.verify)
        with self._door:
            now_us = self.fetch_time()
            return [self._admit(wire, transaction, now_us) for wire, transaction in zip(wires, checked, strict=True)]

    def step(self) -> bool:
        """Make one block if a transaction waits or something is due, and say whether. For callers without `start`."""
        with self._stopping_on_error():
            with self._door:
                has_work = bool(self._queue) or self._is_due()
            if has_work:
                self._make_block()
            return has_work and self.failure is None
        return False

    def close(self) -> None:
        """Finish what is queued, stop the thread, take no more."""
        with self._door:
            self._is_closing = True
            self._door.notify()
        if self._thread.is_alive():
            self._thread.join()
        self._workers.close()

    # ── at the door, under `_door` ──────────────────────────────────────────────────────────────────────────────────

    def _admit(
        self, wire: bytes, transaction: SignedTransaction | Rejected, now_us: int
    ) -> Queued | ConcordatError:
        """Queue a checked transaction, or find it queued already."""
        if isinstance(transaction, Rejected):
            return transaction
        try:
            self.lock.check_failure()
            if waiting := self._waiting.get(transaction.id):
                return waiting
            if self._is_closing:
                raise Refused("node.busy", "the node is stopping")
            if len(self._queue) >= QUEUE_MAX:
                raise Refused("node.busy", f"{QUEUE_MAX} transactions wait")
            claims = _get_claims(transaction)
            self._check_claims(claims, transaction)
            self.application.admit(wire, transaction, now_us)
        except ConcordatError as error:
            return error
        queued = self._waiting[transaction.id] = Queued(transaction.id, wire, claims)
        self._claimed.update(dict.fromkeys(claims, transaction.id))
        self._queue.append(queued)
        self._door.notify()
        return queued

    def _check_claims(self, claims: tuple[Claim, ...], transaction: SignedTransaction) -> None:
        """Refuse what could only leave a refusal on the ledger: another one that waits takes its number or name."""
        number, *names = claims
        if number in self._claimed:
            raise Rejected("ledger.nonce_used", transaction.payload.lane, transaction.payload.nonce)
        for name in names:
            if name in self._claimed:
                raise Rejected("ledger.client_key_used", self._claimed[name].hex())

    # ── the ledger's thread ─────────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        with self._stopping_on_error():
            while self._wait_for_work():
                self._make_block()

    @contextmanager
    def _stopping_on_error(self) -> Iterator[None]:
        try:
            yield
        except ConcordatError as error:
            self._stop(error)
        except BaseException as error:
            self._stop(Refused("node.stopped", repr(error)))
            raise

    def _wait_for_work(self) -> bool:
        """Sleep until something is queued or due; False after a failure, or when closing and nothing is left."""
        while (has_work := self._wait_at_door()) is None:
            self._store.sync_head()  # outside the door: a slow disk keeps nobody waiting there
        return has_work

    def _wait_at_door(self) -> bool | None:
        """Return what `_wait_for_work` does, or None when the store has rested for long enough."""
        rested_s = 0.0
        with self._door:
            while not self._queue:
                if self._is_closing or self.failure is not None:
                    return False
                if self._is_due():
                    return True
                if rested_s >= REST_S and not self._store.is_head_synced:
                    return None
                sleep_s = self._compute_sleep_s(rested_s)
                if not self._door.wait(sleep_s):
                    rested_s += sleep_s or 0.0
            return True

    def _is_due(self) -> bool:
        return self.application.has_own_work(self.fetch_time())

    def _compute_sleep_s(self, rested_s: float) -> float | None:
        """How long nothing can become due by itself, nor the store has rested for long enough; None is for ever."""
        rest_s = None if self._store.is_head_synced else REST_S - rested_s
        key = self.application.state.due.first_key()
        if key is None or self.application.chain.is_scenario:
            return rest_s
        return min(rest_s or CLOCK_LOOK_S, max(0.0, (int(key[0]) - self.fetch_time()) / 1e6))

    def fetch_time(self) -> int:
        """The ledger's time now. It stands still while the clock is behind the last block, or far ahead of it."""
        last = self.application.time
        if self.application.chain.is_scenario:
            return last
        now_us = self._now_us()
        is_ahead = self._is_far_ahead(now_us)
        is_off = is_ahead or now_us < last - CLOCK_BEHIND_US
        if is_off and not self._is_clock_off:
            _log.warning(
                "this machine's clock says %s, the last block %s: ledger time stands still; set the clock",
                format_time(now_us),
                format_time(last),
            )
        self._is_clock_off = is_off
        return last if is_ahead else max(last, now_us)

    def _is_far_ahead(self, now_us: int) -> bool:
        return now_us > max(self.application.time, self._accepted_us) + CLOCK_AHEAD_US

    def _make_block(self) -> None:
        # A failure is known before the lock is free: no reader comes in between.
        with self.lock, self._stopping_on_error():
            with self._door:
                pool = [queued.wire for queued in islice(self._queue, BLOCK_TRANSACTIONS_MAX)]
                block, taken = self.application.prepare_proposal(pool, self.fetch_time())
                record = self.application.finalize_block(block)
            size_before = self.application.sizes[-2]
            self._store.append(encode(record))
            self.durable = record.checkpoint
            try:
                self._observe(size_before, record)
            finally:
                # The block is durable, whatever the observer says.
                self._answer(record, size_before, taken)

    def _answer(self, record: BlockRecord, size_before: int, taken: int) -> None:
        """Tell the submitters of the queue's front where their transactions are; they are the block's last entries."""
        with self._door:
            done = [self._queue.popleft() for _ in range(taken)]
            for queued in done:
                self._waiting.pop(queued.id, None)
                for claim in queued.claims:
                    self._claimed.pop(claim, None)
        first = len(record.entries) - taken
        for place, queued in enumerate(done, start=first):
            queued.answer(Committed(record.checkpoint.height, size_before + place, record.entries[place]))

    def _stop(self, error: ConcordatError) -> None:
        """A block could not be made durable: answer nobody as if it were, and take no more until a restart."""
        if self.failure is None:
            _log.error("the ledger takes no more until a restart: %s", error)
        with self._door:
            self.lock.failure = self.lock.failure or error
            left = list(self._queue)
            self._queue.clear()
            self._waiting.clear()
            self._claimed.clear()
        for queued in left:
            queued.answer(error)


def _get_claims(transaction: SignedTransaction) -> tuple[Claim, ...]:
    """What will be used up: the number first, then the client's key if there is one."""
    key, payload = transaction.public_key, transaction.payload
    number = (key, payload.lane, payload.nonce)
    return (number, (key, payload.client_key)) if payload.client_key else (number,)
