"""The HTTP face: from submit to receipt, at one and at ten clients."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from bench.ledger import NODE_KEY, make_plan, make_register
from bench.measure import Result
from concordat.client.keys import derive_key, save_key
from concordat.node.founding import NODE_KEY_FILE, found_chain
from concordat.primitives.ledger_time import WEEK_US
from concordat.protocol.genesis import read_genesis
from concordat.protocol.transactions import Payload, make_signed_bytes

TRANSACTIONS = 200
OCTETS = {"content-type": "application/octet-stream"}


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The node of `folder`/node, as its own process."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    node = subprocess.Popen(
        [sys.executable, "-m", "concordat", "serve", str(folder / "node"), "--port", "0", "--ready-file", str(ready)],
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(2000):
            if ready.exists():
                break
            time.sleep(0.01)
        yield str(json.loads(ready.read_text())["api"])
    finally:
        node.terminate()
        node.wait()


def measure_latency() -> Iterator[Result]:
    """Milliseconds from sending signed bytes to holding the receipt; the rival is one durable 512-byte write."""
    for clients in (1, 10):
        with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as name:
            folder = Path(name)
            key = derive_key("bench", "member-0")
            found_chain(folder / "node", make_plan([key]), None, time.time_ns() // 1000)
            save_key(folder / "node" / NODE_KEY_FILE, NODE_KEY)
            chain = read_genesis((folder / "node" / "genesis.json").read_bytes())
            wires = []
            until = chain.genesis.start_time + WEEK_US
            for number in range(clients * TRANSACTIONS):
                lane, version = number % clients, number // clients + 1
                operations = (make_register(version, f"set-{lane}"),)
                payload = Payload(chain.id, 1, lane, version, 50_000, until, b"", operations)
                unsigned = make_signed_bytes(key.public_key, payload)
                wires.append(key.sign(unsigned) + unsigned)
            with serving(folder) as url:
                times = _run_clients(url, wires, clients)
            rival = _durable_write_ms(folder)
        times.sort()
        for percentile in (50, 99):
            value, row = times[len(times) * percentile // 100], f"http.latency.{clients}.p{percentile}"
            yield Result(row, value, rival, "append and fdatasync of 512 bytes", "lower", "ms", runs=len(times))


def _run_clients(url: str, wires: list[bytes], clients: int) -> list[float]:
    times: list[float] = []
    threads = [
        threading.Thread(target=_run_client, args=(url, wires[number::clients], times)) for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def _run_client(url: str, wires: list[bytes], times: list[float]) -> None:
    with httpx2.Client(base_url=url, timeout=30) as client:
        for wire in wires:
            start = time.perf_counter()
            answer = client.post("/v1/transactions", content=wire, headers=OCTETS)
            answer.raise_for_status()
            times.append((time.perf_counter() - start) * 1000)


def _durable_write_ms(folder: Path) -> float:
    times = []
    with (folder / "raw").open("wb", buffering=0) as file:
        for _ in range(100):
            start = time.perf_counter()
            file.write(os.urandom(512))
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)
