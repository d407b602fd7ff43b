"""The golden cases of the protocol: yielded here from scenarios, compared with what stands in vectors/protocol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from concordat.contracts.terms import MatchingTable
from concordat.errors import UsageError
from concordat.primitives.ledger_time import SECOND_US
from concordat.primitives.plain import to_plain
from concordat.primitives.vectors import check_case, compute_expected
from concordat.protocol.families import behaviors, objections
from concordat.protocol.families import membership as m
from concordat.protocol.families.ballots import Vote
from concordat.protocol.families.ballots import Withdraw as WithdrawBallot
from concordat.protocol.families.clock import Advance, Tick
from concordat.protocol.families.contracts import Acknowledge, Decline, Deliver, Object, Propose, Sign, Terminate
from concordat.protocol.families.datasets import Withdraw
from concordat.protocol.messages import OPERATIONS, Operation
from concordat.protocol.params import DEFAULT_PARAMS
from concordat.protocol.records import AboutBallot, AboutEntry, AboutRecord
from concordat.protocol.vectors import KINDS
from concordat.testing.consortium import DATASET, START_US, Consortium
from primitives.golden import FOLDER, Case, check_golden, render_cases
from protocol.ballot_scenes import SCENES
from protocol.history import STATEMENT, play
from protocol.provocations import PROVOKE, make_stage, set_bit
from protocol.scenes import (
    EDITION_2,
    QUORUM_350,
    announce,
    breach,
    make_anchor,
    make_ballot,
    make_officer,
    make_record,
    make_rotation,
)

Inputs = dict[str, Any]
GENESIS = Consortium().genesis.decode()
BLOCK_BEFORE_GENESIS = {"height": 1, "time": START_US - 1, "transactions": []}


def make_operations() -> Inputs:
    c = Consortium()
    operations: list[Operation] = [
        Tick(),
        Advance(START_US),
        c.make_application("echo-hill", "azure-bay"),
        replace(c.make_application("echo-hill", "azure-bay"), predecessor="old-hill", parent="azure-bay"),
        m.Sponsor("echo-hill", verdict=True),
        m.Attest("echo-hill", STATEMENT, verdict=False),
        m.Respond(STATEMENT),
        m.Readmit("azure-bay"),
        make_officer(c, "azure-bay", "azure-bay/2"),
        m.SetRoles(c.get_public_key("azure-bay/2"), ("auditor", "data")),
        m.RemoveOfficer(c.get_public_key("azure-bay/2")),
        c.make_registration("cedar-ford"),
        Withdraw(DATASET, 1, "wrong file 文件有误"),
        Propose(c.make_supply("cedar-ford", "azure-bay", times=2)),
        Sign(1, STATEMENT),
        Decline(1, ""),
        Deliver(1, 1, 1),
        Acknowledge(1, 1),
        Object(1, 1, "wrong_period", STATEMENT),
        Terminate(2**53 - 1),
        make_rotation(c, "azure-bay", "azure-bay/2"),
        m.RevokeKey(),
        m.Grant(c.get_public_key("azure-bay/2"), "data", START_US, STATEMENT),
        m.Delegate(c.get_public_key("azure-bay/2"), ("contracts", "data"), START_US, START_US + 1),
        make_record(c, "azure-bay"),
        make_record(c, "azure-bay", subject=behaviors.OfContract(7)),
        make_anchor(c),
    ]
    operations += [
        objections.File("azure-bay", None, STATEMENT),
        objections.File("azure-bay", AboutEntry((2, 1)), STATEMENT),
        objections.File("azure-bay", AboutRecord((2, 1, 0, 3)), STATEMENT),
        objections.File("azure-bay", AboutBallot(1), STATEMENT),
        objections.Answer(1, STATEMENT),
        make_ballot(c, QUORUM_350),
        Vote(1, "abstain"),
        WithdrawBallot(1),
    ]
    assert {type(operation) for operation in operations} == set(OPERATIONS.values())
    return {f"{place:02} {type(operation).__name__}": to_plain(operation) for place, operation in enumerate(operations)}


def make_transactions() -> Inputs:
    c = Consortium()
    chain_id = c.chain.id.hex()
    wire = c.make_wire("cedar-ford", c.make_registration("cedar-ford"))
    several = c.sign_payload(
        "azure-bay",
        replace(c.make_payload("azure-bay", Terminate(7), Decline(8, "no"), lane=15), client_key=b"order 7"),
    )
    inputs: Inputs = {"one operation": wire, "two operations, lane 15, a client's key": several}
    for bit_of, place in (("signature", 0), ("domain", 64), ("public key", 80), ("payload", len(wire) - 1)):
        inputs[f"a flipped bit in the {bit_of}"] = set_bit(wire, place)
    inputs["a byte too many"] = wire + b"\0"
    inputs["a byte too few"] = wire[:-1]
    inputs["nothing"] = b""
    inputs["no payload"] = wire[:112]
    for code in ("encoding.malformed", "encoding.not_canonical", "ledger.wrong_chain", "ledger.wrong_domain"):
        scene = Consortium()
        PROVOKE[code](scene)
        inputs[code] = scene.blocks[-1].transactions[0]
    return {name: {"chain_id": chain_id, "wire": data.hex()} for name, data in inputs.items()}


def make_nonces() -> Inputs:
    return {
        "in order": {"nonces": [1, 2, 3]},
        "repeated": {"nonces": [5, 5, 4, 4]},
        "out of order to the end of the window": {"nonces": [49, 1, 2, 48, 1]},
        "below the window": {"nonces": [50, 1, 2]},
        "a leap forgets what is below its window": {"nonces": [1, 2, 60, 12, 11, 13]},
        "the largest": {"nonces": [2**53 - 1, 2**53 - 1, 2**53 - 49, 2**53 - 50]},
    }


def make_block_cases() -> Inputs:
    scenes: dict[str, Consortium] = {"genesis alone": Consortium(), "an eventful history": play(6, steps=40)}
    kept = scenes["a contract kept"] = Consortium()
    number = kept.agree(kept.make_supply("cedar-ford", "azure-bay"))
    kept.deliver(number)
    kept.advance(28)
    several = scenes["an objection withdrawn, and three creditors who accept"] = Consortium()
    number = several.agree(several.make_supply("cedar-ford", "azure-bay", "birch-vale", "dune-shore"))
    several.deliver(number)
    several.act("azure-bay", Acknowledge(number, 1))
    several.act("birch-vale", Object(number, 1, "incomplete", STATEMENT))
    several.act("birch-vale", Acknowledge(number, 1))
    several.act("dune-shore", Acknowledge(number, 1))
    return {name: describe_blocks(c) for name, c in scenes.items()}


def make_key_cases() -> Inputs:
    """LED-14: below edition 2 unreadable, whatever else is wrong; in it a key is handed over and ended."""
    scenes: dict[str, Consortium] = {}
    for name, params in (("edition 1", DEFAULT_PARAMS), ("edition 2", EDITION_2)):
        c = scenes[name] = Consortium(params=params)
        c.attempt("cedar-ford", make_rotation(c, "cedar-ford", "cedar-ford/2"))
        c.attempt("cedar-ford", m.RevokeKey())
        c.submit(set_bit(c.make_wire("cedar-ford/2", m.RevokeKey()), 0))
        c.submit(c.sign_payload("cedar-ford", replace(c.make_payload("cedar-ford", m.RevokeKey()), chain_id=STATEMENT)))
        c.attempt("cedar-ford/2", m.RevokeKey())
        c.attempt("cedar-ford/2", c.make_registration("cedar-ford"))
        c.attempt("node", m.RevokeKey())
    return {name: describe_blocks(c) for name, c in scenes.items()}


def make_duty_cases() -> Inputs:
    """A role until a time, another in one's place, a behavior and a batch: in edition 2, and unreadable below it."""
    scenes: dict[str, Consortium] = {}
    for name, params in (("edition 1", DEFAULT_PARAMS), ("edition 2", EDITION_2)):
        c = scenes[name] = Consortium(params=params)
        clerk = c.get_public_key("cedar-ford/2")
        c.act("cedar-ford", make_officer(c, "cedar-ford", "cedar-ford/2", roles=("auditor",)))
        c.attempt("cedar-ford", m.Grant(clerk, "data", c.time + 3600 * SECOND_US, STATEMENT))
        c.attempt("cedar-ford/2", make_record(c, "cedar-ford"), make_anchor(c))
        c.advance(1)
        c.attempt("cedar-ford/2", make_record(c, "cedar-ford"))
        c.attempt("cedar-ford", m.Delegate(clerk, ("data",), c.time, c.time + 1))
        c.attempt("cedar-ford/2", make_record(c, "cedar-ford"), make_anchor(c, root=bytes(32)))
    return {name: describe_blocks(c) for name, c in scenes.items()}


def make_objection_cases() -> Inputs:
    """A citizen's objection that is answered, one that is not, a member's; unreadable in edition 1."""
    scenes: dict[str, Consortium] = {}
    for name, params in (("edition 1", DEFAULT_PARAMS), ("edition 2", replace(EDITION_2, objection_answer_days=7))):
        c = scenes[name] = Consortium(params=params)
        c.attempt("node", objections.File("cedar-ford", None, STATEMENT))
        c.attempt("azure-bay", objections.File("cedar-ford", AboutEntry((1, 0)), STATEMENT))
        c.attempt("cedar-ford", objections.Answer(2, STATEMENT))
        c.attempt("cedar-ford", objections.Answer(2, STATEMENT))
        c.advance(7)
        c.attempt("cedar-ford", objections.Answer(1, STATEMENT))
    c = scenes["comments before a vote"] = Consortium(params=EDITION_2)
    number = announce(c, QUORUM_350, days=5)
    for signer in ("node", "birch-vale"):
        c.attempt(signer, objections.File("azure-bay", AboutBallot(number), STATEMENT))
    c.attempt("azure-bay", objections.Answer(1, STATEMENT))
    c.advance(5)
    c.attempt("node", objections.File("azure-bay", AboutBallot(number), STATEMENT))
    breach(c, "cedar-ford", 1)
    ((_, *place), _) = next(c.state.records.items())
    c.attempt("birch-vale", objections.File("cedar-ford", AboutRecord(tuple(place)), STATEMENT))  # type: ignore[arg-type]
    return {name: describe_blocks(c) for name, c in scenes.items()}


def make_rejections() -> Inputs:
    """Every code in order of precedence; the last receipt of each case bears it."""
    inputs: Inputs = {}
    for code, provoke in PROVOKE.items():
        c = make_stage(code)
        assert provoke(c).code == code
        inputs[code] = describe_blocks(c)
    return inputs


def describe_blocks(c: Consortium) -> Inputs:
    return {
        "genesis": c.genesis.decode(),
        "blocks": [
            {"height": b.height, "time": b.time, "transactions": [wire.hex() for wire in b.transactions]}
            for b in c.blocks
        ],
    }


def make_documents() -> Inputs:
    c = Consortium()
    terms = c.make_supply("cedar-ford", "azure-bay", "birch-vale", times=2, consequence="continue")
    single = (replace(terms.obligations[0], evidence=MatchingTable(bytes(32), 1), size=1, cure_days=1, grace_days=0),)
    return {
        "supply/1": to_plain(terms),
        "exchange/1": to_plain(replace(terms, template="exchange/1", sign_by=1)),
        "one of each": to_plain(replace(terms, obligations=single)),
    }


FILES: dict[str, tuple[str, Callable[[], Inputs]]] = {
    "operations.json": ("protocol/operation", make_operations),
    "transactions.json": ("protocol/transaction", make_transactions),
    "nonces.json": ("protocol/nonces", make_nonces),
    "blocks.json": ("protocol/blocks", make_block_cases),
    "keys.json": ("protocol/blocks", make_key_cases),
    "duties.json": ("protocol/blocks", make_duty_cases),
    "objections.json": ("protocol/blocks", make_objection_cases),
    "ballots.json": ("protocol/blocks", lambda: {name: describe_blocks(scene()) for name, scene in SCENES.items()}),
    "rejections.json": ("protocol/blocks", make_rejections),
    "documents.json": ("contracts/document", make_documents),
}


@pytest.mark.parametrize("name", FILES)
def test_the_cases_stand_as_they_were_yielded_and_all_hold(name: str) -> None:
    kind, make_inputs = FILES[name]
    cases: list[Case] = [
        {"name": case, "input": given, "expect": compute_expected(KINDS, kind, given)}
        for case, given in make_inputs().items()
    ]
    check_golden(FOLDER / "protocol" / name, KINDS, render_cases(kind, cases))


@pytest.mark.parametrize(
    ("kind", "case", "code"),
    [
        ("protocol/nothing", {"input": {}}, "vectors.unknown_kind"),
        ("protocol/transaction", {"input": {"wire": 5}}, "vectors.malformed"),
        ("protocol/nonces", {}, "vectors.malformed"),
        ("protocol/operation", {"input": {"type": "nothing"}}, "vectors.malformed"),
        ("protocol/operation", {"input": [1]}, "vectors.malformed"),
        ("protocol/blocks", {"input": {"genesis": GENESIS, "blocks": [BLOCK_BEFORE_GENESIS]}}, "vectors.malformed"),
    ],
)
def test_a_case_that_does_not_fit_is_refused(kind: str, case: Inputs, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_case(KINDS, kind, case)
    assert caught.value.code == code
