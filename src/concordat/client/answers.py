"""What a node answers: JSON, or the error of a problem document. Anybody may stand between, and answer anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, TypeVar

import msgspec

from concordat.client.files import PROOF_BYTES_MAX
from concordat.errors import ConcordatError, NotFound, Refused, Stale, UsageError
from concordat.primitives.plain import Json, read_json

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")
Wait = Callable[[Event, float], bool]
"""Waits for an event, so many seconds at most."""

ANSWER_BYTES_MAX: Final = PROOF_BYTES_MAX
"""A proof is the largest thing that a node answers."""
ANSWER_TIMEOUT_S: Final = 120.0
"""For a whole answer with every attempt: enough for the largest at 140 kB/s."""


class Answer(NamedTuple):
    """An answer as it came, whole."""

    url: str
    status: int
    media: str
    body: bytes
    following: str = ""
    """Where the list goes on (RFC 8288), empty where it does not."""


class RefusedByNode(Refused):
    """A rule refuses. `document` is the node's whole answer: reasons, next step, transaction and height."""

    def __init__(self, document: Json) -> None:
        super().__init__(document["code"], str(document.get("reason", "")))
        self.document: Final = document


_ERROR_BY_STATUS: Final[dict[int, type[ConcordatError]]] = {
    400: UsageError,
    404: NotFound,
    408: Stale,
    429: Stale,
    500: ConcordatError,
    503: Stale,
}


class _Ground(msgspec.Struct):
    code: str
    text: str


class _Problem(msgspec.Struct):
    """What a reader takes from a problem document; more may stand there."""

    status: int
    code: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]+(\.[a-z0-9_]+)+\Z")]
    detail: str
    reason: str
    next_step: str
    rule: str | None = None
    reasons: tuple[_Ground, ...] = ()


def run_within(wait: Wait, address: str, work: Callable[[Event], T]) -> T:
    """Return what `work` does; it has to end soon when the event that it gets is set, for then nobody waits any more.

    It runs in a thread of its own: timeouts of a socket begin anew with each byte, whoever drips them.

    Raises:
        NotFound: `node.broke_off` when it takes too long.
    """
    done, is_late = Event(), Event()
    outcome: list[T | Exception] = []

    def run() -> None:
        try:
            outcome.append(work(is_late))
        except Exception as error:  # noqa: BLE001  # raised in the thread that waits
            outcome.append(error)
        done.set()

    Thread(target=run, daemon=True).start()
    try:
        wait(done, ANSWER_TIMEOUT_S)
    finally:
        is_late.set()
    if not outcome:
        raise make_broken_off(address)
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


class Gathering:
    """An answer whose head has come, while its body comes. One that is encoded could unfold to any size.

    Raises, while it is made and with each chunk:
        NotFound: `node.unreadable` above ANSWER_BYTES_MAX.
    """

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self._url = str(response.url)
        self._body = bytearray()
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise make_unreadable(self._url)

    def add(self, chunk: bytes) -> None:
        """Take one more part."""
        self._body += chunk
        if len(self._body) > ANSWER_BYTES_MAX:
            raise make_unreadable(self._url)

    def finish(self) -> Answer:
        """Return the answer, which is whole."""
        media = self._response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        following = self._response.links.get("next", {}).get("url", "")
        return Answer(self._url, self._response.status_code, media, bytes(self._body), following)


def read_whole(response: httpx2.Response, is_late: Event) -> Answer:
    """Return an answer whose head has come.

    Raises:
        NotFound: as `Gathering`; `node.broke_off` when nobody waits any more. httpx2.TransportError when it breaks off.
    """
    gathering = Gathering(response)
    for chunk in response.iter_raw():
        gathering.add(chunk)
        if is_late.is_set():
            raise make_broken_off(str(response.url))
    return gathering.finish()


def make_error(answer: Answer) -> ConcordatError:
    """Return the error that a problem document describes (RFC 9457)."""
    found = _find_problem(answer)
    if found is None:
        return make_unreadable(answer.url)
    document, problem = found
    kind = _ERROR_BY_STATUS.get(answer.status)
    return RefusedByNode(document) if kind is None else kind(problem.code, problem.detail or problem.reason)


def describe_problem(answer: Answer) -> str:
    """Return why, and what to do next, as the node says it; the status alone where it says neither."""
    found = _find_problem(answer)
    return str(answer.status) if found is None else f"{found[1].reason} {found[1].next_step}".strip()


def _find_problem(answer: Answer) -> tuple[Json, _Problem] | None:
    if answer.media != "application/problem+json":
        return None
    try:
        document = read_answer(answer)
        problem = msgspec.convert(document, _Problem)
    except (NotFound, msgspec.ValidationError):
        return None
    return (document, problem) if problem.status == answer.status else None


def read_answer(answer: Answer) -> Json:
    """Return the JSON of an answer.

    Raises:
        NotFound: `node.unreadable`.
    """
    with reading(answer.url):
        return read_json(answer.body)


@contextmanager
def reading(address: str) -> Iterator[None]:
    """Take what cannot be read in here for an answer that no node gives; nothing else than reading it belongs in here.

    Raises:
        NotFound: `node.unreadable`.
    """
    try:
        yield
    except (UsageError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise make_unreadable(address) from error


def make_unreadable(address: str) -> NotFound:
    """Return the error of an answer that no node gives."""
    return NotFound("node.unreadable", address)


def make_broken_off(address: str) -> NotFound:
    """Return the error of an answer that began, or was waited for, and did not come whole."""
    return NotFound("node.broke_off", address)


def is_told(fact: Json, told: Json) -> bool:
    """Tell whether `told` says the fact, and beyond it no more than further fields."""
    if isinstance(fact, dict):
        return isinstance(told, dict) and fact.keys() <= told.keys() and all(is_told(fact[n], told[n]) for n in fact)
    if isinstance(fact, list):
        return isinstance(told, list) and len(told) == len(fact) and all(map(is_told, fact, told))
    return type(fact) is type(told) and bool(fact == told)
