"""The audit log never stops a node, and nothing that was durable in it goes missing unseen."""

from __future__ import annotations

import json
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.errors import Refused
from concordat.ledger.doctor import examine
from concordat.ledger.survey import Check
from concordat.node.audit import AuditLog, create_audit_log
from concordat.testing.model_disk import ModelDisk, SimulatedCrash


def record(log: AuditLog, *subjects: str) -> None:
    for subject in subjects:
        log.record(0, who="public", face="test", action="read", subject=subject, outcome="ok")


def make_disk(*subjects: str) -> ModelDisk:
    disk = ModelDisk()
    create_audit_log(disk)
    log = AuditLog(disk, 0)
    record(log, *subjects)
    log.sync()
    return disk


def read_lines(disk: ModelDisk) -> list[dict[str, str]]:
    return [json.loads(line) for line in disk.read("audit.log").splitlines()]


def find_bad(disk: ModelDisk) -> set[tuple[str, str]]:
    bad = (check for check in examine(disk) if check.id.startswith("audit.") and check.status != "ok")
    return {(check.id, check.status) for check in bad}


def get_check(disk: ModelDisk, name: str) -> Check:
    return next(check for check in examine(disk) if check.id == name)


def test_a_log_is_continued() -> None:
    disk = make_disk("one", "two")
    record(AuditLog(disk, 0), "three")
    assert [line["subject"] for line in read_lines(disk)] == ["one", "two", "three"]
    assert find_bad(disk) == set()


def test_what_was_synced_survives_a_power_cut_and_the_rest_is_no_damage() -> None:
    for seed in range(50):
        disk = make_disk("one", "two")
        synced = disk.read("audit.log")
        record(AuditLog(disk, 0), "three")
        disk.crash(Random(seed))
        AuditLog(disk, 0)
        # A disk may tear what was not synced so that it looks like damage; then it is kept whole.
        (name,) = {name for name in disk.names() if "damaged" in name} or {"audit.log"}
        assert disk.read(name).startswith(synced)
        assert find_bad(disk) in (set(), {("audit.break", "warning"), ("audit.kept", "failed")})


def test_a_line_cut_short_is_cut_off() -> None:
    disk = make_disk("one")
    disk.write_at("audit.log", disk.size("audit.log"), b'{"time": "20')
    assert get_check(disk, "audit.tail").status == "warning"
    AuditLog(disk, 0)
    assert find_bad(disk) == set()


@given(st.data())
def test_any_flipped_byte_is_found_put_aside_and_marked(data: st.DataObject) -> None:
    disk = make_disk("one", "two", "three")
    place = data.draw(st.integers(0, disk.size("audit.log") - 1))
    flipped = disk.read("audit.log", place, 1)[0] ^ data.draw(st.integers(1, 255))
    disk.write_at("audit.log", place, bytes([flipped]))
    assert {status for _, status in find_bad(disk)} == {"failed"}
    before = disk.read("audit.log")
    log = AuditLog(disk, 0)
    (kept,) = (name for name in disk.names() if name.startswith("audit.log.damaged-"))
    assert disk.read(kept) == before
    record(log, "four")
    first, last = read_lines(disk)
    assert (first["action"], last["subject"]) == ("audit.break", "four")
    assert kept in first["subject"]
    assert find_bad(disk) == {("audit.break", "warning"), ("audit.kept", "failed")}


@pytest.mark.parametrize("lost", [{"audit.log"}, {"audit.log", "audit.head"}])
@pytest.mark.parametrize("is_emptied", [False, True])
def test_to_lose_the_whole_log_is_not_milder_than_to_lose_a_part(lost: set[str], *, is_emptied: bool) -> None:
    whole, disk = make_disk("one"), ModelDisk()
    for name in set(whole.names()) - lost:
        disk.replace(name, whole.read(name))
    if is_emptied:
        disk.replace("audit.log", b"")
    AuditLog(disk, 0)
    assert read_lines(disk)[0]["action"] == "audit.break"
    assert find_bad(disk) == {("audit.break", "warning"), ("audit.kept", "failed")}
    (kept,) = (name for name in disk.names() if name.startswith("audit.log.damaged-"))
    assert disk.read(kept) == b""


def test_a_log_that_was_moved_away_as_told_leaves_a_warning_once_the_file_that_stands_for_it_is_moved_too() -> None:
    disk, tidied = ModelDisk(), ModelDisk()
    AuditLog(disk, 0)
    assert find_bad(disk) == {("audit.break", "warning"), ("audit.kept", "failed")}
    for name in ("audit.log", "audit.head"):
        tidied.replace(name, disk.read(name))
    AuditLog(tidied, 0)
    assert find_bad(tidied) == {("audit.break", "warning")}


@given(st.none() | st.integers(0, 10**6))
def test_a_sound_log_goes_on_without_its_recorded_end(place: int | None) -> None:
    whole, disk = make_disk("one", "two"), ModelDisk()
    lines, end = whole.read("audit.log"), whole.read("audit.head")
    disk.replace("audit.log", lines + b'{"time": "20')
    if place is not None:
        at = place % len(end)
        disk.replace("audit.head", end[:at] + bytes([end[at] ^ 1]) + end[at + 1 :])
    assert find_bad(disk) == {("audit.end", "failed"), ("audit.tail", "warning")}
    record(AuditLog(disk, 0), "three")
    AuditLog(disk, 0)
    assert disk.read("audit.log").startswith(lines)
    assert [line["action"] for line in read_lines(disk)] == ["read", "read", "audit.break", "read"]
    assert find_bad(disk) == {("audit.break", "warning")}
    assert get_check(disk, "audit.break").offset == len(lines)


def test_a_damaged_log_without_its_recorded_end_is_put_aside() -> None:
    disk = make_disk("one", "two")
    disk.replace("audit.log", disk.read("audit.log").replace(b"one", b"two"))
    disk.replace("audit.head", b"")
    AuditLog(disk, 0)
    assert find_bad(disk) == {("audit.break", "warning"), ("audit.kept", "failed")}


def test_no_field_of_a_line_passes_for_a_break() -> None:
    disk = make_disk('"action": "audit.break"')
    assert find_bad(disk) == set()


def test_lines_cut_off_are_marked_by_the_next_start() -> None:
    disk = make_disk("one", "two")
    end = disk.size("audit.log")
    disk.truncate("audit.log", disk.read("audit.log").index(b"\n") + 1)
    assert find_bad(disk) == {("audit.end", "failed")}
    AuditLog(disk, 0)
    assert f"recorded end: {end} bytes" in read_lines(disk)[0]["subject"]


def test_a_crash_while_beginning_anew_loses_nothing() -> None:
    for step in range(1, 14):
        for seed in range(10):
            disk = make_disk("one", "two")
            damaged = disk.read("audit.log").replace(b"one", b"two")
            disk.replace("audit.log", damaged)
            disk.crash_at = disk.steps + step
            with suppress(SimulatedCrash):
                AuditLog(disk, 0)
            disk.crash(Random(seed))
            AuditLog(disk, 0)
            assert damaged in [disk.read(name) for name in disk.names() if name.startswith("audit.log.damaged-")]
            assert read_lines(disk)[0]["action"] == "audit.break"


def test_a_full_disk_costs_lines_but_not_the_log() -> None:
    disk = make_disk("one")
    log = AuditLog(disk, 0)
    disk.free_bytes = 20
    with pytest.raises(Refused, match=r"disk\.full"):
        record(log, "two")
    log.sync()
    disk.free_bytes = None
    record(log, "three")
    log.sync()
    assert [line["subject"] for line in read_lines(disk)] == ["one", "three"]
    assert find_bad(disk) == set()
