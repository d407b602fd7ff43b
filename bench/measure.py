"""How everything here is measured: medians of at least five runs, and the rival in turn with ours."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

RUNS = 5


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table. `ratio` is ours ÷ rival; `goal` says which way is good."""

    id: str
    ours: float
    rival: float
    rival_name: str
    goal: str
    unit: str
    runs: int = RUNS

    def to_plain(self) -> dict[str, object]:
        """Return the row of `bench/results.json`."""
        return {
            "id": self.id,
            "ours": round(self.ours, 4),
            "rival": round(self.rival, 4),
            "rival_name": self.rival_name,
            "ratio": round(self.ours / self.rival, 4) if self.rival else None,
            "goal": self.goal,
            "unit": self.unit,
            "runs": self.runs,
            "load": round(os.getloadavg()[0], 2),
        }


def measure_pair(ours: Callable[[], float], rival: Callable[[], float], runs: int = RUNS) -> tuple[float, float]:
    """Return the medians of both figures, taken in turn so that a drifting machine hits them alike."""
    pairs = [(ours(), rival()) for _ in range(runs)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def seconds_of(work: Callable[[], object]) -> float:
    """Return the wall seconds that `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rate_of(count: int, work: Callable[[], object]) -> float:
    """Return how many of `count` things are done in a second."""
    return count / seconds_of(work)
