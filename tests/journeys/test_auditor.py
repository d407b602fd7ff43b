"""Journey B: an auditor has one proof file, one export and the genesis that it pinned, and believes nobody."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from shutil import copy

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
    get_signed,
    make_founder,
    make_plan,
    make_version,
    post_signed,
    serving,
)

WORKERS = 2
RAIN = sha256(b"rain").digest()


@dataclass(frozen=True)
class Evidence:
    """The auditor's folder (genesis.json, contract.proof, chain.log, early.note) and what was seen at each height."""

    folder: Path
    seen: dict[int, Json]
    document: str
    signers: set[str]


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """A consortium keeps a contract; somebody notes every public root on the way."""
    place = tmp_path_factory.mktemp("consortium")
    auditor = tmp_path_factory.mktemp("auditor")
    giver, taker = SigningKey.generate(), SigningKey.generate()
    plan = make_plan(
        make_founder("opal-marsh", ["operator", "seed", "verifier"], bytes(giver.verify_key).hex()),
        make_founder("flint-moor", ["verifier"], bytes(taker.verify_key).hex()),
        verify_k=1,
    )
    node = found(place, plan)
    seen: dict[int, Json] = {}
    with serving(node) as served, httpx2.Client(base_url=served.url) as http:

        def play(key: SigningKey, *operations: Json) -> None:
            act(http, key, *operations)
            note_roots(http, seen)

        play(giver, make_version("rain-gauges", 1, RAIN))
        (auditor / "early.note").write_text(http.get("/v1/checkpoint").text)
        size = http.get("/v1/status").json()["log_size"]
        play(taker, {"type": "contracts.propose", "terms": make_terms()})
        document = get_signed(http, taker, "/v1/contracts/1/text").json()["document"]
        for key in (taker, giver):
            play(key, {"type": "contracts.sign", "contract": 1, "document": document})
        play(giver, {"type": "clock.advance", "time": "2031-03-08T00:00:00Z"})
        assert post_signed(http, taker, {"type": "contracts.acknowledge", "contract": 1, "obligation": 1}).is_error
        note_roots(http, seen)
        play(giver, {"type": "contracts.deliver", "contract": 1, "obligation": 1, "version": 1})
        play(taker, {"type": "contracts.acknowledge", "contract": 1, "obligation": 1})
        play(giver, {"type": "clock.advance", "time": "2031-05-05T00:00:00Z"})
        proof = get_signed(http, giver, f"/v1/contracts/1/proof?from={size}")
        (auditor / "contract.proof").write_bytes(proof.content)
        ask("export", node, auditor / "chain.log", folder=place)
    copy(node / "genesis.json", auditor)
    return Evidence(auditor, seen, document, {bytes(key.verify_key).hex() for key in (giver, taker)})


def make_terms() -> Json:
    return {
        "template": "supply/1",
        "title": {"en": "Rain gauges", "zh": "雨量"},
        "parties": ["opal-marsh", "flint-moor"],
        "obligations": [
            {
                "debtor": "opal-marsh",
                "creditors": ["flint-moor"],
                "subject": {"en": "Readings of all gauges", "zh": "全部雨量读数"},
                "size": 100,
                "dataset": "rain-gauges",
                "evidence": {"type": "exact_file", "digest": RAIN.hex()},
                "due": "2031-03-20T00:00:00Z",
                "grace_days": 3,
                "cure_days": 7,
                "objection_days": 7,
                "consequence": "terminate",
            }
        ],
        "sign_by": "2031-03-10T00:00:00Z",
    }


def note_roots(http: httpx2.Client, seen: dict[int, Json]) -> None:
    """Write down what the node says in public: its app hash, and the roots in the checkpoint that it signs."""
    status = http.get("/v1/status").json()
    _, size, log_root, height, _, state, _ = http.get("/v1/checkpoint").text.partition("\n\n")[0].splitlines()
    assert (int(size), int(height.split()[1])) == (status["log_size"], status["height"])
    seen[status["height"]] = {
        "app_hash": status["app_hash"],
        "log_root": b64decode(log_root).hex(),
        "state_root": b64decode(state.split()[1]).hex(),
    }


def test_one_file_and_the_pinned_genesis_tell_who_signed_what(evidence: Evidence) -> None:
    verdict = ask("verify", "contract.proof", "--trust", "genesis.json", folder=evidence.folder)
    assert (verdict["valid"], verdict["code"], verdict["authority"]) == (True, "ok", "genesis")
    assert {signature["signer"] for signature in verdict["signatures"] if signature["valid"]} == evidence.signers
    assert verdict["height"] == max(evidence.seen)
    contract = next(state["value"] for state in verdict["states"] if state["table"] == "contracts")
    assert (contract["status"], contract["document"]) == ("completed", evidence.document)
    assert {"single_history", "rules_followed", "content_is_true"} <= set(verdict["not_proved"])
    assert verdict["not_proved_sentences"]


def test_a_note_kept_long_ago_is_enough_to_trust(evidence: Evidence) -> None:
    verdict = ask("verify", "contract.proof", "--trust", "early.note", folder=evidence.folder)
    assert (verdict["valid"], verdict["authority"]) == (True, "checkpoint")


def test_without_a_root_or_with_another_nothing_is_believed(evidence: Evidence, tmp_path: Path) -> None:
    done = call("verify", "contract.proof", "--json", folder=evidence.folder)
    assert (done.status, done.document["valid"], done.document["code"]) == (5, False, "untrusted_root")
    other = ask("init", tmp_path / "other", folder=tmp_path)["genesis"]
    done = call("verify", "contract.proof", "--trust", other, "--json", folder=evidence.folder)
    assert (done.status, done.document["code"]) == (5, "other_chain")
    done = call("replay", "chain.log", "--trust", other, "--json", folder=evidence.folder)
    assert (done.status, done.document["code"]) == (5, "replay.other_chain")


def test_a_replay_gives_every_root_that_the_node_showed(evidence: Evidence) -> None:
    done = call("replay", "chain.log", "--roots", "--trust", "genesis.json", folder=evidence.folder)
    assert done.status == 0, done.err
    blocks = {block["height"]: block for block in map(json.loads, done.out.splitlines())}
    assert list(blocks) == list(range(1, max(evidence.seen) + 1))
    for height, roots in evidence.seen.items():
        assert {name: blocks[height][name] for name in roots} == roots
    assert len({block["app_hash"] for block in blocks.values()}) == len(blocks)
    assert sum(block["tx_count"] for block in blocks.values()) == len(evidence.seen)


def test_one_changed_byte_anywhere_is_found_and_its_place_told(evidence: Evidence, tmp_path: Path) -> None:
    rng = Random(2031)
    export, proof = (evidence.folder / name for name in ("chain.log", "contract.proof"))
    places = choose_places(rng, export, 18)
    told = change_each(rng, export, places, tmp_path, "replay")
    assert {(done.status, done.document["code"]) for done in told} == {(5, "export.corrupt")}
    heights = [int(done.document["detail"].removeprefix("height ")) for done in told]
    assert heights == sorted(heights)
    assert (heights[0], heights[-1]) == (0, max(evidence.seen))
    assert len(set(heights)) >= 5

    told = change_each(rng, proof, choose_places(rng, proof, 18), tmp_path, "verify")
    assert {(done.status, done.document["valid"]) for done in told} == {(5, False)}
    assert len({done.document["code"] for done in told}) >= 2
    assert all(done.document["statement"] for done in told)


def choose_places(rng: Random, file: Path, count: int) -> list[int]:
    """The first byte, the last, a few early ones, and others anywhere; ascending."""
    size = file.stat().st_size
    return sorted({0, size - 1, *rng.sample(range(1, 512), 2), *rng.sample(range(1, size - 1), count)})


def change_each(rng: Random, file: Path, places: Sequence[int], folder: Path, command: str) -> list[Done]:
    """Run a command on copies of a file, each with another byte changed."""
    data = file.read_bytes()

    def judge(place: int, bits: int) -> Done:
        changed = folder / f"{file.stem}-{place}"
        changed.write_bytes(data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :])
        return call(command, changed, "--trust", file.with_name("genesis.json"), "--json", folder=folder)

    with ThreadPoolExecutor(WORKERS) as workers:
        return list(workers.map(judge, places, [rng.randint(1, 255) for _ in places]))
