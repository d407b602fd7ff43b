"""Files that people name: read whole up to a bound, or written anew for their owner alone."""

from __future__ import annotations

import codecs
import errno
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from concordat.errors import ConcordatError, NotFound, UsageError
from concordat.ledger.files import TEMPORARY_SUFFIX, output_error, sync_folder
from concordat.primitives.plain import Json, read_json

FILE_BYTES_MAX: Final = 1024 * 1024
"""Genesis, checkpoints, keys, plans, drafts and operations are far smaller."""

PROOF_BYTES_MAX: Final = 16 * 1024 * 1024
_CHUNK_BYTES: Final = 1024 * 1024


def open_file(path: Path, *, is_pipe_allowed: bool = True) -> BinaryIO:
    """Open a file or a pipe, and nothing else: a device may never end. What is read more than once is no pipe.

    Raises:
        NotFound: `input.absent`. UsageError: `input.not_a_file`, `input.unreadable`.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not (is_pipe_allowed and stat.S_ISFIFO(mode)):
            raise UsageError("input.not_a_file", str(path))
        return path.open("rb")
    except (OSError, ValueError) as error:  # ValueError: a name that holds NUL
        raise input_error(error, path) from error


def read_file(path: Path, bytes_max: int = FILE_BYTES_MAX) -> bytes:
    """Return a file's bytes.

    Raises:
        UsageError: `input.too_large`. As `open_file` otherwise.
    """
    with open_file(path) as file:
        return read_bounded(file, str(path), bytes_max)


def read_bounded(file: BinaryIO, name: str, bytes_max: int = FILE_BYTES_MAX) -> bytes:
    """Return what is left of an open file.

    Raises:
        UsageError: `input.too_large`, `input.unreadable`.
    """
    try:
        data = file.read(bytes_max + 1)
    except OSError as error:
        raise input_error(error, Path(name)) from error
    if len(data) > bytes_max:
        raise UsageError("input.too_large", f"{name}: more than {bytes_max} bytes")
    return data


def read_json_file(path: str) -> Json:
    """Return the JSON in a file, or on standard input when the name is `-`; a byte-order mark is no part of it.

    Raises:
        UsageError: `input.not_json`, `input.repeated_field`. As `read_file` otherwise.
    """
    data = read_bounded(sys.stdin.buffer, path) if path == "-" else read_file(Path(path))
    try:
        return read_json(data.removeprefix(codecs.BOM_UTF8))
    except UsageError as error:  # a command may be given several files
        raise UsageError(error.code, f"{path}: {error.detail}") from error


def compute_file_digest(path: Path) -> tuple[bytes, int]:
    """Return the SHA-256 of a file of any size, and its size in bytes; raises as `open_file`."""
    digest, byte_count = sha256(), 0
    with open_file(path) as file:
        try:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                byte_count += len(chunk)
        except OSError as error:
            raise input_error(error, path) from error
    return digest.digest(), byte_count


def input_error(error: Exception, path: Path) -> ConcordatError:
    """Return what it means to people that a file, which they named, could not be read."""
    if isinstance(error, FileNotFoundError | NotADirectoryError | ValueError):
        return NotFound("input.absent", str(path))
    reason = error.strerror if isinstance(error, OSError) else error
    return UsageError("input.unreadable", f"{path}: {reason}")


def save_new_file(path: Path, data: bytes) -> None:
    """Write a file as `making_file` does."""
    with making_file(path) as file:
        file.write(data)


def replace_file(path: Path, data: bytes) -> None:
    """Put a whole and durable file for its owner alone in the place of what was there.

    Raises:
        Refused: `disk.*`. NotFound: `disk.no_such_folder`.
    """
    with _making(path, os.replace) as file:
        file.write(data)


@contextmanager
def making_file(path: Path) -> Iterator[BinaryIO]:
    """Let the caller write a file for its owner alone: at the end it is there whole and durable, or not at all.

    Raises:
        Refused: `file.exists`, `disk.*`; nothing is overwritten. NotFound: `disk.no_such_folder`.
    """
    if os.path.lexists(path):  # before any work; `link` finds those that come in between
        raise output_error(FileExistsError(), path)
    with _making(path, _place) as file:
        yield file


@contextmanager
def _making(path: Path, place: Callable[[str, Path], None]) -> Iterator[BinaryIO]:
    try:
        descriptor, temporary = tempfile.mkstemp(TEMPORARY_SUFFIX, f".{path.name}-", path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            place(temporary, path)
        finally:
            with suppress(FileNotFoundError):
                Path(temporary).unlink()
        sync_folder(path.parent)
    except OSError as error:
        raise output_error(error, path) from error


def _place(temporary: str, path: Path) -> None:
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.ENOTSUP}:
            raise
        Path(temporary).rename(path)  # a memory stick has no links: who comes in between is overwritten there
