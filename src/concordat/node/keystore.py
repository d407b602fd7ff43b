"""The key store of the node's own member: `keys/officers/*.key`, each sealed with its officer's password.

Only sealed keys count: a key that lies open would let anybody sign with an empty password (architecture §3.12).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from concordat.client.keys import Key, fetch_key, read_public_key
from concordat.errors import ConcordatError, NotFound, Refused

OFFICERS_FOLDER: Final = "keys/officers"
_SEALED: Final = b"\nsealed "


@dataclass(frozen=True, slots=True)
class StoredOfficer:
    """An officer whose sealed key this node keeps; `name` is the file's."""

    name: str
    public_key: bytes
    path: Path


def fetch_officers(folder: Path) -> list[StoredOfficer]:
    """Return the officers of the key store, by name; unreadable and unsealed files are none."""
    found = []
    for path in sorted((folder / OFFICERS_FOLDER).glob("*.key")):
        try:
            data = path.read_bytes()
            public_key = read_public_key(data, path.name)
        except (OSError, ConcordatError):
            continue
        if _SEALED in data:
            found.append(StoredOfficer(path.stem, public_key, path))
    return found


def unlock(folder: Path, public_key: bytes, password: str) -> Key:
    """Return the officer's key.

    Raises:
        NotFound: `key.absent`. Refused: `key.wrong_password`. Corrupt: `key.unreadable`.
    """
    for officer in fetch_officers(folder):
        if officer.public_key == public_key:
            try:
                return fetch_key(officer.path, password)
            except Refused as refusal:
                raise Refused(refusal.code, officer.name, refusal.next_step) from refusal
    raise NotFound("key.absent", public_key.hex()[:16], "sign with the key file where it lies")
