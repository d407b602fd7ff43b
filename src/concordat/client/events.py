"""Following a node's events: what comes over the wire becomes whole blocks, each once and in order.

Without a connection, like `Conversation`: `Client.events` and `AsyncClient.events` have those.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, TypeVar
from urllib.parse import urlencode

import msgspec

from concordat.client.answers import ANSWER_BYTES_MAX, make_unreadable
from concordat.client.conversation import Ask
from concordat.errors import ConcordatError, Refused, Stale, UsageError
from concordat.primitives.plain import Json

_PAUSES_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""After so many failures in a row without one block between them the follower gives up."""

_RESUMABLE: Final = frozenset({"node.unreachable", "node.broke_off"})
_Height = Annotated[int, msgspec.Meta(ge=0)]


class _Entry(msgspec.Struct):
    position: _Height
    height: _Height
    sentence: str


class _Part(msgspec.Struct):
    """What a reader takes from an event; more may stand there."""

    height: _Height
    time: str
    whole: bool
    entries: tuple[_Entry, ...]


class _End(msgspec.Struct):
    """Why a node ended a stream."""

    code: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]+(\.[a-z0-9_]+)+\Z")]
    reason: str


_T = TypeVar("_T")


class Following:
    """Where a follower stands, whatever connection it has."""

    def __init__(self, address: str, after: int | None, **filters: str | int | None) -> None:
        """`after` is the height of the last block that is known; None: only what happens from now on."""
        self._address = address
        self._after = after
        self._filters = {name: value for name, value in filters.items() if value is not None}
        self._failures = 0
        self._buffer = b""
        self._parts: list[Json] = []
        self._next_position = 0
        self._part_position = 0

    def make_ask(self) -> Ask:
        """Return what to ask, to begin or to go on behind the last whole block."""
        self._buffer, self._parts, self._part_position = b"", [], self._next_position
        given = self._filters | ({} if self._after is None else {"after": self._after})
        target = f"/v1/events?{urlencode(given)}" if given else "/v1/events"
        return Ask("GET", target, b"", {"Accept": "text/event-stream"}, is_signed=True)

    def take(self, chunk: bytes) -> Iterator[Json]:
        """Yield the blocks {height, time, entries} that are whole with this chunk.

        Raises:
            NotFound: `node.unreadable` for what no node sends. Stale: the code for which the node ended the stream.
        """
        *events, self._buffer = (self._buffer + chunk).split(b"\n\n")
        if len(self._buffer) > ANSWER_BYTES_MAX:
            raise make_unreadable(self._address)
        for event in events:
            fields = dict(line.partition(b": ")[::2] for line in event.split(b"\n"))
            kind, data = fields.get(b"event"), fields.get(b"data", b"")
            if kind == b"entries":
                yield from self._take_part(data)
            elif kind == b"end":
                raise self._make_end(data)
            elif b"id" in fields:  # nothing up to here concerns this reader
                self._move(fields[b"id"])

    def compute_pause_s(self, error: ConcordatError | None) -> float:
        """Return how long to wait before asking anew, when a stream ended; raise what asking again would not mend."""
        if error is None:
            return _PAUSES_S[0]
        if error.code not in _RESUMABLE and not isinstance(error, Stale):
            raise error
        self._failures += 1
        if self._failures > len(_PAUSES_S):
            raise error
        return _PAUSES_S[self._failures - 1]

    def _take_part(self, data: bytes) -> Iterator[Json]:
        told, part = self._read(data, _Part)
        positions = [entry.position for entry in part.entries]
        is_next = part.height > (-1 if self._after is None else self._after)
        is_in_order = positions == sorted(set(positions)) and (not positions or positions[0] >= self._part_position)
        is_of_block = all(entry.height == part.height for entry in part.entries)
        is_going_on = not self._parts or self._parts[0]["height"] == part.height
        if not (is_next and is_in_order and is_of_block and is_going_on and positions):
            raise make_unreadable(self._address)
        self._parts.append(told)
        self._part_position = positions[-1] + 1
        if part.whole:
            self._next_position = self._part_position
            entries = [entry for each in self._parts for entry in each["entries"]]
            self._after, self._parts, self._failures = part.height, [], 0
            yield {"height": part.height, "time": part.time, "entries": entries}

    def _move(self, text: bytes) -> None:
        if not text.isdigit() or len(text) > 16 or self._parts:
            raise make_unreadable(self._address)
        self._after = max(self._after or 0, int(text))
        self._failures = 0

    def _make_end(self, data: bytes) -> ConcordatError:
        _, end = self._read(data, _End)
        return Refused(end.code, end.reason) if end.code.startswith("auth.") else Stale(end.code, end.reason)

    def _read(self, data: bytes, kind: type[_T]) -> tuple[Json, _T]:
        try:
            told = msgspec.json.decode(data)
            return told, msgspec.convert(told, kind)
        except (msgspec.MsgspecError, UsageError, RecursionError, ValueError) as error:
            raise make_unreadable(self._address) from error
