"""The golden cases under vectors/crypto."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256

import pytest
from msgspec.structs import replace

from concordat.crypto.checkpoint import NoteSignature, compute_origin, parse_signed_note, render_note
from concordat.crypto.cosignature import VerifierKey, render_verifier_key
from concordat.crypto.proof import EntryProof, Proof, StateProof, encode_proof
from concordat.crypto.signatures import public_key_of, sign
from concordat.crypto.vectors import KINDS
from concordat.errors import UsageError
from concordat.primitives.vectors import check_case, compute_expected
from crypto import curve
from crypto.building import (
    CHAIN_ID,
    GENESIS,
    NODE_KEY,
    NODE_SEED,
    OFFICER_SEED,
    WITNESS_SEEDS,
    Ledger,
    cosign_by,
    make_leaf,
    make_wire,
    render_witness_key,
    sign_by,
    sign_checkpoint,
    witness_proof,
)
from crypto.test_bucket import COLLIDING
from crypto.test_merkle import make_leaves, tree_hash
from crypto.test_signatures import RFC_8032
from crypto.test_state_tree import NEIGHBORS, compute_naive_root
from primitives.golden import FOLDER, Case, check_golden, render_cases

DIRECTORY = FOLDER / "crypto"


def make_case(kind: str, name: str, given: dict[str, object]) -> Case:
    return {"name": name, "input": given, "expect": compute_expected(KINDS, kind, given)}


def make_zip215() -> list[Case]:
    known = [
        (f"RFC 8032 test {number}", key, signature, message, True)
        for number, (_, key, message, signature) in enumerate(RFC_8032, 1)
    ]
    built = [(name, a.hex(), s.hex(), m.hex(), valid) for name, a, s, m, valid in curve.edge_cases()]
    return [
        {
            "name": name,
            "input": {"public_key": key, "signature": signature, "message": message},
            "expect": {"valid": valid},
        }
        for name, key, signature, message, valid in known + built
    ]


def make_merkle() -> list[Case]:
    shapes = [(1, 0, 0), (1, 0, 1), (2, 1, 1), (3, 2, 2), (5, 4, 3), (7, 3, 4), (8, 5, 7), (13, 12, 6), (33, 32, 32)]
    return [
        make_case(
            "crypto/merkle",
            f"leaf {index} of {size}, from {old_size}",
            {"leaves": [leaf.hex() for leaf in make_leaves(size)], "index": index, "old_size": old_size},
        )
        for size, index, old_size in shapes
    ]


def make_state_tree() -> list[Case]:
    shared, single = NEIGHBORS[:6], NEIGHBORS[-3:]
    shapes = [
        ("empty tree", [], b"any"),
        ("one key", single[:1], single[0]),
        ("empty value", [b""], b""),
        ("absent key, empty bucket", single, b"absent"),
        ("absent key, bucket of another", shared[:1], shared[1]),
        ("two keys in one bucket", shared[:2], shared[1]),
        ("three keys in one bucket", COLLIDING[:3], COLLIDING[2]),
        ("eight keys in one bucket: one cell", COLLIDING[-8:], COLLIDING[-1]),
        ("nine keys in one bucket: forks", COLLIDING[-9:], COLLIDING[-1]),
        ("nine keys that share bits: forks with an empty side", COLLIDING[:9], COLLIDING[8]),
        ("absent key, cell of others behind forks", COLLIDING[:9], COLLIDING[9]),
        ("absent key, empty cell behind forks", COLLIDING[:9], COLLIDING[-1]),
        ("bucket of 42 keys", COLLIDING, COLLIDING[20]),
        ("many keys", [*NEIGHBORS], shared[3]),
    ]
    return [
        make_case(
            "crypto/state_tree",
            name,
            {"entries": [[item.hex(), (b"v" + item if item else b"").hex()] for item in keys], "key": key.hex()},
        )
        for name, keys, key in shapes
    ]


def make_checkpoint() -> list[Case]:
    cases = []
    for name, size, is_simulated in (("genesis", 0, False), ("block 5", 5, False), ("simulated time", 5, True)):
        checkpoint = Ledger(is_simulated=is_simulated).grow(5).checkpoint(size)
        values = {field: getattr(checkpoint, field) for field in checkpoint.__struct_fields__}
        signature = sign(NODE_SEED, render_note(checkpoint))
        given: dict[str, object] = {
            key: value.hex() if isinstance(value, bytes) else value for key, value in values.items()
        }
        given |= {"public_key": NODE_KEY.hex(), "signature": signature.hex()}
        cases.append(make_case("crypto/checkpoint", name, given))
    return cases


def make_proof() -> list[Case]:
    ledger = Ledger().grow(5)
    proof = ledger.prove((0, 3), (b"absent", b"key 2"), old_size=3)
    data = encode_proof(proof)
    genesis, key, note = {"genesis": GENESIS.hex()}, {"node_key": NODE_KEY.hex()}, {"note": ledger.note(3)}
    entry, state, (node_signature,) = proof.entries[0], proof.states[1], proof.signatures
    impostor = Ledger(seed=b"\x33" * 32).grow(5)
    simulated = Ledger(is_simulated=True).grow(5)

    def logged(cause: tuple[object, ...], height: int = 6) -> Proof:
        return Ledger([*ledger.leaves, make_leaf(height, cause)], ledger.state).prove((5,))

    wire = make_wire(1)
    files: list[tuple[str, bytes | Proof, dict[str, str]]] = [
        ("by genesis", data, genesis),
        ("by note", data, note),
        ("by node key", data, key),
        ("by nothing", data, {}),
        ("by a broken note", data, {"note": note["note"][:-1]}),
        ("only states", ledger.prove(keys=(b"key 1",)), genesis),
        ("only consistency", ledger.prove(old_size=3), genesis),
        ("nothing", ledger.prove(), genesis),
        ("cut", data[:-1], genesis),
        ("one byte more", data + b"\0", genesis),
        ("number in a longer form", data.replace(b"\x93\x00", b"\x93\xcc\x00", 1), genesis),
        ("states out of order", replace(proof, states=proof.states[::-1]), genesis),
        ("entry twice", replace(proof, entries=(entry, entry)), genesis),
        ("other chain", data, {"genesis": (GENESIS + b" ").hex()}),
        ("transaction for another chain", logged(("transaction", make_wire(1, chain_id=bytes(32)))), genesis),
        ("signed by another key", impostor.prove((0,)), genesis),
        (
            "checkpoint changed after signing",
            replace(sign_checkpoint(proof, {"time": 9}), signatures=proof.signatures),
            key,
        ),
        ("no signature", replace(proof, signatures=()), genesis),
        ("two signatures", replace(proof, signatures=proof.signatures * 2), genesis),
        ("signature of another kind", replace(proof, signatures=(replace(node_signature, kind=4),)), genesis),
        ("signature of another name", replace(proof, signatures=(replace(node_signature, name="node"),)), genesis),
        ("signature too long", replace(proof, signatures=(replace(node_signature, signature=bytes(8193)),)), genesis),
        ("simulated time by node key", simulated.prove((0,)), key),
        ("simulated time by note", simulated.prove((0,), old_size=3), {"note": simulated.note(3)}),
        ("simulated time, which genesis does not say", simulated.prove((0,)), genesis),
        ("simulated time, which the note does not say", simulated.prove((0,), old_size=3), note),
        ("note with a witness's line", data, {"note": note["note"] + "— witness.example d3d3d3d3d3d3\n"}),
        ("trusted note by another key", data, {"note": impostor.note(3)}),
        ("trusted note newer than the proof", data, {"note": Ledger([*ledger.leaves], ledger.state).grow(1).note()}),
        ("trusted note without consistency", ledger.prove((0,)), note),
        ("history rewritten", Ledger([wire, *ledger.leaves[1:]], ledger.state).prove((1,), old_size=3), note),
        ("leaf of another index", replace(proof, entries=(EntryProof(1, entry.leaf, entry.path),)), genesis),
        ("leaf changed", replace(proof, entries=(EntryProof(0, entry.leaf + b"\0", entry.path),)), genesis),
        ("leaf later than the checkpoint", logged(("due", 1), height=7), genesis),
        ("due item", logged(("due", 1)), genesis),
        ("state value changed", replace(proof, states=(StateProof(state.key, b"other", state.path),)), genesis),
        ("state denied", replace(proof, states=(StateProof(state.key, None, state.path),)), genesis),
        ("transaction signature changed", logged(("transaction", bytes([wire[0] ^ 1]) + wire[1:])), genesis),
        ("unknown suite", logged(("transaction", make_wire(1, suite=2))), genesis),
    ]
    return [
        make_case(
            "crypto/proof",
            name,
            {"proof": (file if isinstance(file, bytes) else encode_proof(file)).hex(), **trust},
        )
        for name, file, trust in files
    ]


def make_policy(quorum: str, *lines: str) -> str:
    known = [f"witness {name[-1]} {render_witness_key(name)}" for name in WITNESS_SEEDS]
    return "\n".join([*known, *lines, f"quorum {quorum}", ""])


def make_witnessed() -> list[Case]:
    ledger = Ledger().grow(5)
    proof = ledger.prove((0,), (b"key 2",), old_size=3)
    a, b, c = WITNESS_SEEDS
    two = witness_proof(proof, a, c)
    node, first, second = two.signatures
    genesis = {"genesis": GENESIS.hex()}
    log = VerifierKey(compute_origin(proof.checkpoint), 1, NODE_KEY)
    other_log = VerifierKey(log.name, 1, public_key_of(OFFICER_SEED))
    two_of_three = make_policy("q", "group q 2 a b c")
    late = replace(first, signature=b"\x80" + first.signature[1:])
    other_time = replace(first, signature=first.signature[:7] + b"\0" + first.signature[8:])
    newer = Ledger([*ledger.leaves], ledger.state).grow(1).checkpoint()

    def signed(*signatures: NoteSignature) -> Proof:
        return replace(proof, signatures=signatures)

    files: list[tuple[str, Proof, str | None]] = [
        ("nobody cosigned, nobody is asked for", proof, None),
        ("two cosigned, nobody is asked for", two, None),
        ("two of three", two, two_of_three),
        ("one of two that are needed", witness_proof(proof, b), two_of_three),
        ("nobody of two that are needed", proof, two_of_three),
        ("one witness named by the quorum", two, make_policy("a")),
        ("another witness than the quorum names", two, make_policy("b")),
        ("groups of groups", two, make_policy("q", "group x any a b", "group q all x c")),
        ("no quorum", proof, make_policy("none")),
        ("this log", two, f"log {render_verifier_key(log)} https://log.example\n" + two_of_three),
        ("another log", two, f"log {render_verifier_key(other_log)}\n" + two_of_three),
        ("comments, tabs and empty lines", two, "# ours\n\n" + two_of_three.replace(" ", "\t  ")),
        ("policy without quorum", two, two_of_three.replace("quorum q", "")),
        ("policy with two quorums", two, two_of_three + "quorum a\n"),
        ("policy with a key twice", two, f"witness d {render_witness_key(a)}\n" + two_of_three),
        ("policy with a member twice", two, make_policy("q", "group x any a b", "group q all x a")),
        ("policy that asks for more than there are", two, make_policy("q", "group q 4 a b c")),
        ("policy with an unknown name", two, make_policy("q", "group q any a e")),
        ("policy with a damaged key", two, two_of_three.replace("+", "+0", 1)),
        ("cosignatures out of order", signed(node, second, first), None),
        ("a cosignature twice", signed(node, first, first), None),
        ("a cosignature before the node's", signed(first, node), None),
        ("a time that is none", signed(node, late), None),
        ("time changed after signing", signed(node, other_time), None),
        ("cosignature of another checkpoint", signed(node, cosign_by(a, newer)), None),
        ("cosignature under another's name", signed(node, replace(first, name=b)), make_policy("b")),
        ("two of the node's kind", signed(node, sign_by(OFFICER_SEED, proof.checkpoint)), None),
    ]
    return [
        make_case(
            "crypto/witnessed",
            name,
            {"proof": encode_proof(file).hex(), **genesis, **({} if policy is None else {"policy": policy})},
        )
        for name, file, policy in files
    ]


MAKERS: dict[str, Callable[[], list[Case]]] = {
    "zip215": make_zip215,
    "merkle": make_merkle,
    "state_tree": make_state_tree,
    "checkpoint": make_checkpoint,
    "proof": make_proof,
    "witnessed": make_witnessed,
}


@pytest.mark.parametrize("name", MAKERS)
def test_the_stored_cases_are_those_made_here_and_all_hold(name: str) -> None:
    kind = f"crypto/{name}"
    check_golden(DIRECTORY / f"{name}.json", KINDS, render_cases(kind, MAKERS[name]()))


def test_the_proof_cases_show_every_code() -> None:
    stored = json.loads((DIRECTORY / "proof.json").read_text(encoding="utf-8"))
    assert {case["expect"]["code"] for case in stored["cases"]} == {
        *("ok", "untrusted_root", "malformed", "incomplete", "other_chain", "bad_signature", "other_checkpoint"),
        *("unknown_signatures", "other_clock"),
        *("bad_inclusion", "bad_state", "bad_transaction_signature"),
    }


def test_the_roots_in_the_cases_are_those_of_the_definitions() -> None:
    for case in json.loads((DIRECTORY / "merkle.json").read_text(encoding="utf-8"))["cases"]:
        leaves = [bytes.fromhex(leaf) for leaf in case["input"]["leaves"]]
        assert case["expect"]["root"] == tree_hash(leaves).hex()
        assert case["expect"]["old_root"] == tree_hash(leaves[: case["input"]["old_size"]]).hex()
    for case in json.loads((DIRECTORY / "state_tree.json").read_text(encoding="utf-8"))["cases"]:
        entries = {bytes.fromhex(key): bytes.fromhex(value) for key, value in case["input"]["entries"]}
        assert case["expect"]["root"] == compute_naive_root(entries).hex()


def test_the_notes_in_the_cases_read_back() -> None:
    for case in json.loads((DIRECTORY / "checkpoint.json").read_text(encoding="utf-8"))["cases"]:
        note = parse_signed_note(case["expect"]["signed_note"])
        assert note.checkpoint.chain_id == CHAIN_ID
        (line,) = note.lines
        assert line.name == compute_origin(note.checkpoint)
        assert line.key_id == sha256(line.name.encode() + b"\n\x01" + public_key_of(NODE_SEED)).digest()[:4]
        assert line.signature.hex() == case["input"]["signature"]


def test_a_case_that_no_reader_can_understand_is_refused() -> None:
    cases: list[tuple[str, Case]] = [
        ("crypto/unknown", {}),
        ("crypto/proof", {}),
        ("crypto/proof", {"input": {"proof": "zz"}}),
        ("crypto/merkle", {"input": {"leaves": [], "index": 0, "old_size": 0}}),
    ]
    for kind, case in cases:
        with pytest.raises(UsageError):
            check_case(KINDS, kind, case)
