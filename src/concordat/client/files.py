"""Files that people name: read whole, or written anew for their owner alone."""

from __future__ import annotations

import os
from pathlib import Path

from concordat.errors import NotFound
from concordat.ledger.files import output_error


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
    """Write a file that only its owner may read.

    Raises:
        Refused: `file.exists`, `disk.*`; nothing is overwritten. NotFound: `disk.no_such_folder`.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        raise output_error(error, path) from error
