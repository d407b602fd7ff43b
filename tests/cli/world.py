"""A node's folder with a story in it, and what commands answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concordat.client.keys import Key, save_key
from concordat.crypto.checkpoint import compute_app_hash
from concordat.ledger.files import DiskFiles
from concordat.ledger.store import BlockStore
from concordat.node.audit import create_audit_log
from concordat.node.node import Node
from concordat.node.proofs import make_contract_proof, make_entry_proof, make_member_proof, render_checkpoint
from concordat.protocol.families.contracts import Acknowledge
from concordat.testing.consortium import NODE, Consortium

SCHEMAS = Path(__file__).parents[2] / "spec" / "cli"


@dataclass(frozen=True)
class Answer:
    status: int
    document: dict[str, Any]
    lines: list[str]
    words: str


Call = Callable[..., Answer]


@dataclass(frozen=True)
class World:
    """A node's folder with a completed contract, and what its node gave out while it ran."""

    node: Path
    genesis: Path
    contract_proof: Path
    entry_proof: Path
    member_proof: Path
    old_checkpoint: Path
    checkpoint: Path
    height: int
    app_hash: str


def tell_story() -> Consortium:
    consortium = Consortium()
    number = consortium.agree(consortium.make_supply("cedar-ford", "azure-bay"))
    consortium.deliver(number)
    consortium.act("azure-bay", Acknowledge(number, 1))
    consortium.advance(7)
    return consortium


def make_world(folder: Path) -> World:
    consortium = tell_story()
    node_folder = folder / "node"
    node_folder.mkdir(parents=True)
    files = DiskFiles(node_folder)
    BlockStore.create(files, consortium.genesis).close()
    create_audit_log(files)
    files.close()
    save_key(node_folder / "keys" / "node.key", Key(consortium.get_seed(NODE), "derived"))
    node = Node(node_folder)
    try:
        wires = [wire for block in consortium.blocks for wire in block.transactions]
        for place, wire in enumerate(wires):
            node.engine.submit(wire).result(20)
            if place == 2:
                (folder / "old.checkpoint").write_text(render_checkpoint(node))
                since = node.application.history.size
        node.audit.record(0, who="public", face="test", action="read", subject="-", outcome="ok")
        (folder / "contract.proof").write_bytes(make_contract_proof(node, 1, since))
        (folder / "entry.proof").write_bytes(make_entry_proof(node, 0))
        (folder / "member.proof").write_bytes(make_member_proof(node, "azure-bay"))
        (folder / "new.checkpoint").write_text(render_checkpoint(node))
        height, app_hash = node.application.height, compute_app_hash(node.application.checkpoint).hex()
    finally:
        node.close()
    return World(
        node=node_folder,
        genesis=node_folder / "genesis.json",
        contract_proof=folder / "contract.proof",
        entry_proof=folder / "entry.proof",
        member_proof=folder / "member.proof",
        old_checkpoint=folder / "old.checkpoint",
        checkpoint=folder / "new.checkpoint",
        height=height,
        app_hash=app_hash,
    )
