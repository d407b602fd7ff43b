"""The proof file and its verifier: whether records and states stood on a ledger at a height. Needs no network.

Normative text: spec/proof.md PRF-14 to PRF-20. The verifier never raises: whatever is wrong comes back as a code.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Raw

from concordat.crypto.checkpoint import (
    SIGNATURE_LINES_MAX,
    Checkpoint,
    NoteSignature,
    has_node_signature,
    is_note_signed_by,
    is_signed_by,
    parse_signed_note,
    render_note,
)
from concordat.crypto.cosignature import get_cosigned_time, is_cosignature, is_valid_cosignature
from concordat.crypto.merkle import EMPTY_LOG_ROOT, check_consistency, compute_root_from_inclusion, hash_leaf
from concordat.crypto.policy import Policy, is_met
from concordat.crypto.signatures import SUITE_ED25519, is_valid
from concordat.crypto.state_tree import StatePath, compute_state_root
from concordat.errors import Corrupt, Rejected, UsageError
from concordat.primitives.codec import Struct, decode, encode
from concordat.primitives.identifiers import Digest, Natural, Positive, TimeUs

PROOF_MAGIC: Final = b"concordat/proof/v1\n"
PROOF_BYTES_MAX: Final = 16 * 1024 * 1024

NOT_PROVED: Final = ("single_history", "rules_followed", "later_history", "content_is_true")
"""What no proof of an embedded chain shows, by sentence keys; `single_history` only where no policy is met."""

_TRANSACTION_DOMAIN: Final = b"concordat/tx/v1\0"

Path = Annotated[tuple[Digest, ...], Meta(max_length=64)]


class EntryProof(Struct, frozen=True):
    """One leaf of the history, the exact bytes, and its siblings from the leaf up."""

    index: Natural
    leaf: bytes
    path: Path


class StateProof(Struct, frozen=True):
    """One state key and its value, or None to show that there is none."""

    key: bytes
    value: bytes | None
    path: StatePath


class ConsistencyProof(Struct, frozen=True):
    """Shows the log of `old_size` leaves to be the beginning of the checkpoint's log."""

    old_size: Positive
    old_root: Digest
    path: Path


class Proof(Struct, frozen=True):
    """What a proof file holds. Entries ascend by index, states by key."""

    checkpoint: Checkpoint
    signatures: tuple[NoteSignature, ...]
    entries: tuple[EntryProof, ...]
    states: tuple[StateProof, ...]
    consistency: ConsistencyProof | None


@dataclass(frozen=True, slots=True)
class Trust:
    """What the verifying person holds already: exactly one of genesis' exact bytes, a signed note, a node's key."""

    genesis: bytes | None = None
    note: str | None = None
    node_key: bytes | None = None

    def __post_init__(self) -> None:
        if (self.genesis, self.note, self.node_key).count(None) != 2:
            raise UsageError("proof.trust", "one root of trust")


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict. Everything but the code and the signatures is empty unless `valid`.

    `entries` holds (log index, leaf bytes), `states` (key, value or None), `signatures` (public key, valid) of each
    transaction among the entries, `authority` the sentence key of who attests this and its parameters, `not_proved`
    the sentence keys of what this proof does not show, `witnesses` (name, public key, seconds since 1970) of who
    cosigned the checkpoint, known to the reader or not.
    """

    valid: bool
    code: str
    checkpoint: Checkpoint | None = None
    entries: tuple[tuple[int, bytes], ...] = ()
    states: tuple[tuple[bytes, bytes | None], ...] = ()
    signatures: tuple[tuple[bytes, bool], ...] = ()
    authority: tuple[str, tuple[str | int, ...]] = ("nobody", ())
    not_proved: tuple[str, ...] = ()
    witnesses: tuple[tuple[str, bytes, int], ...] = ()


class _Leaf(Struct, frozen=True):
    """An entry of the history, read as far as a verifier needs."""

    height: Natural
    time: TimeUs
    index: Natural
    cause: tuple[Raw, ...]
    receipt: Raw


class _Payload(Struct, frozen=True):
    """A transaction's payload, read as far as a verifier needs."""

    chain_id: Digest
    suite: Natural
    lane: Natural
    nonce: Natural
    valid_until_height: Natural
    valid_until: TimeUs
    client_key: bytes
    operations: Raw


class _Genesis(msgspec.Struct, frozen=True):
    """The two fields of genesis that a verifier needs."""

    clock: Literal["real", "scenario"]
    node_key: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


def encode_proof(proof: Proof) -> bytes:
    """Return the bytes of a proof file."""
    return PROOF_MAGIC + encode(proof)


def verify_proof(data: bytes, trust: Trust | None, policy: Policy | None = None) -> Verification:
    """Return the verdict on a proof file by what the reader trusts, and whose witness the reader asks for (PRF-16)."""
    if trust is None:
        return Verification(valid=False, code="untrusted_root")
    try:
        proof = read_proof(data)
        authority, trusted = _check_authority(proof, trust)
        _check_history(proof, trusted)
        signatures = tuple(found for entry in proof.entries for found in _check_entry(proof, entry))
        if not all(valid for _, valid in signatures):
            return Verification(valid=False, code="bad_transaction_signature", signatures=signatures)
        for state in proof.states:
            if compute_state_root(state.key, state.value, state.path) != proof.checkpoint.state_root:
                raise Corrupt("proof.bad_state", "the path leads to another root")
        witnesses = _check_witnesses(proof, policy)
    except Corrupt as error:
        return Verification(valid=False, code=error.code.removeprefix("proof."))
    return Verification(
        valid=True,
        code="ok",
        checkpoint=proof.checkpoint,
        entries=tuple((entry.index, entry.leaf) for entry in proof.entries),
        states=tuple((state.key, state.value) for state in proof.states),
        signatures=signatures,
        authority=authority,
        not_proved=(
            *(("chain_identity",) if trust.node_key is not None else ()),
            *(("witnesses_independent", *NOT_PROVED[1:]) if policy and policy.quorum else NOT_PROVED),
        ),
        witnesses=witnesses,
    )


def read_proof(data: bytes) -> Proof:
    """Return what a proof file holds; nothing is verified but its form (PRF-16, steps 2 to 4).

    Raises:
        Corrupt: `proof.malformed`, `proof.incomplete`, `proof.unknown_signatures`.
    """
    if not data.startswith(PROOF_MAGIC) or len(data) > PROOF_BYTES_MAX:
        raise Corrupt("proof.malformed", "not a proof file of version 1, or larger than 16 MiB")
    try:
        proof = decode(Proof, data[len(PROOF_MAGIC) :])
    except Rejected as error:
        raise Corrupt("proof.malformed", error.detail) from error
    is_ascending = all(left.index < right.index for left, right in pairwise(proof.entries)) and all(
        left.key < right.key for left, right in pairwise(proof.states)
    )
    if not is_ascending:
        raise Corrupt("proof.malformed", "entries ascend by index and states by key, none twice")
    if not (proof.entries or proof.states or proof.consistency):
        raise Corrupt("proof.incomplete", "there is nothing to prove but the checkpoint")
    others = proof.signatures[1:]
    is_ascending = all((a.name, a.public_key) < (b.name, b.public_key) for a, b in pairwise(others))
    is_known = has_node_signature(proof.checkpoint, proof.signatures[:1]) and all(map(is_cosignature, others))
    if not (is_known and is_ascending and len(proof.signatures) <= SIGNATURE_LINES_MAX):
        raise Corrupt("proof.unknown_signatures", "a proof has the node's signature, then witnesses', each once")
    return proof


def _check_authority(proof: Proof, trust: Trust) -> tuple[tuple[str, tuple[str | int, ...]], Checkpoint | None]:
    """Check chain, signature and clock by the root of trust; return who attests, and a trusted note's checkpoint."""
    checkpoint, signed_by = proof.checkpoint, proof.signatures[0].public_key
    chain_id, is_simulated, node_key = checkpoint.chain_id, checkpoint.is_simulated, trust.node_key
    authority: tuple[str, tuple[str | int, ...]] = ("node_key", (signed_by.hex(),))
    note = None
    if trust.genesis is not None:
        chain_id = sha256(trust.genesis).digest()
        is_simulated, node_key = _read_genesis(trust.genesis)
        authority = ("genesis", (signed_by.hex(),))
    elif trust.note is not None:
        try:
            note = parse_signed_note(trust.note)
        except Corrupt as error:
            raise Corrupt("proof.untrusted_root", "the trusted note is malformed") from error
        trusted = note.checkpoint
        # The note names no key; the key that verifies its signature is the one that made it, for Ed25519 hashes the
        # key into what it signs.
        chain_id, is_simulated, node_key = trusted.chain_id, trusted.is_simulated, signed_by
        authority = ("checkpoint", (trusted.height, trusted.log_size))
    if checkpoint.chain_id != chain_id:
        raise Corrupt("proof.other_chain", "the proof is about another chain")
    if note is not None and not is_note_signed_by(note, signed_by):
        raise Corrupt("proof.bad_signature", "the trusted note is by another key")
    if node_key is None or not is_signed_by(checkpoint, proof.signatures[:1], node_key):
        raise Corrupt("proof.bad_signature", "the checkpoint is not signed by the trusted key")
    if checkpoint.is_simulated != is_simulated:
        raise Corrupt("proof.other_clock", "the checkpoint and the trusted root name different clocks")
    return authority, None if note is None else note.checkpoint


def _read_genesis(genesis: bytes) -> tuple[bool, bytes]:
    """Return whether the chain's time is simulated, and its node's key."""
    try:
        # UTF-8 as a whole, and of a name given twice the last: as other readers of JSON have it.
        fields = msgspec.json.decode(genesis.decode(), type=dict[str, Raw])
        read = msgspec.json.decode(msgspec.json.encode(fields), type=_Genesis)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Corrupt("proof.untrusted_root", "genesis names no clock or no node key") from error
    return read.clock == "scenario", bytes.fromhex(read.node_key)


def _check_history(proof: Proof, trusted: Checkpoint | None) -> None:
    """Check the consistency path, and that the checkpoint continues the trusted one, if there is one."""
    checkpoint, consistency = proof.checkpoint, proof.consistency
    if consistency is not None:
        if consistency.old_size >= checkpoint.log_size:
            raise Corrupt("proof.other_checkpoint", "consistency leads from a smaller log")
        try:
            check_consistency(
                *(consistency.old_size, consistency.old_root, checkpoint.log_size, checkpoint.log_root),
                consistency.path,
            )
        except Corrupt as error:
            raise Corrupt("proof.other_checkpoint", "the consistency path does not verify") from error
    if trusted is not None and not _is_continued(trusted, checkpoint, consistency):
        raise Corrupt("proof.other_checkpoint", "the proof's log is not shown to continue the trusted one")


def _is_continued(trusted: Checkpoint, checkpoint: Checkpoint, consistency: ConsistencyProof | None) -> bool:
    """Tell whether `checkpoint` is the trusted one or is shown to come after it."""
    if checkpoint.height == trusted.height:
        return checkpoint == trusted
    if checkpoint.height < trusted.height or checkpoint.time < trusted.time:
        return False
    if checkpoint.log_size == trusted.log_size:
        return checkpoint.log_root == trusted.log_root
    if trusted.log_size == 0:
        return trusted.log_root == EMPTY_LOG_ROOT
    return (
        consistency is not None
        and consistency.old_size == trusted.log_size
        and consistency.old_root == trusted.log_root
    )


def _check_entry(proof: Proof, entry: EntryProof) -> tuple[tuple[bytes, bool], ...]:
    """Check that the leaf is in the log and fits the checkpoint; return its transaction's (public key, valid)."""
    checkpoint = proof.checkpoint
    root = compute_root_from_inclusion(entry.index, checkpoint.log_size, hash_leaf(entry.leaf), entry.path)
    if root != checkpoint.log_root:
        raise Corrupt("proof.bad_inclusion", "the path leads to another root")
    try:
        leaf = decode(_Leaf, entry.leaf)
        kind = decode(str, bytes(leaf.cause[0])) if leaf.cause else ""
        if leaf.height > checkpoint.height or leaf.time > checkpoint.time or not kind:
            raise Corrupt("proof.malformed", "the leaf names no cause, or is later than the checkpoint")
        if kind != "transaction":
            return ()
        if len(leaf.cause) != 2:
            raise Corrupt("proof.malformed", "a transaction is one byte string")
        wire = decode(bytes, bytes(leaf.cause[1]))
        if wire[64:80] != _TRANSACTION_DOMAIN:
            raise Corrupt("proof.malformed", "the transaction has another domain")
        payload = decode(_Payload, wire[112:])
    except Rejected as error:
        raise Corrupt("proof.malformed", f"leaf {entry.index}") from error
    if payload.chain_id != checkpoint.chain_id:
        raise Corrupt("proof.other_chain", f"leaf {entry.index}")
    public_key = wire[80:112]
    return ((public_key, payload.suite == SUITE_ED25519 and is_valid(public_key, wire[:64], wire[64:])),)


def _check_witnesses(proof: Proof, policy: Policy | None) -> tuple[tuple[str, bytes, int], ...]:
    """Check every cosignature and that they suffice; return who cosigned and when."""
    node, *others = proof.signatures
    body = render_note(proof.checkpoint)
    if not all(is_valid_cosignature(signature, body) for signature in others):
        raise Corrupt("proof.bad_cosignature", "a witness's signature does not verify")
    if policy is not None and not is_met(policy, node, others):
        raise Corrupt("proof.policy_not_met", "too few of the witnesses that the policy names cosigned")
    return tuple((signature.name, signature.public_key, get_cosigned_time(signature)) for signature in others)
