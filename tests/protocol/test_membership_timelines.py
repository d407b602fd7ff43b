"""Admission, refusal and second tries; hearings, exits and returns; officers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from msgspec.structs import replace

from concordat.errors import Refused
from concordat.primitives.ledger_time import DAY_US, WEEK_US
from concordat.protocol.editions import EDITION_NEWEST
from concordat.protocol.families import credit
from concordat.protocol.families import membership as m
from concordat.protocol.families.contracts import Propose
from concordat.protocol.families.datasets import Withdraw
from concordat.protocol.params import DEFAULT_PARAMS, ParamsRow
from concordat.protocol.records import MemberRole
from concordat.protocol.standing import get_limit_units
from concordat.testing.consortium import DATASET, Consortium
from protocol.scenes import (
    DIGEST,
    EDITION_2,
    NEWCOMER,
    acknowledge,
    apply_for,
    attest,
    breach,
    expel,
    get_member_status,
    get_reviewed,
    keep,
    make_application,
    make_officer,
    make_rotation,
    name_events,
)

names = partial(name_events, family="membership")


def get_reasons(c: Consortium, application: m.Apply) -> list[tuple[str, tuple[str | int, ...]]]:
    receipt = c.attempt(application.member, application)
    assert receipt.code == "membership.review_failed"
    return [(reason.code, reason.parameters) for reason in receipt.reasons]


def refuse(c: Consortium) -> m.Apply:
    """Let an application of the newcomer be refused by its sponsor."""
    application = apply_for(c)
    c.act("azure-bay", m.Sponsor(NEWCOMER, verdict=False))
    return application


# ── admission ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_newcomer_is_registered_reviewed_verified_and_then_a_member(c: Consortium) -> None:
    application = make_application(c)
    assert names(c.act(NEWCOMER, application)) == ["Applied"]
    assert names(c.act("azure-bay", m.Sponsor(NEWCOMER, verdict=True))) == ["Reviewed"]
    assert attest(c, "birch-vale", application) == ["Attested", "Admitted"]
    assert get_member_status(c, NEWCOMER) == "active"
    held = c.state.credits[(NEWCOMER,)]
    assert (held.score.score, held.grade, held.weight_milli) == (600, "N", 0)
    number = c.agree(c.make_supply(NEWCOMER, "azure-bay", size=200))
    c.deliver(number)
    assert names(c.advance(200)) == []


def test_as_many_verifiers_admit_as_the_parameter_says() -> None:
    c = Consortium(params=replace(DEFAULT_PARAMS, verify_k=2))
    c.admit(NEWCOMER, "azure-bay", "azure-bay")
    assert get_member_status(c, NEWCOMER) == "reviewed"
    dossier = c.state.members[(NEWCOMER,)].dossier
    assert names(c.act("birch-vale", m.Attest(NEWCOMER, dossier, verdict=True))) == ["Attested", "Admitted"]


def test_an_applicant_enters_no_contract(c: Consortium) -> None:
    apply_for(c)
    receipt = c.attempt("cedar-ford", Propose(c.make_supply("cedar-ford", NEWCOMER)))
    assert [reason.code for reason in receipt.reasons] == ["judge.party_not_admitted"]


def test_the_review_lists_every_ground(c: Consortium) -> None:
    expel(c)
    breach(c, "dune-shore", 5)
    application = make_application(c, sponsor="dune-shore", predecessor="cedar-ford", parent="dune-shore")
    assert get_reasons(c, application) == [
        ("review.sponsor_not_in_standing", ("dune-shore", "suspended")),
        ("review.predecessor_expelled", ("cedar-ford", 364 - 23)),
        ("review.open_sanction", ("dune-shore",)),
    ]


def test_the_review_knows_sponsors_and_predecessors(c: Consortium) -> None:
    application = c.make_application(NEWCOMER, "cedar-ford")
    assert get_reasons(c, application) == [("review.sponsor_credit_too_low", ("cedar-ford", "N"))]
    application = replace(application, sponsor="nobody", predecessor="nothing", parent="nowhere")
    assert get_reasons(c, application) == [
        ("review.sponsor_unknown", ("nobody",)),
        ("review.predecessor_unknown", ("nothing",)),
        ("review.parent_not_sponsor", ("nowhere",)),
    ]


def test_who_merely_applied_is_nobodys_predecessor(c: Consortium) -> None:
    c.act("fern-dale", make_application(c, "fern-dale"))
    assert get_reasons(c, make_application(c, predecessor="fern-dale")) == [
        ("review.predecessor_unknown", ("fern-dale",))
    ]


def test_the_sponsors_word_is_reviewed_again(c: Consortium) -> None:
    apply_for(c, predecessor="cedar-ford", parent="azure-bay")
    breach(c, "cedar-ford", 5)
    receipt = c.attempt("azure-bay", m.Sponsor(NEWCOMER, verdict=True))
    assert receipt.code == "membership.review_failed"
    assert [reason.code for reason in receipt.reasons] == ["review.open_sanction"]


def test_the_approval_that_would_admit_is_reviewed_again(c: Consortium) -> None:
    application = get_reviewed(c, predecessor="cedar-ford")
    breach(c, "cedar-ford", 5)
    attestation = m.Attest(NEWCOMER, application.dossier, verdict=True)
    receipt = c.attempt("azure-bay", attestation)
    assert (receipt.code, [reason.code for reason in receipt.reasons]) == (
        "membership.review_failed", ["review.open_sanction"],
    )  # fmt: skip
    c.advance(DEFAULT_PARAMS.hearing_days)
    receipt = c.attempt("azure-bay", attestation)
    assert [reason.code for reason in receipt.reasons] == ["review.predecessor_expelled"]
    assert get_member_status(c, NEWCOMER) == "reviewed"


def test_an_approval_that_admits_nobody_yet_is_not_reviewed() -> None:
    c = Consortium(params=replace(DEFAULT_PARAMS, verify_k=2))
    application = get_reviewed(c, predecessor="cedar-ford")
    breach(c, "cedar-ford", 5)
    assert attest(c, "azure-bay", application) == ["Attested"]
    last = c.attempt("birch-vale", m.Attest(NEWCOMER, application.dossier, verdict=True))
    assert last.code == "membership.review_failed"


def test_a_declining_sponsor_refuses_the_applicant_who_may_try_again(c: Consortium) -> None:
    application = apply_for(c)
    assert names(c.act("azure-bay", m.Sponsor(NEWCOMER, verdict=False))) == ["ApplicationRefused"]
    assert names(c.act("echo-hill/2", replace(application, sponsor="birch-vale"))) == ["Applied"]
    c.act("birch-vale", m.Sponsor(NEWCOMER, verdict=True))
    attest(c, "birch-vale", application)
    assert get_member_status(c, NEWCOMER) == "active"


def test_verifiers_refuse_when_the_rest_is_too_few() -> None:
    c = Consortium(params=replace(DEFAULT_PARAMS, verify_k=2))
    application = get_reviewed(c)
    attest(c, "azure-bay", application)
    assert attest(c, "birch-vale", application, verdict=False) == ["Attested", "ApplicationRefused"]


def test_one_refusal_does_not_stop_verifiers_who_are_enough(c: Consortium) -> None:
    application = get_reviewed(c)
    assert attest(c, "azure-bay", application, verdict=False) == ["Attested"]
    assert attest(c, "birch-vale", application)[-1] == "Admitted"


def test_the_word_of_a_verifier_who_is_forced_out_counts_no_more() -> None:
    roles: tuple[MemberRole, ...] = ("operator", "seed", "verifier")
    c = Consortium(
        {"azure-bay": roles, "birch-vale": roles, "cedar-ford": ("verifier",)},
        params=replace(DEFAULT_PARAMS, verify_k=2),
    )
    for place in range(5):
        c.agree(c.make_supply("cedar-ford", ("azure-bay", "birch-vale")[place % 2], size=10, due_days=2))
    application = get_reviewed(c)
    attest(c, "cedar-ford", application)
    c.advance(23)
    assert get_member_status(c, "cedar-ford") == "suspended"
    assert attest(c, "azure-bay", application) == ["Attested"]
    assert attest(c, "birch-vale", application)[-1] == "Admitted"


def test_an_unfinished_application_lapses_and_its_second_try_has_its_own_time(c: Consortium) -> None:
    application = apply_for(c)
    assert names(c.advance_to(c.time + 90 * DAY_US - 1)) == []
    assert names(c.advance_to(c.time + 1)) == ["ApplicationLapsed"]
    c.act("echo-hill/2", application)
    assert names(c.advance(89)) == []
    assert names(c.advance(1)) == ["ApplicationLapsed"]


def test_another_parameter_moves_no_application_that_waits(c: Consortium) -> None:
    apply_for(c)
    c.state.begin()
    c.state.params.put((0,), ParamsRow((("application_days", 120),)))
    c.state.commit()
    assert names(c.advance(90)) == ["ApplicationLapsed"]


def test_a_second_try_before_the_first_would_have_lapsed_is_not_cut_short(c: Consortium) -> None:
    application = refuse(c)
    c.advance(45)
    c.act("echo-hill/2", application)
    assert names(c.advance(89)) == []
    assert names(c.advance(1)) == ["ApplicationLapsed"]


def test_a_failed_application_frees_its_code_for_another_name(c: Consortium) -> None:
    failed = refuse(c)
    application = make_application(c, "fern-dale", code=failed.code)
    assert names(c.act("fern-dale", application)) == ["Applied"]
    c.act("azure-bay", m.Sponsor("fern-dale", verdict=True))
    assert c.attempt("echo-hill/2", failed).code == "membership.code_taken"
    assert names(c.act("echo-hill/2", replace(failed, code="another"))) == ["Applied"]


def test_a_failed_application_frees_its_name_for_another_body(c: Consortium) -> None:
    refuse(c)
    application = make_application(c, sponsor="birch-vale", code="another")
    assert names(c.act("echo-hill/other", application)) == ["Applied"]
    assert c.attempt(NEWCOMER, m.Respond(DIGEST)).code == "ledger.removed_key"
    c.act("birch-vale", m.Sponsor(NEWCOMER, verdict=True))
    assert c.attempt("fern-dale", replace(application, member="fern-dale")).code == "membership.code_taken"


def test_a_lapsed_application_frees_its_code(c: Consortium) -> None:
    application = replace(get_reviewed(c), member="fern-dale")
    assert c.attempt("fern-dale", application).code == "membership.code_taken"
    c.advance(90)
    assert names(c.act("fern-dale", application)) == ["Applied"]


def test_who_merely_applied_keeps_nobody_from_its_legal_identity(c: Consortium) -> None:
    application = make_application(c)
    c.act("fern-dale", replace(application, member="fern-dale", code=application.code.upper()))
    get_reviewed(c)
    assert c.attempt("azure-bay", m.Sponsor("fern-dale", verdict=True)).code == "membership.code_taken"


@pytest.mark.parametrize(("scheme", "code"), [("TEST", "f1"), ("t_e.st", "F/1"), ("test", "f:-1.")])
def test_a_code_spelled_otherwise_is_the_same_body(c: Consortium, scheme: str, code: str) -> None:
    receipt = c.attempt(NEWCOMER, make_application(c, scheme=scheme, code=code))
    assert (receipt.code, receipt.reasons[0].parameters) == ("membership.code_taken", (scheme, code))


def test_a_code_stands_as_it_was_given(c: Consortium) -> None:
    application = get_reviewed(c, code="9111-0000/ma01")
    assert attest(c, "azure-bay", application) == ["Attested", "Admitted"]
    assert c.state.members[(NEWCOMER,)].code == "9111-0000/ma01"
    assert c.state.identities[("TEST", "91110000MA01")].member == NEWCOMER


def test_the_key_of_a_failed_application_speaks_for_nobody_any_more(c: Consortium) -> None:
    application = refuse(c)
    assert c.attempt(NEWCOMER, m.Respond(DIGEST)).code == "ledger.removed_key"
    assert c.attempt(NEWCOMER, application).code == "ledger.removed_key"
    c.act("echo-hill/2", application)
    assert c.state.members[(NEWCOMER,)].officers == (c.get_public_key("echo-hill/2"),)


def test_an_applicant_writes_nothing_but_its_application(c: Consortium) -> None:
    apply_for(c)
    assert c.attempt(NEWCOMER, c.make_registration(NEWCOMER)).code == "ledger.not_admitted"


# ── exit and return ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_strikes_open_a_hearing_at_the_fifth_grave_breach(c: Consortium) -> None:
    assert names(breach(c, "cedar-ford", 4)) == []
    c.agree(c.make_supply("cedar-ford", "azure-bay", size=10, due_days=2))
    happened = c.advance(23)
    assert [event.limb for event in happened if isinstance(event, m.HearingOpened)] == ["strikes"]
    assert get_member_status(c, "cedar-ford") == "suspended"


def test_strikes_of_one_counterparty_alone_are_not_enough(c: Consortium) -> None:
    for _ in range(6):
        c.agree(c.make_supply("cedar-ford", "azure-bay", size=10, due_days=2))
    assert names(c.advance(23)) == []


def test_strikes_of_a_sponsor_and_its_newcomer_are_one_voice(c: Consortium) -> None:
    c.admit(NEWCOMER, "azure-bay", "birch-vale")
    for place in range(6):
        c.agree(c.make_supply("cedar-ford", ("azure-bay", NEWCOMER)[place % 2], size=10, due_days=2))
    assert names(c.advance(23)) == []
    c.agree(c.make_supply("cedar-ford", "birch-vale", size=10, due_days=2))
    assert names(c.advance(23)) == ["HearingOpened"]


def test_a_hearing_bars_new_contracts_hears_the_member_and_ends_in_exit(c: Consortium) -> None:
    breach(c, "cedar-ford", 5)
    receipt = c.attempt("cedar-ford", Propose(c.make_supply("cedar-ford", "azure-bay", size=10)))
    assert [reason.code for reason in receipt.reasons] == ["judge.party_not_in_standing"]
    assert names(c.act("cedar-ford", m.Respond(DIGEST))) == ["Responded"]
    assert names(c.advance_to(c.time + 14 * DAY_US - 1)) == []
    assert names(c.advance_to(c.time + 1)) == ["Expelled"]
    assert c.state.members[("cedar-ford",)].statement == DIGEST


def test_a_suspended_member_still_performs_what_it_owes(c: Consortium) -> None:
    number = c.agree(c.make_supply("cedar-ford", "dune-shore", size=10, due_days=60))
    breach(c, "cedar-ford", 5)
    c.deliver(number)
    assert acknowledge(c, number, member="dune-shore") == ["Settled", "Completed"]


def test_an_expelled_member_still_performs_what_it_owes(c: Consortium) -> None:
    number = c.agree(c.make_supply("cedar-ford", "dune-shore", size=10, due_days=60))
    expel(c)
    c.deliver(number)
    assert acknowledge(c, number, member="dune-shore") == ["Settled", "Completed"]
    c.act("cedar-ford", Withdraw(DATASET, 1, "wound down"))


def test_the_score_limb_needs_three_closes(c: Consortium) -> None:
    breach(c, "cedar-ford", 3)
    happened = [c.advance_to(c.chain.genesis.start_time + week * WEEK_US) for week in (4, 8, 12)]
    assert [names(events) for events in happened] == [[], [], ["HearingOpened"]]
    assert [event.limb for event in happened[2] if isinstance(event, credit.ExitDue)] == ["score"]


def test_a_return_needs_a_year_and_a_guarantor(c: Consortium) -> None:
    expel(c)
    c.advance_to(c.time + 52 * WEEK_US - 1)
    assert c.attempt("cedar-ford", m.Readmit("azure-bay")).code == "membership.too_early_to_return"
    c.advance_to(c.time + 1)
    assert c.attempt("cedar-ford", m.Readmit("azure-bay")).code == "membership.guarantor_not_fit"


def make_guarantor(c: Consortium) -> None:
    """Let dune-shore earn grade C by keeping its word to nine seeds."""
    for partner in [f"seed-{n}" for n in range(9)]:
        keep(c, "dune-shore", partner, 200)
    c.advance(28)
    assert c.state.credits[("dune-shore",)].grade == "C"


def perform(c: Consortium) -> None:
    """Let cedar-ford keep its word three times."""
    for _ in range(3):
        keep(c, "cedar-ford", "dune-shore", 10)


def readmit(c: Consortium) -> None:
    c.act("cedar-ford", m.Readmit("dune-shore"))
    c.act("dune-shore", m.Sponsor("cedar-ford", verdict=True))


@pytest.fixture
def returning() -> Iterator[Consortium]:
    """cedar-ford was expelled a year ago and owes dune-shore and azure-bay since before; dune-shore is of grade C."""
    roles: tuple[MemberRole, ...] = ("operator", "seed", "verifier")
    founders = ["azure-bay", "birch-vale", *(f"seed-{n}" for n in range(9))]
    c = Consortium({**dict.fromkeys(founders, roles), "cedar-ford": (), "dune-shore": ()})
    perform(c)
    c.agree(c.make_supply("cedar-ford", "dune-shore", "azure-bay", size=10, due_days=600))
    expel(c)
    c.advance_to(c.time + 48 * WEEK_US)
    make_guarantor(c)
    yield c
    c.check_invariants()


def test_a_guarantor_brings_a_member_back_under_a_small_limit(returning: Consortium) -> None:
    c = returning
    assert names(c.act("cedar-ford", m.Readmit("dune-shore"))) == ["ReadmissionAsked"]
    assert c.attempt("azure-bay", m.Sponsor("cedar-ford", verdict=True)).code == "membership.not_named_as_sponsor"
    assert names(c.act("dune-shore", m.Sponsor("cedar-ford", verdict=True))) == ["Readmitted"]
    assert get_limit_units(c.state, "cedar-ford", c.time) == 100
    perform(c)
    returned_at = c.time
    c.advance_to(returned_at + 26 * WEEK_US - 1)
    assert get_limit_units(c.state, "cedar-ford", c.time) == 100
    c.advance_to(returned_at + 26 * WEEK_US)
    assert get_limit_units(c.state, "cedar-ford", c.time) > 100


def test_what_was_kept_before_an_exit_does_not_lift_the_limit_of_a_return(returning: Consortium) -> None:
    c = returning
    readmit(c)
    c.advance_to(c.time + 30 * WEEK_US)
    assert c.state.credits[("cedar-ford",)].grade != "E"
    assert get_limit_units(c.state, "cedar-ford", c.time) == 100


def test_one_obligation_to_many_is_one_step_out_of_the_limit_of_a_return(returning: Consortium) -> None:
    c = returning
    readmit(c)
    number = c.agree(c.make_supply("cedar-ford", "dune-shore", "azure-bay", "birch-vale", size=10))
    c.deliver(number)
    c.advance_to(c.time + 30 * WEEK_US)
    assert [record.severity for _, record in c.state.records.group("cedar-ford")[-3:]] == [0, 0, 0]
    assert get_limit_units(c.state, "cedar-ford", c.time) == 100


def test_a_successor_may_apply_a_year_after_the_exit(c: Consortium) -> None:
    expel(c)
    application = make_application(c, predecessor="cedar-ford")
    c.advance_to(c.time + 52 * WEEK_US - 1)
    assert get_reasons(c, application) == [("review.predecessor_expelled", ("cedar-ford", 1))]
    c.advance_to(c.time + 1)
    assert names(c.act(NEWCOMER, application)) == ["Applied"]


def test_a_guarantor_may_decline(returning: Consortium) -> None:
    c = returning
    c.act("cedar-ford", m.Readmit("dune-shore"))
    assert names(c.act("dune-shore", m.Sponsor("cedar-ford", verdict=False))) == ["ReadmissionDeclined"]
    assert c.attempt("dune-shore", m.Sponsor("cedar-ford", verdict=True)).code == "membership.nothing_to_sponsor"
    assert get_member_status(c, "cedar-ford") == "expelled"


@pytest.mark.parametrize(("does_return", "witness"), [(False, "dune-shore"), (True, "azure-bay")])
def test_a_guarantor_gives_its_word_before_it_depends(returning: Consortium, does_return: bool, witness: str) -> None:
    c = returning
    c.act("cedar-ford", m.Readmit("dune-shore"))
    if does_return:
        c.act("dune-shore", m.Sponsor("cedar-ford", verdict=True))
    c.advance(600)
    assert [record.counterparty for _, record in c.state.records.group("cedar-ford") if record.severity] == [witness]


def test_only_new_breaches_count_after_a_return(returning: Consortium) -> None:
    c = returning
    readmit(c)
    assert names(c.advance(28 * 4)) == []
    assert get_member_status(c, "cedar-ford") == "active"


# ── officers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_officers_do_what_their_roles_allow_and_no_more(c: Consortium) -> None:
    assert names(c.act("azure-bay", make_officer(c, "azure-bay", "azure-bay/data", ("data",)))) == ["OfficerAdded"]
    c.act("azure-bay/data", c.make_registration("azure-bay"))
    assert c.attempt("azure-bay/data", Propose(c.make_supply("azure-bay", "cedar-ford"))).code == "ledger.role_missing"
    change = m.SetRoles(c.get_public_key("azure-bay/data"), ("contracts",))
    assert names(c.act("azure-bay", change)) == ["OfficerChanged"]
    assert c.attempt("azure-bay/data", c.make_registration("azure-bay")).code == "ledger.role_missing"
    c.act("azure-bay/data", Propose(c.make_supply("azure-bay", "cedar-ford")))


def test_an_officer_has_a_role(c: Consortium) -> None:
    key = c.get_public_key("azure-bay")
    for operation in (make_officer(c, "azure-bay", "azure-bay/2", ()), m.SetRoles(key, ())):
        assert c.attempt("azure-bay", operation).code == "encoding.malformed"


def test_a_removed_key_never_comes_back(c: Consortium) -> None:
    addition = make_officer(c, "azure-bay", "azure-bay/2", ("data",))
    c.act("azure-bay", addition)
    assert names(c.act("azure-bay", m.RemoveOfficer(addition.public_key))) == ["OfficerRemoved"]
    assert c.attempt("azure-bay/2", c.make_registration("azure-bay")).code == "ledger.removed_key"
    assert c.attempt("azure-bay", addition).code == "membership.key_in_use"
    assert c.attempt("azure-bay/2", make_application(c)).code == "ledger.removed_key"


def test_a_key_that_removes_itself_may_not_go_on_in_the_same_transaction(c: Consortium) -> None:
    c.act("azure-bay", make_officer(c, "azure-bay", "azure-bay/2"))
    receipt = c.attempt(
        "azure-bay/2", m.RemoveOfficer(c.get_public_key("azure-bay/2")), c.make_registration("azure-bay")
    )
    assert (receipt.code, receipt.operation) == ("ledger.removed_key", 1)
    c.act("azure-bay/2", c.make_registration("azure-bay"))


def test_somebody_who_may_administer_is_always_left(c: Consortium) -> None:
    own = m.RemoveOfficer(c.get_public_key("azure-bay"))
    assert c.attempt("azure-bay", own).code == "membership.last_admin"
    c.act("azure-bay", make_officer(c, "azure-bay", "azure-bay/2", ("admin",)))
    c.act("azure-bay", own)
    change = m.SetRoles(c.get_public_key("azure-bay/2"), ("data",))
    assert c.attempt("azure-bay/2", change).code == "membership.last_admin"


def test_a_key_hands_over_at_once_and_what_comes_after_it_is_refused() -> None:
    c = Consortium(params=EDITION_2)
    c.act("azure-bay", make_officer(c, "azure-bay", "azure-bay/data", ("data",)))
    began = c.time
    c.advance(1)
    rotation = make_rotation(c, "azure-bay", "azure-bay/next")
    assert names(c.act("azure-bay/data", rotation)) == ["OfficerRemoved", "OfficerAdded"]
    assert c.attempt("azure-bay/data", c.make_registration("azure-bay")).code == "ledger.removed_key"
    c.act("azure-bay/next", c.make_registration("azure-bay"))
    former = c.state.officers[(c.get_public_key("azure-bay/data"),)]
    assert (former.added_at, former.removed_at) == (began, c.time)
    assert c.state.officers[(rotation.public_key,)].roles == ("data",)
    c.check_invariants()


def test_nobody_hands_over_to_a_key_that_is_used_or_whose_holder_did_not_agree() -> None:
    c = Consortium(params=EDITION_2)
    rotation = make_rotation(c, "azure-bay", "birch-vale")
    assert c.attempt("azure-bay", rotation).code == "membership.key_in_use"
    stolen = replace(make_rotation(c, "azure-bay", "azure-bay/2"), public_key=c.get_public_key("azure-bay/3"))
    assert c.attempt("azure-bay", stolen).code == "membership.possession_not_proved"
    assert c.attempt("node", make_rotation(c, "azure-bay", "azure-bay/2")).code == "membership.not_your_officer"


def test_a_lost_key_is_ended_at_once_even_the_last_one() -> None:
    c = Consortium(params=EDITION_2)
    assert names(c.act("cedar-ford", m.RevokeKey())) == ["OfficerRemoved"]
    assert c.attempt("cedar-ford", c.make_registration("cedar-ford")).code == "ledger.removed_key"
    assert c.state.members[("cedar-ford",)].officers == ()
    assert c.attempt("node", m.RevokeKey()).code == "membership.not_your_officer"
    c.check_invariants()


def test_below_its_edition_an_operation_is_unreadable_whatever_else_is_wrong_with_it(c: Consortium) -> None:
    wire = c.make_wire("cedar-ford", m.RevokeKey())
    other_chain = replace(c.make_payload("cedar-ford", m.RevokeKey()), chain_id=DIGEST)
    spoiled = wire[:1] + bytes((wire[1] ^ 1,)) + wire[2:]
    for data in (wire, spoiled, c.sign_payload("cedar-ford", other_chain)):
        assert c.submit(data)[0].code == "encoding.malformed"
    assert c.state.members[("cedar-ford",)].officers


def test_no_block_is_made_under_an_edition_that_this_release_does_not_know() -> None:
    c = Consortium(params=replace(DEFAULT_PARAMS, edition=EDITION_NEWEST + 1))
    with pytest.raises(Refused) as caught:
        c.advance(1)
    assert (caught.value.code, c.height) == ("node.needs_release", 0)


def test_the_role_of_a_node_is_given_by_genesis_alone(c: Consortium) -> None:
    addition = make_officer(c, "azure-bay", "azure-bay/2", ("node",))
    assert c.attempt("azure-bay", addition).code == "membership.roles_not_in_order"
