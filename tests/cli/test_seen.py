"""A reader keeps the last checkpoint it has seen, and a host that rewrites what was seen is named (journey D)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from concordat.client.api import Client
from concordat.client.keys import Key, save_key
from concordat.client.seen import SHOWN_SUFFIX
from concordat.crypto.checkpoint import parse_signed_note
from concordat.crypto.proof import Trust, verify_proof
from concordat.primitives.plain import Json
from concordat.protocol.families.clock import Advance
from concordat.testing.consortium import Consortium

from .test_node import serve
from .world import Call, World

MINUTE_US = 60_000_000


def go_on(url: str, minutes: int) -> None:
    """Let the operator write another entry."""
    with Client(url, Key(Consortium().get_seed("azure-bay"), "derived")) as client:
        time = parse_signed_note(client.fetch_checkpoint()).checkpoint.time
        client.send([Advance(time + minutes * MINUTE_US)])


def test_a_returning_reader_names_a_host_that_restored_a_backup_and_went_on_differently(
    call: Call, sound: World, tmp_path: Path
) -> None:
    backup = Path(shutil.copytree(sound.node, tmp_path / "backup"))
    seen = tmp_path / "seen.note"

    def visit(url: str) -> tuple[int, str]:
        answer = call("status", "status", "--node", url, "--trust", sound.genesis, "--seen", seen)
        return answer.status, str(answer.document)

    with serve(Path(shutil.copytree(sound.node, tmp_path / "node")), tmp_path / "one.json") as url:
        assert visit(url)[0] == 0
        first = seen.read_text()
        assert visit(url)[0] == 0
        assert seen.read_text() == first
        go_on(url, 5)
        assert visit(url)[0] == 0
        kept = parse_signed_note(seen.read_text()).checkpoint
        assert kept.height > parse_signed_note(first).checkpoint.height
        with Client(url) as stranger:
            proof = stranger.fetch("/v1/checkpoint/proof")
        assert verify_proof(proof, Trust(note=seen.read_text())).code == "ok"
    with serve(backup, tmp_path / "two.json") as url:
        assert visit(url)[0] == 6  # lower than what was seen
        go_on(url, 7)
        status, told = visit(url)
        assert status == 5
        assert "node.rewritten" in told
        with Client(url) as client:
            assert str(client.status()["node_key"]) in told
            assert parse_signed_note(client.fetch_checkpoint()).checkpoint.log_root.hex() in told
        assert kept.log_root.hex() in told
    assert parse_signed_note(seen.read_text()).checkpoint == kept


def test_an_officers_command_compares_by_itself_beside_the_key(call: Call, sound: World, tmp_path: Path) -> None:
    backup = Path(shutil.copytree(sound.node, tmp_path / "backup"))
    key = tmp_path / "party" / "azure.key"
    key.parent.mkdir()
    save_key(key, Key(Consortium().get_seed("azure-bay"), "derived"))

    def ask(url: str, name: Path = key) -> tuple[int, Json]:
        answer = call("inbox", "inbox", "--node", url, "--key", name)
        return answer.status, answer.document

    with serve(Path(shutil.copytree(sound.node, tmp_path / "node")), tmp_path / "one.json") as url:
        assert ask(url)[0] == 0
        go_on(url, 5)
        assert ask(url)[0] == 0
        (seen,) = key.parent.glob("*.seen")
        kept = parse_signed_note(seen.read_text())
        reading, writing = os.pipe()
        os.write(writing, key.read_bytes())
        os.close(writing)
        assert ask(url, Path(f"/dev/fd/{reading}"))[0] == 0  # a folder that keeps nothing stands in nobody's way
        os.close(reading)
    with serve(backup, tmp_path / "two.json") as url:
        go_on(url, 7)
        go_on(url, 9)
        status, told = ask(url)
        assert (status, told["code"]) == (5, "node.rewritten")
        shown = parse_signed_note(seen.with_name(seen.name + SHOWN_SUFFIX).read_text())
        assert parse_signed_note(seen.read_text()) == kept
        assert shown.checkpoint.log_root != kept.checkpoint.log_root
        seen.write_text(seen.read_text()[:-3])
        status, told = ask(url)
        assert (status, told["code"]) == (5, "checkpoint.malformed")
        assert str(seen) in told["detail"]
