"""`concordat serve` killed while clients wait: whoever was answered was told the truth, and who was not asks again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from random import Random
from threading import Thread

import pytest

from concordat.client.api import Client
from concordat.client.keys import Key, fetch_key
from concordat.crypto.proof import Trust, verify_proof
from concordat.errors import ConcordatError
from concordat.node.founding import found_chain
from concordat.primitives.ledger_time import parse_time
from concordat.protocol.genesis import read_genesis
from concordat.protocol.transactions import Payload, compute_transaction_id, make_signed_bytes
from faults.writer import make_register

WAIT_ROUNDS = 300
START_US = parse_time("2027-01-01T00:00:00Z")


@contextmanager
def serve(folder: Path, ready_file: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run a node as its own process; at the end it is told to stop, if it still runs."""
    command = [sys.executable, "-m", "concordat", "serve", str(folder), "--port", "0", "--ready-file", str(ready_file)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as node:
        try:
            for _ in range(WAIT_ROUNDS):
                if ready_file.exists():
                    break
                with pytest.raises(subprocess.TimeoutExpired):
                    node.wait(timeout=0.1)
            yield node, json.loads(ready_file.read_text())["api"]
        finally:
            node.terminate()


def sign(key: Key, chain_id: bytes, nonce: int) -> bytes:
    payload = Payload(chain_id, 1, 0, nonce, 5000, START_US, b"", (make_register(nonce),))
    signed = make_signed_bytes(key.public_key, payload)
    return key.sign(signed) + signed


def submit_until_unreachable(url: str, genesis: bytes, wires: list[bytes], told: Queue[bytes]) -> None:
    """Submit one after the other; pass on what was acknowledged."""
    with Client(url, trust=Trust(genesis=genesis)) as client:
        try:
            for wire in wires:
                client.submit(wire)
                told.put(wire)
        except ConcordatError as error:
            assert error.code == "node.unreachable"  # noqa: PT017  # it was killed, as planned


def run_kills(tmp_path: Path, kills: int, seed: int) -> None:
    rng = Random(seed)
    folder = tmp_path / "node"
    founded = found_chain(folder, None, "scenario", START_US)
    trust = founded.genesis.read_bytes()
    key = fetch_key(folder / "keys/founder.key")
    wires = [sign(key, read_genesis(trust).id, nonce) for nonce in range(1, 30 * (kills + 1))]
    acknowledged: list[bytes] = []
    for life in range(kills):
        told: Queue[bytes] = Queue()
        with serve(folder, tmp_path / f"ready-{life}") as (node, url):
            # The first was under way when the node before this one died.
            left = wires[len(acknowledged) :]
            client = Thread(target=submit_until_unreachable, args=(url, trust, left, told))
            client.start()
            acknowledged += [told.get(timeout=30) for _ in range(rng.randint(1, 25))]
            node.kill()
            client.join()
        acknowledged += [told.get() for _ in range(told.qsize())]
        assert acknowledged == wires[: len(acknowledged)]
    with serve(folder, tmp_path / "ready") as (_, url), Client(url) as reader:
        for wire in acknowledged:
            proof = reader.fetch(f"/v1/transactions/{compute_transaction_id(wire).hex()}/proof")
            verification = verify_proof(proof, Trust(genesis=trust))
            assert verification.valid
            assert any(wire in leaf for _, leaf in verification.entries)
    assert len(acknowledged) > kills


def test_what_a_client_was_told_survives_kill_9(tmp_path: Path) -> None:
    run_kills(tmp_path, 3, seed=1)


@pytest.mark.slow
def test_what_a_client_was_told_survives_15_times_kill_9(tmp_path: Path) -> None:
    run_kills(tmp_path, 15, seed=2)
