"""How each officer wants to be told what waits for her: set by herself, off the ledger (spec/http.md HTTP-44)."""

from __future__ import annotations

import logging
from contextlib import closing
from pathlib import Path
from threading import RLock
from typing import Annotated, Final, Literal

import msgspec

from concordat.contracts.text import Language
from concordat.errors import ConcordatError
from concordat.ledger.doctor import NOTICES_FOLDER
from concordat.ledger.files import DiskFiles, disk_error, sync_folder
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import MailAddress
from concordat.primitives.plain import from_plain, read_json, to_plain
from concordat.primitives.sealed import seal, unseal
from concordat.views.waits import ACTION_ROLES, Action

When = Literal["at_once", "daily"]

_SUFFIX: Final = ".settings"
_log = logging.getLogger(__name__)


class Settings(Struct, frozen=True):
    """Where to, in which language, of what, and how soon an officer is told."""

    address: MailAddress
    language: Language
    actions: Annotated[tuple[Action, ...], msgspec.Meta(min_length=1, max_length=len(ACTION_ROLES))] | None
    """None for all."""
    when: When


class Wish(Struct, frozen=True):
    """What an officer set, and what the mail server said when it refused her address: then nothing more is sent."""

    settings: Settings
    refusal: str


class Addresses:
    """Every officer's wish, in memory and in a sealed file each. Safe for threads."""

    def __init__(self, folder: Path) -> None:
        """Read what is kept; a damaged file is left to `doctor`.

        Raises:
            Refused: `disk.*`.
        """
        self._folder = folder
        self._lock = RLock()
        self._wishes: dict[bytes, Wish] = {}
        with closing(DiskFiles(folder)) as files:
            for name in files.names():
                if name.startswith(NOTICES_FOLDER) and name.endswith(_SUFFIX):
                    try:
                        wish = from_plain(Wish, read_json(unseal(name, files.read(name))))
                        self._wishes[bytes.fromhex(name[len(NOTICES_FOLDER) : -len(_SUFFIX)])] = wish
                    except (ConcordatError, ValueError):
                        _log.warning("%s cannot be read; nothing is sent to this officer", name)

    def find(self, public_key: bytes) -> Wish | None:
        """Return what an officer wants; None when nothing."""
        return self._wishes.get(public_key)

    def list_all(self) -> list[tuple[bytes, Wish]]:
        """Return every officer's wish."""
        with self._lock:
            return sorted(self._wishes.items())

    def keep(self, public_key: bytes, settings: Settings, refusal: str = "") -> None:
        """Keep a wish durably.

        Raises:
            Refused: `disk.*`.
        """
        wish = Wish(settings, refusal)
        with self._lock, closing(DiskFiles(self._folder)) as files:
            files.replace(_get_name(public_key), seal(msgspec.json.encode(to_plain(wish))))
            self._wishes[public_key] = wish

    def note_refusal(self, public_key: bytes, refused: Settings, words: str) -> None:
        """Keep what the mail server said of an address, unless the officer has set another one meanwhile."""
        with self._lock:
            wish = self.find(public_key)
            if wish is not None and wish.settings == refused:
                self.keep(public_key, refused, words)

    def drop(self, public_key: bytes) -> None:
        """Forget an officer's wish durably, and the address with it.

        Raises:
            Refused: `disk.*`.
        """
        path = self._folder / _get_name(public_key)
        with self._lock:
            try:
                if path.exists():
                    path.unlink()
                    sync_folder(path.parent)
            except OSError as error:
                raise disk_error(error, _get_name(public_key), is_write=True) from error
            self._wishes.pop(public_key, None)


def _get_name(public_key: bytes) -> str:
    return f"{NOTICES_FOLDER}{public_key.hex()}{_SUFFIX}"
