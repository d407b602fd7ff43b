"""What leaves the node by itself: lanes, each with a thread, that keep durably what was acknowledged and try again.

The ledger never waits. What was not acknowledged is sent again, so it comes at least once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import Final, NamedTuple

import msgspec

from concordat.errors import ConcordatError
from concordat.ledger.files import Files
from concordat.node.node import Node
from concordat.primitives.sealed import seal, unseal

SENT_FILE: Final = "notices.sent"
WAIT_FIRST_S: Final = 1.0
WAIT_MAX_S: Final = 300.0
_STOP_S: Final = 2.0

_log = logging.getLogger(__name__)


class Lane(NamedTuple):
    """What sends the next thing: nothing when there is none, "" when it was acknowledged, else what was the matter.

    It is asked after each block and `look_s` after it had nothing, when that is not None; `rest_s` are left for more to
    come together.
    """

    name: str
    send: Callable[[], str | None]
    look_s: float | None = None
    rest_s: float = 0.0


class Sent:
    """What each receiver has acknowledged, as marks with a number each. Safe for threads."""

    def __init__(self, files: Files) -> None:
        """Read what is kept.

        Raises:
            Corrupt: `file.corrupt`. Refused: `disk.*`.
        """
        self._files = files
        self._lock = Lock()
        kept = unseal(SENT_FILE, files.read(SENT_FILE)) if files.exists(SENT_FILE) else b"{}"
        self._marks = msgspec.json.decode(kept, type=dict[str, dict[str, int]])

    def find(self, receiver: str) -> Mapping[str, int]:
        """Return a receiver's marks."""
        return self._marks.get(receiver, {})

    def keep(self, receiver: str, marks: Mapping[str, int]) -> None:
        """Keep a receiver's marks durably; without any, forget it."""
        with self._lock:
            self._marks.pop(receiver, None)
            if marks:
                self._marks[receiver] = dict(marks)
            self._files.replace(SENT_FILE, seal(msgspec.json.encode(self._marks, order="sorted")))


def follow(send: Callable[[], str | None], wait: Callable[[float | None], bool], name: str) -> None:
    """Send what there is, then wait for more; after a failure wait longer each time. `wait` tells whether it is over.

    It waits for so many seconds, or, with None, for the next block.
    """
    wait_s = WAIT_FIRST_S
    is_over = False
    while not is_over:
        try:
            trouble = send()
        except ConcordatError as error:
            trouble = str(error)
        if trouble:
            if wait_s == WAIT_FIRST_S:
                _log.warning("%s: %s", name, trouble)
            is_over = wait(wait_s)
            wait_s = min(WAIT_MAX_S, wait_s * 2)
            continue
        wait_s = WAIT_FIRST_S
        is_over = wait(None if trouble is None else 0.0)


@contextmanager
def running(node: Node, lanes: list[Lane]) -> Iterator[None]:
    """Let the lanes send while the node runs."""
    is_over = Event()
    beats = [Event() for _ in lanes]

    def tell() -> None:
        for beat in beats:
            beat.set()

    def wait(lane: Lane, beat: Event, seconds: float | None) -> bool:
        if seconds is None:
            beat.wait(lane.look_s)
            beat.clear()
            is_over.wait(lane.rest_s)
        else:
            is_over.wait(seconds)
        return is_over.is_set()

    threads = [
        Thread(
            target=follow,
            args=(lane.send, lambda seconds, lane=lane, beat=beat: wait(lane, beat, seconds), lane.name),
            daemon=True,
        )
        for lane, beat in zip(lanes, beats, strict=True)
    ]
    node.listeners.append(tell)
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        node.listeners.remove(tell)
        is_over.set()
        tell()
        for thread in threads:
            thread.join(_STOP_S)
