"""Both implementations of the port do the same; what only a real disk or only the model does has its own tests."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from concordat.errors import NotFound, Refused
from concordat.ledger.files import DiskFiles, Files
from concordat.testing.model_disk import ModelDisk, SimulatedCrash


@pytest.fixture(params=["disk", "model"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Files]:
    if request.param == "model":
        yield ModelDisk()
        return
    with closing(DiskFiles(tmp_path)) as disk:
        yield disk


def test_what_was_written_is_read(files: Files) -> None:
    files.replace("a", b"0123456789")
    files.write_at("a", 8, b"abc")
    files.write_at("a", 13, b"z")
    files.sync("a")
    assert files.read("a") == b"01234567abc\0\0z"
    assert files.size("a") == 14
    assert files.read("a", 9) == b"bc\0\0z"
    assert files.read("a", 9, 2) == b"bc"
    assert files.read("a", 12, 9) == b"\0z"
    assert files.read("a", 20) == b""


def test_truncated_bytes_do_not_come_back(files: Files) -> None:
    files.replace("a", b"0123456789")
    files.truncate("a", 4)
    assert files.read("a") == b"0123"
    files.write_at("a", 6, b"z")
    assert files.read("a") == b"0123\0\0z"


def test_a_replaced_file_is_the_new_one_for_every_later_call(files: Files) -> None:
    files.replace("a", b"old and long")
    assert files.read("a") == b"old and long"
    files.write_at("a", 0, b"OLD")
    files.replace("a", b"new")
    assert files.read("a") == b"new"
    files.write_at("a", 3, b"!")
    assert files.read("a") == b"new!"


def test_names_are_sorted_and_reach_into_folders(files: Files) -> None:
    for name in ("keys/node.key", "b", "a"):
        files.replace(name, b"")
    assert files.names() == ("a", "b", "keys/node.key")
    assert files.exists("keys/node.key")
    assert not files.exists("keys/other.key")


def test_an_absent_file_is_not_found(files: Files) -> None:
    for call in (
        lambda: files.read("a"),
        lambda: files.size("a"),
        lambda: files.sync("a"),
        lambda: files.truncate("a", 0),
        lambda: files.write_at("a", 0, b"x"),
    ):
        with pytest.raises(NotFound, match=r"disk\.no_such_file: a"):
            call()
    assert files.names() == ()


def test_a_lock_is_held_by_one_until_it_is_let_go(files: Files) -> None:
    unlock = files.lock("lock")
    with pytest.raises(Refused, match=r"ledger\.folder_in_use"):
        files.lock("lock")
    unlock()
    files.lock("lock")()


def test_a_real_full_disk_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("/dev/full")
    with closing(DiskFiles(tmp_path)) as disk, pytest.raises(Refused, match=r"disk\.full: a: No space left"):
        disk.write_at("a", 0, b"x")


def test_a_replacement_that_does_not_fit_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    with closing(DiskFiles(tmp_path)) as disk:
        disk.replace("a", b"old")
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
        try:
            with pytest.raises(Refused, match=r"disk\.full: a"):
                disk.replace("a", b"x" * 100)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert (disk.names(), disk.read("a")) == (("a",), b"old")


@pytest.mark.parametrize("fault", ["full", "sync"])
def test_the_model_keeps_the_old_file_and_the_space_when_a_replacement_fails(fault: str) -> None:
    disk = ModelDisk()
    disk.replace("a", b"old")
    disk.free_bytes = 10 if fault == "full" else 1000
    disk.fail_sync_at = disk.syncs + 1 if fault == "sync" else None
    before = disk.free_bytes
    with pytest.raises(Refused, match=r"^disk\."):
        disk.replace("a", b"x" * 100)
    assert (disk.names(), disk.read("a"), disk.free_bytes) == (("a",), b"old", before)


def test_a_replaced_file_is_for_its_owner_only(tmp_path: Path) -> None:
    with closing(DiskFiles(tmp_path)) as disk:
        disk.replace("keys/node.key", b"secret")
    assert (tmp_path / "keys" / "node.key").stat().st_mode & 0o777 == 0o600


def test_the_model_keeps_synced_bytes_and_any_part_of_the_others() -> None:
    seen = set()
    for seed in range(300):
        disk = ModelDisk()
        disk.replace("a", b"0" * 512)
        disk.write_at("a", 512, b"1" * 512)
        disk.write_at("a", 1024, b"2" * 512)
        disk.crash(Random(seed))
        content = disk.read("a")
        assert content[:512] == b"0" * 512
        seen.add((len(content), content[512:1024].strip(b"\0")[:1], content[1024:].strip(b"\0")[:1]))
    assert {(512, b"", b""), (1536, b"", b""), (1536, b"1", b""), (1536, b"", b"2"), (1536, b"1", b"2")} <= seen
    assert any(size % 512 for size, _, _ in seen)


def test_the_model_keeps_the_old_or_the_new_file_of_a_rename_not_yet_durable() -> None:
    seen = set()
    for seed in range(50):
        disk = ModelDisk()
        disk.replace("a", b"old")
        disk.crash_at = disk.steps + 4
        with pytest.raises(SimulatedCrash):
            disk.replace("a", b"new")
        disk.crash(Random(seed))
        seen.add(disk.read("a"))
    assert seen == {b"old", b"new"}


def test_after_a_failed_sync_the_model_shows_bytes_that_a_later_sync_does_not_save() -> None:
    seen = set()
    for seed in range(50):
        disk = ModelDisk()
        disk.replace("a", b"old")
        disk.write_at("a", 0, b"new")
        disk.fail_sync_at = disk.syncs + 1
        with pytest.raises(Refused, match=r"disk\.unreadable: a"):
            disk.sync("a")
        disk.sync("a")
        assert disk.read("a") == b"new"
        disk.crash(Random(seed))
        seen.add(disk.read("a"))
    assert seen == {b"old", b"new"}


def test_the_model_runs_out_of_space_in_the_middle_of_a_write() -> None:
    disk = ModelDisk()
    disk.replace("a", b"")
    disk.free_bytes = 3
    with pytest.raises(Refused, match=r"disk\.full: a"):
        disk.write_at("a", 0, b"12345")
    assert disk.read("a") == b"123"
    disk.truncate("a", 1)
    disk.write_at("a", 0, b"abc")
    assert disk.read("a") == b"abc"
