"""Recomputes a golden case of kind `crypto/...` (vectors/crypto/*.json). Bytes are in hexadecimal throughout."""

from __future__ import annotations

import msgspec

from concordat.crypto.checkpoint import (
    Checkpoint,
    compute_app_hash,
    make_node_signature,
    render_note,
    render_signed_note,
)
from concordat.crypto.merkle import Log, check_consistency, compute_root_from_inclusion, hash_leaf
from concordat.crypto.policy import parse_policy
from concordat.crypto.proof import Trust, Verification, verify_proof
from concordat.crypto.signatures import is_valid
from concordat.crypto.state_tree import StateTree, compute_state_root
from concordat.errors import Corrupt
from concordat.primitives.plain import to_plain
from concordat.primitives.vectors import Kinds, bind

Expectation = dict[str, object]


class _Signed(msgspec.Struct, forbid_unknown_fields=True):
    public_key: str
    signature: str
    message: str


class _History(msgspec.Struct, forbid_unknown_fields=True):
    leaves: list[str]
    index: int
    old_size: int


class _State(msgspec.Struct, forbid_unknown_fields=True):
    entries: list[tuple[str, str]]
    key: str


class _Note(msgspec.Struct, forbid_unknown_fields=True):
    chain_id: str
    is_simulated: bool
    height: int
    time: int
    log_size: int
    log_root: str
    state_root: str
    params_hash: str
    public_key: str
    signature: str


class _ProofFile(msgspec.Struct, forbid_unknown_fields=True):
    proof: str
    genesis: str | None = None
    note: str | None = None
    node_key: str | None = None


class _WitnessedFile(_ProofFile, forbid_unknown_fields=True):
    policy: str | None = None


def _compute_signature(given: _Signed) -> Expectation:
    return {"valid": is_valid(*(bytes.fromhex(part) for part in msgspec.structs.astuple(given)))}


def _compute_history(given: _History) -> Expectation:
    log = Log()
    for leaf in given.leaves:
        log.append(hash_leaf(bytes.fromhex(leaf)))
    inclusion = log.inclusion_path(given.index, log.size)
    consistency = log.consistency_path(given.old_size, log.size)
    old_root = log.root_at(given.old_size)
    check_consistency(given.old_size, old_root, log.size, log.root(), consistency)
    leaf_hash = hash_leaf(bytes.fromhex(given.leaves[given.index]))
    return {
        "root": compute_root_from_inclusion(given.index, log.size, leaf_hash, inclusion).hex(),
        "inclusion": [digest.hex() for digest in inclusion],
        "old_root": old_root.hex(),
        "consistency": [digest.hex() for digest in consistency],
    }


def _compute_state(given: _State) -> Expectation:
    entries = {bytes.fromhex(key): bytes.fromhex(value) for key, value in given.entries}
    key = bytes.fromhex(given.key)
    tree = StateTree()
    tree.update(entries.items())
    path = tree.prove(key)
    return {"root": compute_state_root(key, entries.get(key), path).hex(), **to_plain(path)}


def _compute_note(given: _Note) -> Expectation:
    checkpoint = Checkpoint(
        chain_id=bytes.fromhex(given.chain_id),
        is_simulated=given.is_simulated,
        height=given.height,
        time=given.time,
        log_size=given.log_size,
        log_root=bytes.fromhex(given.log_root),
        state_root=bytes.fromhex(given.state_root),
        params_hash=bytes.fromhex(given.params_hash),
    )
    public_key, signature = bytes.fromhex(given.public_key), bytes.fromhex(given.signature)
    note = render_note(checkpoint)
    return {
        "note": note.decode(),
        "signed_note": render_signed_note(checkpoint, make_node_signature(checkpoint, public_key, lambda _: signature)),
        "app_hash": compute_app_hash(checkpoint).hex(),
        "valid": is_valid(public_key, signature, note),
    }


def _compute_proof(given: _ProofFile) -> Expectation:
    return _show_verification(verify_proof(bytes.fromhex(given.proof), _read_trust(given)))


def _compute_witnessed(given: _WitnessedFile) -> Expectation:
    try:
        policy = None if given.policy is None else parse_policy(given.policy.encode())
    except Corrupt as error:
        return {"policy": error.code}
    verification = verify_proof(bytes.fromhex(given.proof), _read_trust(given), policy)
    witnesses = [{"name": name, "public_key": key.hex(), "time": time} for name, key, time in verification.witnesses]
    return {**_show_verification(verification), "witnesses": witnesses}


def _read_trust(given: _ProofFile) -> Trust | None:
    trust = None
    if (given.genesis, given.note, given.node_key) != (None, None, None):
        trust = Trust(
            genesis=None if given.genesis is None else bytes.fromhex(given.genesis),
            note=given.note,
            node_key=None if given.node_key is None else bytes.fromhex(given.node_key),
        )
    return trust


def _show_verification(verification: Verification) -> Expectation:
    return {
        "valid": verification.valid,
        "code": verification.code,
        "entries": [{"index": index, "leaf": leaf.hex()} for index, leaf in verification.entries],
        "states": [
            {"key": key.hex(), "value": None if value is None else value.hex()} for key, value in verification.states
        ],
        "signatures": [{"public_key": key.hex(), "valid": valid} for key, valid in verification.signatures],
        "authority": [verification.authority[0], *verification.authority[1]],
        "not_proved": list(verification.not_proved),
    }


KINDS: Kinds = {
    "crypto/zip215": bind(_Signed, _compute_signature),
    "crypto/merkle": bind(_History, _compute_history),
    "crypto/state_tree": bind(_State, _compute_state),
    "crypto/checkpoint": bind(_Note, _compute_note),
    "crypto/proof": bind(_ProofFile, _compute_proof),
    "crypto/witnessed": bind(_WitnessedFile, _compute_witnessed),
}
