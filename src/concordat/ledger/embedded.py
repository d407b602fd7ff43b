"""The embedded engine: one process orders, applies and stores blocks. Durable before acknowledged.

One thread owns the ledger. It takes what is queued (group commit adapts by itself: while one block is being synced the
next one gathers), applies it, waits for the disk once, tells the observer, and only then answers the submitters.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice

from concordat.errors import ConcordatError, Refused
from concordat.ledger.application import BLOCK_TRANSACTIONS_MAX, Application, BlockRecord
from concordat.ledger.store import BlockStore
from concordat.primitives.codec import encode
from concordat.protocol.transactions import compute_transaction_id
from concordat.protocol.transition import has_due

QUEUE_MAX = 20_000
"""Transactions waiting; beyond it submitters are asked to come back."""


@dataclass(frozen=True, slots=True)
class Committed:
    """Where a transaction ended up: its block, its place in history, and the entry's exact bytes."""

    height: int
    position: int
    leaf: bytes


Observer = Callable[[int, BlockRecord], None]
"""Told of each durable block and of history's size before it, before anybody is answered."""


class EmbeddedEngine:
    """Orders transactions on this machine. Readers hold `lock`, under which all that they see is durable."""

    def __init__(
        self,
        application: Application,
        store: BlockStore,
        *,
        now_us: Callable[[], int],
        make_tick: Callable[[], bytes],
        observe: Observer,
    ) -> None:
        self.application = application
        self.lock = threading.RLock()
        self._state_lock = threading.Lock()
        self.failure: ConcordatError | None = None
        self._store = store
        self._now_us = now_us
        self._make_tick = make_tick
        self._observe = observe
        self._queue: deque[tuple[bytes, Future[Committed]]] = deque()
        self._waiting: dict[bytes, Future[Committed]] = {}
        self._has_work = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def submit(self, wire: bytes) -> Future[Committed]:
        """Queue a transaction; the future is done when its block is durable. The same bytes twice are one.

        Raises:
            Rejected: by `check_tx`.
            Refused: `node.busy`, or the reason for which the ledger stopped.
        """
        with self._state_lock:
            if self.failure is not None:
                raise self.failure
            transaction_id = compute_transaction_id(wire)
            if waiting := self._waiting.get(transaction_id):
                return waiting
            self.application.check_tx(wire)
            if len(self._queue) >= QUEUE_MAX:
                raise Refused("node.busy", f"{QUEUE_MAX} transactions wait", "try again in a few seconds")
            future: Future[Committed] = Future()
            self._waiting[transaction_id] = future
        with self._has_work:
            self._queue.append((wire, future))
            self._has_work.notify()
        return future

    def close(self) -> None:
        """Finish what is queued and stop."""
        with self._has_work:
            self._is_closing = True
            self._has_work.notify()
        self._thread.join()

    def _run(self) -> None:
        while self._wait_for_work():
            try:
                with self.lock:
                    self._make_block()
            except ConcordatError as error:
                self._stop(error)
                return
            except BaseException as error:
                self._stop(Refused("node.stopped", repr(error), "restart the node; report this defect"))
                raise

    def _wait_for_work(self) -> bool:
        """Sleep until something is queued or due; False when closing and nothing is left."""
        with self._has_work:
            while not self._queue:
                if self._is_closing:
                    return False
                seconds = self._seconds_until_due()
                if seconds is not None and seconds <= 0:
                    if not self.application.chain.is_scenario:
                        self._queue.append((self._make_tick(), Future()))
                    return True
                self._has_work.wait(seconds)
            return True

    def _seconds_until_due(self) -> float | None:
        application = self.application
        if application.chain.is_scenario:
            return 0 if has_due(application.state, application.time) else None
        key = application.state.due.first_key()
        return None if key is None else max(0.0, (int(key[0]) - self._now_us()) / 1e6)

    def _make_block(self) -> None:
        pool = [item[0] for item in islice(self._queue, BLOCK_TRANSACTIONS_MAX)]
        with self._state_lock:
            block, taken = self.application.prepare_proposal(pool, self._now_us())
            record = self.application.finalize_block(block)
        size_before = self.application.sizes[-2]
        self._store.append(encode(record))
        self._observe(size_before, record)
        first = len(record.entries) - taken
        for place in range(taken):
            wire, future = self._queue.popleft()
            self._waiting.pop(compute_transaction_id(wire), None)
            position = size_before + first + place
            future.set_result(Committed(record.height, position, record.entries[first + place]))

    def _stop(self, error: ConcordatError) -> None:
        """A block could not be made durable: answer nobody as if it were, and take no more until a restart."""
        with self._state_lock:
            self.failure = error
        while self._queue:
            _, future = self._queue.popleft()
            if not future.done():
                future.set_exception(error)
        self._waiting.clear()
