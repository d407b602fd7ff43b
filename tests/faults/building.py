"""A small chain with a life of its own, and what must be true of a folder after any fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from concordat.crypto.signatures import sign
from concordat.ledger.application import Application, BlockRecord, replay
from concordat.ledger.doctor import examine
from concordat.ledger.embedded import EmbeddedEngine, Observer
from concordat.ledger.files import Files
from concordat.ledger.queued import Committed
from concordat.ledger.store import BlockStore
from concordat.protocol.families.contracts import Acknowledge, Deliver, Sign
from concordat.protocol.families.membership import Attest, Sponsor
from concordat.protocol.genesis import Chain
from concordat.protocol.transactions import authenticate_transaction, get_public_key
from concordat.testing.consortium import NODE, Consortium
from concordat.testing.model_disk import ModelDisk

Clock = Literal["real", "scenario"]


@dataclass(frozen=True, slots=True)
class Story:
    """What happens on a chain: at each time of the clock some transactions arrive together."""

    genesis: bytes
    chain: Chain
    node_seed: bytes
    acts: tuple[tuple[int, tuple[bytes, ...]], ...]

    def sign(self, note: bytes) -> bytes:
        """Sign as the node."""
        return sign(self.node_seed, note)


@cache
def make_story(clock: Clock) -> Story:
    """Two founders agree, deliver, admit a third, break a promise and are refused once: 14 transactions."""
    c = Consortium({"azure-bay": ("operator", "seed", "verifier"), "birch-vale": ("seed", "verifier")}, clock=clock)
    terms = c.make_supply("birch-vale", "azure-bay", due_days=3, times=2)
    number = c.agree(terms)
    c.deliver(number)
    application = c.make_application("cedar-ford", "azure-bay")
    c.submit(c.make_wire("azure-bay", Acknowledge(number, 1)), c.make_wire("cedar-ford", application))
    c.submit(
        c.make_wire("azure-bay", Sponsor("cedar-ford", verdict=True)),
        c.make_wire("birch-vale", Attest("cedar-ford", application.dossier, verdict=True)),
        c.make_wire("birch-vale", Sign(99, bytes(32))),
        c.make_wire("azure-bay", Deliver(number, 2, 1)),
    )
    for _ in range(2):
        c.advance(8)
        c.submit(*(c.make_wire(member, c.make_registration(member)) for member in ("azure-bay", "birch-vale")))
    c.advance(30)
    ticker = c.get_public_key(NODE)
    acts = tuple(
        (row.time, tuple(wire for wire in row.transactions if get_public_key(wire) != ticker)) for row in c.blocks
    )
    return Story(c.genesis, c.chain, c.get_seed(NODE), acts)


class Observed:
    """An observer that remembers what it was told."""

    def __init__(self) -> None:
        self.records: list[BlockRecord] = []

    def __call__(self, size_before: int, record: BlockRecord) -> None:
        assert size_before == (self.records[-1].checkpoint.log_size if self.records else size_before)
        self.records.append(record)


def begin_chain(
    story: Story, now_us: Callable[[], int], observe: Observer | None = None
) -> tuple[EmbeddedEngine, BlockStore]:
    """A new chain on a disk in memory, with an engine that the caller steps or starts."""
    store = BlockStore.create(ModelDisk(), story.genesis)
    application = Application(story.chain, story.sign)
    return EmbeddedEngine(application, store, now_us=now_us, observe=observe or Observed()), store


def check_folder(story: Story, files: Files, acknowledged: dict[bytes, Committed]) -> list[bytes]:
    """Every digest agrees, every root is what the blocks lead to, and what was acknowledged is where it was said to be.

    Returns history's leaves. The folder must be free.
    """
    assert [check for check in examine(files) if check.status == "failed"] == []
    store = BlockStore.open(files)
    try:
        leaves: list[bytes] = []
        heights: list[int] = []
        application = Application(story.chain, story.sign)
        for record in replay(application, store.bodies()):
            leaves += record.entries
            heights += [record.checkpoint.height] * len(record.entries)
    finally:
        store.close()
    for wire, told in acknowledged.items():
        authenticate_transaction(wire, story.chain.id)
        assert leaves[told.position] == told.leaf
        assert heights[told.position] == told.height
        assert wire in told.leaf
    return leaves
