"""Files that people name: read whole, or written anew for their owner alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from concordat.errors import NotFound
from concordat.ledger.files import TEMPORARY_SUFFIX, output_error, sync_folder


def read_file(path: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        NotFound: `input.absent`.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFound("input.absent", str(path), "name a file that exists") from error


def save_new_file(path: Path, data: bytes) -> None:
    """Write a file as `making_file` does."""
    with making_file(path) as file:
        file.write(data)


@contextmanager
def making_file(path: Path) -> Iterator[BinaryIO]:
    """Let the caller write a file for its owner alone: at the end it is there whole and durable, or not at all.

    Raises:
        Refused: `file.exists`, `disk.*`; nothing is overwritten. NotFound: `disk.no_such_folder`.
    """
    try:
        if os.path.lexists(path):  # before any work; `link` finds those that come in between
            raise FileExistsError
        descriptor, temporary = tempfile.mkstemp(TEMPORARY_SUFFIX, f".{path.name}-", path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, path)
        finally:
            with suppress(FileNotFoundError):
                Path(temporary).unlink()
        sync_folder(path.parent)
    except OSError as error:
        raise output_error(error, path) from error
