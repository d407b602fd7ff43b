"""Every error that normal operation may raise. Each carries a stable code that scripts may rely on.

ConcordatError
├── Rejected       a rule of the ledger refuses a transaction          exit 4
├── Refused        a face refuses a request (access, rate, size)       exit 4
├── UsageError     the caller's words are wrong                        exit 2
├── NotFound       no such thing, or nobody answers                    exit 3
├── Corrupt        stored bytes or a proof do not verify               exit 5
└── Stale          the answer would be out of date: try again          exit 6

A broken invariant is none of these: `InvariantBroken` stops the node, since a wrong answer is worse than no answer.
"""

from __future__ import annotations

from typing import ClassVar, Final, Self


class ConcordatError(Exception):
    """An error expected in normal operation.

    `code` is stable and dotted (`family.reason`); `detail` names the value that failed. What to do next
    is told by the catalogs (wording), in the reader's language.
    """

    exit_status: ClassVar[int] = 1

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code: Final = code
        self.detail: Final = detail

    def renew(self) -> Self:
        """Return the same error, to be raised in another thread: a raised one keeps the frames that it passed."""
        fresh = type(self).__new__(type(self), *self.args)
        fresh.__dict__.update(self.__dict__)
        return fresh


class Rejected(ConcordatError):
    """A rule refuses a transaction. The code is consensus: it stands in the receipt; the words never do.

    `reasons` lists every ground as `(code, parameters)`; when empty the code itself is the only ground.
    """

    exit_status = 4

    def __init__(self, code: str, *parameters: str | int, reasons: tuple[tuple[str, tuple[str | int, ...]], ...] = ()):
        super().__init__(code, ", ".join(str(value) for value in parameters) or code)
        self.parameters: Final = parameters
        self.reasons: Final = reasons


class Refused(ConcordatError):
    """A face refuses a request before it reaches the ledger. `retry_after_s`: when it may succeed; 0 is unknown."""

    exit_status = 4

    def __init__(self, code: str, detail: str, *, retry_after_s: int = 0) -> None:
        super().__init__(code, detail)
        self.retry_after_s: Final = retry_after_s


class UsageError(ConcordatError):
    """The caller's words are wrong: an unknown field, an unreadable file, a bad option."""

    exit_status = 2


class NotFound(ConcordatError):
    """There is no such thing, or the node does not answer."""

    exit_status = 3


class Corrupt(ConcordatError):
    """Stored bytes or a proof do not verify. `height`: the block at which this shows, where there is one."""

    exit_status = 5

    def __init__(self, code: str, detail: str, *, height: int | None = None) -> None:
        super().__init__(code, detail)
        self.height: Final = height


class Stale(ConcordatError):
    """The answer would be out of date; the same request may succeed later."""

    exit_status = 6


class InvariantBroken(RuntimeError):
    """Something that must always hold does not. Never caught: the node stops."""
