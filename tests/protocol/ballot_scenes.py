"""Histories of ballots: one for each rule. Their blocks are golden cases; test_ballots asserts what they come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from concordat.crypto.signatures import sign
from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.families import membership as m
from concordat.protocol.families.ballots import Open, Vote, Withdraw
from concordat.protocol.params import Params
from concordat.protocol.records import (
    Admit,
    Appoint,
    CallOff,
    ChangeParameter,
    ChangeRulebook,
    Dismiss,
    MemberRole,
    Motion,
    Recover,
)
from concordat.testing.consortium import FOUNDERS, Consortium
from protocol.scenes import (
    DIGEST,
    EDITION_2,
    QUORUM_350,
    apply_for,
    breach,
    make_ballot,
    make_officer,
    open_ballot,
    vote,
)

LONGER_HEARING = ChangeParameter("hearing_days", 21, 9)
SIX: Mapping[str, tuple[MemberRole, ...]] = {**FOUNDERS, "elm-gate": (), "fern-bank": ()}


def begin(params: Params = EDITION_2) -> Consortium:
    return Consortium(params=params)


def change_a_parameter() -> Consortium:
    """BAL-17: it acts at its height, before everything else, and not before."""
    c = begin()
    number = open_ballot(c, LONGER_HEARING)
    vote(c, number, azure_bay="yes", birch_vale="yes", cedar_ford="abstain")
    c.advance(7)
    for _ in range(4):
        c.run_block(c.time)
    return c


def fail_for_want_of_votes() -> Consortium:
    """BAL-14: whoever is alone awake decides nothing, however often."""
    c = begin()
    vote(c, open_ballot(c, Appoint("dune-shore", "verifier")), azure_bay="yes")
    c.advance(7)
    vote(c, open_ballot(c, Appoint("dune-shore", "verifier"), "birch-vale"), azure_bay="yes")
    c.advance(7)
    return c


def change_the_rules_of_ones_own_ballot() -> Consortium:
    """BAL-12: a threshold that is lowered meanwhile does not help a ballot that is open; half is no majority."""
    c = begin(replace(EDITION_2, ballot_threshold_milli=700))
    lower = open_ballot(c, ChangeParameter("ballot_threshold_milli", 500, 2))
    appoint = open_ballot(c, Appoint("dune-shore", "verifier"), days=9)
    vote(c, lower, azure_bay="yes", birch_vale="yes", cedar_ford="yes")
    vote(c, appoint, azure_bay="yes", birch_vale="yes", cedar_ford="no")
    c.advance(7)
    c.advance(2)
    return c


def entrench() -> Consortium:
    """BAL-13: two of three are not enough for a rule of ballots, three of four are."""
    c = begin()
    number = open_ballot(c, QUORUM_350)
    vote(c, number, azure_bay="yes", birch_vale="yes", cedar_ford="no")
    c.advance(7)
    number = open_ballot(c, QUORUM_350)
    vote(c, number, azure_bay="yes", birch_vale="yes", cedar_ford="no", dune_shore="yes")
    c.advance(7)
    return c


def stay_an_exit() -> Consortium:
    """BAL-16: asked by the ledger with the hearing; carried, another hearing needs a later negative."""
    c = Consortium(SIX, params=EDITION_2)
    breach(c, "cedar-ford", 5)
    c.attempt("cedar-ford", Vote(1, "yes"))
    vote(c, 1, azure_bay="yes", birch_vale="yes", dune_shore="no")
    c.advance(14)
    c.advance(90)
    return c


def stay_an_exit_and_hear_again() -> Consortium:
    """BAL-16, CRD-13: after a stay one more grave negative opens the next hearing, and the next ballot."""
    c = stay_an_exit()
    breach(c, "cedar-ford", 1)
    return c


def expel_without_a_quorum() -> Consortium:
    """BAL-16: nobody comes, exit follows."""
    c = begin()
    breach(c, "cedar-ford", 5)
    vote(c, 1, azure_bay="yes")
    c.advance(14)
    return c


def admit_by_vote() -> Consortium:
    """BAL-10, BAL-18: whose sponsor is silent; the newcomer has no vote in what was opened before."""
    c = begin()
    apply_for(c)
    number = open_ballot(c, Admit("echo-hill"))
    later = open_ballot(c, Appoint("dune-shore", "seed"), days=9)
    vote(c, number, azure_bay="yes", birch_vale="yes")
    c.advance(7)
    c.attempt("echo-hill", Vote(later, "yes"))
    c.act("echo-hill", make_ballot(c, LONGER_HEARING))
    return c


def admit_by_too_few() -> Consortium:
    """BAL-13: who is let in without sponsor and verifiers needs two thirds; three of five are not enough."""
    c = Consortium(SIX, params=EDITION_2)
    apply_for(c)
    number = open_ballot(c, Admit("echo-hill"))
    vote(c, number, azure_bay="yes", birch_vale="yes", cedar_ford="yes", dune_shore="no", elm_gate="no")
    c.advance(7)
    return c


def call_off_a_rulebook() -> Consortium:
    """BAL-20: nobody has the rulebook; what it took to decide on it calls it off in time, and the chain goes on."""
    c = begin()
    vote(c, open_ballot(c, ChangeRulebook(DIGEST, 9)), azure_bay="yes", birch_vale="yes", cedar_ford="yes")
    c.advance(7)
    vote(c, open_ballot(c, CallOff(1)), azure_bay="yes", birch_vale="no")
    c.advance(7)
    vote(c, open_ballot(c, CallOff(1)), azure_bay="yes", birch_vale="yes", dune_shore="no")
    c.advance(7)
    c.attempt("azure-bay", make_ballot(c, CallOff(1)))
    c.advance(14)
    return c


def call_off_at_the_last_moment() -> Consortium:
    """BAL-20: what is scheduled already is called off too, before its height."""
    c = begin()
    vote(c, open_ballot(c, replace(LONGER_HEARING, from_height=99)), azure_bay="yes", birch_vale="yes")
    c.advance(7)
    vote(c, open_ballot(c, CallOff(1)), azure_bay="yes", birch_vale="yes")
    c.advance(7)
    return c


def become_moot() -> Consortium:
    """BAL-19: two dismissals are carried, the second would leave too few verifiers; another changes what is so."""
    c = begin()
    for member in ("azure-bay", "birch-vale"):
        number = open_ballot(c, Dismiss(member, "verifier"))
        others = {"azure_bay", "birch_vale", "cedar_ford"} - {member.replace("-", "_")}
        vote(c, number, **dict.fromkeys(sorted(others), "yes"))
    c.advance(7)
    return c


def make_recovery(c: Consortium) -> Recover:
    consent = sign(c.get_seed("dune-shore/new"), m.compute_recovery_message(c.chain.id, "dune-shore"))
    return Recover("dune-shore", c.get_public_key("dune-shore/new"), bytes(32), consent)


def recover_a_key() -> Consortium:
    """BAL-6, BAL-19: every key of the member ends, a thief's too, who cannot use up the new one; that has all roles."""
    c = begin()
    c.act("dune-shore", make_officer(c, "dune-shore", "dune-shore/thief"))
    motion = make_recovery(c)
    number = open_ballot(c, motion)
    c.attempt("dune-shore/thief", Vote(number, "no"))
    c.attempt("dune-shore/thief", m.AddOfficer(motion.public_key, ("auditor",), bytes(32), motion.possession))
    vote(c, number, azure_bay="yes", birch_vale="yes")
    c.advance(7)
    c.attempt("dune-shore/thief", c.make_registration("dune-shore"))
    c.attempt("dune-shore", c.make_registration("dune-shore"))
    c.act("dune-shore/new", c.make_registration("dune-shore"))
    return c


def vote_in_time_late_and_twice() -> Consortium:
    """BAL-8, BAL-9, BAL-11."""
    c = begin()
    c.act("azure-bay", make_ballot(c, QUORUM_350), Withdraw(1))
    operation = make_ballot(c, LONGER_HEARING, days=8)
    c.act("azure-bay", replace(operation, opens_at=c.time + DAY_US))
    c.attempt("birch-vale", Vote(2, "yes"))
    c.advance(1)
    vote(c, 2, birch_vale="yes")
    c.attempt("birch-vale", Vote(2, "no"))
    c.attempt("birch-vale", Withdraw(2))
    c.advance(7)
    c.attempt("cedar-ford", Vote(2, "yes"))
    return c


def announce_and_take_back() -> Consortium:
    """BAL-4, BAL-5: nobody keeps its own dismissal from the vote, nor opens and withdraws without end."""
    c = begin()
    motion = Dismiss("azure-bay", "verifier")
    c.act("azure-bay", make_notice(c, motion))
    c.advance(59)
    c.attempt("azure-bay", Withdraw(1), make_notice(c, motion))
    c.act("azure-bay", Withdraw(1))
    c.attempt("dune-shore", make_notice(c, motion))
    vote(c, open_ballot(c, motion, "birch-vale"), birch_vale="yes", cedar_ford="yes")
    for number in range(3, 9):
        c.attempt("azure-bay", make_ballot(c, ChangeParameter("hearing_days", 20 + number, 1000)), Withdraw(number))
    c.advance(7)
    return c


def make_notice(c: Consortium, motion: Motion) -> Open:
    """A ballot announced for as late as may be."""
    opens_at = c.time + 60 * DAY_US
    return replace(make_ballot(c, motion), opens_at=opens_at, closes_at=opens_at + 60 * DAY_US)


def shorten_the_time_of_a_stay() -> Consortium:
    """BAL-13: it is a rule of ballots by another name."""
    c = begin()
    vote(c, open_ballot(c, ChangeParameter("hearing_days", 1, 9)), azure_bay="yes", birch_vale="yes", cedar_ford="no")
    c.advance(7)
    return c


SCENES: dict[str, Callable[[], Consortium]] = {
    scene.__name__: scene
    for scene in (
        change_a_parameter, fail_for_want_of_votes, change_the_rules_of_ones_own_ballot, entrench,
        stay_an_exit, stay_an_exit_and_hear_again, expel_without_a_quorum,
        admit_by_vote, become_moot, recover_a_key, vote_in_time_late_and_twice,
        admit_by_too_few, call_off_a_rulebook, call_off_at_the_last_moment,
        announce_and_take_back, shorten_the_time_of_a_stay,
    )
}  # fmt: skip
