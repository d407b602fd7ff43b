"""The same transactions lead to the same roots under every hash seed and every supported Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faults.roots import compute_app_hashes

TESTS = Path(__file__).parent.parent
PYTHONS = sorted((TESTS.parent / ".venv" / "pythons").glob("*/bin/python"))


def run_roots(python: str, hash_seed: str) -> list[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{TESTS}:{TESTS.parent / 'src'}"}
    return subprocess.run(
        [python, "-m", "faults.roots"], env=environment, capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()


def test_hash_seeds_change_no_root() -> None:
    here = compute_app_hashes("real") + compute_app_hashes("scenario")
    assert len(here) > 20
    assert run_roots(sys.executable, "1") == run_roots(sys.executable, "2") == here


@pytest.mark.skipif(not PYTHONS, reason="no other Python is installed: `make pythons` does it where pyenv has some")
def test_pythons_change_no_root() -> None:
    here = compute_app_hashes("real") + compute_app_hashes("scenario")
    assert [run_roots(str(python), "0") == here for python in PYTHONS] == [True] * len(PYTHONS)
