"""A client that a tool made from the description alone: prepare, sign with openssl, submit, receipt, proof."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import venv
from hashlib import sha256
from pathlib import Path

import pytest

from journeys.stranger import ask, found, make_founder, make_plan, make_version, serving

DESCRIPTION = Path(__file__).parents[2] / "spec" / "openapi.json"
SCRIPT = Path(__file__).with_name("generated_client.py")
GENERATOR = "openapi-python-client==0.29.0"
TEXT_ONLY = {"add_cosignatures"}
"""What the generator leaves out: its body is a note in plain text."""
INSTALL_S, RUN_S = 600, 120


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a Python that has the generator, and knows nothing of this project."""
    folder = tmp_path_factory.mktemp("generator")
    venv.create(folder, with_pip=True)
    made = folder / "bin" / "python"
    command = [str(made), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", GENERATOR]
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S)
    if (done.returncode or shutil.which("openssl") is None) and not os.environ.get("CI"):
        pytest.skip(f"missing: openssl, or {GENERATOR}: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    return made


def run(*words: str | Path, folder: Path) -> str:
    done = subprocess.run([*map(str, words)], cwd=folder, capture_output=True, text=True, timeout=RUN_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_generated_client_takes_part(python: Path, tmp_path: Path) -> None:
    module = ("-m", "openapi_python_client", "generate", "--path", DESCRIPTION, "--meta", "none")
    run(python, *module, "--output-path", tmp_path / "generated", folder=tmp_path)
    made = {path.stem for path in (tmp_path / "generated" / "api").glob("*/*.py")}
    methods = [one for path in json.loads(DESCRIPTION.read_text())["paths"].values() for one in path.values()]
    assert {one["operationId"] for one in methods} - made == TEXT_ONLY

    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", "key.pem", folder=tmp_path)
    run("openssl", "pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "key.der", folder=tmp_path)
    public_key = (tmp_path / "key.der").read_bytes()[-32:].hex()
    founder = make_founder("dew-point", ["operator", "seed", "verifier"], public_key)
    node = found(tmp_path, make_plan(founder, verify_k=1))
    operation = make_version("gauges", 1, sha256(b"gauges").digest())
    (tmp_path / "asked.json").write_text(json.dumps({"public_key": public_key, "operations": [operation]}))
    with serving(node) as served:
        receipt = json.loads(run(python, SCRIPT, served.url, "asked.json", folder=tmp_path))
    assert receipt["operations"] == [operation]
    assert receipt["code"] == "ok"
    verdict = ask("verify", "generated.proof", "--trust", node / "genesis.json", folder=tmp_path)
    assert verdict["valid"], verdict
