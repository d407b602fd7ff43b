"""Proof files: how large, how long to verify."""

from __future__ import annotations

from collections.abc import Iterator

from bench.ledger import NODE_KEY, make_mix, make_world, rate_verification, run_through, running
from bench.measure import Result, measure_pair, seconds_of
from concordat.crypto.checkpoint import make_node_signature
from concordat.crypto.proof import EntryProof, Proof, StateProof, Trust, encode_proof, verify_proof
from concordat.ledger.application import BlockRecord
from concordat.primitives.codec import decode


def measure_proofs() -> Iterator[Result]:
    """One transaction and one state of a chain of three thousand transactions."""
    world = make_world()
    wires = make_mix(world, 500)
    with running(world) as (engine, store):
        run_through(engine, wires)
        application = engine.application
        leaves = [leaf for body in store.bodies() for leaf in decode(BlockRecord, body).entries]
        size = application.history.size
        key = application.state.contracts.key_bytes((250,))
        value, path = application.prove_state(key)
        proof = Proof(
            application.checkpoint,
            (make_node_signature(application.checkpoint, NODE_KEY.public_key, NODE_KEY.sign),),
            (EntryProof(size // 2, leaves[size // 2], application.history.inclusion_path(size // 2, size)),),
            (StateProof(key, value, path),),
            None,
        )
        data = encode_proof(proof)
    trust = Trust(genesis=world.genesis)
    yield Result("proof.bytes", len(data), 4096, "4 KiB", "lower", "bytes", runs=1)
    milliseconds, limit = measure_pair(
        lambda: seconds_of(lambda: [verify_proof(data, trust) for _ in range(100)]) * 10,
        lambda: 1000 / rate_verification(wires[:500]),
    )
    yield Result("proof.verify", milliseconds, limit, "one libsodium verification", "lower", "ms")
