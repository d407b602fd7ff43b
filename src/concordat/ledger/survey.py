"""What the ledger's own files hold and whether they agree. The store opens on it, `doctor` prints it.

A bad record at or below the head was acknowledged: corruption. Above the head it is the tail of a write that a crash
cut short, unless it was whole once (`block_log.is_damaged`): then it may have been acknowledged.
"""

from __future__ import annotations

from array import array
from functools import partial
from typing import Final, Literal

import msgspec

from concordat.ledger.block_log import FIRST_DIGEST, LogFault, is_damaged, scan
from concordat.ledger.files import Files
from concordat.ledger.head import Head, HeadReading, parse_head

GENESIS_FILE: Final = "genesis.json"
LOG_FILE: Final = "blocks.log"
HEAD_FILE: Final = "head"
CUT_PREFIX: Final = "blocks.log.cut-"
"""Begins the name of what a start cut off the log: then its height as a block, and its digest."""

CheckId = Literal[
    "file.readable", "genesis.equal", "head.slots", "head.agrees", "log.chain", "log.tail", "log.cut", "keys.seal",
    "keys.node", "statements.seal", "notices.seal", "audit.chain", "audit.end", "audit.break", "audit.kept",
    "audit.tail", "roots.replay",
]  # fmt: skip
"""Each has words that say how it should be, and what to do when it is not so."""

Status = Literal["ok", "warning", "failed"]


class Check(msgspec.Struct, frozen=True):
    """One thing looked at. `offset` is the byte in `file`, `height` the block, where they say where to look.

    `byte_count` is how many bytes from there the next start of the node takes away.
    """

    id: CheckId
    status: Status
    file: str
    offset: int | None = None
    height: int | None = None
    byte_count: int | None = None


class Log(msgspec.Struct, frozen=True):
    """The log as far as it verifies: each record's offset, the byte after the last, its digest, and what stopped it.

    `genesis` is the body of record 0, None when there is none.
    """

    offsets: array[int]
    end: int
    digest: bytes
    genesis: bytes | None
    fault: LogFault | None
    size: int

    @property
    def height(self) -> int:
        """The height of the last good record; -1 without any."""
        return len(self.offsets) - 1


class Survey(msgspec.Struct, frozen=True):
    """The findings, the log, and the newest head that verifies."""

    checks: tuple[Check, ...]
    log: Log
    head: Head | None


def fetch_survey(files: Files) -> Survey:
    """Read genesis, head and the whole log of a node's folder. Changes nothing."""
    # The head is read before the log: beside a running node the log can then only be longer than the head says.
    reading = parse_head(files.read(HEAD_FILE) if files.exists(HEAD_FILE) else b"")
    log, misplaced = _fetch_log(files, reading)
    checks = (
        *_check_head(reading, misplaced),
        _check_log(files, log, reading.newest),
        _check_genesis(files, log),
    )
    return Survey(checks, log, reading.newest)


def _fetch_log(files: Files, reading: HeadReading) -> tuple[Log, tuple[Head, ...]]:
    """Return the log, and the slots that name another end or digest than the record of their height has."""
    expected = {slot.height: slot for slot in reading.slots}
    misplaced: list[Head] = []
    offsets = array("Q")
    end, digest, genesis, fault = 0, FIRST_DIGEST, None, None
    is_present = files.exists(LOG_FILE)
    for item in scan(partial(files.read, LOG_FILE)) if is_present else ():
        if isinstance(item, LogFault):
            fault = item
            break
        slot = expected.get(len(offsets))
        if slot is not None and (slot.log_end, slot.digest) != (item.end, item.digest):
            misplaced.append(slot)
        if not offsets:
            genesis = item.body
        offsets.append(item.offset)
        end, digest = item.end, item.digest
    size = files.size(LOG_FILE) if is_present else 0
    return Log(offsets, end, digest, genesis, fault, size), tuple(misplaced)


def _check_head(reading: HeadReading, misplaced: tuple[Head, ...]) -> tuple[Check, ...]:
    bad = [Check("head.slots", "failed", HEAD_FILE, offset) for offset in reading.fault_offsets]
    bad += [Check("head.agrees", "failed", HEAD_FILE, height=slot.height) for slot in misplaced]
    return tuple(bad) or (Check("head.slots", "ok", HEAD_FILE),)


def _check_log(files: Files, log: Log, head: Head | None) -> Check:
    next_height = log.height + 1
    is_short = log.height < (head.height if head else 0)
    # Without a head nothing says which blocks were acknowledged.
    was_whole = log.fault is not None and (
        head is None or is_damaged(partial(files.read, LOG_FILE), log.end, log.digest)
    )
    if is_short or was_whole:
        return Check("log.chain", "failed", LOG_FILE, log.end, next_height)
    if log.fault is None:
        return Check("log.chain", "ok", LOG_FILE, height=log.height)
    return Check("log.tail", "warning", LOG_FILE, log.end, next_height, log.size - log.end)


def _check_genesis(files: Files, log: Log) -> Check:
    stored = files.read(GENESIS_FILE) if files.exists(GENESIS_FILE) else None
    if stored is not None and (log.genesis is None or stored == log.genesis):
        return Check("genesis.equal", "ok", GENESIS_FILE)
    offset = _compute_first_difference(stored or b"", log.genesis or b"")
    return Check("genesis.equal", "failed", GENESIS_FILE, offset)


def _compute_first_difference(one: bytes, other: bytes) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
