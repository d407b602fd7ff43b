"""Load a folder's application in a process of its own, and say what memory that takes: resident MB, MB at the peak."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from bench.ledger import NODE_KEY
from concordat.ledger.files import DiskFiles
from concordat.ledger.snapshot import load_application
from concordat.ledger.store import BlockStore
from concordat.protocol.genesis import read_genesis


def main(folder: Path) -> None:
    with closing(DiskFiles(folder)) as files, closing(BlockStore.open(files)) as store:
        chain = read_genesis((folder / "genesis.json").read_bytes())
        application, _ = load_application(chain, NODE_KEY.sign, files, store)
        print(*fetch_memory_mb("self"))
        del application  # until here it is held


def fetch_memory_mb(process: int | str) -> tuple[float, float]:
    """Return what a process holds, and the most that it has held."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return int(lines["VmRSS"].split()[0]) / 1000, int(lines["VmHWM"].split()[0]) / 1000


if __name__ == "__main__":
    main(Path(sys.argv[1]))
