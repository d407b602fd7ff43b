"""Members decide together: who votes, what carries, what follows, and what no majority and no absence may do."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from concordat.errors import Refused
from concordat.protocol.context import Context
from concordat.protocol.editions import EDITION_NEWEST
from concordat.protocol.families import ballots as b
from concordat.protocol.families.ballots import OBSTACLES, opening
from concordat.protocol.motions import NOTICE_DAYS
from concordat.protocol.receipts import ScheduledCause
from concordat.protocol.records import (
    Admit,
    Appoint,
    CallOff,
    ChangeParameter,
    ChangeRulebook,
    Dismiss,
    Limb,
    Motion,
    Recover,
    Stay,
)
from concordat.testing.consortium import Consortium
from protocol import ballot_scenes as scenes
from protocol.scenes import (
    DIGEST,
    EDITION_2,
    breach,
    get_ballot_status,
    get_member_status,
    make_ballot,
    open_ballot,
    vote,
)


@pytest.mark.parametrize("name", scenes.SCENES)
def test_invariants_hold_after_each_history(name: str) -> None:
    scenes.SCENES[name]().check_invariants()


def test_a_parameter_changes_at_its_height_before_everything_else() -> None:
    c = scenes.change_a_parameter()
    (entry,) = [entry for entry in c.entries if isinstance(entry.cause, ScheduledCause)]
    assert (entry.height, entry.index, entry.cause) == (9, 0, ScheduledCause(9, 1))
    assert entry.receipt.events == (b.ParameterChanged(1, "hearing_days", 21),)
    assert c.state.get_params() == replace(EDITION_2, hearing_days=21)
    assert get_ballot_status(c, 1) == "applied"


def test_whoever_is_alone_awake_decides_nothing() -> None:
    c = scenes.fail_for_want_of_votes()
    assert [get_ballot_status(c, number) for number in (1, 2)] == ["no_quorum", "no_quorum"]
    assert c.state.members[("dune-shore",)].roles == ()


def test_a_majority_does_not_change_the_rules_of_its_own_ballot() -> None:
    c = scenes.change_the_rules_of_ones_own_ballot()
    assert [get_ballot_status(c, number) for number in (1, 2)] == ["applied", "lost"]
    assert c.state.get_params().ballot_threshold_milli == 500


def test_the_rules_of_ballots_need_three_quarters() -> None:
    c = scenes.entrench()
    assert [get_ballot_status(c, number) for number in (1, 2)] == ["lost", "carried"]


def test_an_exit_is_stayed_and_only_what_comes_later_counts() -> None:
    c = scenes.stay_an_exit()
    assert get_ballot_status(c, 1) == "applied"
    assert get_member_status(c, "cedar-ford") == "active"
    assert c.state.members[("cedar-ford",)].expelled_at is None
    assert len(c.state.ballots) == 1
    again = scenes.stay_an_exit_and_hear_again()
    assert (get_member_status(again, "cedar-ford"), get_ballot_status(again, 2)) == ("suspended", "open")


def test_without_a_quorum_exit_follows_at_the_same_moment() -> None:
    c = scenes.expel_without_a_quorum()
    assert (get_ballot_status(c, 1), get_member_status(c, "cedar-ford")) == ("no_quorum", "expelled")
    assert c.state.members[("cedar-ford",)].expelled_at == c.state.ballots[(1,)].ended_at


@pytest.mark.parametrize(("limb", "threshold_milli"), [("score", 666), ("strikes", 500)])
def test_a_stay_by_score_needs_two_thirds(limb: Limb, threshold_milli: int) -> None:
    c = Consortium(params=EDITION_2)
    context = Context(c.state, c.chain.id, c.chain.genesis.start_time, c.time, c.height + 1, 0)
    assert opening.compute_threshold_milli(context, Stay("cedar-ford", limb)) == threshold_milli


def test_below_edition_2_the_ledger_asks_nobody() -> None:
    c = Consortium()
    breach(c, "cedar-ford", 5)
    assert get_member_status(c, "cedar-ford") == "suspended"
    assert len(c.state.ballots) == 0
    assert c.attempt("azure-bay", make_ballot(c, scenes.LONGER_HEARING)).code == "encoding.malformed"


def test_who_is_admitted_by_vote_has_no_say_in_what_was_opened_before() -> None:
    c = scenes.admit_by_vote()
    assert get_member_status(c, "echo-hill") == "active"
    assert [entry.receipt.code for entry in c.entries if entry.receipt.code != "ok"] == ["ballots.not_eligible"]


def test_to_be_let_in_without_a_check_takes_two_thirds() -> None:
    c = scenes.admit_by_too_few()
    assert (get_ballot_status(c, 1), get_member_status(c, "echo-hill")) == ("lost", "applied")


def test_what_cannot_be_carried_out_any_more_is_moot() -> None:
    c = scenes.become_moot()
    assert [get_ballot_status(c, number) for number in (1, 2)] == ["applied", "moot"]
    assert [event for entry in c.entries for event in entry.receipt.events if isinstance(event, b.Moot)] == [
        b.Moot(2, "last_of_role")
    ]


def test_a_member_recovers_and_the_thief_is_out() -> None:
    c = scenes.recover_a_key()
    codes = [entry.receipt.code for entry in c.entries if entry.receipt.code != "ok"]
    assert codes == ["ballots.not_eligible", "membership.possession_not_proved", *["ledger.removed_key"] * 2]
    assert c.state.members[("dune-shore",)].officers == (c.get_public_key("dune-shore/new"),)


def test_a_vote_is_one_in_time_and_final() -> None:
    c = scenes.vote_in_time_late_and_twice()
    assert [entry.receipt.code for entry in c.entries if entry.receipt.code != "ok"] == [
        "ballots.not_open_yet",
        "ballots.already_voted",
        "ballots.not_the_opener",
        "ballots.ended",
    ]
    assert get_ballot_status(c, 1) == "withdrawn"


IMPOSSIBLE: dict[str, Motion] = {
    "unknown_parameter": ChangeParameter("no_such_thing", 1, 99),
    "out_of_bounds": ChangeParameter("hearing_days", 91, 99),
    "no_change": ChangeParameter("hearing_days", 14, 99),
    "height_passed": ChangeParameter("hearing_days", 15, 1),
    "not_waiting": Admit("echo-hill"),
    "by_the_ledger": Stay("cedar-ford", "score"),
    "not_a_member": Appoint("nobody", "seed"),
    "role_held": Appoint("azure-bay", "seed"),
    "role_not_held": Dismiss("cedar-ford", "seed"),
    "last_of_role": Dismiss("azure-bay", "operator"),
    "key_not_fit": Recover("cedar-ford", DIGEST, DIGEST, bytes(64)),
    "not_carried": CallOff(7),
}


def test_every_obstacle_is_met() -> None:
    assert tuple(IMPOSSIBLE) == OBSTACLES


@pytest.mark.parametrize("ground", IMPOSSIBLE)
def test_what_cannot_be_done_is_not_put_to_the_vote(ground: str) -> None:
    receipt = Consortium(params=EDITION_2).attempt("azure-bay", make_ballot(scenes.begin(), IMPOSSIBLE[ground]))
    assert (receipt.code, receipt.reasons[0].parameters) == ("ballots.impossible", (ground,))


@pytest.mark.parametrize(
    "motion",
    [ChangeParameter("edition", EDITION_NEWEST + 1, 8), ChangeRulebook(DIGEST, 8)],
    ids=["edition", "rulebook"],
)
def test_a_node_stops_before_the_height_at_which_it_lacks_the_rules(motion: Motion) -> None:
    c = Consortium(params=EDITION_2)
    vote(c, open_ballot(c, motion), azure_bay="yes", birch_vale="yes", cedar_ford="yes")
    c.advance(7)
    while c.height < 20:
        c.run_block(c.time)
    c.advance(NOTICE_DAYS)
    height, rows = c.height, list(c.state.dump())
    with pytest.raises(Refused) as caught:
        c.run_block(c.time)
    assert (caught.value.code, c.height, list(c.state.dump())) == ("node.needs_release", height, rows)


def test_rules_that_nobody_has_are_called_off_in_time() -> None:
    c = scenes.call_off_a_rulebook()
    assert [get_ballot_status(c, number) for number in (1, 2, 3)] == ["called_off", "lost", "applied"]
    assert [c.state.ballots[(number,)].threshold_milli for number in (1, 2, 3)] == [666, 666, 666]
    assert c.height > 9
    assert not len(c.state.scheduled)
    (refused,) = [entry.receipt for entry in c.entries if entry.receipt.code != "ok"]
    assert (refused.code, refused.reasons[0].parameters) == ("ballots.impossible", ("not_carried",))


def test_what_is_scheduled_is_called_off_before_its_height() -> None:
    c = scenes.call_off_at_the_last_moment()
    assert [get_ballot_status(c, number) for number in (1, 2)] == ["called_off", "applied"]
    assert not len(c.state.scheduled)


def test_a_parameter_that_would_leave_too_few_verifiers_is_not_put_to_the_vote() -> None:
    c = Consortium(params=EDITION_2)
    receipt = c.attempt("azure-bay", make_ballot(c, ChangeParameter("verify_k", 3, 99)))
    assert receipt.reasons[0].parameters == ("last_of_role",)
