"""The real disk, with the node in a process of its own that is killed, runs out of space or may not write."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from concordat.errors import Refused
from concordat.ledger.doctor import examine
from concordat.ledger.files import DiskFiles
from concordat.ledger.store import BlockStore

WRITER = """
import sys
from pathlib import Path
from concordat.ledger.files import DiskFiles
from concordat.ledger.store import BlockStore
store = BlockStore.open(DiskFiles(Path(sys.argv[1])))
print("open", flush=True)
while True:
    print(store.append(b"block %d " % (store.height + 1) * 97), flush=True)
"""

FULL = """
import resource, sys
from pathlib import Path
from concordat.errors import Refused
from concordat.ledger.files import DiskFiles
from concordat.ledger.store import BlockStore
store = BlockStore.open(DiskFiles(Path(sys.argv[1])))
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
for _ in range(2):
    try:
        while True:
            store.append(b"block %d " % (store.height + 1) * 97)
    except Refused as error:
        print(error.code)
print(store.height, len(list(store.bodies())))
"""

READ_ONLY = """
import os, sys
from pathlib import Path
from concordat.errors import Refused
from concordat.ledger.doctor import examine
from concordat.ledger.files import DiskFiles
from concordat.ledger.store import BlockStore
os.chdir(sys.argv[1])
if os.geteuid() == 0:
    os.seteuid(65534)
files = DiskFiles(Path("."))
try:
    BlockStore.open(files)
except Refused as error:
    print(error)
print({check.status for check in examine(files)})
"""


def make_folder(folder: Path) -> None:
    with closing(DiskFiles(folder)) as disk, closing(BlockStore.create(disk, b'{"chain": "real"}\n')):
        pass


def run_node(program: str, folder: Path) -> str:
    return subprocess.run(
        [sys.executable, "-c", program, str(folder)], check=True, capture_output=True, text=True
    ).stdout


def check_blocks(folder: Path, acknowledged: int) -> None:
    with closing(DiskFiles(folder)) as disk:
        assert {check.status for check in examine(disk)} <= {"ok", "warning"}
        with closing(BlockStore.open(disk)) as store:
            bodies = list(store.bodies())
    assert len(bodies) - acknowledged in {0, 1}
    assert bodies == [b"block %d " % height * 97 for height in range(1, len(bodies) + 1)]


def test_acknowledged_blocks_survive_kill_9(tmp_path: Path) -> None:
    make_folder(tmp_path)
    for blocks in (1, 7, 40, 150):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as node:
            assert node.stdout is not None
            assert node.stdout.readline() == "open\n"
            told = [node.stdout.readline() for _ in range(blocks)]
            node.kill()
            told += node.stdout.readlines()
        check_blocks(tmp_path, int(told[-1]))


def test_a_second_process_on_the_folder_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    make_folder(tmp_path)
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        with closing(DiskFiles(tmp_path)) as disk, pytest.raises(Refused, match=r"ledger\.folder_in_use"):
            BlockStore.open(disk)
        last = process.stdout.readline()
        process.kill()
    with closing(DiskFiles(tmp_path)) as disk, closing(BlockStore.open(disk)) as store:
        assert store.height >= int(last)


def test_a_file_that_may_not_grow_is_a_full_disk(tmp_path: Path) -> None:
    make_folder(tmp_path)
    codes = run_node(FULL, tmp_path).split()
    assert codes[:2] == ["disk.full", "ledger.stopped"]
    assert codes[2] == codes[3]
    assert int(codes[2]) > 1
    check_blocks(tmp_path, int(codes[2]))


def test_a_folder_that_may_not_be_written_is_refused_and_still_examined(tmp_path: Path) -> None:
    make_folder(tmp_path)
    for path in tmp_path.iterdir():
        path.chmod(0o444)
    tmp_path.chmod(0o555)
    told = run_node(READ_ONLY, tmp_path)
    tmp_path.chmod(0o755)
    assert told == "disk.read_only: lock: Permission denied\n{'ok'}\n"
