from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from concordat.crypto.checkpoint import NoteSignature, compute_origin
from concordat.crypto.proof import (
    PROOF_MAGIC,
    ConsistencyProof,
    EntryProof,
    Proof,
    StateProof,
    Trust,
    encode_proof,
    verify_proof,
)
from concordat.crypto.signatures import public_key_of
from concordat.errors import UsageError
from concordat.primitives.codec import encode
from crypto.building import (
    GENESIS,
    NODE_KEY,
    OFFICER_SEED,
    Ledger,
    make_leaf,
    make_wire,
    sign_checkpoint,
)

LEDGER = Ledger().grow(5)
PROOF = LEDGER.prove((0, 3), (b"absent", b"key 2"), old_size=3)
DATA = encode_proof(PROOF)
BY_GENESIS = Trust(genesis=GENESIS)
BY_NOTE = Trust(note=LEDGER.note(3))
BY_KEY = Trust(node_key=NODE_KEY)
OFFICER_KEY = public_key_of(OFFICER_SEED)


def code_of(proof: Proof, trust: Trust | None = BY_GENESIS) -> str:
    verification = verify_proof(encode_proof(proof), trust)
    assert verification.valid is (verification.code == "ok")
    return verification.code


def prove_leaf(leaf: bytes) -> Proof:
    return Ledger([*LEDGER.leaves, leaf], LEDGER.state).prove((len(LEDGER.leaves),))


def test_a_proof_verifies_by_each_root_of_trust_and_says_by_whom() -> None:
    expected = {
        BY_GENESIS: ("genesis", (NODE_KEY.hex(),)),
        BY_NOTE: ("checkpoint", (3, 3)),
        BY_KEY: ("node_key", (NODE_KEY.hex(),)),
    }
    for trust, authority in expected.items():
        verification = verify_proof(DATA, trust)
        assert (verification.valid, verification.code) == (True, "ok")
        assert verification.checkpoint == LEDGER.checkpoint()
        assert verification.entries == ((0, LEDGER.leaves[0]), (3, LEDGER.leaves[3]))
        assert verification.states == ((b"absent", None), (b"key 2", b"value 2"))
        assert verification.signatures == ((OFFICER_KEY, True),)
        assert verification.authority == authority
        assert ("chain_identity" in verification.not_proved) is (trust is BY_KEY)
        assert "single_history" in verification.not_proved


def test_nothing_is_believed_without_a_root_of_trust() -> None:
    verification = verify_proof(DATA, None)
    assert (verification.valid, verification.code) == (False, "untrusted_root")
    assert verification.authority == ("nobody", ())
    assert not verification.entries
    assert not verification.states
    for trust in (Trust(note="no note"), Trust(note=LEDGER.note(3).replace("\n\n", "\n"))):
        assert code_of(PROOF, trust) == "untrusted_root"
    for genesis in (
        GENESIS.replace(b'"node_key": "', b'"node_key": "zz'),
        GENESIS.replace(b"real", b"lunar"),
        b"{",
        b"",
    ):
        unclear = Ledger(genesis=genesis).grow(1)
        assert code_of(unclear.prove((0,)), Trust(genesis=genesis)) == "untrusted_root"


def test_trust_is_exactly_one_thing() -> None:
    for genesis, node_key in ((None, None), (GENESIS, NODE_KEY)):
        with pytest.raises(UsageError):
            Trust(genesis=genesis, node_key=node_key)


@pytest.mark.parametrize("trust", [BY_GENESIS, BY_NOTE, BY_KEY], ids=["genesis", "note", "key"])
def test_every_flipped_bit_of_a_proof_file_is_refused(trust: Trust) -> None:
    small = encode_proof(Ledger().grow(3).prove((2,), (b"key 1",), old_size=1))
    note = Ledger().grow(3).note(1) if trust is BY_NOTE else trust.note
    trust = Trust(trust.genesis, note, trust.node_key)
    assert verify_proof(small, trust).valid
    for bit in range(8 * len(small)):
        changed = bytearray(small)
        changed[bit // 8] ^= 1 << bit % 8
        assert not verify_proof(bytes(changed), trust).valid, bit


def test_every_cut_and_every_addition_is_refused() -> None:
    for length in range(len(DATA)):
        assert verify_proof(DATA[:length], BY_GENESIS).code == "malformed"
    for extra in (b"\0", b"\n", b"\xc0", DATA):
        assert verify_proof(DATA + extra, BY_GENESIS).code == "malformed"


@given(st.binary(max_size=300), st.booleans())
def test_junk_is_refused_without_an_exception(junk: bytes, has_magic: bool) -> None:
    for trust in (BY_GENESIS, BY_NOTE, BY_KEY, None):
        assert not verify_proof(PROOF_MAGIC * has_magic + junk, trust).valid


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(DATA) - 1), st.binary(max_size=3), st.integers(0, 3)), min_size=1, max_size=4)
)
def test_a_mutated_proof_is_refused_without_an_exception(edits: list[tuple[int, bytes, int]]) -> None:
    data = DATA
    for position, inserted, removed in edits:
        data = data[:position] + inserted + data[position + removed :]
    found, whole = verify_proof(data, BY_GENESIS), verify_proof(DATA, BY_GENESIS)
    assert not found.valid or (found.entries, found.checkpoint) == (whole.entries, whole.checkpoint)
    # A path to nothing shows that of every key whose way is the same, and it is true of each.
    assert all(LEDGER.state.get(key) == value for key, value in found.states)


@given(st.binary(max_size=60), st.sampled_from(["raw", "cause", "wire", "payload"]))
def test_any_leaf_that_a_node_may_have_logged_is_judged_without_an_exception(junk: bytes, place: str) -> None:
    domain = b"concordat/tx/v1\0"
    leaf = {
        "raw": junk,
        "cause": make_leaf(6, (junk,)),
        "wire": make_leaf(6, ("transaction", junk)),
        "payload": make_leaf(6, ("transaction", bytes(64) + domain + bytes(32) + junk)),
    }[place]
    assert code_of(prove_leaf(leaf)) == "malformed"


def test_deeply_nested_leaves_are_judged_without_an_exception() -> None:
    deep = b"\x91" * 200_000 + b"\xc0"
    head = b"\x95" + b"".join(encode(part) for part in (6, 0, 0))
    for leaf in (deep, head + deep + b"\xc0", head + encode(("due", 1)) + deep):
        assert code_of(prove_leaf(leaf)) == "malformed"


def test_another_chain_is_refused() -> None:
    other = Ledger(genesis=GENESIS + b" ").grow(5)
    assert code_of(other.prove((0,))) == "other_chain"
    assert code_of(other.prove((0,)), BY_NOTE) == "other_chain"
    assert code_of(other.prove((0,)), BY_KEY) == "ok"
    assert code_of(sign_checkpoint(PROOF, {"chain_id": sha256(b"other").digest()})) == "other_chain"


def test_a_transaction_for_another_chain_is_refused() -> None:
    wire = make_wire(1, chain_id=sha256(b"other").digest())
    assert code_of(prove_leaf(make_leaf(6, ("transaction", wire)))) == "other_chain"


def test_only_the_trusted_node_key_may_sign_the_checkpoint() -> None:
    impostor = Ledger(seed=b"\x33" * 32).grow(5).prove((0,), old_size=3)
    for trust in (BY_GENESIS, BY_NOTE, BY_KEY):
        assert code_of(impostor, trust) == "bad_signature"
        assert code_of(replace(PROOF, signatures=impostor.signatures), trust) == "bad_signature"
        renamed = replace(impostor.signatures[0], public_key=NODE_KEY)
        assert code_of(replace(impostor, signatures=(renamed,)), trust) == "bad_signature"


def test_a_proof_carries_one_signature_of_the_node_and_no_other() -> None:
    (one,) = PROOF.signatures
    changes: list[tuple[NoteSignature, ...]] = [
        (),
        (one, one),
        (one, replace(one, name="witness.example", kind=4)),
        (replace(one, kind=4),),
        (replace(one, name="concordat/0001020304050607"),),
        (replace(one, signature=one.signature + bytes(8)),),
        (replace(one, public_key=one.public_key + bytes(8)),),
    ]
    for signatures in changes:
        for trust in (BY_GENESIS, BY_NOTE, BY_KEY):
            assert code_of(replace(PROOF, signatures=signatures), trust) == "unknown_signatures"
    for wrong in (replace(one, signature=bytes(8193)), replace(one, name="a b"), replace(one, kind=256)):
        assert code_of(replace(PROOF, signatures=(wrong,))) == "malformed"


def test_simulated_time_is_said_by_the_checkpoint_and_agrees_with_the_root_of_trust() -> None:
    genesis = GENESIS.replace(b"real", b"scenario")
    simulated = Ledger(genesis=genesis, is_simulated=True).grow(5)
    proof = simulated.prove((0,), old_size=3)
    for trust in (Trust(genesis=genesis), Trust(note=simulated.note(3)), BY_KEY):
        verification = verify_proof(encode_proof(proof), trust)
        assert verification.checkpoint is not None
        assert verification.checkpoint.is_simulated
    lying = Ledger(genesis=genesis).grow(5)
    assert code_of(lying.prove((0,)), Trust(genesis=genesis)) == "other_clock"
    assert code_of(lying.prove((0,), old_size=3), Trust(note=simulated.note(3))) == "other_clock"
    assert code_of(Ledger(is_simulated=True).grow(5).prove((0,))) == "other_clock"
    unsigned = replace(proof.checkpoint, is_simulated=False)
    renamed = replace(proof.signatures[0], name=compute_origin(unsigned))
    assert code_of(replace(proof, checkpoint=unsigned), BY_KEY) == "unknown_signatures"
    assert code_of(replace(proof, checkpoint=unsigned, signatures=(renamed,)), BY_KEY) == "bad_signature"


def test_a_note_with_the_lines_of_witnesses_is_a_root_of_trust() -> None:
    note = LEDGER.note(3) + "— witness.example d3d3d3d3d3d3\n"
    assert code_of(PROOF, Trust(note=note)) == "ok"
    assert code_of(PROOF, Trust(note=note + "— witness.example\n")) == "untrusted_root"


def test_a_trusted_note_must_be_signed_by_the_proofs_node_key() -> None:
    note = LEDGER.note(3)
    forged = Ledger(LEDGER.leaves, LEDGER.state, seed=b"\x33" * 32).note(3)
    assert code_of(PROOF, Trust(note=forged)) == "bad_signature"
    end = note.rindex(" ") + 9  # within the signature, past the key id
    swapped = note[:end] + ("A" if note[end] != "A" else "B") + note[end + 1 :]
    assert code_of(PROOF, Trust(note=swapped)) == "bad_signature"


def test_the_checkpoint_must_continue_the_trusted_one() -> None:
    assert code_of(LEDGER.prove((0,)), Trust(note=LEDGER.note(5))) == "ok"
    assert code_of(LEDGER.prove((0,)), Trust(note=LEDGER.note(0))) == "ok"
    assert code_of(LEDGER.prove((0,)), BY_NOTE) == "other_checkpoint"
    assert code_of(LEDGER.prove((0,), old_size=2), BY_NOTE) == "other_checkpoint"
    later = Ledger(list(LEDGER.leaves), dict(LEDGER.state)).grow(1)
    assert code_of(PROOF, Trust(note=later.note())) == "other_checkpoint"
    rewritten = Ledger([LEDGER.leaves[1], *LEDGER.leaves[1:]], LEDGER.state)
    assert code_of(rewritten.prove((1,), old_size=3), BY_NOTE) == "other_checkpoint"
    assert code_of(rewritten.prove((1,)), Trust(note=LEDGER.note(5))) == "other_checkpoint"
    same_size = sign_checkpoint(LEDGER.prove((0,)), {"height": 6, "time": 6_000_000})
    assert code_of(same_size, Trust(note=LEDGER.note(5))) == "ok"
    for fields in ({"state_root": bytes(32)}, {"params_hash": bytes(32)}, {"time": 1}, {"height": 4}):
        assert code_of(sign_checkpoint(LEDGER.prove((0,)), fields), Trust(note=LEDGER.note(5))) == "other_checkpoint"
    empty_note_of_other_root = Ledger([], LEDGER.state)
    assert code_of(empty_note_of_other_root.prove(keys=(b"key 1",)), Trust(note=LEDGER.note(0))) == "ok"


def test_a_consistency_path_must_verify_whatever_is_trusted() -> None:
    path = LEDGER.log().consistency_path(3, 5)
    root = LEDGER.log().root_at(3)
    for consistency in (
        ConsistencyProof(3, sha256(b"x").digest(), path),
        ConsistencyProof(2, root, path),
        ConsistencyProof(3, root, path[:-1]),
        ConsistencyProof(5, LEDGER.log().root(), ()),
        ConsistencyProof(6, root, path),
    ):
        for trust in (BY_GENESIS, BY_NOTE, BY_KEY):
            assert code_of(replace(PROOF, consistency=consistency), trust) == "other_checkpoint"


def test_a_leaf_outside_the_log_or_elsewhere_in_it_is_refused() -> None:
    entry = PROOF.entries[0]
    for wrong in (
        EntryProof(entry.index, LEDGER.leaves[1], entry.path),
        EntryProof(1, entry.leaf, entry.path),
        EntryProof(5, entry.leaf, entry.path),
        EntryProof(0, entry.leaf, entry.path[:-1]),
        EntryProof(0, entry.leaf, (*entry.path, entry.path[0])),
    ):
        assert code_of(replace(PROOF, entries=(wrong,))) == "bad_inclusion"


def test_a_state_that_is_not_so_is_refused() -> None:
    absent, present = PROOF.states
    for wrong in (
        StateProof(present.key, b"other", present.path),
        StateProof(present.key, None, present.path),
        StateProof(absent.key, b"", absent.path),
        StateProof(b"key 1", b"value 2", present.path),
        StateProof(present.key, present.value, absent.path),
    ):
        assert code_of(replace(PROOF, states=(wrong,))) == "bad_state"
    assert code_of(sign_checkpoint(PROOF, {"state_root": bytes(32)})) == "bad_state"


def test_entries_and_states_stand_in_order_and_once() -> None:
    entries, states = PROOF.entries, PROOF.states
    for fields in (
        {"entries": entries[::-1]},
        {"entries": entries[:1] * 2},
        {"states": states[::-1]},
        {"states": states[:1] * 2},
    ):
        assert code_of(replace(PROOF, **fields)) == "malformed"


def test_a_proof_of_nothing_is_incomplete() -> None:
    assert code_of(LEDGER.prove()) == "incomplete"
    assert code_of(LEDGER.prove(old_size=3)) == "ok"


def test_a_leaf_later_than_its_checkpoint_is_refused() -> None:
    late = prove_leaf(make_leaf(7, ("due", 1)))
    assert code_of(late) == "malformed"
    assert code_of(prove_leaf(make_leaf(6, ("due", 1)))) == "ok"


def test_a_transaction_with_a_wrong_signature_or_unknown_suite_is_named() -> None:
    wire = make_wire(1)
    for bad in (bytes([wire[0] ^ 1]) + wire[1:], make_wire(1, suite=2)):
        proof = prove_leaf(make_leaf(6, ("transaction", bad)))
        verification = verify_proof(encode_proof(proof), BY_GENESIS)
        assert (verification.valid, verification.code) == (False, "bad_transaction_signature")
        assert verification.signatures == ((OFFICER_KEY, False),)
        assert not verification.entries


def test_a_transaction_leaf_holds_one_transaction_and_nothing_else() -> None:
    wire = make_wire(1)
    other_domain = wire[:64] + b"concordat/tx/v2\0" + wire[80:]
    for cause in (("transaction", wire, 1), ("transaction",), (), ("transaction", other_domain), (1, wire)):
        assert code_of(prove_leaf(make_leaf(6, cause))) == "malformed"


