"""Events as they happen: server-sent events by height, for whoever may read the same of `/v1/ledger`.

Nothing is queued: each reader takes the next stretch of history from the index when it has taken the one before, so a
slow one costs its place and one stretch, and no thread waits with it. A block that everybody reads is rendered once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from anyio import to_thread
from litestar import Litestar, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream

from concordat.api.access import check_access, find_reader, find_session_reader, get_face, get_reader
from concordat.api.asking import Asking
from concordat.api.feed import Feed
from concordat.contracts.text import Language
from concordat.errors import ConcordatError, Refused, UsageError
from concordat.node import reads
from concordat.node.node import Node
from concordat.primitives.identifiers import INTEGER_MAX
from concordat.wording.sentences import explain_error

EVENT_STREAM: Final = "text/event-stream"
ENTRIES_PER_EVENT: Final = 100
HEARTBEAT_S: Final = 15.0
PATIENCE_S: Final = 10.0
"""How long a reader may take to take one stretch."""
STREAM_S: Final = 3600
"""A stream ends after so long and is resumed, so that none outlives what opened it by more."""

Number = Annotated[int | None, QueryParameter(ge=0, le=INTEGER_MAX)]
Seconds = Annotated[int, QueryParameter(ge=0, le=STREAM_S, description="ends the stream; 0: what is there by now")]


@dataclass(slots=True)
class Cursor:
    """How far a reader has come: the next position, and the last height that it has whole."""

    position: int
    height: int


@get("/events", media_type=EVENT_STREAM)
async def stream_events(
    request: Asking,
    node: NamedDependency[Node],
    language: NamedDependency[Language],
    after: Number = None,
    seconds: Seconds = STREAM_S,
    member: FromQuery[str | None] = None,
    contract: Number = None,
    dataset: FromQuery[str | None] = None,
) -> Stream:
    """What happens from now on, or `after` a height, block by block, as server-sent events; all, or about one thing.

    Each event has the entries of a block as `/v1/ledger` shows them, at most 100; `id`, its height, stands on the last
    event of the block, and `Last-Event-ID` (or `after`) resumes behind it. `end` names the code that ended the stream.
    """
    link = reads.choose_link(member=member, contract=contract, dataset=dataset)
    known = _read_height(request, after)
    feed = get_face(request).feed
    height = node.engine.durable.height
    if known is not None and known > height:
        raise UsageError("input.does_not_fit", f"after {known}: the ledger stands at {height}")
    since = await to_thread.run_sync(reads.find_first_position, node, get_reader(request).member)
    start = height if known is None else known
    cursor = Cursor(max(since, reads.get_size_at(node, start)), start)
    place = feed.take_place(get_reader(request).public_key or b"")

    def look() -> bytes:
        _check_again(request)
        return render_following(node, language, link, cursor, feed)

    async def run() -> AsyncIterator[bytes]:
        async with place:
            async for part in follow(look, cursor, language, feed, seconds, asyncio.get_running_loop().time):
                yield part

    return Stream(run, media_type=EVENT_STREAM, headers={"X-Accel-Buffering": "no"})


async def follow(
    look: Callable[[], bytes], cursor: Cursor, language: Language, feed: Feed, seconds: int, now_s: Callable[[], float]
) -> AsyncIterator[bytes]:
    """Yield the stream's bytes: what there is, then what comes, a sign of life when nothing does, why it ends."""
    ends_s = now_s() + seconds
    yield b"retry: 2000\n\n"
    try:
        while not feed.is_closing:
            beat = feed.get_beat()
            if part := await to_thread.run_sync(look):
                begun_s = now_s()
                yield part
                if now_s() - begun_s > PATIENCE_S:
                    raise Refused("events.too_slow", f"{PATIENCE_S:.0f} s")
                continue
            left_s = ends_s - now_s()
            if left_s <= 0:
                break
            try:
                async with asyncio.timeout(min(HEARTBEAT_S, left_s)):
                    await beat.wait()
            except TimeoutError:
                yield f": alive\nid: {cursor.height}\n\n".encode()
        yield f": until the next\nid: {cursor.height}\n\n".encode()
    except ConcordatError as error:
        reason, next_step = explain_error(error, language)
        told = {"code": error.code, "reason": reason, "next_step": next_step, "height": cursor.height}
        yield b"event: end\ndata: " + msgspec.json.encode(told) + b"\n\n"


def render_following(
    node: Node, language: Language, link: tuple[str, str] | None, cursor: Cursor, feed: Feed
) -> bytes:
    """Return the next stretch of history as events and move the cursor behind it; nothing when there is no more."""
    key = (cursor.position, language, link)
    found = feed.get_stretch(key)
    if found is None:
        folded, blocks = reads.list_following(node, language, link=link, since=cursor.position, limit=ENTRIES_PER_EVENT)
        if not blocks:
            cursor.height = max(cursor.height, folded)
            return b""
        whole = [block.height for block in blocks if block.is_whole]
        found = (b"".join(map(_render_block, blocks)), blocks[-1].entries[-1]["position"] + 1, max(whole, default=0))
        feed.keep_stretch(key, found)
    part, cursor.position, height = found
    cursor.height = max(cursor.height, height)
    return part


def _render_block(block: reads.Block) -> bytes:
    told = {"height": block.height, "time": block.time, "whole": block.is_whole, "entries": block.entries}
    mark = f"id: {block.height}\n" if block.is_whole else ""
    return f"{mark}event: entries\ndata: ".encode() + msgspec.json.encode(told) + b"\n\n"


def _check_again(request: Asking) -> None:
    """Refuse a reader who may no longer read: a key is removed, a member forced out, a session ended meanwhile."""
    public_key = get_reader(request).public_key
    if "authorization" in request.headers and public_key is not None:
        reader = find_reader(get_face(request).node, public_key)
        if reader is None:
            raise Refused("auth.unknown_key", public_key.hex())
    else:
        reader = find_session_reader(request)
    request.scope["user"] = reader
    check_access(request, request.route_handler)


def _read_height(request: Asking, after: int | None) -> int | None:
    text = request.headers.get("last-event-id", "")
    if not text:
        return after
    if not (text.isascii() and text.isdecimal() and len(text) <= 16):
        raise UsageError("input.does_not_fit", "Last-Event-ID is no height")
    return int(text)


@asynccontextmanager
async def beat_with_blocks(app: Litestar) -> AsyncIterator[None]:
    """Wake the readers at each block while the application runs."""
    face, loop = app.state.face, asyncio.get_running_loop()

    def tell() -> None:
        with suppress(RuntimeError):  # the loop is gone: nobody is there to be woken
            loop.call_soon_threadsafe(face.feed.beat)

    face.node.listeners.append(tell)
    try:
        yield
    finally:
        face.node.listeners.remove(tell)


ROUTES: Final = (stream_events,)
