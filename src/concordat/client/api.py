"""The client of one node: builds, signs and sends transactions, reads, and checks what it is told.

What it says and how it judges the answers is `Conversation`; here are the connection, its patience and its limits.
`AsyncClient` has another connection and the same conversation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import update_wrapper
from http import HTTPStatus
from threading import Event
from typing import Concatenate, ParamSpec, Self, TypeVar

from concordat.client.answers import Answer, Wait, make_broken_off, make_error, read_whole, run_within
from concordat.client.conversation import Ask, Conversation, Steps, get_origin
from concordat.client.events import Following
from concordat.client.keys import Key
from concordat.client.sending import ATTEMPTS, compute_pause_s, make_options, make_request
from concordat.contracts.text import Language
from concordat.crypto.proof import Trust
from concordat.errors import ConcordatError, NotFound, Stale, UsageError
from concordat.primitives.plain import Json

__all__ = ["Client", "get_origin"]

P = ParamSpec("P")
T = TypeVar("T")


def _held(method: Callable[Concatenate[Conversation, P], Steps[T]]) -> Callable[Concatenate[Client, P], T]:
    """Return the method of a client that holds this part of a conversation."""

    def hold(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.hold(method(self.conversation, *args, **kwargs))

    update_wrapper(hold, method)
    return hold


class Client:
    """Talks to the node at `url`, as the officer of `key` if there is one. Close it, or use it in a `with`."""

    def __init__(
        self,
        url: str,
        key: Key | None = None,
        trust: Trust | None = None,
        *,
        language: Language = "en",
        wait: Wait = Event.wait,
    ) -> None:
        """`trust` is the genesis document or the node's key that the caller pins; `wait` waits for a whole answer."""
        self.conversation = Conversation(url, key, trust, language)
        self._wait = wait
        import httpx2  # here and in `_exchange`: half of what a command's --help would cost

        try:
            self._http = httpx2.Client(**make_options(url, language))
        except (httpx2.InvalidURL, ValueError) as error:
            raise UsageError("node.bad_address", url) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    status = _held(Conversation.status)
    chain_id = _held(Conversation.chain_id)
    genesis = _held(Conversation.genesis)
    get = _held(Conversation.get)
    page = _held(Conversation.page)
    post = _held(Conversation.post)
    fetch = _held(Conversation.fetch)
    verify = _held(Conversation.verify)
    fetch_since_seen = _held(Conversation.fetch_since_seen)
    fetch_newest = _held(Conversation.fetch_newest)
    fetch_checkpoint = _held(Conversation.fetch_checkpoint)
    compare = _held(Conversation.compare)
    fetch_receipt = _held(Conversation.fetch_receipt)
    fetch_valid_until_max = _held(Conversation.fetch_valid_until_max)
    send = _held(Conversation.send)
    submit = _held(Conversation.submit)
    make_login_link = _held(Conversation.make_login_link)

    def pages(self, target: str) -> Iterator[Json]:
        """Yield the answers that a list's links lead through, each when it is asked for.

        Raises:
            As `get`, also between two pages.
        """
        while target:
            content, target = self.page(target)
            yield content

    def events(
        self, after: int | None = None, *, member: str | None = None, contract: int | None = None
    ) -> Iterator[Json]:
        """Yield blocks {height, time, entries} for ever, from `after` a height or from now on, each once and in order.

        When the connection breaks it is made anew, with patience. What a block says is the node's word; its proof is at
        `/v1/ledger/{position}/proof`.

        Raises:
            NotFound, Stale: when the node stays away. Refused: `auth.*` when it no longer lets this key read.
        """
        following = Following(str(self._http.base_url), after, member=member, contract=contract)
        self.chain_id()
        is_over = Event()
        while True:
            failure: ConcordatError | None = None
            try:
                yield from self._follow(following)
            except (NotFound, Stale) as error:
                failure = error
            is_over.wait(following.compute_pause_s(failure))

    def _follow(self, following: Following) -> Iterator[Json]:
        import httpx2

        address = str(self._http.base_url)
        request = make_request(self._http, self.conversation, following.make_ask())
        try:
            response = self._http.send(request, stream=True)
        except httpx2.TransportError as error:
            raise NotFound("node.unreachable", address) from error
        try:
            if response.status_code != HTTPStatus.OK:
                raise make_error(read_whole(response, Event()))
            for chunk in response.iter_raw():
                yield from following.take(chunk)
        except httpx2.TransportError as error:
            raise make_broken_off(address) from error
        finally:
            response.close()

    def hold(self, steps: Steps[T]) -> T:
        """Ask what the steps ask, until they have their outcome."""
        try:
            ask = next(steps)
            while True:
                ask = steps.send(self._send(ask))
        except StopIteration as end:
            outcome: T = end.value
            return outcome

    def _send(self, ask: Ask) -> Answer:
        """Send a request; when the connection fails, again: a node that has a transaction already says so.

        Raises:
            NotFound: `node.unreachable`, `node.broke_off`, `node.unreadable`.
        """

        def send(is_late: Event) -> Answer:
            for attempt in range(ATTEMPTS):
                try:
                    return self._exchange(ask, is_late)
                except NotFound as error:
                    if error.code == "node.unreadable":
                        raise
                    failure = error
                if is_late.wait(compute_pause_s(attempt)):
                    break
            raise failure

        return run_within(self._wait, str(self._http.base_url), send)

    def _exchange(self, ask: Ask, is_late: Event) -> Answer:
        """Send a request once, and return the whole answer."""
        import httpx2

        address = str(self._http.base_url)
        try:
            response = self._http.send(make_request(self._http, self.conversation, ask), stream=True)
        except httpx2.TransportError as error:
            raise NotFound("node.unreachable", address) from error
        try:
            return read_whole(response, is_late)
        except httpx2.TransportError as error:
            raise make_broken_off(address) from error
        finally:
            response.close()
