"""The last checkpoint that a reader has seen of a node, kept in a file and compared on every visit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from concordat.client.files import read_file, save_new_file
from concordat.errors import Corrupt
from concordat.ledger.files import output_error, sync_folder

if TYPE_CHECKING:
    from concordat.client.api import Client


def keep_seen(client: Client, file: Path) -> None:
    """Compare the node with the checkpoint in a file and keep the newer one there; the first one is kept as it is.

    Raises:
        Corrupt: `node.rewritten`; then the file stays, as the evidence. As `Client.compare` otherwise.
    """
    seen = _read(file)
    note = client.fetch_checkpoint() if seen is None else client.compare(seen)
    if note != seen:
        _replace(file, note.encode())


def _read(file: Path) -> str | None:
    if not os.path.lexists(file):
        return None
    try:
        return read_file(file).decode()
    except UnicodeDecodeError as error:
        raise Corrupt("checkpoint.malformed", str(file)) from error


def _replace(file: Path, data: bytes) -> None:
    """Put a whole and durable file in the place of what was there."""
    newer = file.with_name(f"{file.name}.{os.getpid()}")
    save_new_file(newer, data)
    try:
        newer.replace(file)
        sync_folder(file.parent)
    except OSError as error:
        raise output_error(error, file) from error
