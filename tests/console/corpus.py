"""Proof files for two verifiers to judge: the golden ones, and edits of valid ones that a seed chooses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import NotRequired, TypedDict

from msgspec.structs import replace

from concordat.crypto.checkpoint import NoteSignature
from concordat.crypto.cosignature import VerifierKey, render_verifier_key
from concordat.crypto.policy import parse_policy
from concordat.crypto.proof import ConsistencyProof, EntryProof, Proof, StateProof, Trust, encode_proof, verify_proof
from concordat.crypto.state_tree import SiblingSet, StatePath
from concordat.errors import Corrupt
from crypto import curve
from crypto.building import (
    GENESIS,
    NODE_KEY,
    WITNESS_SEEDS,
    Ledger,
    make_leaf,
    make_wire,
    render_witness_key,
    sign_checkpoint,
    witness_proof,
)
from crypto.test_bucket import COLLIDING
from primitives.golden import FOLDER


class Question(TypedDict):
    """A proof file in hex; what is trusted: at most one of genesis (hex), note, node_key (hex); a policy (hex)."""

    proof: str
    trust: dict[str, str]
    policy: NotRequired[str]


class Verdict(TypedDict):
    """What both verifiers are asked to agree on."""

    code: str
    authority: list[str | int]
    entries: list[list[str | int]]
    states: list[list[str | None]]
    signatures: list[list[str | bool]]
    not_proved: list[str]
    witnesses: list[list[str | int]]


def _refuse(code: str) -> Verdict:
    return {
        "code": code, "authority": ["nobody"], "entries": [], "states": [], "signatures": [], "not_proved": [],
        "witnesses": [],
    }  # fmt: skip


def judge(question: Question) -> Verdict:
    """Return the verdict of the Python verifier."""
    trust = question["trust"]
    try:
        policy = parse_policy(bytes.fromhex(question["policy"])) if "policy" in question else None
    except Corrupt as error:
        return _refuse(error.code)
    found = verify_proof(
        bytes.fromhex(question["proof"]),
        Trust(
            genesis=bytes.fromhex(trust["genesis"]) if "genesis" in trust else None,
            note=trust.get("note"),
            node_key=bytes.fromhex(trust["node_key"]) if "node_key" in trust else None,
        )
        if trust
        else None,
        policy,
    )
    return {
        "code": found.code,
        "authority": [found.authority[0], *found.authority[1]],
        "entries": [[index, leaf.hex()] for index, leaf in found.entries],
        "states": [[key.hex(), None if value is None else value.hex()] for key, value in found.states],
        "signatures": [[key.hex(), valid] for key, valid in found.signatures],
        "not_proved": list(found.not_proved),
        "witnesses": [[name, key.hex(), time_s] for name, key, time_s in found.witnesses],
    }


def list_golden() -> list[Question]:
    """Return the questions of vectors/crypto/proof.json and witnessed.json."""
    cases = [
        case["input"]
        for name in ("proof", "witnessed")
        for case in json.loads((FOLDER / "crypto" / f"{name}.json").read_text(encoding="utf-8"))["cases"]
    ]
    return [_make_golden(given) for given in cases]


def _make_golden(given: dict[str, str]) -> Question:
    trust = {key: text for key, text in given.items() if key not in {"proof", "policy"}}
    question: Question = {"proof": given["proof"], "trust": trust}
    return question | {"policy": given["policy"].encode().hex()} if "policy" in given else question


def make_corpus(seed: int, count: int) -> list[Question]:
    """Return `count` questions: valid proofs, edited in their bytes, their fields, or what is trusted."""
    dice = Random(seed)
    bases = list(_make_bases())
    return [_make_question(dice, bases) for _ in range(count)]


def _make_bases() -> Iterator[tuple[Proof, list[dict[str, str]]]]:
    for is_simulated in (False, True):
        ledger = Ledger(is_simulated=is_simulated).grow(7)
        roots = [{"genesis": GENESIS.hex()}, {"node_key": NODE_KEY.hex()}, {"note": ledger.note(4)}]
        yield ledger.prove((0, 3, 6), (b"absent", b"key 2", b"key 6"), old_size=4), roots
        yield ledger.prove((2,), old_size=4), roots
        yield ledger.prove(keys=(b"key 1",)), roots
        yield witness_proof(ledger.prove((1,)), *WITNESS_SEEDS), roots[:2]
    crowded = Ledger(state=dict.fromkeys(COLLIDING[:30], b"v")).grow(9)
    roots = [{"genesis": GENESIS.hex()}, {"node_key": NODE_KEY.hex()}, {"note": crowded.note(8)}]
    yield crowded.prove((8,), tuple(sorted([*COLLIDING[:2], *COLLIDING[-2:]])), old_size=8), roots
    wire = make_wire(3)
    causes: list[tuple[object, ...]] = [
        *(("due", 1), (), ("",), (7,), ("transaction",), ("transaction", b"short")),
        ("transaction", make_wire(1, suite=2)),
        ("transaction", make_wire(1, chain_id=bytes(32))),
        ("new kind", [1, {"a": 1.5}], None, -3),
        *(("transaction", made + wire[64:80] + key + wire[112:]) for _, key, made, _, _ in curve.edge_cases()),
    ]
    for cause in causes:
        odd = Ledger([*crowded.leaves, make_leaf(10, cause)], crowded.state)
        yield odd.prove((9,)), roots[:2]


def _make_question(dice: Random, bases: list[tuple[Proof, list[dict[str, str]]]]) -> Question:
    proof, roots = dice.choice(bases if dice.random() < 0.5 else bases[:9])
    trust = dict(dice.choice(roots))
    kind = dice.random()
    if kind < 0.45:
        data = _edit_bytes(dice, encode_proof(proof))
    elif kind < 0.9:
        data = encode_proof(_edit_fields(dice, proof))
    else:
        data = encode_proof(proof)
        ((name, value),) = trust.items()
        edited = value if name != "note" else value.encode().hex()
        found = _edit_bytes(dice, bytes.fromhex(edited))
        trust = {name: found.hex() if name != "note" else found.decode("utf-8", "replace")}
    if dice.random() < 0.02:
        trust = {}
    question: Question = {"proof": data.hex(), "trust": trust}
    if dice.random() < 0.3:
        question["policy"] = _make_policy(dice).hex()
    return question


def _make_policy(dice: Random) -> bytes:
    """Return a policy over the witnesses of the corpus, now and then edited."""
    lines = [f"witness {name[-1]} {render_witness_key(name)}" for name in WITNESS_SEEDS]
    groups = ["group x any a b", "group q 2 a b c", "group q all x c", "group y 1 a a", "group none any a"]
    lines += [line for line in groups if dice.random() < 0.25]
    lines += [f"quorum {dice.choice('aqxc')}", "quorum none", "# quorum a", "\tquorum\t b  "][dice.randrange(4) :][:1]
    if dice.random() < 0.2:
        dice.shuffle(lines)
    if dice.random() < 0.1:
        lines.insert(0, dice.choice(["log x+00000000+AA==", "witness", "group q any", f"log {_SMALL_ORDER}", "\xa0"]))
    data = "\n".join([*lines, ""]).encode("latin-1")
    return _edit_bytes(dice, data) if dice.random() < 0.3 else data


_SMALL_ORDER = render_verifier_key(VerifierKey("w", 4, bytes([1, *bytes(31)])))
"""A key by which any signature is right."""


def _edit_bytes(dice: Random, data: bytes) -> bytes:
    at = dice.randrange(len(data))
    match dice.randrange(6):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + data[at + 1 :]
        case 2:
            return data[:at] + dice.randbytes(1) + data[at:]
        case 3:
            return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]
        case 4:
            end = min(len(data), at + dice.randrange(40))
            return data[:at] + data[at:end] * 2 + data[end:]
        case _:
            head = bytes([dice.choice([0xC0, 0xC1, 0xC2, 0xCA, 0xCC, 0xCF, 0xD0, 0xD9, 0xDC, 0xDE, 0x80, 0x90, 0xFF])])
            return data[:at] + head + data[at + 1 :]


def _edit_digest(dice: Random, data: bytes) -> bytes:
    at = dice.randrange(len(data)) if data else 0
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :] if data else b"\0"


def _edit_path(dice: Random, path: tuple[bytes, ...]) -> tuple[bytes, ...]:
    at = dice.randrange(len(path)) if path else 0
    match dice.randrange(4):
        case 0:
            return path[:at] + path[at + 1 :]
        case 1:
            return (*path[:at], dice.randbytes(32), *path[at:])
        case 2 if path:
            return (*path[:at], _edit_digest(dice, path[at]), *path[at + 1 :])
        case _:
            return path[::-1]


def _edit_state_path(dice: Random, path: StatePath) -> StatePath:
    level = dice.randrange(5)
    found = path.siblings[level]
    match dice.randrange(6):
        case 0:
            return replace(path, cell=_edit_digest(dice, path.cell))
        case 1:
            return replace(path, cell=path.cell[:-64] if dice.random() < 0.5 else path.cell[64:] + path.cell[:64])
        case 2:
            return replace(path, forks=_edit_path(dice, path.forks))
        case 3:
            changed = SiblingSet(found.bitmap ^ 1 << dice.randrange(16), found.digests)
        case 4:
            changed = replace(found, digests=dice.choice([found.digests[:-32], found.digests + bytes(32)]))
        case _:
            changed = SiblingSet(found.bitmap | 1 << dice.randrange(16), found.digests + dice.randbytes(32))
    return replace(path, siblings=(*path.siblings[:level], changed, *path.siblings[level + 1 :]))


def _edit_fields(dice: Random, proof: Proof) -> Proof:
    match dice.randrange(9):
        case 0:
            return _edit_checkpoint(dice, proof)
        case 1 | 2:
            at = dice.randrange(len(proof.signatures))
            edited = _edit_signature(dice, proof.signatures[at])
            return replace(proof, signatures=(*proof.signatures[:at], edited, *proof.signatures[at + 1 :]))
        case 3:
            signatures = dice.choice([proof.signatures * 2, (), proof.signatures[::-1], proof.signatures[1:]])
            return replace(proof, signatures=signatures)
        case 4 if proof.entries:
            at = dice.randrange(len(proof.entries))
            entry = _edit_entry(dice, proof.entries[at])
            return replace(proof, entries=(*proof.entries[:at], entry, *proof.entries[at + 1 :]))
        case 5 if proof.states:
            at = dice.randrange(len(proof.states))
            state = _edit_state(dice, proof.states[at])
            return replace(proof, states=(*proof.states[:at], state, *proof.states[at + 1 :]))
        case 6 if proof.consistency:
            return replace(proof, consistency=_edit_consistency(dice, proof.consistency))
        case 7:
            return replace(proof, entries=proof.entries[::-1], states=proof.states[::-1])
        case _:
            return proof


def _edit_checkpoint(dice: Random, proof: Proof) -> Proof:
    field = dice.choice(proof.checkpoint.__struct_fields__)
    changed: object
    match getattr(proof.checkpoint, field):
        case bytes(digest):
            changed = _edit_digest(dice, digest)
        case bool(flag):
            changed = not flag
        case number:
            changed = max(0, number + dice.choice([-1, 1, 2**40]))
    signed = sign_checkpoint(proof, {field: changed})
    return signed if dice.random() < 0.7 else replace(signed, signatures=proof.signatures)


def _edit_signature(dice: Random, signature: NoteSignature) -> NoteSignature:
    match dice.randrange(6):
        case 0:
            return replace(signature, kind=dice.choice([0, 1, 4, 255, 256]))
        case 1:
            return replace(signature, name=dice.choice([signature.name + "\n", "other", "a+b", ""]))
        case 2:
            return replace(signature, public_key=dice.choice([dice.randbytes(32), signature.public_key + b"\0"]))
        case 3:
            return replace(signature, signature=signature.signature + b"\0")
        case 4:
            return replace(signature, signature=bytes([dice.randrange(256)]) + signature.signature[1:])
        case _:
            return replace(signature, signature=_edit_digest(dice, signature.signature))


def _edit_entry(dice: Random, entry: EntryProof) -> EntryProof:
    match dice.randrange(3):
        case 0:
            return replace(entry, index=max(0, entry.index + dice.choice([-1, 1, 2**33])))
        case 1:
            return replace(entry, leaf=_edit_bytes(dice, entry.leaf))
        case _:
            return replace(entry, path=_edit_path(dice, entry.path))


def _edit_state(dice: Random, state: StateProof) -> StateProof:
    match dice.randrange(8):
        case 0:
            return replace(state, value=None)
        case 1:
            return replace(state, value=b"v")
        case 2:
            return replace(state, key=_edit_digest(dice, state.key))
        case _:
            return replace(state, path=_edit_state_path(dice, state.path))


def _edit_consistency(dice: Random, old: ConsistencyProof) -> ConsistencyProof | None:
    match dice.randrange(4):
        case 0:
            return replace(old, path=_edit_path(dice, old.path))
        case 1:
            return replace(old, old_size=max(1, old.old_size + dice.choice([-1, 1, 9, 2**35])))
        case 2:
            return replace(old, old_root=_edit_digest(dice, old.old_root))
        case _:
            return None
