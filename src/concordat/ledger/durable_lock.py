"""The lock under which memory shows what is on disk, and nothing else."""

from __future__ import annotations

import threading
from types import TracebackType

from concordat.errors import ConcordatError


class DurableLock:
    """Held by readers, and by the ledger while its memory is ahead of the disk. Reentrant, and fair.

    Whoever waits goes before a holder who lets go and comes back: under load the ledger makes block after block, and
    readers of a plain lock would hardly ever find it free. After a `failure` memory may hold a block that the disk does
    not, so nobody gets in.
    """

    def __init__(self) -> None:
        self.failure: ConcordatError | None = None
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._owner: int | None = None
        self._depth = 0

    def check_failure(self) -> None:
        """Raise the failure, if there is one."""
        if self.failure is not None:
            raise self.failure.renew()

    def __enter__(self) -> None:
        if self._owner != threading.get_ident():
            with self._turn:
                self._lock.acquire()
            self._owner = threading.get_ident()
        self._depth += 1
        try:
            self.check_failure()
        except ConcordatError:
            self._release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def _release(self) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._owner = None
            self._lock.release()
