"""A genesis document has one spelling, contradicts itself nowhere, and begins the same state everywhere."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from concordat.errors import Corrupt, UsageError
from concordat.protocol.genesis import Genesis, check_genesis, make_first_state, read_genesis, render_genesis
from concordat.protocol.params import DEFAULT_PARAMS
from concordat.testing.consortium import Consortium, find_broken_invariants

DATA = Consortium().genesis
GENESIS: Genesis = read_genesis(DATA).genesis


def test_what_is_written_is_read_back() -> None:
    assert render_genesis(read_genesis(DATA).genesis) == DATA


@pytest.mark.parametrize(
    "data",
    [
        DATA + b"\n",
        DATA.rstrip(),
        DATA.replace(b"  ", b" "),
        b"\xef\xbb\xbf" + DATA,
        json.dumps(json.loads(DATA), indent=2).encode() + b"\n",
        json.dumps(json.loads(DATA), indent=2, ensure_ascii=False, sort_keys=True).encode() + b"\n",
        DATA.replace(b'"verify_k": 1', b'"verify_k": 1.0'),
        DATA.replace(b'"clock": "scenario"', b'"clock": "real",\n  "clock": "scenario"'),
        DATA.replace(b"2027-01-04T00:00:00Z", b"2027-01-04T08:00:00+08:00"),
        DATA.decode().encode("utf-16"),
    ],
)
def test_another_spelling_is_another_document(data: bytes) -> None:
    with pytest.raises(Corrupt) as caught:
        read_genesis(data)
    assert caught.value.code in {"genesis.not_canonical", "genesis.unreadable"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 100_000,
        DATA.replace(b"Test consortium", b"\\ud800"),
        DATA.replace(b'"verify_k": 1', b'"verify_k": 0'),
        DATA.replace(b'"clock": "scenario"', b'"clock": "sundial"'),
        DATA.replace(b"azure-bay", b"Azure Bay"),
        DATA.replace(b'"format"', b'"extra": 1, "format"'),
    ],
)
def test_what_is_no_genesis_is_unreadable(data: bytes) -> None:
    with pytest.raises(Corrupt) as caught:
        read_genesis(data)
    assert caught.value.code == "genesis.unreadable"


def test_a_parameter_that_genesis_does_not_name_has_its_default() -> None:
    chain = read_genesis(render_genesis(replace(GENESIS, params={"hearing_days": 7})))
    assert make_first_state(chain).get_params() == replace(DEFAULT_PARAMS, hearing_days=7)


@pytest.mark.parametrize(
    "params", [{"verify_k": 1, "hearing_days": 7}, {"hearing_days": 0}, {"hearing_days": True}, {"no_such_thing": 1}]
)
def test_parameters_are_named_in_order_known_and_within_bounds(params: dict[str, int]) -> None:
    with pytest.raises(Corrupt) as caught:
        read_genesis(render_genesis(replace(GENESIS, params=params)))
    assert caught.value.code in {"genesis.not_canonical", "genesis.unreadable"}


FIRST, SECOND, *REST = GENESIS.founders


@pytest.mark.parametrize(
    ("genesis", "code"),
    [
        (replace(GENESIS, node_key=b"\1" + bytes(31)), "genesis.weak_key"),
        (replace(GENESIS, founders=(FIRST, replace(SECOND, public_keys=(bytes(32),)))), "genesis.weak_key"),
        (replace(GENESIS, founders=(FIRST, SECOND, FIRST)), "genesis.repeated"),
        (replace(GENESIS, founders=(replace(FIRST, roles=("seed", *FIRST.roles)), SECOND)), "genesis.repeated"),
        (replace(GENESIS, founders=(FIRST, replace(SECOND, code=FIRST.code))), "genesis.repeated"),
        (replace(GENESIS, founders=(FIRST, replace(SECOND, code="f/1"))), "genesis.repeated"),
        (replace(GENESIS, founders=(FIRST, replace(SECOND, member=FIRST.member))), "genesis.repeated"),
        (replace(GENESIS, founders=(FIRST, replace(SECOND, public_keys=(GENESIS.node_key,)))), "genesis.repeated"),
        (replace(GENESIS, founders=(replace(FIRST, roles=("operator", "verifier")),)), "genesis.no_admission_possible"),
        (replace(GENESIS, params={"verify_k": 3}), "genesis.no_admission_possible"),
        (replace(GENESIS, founders=(SECOND, *REST)), "genesis.no_operator"),
    ],
)
def test_founders_do_not_contradict_each_other(genesis: Genesis, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_genesis(genesis)
    assert caught.value.code == code


def test_the_first_state_is_that_of_the_founders() -> None:
    state = make_first_state(read_genesis(DATA))
    assert {member: row.status for (member,), row in state.members.items()} == dict.fromkeys(
        [founder.member for founder in GENESIS.founders], "active"
    )
    assert state.officers[(GENESIS.node_key,)].roles == ("node",)
    assert [credit.weight_milli for _, credit in state.credits.items()] == [1000, 1000, 0, 0]
    assert len(state.due) == 1
    assert list(find_broken_invariants(state)) == []
    assert list(state.dump()) == list(make_first_state(read_genesis(DATA)).dump())
