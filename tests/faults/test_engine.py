"""Every submitter gets an answer, the same one for the same bytes, whatever happens to the engine meanwhile."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

import pytest
from msgspec.structs import replace

from concordat.errors import Refused, Rejected
from concordat.ledger.application import Application, BlockRecord
from concordat.ledger.durable_lock import DurableLock
from concordat.ledger.embedded import CLOCK_AHEAD_US, QUEUE_MAX, EmbeddedEngine, Observer
from concordat.ledger.queued import Committed, Queued
from concordat.ledger.snapshot import load_application, save_snapshot
from concordat.ledger.store import BlockStore
from concordat.ledger.survey import HEAD_FILE, LOG_FILE
from concordat.primitives.codec import decode
from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.receipts import DueCause
from concordat.protocol.transactions import Entry, compute_transaction_id
from concordat.testing.consortium import START_US, Consortium
from concordat.testing.model_disk import ModelDisk
from faults.building import Observed, Story, begin_chain, check_folder, make_story

MEMBERS = ("azure-bay", "birch-vale")
AFTER_EPOCH_US = START_US + 29 * DAY_US
"""The first credit epoch has become due, and nothing else."""


@dataclass
class World:
    """A chain with a real clock that the test sets, on a disk that the test breaks."""

    disk: ModelDisk = field(default_factory=ModelDisk)
    now_us: int = START_US
    observed: Observed = field(default_factory=Observed)

    def __post_init__(self) -> None:
        self.consortium = Consortium(dict.fromkeys(MEMBERS, ("operator", "seed", "verifier")), clock="real")
        c = self.consortium
        self.story = Story(c.genesis, c.chain, c.get_seed("node"), ())
        BlockStore.create(self.disk, c.genesis).close()

    def open(self, observe: Observer | None = None) -> tuple[EmbeddedEngine, BlockStore]:
        store = BlockStore.open(self.disk)
        application, _ = load_application(self.story.chain, self.story.sign, self.disk, store)
        now_us, observe = (lambda: self.now_us), observe or self.observed
        return EmbeddedEngine(application, store, now_us=now_us, observe=observe), store

    @contextmanager
    def running(self) -> Iterator[EmbeddedEngine]:
        with self.running_by_hand() as engine:
            engine.start()
            yield engine

    @contextmanager
    def running_by_hand(self) -> Iterator[EmbeddedEngine]:
        """Yield an engine that makes blocks at `step` alone."""
        engine, store = self.open()
        try:
            yield engine
        finally:
            engine.close()
            store.close()

    def make_wire(self, member: str = "azure-bay") -> bytes:
        c = self.consortium
        payload = c.make_payload(member, c.make_registration(member))
        return c.sign_payload(member, replace(payload, valid_until=self.now_us + 100 * DAY_US))


@pytest.fixture
def world() -> World:
    return World()


def break_sync(disk: ModelDisk) -> None:
    disk.fail_sync_at = disk.syncs + 1


def fill(disk: ModelDisk) -> None:
    disk.free_bytes = 100


class HeadWatch(ModelDisk):
    """Tells when the head has been synced."""

    def __init__(self) -> None:
        super().__init__()
        self.head_synced = threading.Event()

    def sync(self, name: str) -> None:
        """See Files."""
        try:
            super().sync(name)
        finally:
            if name == HEAD_FILE:
                self.head_synced.set()


class SlowHead(ModelDisk):
    """Holds a sync of the head, once slow, until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.is_slow = self.was_late = False
        self.head_begun, self.head_let_go = threading.Event(), threading.Event()

    def sync(self, name: str) -> None:
        """See Files."""
        if name == HEAD_FILE and self.is_slow:
            self.head_begun.set()
            self.was_late = not self.head_let_go.wait(10)
        super().sync(name)


def remount_read_only(disk: ModelDisk) -> None:
    disk.is_read_only = True


# ── failures ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_engine_at_rest_makes_the_head_durable_and_a_disk_that_fails_then_stops_it() -> None:
    disk = HeadWatch()
    world = World(disk)
    engine, store = world.open()
    engine.start()
    engine.submit(world.make_wire()).result(10)
    assert not store.is_head_synced
    disk.head_synced.clear()
    assert disk.head_synced.wait(10)
    engine.submit(world.make_wire()).result(10)
    disk.head_synced.clear()
    break_sync(disk)
    assert disk.head_synced.wait(10)
    engine.close()
    assert engine.failure is not None
    assert engine.failure.code == "disk.unreadable"
    with pytest.raises(Refused, match=r"^disk\.unreadable"):
        engine.submit(world.make_wire())


def test_nobody_waits_at_the_door_for_a_head_that_is_synced_at_rest() -> None:
    disk = SlowHead()
    world = World(disk)
    engine, store = world.open()
    engine.start()
    engine.submit(world.make_wire()).result(10)
    disk.is_slow = True
    assert disk.head_begun.wait(10)
    queued = engine.submit(world.make_wire())
    assert not disk.head_let_go.is_set()
    disk.head_let_go.set()
    queued.result(10)
    assert not disk.was_late
    engine.close()
    store.close()


def test_a_sleep_that_ends_because_something_is_due_is_no_rest_of_the_store() -> None:
    disk, seen = HeadWatch(), list[bool]()
    world = World(disk)
    store = BlockStore.open(disk)
    application = Application(world.story.chain, world.story.sign)
    key = application.state.due.first_key()
    assert key is not None
    due_us = int(key[0])
    early_us = world.now_us = due_us - 100_000
    clock: Iterator[int] = repeat(early_us)
    has_fired = threading.Event()

    def observe(_size: int, record: BlockRecord) -> None:
        nonlocal clock
        seen.append(disk.head_synced.is_set())
        disk.head_synced.clear()
        clock = iter((early_us, early_us))  # read before the sleep, which lasts until it is due
        if get_fired([record]):
            has_fired.set()

    engine = EmbeddedEngine(application, store, now_us=lambda: next(clock, due_us), observe=observe)
    engine.start()
    engine.submit(world.make_wire()).result(10)
    assert has_fired.wait(10)
    engine.close()
    store.close()
    assert seen == [True, False]


@pytest.mark.parametrize(
    ("fault", "code"),
    [(break_sync, "disk.unreadable"), (fill, "disk.full"), (remount_read_only, "disk.read_only")],
)
def test_a_disk_error_reaches_submitters_and_readers_and_a_restart_mends_it(
    world: World, fault: Callable[[ModelDisk], None], code: str
) -> None:
    first, second = world.make_wire(), world.make_wire()
    engine, _ = world.open()
    engine.start()
    told = {first: engine.submit(first).result(10)}
    fault(world.disk)
    future = engine.submit(second)
    with pytest.raises(Refused, match=f"^{code}"):
        future.result(10)
    for submitted in (first, second, world.make_wire("birch-vale")):
        with pytest.raises(Refused, match=f"^{code}"):
            engine.submit(submitted)
    with pytest.raises(Refused, match=f"^{code}"), engine.lock:
        pass
    assert engine.failure is not None
    engine.close()

    world.disk.free_bytes, world.disk.is_read_only = None, False
    world.disk.kill()
    check_folder(world.story, world.disk, told)
    with world.running() as again:
        told[second] = again.submit(second).result(10)
    check_folder(world.story, world.disk, told)


def test_a_snapshot_for_which_there_is_no_room_leaves_the_room_to_the_log(world: World) -> None:
    engine, store = world.open()
    engine.submit(world.make_wire())
    assert engine.step()
    log_size = world.disk.size(LOG_FILE)
    snapshot_size = sum(8 + len(key) + len(value) for key, value in engine.application.state.dump())
    # Room for the next block, and for less than a snapshot.
    world.disk.free_bytes = snapshot_size - 1
    with pytest.raises(Refused, match=r"^disk\.full"):
        save_snapshot(world.disk, engine.application)
    told = engine.submit(wire := world.make_wire())
    assert engine.step()
    assert world.disk.size(LOG_FILE) > log_size
    store.close()
    world.disk.kill()
    check_folder(world.story, world.disk, {wire: told.result(0)})


def test_memory_that_is_ahead_of_the_disk_is_shown_to_nobody(world: World, caplog: pytest.LogCaptureFixture) -> None:
    engine, _ = world.open()
    fill(world.disk)
    future = engine.submit(world.make_wire())
    assert not engine.step()
    assert [record.levelname for record in caplog.records if "disk.full" in record.getMessage()] == ["ERROR"]
    with pytest.raises(Refused, match=r"^disk\.full") as one:
        future.result(0)
    with pytest.raises(Refused, match=r"^disk\.full") as other:
        future.result(0)
    assert one.value is not other.value, "an error raised in two threads would keep the frames of both"
    assert engine.application.height == 1
    with pytest.raises(Refused, match=r"^disk\.full"), engine.lock:
        pytest.fail("a block that is not on disk was shown")


def test_a_failing_observer_stops_the_engine_but_the_durable_block_is_answered(world: World) -> None:
    def observe(_size: int, _record: BlockRecord) -> None:
        raise Refused("disk.full", "views.sqlite")

    engine, store = world.open(observe)
    engine.start()
    wire = world.make_wire()
    committed = engine.submit(wire).result(10)
    engine.close()
    with pytest.raises(Refused, match=r"^disk\.full"):
        engine.submit(world.make_wire())
    store.close()
    check_folder(world.story, world.disk, {wire: committed})


def test_a_defect_stops_the_engine_and_is_raised(world: World) -> None:
    def observe(_size: int, _record: BlockRecord) -> None:
        raise ZeroDivisionError

    engine, _ = world.open(observe)
    waiting = [engine.submit(world.make_wire()) for _ in range(3)]
    with pytest.raises(ZeroDivisionError):
        engine.step()
    assert [future.result(0).position for future in waiting] == [0, 1, 2]
    with pytest.raises(Refused, match=r"^node\.stopped"):
        engine.submit(world.make_wire())


def test_an_error_outside_a_block_stops_the_engine_too(world: World) -> None:
    """A thread that dies in silence would leave its submitters waiting for ever."""

    def read_clock() -> int:
        raise Refused("key.absent", "no clock")

    engine, store = world.open()
    broken = EmbeddedEngine(engine.application, store, now_us=read_clock, observe=world.observed)
    broken.start()
    broken.close()
    with pytest.raises(Refused, match=r"^key\.absent"):
        broken.submit(world.make_wire())


# ── submitters ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_bytes_are_one_transaction(world: World) -> None:
    engine, store = world.open()
    wire = world.make_wire()
    first = engine.submit(wire)
    assert engine.submit(wire) is first
    with pytest.raises(TimeoutError):
        first.result(0)
    assert engine.step()
    assert first.result(0).height == 1
    with pytest.raises(Rejected, match=r"^ledger\.nonce_used"):
        engine.submit(wire)
    engine.close()
    store.close()
    assert [len(record.entries) for record in world.observed.records] == [1]


def test_everyone_is_answered_when_many_submit_at_once(world: World) -> None:
    wires = {member: [world.make_wire(member) for _ in range(150)] for member in MEMBERS}
    answers: dict[bytes, set[Committed]] = {}
    interval = sys.getswitchinterval()

    def submit(engine: EmbeddedEngine, mine: list[bytes]) -> None:
        futures: list[tuple[bytes, Queued]] = []
        for wire in mine:
            try:
                futures.append((wire, engine.submit(wire)))
            except Rejected as error:
                assert error.code == "ledger.nonce_used"  # noqa: PT017  # the other thread was faster
        for wire, future in futures:
            answers.setdefault(wire, set()).add(future.result(30))

    sys.setswitchinterval(1e-6)
    try:
        with world.running() as engine:
            threads = [threading.Thread(target=submit, args=(engine, wires[member])) for member in MEMBERS * 2]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert {wire for mine in wires.values() for wire in mine} == answers.keys()
    assert all(len(told) == 1 for told in answers.values())
    told = {wire: committed for wire, (committed,) in answers.items()}
    assert len({committed.position for committed in told.values()}) == len(told)
    check_folder(world.story, world.disk, told)


def test_closing_answers_what_is_queued_and_takes_no_more(world: World) -> None:
    engine, store = world.open()
    futures = [engine.submit(world.make_wire()) for _ in range(5)]
    engine.start()
    engine.close()
    assert [future.result(0).position for future in futures] == [0, 1, 2, 3, 4]
    with pytest.raises(Refused, match=r"^node\.busy"):
        engine.submit(world.make_wire())
    engine.close()
    store.close()


def test_the_number_and_name_of_what_waits_are_taken_until_its_block(world: World) -> None:
    c = world.consortium
    refused: list[tuple[str, tuple[int | str, ...]]] = []
    payload = replace(c.make_payload("azure-bay", c.make_registration("azure-bay")), client_key=b"order 7")
    first = c.sign_payload("azure-bay", payload)
    same_number = replace(payload, client_key=b"")
    same_name = replace(payload, nonce=2)
    with world.running_by_hand() as engine:
        future = engine.submit(first)
        assert engine.submit(first) is future
        for other in [same_number] * 300 + [same_name]:
            changed = replace(other, valid_until=other.valid_until + len(refused))
            with pytest.raises(Rejected) as caught:
                engine.submit(c.sign_payload("azure-bay", changed))
            refused.append((caught.value.code, caught.value.parameters))
        others = replace(payload, operations=(c.make_registration("birch-vale"),))
        free = engine.submit(c.sign_payload("birch-vale", others))
        assert engine.step()
        assert {future.result(0).position, free.result(0).position} == {0, 1}
        assert engine.application.history.size == 2
        again = engine.submit(c.sign_payload("azure-bay", replace(payload, nonce=2, client_key=b"order 8")))
        assert engine.step()
        assert again.result(0).position == 2
    named = compute_transaction_id(first).hex()
    assert refused == [("ledger.nonce_used", (0, 1))] * 300 + [("ledger.client_key_used", (named,))]


def test_what_a_refusal_left_unspent_is_free_again(world: World) -> None:
    """A transaction that expires between the door and its block spends nothing; its number may be sent anew."""
    c = world.consortium
    payload = replace(c.make_payload("azure-bay", c.make_registration("azure-bay")), client_key=b"order 7")
    with world.running_by_hand() as engine:
        first = engine.submit(c.sign_payload("azure-bay", replace(payload, valid_until=world.now_us)))
        world.now_us += 1
        assert engine.step()
        assert decode(Entry, first.result(0).leaf).receipt.code == "ledger.expired"
        second = engine.submit(c.sign_payload("azure-bay", payload))
        assert engine.step()
        assert decode(Entry, second.result(0).leaf).receipt.code == "ok"


def test_the_door_reads_the_clock_and_not_the_last_block(world: World) -> None:
    wire = world.make_wire()
    with world.running_by_hand() as engine:
        world.now_us += 101 * DAY_US
        with pytest.raises(Rejected, match=r"^ledger\.expired"):
            engine.submit(wire)
        assert engine.application.height == 0


@pytest.mark.slow
def test_a_full_queue_asks_to_come_back_and_remembers_nothing(world: World) -> None:
    engine, _ = world.open()
    for _ in range(QUEUE_MAX):
        engine.submit(world.make_wire())
    late = world.make_wire()
    with pytest.raises(Refused, match=r"^node\.busy"):
        engine.submit(late)
    while engine.step():
        pass
    future = engine.submit(late)
    assert engine.step()
    assert future.result(0).position == QUEUE_MAX


def test_readers_get_their_turn_while_the_ledger_never_rests(tmp_path: Path) -> None:
    lock = DurableLock()
    turns = passed_by = 0
    stop = threading.Event()

    def make_blocks() -> None:
        nonlocal turns
        with (tmp_path / "log").open("wb") as file:
            while not stop.is_set():
                with lock:
                    turns += 1
                    os.fdatasync(file.fileno())

    ledger = threading.Thread(target=make_blocks)
    ledger.start()
    try:
        for _ in range(100):
            sum(range(100_000))
            before = turns
            with lock, lock:
                passed_by += turns - before
    finally:
        stop.set()
        ledger.join()
    assert turns > 0
    assert passed_by < 3000  # a plain lock lets some 10 000 pass


# ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def get_fired(records: list[BlockRecord]) -> list[DueCause]:
    entries = [decode(Entry, leaf) for record in records for leaf in record.entries]
    return [entry.cause for entry in entries if isinstance(entry.cause, DueCause)]


def test_a_clock_that_goes_back_makes_time_stand_still(world: World, caplog: pytest.LogCaptureFixture) -> None:
    engine, _ = world.open()
    for days in (29, 1, 28, -40, 29, 30):
        world.now_us = START_US + days * DAY_US
        engine.submit(world.make_wire())
        while engine.step():
            pass
    times = [record.checkpoint.time for record in world.observed.records]
    assert times == sorted(times)
    assert times[1] == times[3] == AFTER_EPOCH_US
    assert times[-1] == AFTER_EPOCH_US + DAY_US
    assert len(get_fired(world.observed.records)) == 1
    assert [(record.levelno, "stands still" in record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, True)
    ]


def test_a_restart_under_an_earlier_clock_changes_nothing(world: World) -> None:
    engine, store = world.open()
    world.now_us += 30 * DAY_US
    while engine.step():
        pass
    before = engine.application.checkpoint
    store.close()
    world.now_us -= 29 * DAY_US
    again, _ = world.open()
    assert not again.step()
    assert again.application.checkpoint == before
    again.submit(world.make_wire())
    assert again.step()
    assert again.application.time == before.time


def test_a_clock_far_ahead_makes_time_stand_still_until_it_is_set(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    engine, _ = world.open()
    wires = [world.make_wire() for _ in range(5)]
    for wire, days in zip(wires, (0, 367, 50 * 365, 20, 21), strict=True):
        world.now_us = START_US + days * DAY_US
        engine.submit(wire)
        while engine.step():
            pass
    times = [(record.checkpoint.time - START_US) // DAY_US for record in world.observed.records]
    assert times == [0, 0, 0, 20, 21]
    assert get_fired(world.observed.records) == []
    assert [(record.levelno, "stands still" in record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, True)
    ]


@pytest.mark.parametrize("ahead_us", [0, CLOCK_AHEAD_US])
def test_a_year_of_quiet_is_followed(world: World, ahead_us: int) -> None:
    world.now_us += ahead_us
    engine, _ = world.open()
    engine.check_clock()
    engine.submit(world.make_wire())
    while engine.step():
        pass
    assert engine.application.time == world.now_us


def test_an_engine_begins_under_a_clock_far_ahead_when_somebody_vouches_for_it(world: World) -> None:
    engine, store = world.open()
    world.now_us += CLOCK_AHEAD_US + 1
    with pytest.raises(Refused, match=r"^clock\.far_ahead: 2028-01-05"):
        engine.check_clock()
    assert not engine.step()
    accepted = EmbeddedEngine(
        engine.application, store, now_us=lambda: world.now_us, observe=world.observed, accepted_us=world.now_us
    )
    accepted.check_clock()
    accepted.submit(world.make_wire())
    while accepted.step():
        pass
    assert accepted.application.time == world.now_us
    world.now_us += CLOCK_AHEAD_US + 1
    with pytest.raises(Refused, match=r"^clock\.far_ahead"):
        accepted.check_clock()


def test_a_scenario_asks_no_clock() -> None:
    engine, _ = begin_chain(make_story("scenario"), lambda: 2**52)
    engine.check_clock()
    assert not engine.step()


def test_what_falls_due_in_quiet_is_judged_once(world: World) -> None:
    with world.running() as engine:
        pass
    engine, _ = world.open()
    assert not engine.step()
    world.now_us += 90 * DAY_US
    while engine.step():
        assert len(world.observed.records) < 10
    due = [cause.due_at for cause in get_fired(world.observed.records)]
    assert due == sorted({*due})
    assert len(due) == 3


def test_the_story_ends_the_same_for_an_engine_in_its_own_thread() -> None:
    story = make_story("scenario")
    ends = []
    for is_threaded in (True, False):
        engine, store = begin_chain(story, lambda: 0)
        if is_threaded:
            engine.start()
        for _, wires in story.acts:
            # One by one, so that both make the same blocks.
            for wire in wires:
                future = engine.submit(wire)
                while not is_threaded and engine.step():
                    pass
                future.result(10)
        engine.close()
        ends.append(engine.application.checkpoint)
        store.close()
    assert ends[0] == ends[1]
