"""Journey D: a host rewrites history, or shows two histories; a witness elsewhere notices, by name."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from shutil import copytree

import httpx2
from nacl.signing import SigningKey

from concordat.crypto.cosignature import parse_tree_head

from .stranger import COMMAND, ENVIRONMENT, Json, act, ask, call, found, make_founder, make_plan, make_version, serving

WAIT_S = 60
NAME = "witness.wren-hollow.example"


def found_alone(folder: Path) -> tuple[Path, SigningKey]:
    key = SigningKey.generate()
    founder = make_founder("ochre-point", ["operator", "seed", "verifier"], bytes(key.verify_key).hex())
    return found(folder, make_plan(founder, verify_k=1, clock="real")), key


def make_witness(folder: Path, node: Path) -> Path:
    """A member makes a witness on its machine, takes genesis there, and writes down whom it asks for."""
    home = folder / "wren-hollow"
    home.mkdir()
    (home / "genesis.json").write_bytes((node / "genesis.json").read_bytes())
    key = ask("witness", "key", "witness", "--name", NAME, folder=home)["verifier_key"]
    (home / "policy").write_text(f"witness wren {key}\nquorum wren\n")
    return home


def register(url: str, key: SigningKey, dataset: str) -> str:
    with httpx2.Client(base_url=url) as http:
        receipt = act(http, key, make_version(dataset, 1, sha256(dataset.encode()).digest()))
    return str(receipt["transaction"])


def look(home: Path, url: str) -> tuple[int, Json]:
    done = call(
        *("witness", "run", "--folder", "witness", "--log", url, "--trust", "genesis.json", "--once", "--json"),
        folder=home,
    )
    return done.status, done.document


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


@contextmanager
def witnessing(home: Path, url: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """The witness runs beside, until the block ends or it has found two histories."""
    command = [*COMMAND, "witness", "run", "--folder", "witness", "--log", url, "--trust", "genesis.json", "--json"]
    with (home / "out").open("ab") as out, (home / "err").open("ab") as err:
        process = subprocess.Popen([*command, *words], cwd=home, env=ENVIRONMENT, stdout=out, stderr=err)
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


def count_lines(url: str) -> int:
    return len(parse_tree_head(httpx2.get(f"{url}/v1/checkpoint").text).lines)


def save_proof(home: Path, url: str, transaction: str, name: str) -> Json:
    """A reader takes a proof home and checks it there against genesis and its policy."""
    ask("proof", "tx", transaction, "--out", name, "--node", url, folder=home)
    return call("verify", name, "--trust", "genesis.json", "--policy", "policy", "--json", folder=home).document


def test_a_witness_stands_in_the_proof_and_a_host_that_goes_back_is_caught_by_name(tmp_path: Path) -> None:
    node, key = found_alone(tmp_path)
    home = make_witness(tmp_path, node)
    with serving(node, "--witnesses", home / "policy") as served:
        first = register(served.url, key, "first")
        register(served.url, key, "second")
        ask("backup", node, "old.tar", folder=tmp_path)
        assert save_proof(home, served.url, first, "alone.proof")["code"] == "policy_not_met"
        with witnessing(home, served.url) as process:
            wait_until(lambda: count_lines(served.url) == 2)
            register(served.url, key, "third")
            wait_until(lambda: count_lines(served.url) == 2)
            process.send_signal(signal.SIGKILL)
        verdict = save_proof(home, served.url, first, "witnessed.proof")
        assert (verdict["code"], [one["name"] for one in verdict["witnesses"]]) == ("ok", [NAME])
        assert "single_history" not in verdict["not_proved"]
        node_key = httpx2.get(f"{served.url}/v1/status").json()["node_key"]
    seen = parse_tree_head(next((home / "witness").glob("*/checkpoint")).read_text())

    ask("restore", "old.tar", "rewritten", folder=tmp_path)
    with serving(tmp_path / "rewritten", "--witnesses", home / "policy") as served:
        status, told = look(home, served.url)
        assert (status, told["code"]) == (6, "witness.went_back")
        register(served.url, key, "another")
        status, told = look(home, served.url)
        assert (status, told["code"]) == (5, "witness.two_histories")
        shown = parse_tree_head(httpx2.get(f"{served.url}/v1/checkpoint").text)
        for named in (node_key, seen.root.hex(), shown.root.hex(), f"size {seen.size}", f"size {shown.size}", "height"):
            assert named in told["reason"]
        assert look(home, served.url)[0] == 5
        assert save_proof(home, served.url, first, "other.proof")["code"] == "policy_not_met"
    evidence = json.loads(next((home / "witness").glob("*/evidence.json")).read_text())
    assert parse_tree_head(evidence["seen"]).body == seen.body
    assert parse_tree_head(evidence["shown"]).body == shown.body


def test_a_host_that_shows_two_members_two_histories_gets_one_of_them_witnessed(tmp_path: Path) -> None:
    """Both members ask for the same witness: the host can have it for one history, and then the witness knows."""
    node, key = found_alone(tmp_path)
    home = make_witness(tmp_path, node)
    with serving(node) as served:
        common = register(served.url, key, "common")
    copytree(node, tmp_path / "twin")
    port_file = home / "err"
    port_file.touch()
    with (
        serving(node, "--witnesses", home / "policy") as one,
        witnessing(home, one.url, "--listen", "127.0.0.1:0") as process,
    ):
        wait_until(lambda: "127.0.0.1:" in port_file.read_text() and count_lines(one.url) == 2)
        address = next(word for word in port_file.read_text().split() if word.startswith("http://127.0.0.1:"))
        line = (home / "policy").read_text().splitlines()[0]
        (home / "asked").write_text(f"{line} {address}\nquorum none\n")
        register(one.url, key, "for-the-first-member")
        wait_until(lambda: count_lines(one.url) == 2)
        assert save_proof(home, one.url, common, "first.proof")["code"] == "ok"
        with serving(tmp_path / "twin", "--witnesses", home / "asked") as two:
            register(two.url, key, "for-the-second-member")
            assert process.wait(WAIT_S) == 5
            assert save_proof(home, two.url, common, "second.proof")["code"] == "policy_not_met"
    told = json.loads((home / "out").read_text().splitlines()[-1])
    assert told["code"] == "witness.two_histories"
