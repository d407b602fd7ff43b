"""A disk in memory that loses power, fills up, turns read-only and fails to sync, behind the port `Files`.

What it keeps at a crash is as bad as a real file system may be: of every 512-byte sector any of the versions written
since its last sync, of every size any since the last sync or between, of every rename not yet followed by a sync of its
folder the old or the new file. A failed sync is as bad as Linux makes it: the bytes can still be read, count as clean
and are not written by the next sync.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from random import Random
from typing import Final

from concordat.errors import NotFound, Refused
from concordat.ledger.files import TEMPORARY_SUFFIX, disk_error, folder_in_use

SECTOR_BYTES: Final = 512


class SimulatedCrash(Exception):  # it is no error of the program under test
    """The power went out. Nothing in the product catches this."""


class _File:
    """One file: what reads see, what the disk surely holds, and what it may hold."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.durable: dict[int, bytes] = {}
        self.durable_size = 0
        self.versions: dict[int, list[bytes]] = {}
        self.sizes: list[int] = []
        self.lost: set[int] = set()
        """Sectors that a failed sync left clean but not written."""

    def change(self, offset: int, data: bytes, size: int) -> None:
        """Set the bytes from `offset` and the size; remember a version of every sector touched."""
        old_size = len(self.content)
        stop = max(offset + len(data), old_size if size < old_size else 0)
        if offset > old_size:
            self.content.extend(bytes(offset - old_size))
        self.content[offset : offset + len(data)] = data
        del self.content[size:]
        for sector in range(min(offset, old_size) // SECTOR_BYTES, -(-stop // SECTOR_BYTES)):
            start = sector * SECTOR_BYTES
            version = bytes(self.content[start : start + SECTOR_BYTES]).ljust(SECTOR_BYTES, b"\0")
            self.versions.setdefault(sector, []).append(version)
            self.lost.discard(sector)
        self.sizes.append(size)

    def sync(self) -> None:
        """Make durable what is not lost."""
        for sector, versions in list(self.versions.items()):
            if sector not in self.lost:
                self.durable[sector] = versions[-1]
                del self.versions[sector]
        self.durable_size = len(self.content)
        self.sizes.clear()

    def compute_survivor(self, rng: Random) -> _File:
        """Return the file that the disk happens to hold after a power cut."""
        sizes = [self.durable_size, *self.sizes]
        size = rng.choice((rng.choice(sizes), rng.randint(min(sizes), max(sizes))))
        content = bytearray(size)
        for sector in range(-(-size // SECTOR_BYTES)):
            durable = self.durable.get(sector, bytes(SECTOR_BYTES))
            start = sector * SECTOR_BYTES
            content[start : start + SECTOR_BYTES] = rng.choice((durable, *self.versions.get(sector, ())))
        del content[size:]
        survivor = _File()
        survivor.change(0, bytes(content), size)
        survivor.sync()
        return survivor


class ModelDisk:
    """`Files` in memory. `free_bytes` and `is_read_only` may be set at any time; None is room without end.

    `crash_at` counts the steps that change the disk (a replace has four); there SimulatedCrash is raised: a write
    or a rename has reached the system but not the disk, any other step has not happened. `fail_sync_at` counts syncs;
    that one fails.
    """

    def __init__(self) -> None:
        self.free_bytes: int | None = None
        self.is_read_only = False
        self.crash_at: int | None = None
        self.fail_sync_at: int | None = None
        self.steps = 0
        self.syncs = 0
        self._files: dict[str, _File] = {}
        self._durable_files: dict[str, _File] = {}
        self._locks: set[str] = set()

    def crash(self, rng: Random) -> None:
        """Lose power: keep an arbitrary part of what was not durable, free every lock, and run on."""
        for name in sorted({*self._files, *self._durable_files}):
            kept = rng.choice((self._files.get(name), self._durable_files.get(name)))
            if kept is None:
                self._files.pop(name, None)
            else:
                self._files[name] = kept.compute_survivor(rng)
        self._durable_files = dict(self._files)
        self.kill()

    def kill(self) -> None:
        """End the process: every write reached the system, every lock is free."""
        self.crash_at = self.fail_sync_at = None
        self._locks.clear()

    def names(self) -> tuple[str, ...]:
        """See Files."""
        return tuple(sorted(self._files))

    def exists(self, name: str) -> bool:
        """See Files."""
        return name in self._files

    def size(self, name: str) -> int:
        """See Files."""
        return len(self._get(name).content)

    def read(self, name: str, offset: int = 0, size: int | None = None) -> bytes:
        """See Files."""
        content = self._get(name).content
        return bytes(content[offset : len(content) if size is None else offset + size])

    def write_at(self, name: str, offset: int, data: bytes) -> None:
        """See Files."""
        self._check_writable(name)
        self._write(self._get(name), name, offset, data)
        self._step()

    def truncate(self, name: str, size: int) -> None:
        """See Files."""
        self._check_writable(name)
        file = self._get(name)
        self._step()
        if self.free_bytes is not None:
            self.free_bytes += max(0, len(file.content) - size)
        file.change(size, b"", size)

    def sync(self, name: str) -> None:
        """See Files."""
        file = self._get(name)
        self._step()
        self.syncs += 1
        if self.syncs == self.fail_sync_at:
            file.lost.update(file.versions)
            raise disk_error(OSError(errno.EIO, "Input/output error"), name, is_write=True)
        file.sync()

    def sync_names(self) -> None:
        """See Files."""
        self._step()
        self._durable_files = dict(self._files)

    def replace(self, name: str, data: bytes) -> None:
        """See Files."""
        self._check_writable(name)
        temporary = name + TEMPORARY_SUFFIX
        file = self._files[temporary] = _File()
        try:
            self._write(file, temporary, 0, data)
            self._step()
            self.sync(temporary)
        except Refused:
            del self._files[temporary]
            if self.free_bytes is not None:
                self.free_bytes += len(file.content)
            raise
        self._files[name] = self._files.pop(temporary)
        self._step()
        self._step()
        self._durable_files[name] = file
        self._durable_files.pop(temporary, None)

    def lock(self, name: str) -> Callable[[], None]:
        """See Files."""
        if name not in self._files:
            self._check_writable(name)
            self._files[name] = _File()
        if name in self._locks:
            raise folder_in_use(name)
        self._locks.add(name)
        return lambda: self._locks.discard(name)

    def _get(self, name: str) -> _File:
        if name not in self._files:
            raise NotFound("disk.no_such_file", name)
        return self._files[name]

    def _write(self, file: _File, name: str, offset: int, data: bytes) -> None:
        growth = max(0, offset + len(data) - len(file.content))
        fitting = len(data)
        if self.free_bytes is not None:
            fitting -= max(0, growth - self.free_bytes)
            self.free_bytes -= min(growth, self.free_bytes)
        file.change(offset, data[:fitting], max(len(file.content), offset + fitting))
        if fitting < len(data):
            raise disk_error(OSError(errno.ENOSPC, "No space left on device"), name, is_write=True)

    def _check_writable(self, name: str) -> None:
        if self.is_read_only:
            raise disk_error(OSError(errno.EROFS, "Read-only file system"), name, is_write=True)

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self.crash_at:
            raise SimulatedCrash(f"step {self.steps}")
