from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from concordat.cli.main import run
from concordat.client.files import PROOF_BYTES_MAX
from concordat.client.keys import make_key, save_key
from concordat.crypto.proof import Trust
from concordat.paper.certificate import make_certificate
from concordat.testing.consortium import NODE, Consortium

from .world import Call, World


def test_a_contract_is_proved_to_whoever_has_genesis(call: Call, sound: World) -> None:
    answer = call("verify", "verify", sound.contract_proof, "--trust", sound.genesis)
    verdict = answer.document
    assert (answer.status, verdict["valid"], verdict["code"]) == (0, True, "ok")
    assert (verdict["inclusion"], verdict["state"], verdict["authority"]) == (True, True, "genesis")
    assert verdict["height"] == sound.height
    assert verdict["simulated"] is True
    assert {signature["member"] for signature in verdict["signatures"]} == {"azure-bay", "cedar-ford"}
    assert all(signature["valid"] for signature in verdict["signatures"])
    assert "C-0001" in verdict["statement"]
    sentences = [entry["sentence"] for entry in verdict["entries"]]
    assert all("C-0001" in sentence for sentence in sentences)
    assert verdict["statement"].startswith("Simulated time: an operator moves this chain's clock")
    assert "single_history" in verdict["not_proved"]
    (contract,) = (state["value"] for state in verdict["states"] if state["table"] == "contracts")
    assert contract["status"] == "completed"


def test_the_verifier_is_written_as_one_file_that_asks_nobody(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "verifier.html"
    assert call("verifier", "verifier", file).document["bytes"] == file.stat().st_size
    text = file.read_text(encoding="utf-8")
    assert "default-src &#x27;none&#x27;" in text
    assert "://" not in text
    assert call("verifier", "verifier", file).status != 0


def test_a_proof_file_is_printed_as_a_certificate_without_any_node(call: Call, sound: World, tmp_path: Path) -> None:
    out, address = tmp_path / "c.pdf", "https://node.example/contracts/1/certificate"
    words = ["certificate", sound.contract_proof, "--address", address, "--out"]
    answer = call("certificate", *words, out, "--trust", sound.genesis, "--both", "--lang", "zh")
    assert (answer.status, answer.document["bytes"]) == (0, out.stat().st_size)
    proof, trust = sound.contract_proof.read_bytes(), Trust(genesis=sound.genesis.read_bytes())
    assert out.read_bytes() == make_certificate(proof, trust, address, ["zh", "en"])
    verdict = call("verify", "verify", out, "--trust", sound.genesis)
    assert (verdict.status, verdict.document["code"]) == (5, "malformed")
    assert verdict.document["next_step"].startswith("c.pdf is a PDF, not a proof file.")
    long = ("certificate", sound.contract_proof, "--address", address * 60, "--out", tmp_path / "long.pdf")
    refused = call("error", *long, "--trust", sound.genesis)
    assert (refused.status, refused.document["code"]) == (2, "input.does_not_fit")
    assert call("error", *words, out, "--trust", sound.genesis).status != 0  # it is there already
    assert call("error", *words, tmp_path / "untrusted.pdf").document["code"] == "proof.untrusted_root"
    other = call("error", *words, tmp_path / "other.pdf", "--trust", "00" * 32)
    assert (other.status, other.document["code"]) == (5, "proof.bad_signature")
    assert [file.name for file in tmp_path.iterdir()] == ["c.pdf"]


def test_the_statement_is_in_the_readers_language(
    capsys: pytest.CaptureFixture[str], sound: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["verify", str(sound.contract_proof), "--trust", str(sound.genesis)]
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    assert run(words) == 0
    english = capsys.readouterr().out
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert run(words) == 0
    chinese = capsys.readouterr().out
    assert "Simulated time" in english
    assert "模拟时间" in chinese
    assert run([*words, "--lang", "en"]) == 0
    assert capsys.readouterr().out == english


@pytest.mark.parametrize(
    "root", ["genesis", "checkpoint", "old_checkpoint", "key file", "digits", "digits in capitals"]
)
def test_every_root_of_trust_is_recognized_by_its_content(
    call: Call, sound: World, tmp_path: Path, root: str
) -> None:
    consortium = Consortium()
    given: str | Path
    if root == "key file":
        given = sound.node / "keys" / "node.key"
    elif "digits" in root:
        given = consortium.get_public_key(NODE).hex()
        given = given.upper() if "capitals" in root else given
    else:
        given = Path(getattr(sound, root))
    # The contract's proof has a consistency path from the size of the old checkpoint.
    answer = call("verify", "verify", sound.contract_proof, "--trust", given)
    assert (answer.status, answer.document["code"]) == (0, "ok")
    expected = {"genesis": "genesis", "checkpoint": "checkpoint", "old_checkpoint": "checkpoint"}.get(root, "node_key")
    assert answer.document["authority"] == expected
    assert answer.document["simulated"] is True
    assert answer.document["statement"].startswith("Simulated time")


def test_without_a_root_of_trust_nothing_is_valid(call: Call, sound: World) -> None:
    answer = call("verify", "verify", sound.contract_proof)
    assert (answer.status, answer.document["valid"], answer.document["code"]) == (5, False, "untrusted_root")


def test_a_checkpoint_that_the_file_does_not_continue_is_refused(call: Call, sound: World) -> None:
    answer = call("verify", "verify", sound.entry_proof, "--trust", sound.old_checkpoint)
    assert (answer.status, answer.document["code"]) == (5, "other_checkpoint")


def test_another_key_is_no_root_of_trust(call: Call, sound: World, tmp_path: Path) -> None:
    save_key(tmp_path / "other.key", make_key())
    answer = call("verify", "verify", sound.contract_proof, "--trust", tmp_path / "other.key")
    assert (answer.status, answer.document["code"]) == (5, "bad_signature")


def test_every_flipped_byte_of_a_proof_is_refused(call: Call, sound: World, tmp_path: Path) -> None:
    data = sound.member_proof.read_bytes()
    path = tmp_path / "flipped.proof"
    for place in range(0, len(data), max(1, len(data) // 60)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        answer = call("verify", "verify", path, "--trust", sound.genesis)
        assert (answer.status, answer.document["valid"]) == (5, False), place


@pytest.mark.parametrize("junk", [b"", b"junk", b"concordat/proof/v1\n", b"{}", bytes(range(256))])
def test_junk_proves_nothing(call: Call, sound: World, tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "junk").write_bytes(junk)
    answer = call("verify", "verify", tmp_path / "junk", "--trust", sound.genesis)
    assert (answer.status, answer.document["code"]) == (5, "malformed")


def test_a_file_larger_than_a_proof_can_be_proves_nothing(call: Call, sound: World, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(sound.contract_proof.read_bytes())
    os.truncate(large, PROOF_BYTES_MAX + 1)
    answer = call("verify", "verify", large, "--trust", sound.genesis)
    assert (answer.status, answer.document["valid"], answer.document["code"]) == (5, False, "malformed")
    answer = call("verify", "verify", sound.contract_proof, "--trust", large)
    assert (answer.status, answer.document["valid"], answer.document["code"]) == (5, False, "untrusted_root")


def test_what_cannot_be_read_is_no_verdict_on_it(call: Call, sound: World, tmp_path: Path) -> None:
    for path, status, code in ((tmp_path / "none", 3, "input.absent"), (tmp_path, 2, "input.not_a_file")):
        for words in ((path, "--trust", sound.genesis), (sound.contract_proof, "--trust", path)):
            answer = call("verify", "verify", *words)
            assert (answer.status, answer.document["valid"], answer.document["code"]) == (status, False, code)


@pytest.mark.parametrize("count", [40, 63, 65, 128])
def test_a_key_with_digits_missing_or_too_many_is_no_name_of_a_file(call: Call, sound: World, count: int) -> None:
    answer = call("verify", "verify", sound.contract_proof, "--trust", "a" * count)
    assert (answer.status, answer.document["code"]) == (2, "input.does_not_fit")
    assert f"{count} digits, not 64" in answer.document["statement"]


@pytest.mark.parametrize(
    "junk",
    [b"", b"junk", b"{}", b"{", b'{"a":1', b"\xff\xfe", b"concordat/x", b"concordat/\xff", b"concordat key v1\nx"],
)
def test_junk_is_no_root_of_trust(call: Call, sound: World, tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "junk").write_bytes(junk)
    answer = call("verify", "verify", sound.contract_proof, "--trust", tmp_path / "junk")
    assert (answer.status, answer.document["valid"], answer.document["code"]) == (5, False, "untrusted_root")
    assert answer.document["statement"]
    assert answer.document["next_step"]


@pytest.mark.parametrize("name", ["genesis", "checkpoint", "key"])
def test_a_damaged_root_of_trust_leaves_the_answer_its_shape(
    call: Call, sound: World, tmp_path: Path, name: str
) -> None:
    path = sound.node / "keys" / "node.key" if name == "key" else Path(getattr(sound, name))
    data = path.read_bytes()
    for place in range(0, len(data), max(1, len(data) // 40)):
        (tmp_path / "trust").write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        answer = call("verify", "verify", sound.contract_proof, "--trust", tmp_path / "trust")
        assert (answer.status, answer.document["valid"]) == (5, False), place


def test_missing_files_end_with_three(call: Call, sound: World, tmp_path: Path) -> None:
    for words in (["verify", tmp_path / "no", "--trust", sound.genesis], ["verify", sound.genesis, "--trust", "no"]):
        answer = call("verify", *words)
        verdict = answer.document
        assert (answer.status, verdict["valid"], verdict["code"]) == (3, False, "input.absent")
        assert verdict["next_step"]


PROBE = """
import sys
from concordat.cli.main import run
status = run(sys.argv[1:])
assert status == 0, status
parts = ("concordat.node", "concordat.api", "concordat.console", "concordat.ledger.store", "httpx2", "sqlite3")
print([name for name in sys.modules if name.startswith(parts)], file=sys.stderr)
"""


def test_verifying_loads_no_part_of_a_node_and_nothing_that_could_ask_one(sound: World) -> None:
    words = ["verify", str(sound.contract_proof), "--trust", str(sound.genesis)]
    done = subprocess.run([sys.executable, "-c", PROBE, *words], capture_output=True, text=True, timeout=60)
    assert done.stderr.splitlines() == ["[]"]
