"""The one port through which a node touches the files below its folder.

Names are relative and use `/`. A write is durable only after `sync` of the same name; `replace` is durable when it
returns. `testing/model_disk.py` is the other implementation: a disk that loses power.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

from concordat.errors import ConcordatError, NotFound, Refused

TEMPORARY_SUFFIX: Final = ".tmp"
"""Ends the name of a file that `replace` has not finished; such a file holds nothing anyone was promised."""

_BY_ERRNO = {
    errno.ENOSPC: "disk.full",
    errno.EDQUOT: "disk.full",
    errno.EFBIG: "disk.full",
    errno.EROFS: "disk.read_only",
    errno.EACCES: "disk.read_only",
    errno.EPERM: "disk.read_only",
}


class Files(Protocol):
    """A folder of files. Every method raises Refused `disk.*` when the disk fails, NotFound when the file is absent."""

    def names(self) -> tuple[str, ...]:
        """Return every file below the folder, sorted."""

    def exists(self, name: str) -> bool:
        """Return whether the file is there."""

    def size(self, name: str) -> int:
        """Return the size in bytes."""

    def read(self, name: str, offset: int = 0, size: int | None = None) -> bytes:
        """Return up to `size` bytes from `offset`: fewer at the end of the file, all that follow when None."""

    def write_at(self, name: str, offset: int, data: bytes) -> None:
        """Write into an existing file. When it raises, any part of `data` may have been written."""

    def truncate(self, name: str, size: int) -> None:
        """Cut the file to `size` bytes."""

    def sync(self, name: str) -> None:
        """Make bytes and size of the file durable."""

    def sync_names(self) -> None:
        """Make the names in the folder durable; a process killed in `replace` may have left one that is not."""

    def replace(self, name: str, data: bytes) -> None:
        """Set the whole content, old or new and never a mixture; the file is made when it is absent.

        When it raises, nothing is left that takes space.
        """

    def lock(self, name: str) -> Callable[[], None]:
        """Hold the file for this process alone; the function returned lets go. Refused `ledger.folder_in_use`."""


def disk_error(error: OSError, name: str, *, is_write: bool) -> ConcordatError:
    """Return what the operating system's error on file `name` means to people."""
    if isinstance(error, FileNotFoundError):
        return NotFound("disk.no_such_file", name)
    code = _BY_ERRNO.get(error.errno or 0) if is_write else None
    return Refused(code or "disk.unreadable", f"{name}: {error.strerror}")


def output_error(error: OSError, path: Path) -> ConcordatError:
    """Return what it means to people that a new file, which they named, could not be written."""
    if isinstance(error, FileNotFoundError | NotADirectoryError | FileExistsError) and not path.parent.is_dir():
        return NotFound("disk.no_such_folder", str(path.parent))
    if isinstance(error, FileExistsError):
        return Refused("file.exists", str(path))
    return disk_error(error, str(path), is_write=True)


def folder_in_use(name: str) -> Refused:
    """Return the error of the second node on one folder."""
    return Refused("ledger.folder_in_use", name)


class DiskFiles:
    """`Files` on a real folder (Linux). Not for several threads at once."""

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder
        self._descriptors: Final[dict[tuple[str, int], int]] = {}

    def names(self) -> tuple[str, ...]:
        """See Files."""
        with _naming_errors(str(self._folder), is_write=False):
            found = [path for path in self._folder.rglob("*") if not path.is_dir()]
        return tuple(sorted(path.relative_to(self._folder).as_posix() for path in found))

    def exists(self, name: str) -> bool:
        """See Files."""
        with _naming_errors(name, is_write=False):
            return (self._folder / name).exists()

    def size(self, name: str) -> int:
        """See Files."""
        with _naming_errors(name, is_write=False):
            return (self._folder / name).stat().st_size

    def read(self, name: str, offset: int = 0, size: int | None = None) -> bytes:
        """See Files."""
        wanted = max(0, self.size(name) - offset) if size is None else size
        parts: list[bytes] = []
        with _naming_errors(name, is_write=False):
            descriptor = self._open(name, os.O_RDONLY)
            while wanted and (part := os.pread(descriptor, wanted, offset)):
                parts.append(part)
                offset += len(part)
                wanted -= len(part)
        return b"".join(parts)

    def write_at(self, name: str, offset: int, data: bytes) -> None:
        """See Files."""
        with _naming_errors(name, is_write=True):
            _write_all(self._open(name, os.O_RDWR), offset, data)

    def truncate(self, name: str, size: int) -> None:
        """See Files."""
        with _naming_errors(name, is_write=True):
            os.ftruncate(self._open(name, os.O_RDWR), size)

    def sync(self, name: str) -> None:
        """See Files."""
        with _naming_errors(name, is_write=True):
            os.fdatasync(self._open(name, os.O_RDWR))

    def sync_names(self) -> None:
        """See Files."""
        with _naming_errors(str(self._folder), is_write=True):
            sync_folder(self._folder)

    def replace(self, name: str, data: bytes) -> None:
        """See Files. Only the node's own user may read the file, since it may be a key."""
        path = self._folder / name
        temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
        self._close(name)
        try:
            if not path.parent.exists():
                path.parent.mkdir(parents=True)
                sync_folder(path.parent.parent)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                _write_all(descriptor, 0, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            temporary.rename(path)
            sync_folder(path.parent)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()  # it would take the space that the log needs
            raise disk_error(error, name, is_write=True) from error

    def lock(self, name: str) -> Callable[[], None]:
        """See Files. The system lets go when the process ends in any way, so a lock file left behind locks nothing."""
        with _naming_errors(name, is_write=True):
            descriptor = os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os.close(descriptor)
                if isinstance(error, BlockingIOError):
                    raise folder_in_use(str(self._folder)) from error
                raise
        return lambda: os.close(descriptor)

    def close(self) -> None:
        """Close every descriptor held open."""
        for descriptor in self._descriptors.values():
            os.close(descriptor)
        self._descriptors.clear()

    def _open(self, name: str, flags: int) -> int:
        key = (name, flags)
        if key not in self._descriptors:
            # Without O_NONBLOCK a named pipe would be waited for; for a file it means nothing.
            self._descriptors[key] = os.open(self._folder / name, flags | os.O_CLOEXEC | os.O_NONBLOCK)
            if stat.S_ISFIFO(os.fstat(self._descriptors[key]).st_mode):
                raise OSError(errno.ESPIPE, "a pipe, not a file")
        return self._descriptors[key]

    def _close(self, name: str) -> None:
        for flags in (os.O_RDONLY, os.O_RDWR):
            if (descriptor := self._descriptors.pop((name, flags), None)) is not None:
                os.close(descriptor)


@contextmanager
def _naming_errors(name: str, *, is_write: bool) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise disk_error(error, name, is_write=is_write) from error


def _write_all(descriptor: int, offset: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        written = os.pwrite(descriptor, rest, offset)
        rest = rest[written:]
        offset += written


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
