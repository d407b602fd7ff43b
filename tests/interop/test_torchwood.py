"""Torchwood's litewitness cosigns our log, its client reads it, and its spicy verifies our entry."""

from __future__ import annotations

import base64
import os
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

import httpx2
from nacl.signing import SigningKey

from concordat.client.clock import fetch_now_us
from concordat.client.keys import make_key
from concordat.crypto.checkpoint import compute_origin, parse_signed_note
from concordat.crypto.cosignature import (
    KIND_COSIGNATURE,
    VerifierKey,
    is_valid_cosignature,
    parse_tree_head,
    render_verifier_key,
)
from concordat.crypto.merkle import EMPTY_LOG_ROOT, hash_leaf
from concordat.crypto.policy import PolicyWitness
from concordat.crypto.proof import PROOF_MAGIC, Proof
from concordat.ledger.files import DiskFiles
from concordat.primitives.codec import decode
from concordat.witness.server import serving_witness
from concordat.witness.submission import connect_witness, fetch_cosignature
from concordat.witness.witness import Witness
from journeys.stranger import act, ask, call, found, make_founder, make_plan, make_version, serving

NAME = "litewitness.example/w1"
WAIT_S = 60


def run(*words: str | Path, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        [*map(str, words)], cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=WAIT_S
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def find_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        return int(free.getsockname()[1])


def is_answering(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(*words: str | Path, folder: Path) -> Iterator[None]:
    with (folder / "tools.err").open("ab") as err:
        process = subprocess.Popen([*map(str, words)], cwd=folder, stdout=err, stderr=err)
    try:
        yield
    finally:
        process.kill()
        process.wait(30)


@contextmanager
def litewitness(tools: Path, folder: Path, log: VerifierKey) -> Iterator[tuple[str, str]]:
    """A litewitness that knows one log; yields its verifier key and its address."""
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "witness_key", folder=folder)
    blob = base64.b64decode((folder / "witness_key.pub").read_text().split()[1])
    fingerprint = "SHA256:" + base64.b64encode(sha256(blob).digest()).decode().rstrip("=")
    with closing(sqlite3.connect(folder / "litewitness.db")) as database, database:
        database.execute("CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER, tree_hash TEXT)")
        database.execute("CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL)")
        database.execute("INSERT INTO log VALUES (?, 0, ?)", (log.name, base64.b64encode(EMPTY_LOG_ROOT).decode()))
        database.execute("INSERT INTO key VALUES (?, ?)", (log.name, render_verifier_key(log)))
    agent, port = folder / "agent", find_port()
    listen = f"127.0.0.1:{port}"
    words = (tools / "litewitness", "-name", NAME, "-key", fingerprint, "-ssh-agent", agent, "-listen", listen)
    with running("ssh-agent", "-D", "-a", agent, folder=folder):
        wait_until(agent.exists)
        run("ssh-add", "-q", "witness_key", folder=folder, SSH_AUTH_SOCK=str(agent))
        with running(*words, folder=folder):
            wait_until(lambda: is_answering(port))
            yield render_verifier_key(VerifierKey(NAME, KIND_COSIGNATURE, blob[-32:])), f"http://{listen}"


def test_tools_that_we_did_not_write_witness_read_and_verify_our_log(tools: Path, tmp_path: Path) -> None:
    key = SigningKey.generate()
    founder = make_founder("slate-cove", ["operator", "seed", "verifier"], bytes(key.verify_key).hex())
    node = found(tmp_path, make_plan(founder, verify_k=1, clock="real"))
    with serving(node) as served:
        checkpoint = parse_signed_note(httpx2.get(f"{served.url}/v1/checkpoint").text).checkpoint
        node_key = bytes.fromhex(httpx2.get(f"{served.url}/v1/status").json()["node_key"])
    log = VerifierKey(compute_origin(checkpoint), 1, node_key)
    with litewitness(tools, tmp_path, log) as (witness_key, address):
        (tmp_path / "policy").write_text(f"witness w {witness_key} {address}\nquorum w\n")
        with serving(node, "--witnesses", tmp_path / "policy") as served, httpx2.Client(base_url=served.url) as http:

            def count_lines() -> int:
                return len(parse_tree_head(http.get("/v1/checkpoint").text).lines)

            receipts = []
            for version in range(1, 6):
                receipts.append(act(http, key, make_version("gauges", version, sha256(bytes([version])).digest())))
                wait_until(lambda: count_lines() == 2)
            newest = parse_tree_head(http.get("/v1/checkpoint").text)
            printed = run(
                *(tools / "interop", f"{served.url}/v1", "3", render_verifier_key(log), witness_key), folder=tmp_path
            ).split()
            assert printed[:2] == [str(newest.size), base64.b64encode(newest.root).decode()]
            transaction = receipts[1]["transaction"]
            ask("proof", "tx", transaction, "--out", "second.proof", "--node", served.url, folder=tmp_path)
            note = http.get("/v1/checkpoint").text
    words = ("verify", "second.proof", "--trust", node / "genesis.json", "--policy", "policy", "--json")
    verdict = call(*words, folder=tmp_path).document
    assert (verdict["code"], [one["name"] for one in verdict["witnesses"]]) == ("ok", [NAME])

    (entry,) = decode(Proof, (tmp_path / "second.proof").read_bytes().removeprefix(PROOF_MAGIC)).entries
    hashes = "".join(f"{base64.b64encode(digest).decode()}\n" for digest in entry.path)
    (tmp_path / "entry").write_bytes(entry.leaf)
    (tmp_path / "entry.spicy").write_text(f"index {entry.index}\n{hashes}\n{note}")
    run(tools / "spicy", "-verify", render_verifier_key(log), "entry", folder=tmp_path)
    (tmp_path / "entry").write_bytes(entry.leaf + b"\0")
    again = (tools / "spicy", "-verify", render_verifier_key(log), "entry")
    assert subprocess.run(again, cwd=tmp_path, timeout=WAIT_S).returncode != 0


def test_our_witness_cosigns_a_log_that_is_not_ours(tools: Path, tmp_path: Path) -> None:
    run(tools / "spicy", "-init", "spices.example/log", "-key", "spicy.key", "-assets", ".", folder=tmp_path)
    name, _, rest = (tmp_path / "spicy.key").read_text().removeprefix("PRIVATE+KEY+").strip().partition("+")
    seed = base64.b64decode(rest.partition("+")[2])[1:33]
    log = VerifierKey(name, 1, bytes(SigningKey(seed).verify_key))
    home = tmp_path / "witness"
    home.mkdir()
    witness = Witness(DiskFiles(home), "witness.example", make_key(), (log,), fetch_now_us)
    with closing(witness), serving_witness(witness, "127.0.0.1", 0) as port, connect_witness() as http:
        named = PolicyWitness("w", witness.key, f"http://127.0.0.1:{port}")
        mace = hash_leaf(b"mace")
        for grain in ("pepper", "mace"):
            (tmp_path / grain).write_text(grain)
            run(tools / "spicy", "-key", "spicy.key", "-assets", ".", grain, folder=tmp_path)
            note = (tmp_path / "latest").read_text()
            found = fetch_cosignature(http, named, note, 0, lambda size: (mace,) if size == 1 else ())
            assert is_valid_cosignature(found, parse_tree_head(note).body)
        assert parse_tree_head(witness.find_note(name) or "").size == 2
