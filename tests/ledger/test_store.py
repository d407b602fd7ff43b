from __future__ import annotations

import resource
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from concordat.errors import Corrupt, NotFound, Refused
from concordat.ledger.block_log import frame
from concordat.ledger.files import DiskFiles
from concordat.ledger.store import HEAD_SYNC_BLOCKS, BlockStore
from concordat.testing.model_disk import ModelDisk, SimulatedCrash

GENESIS = b'{"chain": "test"}\n'


def make_store(disk: ModelDisk, blocks: int = 3) -> BlockStore:
    store = BlockStore.create(disk, GENESIS)
    for height in range(1, blocks + 1):
        assert store.append(b"block %d" % height) == height
    return store


def flip(disk: ModelDisk, name: str, offset: int) -> None:
    disk.write_at(name, offset, bytes([disk.read(name, offset, 1)[0] ^ 1]))


def find_cuts(disk: ModelDisk) -> list[str]:
    return [name for name in disk.names() if name.startswith("blocks.log.cut-") and not name.endswith(".tmp")]


def test_blocks_are_read_back_before_and_after_a_restart() -> None:
    disk = ModelDisk()
    store = make_store(disk)
    assert list(store.bodies()) == [b"block 1", b"block 2", b"block 3"]
    store.close()
    store = BlockStore.open(disk)
    assert store.height == 3
    assert list(store.bodies(0)) == [GENESIS, b"block 1", b"block 2", b"block 3"]
    assert list(store.bodies(3)) == [b"block 3"]
    assert list(store.bodies(4)) == []


def test_an_iterator_ends_at_the_height_at_which_it_began() -> None:
    store = make_store(ModelDisk(), 2)
    bodies = store.bodies()
    assert next(bodies) == b"block 1"
    store.append(b"later")
    assert list(bodies) == [b"block 2"]


def test_the_first_record_is_genesis_and_genesis_stands_beside_it() -> None:
    disk = ModelDisk()
    make_store(disk, 0).close()
    assert disk.read("blocks.log") == frame(bytes(32), GENESIS)
    assert disk.read("genesis.json") == GENESIS


def test_a_folder_without_a_ledger_is_not_found() -> None:
    with pytest.raises(NotFound, match=r"ledger\.absent"):
        BlockStore.open(ModelDisk())


def test_a_ledger_is_never_created_over_another() -> None:
    disk = ModelDisk()
    make_store(disk).close()
    with pytest.raises(Refused, match=r"ledger\.exists"):
        BlockStore.create(disk, GENESIS)
    assert BlockStore.open(disk).height == 3


def test_a_genesis_file_of_another_chain_is_left_alone() -> None:
    disk = ModelDisk()
    disk.replace("genesis.json", b"another")
    with pytest.raises(Refused, match=r"ledger\.other_genesis"):
        BlockStore.create(disk, GENESIS)
    assert disk.names() == ("genesis.json", "lock")
    assert disk.read("genesis.json") == b"another"


def test_one_folder_has_one_store_at_a_time() -> None:
    disk = ModelDisk()
    store = make_store(disk)
    with pytest.raises(Refused, match=r"ledger\.folder_in_use"):
        BlockStore.open(disk)
    store.close()
    store.close()
    BlockStore.open(disk).close()


def test_a_closed_store_writes_nothing() -> None:
    disk = ModelDisk()
    store = make_store(disk)
    store.close()
    with pytest.raises(Refused, match=r"ledger\.stopped"):
        store.append(b"late")
    assert BlockStore.open(disk).height == 3


def test_a_failed_open_lets_the_folder_go() -> None:
    disk = ModelDisk()
    make_store(disk).close()
    flip(disk, "head", 0)
    for _ in range(2):
        with pytest.raises(Corrupt, match=r"ledger\.corrupt: head, byte 0"):
            BlockStore.open(disk)


@pytest.mark.parametrize("tail", [b"\0", b"\0\0\0\x05abc", bytes(300), frame(b"w" * 32, b"other"), b"\xff" * 3])
def test_a_torn_tail_is_removed_and_said(tail: bytes) -> None:
    disk = ModelDisk()
    make_store(disk).close()
    size = disk.size("blocks.log")
    disk.write_at("blocks.log", size, tail)
    store = BlockStore.open(disk)
    assert disk.size("blocks.log") == size
    assert store.append(b"block 4") == 4
    store.close()
    assert list(BlockStore.open(disk).bodies(3)) == [b"block 3", b"block 4"]


@pytest.mark.parametrize("bit", range(32))
@pytest.mark.parametrize("blocks", [3, 50])
def test_a_flipped_bit_in_the_length_of_an_acknowledged_block_is_corruption(blocks: int, bit: int) -> None:
    disk = ModelDisk()
    store = make_store(disk, 2)
    old_head, end = disk.read("head"), disk.size("blocks.log")
    for height in range(3, blocks + 1):
        store.append(bytes(300 + height))
    store.close()
    disk.write_at("head", 0, old_head)  # as a power cut may leave it
    length = int.from_bytes(disk.read("blocks.log", end, 4), "big") ^ (1 << bit)
    disk.write_at("blocks.log", end, length.to_bytes(4, "big"))
    before = disk.read("blocks.log")
    with pytest.raises(Corrupt, match=f"ledger.corrupt: blocks.log, byte {end}, height 3"):
        BlockStore.open(disk)
    assert disk.read("blocks.log") == before
    assert find_cuts(disk) == []


def test_what_recovery_cuts_off_is_set_aside_and_said(caplog: pytest.LogCaptureFixture) -> None:
    disk = ModelDisk()
    store = make_store(disk, 2)
    old_head, end = disk.read("head"), disk.size("blocks.log")
    store.append(b"block 3")
    store.close()
    disk.write_at("head", 0, old_head)
    flip(disk, "blocks.log", end + 4)  # in the last block's body: acknowledged, and not told from a torn tail
    lost = disk.read("blocks.log", end)
    store = BlockStore.open(disk)
    assert store.height == 2
    (name,) = find_cuts(disk)
    assert name.startswith("blocks.log.cut-3-")
    assert disk.read(name) == lost
    assert name in caplog.text
    store.append(b"another block 3")
    store.close()
    BlockStore.open(disk).close()
    assert find_cuts(disk) == [name]


@pytest.mark.parametrize("step", range(1, 7))
@pytest.mark.parametrize("seed", range(5))
def test_a_power_cut_in_recovery_loses_nothing_of_what_is_cut_off(step: int, seed: int) -> None:
    disk = ModelDisk()
    make_store(disk).close()
    end, tail = disk.size("blocks.log"), bytes(range(200)) * 8
    disk.write_at("blocks.log", end, tail)
    disk.sync("blocks.log")
    disk.sync_names()
    disk.crash_at = disk.steps + step
    with pytest.raises(SimulatedCrash):
        BlockStore.open(disk)
    disk.crash(Random(seed))
    BlockStore.open(disk).close()
    assert tail in [disk.read(name) for name in find_cuts(disk)]


def test_two_different_tails_at_one_height_are_both_kept() -> None:
    disk = ModelDisk()
    make_store(disk).close()
    size = disk.size("blocks.log")
    for tail in (b"\0\0\0\x09torn", b"\0\0\0\x09torn again"):
        disk.write_at("blocks.log", size, tail)
        BlockStore.open(disk).close()
    assert {disk.read(name) for name in find_cuts(disk)} == {b"\0\0\0\x09torn", b"\0\0\0\x09torn again"}


def test_a_full_disk_does_not_keep_a_node_from_cutting_off_a_record_that_was_never_whole(
    caplog: pytest.LogCaptureFixture,
) -> None:
    disk = ModelDisk()
    make_store(disk).close()
    size = disk.size("blocks.log")
    disk.write_at("blocks.log", size, b"\0\0\x10\0" + bytes(2000))
    disk.free_bytes = 100
    store = BlockStore.open(disk)
    assert (store.height, disk.size("blocks.log"), find_cuts(disk)) == (3, size, [])
    assert "2004 bytes" in caplog.text
    assert store.append(b"block 4") == 4


def test_without_room_to_set_the_tail_aside_nothing_that_may_have_been_whole_is_cut() -> None:
    disk = ModelDisk()
    make_store(disk).close()
    disk.write_at("blocks.log", disk.size("blocks.log"), frame(b"w" * 32, b"other"))
    size, disk.free_bytes = disk.size("blocks.log"), 3
    with pytest.raises(Refused, match=r"disk\.full: blocks\.log\.cut-4-"):
        BlockStore.open(disk)
    assert disk.size("blocks.log") == size


def test_whole_blocks_above_an_old_head_are_kept() -> None:
    disk = ModelDisk()
    store = make_store(disk, 2)
    old_head = disk.read("head")
    store.append(b"block 3")
    store.append(b"block 4")
    store.close()
    disk.write_at("head", 0, old_head)
    store = BlockStore.open(disk)
    assert store.height == 4
    assert list(store.bodies(3)) == [b"block 3", b"block 4"]


def test_a_broken_record_above_the_head_with_a_good_one_behind_it_is_corruption() -> None:
    disk = ModelDisk()
    store = make_store(disk, 2)
    old_head = disk.read("head")
    place = disk.size("blocks.log")
    store.append(b"block 3")
    store.append(b"block 4")
    store.close()
    disk.write_at("head", 0, old_head)
    flip(disk, "blocks.log", place + 6)
    with pytest.raises(Corrupt, match=f"ledger.corrupt: blocks.log, byte {place}, height 3"):
        BlockStore.open(disk)


def test_a_log_shorter_than_the_head_says_is_corruption() -> None:
    disk = ModelDisk()
    store = make_store(disk, 2)
    size = disk.size("blocks.log")
    store.append(b"block 3")
    store.close()
    for cut in (size, size - 1):
        disk.truncate("blocks.log", cut)
        with pytest.raises(Corrupt, match=r"ledger\.corrupt: blocks\.log, byte \d+, height [23]"):
            BlockStore.open(disk)
        assert disk.size("blocks.log") == cut


def test_a_log_that_agrees_with_itself_but_not_with_the_head_is_corruption() -> None:
    disk, other = ModelDisk(), ModelDisk()
    make_store(disk).close()
    store = make_store(other, 2)
    store.append(b"BLOCK 3")
    store.close()
    disk.write_at("blocks.log", 0, other.read("blocks.log"))
    with pytest.raises(Corrupt, match=r"ledger\.corrupt: head, height 3"):
        BlockStore.open(disk)


def test_a_lost_log_is_corruption_and_nothing_is_created_in_its_place() -> None:
    disk, fresh = ModelDisk(), ModelDisk()
    make_store(disk).close()
    for name in ("genesis.json", "head"):
        fresh.replace(name, disk.read(name))
    with pytest.raises(Corrupt, match=r"ledger\.corrupt: blocks\.log, byte 0, height 0"):
        BlockStore.open(fresh)
    with pytest.raises(Refused, match=r"ledger\.exists"):
        BlockStore.create(fresh, GENESIS)


def test_bytes_changed_under_a_running_store_are_noticed_when_read() -> None:
    disk = ModelDisk()
    store = make_store(disk)
    flip(disk, "blocks.log", disk.size("blocks.log") - 40)
    bodies = store.bodies(2)
    assert next(bodies) == b"block 2"
    with pytest.raises(Corrupt, match=r"ledger\.corrupt: blocks\.log, byte \d+, height 3"):
        next(bodies)


@pytest.mark.parametrize("free_bytes", [0, 1, 20, 42])
def test_a_full_disk_stops_the_store_and_loses_nothing(free_bytes: int) -> None:
    disk = ModelDisk()
    store = make_store(disk)
    size = disk.size("blocks.log")
    disk.free_bytes = free_bytes
    with pytest.raises(Refused, match=r"disk\.full: blocks\.log"):
        store.append(b"block 4")
    assert disk.size("blocks.log") == size
    with pytest.raises(Refused, match=r"ledger\.stopped"):
        store.append(b"")
    assert list(store.bodies()) == [b"block 1", b"block 2", b"block 3"]
    store.close()
    disk.free_bytes = 43
    store = BlockStore.open(disk)
    assert store.append(b"block 4") == 4


def test_a_log_that_may_not_grow_is_a_full_disk(tmp_path: Path) -> None:
    with closing(DiskFiles(tmp_path)) as files:
        store = BlockStore.create(files, GENESIS)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, before[1]))
        try:
            with pytest.raises(Refused, match=r"disk\.full: blocks\.log"):
                list(map(store.append, [bytes(900)] * 9))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        store.close()
        assert BlockStore.open(files).height == store.height > 1


def test_after_a_failed_sync_no_block_is_accepted_before_a_restart() -> None:
    disk = ModelDisk()
    store = make_store(disk)
    disk.fail_sync_at = disk.syncs + 1
    with pytest.raises(Refused, match=r"disk\.unreadable: blocks\.log"):
        store.append(b"block 4")
    with pytest.raises(Refused, match=r"ledger\.stopped"):
        store.append(b"block 4")
    assert store.height == 3
    store.close()
    assert BlockStore.open(disk).append(b"block 4") == 4


@pytest.mark.parametrize("seed", range(20))
def test_a_block_kept_after_a_failed_sync_and_a_kill_is_durable_once_the_store_is_open(seed: int) -> None:
    disk = ModelDisk()
    store = make_store(disk)
    disk.fail_sync_at, disk.crash_at = disk.syncs + 1, disk.steps + 3
    with pytest.raises(SimulatedCrash):
        store.append(b"block 4")
    disk.kill()
    assert BlockStore.open(disk).height == 4
    disk.crash(Random(seed))
    assert list(BlockStore.open(disk).bodies(3)) == [b"block 3", b"block 4"]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("occasion", ["stop", "open", "rest", "many"])
def test_a_power_cut_after_any_sync_of_the_head_leaves_it_up_to_date(seed: int, occasion: str) -> None:
    disk = ModelDisk()
    blocks = HEAD_SYNC_BLOCKS if occasion == "many" else 3
    store = make_store(disk, blocks)
    match occasion:
        case "stop":
            store.close()
        case "open":
            disk.kill()
            BlockStore.open(disk)
        case "rest":
            store.sync_head()
    disk.crash(Random(seed))
    flip(disk, "blocks.log", disk.size("blocks.log") - 1)
    with pytest.raises(Corrupt, match=rf"ledger\.corrupt: blocks\.log, byte \d+, height {blocks}"):
        BlockStore.open(disk)


def test_a_head_that_is_on_disk_is_not_synced_again() -> None:
    disk = ModelDisk()
    store = make_store(disk)
    store.sync_head()
    syncs = disk.syncs
    store.sync_head()
    assert disk.syncs == syncs
    store.append(b"block 4")
    store.sync_head()
    assert disk.syncs == syncs + 2


def test_a_read_only_disk_refuses_writes_and_keeps_everything() -> None:
    disk = ModelDisk()
    store = make_store(disk)
    disk.is_read_only = True
    with pytest.raises(Refused, match=r"disk\.read_only: blocks\.log"):
        store.append(b"block 4")
    assert list(store.bodies()) == [b"block 1", b"block 2", b"block 3"]
    disk.kill()
    disk.is_read_only = False
    assert BlockStore.open(disk).height == 3
