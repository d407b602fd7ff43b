"""Files that people name: bounded, never a device, and told apart when they cannot be read."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

import pytest

from concordat.client.datasets import describe_csv
from concordat.client.files import FILE_BYTES_MAX, input_error, read_file, read_json_file
from concordat.client.keys import fetch_key
from concordat.client.trust import read_trust
from concordat.errors import ConcordatError, NotFound, UsageError
from concordat.node.archive import restore_backup, scan_export


@pytest.mark.parametrize(
    ("name", "code", "exit_status"),
    [
        ("none", "input.absent", 3),
        ("none/below", "input.absent", 3),
        (".", "input.not_a_file", 2),
        ("/dev/zero", "input.not_a_file", 2),
    ],
)
def test_what_is_no_file_is_refused_at_once_by_every_reader(
    tmp_path: Path, name: str, code: str, exit_status: int
) -> None:
    path = tmp_path / name
    for read in (
        read_file,
        fetch_key,
        lambda path: read_trust(str(path)),
        lambda path: read_json_file(str(path)),
        lambda path: next(scan_export(path)),
        lambda path: restore_backup(path, tmp_path / "new"),
    ):
        with pytest.raises(ConcordatError) as caught:
            read(path)
        expected = "key.absent" if read is fetch_key and code == "input.absent" else code
        assert (caught.value.code, caught.value.exit_status) == (expected, exit_status)


def test_what_is_read_more_than_once_is_no_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    for read in (
        lambda path: describe_csv(path, bytes(32)),
        lambda path: next(scan_export(path)),
        lambda path: restore_backup(path, tmp_path / "new"),
    ):
        with pytest.raises(UsageError, match=r"input\.not_a_file"):
            read(path)


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(FILE_BYTES_MAX))
    assert len(read_file(path)) == FILE_BYTES_MAX
    path.write_bytes(bytes(FILE_BYTES_MAX + 1))
    with pytest.raises(UsageError, match=r"input\.too_large"):
        read_file(path)
    assert len(read_file(path, 2 * FILE_BYTES_MAX)) == FILE_BYTES_MAX + 1


def test_a_pipe_is_read_like_a_file() -> None:
    end, begin = os.pipe()
    os.write(begin, b"{}")
    os.close(begin)
    try:
        assert read_json_file(f"/dev/fd/{end}") == {}
    finally:
        os.close(end)


def test_a_byte_order_mark_is_no_part_of_json(tmp_path: Path) -> None:
    path = tmp_path / "marked.json"
    path.write_bytes(codecs.BOM_UTF8 + b'{"name": 1}')
    assert read_json_file(str(path)) == {"name": 1}


def test_a_file_without_rights_is_not_told_as_absent() -> None:
    denied = input_error(PermissionError(13, "Permission denied"), Path("locked"))
    assert (denied.code, denied.detail) == ("input.unreadable", "locked: Permission denied")
    assert isinstance(input_error(FileNotFoundError(2, "none"), Path("none")), NotFound)


def test_of_several_files_the_one_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "operation.json"
    path.write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"operation\.json: ") as caught:
        read_json_file(str(path))
    assert caught.value.code == "input.not_json"
