"""A file that people name appears whole, or not at all, and never in the place of another."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from concordat.client.commitments import make_salt
from concordat.client.datasets import save_salt
from concordat.client.files import making_file, save_new_file
from concordat.client.keys import make_key, save_key
from concordat.errors import NotFound, Refused

Save = Callable[[Path], object]
SAVERS: list[Save] = [
    lambda path: save_new_file(path, b"x" * 100),
    lambda path: save_key(path, make_key()),
    lambda path: save_salt(path, make_salt()),
]


@contextmanager
def no_room_beyond(size: int) -> Iterator[None]:
    """Let the system refuse to make any file longer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("save", SAVERS)
def test_a_full_disk_leaves_nothing_and_the_next_try_succeeds(save: Save, tmp_path: Path) -> None:
    path = tmp_path / "file"
    with no_room_beyond(10), pytest.raises(Refused, match=r"^disk\.full"):
        save(path)
    assert list(tmp_path.iterdir()) == []
    save(path)
    assert [found.name for found in tmp_path.iterdir()] == ["file"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError), making_file(tmp_path / "file") as file:
        file.writelines([b"half", None])  # type: ignore[list-item]
    assert list(tmp_path.iterdir()) == []


def test_a_file_made_in_between_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(Refused, match=r"^file\.exists"), making_file(path):
        path.write_bytes(b"theirs")
    assert [(found.name, found.read_bytes()) for found in tmp_path.iterdir()] == [("file", b"theirs")]


@pytest.mark.parametrize("save", SAVERS)
def test_nothing_is_overwritten_not_even_a_link_that_leads_nowhere(save: Save, tmp_path: Path) -> None:
    (tmp_path / "file").symlink_to("nowhere")
    with pytest.raises(Refused, match=r"^file\.exists"):
        save(tmp_path / "file")
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("save", SAVERS)
def test_a_place_that_is_no_folder_is_told(save: Save, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotFound, match=r"^disk\.no_such_folder"):
        save(tmp_path / "file" / "below")


def test_bytes_are_durable_before_the_name_and_the_name_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records what the system is asked for, since no test can cut this machine's power."""
    path, calls = tmp_path / "file", []
    fsync, link = os.fsync, os.link

    def note_fsync(descriptor: int) -> None:
        calls.append("folder" if os.path.samestat(os.fstat(descriptor), tmp_path.stat()) else "file")
        fsync(descriptor)

    def note_link(source: str, target: Path) -> None:
        calls.append("name")
        link(source, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "link", note_link)
    save_new_file(path, b"x")
    assert calls == ["file", "name", "folder"]
