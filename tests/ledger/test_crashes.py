"""Whatever the disk keeps at a crash, every acknowledged block is there afterwards, byte for byte."""

from __future__ import annotations

from random import Random

import pytest

from concordat.errors import NotFound, Refused
from concordat.ledger.doctor import examine
from concordat.ledger.store import BlockStore
from concordat.testing.model_disk import ModelDisk, SimulatedCrash

GENESIS = b'{"chain": "crash"}\n' * 40


class Operator:
    """Runs one store through many lives and remembers what it was told."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.disk = ModelDisk()
        self.is_created = False
        self.acknowledged: list[bytes] = []
        self.unanswered: bytes | None = None

    def live(self) -> bool:
        """One life with faults ahead; return whether it ended in a crash."""
        rng, disk = self.rng, self.disk
        disk.crash_at = disk.steps + rng.randint(1, 45)
        disk.fail_sync_at = disk.syncs + rng.randint(1, 12) if rng.random() < 0.2 else None
        disk.free_bytes = rng.randint(0, 8000) if rng.random() < 0.2 else None
        has_crashed = False
        try:
            store = self.start()
            for _ in range(rng.randint(0, 14)):
                self.append(store)
            store.close()
        except SimulatedCrash:
            has_crashed = True
        except Refused as error:
            assert error.code in {"disk.full", "disk.unreadable"}  # noqa: PT017  # one of several ways a life may end
        disk.free_bytes = None
        if has_crashed and rng.random() < 0.8:
            disk.crash(rng)
        else:
            disk.kill()
        return has_crashed

    def start(self) -> BlockStore:
        if self.disk.exists("blocks.log"):
            assert [check for check in examine(self.disk) if check.status == "failed"] == []
        try:
            store = BlockStore.open(self.disk)
        except NotFound:
            assert not self.is_created
            store = BlockStore.create(self.disk, GENESIS)
        self.is_created = True
        found = list(store.bodies(0))
        if self.unanswered is not None and len(found) == len(self.acknowledged) + 2:
            self.acknowledged.append(self.unanswered)
        self.unanswered = None
        assert found == [GENESIS, *self.acknowledged]
        return store

    def append(self, store: BlockStore) -> None:
        body = self.rng.randbytes(self.rng.choice((0, 30, 500, self.rng.randint(0, 3000))))
        self.unanswered = body
        try:
            assert store.append(body) == len(self.acknowledged) + 1
        except Refused:
            assert list(store.bodies()) == self.acknowledged
            with pytest.raises(Refused, match=r"ledger\.stopped"):
                store.append(body)
            raise
        self.acknowledged.append(body)
        self.unanswered = None


def run_crashes(seed: int, crashes: int) -> None:
    survived = 0
    while survived < crashes:
        operator = Operator(seed)
        for _ in range(operator.rng.randint(1, 6)):
            survived += operator.live()
        operator.start().close()
        seed += 1


@pytest.mark.parametrize("batch", range(20))
def test_acknowledged_blocks_survive_30_crashes(batch: int) -> None:
    run_crashes(batch * 1000, 30)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(20))
def test_acknowledged_blocks_survive_500_crashes(batch: int) -> None:
    run_crashes(1_000_000 + batch * 1000, 500)
