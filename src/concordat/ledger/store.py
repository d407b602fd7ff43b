"""The block store: the append-only log and its head, opened after any crash at the last durable block.

An append is acknowledged after: record written → log synced → head slot written. The head itself is synced at open,
close and rest, and once in many blocks: after a power cut it may be old, never ahead of the log. Above an old head a
last record that a bad disk changed looks like a write cut short, so what recovery cuts off is set aside, not lost.
"""

from __future__ import annotations

import logging
from array import array
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from hashlib import sha256
from typing import Final, Self

from concordat.errors import Corrupt, NotFound, Refused
from concordat.ledger.block_log import DIGEST_BYTES, FIRST_DIGEST, LogFault, frame, scan
from concordat.ledger.files import Files
from concordat.ledger.head import Head, compute_slot_offset, encode_slot
from concordat.ledger.survey import CUT_PREFIX, GENESIS_FILE, HEAD_FILE, LOG_FILE, Check, Log, Survey, fetch_survey

LOCK_FILE: Final = "lock"

HEAD_SYNC_BLOCKS: Final = 256
"""Without rest the head is synced once in so many blocks: seldom enough to cost nothing that can be measured."""

_log = logging.getLogger(__name__)


class BlockStore:
    """The blocks of one node's folder, held by this process alone. Record 0 is genesis, record n is block n.

    When a write or sync fails the store stops: it goes on reading and refuses every append until it is opened anew,
    since after a failed sync nobody but a fresh start knows what the disk holds.
    """

    def __init__(self, files: Files, log: Log, unlock: Callable[[], None]) -> None:
        self._files: Final = files
        self._offsets: Final[array[int]] = log.offsets
        self._end = log.end
        self._digest = log.digest
        self._is_stopped = False
        self._is_head_synced = True
        self._unlock: Callable[[], None] | None = unlock

    @classmethod
    def create(cls, files: Files, genesis: bytes) -> Self:
        """Start a store whose record 0 is `genesis`, and open it. A creation that a crash cut short may be repeated.

        Raises:
            Refused: `ledger.exists` when the folder holds a ledger or what is left of one, `ledger.other_genesis` when
                its genesis.json has other bytes; `ledger.folder_in_use`, `disk.*`.
        """
        unlock = files.lock(LOCK_FILE)
        try:
            record = frame(FIRST_DIGEST, genesis)
            head = encode_slot(Head(0, len(record), record[-DIGEST_BYTES:])) * 2
            if files.exists(LOG_FILE) or (files.exists(HEAD_FILE) and files.read(HEAD_FILE) != head):
                raise Refused("ledger.exists", LOG_FILE)
            if files.exists(GENESIS_FILE) and files.read(GENESIS_FILE) != genesis:
                raise Refused("ledger.other_genesis", GENESIS_FILE)
            # The log comes last: where there is a log, there is everything.
            for name, content in ((GENESIS_FILE, genesis), (HEAD_FILE, head), (LOG_FILE, record)):
                files.replace(name, content)
        finally:
            unlock()
        return cls.open(files)

    @classmethod
    def open(cls, files: Files) -> Self:
        """Verify every record, set a torn tail aside and make what is left durable.

        Raises:
            NotFound: `ledger.absent` when the folder holds no ledger.
            Corrupt: `ledger.corrupt` with file, offset and height, when acknowledged bytes are missing or changed.
            Refused: `ledger.folder_in_use`, `disk.*`.
        """
        if not files.exists(LOG_FILE) and not files.exists(HEAD_FILE):  # where nothing is, no lock is left either
            raise _make_absence()
        unlock = files.lock(LOCK_FILE)
        try:
            survey = fetch_survey(files)
            head = _get_sound_head(files, survey)
            _apply_recovery(files, survey.log, head)
        except BaseException:
            unlock()
            raise
        return cls(files, survey.log, unlock)

    @property
    def height(self) -> int:
        """The height of the last acknowledged block; 0 when there is only genesis."""
        return len(self._offsets) - 1

    def append(self, body: bytes) -> int:
        """Write the next block and return its height once it is durable.

        Raises:
            Refused: `disk.*` when this append failed, `ledger.stopped` when an earlier one did. The block is not
                acknowledged; whether it is there is known after the next open.
        """
        if self._is_stopped or self._unlock is None:
            raise Refused("ledger.stopped", LOG_FILE)
        self._is_stopped = True  # and stays so when anything below fails
        record = frame(self._digest, body)
        try:
            self._files.write_at(LOG_FILE, self._end, record)
            self._files.sync(LOG_FILE)
        except Refused:
            # Frees the space of the part that was written; the next open would remove it as well.
            with suppress(Refused):
                self._files.truncate(LOG_FILE, self._end)
            raise
        head = Head(self.height + 1, self._end + len(record), record[-DIGEST_BYTES:])
        # A failure here must leave the record: a part of the slot may already name it.
        self._files.write_at(HEAD_FILE, compute_slot_offset(head.height), encode_slot(head))
        self._is_head_synced = False
        if head.height % HEAD_SYNC_BLOCKS == 0:
            self._sync_head()
        self._offsets.append(self._end)
        self._end, self._digest = head.log_end, head.digest
        self._is_stopped = False
        return head.height

    @property
    def is_head_synced(self) -> bool:
        """Whether even a power cut would leave the head at the present height."""
        return self._is_head_synced

    def sync_head(self) -> None:
        """Make the head durable, when there is time for it. A store that stopped is left as it is.

        Raises:
            Refused: `disk.*`; the store has stopped.
        """
        if self._is_stopped or self._is_head_synced:
            return
        self._is_stopped = True
        self._sync_head()
        self._is_stopped = False

    def _sync_head(self) -> None:
        self._files.sync(HEAD_FILE)
        self._is_head_synced = True

    def bodies(self, from_height: int = 1) -> Iterator[bytes]:
        """Yield the bodies of records `from_height` to the present height, each verified as it is read.

        Raises:
            Corrupt: `ledger.corrupt` when the file has changed since it was opened.
        """
        read = partial(self._files.read, LOG_FILE)
        last = self.height
        if from_height > last:
            return
        offset = self._offsets[from_height]
        previous = read(offset - DIGEST_BYTES, DIGEST_BYTES) if offset else FIRST_DIGEST
        records = scan(read, offset, previous)
        for height in range(from_height, last + 1):
            record = next(records, None)
            if record is None or isinstance(record, LogFault):
                raise _corrupt(LOG_FILE, self._offsets[height], height)
            yield record.body

    def close(self) -> None:
        """Make the head durable and let the folder go. Safe to repeat."""
        if self._unlock is None:
            return
        unlock, self._unlock = self._unlock, None
        try:
            self.sync_head()
        finally:
            unlock()


def _make_absence() -> NotFound:
    return NotFound("ledger.absent", LOG_FILE)


def _get_sound_head(files: Files, survey: Survey) -> Head:
    is_unfinished = survey.head.height == 0 if survey.head else not files.exists(HEAD_FILE)
    if is_unfinished and not files.exists(LOG_FILE):
        raise _make_absence()
    failed = next((check for check in survey.checks if check.status == "failed"), None)
    if failed is not None or survey.head is None:
        place = failed or Check("head.slots", "failed", HEAD_FILE)
        raise _corrupt(place.file, place.offset, place.height)
    return survey.head


def _apply_recovery(files: Files, log: Log, head: Head) -> None:
    files.sync_names()
    if log.size > log.end:
        _set_aside(files, log)
        files.truncate(LOG_FILE, log.end)
    # After a failed sync the system may show bytes that the disk does not hold and will not write again; writing the
    # same bytes once more makes the next sync cover them.
    if log.end > head.log_end:
        files.write_at(LOG_FILE, head.log_end, files.read(LOG_FILE, head.log_end, log.end - head.log_end))
    files.sync(LOG_FILE)
    recovered_head = Head(log.height, log.end, log.digest)
    if recovered_head != head:
        files.write_at(HEAD_FILE, compute_slot_offset(log.height), encode_slot(recovered_head))
    files.sync(HEAD_FILE)


def _set_aside(files: Files, log: Log) -> None:
    """Keep what stands behind the last good record. Its digest is in the name: no tail takes the place of another."""
    tail = files.read(LOG_FILE, log.end)
    name = f"{CUT_PREFIX}{log.height + 1}-{sha256(tail).hexdigest()[:16]}"
    try:
        files.replace(name, tail)
        place = f"they are kept as {name}"
    except Refused as error:
        # A full disk is what cuts writes short: it must not keep the node from the room that such a part takes.
        if error.code != "disk.full" or log.fault is None or log.fault.kind != "incomplete":
            raise
        place = "they are not kept, for the disk is full and they are shorter than their block"
    _log.warning("%s ended with %d bytes that are no block; %s", LOG_FILE, len(tail), place)


def _corrupt(file: str, offset: int | None, height: int | None) -> Corrupt:
    places = [file]
    if offset is not None:
        places.append(f"byte {offset}")
    if height is not None:
        places.append(f"height {height}")
    return Corrupt("ledger.corrupt", ", ".join(places))
