"""Journey C: an operator's node is killed, copied, damaged and out of space; what was acknowledged stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from pathlib import Path
from queue import Queue
from random import Random
from shutil import copytree

import httpx2
import pytest
from nacl.signing import SigningKey

from .stranger import (
    Done,
    Json,
    act,
    ask,
    call,
    found,
    make_founder,
    make_plan,
    make_version,
    post_signed,
    serving,
)

LANES = 3
LIVES = 2
WORKERS = 2
WAIT_S = 60
AUDIT_LOG = "audit.log"


@dataclass
class Writer:
    """A program that registers version after version in one lane, and remembers what it was told."""

    key: SigningKey
    lane: int
    version: int = 1
    unanswered: bytes = b""
    receipts: list[Json] = field(default_factory=list)

    def write(self, url: str, told: Queue[int]) -> None:
        """Write until the node is gone; what got no answer last time is sent again first."""
        with httpx2.Client(base_url=url) as http:
            try:
                while True:
                    self.unanswered = self.unanswered or self.prepare(http)
                    answer = http.post("/v1/transactions", content=self.unanswered)
                    assert answer.status_code == 200, answer.text
                    self.receipts.append(answer.json())
                    self.version, self.unanswered = self.version + 1, b""
                    told.put(self.lane)
            except httpx2.TransportError:
                return

    def prepare(self, http: httpx2.Client) -> bytes:
        operation = make_version(f"load-{self.lane}", self.version, sha256(bytes([self.lane])).digest())
        public_key = bytes(self.key.verify_key).hex()
        asked = {"public_key": public_key, "operations": [operation], "lane": self.lane}
        accept = {"Accept": "application/octet-stream"}
        unsigned = http.post("/v1/transactions/prepare", json=asked, headers=accept).content
        return self.key.sign(unsigned).signature + unsigned


def found_alone(folder: Path) -> tuple[Path, SigningKey]:
    key = SigningKey.generate()
    founder = make_founder("umber-isle", ["operator", "seed", "verifier"], bytes(key.verify_key).hex())
    return found(folder, make_plan(founder, verify_k=1, clock="real")), key


def check_all_there(url: str, receipts: list[Json]) -> None:
    with httpx2.Client(base_url=url) as http:
        for receipt in receipts:
            assert http.get(f"/v1/transactions/{receipt['transaction']}").json() == receipt


def test_a_node_killed_under_load_loses_nothing_and_its_backup_lives_elsewhere(tmp_path: Path) -> None:
    node, key = found_alone(tmp_path)
    writers = [Writer(key, lane) for lane in range(LANES)]
    before_backup: list[Json] = []
    for life in range(LIVES):
        told: Queue[int] = Queue()
        with serving(node) as served, ThreadPoolExecutor(LANES) as threads:
            check_all_there(served.url, [receipt for writer in writers for receipt in writer.receipts])
            running = [threads.submit(writer.write, served.url, told) for writer in writers]
            for _ in range(12):
                told.get(timeout=WAIT_S)
            if life == 0:
                before_backup = list(chain.from_iterable(writer.receipts.copy() for writer in writers))
                saved = ask("backup", node, "safe.tar", folder=tmp_path)
                told.get(timeout=WAIT_S)
            served.process.kill()
            served.process.wait(WAIT_S)
            for ended in running:
                ended.result(timeout=WAIT_S)
        assert ask("doctor", node, folder=tmp_path)["ok"]

    with serving(node) as served:
        for writer in writers:
            if writer.unanswered:
                answer = httpx2.post(f"{served.url}/v1/transactions", content=writer.unanswered)
                assert answer.status_code == 200
                writer.receipts.append(answer.json())
        receipts = [receipt for writer in writers for receipt in writer.receipts]
        assert len(receipts) >= LIVES * 12
        assert len({receipt["position"] for receipt in receipts}) == len(receipts)
        check_all_there(served.url, receipts)

    ask("restore", "safe.tar", "elsewhere", folder=tmp_path)
    checked = ask("doctor", "elsewhere", folder=tmp_path)
    assert checked["ok"]
    assert {check["status"] for check in checked["checks"]} == {"ok"}
    assert call("restore", "safe.tar", "elsewhere", "--json", folder=tmp_path).document["code"] == "restore.not_empty"
    with serving(tmp_path / "elsewhere") as served:
        assert served.height == saved["height"] >= max(receipt["height"] for receipt in before_backup)
        check_all_there(served.url, before_backup)
        act_alone(served.url, key, make_version("afterwards", 1, bytes(32)))


def act_alone(url: str, key: SigningKey, *operations: Json) -> Json:
    with httpx2.Client(base_url=url) as http:
        return act(http, key, *operations)


def test_a_full_disk_stops_writing_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    node, key = found_alone(tmp_path)
    receipts = []
    with serving(node, file_blocks_max=600) as served, httpx2.Client(base_url=served.url) as http:
        for number in range(100):
            versions = [make_version(f"bulk-{number}", version, bytes(32)) for version in range(1, 100)]
            answer = post_signed(http, key, *versions)
            if answer.status_code != 200:
                break
            receipts.append(answer.json())
        problem = answer.json()
        assert answer.status_code == 503
        assert problem["code"].partition(".")[0] in {"disk", "node"}
        assert problem["next_step"]
        assert receipts
        stopped = http.get(f"/v1/transactions/{receipts[0]['transaction']}")
        assert stopped.status_code == 503
        assert stopped.json()["code"].startswith("disk.")
    assert ask("doctor", node, folder=tmp_path)["ok"]
    with serving(node) as served:
        check_all_there(served.url, receipts)
        act_alone(served.url, key, make_version("more", 1, bytes(32)))


# ── a folder that was stopped cleanly ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Stopped:
    node: Path
    receipts: list[Json]
    app_hash: str


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    node, key = found_alone(tmp_path_factory.mktemp("operator"))
    with serving(node) as served, httpx2.Client(base_url=served.url) as http:
        receipts = [act(http, key, make_version("tides", version, bytes(32))) for version in range(1, 6)]
        app_hash = http.get("/v1/status").json()["app_hash"]
    return Stopped(node, receipts, app_hash)


def list_files(node: Path) -> dict[str, bool]:
    files = ask("doctor", node, "--files", folder=node)["files"]
    return {file["path"]: file["authoritative"] for file in files}


def flip(node: Path, folder: Path, name: str, place: int, bits: int) -> Path:
    """Return a copy of a node's folder in which one byte of one file is another."""
    copy = copytree(node, folder / f"{name.replace('/', '-')}-{place}")
    data = bytearray((copy / name).read_bytes())
    data[place] ^= bits
    (copy / name).write_bytes(data)
    return copy


def test_one_flipped_byte_of_any_authoritative_file_is_found_at_its_place(stopped: Stopped, tmp_path: Path) -> None:
    rng = Random(2031)
    names = [name for name, is_authoritative in list_files(stopped.node).items() if is_authoritative]
    assert set(names) == {"blocks.log", "genesis.json", "head", "audit.head", "audit.log", "keys/node.key"}
    sizes = {name: (stopped.node / name).stat().st_size for name in names}
    flips = [(name, place) for name, size in sizes.items() for place in (0, rng.randrange(1, size - 1), size - 1)]

    def examine(place: tuple[str, int]) -> Done:
        return call("doctor", flip(stopped.node, tmp_path, *place, rng.randint(1, 255)), "--json", folder=tmp_path)

    with ThreadPoolExecutor(WORKERS) as workers:
        results = list(workers.map(examine, flips))
    for (name, place), done in zip(flips, results, strict=True):
        failed = check_found(done, name)
        if name == "blocks.log":
            assert failed["offset"] <= place
            assert 0 <= failed["height"] <= len(stopped.receipts)
        if name == "genesis.json":
            assert failed["offset"] == place


def check_found(done: Done, name: str) -> Json:
    """Doctor must end with 5 and name the file; return its finding."""
    assert (done.status, done.document["ok"]) == (5, False), name
    failed = [check for check in done.document["checks"] if check["status"] == "failed"]
    assert {check["file"] for check in failed} == {name}
    assert all(check["fix"] for check in failed)
    return failed[0]


def test_a_node_does_not_start_on_a_damaged_ledger(stopped: Stopped, tmp_path: Path) -> None:
    size = (stopped.node / "blocks.log").stat().st_size
    copy = flip(stopped.node, tmp_path, "blocks.log", size // 2, 1)
    data = (copy / "blocks.log").read_bytes()
    done = call("serve", copy, "--port", "0", "--json", folder=tmp_path)
    assert (done.status, done.document["code"]) == (5, "ledger.corrupt")
    assert (copy / "blocks.log").read_bytes() == data


@pytest.mark.parametrize("how", ["deleted", "damaged"])
def test_derived_files_are_rebuilt(stopped: Stopped, tmp_path: Path, how: str) -> None:
    copy = copytree(stopped.node, tmp_path / "copy")
    derived = [copy / name for name, is_authoritative in list_files(copy).items() if not is_authoritative]
    assert derived
    for file in derived:
        if how == "deleted":
            file.unlink()
        else:
            file.write_bytes(bytes(file.stat().st_size))
    with serving(copy) as served:
        assert httpx2.get(f"{served.url}/v1/status").json()["app_hash"] == stopped.app_hash
        check_all_there(served.url, stopped.receipts)
    assert ask("doctor", copy, folder=tmp_path)["ok"]
