r"""A sealed file: `body ‖ "\nsha256 " ‖ hex SHA-256(body) ‖ "\n"`. Its damage is found; people can still read it."""

from __future__ import annotations

import hashlib
from typing import Final

from concordat.errors import Corrupt

_SEAL_BYTES: Final = len(b"\nsha256 ") + 64 + 1


def seal(body: bytes) -> bytes:
    """Return the sealed file of `body`."""
    return body + b"\nsha256 " + hashlib.sha256(body).hexdigest().encode() + b"\n"


def unseal(name: str, data: bytes) -> bytes:
    """Return the body of the sealed file `name`.

    Raises:
        Corrupt: `file.corrupt` when any byte differs from what `seal` wrote.
    """
    body = data[:-_SEAL_BYTES]
    if seal(body) != data:
        raise Corrupt("file.corrupt", name)
    return body
