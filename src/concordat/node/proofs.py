"""Proof files: what a node hands out so that others need not believe it (spec/proof.md)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from concordat.crypto.checkpoint import Checkpoint, NoteSignature, make_node_signature, render_signed_note
from concordat.crypto.proof import ConsistencyProof, EntryProof, Proof, StateProof, encode_proof
from concordat.errors import NotFound, Stale, UsageError
from concordat.node.node import Node
from concordat.node.reads import find_entry
from concordat.primitives.codec import decode
from concordat.protocol.receipts import TransactionCause
from concordat.protocol.transactions import Entry, get_public_key

VOTES_IN_PROOF_MAX: Final = 500
"""About 3 MB, and some 50 ms in which the ledger waits."""


def render_checkpoint(node: Node) -> str:
    """The signed note of the newest checkpoint: what a reader keeps, to compare with next time."""
    with node.engine.lock:
        checkpoint = node.application.checkpoint
    return render_signed_note(checkpoint, *_sign(node, checkpoint))


def _sign(node: Node, checkpoint: Checkpoint) -> tuple[NoteSignature, ...]:
    """Return the node's signature, and those of the witnesses that have cosigned exactly this checkpoint."""
    signature = make_node_signature(checkpoint, node.key.public_key, node.key.sign)
    return signature, *node.cosignatures.find(checkpoint)


def make_checkpoint_proof(node: Node, since_size: int | None = None) -> bytes:
    """Prove the parameters in force, so that a reader who kept a checkpoint sees this one to continue it."""
    return _make_proof(node, (), [node.application.state.params.key_bytes((0,))], since_size)


def make_entry_proof(
    node: Node, position: int, since_size: int | None = None, *, is_witnessed: bool = False
) -> bytes:
    """Prove one entry of history and, when a transaction caused it, for which member its key speaks.

    On a busy ledger no witness has seen the newest checkpoint; `is_witnessed` asks for one that some have cosigned. The
    state is proved only as it stands, so that an older checkpoint leaves out whose the key is, unless nothing changed.

    Raises:
        Stale: `witness.not_yet`.
    """
    cause = decode(Entry, find_entry(node, position).leaf).cause
    signer = get_public_key(cause.wire) if isinstance(cause, TransactionCause) else b""
    keys = [node.application.state.officers.key_bytes((signer,))] if len(signer) == 32 else []
    if not is_witnessed:
        return _make_proof(node, (position,), keys, since_size)
    with node.engine.lock:
        checkpoint = node.cosignatures.find_newest(position)
        if checkpoint is None or checkpoint.height > node.application.height:
            raise Stale("witness.not_yet", str(position))
        is_same = checkpoint.state_root == node.application.checkpoint.state_root
        return _make_proof(node, (position,), keys if is_same else (), since_size, checkpoint)


def make_member_proof(node: Node, member: str, since_size: int | None = None) -> bytes:
    """Prove a member's identity and published credit as they stand.

    Raises:
        NotFound: `read.no_such_member`.
    """
    with node.engine.lock:
        state = node.application.state
        if (member,) not in state.members:
            raise NotFound("read.no_such_member", member)
        keys = (state.members.key_bytes((member,)), state.credits.key_bytes((member,)))
    return _make_proof(node, (), keys, since_size)


def make_credit_proof(node: Node, member: str, since_size: int | None = None) -> bytes:
    """Prove a member's published credit alone: what of it is for everybody."""
    return _make_proof(node, (), [node.application.state.credits.key_bytes((member,))], since_size)


def make_contract_proof(node: Node, number: int, since_size: int | None = None) -> bytes:
    """Prove a contract: its status and terms, the offer and every signature, and whose keys signed.

    Raises:
        NotFound: `read.no_such_contract`.
    """
    with node.engine.lock:
        state = node.application.state
        row = state.contracts.get((number,))
        if row is None:
            raise NotFound("read.no_such_contract", str(number))
        keys = [state.contracts.key_bytes((number,)), state.terms.key_bytes((number,))]
        keys += [state.officers.key_bytes((signature.public_key,)) for signature in row.signatures]
        assent = [row.proposed_entry, *(signature.entry for signature in row.signatures)]
        positions = dict.fromkeys(node.application.sizes[height - 1] + index for height, index in assent)
        return _make_proof(node, positions, keys, since_size)


def make_ballot_proof(node: Node, number: int, since_size: int | None = None) -> bytes:
    """Prove a ballot: its rules, its sums and outcome, every vote, and for whom the keys spoke that gave them.

    Of more than `VOTES_IN_PROOF_MAX` votes none: each has an entry in history, and a proof of its own there.

    Raises:
        NotFound: `read.no_such_ballot`.
    """
    with node.engine.lock:
        state = node.application.state
        if (number,) not in state.ballots:
            raise NotFound("read.no_such_ballot", str(number))
        keys = [state.ballots.key_bytes((number,))]
        votes = state.votes.behind((number, ""), VOTES_IN_PROOF_MAX + 1)
        for key, vote in votes if len(votes) <= VOTES_IN_PROOF_MAX else ():
            keys += [state.votes.key_bytes(key), state.officers.key_bytes((vote.public_key,))]
    return _make_proof(node, (), keys, since_size)


def _make_proof(
    node: Node,
    positions: Iterable[int],
    keys: Iterable[bytes],
    since_size: int | None,
    checkpoint: Checkpoint | None = None,
) -> bytes:
    """Assemble a proof at the newest checkpoint, or at an older one; `since_size` adds the path from a size before it.

    An older one has to have the state of today if `keys` are proved.

    Raises:
        NotFound: `read.no_such_entry`. UsageError: `proof.since_ahead`.
    """
    with node.engine.lock:
        application = node.application
        history, checkpoint = application.history, checkpoint or application.checkpoint
        size = checkpoint.log_size
        entries = [
            EntryProof(position, find_entry(node, position).leaf, history.inclusion_path(position, size))
            for position in sorted(positions)
        ]
        states = []
        for key in sorted(dict.fromkeys(keys)):
            value, path = application.prove_state(key)
            states.append(StateProof(key, value, path))
        consistency = None
        if since_size is not None:
            if not 0 < since_size <= size:
                raise UsageError("proof.since_ahead", f"{since_size}, not 1 to {size}")
            if since_size < size:  # of the same size it is the same log: its root says so
                path_since = history.consistency_path(since_size, size)
                consistency = ConsistencyProof(since_size, history.root_at(since_size), path_since)
    return encode_proof(Proof(checkpoint, _sign(node, checkpoint), tuple(entries), tuple(states), consistency))
