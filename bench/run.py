"""`make bench`: a table for people, and bench/results.json. Exit status 0 whatever the ratios."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import http, ledger, pages, proofs, start, views
from bench.measure import Result

GROUPS: dict[str, Callable[[], Iterator[Result]]] = {
    "mix": ledger.measure_mix,
    "batched": ledger.measure_batched,
    "single": ledger.measure_single,
    "state": ledger.measure_state_keys,
    "proof": proofs.measure_proofs,
    "http": http.measure_latency,
    "events": views.measure_events,
    "rebuild": views.measure_rebuild,
    "restart": ledger.measure_restart,
    "start": start.measure_start,
}
BY_NAME: dict[str, Callable[[], Iterator[Result]]] = {"pages": pages.measure_pages}
"""What takes minutes and gigabytes is measured when it is asked for."""


def main(names: list[str]) -> None:
    """Run the named groups, or all."""
    results = []
    print(f"{'id':18} {'ours':>12} {'rival':>12} {'ratio':>7}  unit; rival; better when")
    for name, group in (GROUPS | BY_NAME).items():
        if name not in (names or GROUPS):
            continue
        for result in group():
            row = result.to_plain()
            results.append(row)
            print(
                f"{row['id']:18} {result.ours:12.2f} {result.rival:12.2f} {result.ours / result.rival:7.2f}  "
                f"{result.unit}; {result.rival_name}; {result.goal}",
                flush=True,
            )
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    document = {"commit": commit, "machine": machine, "results": results}
    Path(__file__).with_name("results.json").write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
