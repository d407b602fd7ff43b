"""The demo is a user: what it shows came through public interfaces, can be checked without it, and can be repeated."""

from __future__ import annotations

import csv
import json
import os
import select
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from concordat.client.keys import derive_key
from concordat.demo.files import fetch_tables
from concordat.errors import NotFound, UsageError

REAL = Path(__file__).parents[3] / "shared" / "data" / "regions"
COMMAND = [sys.executable, "-m", "concordat"]


@dataclass(frozen=True)
class Told:
    folder: Path
    document: dict[str, Any]


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    words = ["demo", "--once", "--dir", str(folder), "--seed", "7", "--port", "0", "--json", *more]
    return subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str], folder: Path) -> Told:
    out, err = process.communicate(timeout=400)
    assert process.returncode == 0, err[-2000:]
    return Told(folder, json.loads(out))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, Told]:
    """The same seed played in two folders at once."""
    folders = [tmp_path_factory.mktemp("demo") / "node" for _ in range(2)]
    processes = [start(folder) for folder in folders]
    first, second = (finish(process, folder) for process, folder in zip(processes, folders, strict=True))
    return first, second


def test_the_same_seed_gives_the_same_chain(told: tuple[Told, Told]) -> None:
    first, second = told
    assert first.document["app_hash"] == second.document["app_hash"]
    assert first.document["steps"] == second.document["steps"]


def test_a_finished_demo_is_told_again_and_changes_nothing(told: tuple[Told, Told]) -> None:
    folder = told[0].folder
    before = (folder / "blocks.log").read_bytes()
    assert finish(start(folder), folder).document == told[0].document
    assert (folder / "blocks.log").read_bytes() == before


def test_the_story_shows_every_turn_that_it_promises(told: tuple[Told, Told]) -> None:
    document = told[0].document
    refused = {row["code"] for row in document["refused"]}
    assert refused == {
        "membership.review_failed",
        "contracts.invalid",
        "contracts.digest_differs",
        "membership.too_early_to_return",
    }
    assert {"completed", "terminated", "active"} <= {row["status"] for row in document["contracts"]}
    assert {row["id"]: row["status"] for row in document["members"]}["maple-ridge"] == "active"
    assert any(row["grade"] == "C" and row["score"] > 600 for row in document["members"])
    assert {"R1", "R2", "R3", "R7", "R8", "R9", "R12", "G10"} <= {step["row"] for step in document["steps"]}


def test_every_proof_verifies_offline_and_no_changed_byte_does(told: tuple[Told, Told]) -> None:
    folder = told[0].folder
    for row in told[0].document["contracts"]:
        done = verify(row["proof"], folder)
        verdict = json.loads(done.stdout)
        assert (done.returncode, verdict["valid"], verdict["code"]) == (0, True, "ok")
        assert all(signature["valid"] for signature in verdict["signatures"])
        if row["id"] > 3:
            break
    data = bytearray(Path(told[0].document["contracts"][0]["proof"]).read_bytes())
    data[len(data) // 2] ^= 1
    (folder.parent / "bad.proof").write_bytes(data)
    assert verify(str(folder.parent / "bad.proof"), folder).returncode == 5


def verify(proof: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = ["verify", proof, "--trust", str(folder / "genesis.json"), "--json"]
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=60)


def test_no_party_s_private_key_reaches_the_node(told: tuple[Told, Told]) -> None:
    folder = told[0].folder
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    parties = [path.name for path in folder.with_name("node-parties").iterdir() if (path / "officer.key").exists()]
    assert len(parties) == 7
    for name in parties:
        seed = derive_key("7", f"{name}/officer").seed
        assert seed not in stored
        assert seed.hex().encode() not in stored


def test_party_folders_lie_beside_the_node_s(told: tuple[Told, Told]) -> None:
    folder = told[0].folder
    assert not list(folder.rglob("officer.key"))


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/data/regions is not there")
def test_real_tables_take_the_place_of_the_made_up_ones(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    told = finish(start(folder, "--data", str(REAL)), folder)
    assert told.document["data"] == str(REAL.resolve())
    parts = sorted((tmp_path / "node-parties" / "azure-bay").glob("*.csv"))
    assert parts
    for part in parts:
        source = REAL / f"{part.stem.rpartition('-')[0].replace('-', '_')}.csv"
        with part.open(newline="") as ours, source.open(encoding="utf-8-sig", newline="") as theirs:
            held, known = list(csv.reader(ours)), {tuple(row) for row in csv.reader(theirs)}
        assert len(held) > 1
        assert all(tuple(row) in known for row in held)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_demo_that_is_killed_leaves_no_node_behind(tmp_path: Path) -> None:
    process = start(tmp_path / "node")
    assert process.stderr is not None
    assert process.stderr.readline().startswith("•")  # the story has begun, so the node answers
    node = os.pidfd_open(json.loads((tmp_path / "node-parties" / "ready.json").read_text())["pid"])
    process.kill()
    process.communicate()
    assert select.select([node], [], [], 60)[0], "the node outlived the demo"
    os.close(node)


def refuse(folder: Path, *more: str) -> dict[str, Any]:
    process = start(folder, *more)
    out, _ = process.communicate(timeout=60)
    document: dict[str, Any] = json.loads(out)
    return document | {"status": process.returncode}


def copy_demo(told: Told, place: Path) -> Path:
    for name in ("node", "node-parties"):
        shutil.copytree(told.folder.with_name(name), place / name)
    return place / "node"


def test_a_copied_demo_tells_its_own_paths_and_makes_missing_proofs_anew(
    told: tuple[Told, Told], tmp_path: Path
) -> None:
    folder = copy_demo(told[0], tmp_path)
    proofs = [Path(row["proof"]).name for row in told[0].document["contracts"]]
    (tmp_path / "node-parties" / "proofs" / proofs[2]).unlink()
    again = finish(start(folder), folder).document
    assert [row["proof"] for row in again["contracts"]] == [
        str(tmp_path / "node-parties" / "proofs" / name) for name in proofs
    ]
    assert verify(again["contracts"][2]["proof"], folder).returncode == 0
    assert (again["app_hash"], again["steps"]) == (told[0].document["app_hash"], told[0].document["steps"])


@pytest.mark.parametrize("name", ["blocks.log", "head", "genesis.json"])
def test_a_damaged_demo_is_not_told(told: tuple[Told, Told], tmp_path: Path, name: str) -> None:
    folder = copy_demo(told[0], tmp_path)
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 3] ^= 1
    (folder / name).write_bytes(data)
    answer = refuse(folder)
    assert (answer["status"], answer["code"]) == (5, "ledger.corrupt")
    assert name in answer["detail"]


def test_a_demo_goes_on_with_the_tables_that_it_was_begun_with(told: tuple[Told, Told], tmp_path: Path) -> None:
    rows = "".join(f"{hour},{hour * 3}\n" for hour in range(60))
    (tmp_path / "good.csv").write_text(f"hour,value\n{rows}")
    (tmp_path / "other.csv").write_bytes(f"编号,水位\n{rows}".encode("gbk"))
    process = start(told[0].folder, "--data", str(tmp_path))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, json.loads(out)["code"]) == (4, "demo.other_data")
    assert "other.csv" in err.splitlines()[0]
    assert "UTF-8" in err.splitlines()[0]
    assert "RESET=1" in err


def test_a_folder_of_tables_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"disk\.no_such_folder"):
        fetch_tables(tmp_path / "none", "1")


def test_a_file_that_is_left_out_is_told_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.csv").write_bytes("编号,水位\n1,2\n".encode("gb18030"))
    with pytest.raises(UsageError, match=r"demo\.no_tables"):
        fetch_tables(tmp_path, "1")
    assert "not written in UTF-8" in capsys.readouterr().err
