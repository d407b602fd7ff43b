"""The audit log's chained lines: a flipped byte is found, and people can still read them.

Each line is a JSON object whose last field is
`"check": hex of the first 16 bytes of SHA-256(previous check in hex ‖ the object without that field)`; the check before
the first line is 32 zeros. Whole lines missing at the end leave no trace in the lines; so a sealed file beside them
records up to where they are durable: `{"check": "that of the last line", "offset": the one behind it}`. The checks
guard against damage, not against a writer who computes them anew.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Final

import msgspec

from concordat.errors import Corrupt, InvariantBroken
from concordat.primitives.sealed import seal, unseal

FIRST_CHECK: Final = "0" * 32
"""Stands for the line before the first."""

_CHECK_FIELD: Final = b',"check":"'
_CHECK_TAIL_BYTES: Final = len(_CHECK_FIELD) + 32 + len(b'"}')


class ChainEnd(msgspec.Struct, frozen=True):
    """How far the lines verify: the check that the next line continues, and the offset behind the last good line."""

    check: str
    offset: Annotated[int, msgspec.Meta(ge=0)]


START: Final = ChainEnd(FIRST_CHECK, 0)


class LinesReading(msgspec.Struct, frozen=True):
    """How far lines verify. What follows the end is damage, or else the beginning of a line that a crash cut short."""

    end: ChainEnd
    is_damaged: bool


def chain_line(previous_check: str, line: bytes) -> tuple[bytes, str]:
    """Return the line to append for the JSON object `line` (one field at least, no line break), and its check."""
    if not (line.startswith(b'{"') and line.endswith(b"}")) or len(line.splitlines()) != 1:
        raise InvariantBroken("an audit line is a JSON object on one line with at least one field")
    check = hashlib.sha256(previous_check.encode() + line).hexdigest()[:32]
    return line[:-1] + _CHECK_FIELD + check.encode() + b'"}\n', check


def render_end(end: ChainEnd) -> bytes:
    """Return the sealed file that records where lines end."""
    return seal(msgspec.json.encode(end))


def read_end(name: str, data: bytes) -> ChainEnd:
    """Return the recorded end.

    Raises:
        Corrupt: `file.corrupt`.
    """
    try:
        return msgspec.json.decode(unseal(name, data), type=ChainEnd)
    except msgspec.MsgspecError as error:
        raise Corrupt("file.corrupt", name) from error


def read_lines(data: bytes, recorded: ChainEnd) -> LinesReading:
    """Return how far lines verify that were durable up to `recorded`; when they do not reach it, they are damaged."""
    start = verify_lines(data[: recorded.offset])
    if start != recorded:
        return LinesReading(start if start.offset < recorded.offset else START, is_damaged=True)
    end = verify_lines(data, start)
    return LinesReading(end, is_damaged=end.offset < len(data) and not is_cut_short(data, end.offset))


def verify_lines(data: bytes, start: ChainEnd = START) -> ChainEnd:
    """Return how far the chained lines verify: `offset` is less than the length of `data` at the first bad line."""
    end = start
    for line in data[start.offset :].splitlines(keepends=True):
        original = line[: -_CHECK_TAIL_BYTES - 1] + b"}"
        if not original.startswith(b'{"'):
            break
        expected, check = chain_line(end.check, original)
        if expected != line:
            break
        end = ChainEnd(check, end.offset + len(line))
    return end


def is_cut_short(data: bytes, offset: int) -> bool:
    """Return whether what follows the good lines is what a crash leaves of an append: the beginning of one line.

    A whole line whose line break was changed is damage, not a beginning.
    """
    return b"\n" not in data[offset:] and verify_lines(data[:-1] + b"\n").offset < len(data)
