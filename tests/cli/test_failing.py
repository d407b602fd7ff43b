"""How a command fails: a sentence, a code, an exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from concordat.errors import ConcordatError

from .world import Call, World


@pytest.mark.parametrize(
    ("schema", "words"),
    [("card-new", ("card", "new", "FILE", "--name", "A", "--phone", "1")), ("export", ("export", "NODE", "FILE"))],
)
def test_a_file_for_a_folder_that_is_missing_is_told(
    call: Call, sound: World, tmp_path: Path, schema: str, words: tuple[str, ...]
) -> None:
    places = {"FILE": tmp_path / "none" / "file", "NODE": sound.node}
    answer = call(schema, *(places.get(word, word) for word in words))
    assert (answer.status, answer.document["code"]) == (3, "disk.no_such_folder")
    assert str(tmp_path / "none") in answer.document["reason"]


def test_an_unreachable_node_ends_with_three(call: Call) -> None:
    answer = call("status", "status", "--node", "http://127.0.0.1:9")
    assert (answer.status, answer.document["code"]) == (3, "node.unreachable")


def test_acting_without_a_key_is_wrong_usage(call: Call, tmp_path: Path) -> None:
    (tmp_path / "sign.json").write_text(json.dumps({"contract": 1, "document": "00" * 32}))
    answer = call("receipt", "tx", "contracts.sign", tmp_path / "sign.json")
    assert (answer.status, answer.document["code"]) == (2, "key.needed")
    missing = call("receipt", "tx", "contracts.sign", tmp_path / "sign.json", "--key", tmp_path / "no.key")
    assert (missing.status, missing.document["code"]) == (3, "key.absent")


def test_a_defect_is_told_in_a_sentence_and_shows_its_traceback_on_demand() -> None:
    # Nothing foresees a closed standard input.
    command = f"{sys.executable} -m concordat tx contracts.sign - --json"
    told = subprocess.run(["sh", "-c", f"{command} <&-"], capture_output=True, text=True, timeout=60)
    assert (told.returncode, json.loads(told.stdout)["code"]) == (1, "cli.defect")
    assert "Traceback" not in told.stderr
    shown = subprocess.run(["sh", "-c", f"{command} --debug <&-"], capture_output=True, text=True, timeout=60)
    assert shown.returncode == 1
    assert "Traceback" in shown.stderr


def test_a_reader_that_has_enough_is_no_defect() -> None:
    command = f"{sys.executable} -m concordat codes | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_error_has_the_status_that_the_reference_states() -> None:
    kinds = {kind.__name__: kind.exit_status for kind in ConcordatError.__subclasses__()}
    assert kinds == {"Rejected": 4, "Refused": 4, "UsageError": 2, "NotFound": 3, "Corrupt": 5, "Stale": 6}


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "x"),
        ("replay", "x"),
        ("status",),
        ("receipt", "ab" * 32),
        ("sign", "http://127.0.0.1:9/sign/x"),
        ("key", "prove", "x", "--member", "azure-bay"),
    ],
)
def test_an_empty_root_of_trust_is_wrong_usage(
    call: Call, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    told = call("error", *words, "--trust", "")
    monkeypatch.setenv("CONCORDAT_TRUST", "")
    for answer in (told, call("error", *words)):
        assert (answer.status, answer.document["code"]) == (2, "cli.usage")


def test_what_is_verified_offline_is_checked_against_the_trust_of_the_environment(
    call: Call, sound: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("export", "export", sound.node, tmp_path / "ledger.export")
    monkeypatch.setenv("CONCORDAT_TRUST", str(sound.genesis))
    assert call("verify", "verify", sound.contract_proof).document["valid"] is True
    assert call("replay", "replay", tmp_path / "ledger.export").document["trusted"] is True
