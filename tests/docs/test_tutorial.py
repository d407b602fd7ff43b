"""The tutorial and the guides do what they say: their blocks are pasted in order into an empty folder."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = sorted((DOCS / "guides").glob("*.md"))
TOOLS = {"curl", "openssl"}
PORT = "8431"
RESUME = """
concordat serve node --port 8431 --ready-file ready.json &
until [ -f ready.json ]; do sleep 0.1; done
export CONCORDAT_NODE=http://127.0.0.1:8431 CONCORDAT_TRUST=genesis.json
"""


def get_script(page: Path) -> str:
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))


def paste(script: str, folder: Path) -> str:
    """Run a script in a folder; the node that it leaves running is stopped at its end. Return what it printed."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
    whole = f"set -eu\ntrap 'kill $(jobs -p); wait' EXIT\n{script}".replace(PORT, port)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", whole], cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which the tutorial was done, and what it printed."""
    folder = tmp_path_factory.mktemp("tutorial")
    told = paste(get_script(DOCS / "tutorial.md"), folder)
    (folder / "ready.json").unlink()
    return folder, told


def test_the_tutorial_leads_to_a_breach_and_a_proof(finished: tuple[Path, str]) -> None:
    _, told = finished
    assert "kept, in time" in told
    assert "breached" in told
    assert "C-0001: ended early" in told


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_a_guide_goes_on_from_the_tutorial(page: Path, finished: tuple[Path, str], tmp_path: Path) -> None:
    script = get_script(page)
    if missing := {tool for tool in TOOLS if f"{tool} " in script and shutil.which(tool) is None}:
        pytest.skip(f"not installed: {', '.join(sorted(missing))}")
    folder = Path(shutil.copytree(finished[0], tmp_path / "folder"))
    assert paste(RESUME + script, folder)
