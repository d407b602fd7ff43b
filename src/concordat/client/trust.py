"""What a reader trusts, read from what people have at hand: genesis, a checkpoint, a key."""

from __future__ import annotations

import os.path
from pathlib import Path
from string import hexdigits
from typing import Final

from concordat.client.files import read_file
from concordat.client.keys import read_public_key
from concordat.crypto.checkpoint import parse_signed_note
from concordat.crypto.proof import Trust
from concordat.errors import Corrupt, UsageError
from concordat.protocol.genesis import read_genesis

_KEY_DIGITS: Final = 64
"""More than half as many, and no such file: a key with digits missing or too many, not a name."""


def read_trust(text: str) -> Trust:
    """Return the root of trust that a file's content or 64 hexadecimal digits give: genesis, checkpoint or key.

    Raises:
        NotFound, UsageError: `input.*`; `input.does_not_fit` for digits that are no key's and name no file.
        Corrupt: `proof.unknown_trust`, or as the kind's reader.
    """
    if len(text) > _KEY_DIGITS // 2 and set(text) <= set(hexdigits) and not os.path.lexists(text):
        if len(text) != _KEY_DIGITS:
            raise UsageError("input.does_not_fit", f"{text} has {len(text)} digits, not {_KEY_DIGITS}")
        return Trust(node_key=bytes.fromhex(text))
    data = read_file(Path(text))
    if data.startswith(b"{"):
        try:
            read_genesis(data)
        except UsageError as error:  # founders that contradict each other: no chain begins so
            raise Corrupt(error.code, error.detail) from error
        return Trust(genesis=data)
    if data.startswith(b"concordat key v1\n"):
        return Trust(node_key=read_public_key(data, text))
    if data.startswith(b"concordat/"):
        note = data.decode(errors="replace")
        parse_signed_note(note)
        return Trust(note=note)
    raise Corrupt("proof.unknown_trust", text)
