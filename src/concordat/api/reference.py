"""What anybody may know: the chain, its checkpoint, its words; and the node's health for its operator."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Final

from litestar import Response, get
from litestar.di import NamedDependency

from concordat.api.transactions import Since, render_proof
from concordat.client.operations import make_example, make_schema
from concordat.node import proofs, reads
from concordat.node.node import Node
from concordat.primitives.plain import Json
from concordat.protocol.messages import OPERATIONS
from concordat.wording import rules


@get("/status", sync_to_thread=True)
def get_status(node: NamedDependency[Node]) -> Json:
    """The chain and where it stands."""
    return reads.get_status(node) | {"software": f"concordat {version('concordat')}"}


@get("/genesis", sync_to_thread=False)
def get_genesis(node: NamedDependency[Node]) -> Response[bytes]:
    """The exact bytes of genesis.json; their SHA-256 is the chain's id."""
    return Response(node.genesis_bytes, media_type="application/json")


@get("/checkpoint", sync_to_thread=True)
def get_checkpoint(node: NamedDependency[Node]) -> Response[str]:
    """The newest checkpoint as a C2SP signed note."""
    return Response(proofs.render_checkpoint(node), media_type="text/plain")


@get("/checkpoint/proof", sync_to_thread=True)
def get_checkpoint_proof(node: NamedDependency[Node], since: Since = None) -> Response[bytes]:
    """The proof file of the newest checkpoint; with an older size, that it continues what a reader has seen."""
    return render_proof(proofs.make_checkpoint_proof(node, since), "checkpoint")


@get("/codes", sync_to_thread=False)
def list_codes() -> Json:
    """Every code of a refusal: the ledger's in order of precedence, then those of files and faces."""
    return rules.list_codes()


@get("/operations", sync_to_thread=False)
def list_operations() -> Json:
    """Every operation: JSON Schema and an example."""
    return _make_operations()


@cache
def _make_operations() -> Json:
    return [
        {"type": name, "schema": make_schema(kind), "example": make_example(kind)} for name, kind in OPERATIONS.items()
    ]


@get("/health", sync_to_thread=True)
def get_health(node: NamedDependency[Node]) -> Json:
    """Whether the node takes transactions, what stopped it if it does not, and which decided rules it lacks."""
    failure = node.engine.failure
    return {
        "ok": failure is None,
        "failure": None if failure is None else {"code": failure.code, "detail": failure.detail},
        "lacking": reads.find_lacking_rules(node),
        **reads.get_status(node),
    }


ROUTES: Final = (
    get_status,
    get_genesis,
    get_checkpoint,
    get_checkpoint_proof,
    list_codes,
    list_operations,
    get_health,
)
