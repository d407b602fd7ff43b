"""The file of the index: SQLite, derived. It may lag, be deleted or be damaged.

`get_folded_height` says from where the log must be folded again. A clean close leaves the digest of the file beside it;
a file that has another one is thrown away, and so is one that another release has written.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path
from zlib import crc32

from concordat.protocol.genesis import Chain
from concordat.views import behaviors, history, lists, waits
from concordat.views.writing import writing

_SCHEMA = behaviors.SCHEMA + history.SCHEMA + lists.SCHEMA + waits.SCHEMA
_VERSION = crc32(f"{version('concordat')} {_SCHEMA}".encode()) >> 1
"""Marks the file (PRAGMA user_version): what is folded how."""


def open_index(path: Path, chain: Chain) -> sqlite3.Connection:
    """Open the index, or start it anew when it is damaged or of another chain.

    Raises:
        sqlite3.Error: the disk is full, read-only or broken.
    """
    digest_path = _get_digest_path(path)
    is_sound = False
    if digest_path.exists():
        is_sound = path.exists() and _compute_digest(path) == digest_path.read_bytes()
        if not is_sound:
            delete_index(path)
        # From now on the file changes, and only a clean close makes its digest known again.
        digest_path.unlink(missing_ok=True)
    try:
        return _open(path, chain, is_sound=is_sound)
    except sqlite3.DatabaseError:
        delete_index(path)
        return _open(path, chain, is_sound=True)


def close_index(connection: sqlite3.Connection, path: Path) -> None:
    """Close the index and leave its digest."""
    connection.close()
    # Without the digest the next opening looks closer, and with a part of it begins anew.
    with suppress(OSError):
        _keep_private(_get_digest_path(path))
        _get_digest_path(path).write_bytes(_compute_digest(path))


def delete_index(path: Path) -> None:
    """Remove the closed index; the next opening starts it anew."""
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm"), _get_digest_path(path)):
        name.unlink(missing_ok=True)


def _get_digest_path(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _compute_digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return file_digest(file, "sha256").digest()


def _keep_private(path: Path) -> None:
    """Let nobody but the node's own user read the file; what the disk does not allow, SQLite says in its own words."""
    with suppress(OSError):
        path.touch(0o600)
        path.chmod(0o600)


def _open(path: Path, chain: Chain, *, is_sound: bool) -> sqlite3.Connection:
    _keep_private(path)  # its journal takes the same mode
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # A power cut may cost the last blocks, which the log gives back, but not the order of the file.
        connection.execute("PRAGMA synchronous = NORMAL")
        is_new = connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone() == (0,)
        if not is_new and connection.execute("PRAGMA user_version").fetchone() != (_VERSION,):
            raise sqlite3.DatabaseError("another release")
        connection.executescript(f"PRAGMA user_version = {_VERSION}; {_SCHEMA}")
        if not is_sound and connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("damaged")
        row = connection.execute("SELECT chain_id FROM folded").fetchone()
        if row is not None and row[0] != chain.id:
            raise sqlite3.DatabaseError("another chain")
        if row is None:
            founders = chain.genesis.founders
            keys = [(key, founder.member) for founder in founders for key in founder.public_keys]
            with writing(connection):
                connection.execute("INSERT INTO folded VALUES (?, 0)", (chain.id,))
                connection.executemany("INSERT INTO keys VALUES (?, ?)", keys)
    except BaseException:
        connection.close()
        raise
    return connection


def get_folded_height(connection: sqlite3.Connection) -> int:
    """Return the height up to which the log has been folded."""
    return int(connection.execute("SELECT height FROM folded").fetchone()[0])
