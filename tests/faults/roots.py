"""Plays both stories through the engine; run as a program it prints every block's app hash."""

from __future__ import annotations

import sys

from concordat.crypto.checkpoint import compute_app_hash
from faults.building import Clock, begin_chain, make_story


def compute_app_hashes(clock: Clock) -> list[str]:
    """Return the app hash after each block of a story."""
    story = make_story(clock)
    now_us = story.chain.genesis.start_time
    engine, _ = begin_chain(story, lambda: now_us)
    hashes: list[str] = []
    for now_us, wires in story.acts:  # noqa: B007  # the engine's clock reads it
        for wire in wires:
            engine.submit(wire)
        while engine.step():
            hashes.append(compute_app_hash(engine.application.checkpoint).hex())
    return hashes


if __name__ == "__main__":
    sys.stdout.write("\n".join(compute_app_hashes("real") + compute_app_hashes("scenario")))
