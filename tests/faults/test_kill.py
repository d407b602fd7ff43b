"""A real node on a real disk, killed at any moment, out of space, twice on one folder, without the right to write."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from concordat.errors import Refused
from concordat.ledger.application import Application, replay
from concordat.ledger.doctor import examine
from concordat.ledger.files import DiskFiles
from concordat.ledger.store import BlockStore
from concordat.node.founding import found_chain
from concordat.node.node import Node
from concordat.primitives.ledger_time import parse_time
from concordat.views.history import fetch_transaction

WRITER = Path(__file__).with_name("writer.py")


def start_writer(folder: Path, seed: int, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(WRITER), str(folder), str(seed), *arguments], stdout=subprocess.PIPE, text=True
    )


def write_until_killed(folder: Path, seed: int, lines: int) -> list[str]:
    """Return the ids acknowledged by a node that is killed after so many lines; 1 is before the folder is open."""
    with start_writer(folder, seed) as node:
        assert node.stdout is not None
        told = [node.stdout.readline() for _ in range(lines)]
        node.kill()
        told += node.stdout.readlines()
    # The last line may have been cut short.
    return [line.strip() for line in told[1:] if len(line) == 65]


@contextmanager
def open_node(folder: Path) -> Iterator[Node]:
    node = Node(folder)
    try:
        yield node
    finally:
        node.close()


def check_folder(folder: Path, acknowledged: list[str]) -> None:
    """What the doctor, a replay and the node itself say of a folder that nobody holds."""
    files = DiskFiles(folder)
    assert {check.status for check in examine(files)} <= {"ok", "warning"}
    with open_node(folder) as node:
        indexed = [fetch_transaction(node.index, bytes.fromhex(transaction_id)) for transaction_id in acknowledged]
    store = BlockStore.open(files)
    replayed = Application(node.chain, lambda _: bytes(64))
    leaves = [leaf for record in replay(replayed, store.bodies()) for leaf in record.entries]
    assert replayed.checkpoint == node.application.checkpoint
    assert [entry is not None and entry.leaf == leaves[entry.position] for entry in indexed] == [True] * len(indexed)
    store.close()
    files.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found_chain(tmp_path / "node", None, None, parse_time("2026-01-01T00:00:00Z"))
    return tmp_path / "node"


def run_kills(folder: Path, kills: int, seed: int) -> None:
    """Kill one node again and again; now and then it is opened and closed in between."""
    rng = Random(seed)
    acknowledged: list[str] = []
    for life in range(kills):
        acknowledged += write_until_killed(folder, life, rng.choice((1, 2, rng.randint(2, 30), rng.randint(2, 120))))
        if rng.random() < 0.4:
            check_folder(folder, acknowledged)
    check_folder(folder, acknowledged)
    assert len(acknowledged) > kills


def test_what_was_acknowledged_survives_kill_9(folder: Path) -> None:
    run_kills(folder, 16, seed=1)


@pytest.mark.slow
def test_what_was_acknowledged_survives_50_times_kill_9(folder: Path) -> None:
    run_kills(folder, 50, seed=2)


def test_a_full_disk_is_said_and_loses_nothing(folder: Path) -> None:
    with start_writer(folder, 1, "400000") as node:
        told = node.communicate(timeout=60)[0].split()
    # SQLite, whose file grows first, calls a file that may not grow an error of the disk.
    assert told[-1] in {"disk.full", "disk.unreadable"}
    acknowledged = told[1:-1]
    assert len(acknowledged) > 10
    check_folder(folder, acknowledged)


def test_a_second_node_is_refused_and_the_first_goes_on(folder: Path) -> None:
    with start_writer(folder, 1) as node:
        assert node.stdout is not None
        told = [node.stdout.readline().strip() for _ in range(5)]
        with pytest.raises(Refused, match=r"^ledger\.folder_in_use"):
            Node(folder)
        told += [node.stdout.readline().strip() for _ in range(40)]
        node.kill()
    check_folder(folder, told[1:])


def test_a_folder_that_may_not_be_written_is_refused_and_harmed_by_nothing(folder: Path) -> None:
    acknowledged = write_until_killed(folder, 1, 20)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom concordat.errors import Refused\n"
        "from concordat.ledger.doctor import examine\nfrom concordat.ledger.files import DiskFiles\n"
        "from concordat.node.node import Node\nos.chdir(sys.argv[1])\n"
        "if os.geteuid() == 0:\n    os.seteuid(65534)\n"
        "try:\n    Node(Path('.'))\nexcept Refused as error:\n    print(error)\n"
        "print({check.status for check in examine(DiskFiles(Path('.')))})\n"
    )
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        told = subprocess.run(
            [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True, timeout=60
        ).stdout
    finally:
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert told.startswith("disk.read_only: lock: ")
    assert "failed" not in told
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    check_folder(folder, acknowledged)
