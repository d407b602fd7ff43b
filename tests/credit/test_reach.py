from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from concordat.credit.reach import compute_reached

NAMES = [f"member-{number}" for number in range(8)]
EDGES = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(0, 2)), max_size=20)
SEEDS = st.lists(st.sampled_from(NAMES), max_size=3)


def test_the_word_travels_along_settled_units_and_not_against_them() -> None:
    edges = [("seed", "one", 5), ("one", "two", 1), ("three", "one", 9), ("two", "four", 0)]
    assert compute_reached(["seed"], edges) == ("one", "seed", "two")


def test_without_seeds_nobody_is_reached() -> None:
    assert compute_reached([], [("one", "two", 1)]) == ()


@given(SEEDS, EDGES)
def test_reach_is_the_smallest_set_that_holds_the_seeds_and_is_closed(
    seeds: list[str], edges: list[tuple[str, str, int]]
) -> None:
    expected = set(seeds)
    for _ in NAMES:
        expected |= {target for source, target, units in edges if units > 0 and source in expected}
    assert compute_reached(seeds, edges) == tuple(sorted(expected))


@given(SEEDS, EDGES, st.randoms(use_true_random=False))
def test_reach_does_not_depend_on_the_order(
    seeds: list[str], edges: list[tuple[str, str, int]], order: random.Random
) -> None:
    shuffled = order.sample(edges, len(edges))
    assert compute_reached(reversed(seeds), shuffled) == compute_reached(seeds, edges)


@given(SEEDS, EDGES, st.integers(1, 5))
def test_a_ring_that_nobody_deals_with_reaches_nobody(
    seeds: list[str], edges: list[tuple[str, str, int]], size: int
) -> None:
    ring = [(f"false-{number}", f"false-{(number + 1) % size}", 1000) for number in range(size)]
    praise = [("false-0", name, 1000) for name in NAMES]
    assert compute_reached(seeds, [*edges, *ring, *praise]) == compute_reached(seeds, edges)
