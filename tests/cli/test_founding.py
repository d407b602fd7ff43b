"""A chain is founded in an empty folder from a plan, and served only from where one is."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from concordat.client.keys import derive_key
from concordat.node.founding import EXAMPLE_PLAN
from concordat.primitives.plain import Json
from concordat.protocol.genesis import read_genesis

from .world import Call

KEYS = [derive_key("tests", name).public_key.hex() for name in ("one", "two")]


def test_a_chain_is_founded_in_an_empty_folder(call: Call, tmp_path: Path) -> None:
    answer = call("init", "init", tmp_path / "node")
    genesis = (tmp_path / "node" / "genesis.json").read_bytes()
    assert answer.document["chain_id"] == sha256(genesis).hexdigest()
    assert {Path(key).name for key in answer.document["keys"]} == {"founder.key", "node.key"}
    assert read_genesis(genesis).genesis.params["verify_k"] == 1
    assert call("doctor", "doctor", tmp_path / "node").status == 0
    again = call("init", "init", tmp_path / "node")
    assert (again.status, again.document["code"]) == (4, "ledger.exists")


def test_a_plan_founds_the_chain_that_it_says(call: Call, tmp_path: Path) -> None:
    key = call("key-new", "key", "new", tmp_path / "a.key").document["public_key"]
    plan = call("init-example", "init", "--example").document["plan"]
    assert plan == EXAMPLE_PLAN
    plan["founders"][0]["public_keys"] = [key]
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    answer = call("init", "init", tmp_path / "node", "--from", tmp_path / "plan.json", "--clock", "scenario")
    assert answer.status == 0
    chain = read_genesis((tmp_path / "node" / "genesis.json").read_bytes())
    assert chain.is_scenario
    assert chain.genesis.founders[0].public_keys == (bytes.fromhex(key),)


@pytest.mark.parametrize(
    ("plan", "code"),
    [("[]", "input.does_not_fit"), ("{", "input.not_json"), ('{"founder": 1}', "input.unknown_field")],
)
def test_a_plan_that_cannot_be_read_makes_nothing(call: Call, tmp_path: Path, plan: str, code: str) -> None:
    (tmp_path / "plan.json").write_text(plan)
    answer = call("init", "init", tmp_path / "node", "--from", tmp_path / "plan.json")
    assert (answer.status, answer.document["code"]) == (2, code)
    assert not (tmp_path / "node").exists()
    assert call("init", "init").status == 2


@pytest.mark.parametrize("words", [("init",), ("doctor",), ("serve",), ("export",), ("backup",)])
def test_an_empty_text_is_not_the_current_folder(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = call("error", *words, "", *(["x"] if words[0] in {"export", "backup"} else []))
    assert (answer.status, answer.document["code"]) == (2, "cli.usage")
    assert list(tmp_path.iterdir()) == []


def test_a_node_is_served_only_from_a_folder_with_a_ledger(call: Call, tmp_path: Path) -> None:
    for folder in (tmp_path / "none", tmp_path):
        answer = call("error", "serve", folder)
        assert (answer.status, answer.document["code"]) == (3, "ledger.absent")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("foreign", ["notes.txt", ".hidden", "keys/notes.txt", "sub/a.key"])
def test_a_folder_with_foreign_files_is_not_founded_in(call: Call, tmp_path: Path, foreign: str) -> None:
    path = tmp_path / "node" / foreign
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    answer = call("init", "init", tmp_path / "node")
    assert (answer.status, answer.document["code"]) == (4, "init.not_empty")
    assert foreign in answer.document["reason"]
    assert [found for found in (tmp_path / "node").rglob("*") if found.is_file()] == [path]


def test_keys_made_before_are_used_and_never_overwritten(call: Call, tmp_path: Path) -> None:
    keys = tmp_path / "node" / "keys"
    made = call("key-new", "key", "new", keys / "node.key").document
    before = (keys / "node.key").read_bytes()
    answer = call("init", "init", tmp_path / "node").document
    assert [Path(key).name for key in answer["keys"]] == ["founder.key"]
    assert answer["needed_node_key"] is None
    chain = read_genesis((tmp_path / "node" / "genesis.json").read_bytes())
    assert chain.genesis.node_key.hex() == made["public_key"]
    assert (keys / "node.key").read_bytes() == before


def save_plan(folder: Path, **fields: Json) -> Path:
    founder = EXAMPLE_PLAN["founders"][0] | {"public_keys": [KEYS[0]]}
    (folder / "plan.json").write_text(json.dumps(EXAMPLE_PLAN | {"founders": [founder]} | fields))
    return folder / "plan.json"


def test_a_plan_with_its_own_node_key_says_where_the_key_must_be(call: Call, tmp_path: Path) -> None:
    key = call("key-new", "key", "new", tmp_path / "mine.key").document["public_key"]
    node = tmp_path / "node"
    made = call("init", "init", node, "--from", save_plan(tmp_path, node_key=key))
    assert (made.status, made.document["needed_node_key"]) == (0, key)
    assert str(node / "keys" / "node.key") in made.words
    served = call("error", "serve", node, "--port", "0")
    assert (served.status, served.document["code"]) == (4, "node.key_absent")
    assert key in served.document["reason"]
    assert str(node / "keys" / "node.key") in served.document["reason"]
    call("key-new", "key", "new", tmp_path / "two" / "keys" / "node.key")
    other = call("init", "init", tmp_path / "two", "--from", save_plan(tmp_path, node_key=key))
    assert (other.status, other.document["code"]) == (5, "node.other_key")


@pytest.mark.parametrize(
    ("fields", "code", "place"),
    [
        ({"parameters": {"full_size_units": -1}}, "input.", "/parameters/full_size_units"),
        ({"parameters": {"nothing": 1}}, "input.unknown_field", "/parameters/nothing"),
        ({"parameters": 5}, "input.", "/parameters"),
        ({"verify_k": 0}, "input.", "/verify_k"),
        ({"verify_k": "many"}, "input.", "/verify_k"),
        ({"start_time": 1893456000}, "input.does_not_fit", "/start_time"),
        ({"founders": 7}, "input.", "/founders"),
        ({"founders": ["x"]}, "input.", "/founders/0"),
        ({"node_key": KEYS[0]}, "genesis.repeated", KEYS[0]),
        ({"founders": EXAMPLE_PLAN["founders"]}, "input.not_hex", "/founders/0/public_keys/0"),
    ],
)
def test_what_is_wrong_in_a_plan_is_called_as_the_plan_calls_it(
    call: Call, tmp_path: Path, fields: Json, code: str, place: str
) -> None:
    answer = call("init", "init", tmp_path / "node", "--from", save_plan(tmp_path, **fields))
    assert answer.status == 2
    assert answer.document["code"].startswith(code)
    assert place in answer.document["reason"]
    assert "/params" not in answer.document["reason"]


def test_what_wins_elsewhere_in_a_plan_is_not_looked_at(call: Call, tmp_path: Path) -> None:
    plan = save_plan(tmp_path, parameters={"verify_k": "x"}, verify_k=1)
    assert call("init", "init", tmp_path / "node", "--from", plan).status == 0


def test_a_repeated_founder_is_named(call: Call, tmp_path: Path) -> None:
    founders = [EXAMPLE_PLAN["founders"][0] | {"public_keys": [key]} for key in KEYS]
    for changed, named in (
        ({}, "azure-bay"),
        ({"member": "birch-vale"}, "EXAMPLE AB0001"),  # as codes are compared
        ({"member": "birch-vale", "code": "BV-1", "roles": ["seed", "verifier", "seed"]}, "birch-vale seed"),
    ):
        plan = save_plan(tmp_path, founders=[founders[0], founders[1] | changed])
        answer = call("init", "init", tmp_path / "node", "--from", plan)
        assert (answer.status, answer.document["code"]) == (2, "genesis.repeated")
        assert named in answer.document["reason"]


def test_a_real_clock_cannot_begin_in_the_future(call: Call, tmp_path: Path) -> None:
    key = call("key-new", "key", "new", tmp_path / "a.key").document["public_key"]
    plan = EXAMPLE_PLAN | {"start_time": "2150-01-01T00:00:00Z"}
    plan["founders"] = [EXAMPLE_PLAN["founders"][0] | {"public_keys": [key]}]
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    answer = call("init", "init", tmp_path / "node", "--from", tmp_path / "plan.json")
    assert (answer.status, answer.document["code"]) == (2, "genesis.start_ahead")
    assert not (tmp_path / "node").exists()
    words = ("--from", tmp_path / "plan.json", "--clock", "scenario")
    assert call("init", "init", tmp_path / "node", *words).status == 0
