"""The two waits of a newcomer: the first `make demo`, and `concordat serve` on a folder that is there already."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2

from bench.http import serving
from bench.measure import Result, measure_pair, seconds_of

REPOSITORY = Path(__file__).parents[1]
SERVE_LIMIT_S = 3.0


def measure_start() -> Iterator[Result]:
    """Seconds from the command to an answer over HTTP; seconds from a fresh clone to the end of the story."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        demo = [sys.executable, "-m", "concordat", "demo", "--once", "--dir", str(folder / "node")]
        subprocess.run(demo, check=True, capture_output=True)
        seconds, limit = measure_pair(lambda: _serve_s(folder), lambda: SERVE_LIMIT_S)
    yield Result("start.serve", seconds, limit, "limit", "lower", "seconds on the demo's folder")
    seconds, install = measure_pair(lambda: _cold_s("demo", "ONCE=1"), lambda: _cold_s(".venv/installed"))
    yield Result("start.demo", seconds, install, "install alone", "lower", "seconds from a fresh clone")


def _serve_s(folder: Path) -> float:
    start = time.perf_counter()
    with serving(folder) as url:
        httpx2.get(f"{url}/v1/status").raise_for_status()
        return time.perf_counter() - start


def _cold_s(*target: str) -> float:
    with tempfile.TemporaryDirectory() as name:
        subprocess.run(["git", "clone", "-q", str(REPOSITORY), name], check=True)
        make = ["make", "-C", name, *target]
        return seconds_of(lambda: subprocess.run(make, check=True, capture_output=True))
