"""The chain as a whole, and who speaks on it."""

from __future__ import annotations

from collections.abc import Mapping

from concordat.contracts.text import Language
from concordat.crypto.checkpoint import compute_app_hash
from concordat.node.node import Node
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.records import Officer


def get_status(node: Node) -> Json:
    """The chain and where it stands on disk; `stopped` is the code of what stopped the node, or None.

    It answers when nothing else does: a node that stopped says so.
    """
    checkpoint, failure = node.engine.durable, node.engine.failure
    return {
        "chain_id": node.chain.id.hex(),
        "name": to_plain(node.chain.genesis.name),
        "node_key": node.key.public_key.hex(),
        "clock": node.chain.genesis.clock,
        "simulated": node.chain.is_scenario,
        "height": checkpoint.height,
        "time": format_time(checkpoint.time),
        "app_hash": compute_app_hash(checkpoint).hex(),
        "log_size": checkpoint.log_size,
        "stopped": None if failure is None else failure.code,
    }


def get_officer(node: Node, public_key: bytes) -> Officer | None:
    """Return the officer of a key that still speaks for its member."""
    with node.engine.lock:
        officer = node.application.state.officers.get((public_key,))
    return officer if officer is not None and officer.removed_at is None else None


def get_names(node: Node, language: Language) -> Mapping[str, str]:
    """Return how members are called in a language, for sentences. It follows the ledger."""
    return node.names[language]
