"""A small ledger by hand: a log, a state and signed checkpoints, and proofs about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from msgspec.structs import replace

from concordat.crypto.checkpoint import Checkpoint, NoteSignature, make_node_signature, render_note, render_signed_note
from concordat.crypto.cosignature import KIND_COSIGNATURE, VerifierKey, make_cosignature, render_verifier_key
from concordat.crypto.merkle import Log, hash_leaf
from concordat.crypto.proof import ConsistencyProof, EntryProof, Proof, StateProof
from concordat.crypto.signatures import public_key_of, sign
from concordat.crypto.state_tree import StateTree
from concordat.primitives.codec import encode

NODE_SEED = b"\x11" * 32
NODE_KEY = public_key_of(NODE_SEED)
OFFICER_SEED = b"\x22" * 32
GENESIS = b'{"name": "test", "clock": "real", "node_key": "' + NODE_KEY.hex().encode() + b'"}\n'
CHAIN_ID = sha256(GENESIS).digest()
SECOND_US = 1_000_000
WITNESS_SEEDS = {f"witness.example/{name}": bytes([0x30 + place]) * 32 for place, name in enumerate("abc")}


def make_wire(nonce: int, chain_id: bytes = CHAIN_ID, suite: int = 1, seed: bytes = OFFICER_SEED) -> bytes:
    payload = encode((chain_id, suite, 0, nonce, 100, 90 * SECOND_US, b"client", (("members.note", nonce),)))
    signed = b"concordat/tx/v1\0" + public_key_of(seed) + payload
    return sign(seed, signed) + signed


def make_leaf(height: int, cause: tuple[object, ...]) -> bytes:
    return encode((height, height * SECOND_US, 0, cause, ("ok", None, (), ())))


@dataclass
class Ledger:
    """One leaf a height. Odd heights carry a transaction, even ones a due item, unless leaves are given."""

    leaves: list[bytes] = field(default_factory=list)
    state: dict[bytes, bytes] = field(default_factory=dict)
    genesis: bytes = GENESIS
    seed: bytes = NODE_SEED
    is_simulated: bool = False

    @property
    def chain_id(self) -> bytes:
        return sha256(self.genesis).digest()

    def grow(self, count: int) -> Ledger:
        for height in range(len(self.leaves) + 1, len(self.leaves) + count + 1):
            cause = ("transaction", make_wire(height, self.chain_id)) if height % 2 else ("due", height)
            self.leaves.append(make_leaf(height, cause))
            self.state[b"key %d" % height] = b"value %d" % height
        return self

    def log(self) -> Log:
        log = Log()
        for leaf in self.leaves:
            log.append(hash_leaf(leaf))
        return log

    def tree(self) -> StateTree:
        tree = StateTree()
        tree.update(self.state.items())
        return tree

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        size = len(self.leaves) if size is None else size
        return Checkpoint(
            chain_id=self.chain_id,
            is_simulated=self.is_simulated,
            height=size,
            time=size * SECOND_US,
            log_size=size,
            log_root=self.log().root_at(size),
            state_root=self.tree().root,
            params_hash=sha256(b"params").digest(),
        )

    def note(self, size: int | None = None) -> str:
        checkpoint = self.checkpoint(size)
        return render_signed_note(checkpoint, sign_by(self.seed, checkpoint))

    def prove(self, entries: tuple[int, ...] = (), keys: tuple[bytes, ...] = (), old_size: int | None = None) -> Proof:
        log, tree, checkpoint = self.log(), self.tree(), self.checkpoint()
        consistency = None
        if old_size is not None:
            path = log.consistency_path(old_size, log.size)
            consistency = ConsistencyProof(old_size, log.root_at(old_size), path)
        return Proof(
            checkpoint=checkpoint,
            signatures=(sign_by(self.seed, checkpoint),),
            entries=tuple(
                EntryProof(index, self.leaves[index], log.inclusion_path(index, log.size)) for index in entries
            ),
            states=tuple(StateProof(key, self.state.get(key), tree.prove(key)) for key in keys),
            consistency=consistency,
        )


def sign_by(seed: bytes, checkpoint: Checkpoint) -> NoteSignature:
    """Return the signature of the node whose key has this seed."""
    return make_node_signature(checkpoint, public_key_of(seed), lambda note: sign(seed, note))


def cosign_by(name: str, checkpoint: Checkpoint, time_s: int = 9) -> NoteSignature:
    """Return the cosignature of one of `WITNESS_SEEDS`."""
    seed = WITNESS_SEEDS[name]
    body = render_note(checkpoint)
    return make_cosignature(name, public_key_of(seed), lambda message: sign(seed, message), body, time_s)


def witness_proof(proof: Proof, *names: str) -> Proof:
    """Return the proof with the cosignatures of these witnesses."""
    cosignatures = tuple(cosign_by(name, proof.checkpoint) for name in names)
    return replace(proof, signatures=(*proof.signatures, *cosignatures))


def render_witness_key(name: str) -> str:
    """Return the line of a witness's key."""
    return render_verifier_key(VerifierKey(name, KIND_COSIGNATURE, public_key_of(WITNESS_SEEDS[name])))


def sign_checkpoint(proof: Proof, fields: Mapping[str, object]) -> Proof:
    """Return the proof with a changed checkpoint, honestly signed."""
    checkpoint = replace(proof.checkpoint, **fields)
    return replace(proof, checkpoint=checkpoint, signatures=(sign_by(NODE_SEED, checkpoint),))
