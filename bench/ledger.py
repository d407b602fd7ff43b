"""The ledger: throughput of the demo's mix, of batches, of single commits; replay; restart."""

from __future__ import annotations

import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from bench.measure import RUNS, Result, measure_pair, rate_of, seconds_of
from concordat.client.keys import Key, derive_key
from concordat.contracts.terms import MatchingTable, Obligation, Terms
from concordat.contracts.text import compute_document_digest
from concordat.crypto.signatures import verify_signed
from concordat.crypto.state_tree import StateTree
from concordat.errors import ConcordatError
from concordat.ledger.application import Application, replay
from concordat.ledger.embedded import EmbeddedEngine
from concordat.ledger.files import DiskFiles
from concordat.ledger.snapshot import load_application, save_snapshot
from concordat.ledger.store import BlockStore
from concordat.node.founding import make_genesis
from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import DAY_US
from concordat.primitives.plain import Json
from concordat.protocol.families import contracts, datasets
from concordat.protocol.genesis import Chain, read_genesis, render_genesis
from concordat.protocol.messages import Operation
from concordat.protocol.records import Version
from concordat.protocol.state import State
from concordat.protocol.transactions import Payload, make_signed_bytes

START_US = 1_800_000_000_000_000
MEMBERS = 20
BATCH = 500
LABEL = Label("Benchmark", "")
NODE_KEY = derive_key("bench", "node")


@dataclass
class World:
    """A chain whose members' keys are known, and the transactions that they sign."""

    chain: Chain
    genesis: bytes
    keys: list[Key]
    nonces: list[int]

    def sign(self, member: int, *operations: Operation) -> bytes:
        """Return a signed transaction of one member."""
        key = self.keys[member]
        self.nonces[member] += 1
        until = self.chain.genesis.start_time + DAY_US
        payload = Payload(self.chain.id, 1, 0, self.nonces[member], 100_000, until, b"", operations)
        unsigned = make_signed_bytes(key.public_key, payload)
        return key.sign(unsigned) + unsigned


def make_plan(keys: list[Key]) -> Json:
    """Return the plan of a chain with a founder for each key, the first one operator and verifier."""
    founders = [
        {
            "member": f"member-{number}",
            "name": f"Member {number}",
            "scheme": "BENCH",
            "code": str(number),
            "roles": ["operator", "seed", "verifier"] if number == 0 else ["seed"],
            "public_keys": [key.public_key.hex()],
        }
        for number, key in enumerate(keys)
    ]
    return {"founders": founders, "node_key": NODE_KEY.public_key.hex()}


def make_world() -> World:
    """Return a chain of twenty founders."""
    keys = [derive_key("bench", f"member-{number}") for number in range(MEMBERS)]
    genesis = render_genesis(make_genesis(make_plan(keys), "real", START_US))
    return World(read_genesis(genesis), genesis, keys, [0] * MEMBERS)


@contextmanager
def running(world: World) -> Iterator[tuple[EmbeddedEngine, BlockStore]]:
    """A real engine on a real disk, in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as folder:
        store = BlockStore.create(DiskFiles(Path(folder)), world.genesis)
        engine = EmbeddedEngine(
            Application(world.chain, NODE_KEY.sign),
            store,
            now_us=lambda: world.chain.genesis.start_time,
            observe=lambda _size, _record: None,
        )
        engine.start()
        try:
            yield engine, store
        finally:
            engine.close()
            store.close()


def make_register(version: int, name: str = "readings") -> datasets.Register:
    """Return the registration of one version."""
    digest = os.urandom(32)
    return datasets.Register(name, version, LABEL, digest, 1000, 30, bytes(32), digest)


def make_mix(world: World, rounds: int) -> list[bytes]:
    """Return the demo's real mix: propose, two signatures, register, deliver, acknowledge, between pairs in turn."""
    wires = []
    versions = [0] * MEMBERS
    now = world.chain.genesis.start_time
    for number in range(1, rounds + 1):
        debtor, creditor = number % MEMBERS, (number * 7 + 3) % MEMBERS
        if debtor == creditor:
            creditor = (creditor + 1) % MEMBERS
        names = (f"member-{debtor}", f"member-{creditor}")
        duty = Obligation(
            names[0], (names[1],), LABEL, 100, "readings", MatchingTable(bytes(32), 1), now + 30 * DAY_US, 5, 14, 7,
            "terminate",
        )  # fmt: skip
        terms = Terms("supply/1", LABEL, names, (duty,), now + 3 * DAY_US)
        document = compute_document_digest(terms)
        versions[debtor] += 1
        wires += [
            world.sign(debtor, contracts.Propose(terms)),
            world.sign(debtor, contracts.Sign(number, document)),
            world.sign(creditor, contracts.Sign(number, document)),
            world.sign(debtor, make_register(versions[debtor])),
            world.sign(debtor, contracts.Deliver(number, 1, versions[debtor])),
            world.sign(creditor, contracts.Acknowledge(number, 1)),
        ]
    return wires


def rate_verification(wires: list[bytes]) -> float:
    """The limit: signatures a second that one core checks with libsodium."""
    return rate_of(len(wires), lambda: [verify_signed(wire) for wire in wires])


def run_through(engine: EmbeddedEngine, wires: list[bytes]) -> None:
    """Submit everything as a client with batches does, and wait until all of it is durable."""
    queued = []
    for start in range(0, len(wires), BATCH):
        queued += engine.submit_many(wires[start : start + BATCH])
    for outcome in queued:
        if isinstance(outcome, ConcordatError):
            raise outcome
        outcome.result()


def measure_mix() -> Iterator[Result]:
    """Durable transactions a second of the mix, and how replay compares."""
    live: list[float] = []
    again: list[float] = []

    def ours() -> float:
        world = make_world()
        wires = make_mix(world, 500)
        with running(world) as (engine, store):
            live.append(rate_of(len(wires), lambda: run_through(engine, wires)))
            application = Application(world.chain, NODE_KEY.sign)
            bodies = list(store.bodies())
            again.append(
                rate_of(
                    len(wires),
                    lambda: list(replay(application, bodies, trusts_signatures=True)),
                )
            )
        return live[-1]

    sample = make_mix(make_world(), 300)
    median, limit = measure_pair(ours, lambda: 2 * rate_verification(sample))
    yield Result("ledger.mix", median, limit, "2 x libsodium verifications/s of one core", "higher", "transactions/s")
    again.sort()
    yield Result("ledger.replay", again[len(again) // 2], median, "ledger.mix live", "higher", "transactions/s")


def measure_batched() -> Iterator[Result]:
    """Operations a second with fifty under one signature."""

    def ours() -> float:
        world = make_world()
        wires = [
            world.sign(turn % MEMBERS, *(make_register(turn // MEMBERS + 1, f"set-{place}") for place in range(50)))
            for turn in range(200)
        ]
        with running(world) as (engine, _):
            return rate_of(200 * 50, lambda: run_through(engine, wires))

    sample = make_mix(make_world(), 200)
    median, limit = measure_pair(ours, lambda: rate_verification(sample))
    yield Result("ledger.batched", median, limit, "libsodium verifications/s of one core", "higher", "operations/s")


def measure_single() -> Iterator[Result]:
    """One durable transaction at a time, beside SQLite committing one row at a time with synchronous=FULL."""

    def ours() -> float:
        world = make_world()
        with running(world) as (engine, _):
            wires = [world.sign(0, make_register(version)) for version in range(1, 301)]
            return rate_of(300, lambda: [engine.submit(wire).result() for wire in wires])

    def sqlite() -> float:
        with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as folder:
            connection = sqlite3.connect(Path(folder) / "rows.sqlite", isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, value BLOB)")
            insert = "INSERT INTO rows (value) VALUES (?)"
            rate = rate_of(300, lambda: [connection.execute(insert, (os.urandom(300),)) for _ in range(300)])
            connection.close()
            return rate

    median, limit = measure_pair(ours, sqlite)
    yield Result("ledger.single", median, limit, "SQLite WAL FULL, one row a commit", "higher", "commits/s")


def measure_restart() -> Iterator[Result]:
    """Seconds from a folder with a million keys to a running application, beside the tree's hashing alone."""
    world = make_world()
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as folder:
        files = DiskFiles(Path(folder))
        store = BlockStore.create(files, world.genesis)
        application = Application(world.chain, NODE_KEY.sign)
        _fill(application.state, 1_000_000)
        application.tree.update(application.state.take_changes())
        engine = EmbeddedEngine(
            application,
            store,
            now_us=lambda: world.chain.genesis.start_time,
            observe=lambda _size, _record: None,
        )
        engine.start()
        engine.submit(world.sign(0, make_register(1))).result()
        engine.close()
        save_snapshot(files, application)
        rows = list(application.state.dump())

        def restart() -> float:
            return seconds_of(lambda: load_application(world.chain, NODE_KEY.sign, files, store))

        median, limit = measure_pair(restart, lambda: seconds_of(lambda: StateTree().update(rows)))
        store.close()
        load = [sys.executable, "-m", "bench.memory", folder]
        found = [subprocess.run(load, check=True, capture_output=True, text=True).stdout.split() for _ in range(RUNS)]
        row_mb = sum(len(key) + len(value) for key, value in rows) / 1e6
    rival = "hashing the same rows into a state tree"
    yield Result("ledger.restart", median, limit, rival, "lower", "seconds at 10^6 keys")
    for place, name in enumerate(("resident", "peak")):
        memory_mb = statistics.median(float(each[place]) for each in found)
        yield Result(f"ledger.{name}", memory_mb, row_mb, "the same rows as bytes", "lower", "MB at 10^6 keys")


def _fill(state: State, count: int) -> None:
    """Put rows that nothing made, to measure what their number costs."""
    version = Version(bytes(32), 1, 1, bytes(32), bytes(32), START_US, None, None)
    state.begin()
    for number in range(count):
        state.versions.put((f"member-{number % 1000}", "filler", number), version)
    state.commit()


def measure_state_keys() -> Iterator[Result]:
    """Microseconds for each changed key, a thousand changed at a time."""
    for exponent in (3, 5, 6):
        tree = StateTree()
        count = 10**exponent
        keys = [number.to_bytes(8, "big") for number in range(count)]
        tree.update((key, key) for key in keys)
        step = max(1, count // 1000)

        def ours(tree: StateTree = tree, keys: list[bytes] = keys, step: int = step) -> float:
            fresh = [(key, os.urandom(16)) for key in keys[:: step][:1000]]
            return seconds_of(lambda: tree.update(fresh)) * 1e6 / len(fresh)

        median, limit = measure_pair(ours, _five_hashes_us, runs=RUNS * 4)
        yield Result(
            f"state.key.1e{exponent}", median, limit, "five SHA-256 of 512 bytes", "lower", "us/key", runs=RUNS * 4
        )


def _five_hashes_us() -> float:
    node = bytearray(513)
    start = time.perf_counter()
    for _ in range(5000):
        sha256(node).digest()
    return (time.perf_counter() - start) / 1000 * 1e6
