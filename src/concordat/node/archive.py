r"""Whole ledgers as one file: an export that strangers replay, and a backup of a node's folder. A node may be running.

    export = "concordat/export/v1\n" ‖ head slot (512 bytes, ledger/head.py) ‖ the log up to the head's end

The head says how much there must be, so that a cut is found like any other damage.
"""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

from concordat.client.files import making_file, open_file
from concordat.errors import Corrupt, NotFound, Refused
from concordat.ledger.application import Application, replay
from concordat.ledger.block_log import DIGEST_BYTES, FIRST_DIGEST, LogFault, ReadAt, Record, frame, scan
from concordat.ledger.doctor import AUDIT_FILE, examine, examine_keys_and_audit, is_authoritative, list_files
from concordat.ledger.files import DiskFiles, output_error, sync_folder
from concordat.ledger.head import SLOT_BYTES, Head, HeadReading, compute_slot_offset, encode_slot, parse_head
from concordat.ledger.survey import GENESIS_FILE, HEAD_FILE, LOG_FILE
from concordat.protocol.genesis import read_genesis

EXPORT_MAGIC: Final = b"concordat/export/v1\n"
_LOG_OFFSET: Final = len(EXPORT_MAGIC) + SLOT_BYTES
_CHUNK_BYTES: Final = 1024 * 1024
_HEAD_READINGS: Final = 20


def save_export(folder: Path, target: Path) -> Head:
    """Write the verified log up to the head; return the head.

    Raises:
        NotFound: `ledger.absent`. Corrupt: `ledger.corrupt`. Refused: `disk.*`.
    """
    with closing(DiskFiles(folder)) as files:
        head, _ = _fetch_sound_head(files)
        with (folder / LOG_FILE).open("rb") as log, making_file(target) as file:
            file.write(EXPORT_MAGIC + encode_slot(head))
            _copy(log, file, head.log_end)
    return head


def _fetch_sound_head(files: DiskFiles) -> tuple[Head, bytes]:
    """Return the newest head and genesis, once every record up to that head verifies."""
    if not files.exists(LOG_FILE):
        raise NotFound("ledger.absent", LOG_FILE)
    head = _fetch_head(files)
    genesis = files.read(GENESIS_FILE) if files.exists(GENESIS_FILE) else b""
    for height, record in enumerate(_scan_to(partial(files.read, LOG_FILE), head, _damaged_log)):
        if height == 0 and record.body != genesis:
            raise Corrupt("ledger.corrupt", GENESIS_FILE)
    return head, genesis


def _fetch_head(files: DiskFiles) -> Head:
    """Read the head beside a running node, which may be in the middle of writing one of its slots."""
    reading = HeadReading((), ())
    for _ in range(_HEAD_READINGS):
        reading = parse_head(files.read(HEAD_FILE) if files.exists(HEAD_FILE) else b"")
        if reading.newest is not None and not reading.fault_offsets:
            return reading.newest
    raise Corrupt("ledger.corrupt", HEAD_FILE)


def scan_export(path: Path) -> Iterator[Record]:
    """Yield every record of an export, genesis first, each verified as it is read.

    Raises:
        NotFound, UsageError: `input.*`. Corrupt: `export.corrupt` with the height at which the file is damaged or ends.
    """
    with open_file(path, is_pipe_allowed=False) as file:
        start = file.read(_LOG_OFFSET)
        # Doubled like a head file, for a slot is valid in one of the two places only.
        head = parse_head(start[len(EXPORT_MAGIC) :] * 2).newest
        if not start.startswith(EXPORT_MAGIC) or head is None or len(start) != _LOG_OFFSET:
            raise _damaged_export(0)
        yield from _scan_to(partial(_read_at, file), head, _damaged_export)
        if path.stat().st_size != _LOG_OFFSET + head.log_end:
            raise _damaged_export(head.height)


def _read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(_LOG_OFFSET + offset)
    return file.read(size)


def _scan_to(read: ReadAt, head: Head, damaged: Callable[[int], Corrupt]) -> Iterator[Record]:
    """Yield every record up to the head, whose end and digest the last one must have."""
    height = -1
    for item in scan(read):
        if isinstance(item, LogFault):
            break
        height += 1
        if height == head.height and (item.end, item.digest) != (head.log_end, head.digest):
            raise damaged(height)
        yield item
        if height == head.height:
            return
    raise damaged(height + 1)


def _damaged_export(height: int) -> Corrupt:
    return Corrupt("export.corrupt", f"height {height}", height=height)


def _damaged_log(height: int) -> Corrupt:
    return Corrupt("ledger.corrupt", f"{LOG_FILE}, height {height}")


# ── backup ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def save_backup(folder: Path, target: Path) -> Head:
    """Write a tar of every authoritative file, the log up to the head; return the head. It holds keys: mode 0600.

    Raises:
        NotFound: `ledger.absent`. Corrupt: `ledger.corrupt`; `backup.damaged`: the copy could not be restored.
        Refused: `disk.*`.
    """
    with closing(DiskFiles(folder)) as files:
        head, genesis = _fetch_sound_head(files)
        for check in examine_keys_and_audit(files):
            if check.status == "failed":
                raise Corrupt("backup.damaged", check.file)
        small = {GENESIS_FILE: genesis, HEAD_FILE: _make_head_file(genesis, head)}
        for stored in list_files(files):
            # The end of the audit log is read before the log, which can then only be longer.
            if stored.authoritative and stored.path not in (*small, LOG_FILE):
                data = files.read(stored.path)
                small[stored.path] = data[: data.rfind(b"\n") + 1] if stored.path == AUDIT_FILE else data
        with (folder / LOG_FILE).open("rb") as log, making_file(target) as file:
            _write_backup(file, small, log, head.log_end)
    return head


def _make_head_file(genesis: bytes, head: Head) -> bytes:
    """Return a head file with this head and, in the other slot, that of genesis."""
    first = frame(FIRST_DIGEST, genesis)
    slots = [encode_slot(Head(0, len(first), first[-DIGEST_BYTES:]))] * 2
    slots[compute_slot_offset(head.height) // SLOT_BYTES] = encode_slot(head)
    return b"".join(slots)


def _write_backup(file: BinaryIO, small: dict[str, bytes], log: BinaryIO, log_end: int) -> None:
    # This format has room for a log of any size and for names in any language.
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in sorted(small.items()):
            tar.addfile(_describe_file(name, len(data)), io.BytesIO(data))
        tar.addfile(_describe_file(LOG_FILE, log_end), log)


def _describe_file(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


def restore_backup(source: Path, folder: Path) -> None:
    """Make a node's folder from a backup; it appears whole, or not at all.

    Raises:
        NotFound, UsageError: `input.*`. Refused: `restore.not_empty`, `disk.*`.
        Corrupt: `restore.damaged` when the file is no backup, or what it holds does not verify; `replay.differs` when a
            signature, entry or root does not; `genesis.*`.
    """
    open_file(source, is_pipe_allowed=False).close()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused("restore.not_empty", str(folder))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            with closing(DiskFiles(made)) as files:
                _extract(source, made, files)
                _check_restored(files)
                _check_is_canonical(source, made, files)
                _check_replay(files)
            made.rename(folder)
            sync_folder(folder.parent)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    except OSError as error:
        raise output_error(error, folder) from error


def _extract(source: Path, made: Path, files: DiskFiles) -> None:
    try:
        with tarfile.open(source, mode="r:") as tar:
            for info in tar:
                if not info.isreg() or not _is_backup_name(info.name) or (content := tar.extractfile(info)) is None:
                    raise _not_restorable(info.name)
                files.replace(info.name, b"")
                with (made / info.name).open("wb") as file:
                    _copy(content, file, info.size)
                    file.flush()
                    os.fsync(file.fileno())
    except (tarfile.TarError, EOFError, UnicodeDecodeError) as error:
        raise _not_restorable(str(error)) from error


def _is_backup_name(name: str) -> bool:
    """Tell whether a backup may hold a file of this name; none leads out of the folder."""
    return is_authoritative(name) and not {"", ".", ".."} & set(name.split("/"))


def _check_restored(files: DiskFiles) -> None:
    for check in examine(files):
        if check.status != "ok" and check.id != "audit.break":
            raise _not_restorable(check.file)


def _check_replay(files: DiskFiles) -> None:
    """Check every signature: a node believes its own log's, and whence this one comes nobody knows."""
    bodies = (item.body for item in scan(partial(files.read, LOG_FILE)) if isinstance(item, Record))
    application = Application(read_genesis(next(bodies)), lambda _: bytes(64))
    for _ in replay(application, bodies):
        pass


class _Comparison:
    """A file that takes what another holds already."""

    def __init__(self, held: BinaryIO) -> None:
        self.is_same = True
        self._held = held

    def write(self, data: bytes) -> int:
        """Compare the data with what is held in its place."""
        self.is_same = self.is_same and self._held.read(len(data)) == data
        return len(data)

    def tell(self) -> int:
        """Return the place up to which both were compared."""
        return self._held.tell()


def _check_is_canonical(source: Path, made: Path, files: DiskFiles) -> None:
    """Refuse an archive with any byte that a backup of the same files would not have."""
    small = {name: files.read(name) for name in files.names() if name != LOG_FILE}
    with open_file(source) as held, (made / LOG_FILE).open("rb") as log:
        comparison = _Comparison(held)
        _write_backup(cast("BinaryIO", comparison), small, log, files.size(LOG_FILE))
        if not comparison.is_same or held.read(1):
            raise _not_restorable(f"{source.name}, between or after its files")


def _not_restorable(place: str) -> Corrupt:
    return Corrupt("restore.damaged", place)


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _copy(source: IO[bytes], target: BinaryIO, size: int) -> None:
    while size:
        chunk = source.read(min(size, _CHUNK_BYTES))
        if not chunk:
            raise EOFError("the file is shorter than it says")
        target.write(chunk)
        size -= len(chunk)
