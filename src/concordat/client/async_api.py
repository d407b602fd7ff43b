"""The asynchronous client of one node: the conversation of `Client`, awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import update_wrapper
from http import HTTPStatus
from typing import Concatenate, ParamSpec, Self, TypeVar

import httpx2

from concordat.client.answers import ANSWER_TIMEOUT_S, Answer, Gathering, make_broken_off, make_error
from concordat.client.conversation import Ask, Conversation, Steps
from concordat.client.events import Following
from concordat.client.keys import Key
from concordat.client.sending import ATTEMPTS, compute_pause_s, make_options, make_request
from concordat.contracts.text import Language
from concordat.crypto.proof import Trust
from concordat.errors import ConcordatError, NotFound, Stale, UsageError
from concordat.primitives.plain import Json

P = ParamSpec("P")
T = TypeVar("T")


def _held(
    method: Callable[Concatenate[Conversation, P], Steps[T]],
) -> Callable[Concatenate[AsyncClient, P], Coroutine[None, None, T]]:
    """Return the method of a client that holds this part of a conversation."""

    async def hold(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.hold(method(self.conversation, *args, **kwargs))

    update_wrapper(hold, method)
    return hold


class AsyncClient:
    """Talks to the node at `url`, as `Client` does. Close it, or use it in an `async with`."""

    def __init__(
        self, url: str, key: Key | None = None, trust: Trust | None = None, *, language: Language = "en"
    ) -> None:
        self.conversation = Conversation(url, key, trust, language)
        try:
            self._http = httpx2.AsyncClient(**make_options(url, language))
        except (httpx2.InvalidURL, ValueError) as error:
            raise UsageError("node.bad_address", url) from error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

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

    async def pages(self, target: str) -> AsyncIterator[Json]:
        """Yield the answers that a list's links lead through, as `Client.pages` does."""
        while target:
            content, target = await self.page(target)
            yield content

    async def events(
        self, after: int | None = None, *, member: str | None = None, contract: int | None = None
    ) -> AsyncIterator[Json]:
        """Yield blocks as `Client.events` does."""
        following = Following(str(self._http.base_url), after, member=member, contract=contract)
        await self.chain_id()
        while True:
            failure: ConcordatError | None = None
            try:
                async for block in self._follow(following):
                    yield block
            except (NotFound, Stale) as error:
                failure = error
            await asyncio.sleep(following.compute_pause_s(failure))

    async def _follow(self, following: Following) -> AsyncIterator[Json]:
        address = str(self._http.base_url)
        request = make_request(self._http, self.conversation, following.make_ask())
        try:
            response = await self._http.send(request, stream=True)
        except httpx2.TransportError as error:
            raise NotFound("node.unreachable", address) from error
        try:
            if response.status_code != HTTPStatus.OK:
                raise make_error(await _gather(response))
            async for chunk in response.aiter_raw():
                for block in following.take(chunk):
                    yield block
        except httpx2.TransportError as error:
            raise make_broken_off(address) from error
        finally:
            await response.aclose()

    async def hold(self, steps: Steps[T]) -> T:
        """Ask what the steps ask, until they have their outcome."""
        try:
            ask = next(steps)
            while True:
                ask = steps.send(await self._send(ask))
        except StopIteration as end:
            outcome: T = end.value
            return outcome

    async def _send(self, ask: Ask) -> Answer:
        """Send a request, as `Client` does."""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                for attempt in range(ATTEMPTS):
                    try:
                        return await self._exchange(ask)
                    except NotFound as error:
                        if error.code == "node.unreadable":
                            raise
                        failure = error
                    await asyncio.sleep(compute_pause_s(attempt))
        except TimeoutError:
            raise make_broken_off(str(self._http.base_url)) from None
        raise failure

    async def _exchange(self, ask: Ask) -> Answer:
        """Send a request once, and return the whole answer."""
        address = str(self._http.base_url)
        try:
            response = await self._http.send(make_request(self._http, self.conversation, ask), stream=True)
        except httpx2.TransportError as error:
            raise NotFound("node.unreachable", address) from error
        try:
            return await _gather(response)
        except httpx2.TransportError as error:
            raise make_broken_off(address) from error
        finally:
            await response.aclose()


async def _gather(response: httpx2.Response) -> Answer:
    gathering = Gathering(response)
    async for chunk in response.aiter_raw():
        gathering.add(chunk)
    return gathering.finish()
