"""What `serve` says: where it answers, or why it does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from concordat.client.clock import fetch_now_us
from concordat.node.founding import found_chain

from .world import SCHEMAS, Call

NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found_chain(tmp_path / "node", None, "scenario", fetch_now_us())
    return tmp_path / "node"


def test_it_says_where_it_answers_for_which_chain_and_by_whose_time(folder: Path, tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    words = ["serve", str(folder), "--port", "0", "--ready-file", str(ready_file), "--json"]
    command = [sys.executable, "-m", "concordat", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as node:
        assert node.stdout is not None
        document = json.loads(node.stdout.readline())
        node.terminate()
        rest, told = node.communicate(timeout=30)
    assert (node.returncode, rest) == (0, "")
    jsonschema.validate(document, json.loads((SCHEMAS / "serve.schema.json").read_text()))
    assert document == {"schema_version": 1} | json.loads(ready_file.read_text())
    assert document["simulated"] is True
    for value in (f"{document['api']}/v1", document["console"], document["chain_id"], "height 0", "simulated"):
        assert value in told


@pytest.mark.parametrize("name", ["none/ready.json", "file/ready.json", "folder", ".", "/"])
def test_a_ready_file_that_cannot_be_written_is_told(folder: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    before = (folder / "audit.log").read_bytes()
    words = ["serve", str(folder), "--port", "0", "--ready-file", str(tmp_path / name), "--json"]
    command = [sys.executable, "-m", "concordat", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode in {3, 4}
    document = json.loads(done.stdout)
    assert document["code"].startswith("disk.")
    # No more than the error in words: the node was not begun.
    assert done.stderr.splitlines() == [f"{document['code']}: {document['reason']}", f"next: {document['next_step']}"]
    assert (folder / "audit.log").read_bytes() == before


@pytest.fixture
def closed(call: Call, folder: Path) -> Iterator[Path]:
    """A folder that this process may not read, whoever runs the tests."""
    call("error", "serve", folder / "none")  # loads what nobody might not be allowed to load
    user = os.geteuid()
    folder.chmod(0)
    if user == 0:
        os.seteuid(NOBODY)
    yield folder
    os.seteuid(user)
    folder.chmod(0o700)


def test_a_folder_that_may_not_be_read_is_told(call: Call, closed: Path) -> None:
    for words in (("serve", closed, "--port", "0"), ("serve", closed, "--host", "::", "--behind-proxy")):
        answer = call("error", *words)
        assert (answer.status, answer.document["code"]) == (4, "disk.unreadable")


@pytest.mark.parametrize("name", ["mail.json", "webhooks.json"])
def test_secrets_that_others_may_read_are_warned_of(call: Call, folder: Path, name: str) -> None:
    secret = folder / name
    secret.write_text("of no use")
    for mode, is_told in ((0o600, False), (0o644, True)):
        secret.chmod(mode)
        answer = call("error", "serve", folder, "--port", "0")
        assert (answer.status != 0, f"chmod 600 {secret}" in answer.words) == (True, is_told)
