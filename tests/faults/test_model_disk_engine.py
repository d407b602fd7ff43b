"""The whole ledger on a disk that loses power anywhere: nothing acknowledged is lost, every root comes out again."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest

from concordat.errors import NotFound, Refused, Rejected
from concordat.ledger.application import Application, BlockRecord
from concordat.ledger.embedded import EmbeddedEngine
from concordat.ledger.queued import Committed, Queued
from concordat.ledger.snapshot import load_application, save_snapshot
from concordat.ledger.store import BlockStore
from concordat.ledger.survey import LOG_FILE
from concordat.primitives.codec import decode
from concordat.testing.model_disk import ModelDisk, SimulatedCrash
from faults.building import Clock, Observed, Story, check_folder, make_story

DISK_CODES = {"disk.full", "disk.unreadable", "ledger.stopped"}


class Operator:
    """Plays one story through as many lives of a node as it takes, and remembers what it was told."""

    def __init__(self, story: Story, seed: int) -> None:
        self.story = story
        self.rng = Random(seed)
        self.disk = ModelDisk()
        self.acknowledged: dict[bytes, Committed] = {}
        self.torn_snapshots = 0
        self.now_us = story.chain.genesis.start_time

    def live(self) -> bool:
        """One life with faults ahead; return whether the power went out."""
        rng, disk = self.rng, self.disk
        disk.crash_at = disk.steps + rng.randint(1, 60)
        disk.fail_sync_at = disk.syncs + rng.randint(1, 20) if rng.random() < 0.1 else None
        disk.free_bytes = rng.randint(0, 40_000) if rng.random() < 0.1 else None
        has_crashed = False
        try:
            self.run()
        except SimulatedCrash:
            has_crashed = True
        except Refused as error:
            assert error.code in DISK_CODES  # noqa: PT017  # one of several ways a life may end
        disk.free_bytes = None
        if has_crashed and rng.random() < 0.8:
            disk.crash(rng)
        else:
            disk.kill()
        return has_crashed

    def run(self) -> None:
        """Start, submit what was not acknowledged yet, stop."""
        engine, store = self.start()
        for time, wires in self.story.acts:
            self.now_us = time
            self.submit(engine, [wire for wire in wires if wire not in self.acknowledged])
            while engine.step():
                pass
            engine.lock.check_failure()
            if self.rng.random() < 0.2:
                self.torn_snapshots += 1
                save_snapshot(self.disk, engine.application)
                self.torn_snapshots -= 1
        engine.close()
        store.close()

    def start(self) -> tuple[EmbeddedEngine, BlockStore]:
        story = self.story
        try:
            store = BlockStore.open(self.disk)
        except NotFound:
            assert not self.acknowledged
            store = BlockStore.create(self.disk, story.genesis)
        application, _ = load_application(story.chain, story.sign, self.disk, store)
        records = [decode(BlockRecord, body) for body in store.bodies()]
        last = records[-1].checkpoint if records else Application(story.chain, story.sign).checkpoint
        assert application.checkpoint == last
        assert application.tree.root == last.state_root
        assert application.sizes == [0, *(record.checkpoint.log_size for record in records)]
        return EmbeddedEngine(application, store, now_us=lambda: self.now_us, observe=Observed()), store

    def submit(self, engine: EmbeddedEngine, wires: list[bytes]) -> None:
        """Let transactions arrive together; note the answers. A client that got none sends the same bytes again."""
        waiting: dict[bytes, Queued] = {}
        for wire in wires:
            try:
                waiting[wire] = engine.submit(wire)
            except Rejected as error:
                # The answer was lost with the power, not the transaction.
                assert error.code == "ledger.nonce_used"  # noqa: PT017
        try:
            engine.step()
        finally:
            for wire, queued in waiting.items():
                with suppress(Refused, TimeoutError):
                    self.acknowledged[wire] = queued.result(0)


def run_crashes(clock: Clock, seed: int, crashes: int) -> int:
    """Live until the power went out so many times; return how often it did while a snapshot was written."""
    story = make_story(clock)
    wires = [wire for _, together in story.acts for wire in together]
    survived = torn = 0
    while survived < crashes:
        operator = Operator(story, seed)
        for _ in range(operator.rng.randint(1, 4)):
            survived += operator.live()
            check_folder_if_any(operator)
        operator.run()
        leaves = check_folder(story, operator.disk, operator.acknowledged)
        assert sum(any(wire in leaf for leaf in leaves) for wire in wires) == len(wires)
        torn += operator.torn_snapshots
        seed += 1
    return torn


def check_folder_if_any(operator: Operator) -> None:
    if operator.disk.exists(LOG_FILE):
        check_folder(operator.story, operator.disk, operator.acknowledged)
    else:
        assert not operator.acknowledged


@pytest.mark.parametrize("batch", range(5))
@pytest.mark.parametrize("clock", ["real", "scenario"])
def test_acknowledged_transactions_survive_50_crashes(clock: Clock, batch: int) -> None:
    assert run_crashes(clock, batch * 1000, 50) >= 1


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(20))
@pytest.mark.parametrize("clock", ["real", "scenario"])
def test_acknowledged_transactions_survive_250_crashes(clock: Clock, batch: int) -> None:
    assert run_crashes(clock, 1_000_000 + batch * 10_000, 250) >= 5
