"""The same blocks lead to the same bytes: on a fresh state, through a dump, under another hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from concordat.crypto.state_tree import StateTree
from concordat.protocol.genesis import make_first_state, read_genesis
from concordat.protocol.state import State
from concordat.protocol.transactions import Entry, authenticate_transaction
from concordat.protocol.transition import apply_block, check_block
from protocol.history import compute_digest, play

SEEDS = range(8)


@pytest.mark.parametrize("seed", SEEDS)
def test_replaying_the_blocks_gives_the_same_state_and_history(seed: int) -> None:
    c = play(seed)
    c.check_invariants()
    chain = read_genesis(c.genesis)
    state = make_first_state(chain)
    authenticate = partial(authenticate_transaction, chain_id=chain.id)
    time = chain.genesis.start_time
    entries: list[Entry] = []
    for block in c.blocks:
        check_block(chain, state, time, block, authenticate)
        entries.extend(apply_block(chain, state, time, block, authenticate))
        time = block.time
    assert entries == c.entries
    assert dict(state.dump()) == dict(c.state.dump())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dump_loads_and_goes_on_like_the_original(seed: int) -> None:
    c = play(seed)
    rows = list(c.state.dump())
    loaded = State()
    loaded.load(iter(rows))
    assert list(loaded.dump()) == rows
    assert all(loaded.get_encoded(key) == value for key, value in rows)
    original, c.state = c.state, loaded
    c.advance(70)
    c.check_invariants()
    assert list(original.dump()) == rows
    assert list(c.state.dump()) != rows


def test_the_changes_of_blocks_lead_to_the_same_tree_as_the_whole() -> None:
    c = play(3, steps=0)
    tree = StateTree()
    tree.update(c.state.dump())
    c.state.take_changes()
    for _ in range(5):
        c.agree(c.make_supply("cedar-ford", "azure-bay", size=10))
        tree.update(c.state.take_changes())
        c.advance(20)
        tree.update(c.state.take_changes())
    whole = StateTree()
    whole.update(c.state.dump())
    assert tree.root == whole.root


def test_the_histories_are_eventful() -> None:
    entries = [entry for seed in SEEDS for entry in play(seed).entries]
    happened = {type(event).__name__ for entry in entries for event in entry.receipt.events}
    assert {
        "Acknowledged", "Settled", "Objected", "Lapsed", "Breached", "Suspended", "Resumed", "EpochClosed",
    } <= happened  # fmt: skip


def test_hash_seeds_change_nothing() -> None:
    def run(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        program = Path(__file__).with_name("history.py")
        return subprocess.run(
            [sys.executable, str(program), "1"], env=environment, capture_output=True, text=True, check=True
        ).stdout

    assert run("1") == run("2") == compute_digest(play(1))
