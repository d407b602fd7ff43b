from __future__ import annotations

import pytest

from concordat.errors import Corrupt
from concordat.ledger.checksummed import FIRST_CHECK, ChainEnd, chain_line, render_end
from concordat.ledger.doctor import StoredFile, examine, list_files
from concordat.ledger.store import BlockStore
from concordat.ledger.survey import Check
from concordat.primitives.sealed import seal
from concordat.testing.model_disk import ModelDisk

LEDGER_FILES = ("genesis.json", "blocks.log", "head")


def make_folder() -> ModelDisk:
    disk = ModelDisk()
    store = BlockStore.create(disk, b'{"chain": "small"}\n')
    for height in range(1, 5):
        store.append(b"block %d" % height)
    store.close()
    disk.replace("keys/node.key", seal(b'{"secret": "00ff"}'))
    disk.replace("keys/mayor.key", seal(b'{"secret": "11ee"}'))
    lines, check = b"", FIRST_CHECK
    for act in (b'{"act":"sign in"}', b'{"act":"read"}', b'{"act":"sign out"}'):
        line, check = chain_line(check, act)
        lines += line
    disk.replace("audit.log", lines)
    disk.replace("audit.head", render_end(ChainEnd(check, len(lines))))
    return disk


def find_bad(disk: ModelDisk) -> list[Check]:
    return [check for check in examine(disk) if check.status != "ok"]


def test_a_sound_folder_has_nothing_to_report() -> None:
    checks = examine(make_folder())
    assert {check.status for check in checks} == {"ok"}
    assert [check.file for check in checks] == [
        "head",
        "blocks.log",
        "genesis.json",
        "keys/mayor.key",
        "keys/node.key",
        "audit.log",
    ]


def test_files_are_told_apart_by_whether_they_can_be_rebuilt() -> None:
    disk = make_folder()
    for name in ("snapshot.state", "views.sqlite", "views.sqlite-wal", "notes.txt", "keys/node.key.tmp"):
        disk.replace(name, b"anything")
    told = {stored.path: stored.authoritative for stored in list_files(disk)}
    assert [path for path, authoritative in told.items() if authoritative] == [
        "audit.head",
        "audit.log",
        "blocks.log",
        "genesis.json",
        "head",
        "keys/mayor.key",
        "keys/node.key",
    ]
    assert StoredFile("lock", False) in list_files(disk)
    assert find_bad(disk) == []


@pytest.mark.parametrize("name", [stored.path for stored in list_files(make_folder()) if stored.authoritative])
def test_every_flipped_byte_is_found_in_its_file_and_the_store_refuses_it(name: str) -> None:
    disk = make_folder()
    original = disk.read(name)
    for place, byte in enumerate(original):
        for mask in (0x01, 0x20, 0xFF):
            disk.write_at(name, place, bytes([byte ^ mask]))
            (bad,) = find_bad(disk)
            assert bad.file == name
            assert bad.offset is not None
            assert bad.offset <= place
            if name in LEDGER_FILES:
                assert bad.status == "failed"
                with pytest.raises(Corrupt, match=name):
                    BlockStore.open(disk)
        disk.write_at(name, place, bytes([byte]))
    assert find_bad(disk) == []


def test_a_flipped_byte_is_found_at_the_record_that_holds_it() -> None:
    disk = make_folder()
    size = disk.size("blocks.log")
    last_record = size - 4 - len(b"block 4") - 32
    disk.write_at("blocks.log", size - 1, bytes([disk.read("blocks.log", size - 1)[0] ^ 1]))
    (bad,) = find_bad(disk)
    assert (bad.id, bad.offset, bad.height) == ("log.chain", last_record, 4)


@pytest.mark.parametrize("name", LEDGER_FILES)
def test_a_missing_file_is_found(name: str) -> None:
    disk, whole = ModelDisk(), make_folder()
    for kept in set(LEDGER_FILES) - {name}:
        disk.replace(kept, whole.read(kept))
    assert {(check.file, check.status) for check in find_bad(disk)} == {(name, "failed")}


@pytest.mark.parametrize("name", sorted({*LEDGER_FILES, "keys/node.key", "audit.head", "audit.log"}))
def test_a_shorter_file_is_found(name: str) -> None:
    disk = make_folder()
    disk.truncate(name, disk.size(name) - 1)
    assert {(check.file, check.status) for check in find_bad(disk)} == {(name, "failed")}


@pytest.mark.parametrize("lines", [0, 1, 2])
def test_whole_lines_missing_at_the_end_of_the_audit_log_are_found(lines: int) -> None:
    disk = make_folder()
    kept = b"".join(disk.read("audit.log").splitlines(keepends=True)[:lines])
    disk.truncate("audit.log", len(kept))
    (bad,) = find_bad(disk)
    assert (bad.id, bad.status, bad.offset) == ("audit.end", "failed", len(kept))


@pytest.mark.parametrize("name", ["audit.log", "audit.head"])
def test_a_missing_audit_file_is_found(name: str) -> None:
    disk, whole = ModelDisk(), make_folder()
    for kept in set(whole.names()) - {name, "lock"}:
        disk.replace(kept, whole.read(kept))
    (bad,) = find_bad(disk)
    assert (bad.id, bad.status, bad.file) == ("audit.end", "failed", name)


def test_a_damaged_line_is_placed_without_the_recorded_end() -> None:
    disk, whole = ModelDisk(), make_folder()
    for kept in set(whole.names()) - {"audit.head", "lock"}:
        disk.replace(kept, whole.read(kept))
    lines = disk.read("audit.log").splitlines(keepends=True)
    disk.replace("audit.log", lines[0] + lines[1].replace(b'"', b"'", 1) + b"".join(lines[2:]))
    found = [(bad.id, bad.file, bad.offset) for bad in find_bad(disk)]
    assert found == [("audit.end", "audit.head", 0), ("audit.chain", "audit.log", len(lines[0]))]


def test_a_damaged_audit_log_that_was_put_aside_is_a_finding_until_somebody_takes_it() -> None:
    disk = make_folder()
    disk.replace("audit.log.damaged-0123456789abcdef", b"anything")
    (bad,) = find_bad(disk)
    assert (bad.id, bad.status, bad.file) == ("audit.kept", "failed", "audit.log.damaged-0123456789abcdef")


def test_what_a_start_cut_off_is_a_warning_until_somebody_takes_it() -> None:
    disk = make_folder()
    disk.write_at("blocks.log", disk.size("blocks.log"), b"\0\0\0\x09torn")
    BlockStore.open(disk).close()
    (kept,) = find_bad(disk)
    assert (kept.id, kept.status, kept.height) == ("log.cut", "warning", None)
    assert disk.read(kept.file) == b"\0\0\0\x09torn"


def test_torn_tails_are_warnings_that_say_what_to_do() -> None:
    disk = make_folder()
    log_size, audit_size = disk.size("blocks.log"), disk.size("audit.log")
    disk.write_at("blocks.log", log_size, b"\0\0\1\0only the beginning")
    disk.write_at("audit.log", audit_size, b'{"act":"re')
    tail, audit = find_bad(disk)
    assert (tail.id, tail.status, tail.offset, tail.height) == ("log.tail", "warning", log_size, 5)
    assert (audit.id, audit.status, audit.offset) == ("audit.tail", "warning", audit_size)
    assert (tail.byte_count, audit.byte_count) == (len(b"\0\0\1\0only the beginning"), len(b'{"act":"re'))


def test_examining_changes_nothing() -> None:
    disk = make_folder()
    disk.write_at("blocks.log", disk.size("blocks.log"), b"\0\0\0\x09torn")
    disk.is_read_only = True
    before = {name: disk.read(name) for name in disk.names()}
    steps = disk.steps
    examine(disk)
    assert disk.steps == steps
    assert {name: disk.read(name) for name in disk.names()} == before
