"""The key store of the node's own member: `keys/officers/*.key`, each sealed with its officer's password.

Only sealed keys count: a key that lies open would let anybody sign with an empty password (HTTP-19).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from concordat.client.keys import Key, read_key, read_public_key, render_decoy
from concordat.errors import ConcordatError, Refused

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


def find_officer(folder: Path, typed: str) -> StoredOfficer | None:
    """Return the officer whose name or public key somebody typed; None when the key store has no such officer."""
    names = {typed, typed.lower()}
    return next((each for each in fetch_officers(folder) if names & {each.name, each.public_key.hex()}), None)


def unlock(officer: StoredOfficer | None, password: str) -> Key:
    """Return the officer's key. Nobody's password takes as long and fails alike, so that trying names tells nothing.

    Raises:
        Refused: `auth.wrong_password`. Corrupt: `key.unreadable`.
    """
    data = officer.path.read_bytes() if officer else render_decoy()
    try:
        return read_key(data, officer.name if officer else "", password)
    except Refused as refusal:
        raise Refused("auth.wrong_password", "the name or the password") from refusal
