"""What a majority that wants to stay, a minority that wants to block, and a thief with one key try in vain."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from concordat.primitives.codec import decode, encode
from concordat.primitives.identifiers import INTEGER_MAX
from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.context import Context
from concordat.protocol.families import membership as m
from concordat.protocol.families.ballots import opening
from concordat.protocol.records import ChangeParameter, MemberRole, Series
from concordat.testing.consortium import FOUNDERS, Consortium
from protocol import ballot_scenes as scenes
from protocol.scenes import (
    EDITION_2,
    QUORUM_350,
    expel,
    get_ballot_status,
    make_anchor,
    make_ballot,
    make_officer,
    make_rotation,
)


@pytest.fixture
def c() -> Consortium:
    return Consortium(params=EDITION_2)


def list_refusals(c: Consortium) -> list[str]:
    return [entry.receipt.code for entry in c.entries if entry.receipt.code != "ok"]


# ── who wants to block ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_motion_comes_to_the_vote_however_often_it_is_announced_and_taken_back() -> None:
    c = scenes.announce_and_take_back()
    assert list_refusals(c) == ["ballots.announced_before"] * 2 + ["ballots.too_many_open"] * 2
    assert [get_ballot_status(c, number) for number in (1, 2, 3)] == ["withdrawn", "applied", "withdrawn"]
    c.act("azure-bay", make_ballot(c, QUORUM_350))  # the end of those that were withdrawn has come


def test_parameters_change_while_verifiers_are_few() -> None:
    roles: dict[str, tuple[MemberRole, ...]] = {"azure-bay": ("operator", "seed"), "birch-vale": ("seed",)}
    c = Consortium({**FOUNDERS, **roles, "cedar-ford": ("verifier",)}, params=EDITION_2)
    expel(c, "cedar-ford")
    assert c.attempt("azure-bay", make_ballot(c, ChangeParameter("verify_k", 2, 500))).code == "ballots.impossible"
    c.act("azure-bay", make_ballot(c, QUORUM_350))


# ── who wants to stay ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_time_of_a_stay_is_a_rule_of_its_ballot() -> None:
    assert get_ballot_status(scenes.shorten_the_time_of_a_stay(), 1) == "lost"


def test_what_weighs_more_never_needs_less() -> None:
    c = Consortium(params=replace(EDITION_2, ballot_threshold_milli=800, ballot_weighty_milli=500))
    context = Context(c.state, c.chain.id, c.chain.genesis.start_time, c.time, c.height + 1, 0)
    for motion in (scenes.make_recovery(c), QUORUM_350):
        assert opening.compute_threshold_milli(context, motion) == 800


# ── who has a key that is not its own ───────────────────────────────────────────────────────────────────────────────


def test_what_stands_between_keys_is_bounded_by_the_keys(c: Consortium) -> None:
    """Rotated again and again, delegations do not pile up: each look at a role reads them all."""
    names = ["dune-shore", "dune-shore/clerk"]
    c.act("dune-shore", make_officer(c, "dune-shore", names[1]))
    for turn in range(4):
        for place in range(2):
            there = c.get_public_key(names[1 - place])
            c.act(names[place], m.Delegate(there, ("data",), c.time, c.time + DAY_US))
            label = f"dune-shore/{place}{turn}"
            c.act(names[place], make_rotation(c, "dune-shore", label))
            names[place] = label
    assert len(c.state.delegations) == 2
    c.check_invariants()
    c.act(names[0], m.RemoveOfficer(c.get_public_key(names[1])))
    assert len(c.state.delegations) == 0


def test_one_who_anchors_much_does_not_stop_the_ledger(c: Consortium) -> None:
    """A sum stays within what an integer of the ledger may be; a snapshot is read again."""
    for number in range(2):
        c.act("azure-bay", make_anchor(c, count=INTEGER_MAX, root=bytes([number] * 32)))
        c.advance(1)
    row = c.state.series[("azure-bay", "gate-levels")]
    assert row.batches == 2
    assert decode(Series, encode(row)) == row
