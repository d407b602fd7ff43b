"""The HTTP face: from submit to receipt, at one, ten and a hundred clients."""

from __future__ import annotations

import http.client
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
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from bench.ledger import NODE_KEY, make_plan, make_register
from bench.measure import Result
from concordat.client.keys import derive_key, save_key
from concordat.node.founding import NODE_KEY_FILE, found_chain
from concordat.primitives.ledger_time import WEEK_US
from concordat.protocol.genesis import read_genesis
from concordat.protocol.transactions import LANES, Payload, make_signed_bytes

TRANSACTIONS = 200
OCTETS = {"content-type": "application/octet-stream"}


@contextmanager
def serving(folder: Path, seconds: int = 20) -> Iterator[str]:
    """The node of `folder`/node, as its own process, once it answers."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    node = subprocess.Popen(
        [sys.executable, "-m", "concordat", "serve", str(folder / "node"), "--port", "0", "--ready-file", str(ready)],
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(seconds * 100):
            if ready.exists():
                break
            time.sleep(0.01)
        yield str(json.loads(ready.read_text())["api"])
    finally:
        node.terminate()
        node.wait()


def measure_latency() -> Iterator[Result]:
    """Milliseconds from sending signed bytes to holding the receipt; the rival is one durable 512-byte write."""
    for clients in (1, 10, 100):
        with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as name:
            folder = Path(name)
            wires = make_registrations(folder, clients, TRANSACTIONS // (5 if clients > 10 else 1))
            with serving(folder) as url:
                times = _run_clients(url, wires, clients)
            rival = _durable_write_ms(folder)
        times.sort()
        for percentile in (50, 99):
            value, row = times[len(times) * percentile // 100], f"http.latency.{clients}.p{percentile}"
            yield Result(row, value, rival, "append and fdatasync of 512 bytes", "lower", "ms", runs=len(times))


def make_registrations(folder: Path, clients: int, count: int) -> list[bytes]:
    """Found a chain with real time in `folder`/node; return `count` transactions of each client, in turn."""
    keys = [derive_key("bench", f"member-{number}") for number in range(-(-clients // LANES))]
    found_chain(folder / "node", make_plan(keys), None, time.time_ns() // 1000)
    save_key(folder / "node" / NODE_KEY_FILE, NODE_KEY)
    chain = read_genesis((folder / "node" / "genesis.json").read_bytes())
    until = chain.genesis.start_time + WEEK_US
    wires = []
    for number in range(clients * count):
        client, version = number % clients, number // clients + 1
        key = keys[client // LANES]
        operations = (make_register(version, f"set-{client}"),)
        payload = Payload(chain.id, 1, client % LANES, version, 50_000, until, b"", operations)
        unsigned = make_signed_bytes(key.public_key, payload)
        wires.append(key.sign(unsigned) + unsigned)
    return wires


def _run_clients(url: str, wires: list[bytes], clients: int) -> list[float]:
    times: list[float] = []
    threads = [
        threading.Thread(target=run_client, args=(url, wires[number::clients], times)) for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def run_client(url: str, wires: list[bytes], times: list[float]) -> None:
    """Submit one after the other, each when the receipt of the one before is there; add milliseconds to `times`."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
    for wire in wires:
        start = time.perf_counter()
        connection.request("POST", "/v1/transactions", wire, OCTETS)
        answer = connection.getresponse()
        content = answer.read()
        times.append((time.perf_counter() - start) * 1000)
        if answer.status != HTTPStatus.OK:
            raise ValueError(content)
    connection.close()


def _durable_write_ms(folder: Path) -> float:
    times = []
    with (folder / "raw").open("wb", buffering=0) as file:
        for _ in range(100):
            start = time.perf_counter()
            file.write(os.urandom(512))
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)
