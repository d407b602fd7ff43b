"""The index: how fast it is folded anew from the log, and how soon an event reaches a reader."""

from __future__ import annotations

import http.client
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from bench.http import make_registrations, run_client, serving
from bench.ledger import make_mix, make_world, run_through, running
from bench.measure import Result, measure_pair, rate_of
from concordat.client.keys import derive_key
from concordat.client.requests import sign_request
from concordat.ledger.application import BlockRecord
from concordat.primitives.codec import decode
from concordat.primitives.ledger_time import parse_time
from concordat.views.folding import rebuild_lists
from concordat.views.history import fold_block
from concordat.views.index import open_index

EVENTS = 300


def measure_rebuild() -> Iterator[Result]:
    """Entries a second from the log to the whole index, beside SQLite taking the finished rows of the same tables."""
    world = make_world()
    with running(world) as (engine, store), tempfile.TemporaryDirectory(dir=Path(__file__).parent) as name:
        run_through(engine, make_mix(world, 1000))
        application = engine.application
        bodies = list(store.bodies())
        folder, count = Path(name), application.history.size

        def fold() -> None:
            (folder / "folded").unlink(missing_ok=True)
            index = open_index(folder / "folded", world.chain)
            for body in bodies:
                record = decode(BlockRecord, body)
                fold_block(index, application.sizes[record.checkpoint.height - 1], record)
            rebuild_lists(index, application.state, ["member-0"], application.height)
            index.close()

        fold()
        folded = sqlite3.connect(folder / "folded")
        tables = [str(row[0]) for row in folded.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        rows = {table: folded.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
        folded.close()

        def insert() -> None:
            (folder / "plain").unlink(missing_ok=True)
            plain = open_index(folder / "plain", world.chain)
            plain.execute("BEGIN")
            for table, values in rows.items():
                if values:
                    marks = ", ".join("?" * len(values[0]))
                    plain.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", values)
            plain.execute("COMMIT")
            plain.close()

        ours, rival = measure_pair(lambda: rate_of(count, fold), lambda: rate_of(count, insert))
    yield Result("views.rebuild", ours, rival, "SQLite inserting the finished rows", "higher", "entries/s")


def measure_events() -> Iterator[Result]:
    """Milliseconds from a block's time, before it is applied and durable, to its event in a reader's hands.

    The rival is the time to the receipt of the same transaction, which its sender takes over the same interface.
    """
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as name:
        folder = Path(name)
        wires = make_registrations(folder, 1, EVENTS)
        with serving(folder) as url:
            lags, receipts = read_lags(url, wires)
    for percentile in (50, 95):
        ours, rival = (sorted(times)[len(times) * percentile // 100] for times in (lags, receipts))
        rival_name = "submit to receipt of the same transactions"
        yield Result(f"events.p{percentile}", ours, rival, rival_name, "lower", "ms", runs=len(lags))


def read_lags(url: str, wires: list[bytes]) -> tuple[list[float], list[float]]:
    """Submit one after the other while a reader takes events; return the lag of each event, and times to receipts."""
    lags: list[float] = []
    receipts: list[float] = []
    response = _open_events(url)
    reader = threading.Thread(target=_take_events, args=(response, len(wires), lags))
    reader.start()
    run_client(url, wires, receipts)
    reader.join()
    return lags, receipts


def _open_events(url: str) -> http.client.HTTPResponse:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
    connection.request("GET", "/v1/status")
    status = msgspec.json.decode(connection.getresponse().read())
    chain_id, node_key = (bytes.fromhex(status[key]) for key in ("chain_id", "node_key"))
    target, now_us = "/v1/events?after=0", time.time_ns() // 1000
    key = derive_key("bench", "member-0")
    header = sign_request(key, chain_id, node_key, "GET", target, b"", now_us, bytes(16))
    connection.request("GET", target, headers={"Authorization": header})
    return connection.getresponse()


def _take_events(response: http.client.HTTPResponse, count: int, lags: list[float]) -> None:
    while len(lags) < count:
        line = response.readline()
        now_us = time.time_ns() / 1000
        if line.startswith(b"data: "):
            block = msgspec.json.decode(line.removeprefix(b"data: "))
            lags += [(now_us - parse_time(block["time"])) / 1000] * len(block["entries"])
    response.close()
