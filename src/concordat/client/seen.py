"""The last checkpoint that a reader has seen of a node, kept in a file and compared on every visit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from concordat.client.files import read_file, replace_file
from concordat.crypto.checkpoint import parse_signed_note
from concordat.errors import Corrupt
from concordat.ledger.doctor import SEEN_SUFFIX

if TYPE_CHECKING:
    from concordat.client.api import Client
    from concordat.client.conversation import Conversation, Steps

SHOWN_SUFFIX: Final = f".shown{SEEN_SUFFIX}"
"""Of the file beside it, where a rewritten history's checkpoint is kept; the one seen stays where it is."""


def keep_seen(client: Client, file: Path) -> None:
    """As `ask_seen`, with a client that waits."""
    client.hold(ask_seen(client.conversation, file))


def ask_seen(conversation: Conversation, file: Path) -> Steps[None]:
    """Compare the node with the checkpoint in a file and keep the newer one there; the first one is kept as it is.

    Raises:
        Corrupt: `node.rewritten`; then the file stays, and what was shown stands beside it: both are the evidence.
            `checkpoint.malformed` for a damaged file, by name. As `Conversation.compare` otherwise.
    """
    seen = _read(file)
    try:
        note = yield from (conversation.fetch_checkpoint() if seen is None else conversation.compare(seen))
    except Corrupt as error:
        if error.code == "node.rewritten" and conversation.rewritten is not None:
            replace_file(file.with_name(f"{file.name}{SHOWN_SUFFIX}"), conversation.rewritten[1].encode())
        raise
    parse_signed_note(note)
    if note != seen:
        replace_file(file, note.encode())


def make_seen_path(key: Path, chain_id: bytes) -> Path:
    """Return where what the holder of a key file has seen of a chain is kept: beside the key."""
    return key.with_name(f"{key.name}.{chain_id.hex()[:16]}{SEEN_SUFFIX}")


def _read(file: Path) -> str | None:
    if not os.path.lexists(file):
        return None
    try:
        note = read_file(file).decode()
        parse_signed_note(note)
    except (UnicodeDecodeError, Corrupt) as error:
        raise Corrupt("checkpoint.malformed", str(file)) from error
    return note
