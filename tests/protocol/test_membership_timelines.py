"""Admission, refusal and second tries; hearings, exits and returns; officers; the weights of an epoch."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest
from msgspec.structs import replace

from concordat.crypto.signatures import sign
from concordat.primitives.codec import encode
from concordat.primitives.ledger_time import DAY_US, WEEK_US
from concordat.protocol.families import credit
from concordat.protocol.families import membership as m
from concordat.protocol.families.contracts import Acknowledge, Propose
from concordat.protocol.families.datasets import Withdraw
from concordat.protocol.messages import Event
from concordat.protocol.params import DEFAULT_PARAMS
from concordat.protocol.records import MemberRole, OfficerRole
from concordat.protocol.standing import get_limit_units
from concordat.testing.consortium import DATASET, Consortium

STATEMENT = sha256(b"what we say").digest()
NEWCOMER = "echo-hill"


@pytest.fixture
def c() -> Iterator[Consortium]:
    consortium = Consortium()
    yield consortium
    consortium.check_invariants()


def names(events: tuple[Event, ...]) -> list[str]:
    return [type(event).__name__ for event in events if type(event).__module__.endswith("membership")]


def get_member_status(c: Consortium, member: str) -> str:
    return c.state.members[(member,)].status


def get_reasons(c: Consortium, application: m.Apply) -> list[tuple[str, tuple[str | int, ...]]]:
    receipt = c.attempt(application.member, application)
    assert receipt.code == "membership.review_failed"
    return [(reason.code, reason.parameters) for reason in receipt.reasons]


def breach(c: Consortium, debtor: str, count: int) -> tuple[Event, ...]:
    """Let obligations of different contracts, owed in turn to two seeds, fail at once."""
    for place in range(count):
        c.agree(c.make_supply(debtor, ("azure-bay", "birch-vale")[place % 2], size=10, due_days=2))
    return c.advance(2 + 7 + 14)


def expel(c: Consortium, member: str = "cedar-ford") -> None:
    breach(c, member, 5)
    c.advance(DEFAULT_PARAMS.hearing_days)
    assert get_member_status(c, member) == "expelled"


# ── admission ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_newcomer_is_registered_reviewed_verified_and_then_a_member(c: Consortium) -> None:
    application = c.make_application(NEWCOMER, "azure-bay")
    assert names(c.act(NEWCOMER, application)) == ["Applied"]
    assert names(c.act("azure-bay", m.Sponsor(NEWCOMER, verdict=True))) == ["Reviewed"]
    assert names(c.act("birch-vale", m.Attest(NEWCOMER, application.dossier, verdict=True))) == ["Attested", "Admitted"]
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
    c.act(NEWCOMER, c.make_application(NEWCOMER, "azure-bay"))
    receipt = c.attempt("cedar-ford", Propose(c.make_supply("cedar-ford", NEWCOMER)))
    assert [reason.code for reason in receipt.reasons] == ["judge.party_not_admitted"]


def test_the_review_lists_every_ground(c: Consortium) -> None:
    expel(c)
    breach(c, "dune-shore", 5)
    application = replace(
        c.make_application(NEWCOMER, "dune-shore"), predecessor="cedar-ford", parent="dune-shore"
    )
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


def test_the_sponsors_word_is_reviewed_again(c: Consortium) -> None:
    application = replace(c.make_application(NEWCOMER, "azure-bay"), predecessor="cedar-ford", parent="azure-bay")
    c.act(NEWCOMER, application)
    breach(c, "cedar-ford", 5)
    receipt = c.attempt("azure-bay", m.Sponsor(NEWCOMER, verdict=True))
    assert receipt.code == "membership.review_failed"
    assert [reason.code for reason in receipt.reasons] == ["review.open_sanction"]


def test_a_declining_sponsor_refuses_the_applicant_who_may_try_again(c: Consortium) -> None:
    application = c.make_application(NEWCOMER, "azure-bay")
    c.act(NEWCOMER, application)
    assert names(c.act("azure-bay", m.Sponsor(NEWCOMER, verdict=False))) == ["ApplicationRefused"]
    assert names(c.act("echo-hill/2", replace(application, sponsor="birch-vale"))) == ["Applied"]
    c.act("birch-vale", m.Sponsor(NEWCOMER, verdict=True))
    c.act("birch-vale", m.Attest(NEWCOMER, application.dossier, verdict=True))
    assert get_member_status(c, NEWCOMER) == "active"


def test_verifiers_refuse_when_the_rest_is_too_few() -> None:
    c = Consortium(params=replace(DEFAULT_PARAMS, verify_k=2))
    application = c.make_application(NEWCOMER, "azure-bay")
    c.act(NEWCOMER, application)
    c.act("azure-bay", m.Sponsor(NEWCOMER, verdict=True))
    c.act("azure-bay", m.Attest(NEWCOMER, application.dossier, verdict=True))
    refusal = m.Attest(NEWCOMER, application.dossier, verdict=False)
    assert names(c.act("birch-vale", refusal)) == ["Attested", "ApplicationRefused"]


def test_one_refusal_does_not_stop_verifiers_who_are_enough(c: Consortium) -> None:
    application = c.make_application(NEWCOMER, "azure-bay")
    c.act(NEWCOMER, application)
    c.act("azure-bay", m.Sponsor(NEWCOMER, verdict=True))
    assert names(c.act("azure-bay", m.Attest(NEWCOMER, application.dossier, verdict=False))) == ["Attested"]
    assert names(c.act("birch-vale", m.Attest(NEWCOMER, application.dossier, verdict=True)))[-1] == "Admitted"


def test_the_word_of_a_verifier_who_left_since_still_counts() -> None:
    roles: tuple[MemberRole, ...] = ("operator", "seed", "verifier")
    c = Consortium(
        {"azure-bay": roles, "birch-vale": roles, "cedar-ford": ("verifier",)},
        params=replace(DEFAULT_PARAMS, verify_k=2),
    )
    for place in range(5):
        c.agree(c.make_supply("cedar-ford", ("azure-bay", "birch-vale")[place % 2], size=10, due_days=2))
    application = c.make_application(NEWCOMER, "azure-bay")
    c.act(NEWCOMER, application)
    c.act("azure-bay", m.Sponsor(NEWCOMER, verdict=True))
    c.act("cedar-ford", m.Attest(NEWCOMER, application.dossier, verdict=True))
    c.advance(23)
    assert get_member_status(c, "cedar-ford") == "suspended"
    assert names(c.act("azure-bay", m.Attest(NEWCOMER, application.dossier, verdict=False))) == ["Attested"]
    assert names(c.act("birch-vale", m.Attest(NEWCOMER, application.dossier, verdict=True)))[-1] == "Admitted"


def test_an_unfinished_application_lapses_and_its_second_try_has_its_own_time(c: Consortium) -> None:
    application = c.make_application(NEWCOMER, "azure-bay")
    c.act(NEWCOMER, application)
    assert names(c.advance_to(c.time + 90 * DAY_US - 1)) == []
    assert names(c.advance_to(c.time + 1)) == ["ApplicationLapsed"]
    c.act("echo-hill/2", application)
    assert names(c.advance(89)) == []
    assert names(c.advance(1)) == ["ApplicationLapsed"]


def test_a_second_try_before_the_first_would_have_lapsed_is_not_cut_short(c: Consortium) -> None:
    application = c.make_application(NEWCOMER, "azure-bay")
    c.act(NEWCOMER, application)
    c.act("azure-bay", m.Sponsor(NEWCOMER, verdict=False))
    c.advance(45)
    c.act("echo-hill/2", application)
    assert names(c.advance(89)) == []
    assert names(c.advance(1)) == ["ApplicationLapsed"]


def refuse(c: Consortium) -> m.Apply:
    """Let an application of the newcomer be refused by its sponsor."""
    application = c.make_application(NEWCOMER, "azure-bay")
    c.act(NEWCOMER, application)
    c.act("azure-bay", m.Sponsor(NEWCOMER, verdict=False))
    return application


def test_a_failed_application_frees_its_code_for_another_name(c: Consortium) -> None:
    failed = refuse(c)
    application = replace(c.make_application("fern-dale", "azure-bay"), code=failed.code)
    assert names(c.act("fern-dale", application)) == ["Applied"]
    c.act("azure-bay", m.Sponsor("fern-dale", verdict=True))
    assert c.attempt("echo-hill/2", failed).code == "membership.code_taken"
    assert names(c.act("echo-hill/2", replace(failed, code="another"))) == ["Applied"]


def test_a_failed_application_frees_its_name_for_another_body(c: Consortium) -> None:
    refuse(c)
    application = replace(c.make_application(NEWCOMER, "birch-vale"), code="another")
    assert names(c.act("echo-hill/other", application)) == ["Applied"]
    assert c.attempt(NEWCOMER, m.Respond(STATEMENT)).code == "ledger.removed_key"
    c.act("birch-vale", m.Sponsor(NEWCOMER, verdict=True))
    assert c.attempt("fern-dale", replace(application, member="fern-dale")).code == "membership.code_taken"


def test_a_lapsed_application_frees_its_code(c: Consortium) -> None:
    lapsed = c.make_application(NEWCOMER, "azure-bay")
    c.act(NEWCOMER, lapsed)
    c.act("azure-bay", m.Sponsor(NEWCOMER, verdict=True))
    application = replace(lapsed, member="fern-dale")
    assert c.attempt("fern-dale", application).code == "membership.code_taken"
    c.advance(90)
    assert names(c.act("fern-dale", application)) == ["Applied"]


def test_who_merely_applied_keeps_nobody_from_its_legal_identity(c: Consortium) -> None:
    application = c.make_application(NEWCOMER, "azure-bay")
    c.act("fern-dale", replace(application, member="fern-dale", code=application.code.upper()))
    c.act(NEWCOMER, application)
    c.act("azure-bay", m.Sponsor(NEWCOMER, verdict=True))
    assert c.attempt("azure-bay", m.Sponsor("fern-dale", verdict=True)).code == "membership.code_taken"


def test_a_child_is_not_lifted_by_its_parent(c: Consortium) -> None:
    c.act(NEWCOMER, replace(c.make_application(NEWCOMER, "azure-bay"), parent="azure-bay"))
    c.act("azure-bay", m.Sponsor(NEWCOMER, verdict=True))
    c.act("birch-vale", m.Attest(NEWCOMER, c.state.members[(NEWCOMER,)].dossier, verdict=True))
    number = c.agree(c.make_supply(NEWCOMER, "azure-bay", due_days=3))
    c.deliver(number)
    c.act("azure-bay", Acknowledge(number, 1))
    c.advance(28)
    credit = c.state.credits[(NEWCOMER,)]
    assert (credit.score.score, credit.weight_milli, len(c.state.flows)) == (600, 0, 0)


def test_the_key_of_a_failed_application_speaks_for_nobody_any_more(c: Consortium) -> None:
    application = refuse(c)
    assert c.attempt(NEWCOMER, m.Respond(STATEMENT)).code == "ledger.removed_key"
    assert c.attempt(NEWCOMER, application).code == "ledger.removed_key"
    c.act("echo-hill/2", application)
    assert c.state.members[(NEWCOMER,)].officers == (c.get_public_key("echo-hill/2"),)


def test_an_applicant_writes_nothing_but_its_application(c: Consortium) -> None:
    c.act(NEWCOMER, c.make_application(NEWCOMER, "azure-bay"))
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
    assert names(c.act("cedar-ford", m.Respond(STATEMENT))) == ["Responded"]
    assert names(c.advance_to(c.time + 14 * DAY_US - 1)) == []
    assert names(c.advance_to(c.time + 1)) == ["Expelled"]
    assert c.state.members[("cedar-ford",)].statement == STATEMENT


def test_a_suspended_member_still_performs_what_it_owes(c: Consortium) -> None:
    number = c.agree(c.make_supply("cedar-ford", "dune-shore", size=10, due_days=60))
    breach(c, "cedar-ford", 5)
    c.deliver(number)
    c.act("dune-shore", Acknowledge(number, 1))
    assert c.state.contracts[(number,)].status == "completed"


def test_an_expelled_member_still_performs_what_it_owes(c: Consortium) -> None:
    number = c.agree(c.make_supply("cedar-ford", "dune-shore", size=10, due_days=60))
    expel(c)
    c.deliver(number)
    c.act("dune-shore", Acknowledge(number, 1))
    assert c.state.contracts[(number,)].status == "completed"
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
        number = c.agree(c.make_supply("dune-shore", partner, size=200, due_days=3))
        c.deliver(number)
        c.act(partner, Acknowledge(number, 1))
    c.advance(28)
    assert c.state.credits[("dune-shore",)].grade == "C"


def perform(c: Consortium) -> None:
    """Let cedar-ford keep its word three times."""
    for _ in range(3):
        number = c.agree(c.make_supply("cedar-ford", "dune-shore", size=10, due_days=3))
        c.deliver(number)
        c.act("dune-shore", Acknowledge(number, 1))


@pytest.fixture
def returning() -> Consortium:
    """cedar-ford was expelled a year ago; dune-shore is of grade C."""
    roles: tuple[MemberRole, ...] = ("operator", "seed", "verifier")
    founders = ["azure-bay", "birch-vale", *(f"seed-{n}" for n in range(9))]
    c = Consortium({**dict.fromkeys(founders, roles), "cedar-ford": (), "dune-shore": ()})
    perform(c)
    expel(c)
    c.advance_to(c.time + 48 * WEEK_US)
    make_guarantor(c)
    return c


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
    c.check_invariants()


def test_what_was_kept_before_an_exit_does_not_lift_the_limit_of_a_return(returning: Consortium) -> None:
    c = returning
    c.act("cedar-ford", m.Readmit("dune-shore"))
    c.act("dune-shore", m.Sponsor("cedar-ford", verdict=True))
    c.advance_to(c.time + 30 * WEEK_US)
    assert c.state.credits[("cedar-ford",)].grade != "E"
    assert get_limit_units(c.state, "cedar-ford", c.time) == 100


def test_a_successor_may_apply_a_year_after_the_exit(c: Consortium) -> None:
    expel(c)
    application = replace(c.make_application(NEWCOMER, "azure-bay"), predecessor="cedar-ford")
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


def test_only_new_breaches_count_after_a_return(returning: Consortium) -> None:
    c = returning
    c.act("cedar-ford", m.Readmit("dune-shore"))
    c.act("dune-shore", m.Sponsor("cedar-ford", verdict=True))
    assert names(c.advance(28 * 4)) == []
    assert get_member_status(c, "cedar-ford") == "active"


# ── weights ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_weights_follow_what_the_seeds_settled(c: Consortium) -> None:
    def get_weights() -> list[int]:
        members = ("azure-bay", "birch-vale", "cedar-ford", "dune-shore", NEWCOMER)
        return [c.state.credits[(member,)].weight_milli for member in members]

    c.admit(NEWCOMER, "azure-bay", "birch-vale")
    assert get_weights() == [1000, 1000, 0, 0, 0]
    for debtor, creditor in (("cedar-ford", "azure-bay"), ("dune-shore", "cedar-ford")):
        number = c.agree(c.make_supply(debtor, creditor, due_days=3))
        c.deliver(number)
        c.act(creditor, Acknowledge(number, 1))
    assert get_weights() == [1000, 1000, 0, 0, 0]
    c.advance(28)
    assert get_weights() == [1000, 1000, 1000, 1000, 0]
    c.advance(52 * 7)
    assert get_weights() == [1000, 1000, 0, 0, 0]
    assert len(c.state.flows) == 0


# ── the close of an epoch, member by member ─────────────────────────────────────────────────────────────────────────


def play_a_year(c: Consortium) -> bytes:
    """Breaches and performances of three members over a year; the encoding of what is published about them."""
    for place in range(13):
        debtor, creditor = ("cedar-ford", "dune-shore", "birch-vale")[place % 3], ("azure-bay", "dune-shore")[place % 2]
        if debtor == creditor:
            creditor = "azure-bay"
        number = c.agree(c.make_supply(debtor, creditor, size=10, due_days=5))
        if place % 4:
            c.deliver(number)
        c.advance(28)
    return b"".join(encode(credit) for _, credit in c.state.credits.items())


def test_an_epoch_closes_alike_in_one_block_and_in_many() -> None:
    def close(items_a_block: int) -> bytes:
        return play_a_year(Consortium(params=replace(DEFAULT_PARAMS, due_items_per_block_max=items_a_block)))

    assert close(1) == close(2) == close(1000)


def test_records_that_count_no_more_leave_the_state_at_a_close(c: Consortium) -> None:
    for _ in range(2):
        number = c.agree(c.make_supply("cedar-ford", "azure-bay", size=10, due_days=5))
    c.deliver(number)
    c.advance(5 + 7 + 14 + 5)
    assert sorted(record.severity for _, record in c.state.records.group("cedar-ford")) == [0, 2]
    c.advance(52 * 7)
    assert [record.severity for _, record in c.state.records.group("cedar-ford")] == [0]
    c.advance((156 - 52 + 13) * 7)
    assert c.state.records.group("cedar-ford") == []
    c.advance(28)
    assert c.state.credits[("cedar-ford",)].score.score == 600


def test_a_breach_names_the_weightiest_independent_creditor(c: Consortium) -> None:
    c.admit(NEWCOMER, "azure-bay", "birch-vale")
    c.agree(c.make_supply(NEWCOMER, "azure-bay", "cedar-ford", "birch-vale", size=10, due_days=2))
    c.agree(c.make_supply(NEWCOMER, "azure-bay", size=10, due_days=2))
    c.advance(23)
    assert [record.counterparty for _, record in c.state.records.group(NEWCOMER)] == ["birch-vale", "azure-bay"]


# ── officers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def add_officer(c: Consortium, label: str, *roles: OfficerRole) -> m.AddOfficer:
    message = m.compute_possession_message(c.chain.id, "azure-bay")
    return m.AddOfficer(c.get_public_key(label), roles, bytes(32), sign(c.get_seed(label), message))


def test_officers_do_what_their_roles_allow_and_no_more(c: Consortium) -> None:
    assert names(c.act("azure-bay", add_officer(c, "azure-bay/data", "data"))) == ["OfficerAdded"]
    c.act("azure-bay/data", c.make_registration("azure-bay"))
    assert c.attempt("azure-bay/data", Propose(c.make_supply("azure-bay", "cedar-ford"))).code == "ledger.role_missing"
    change = m.SetRoles(c.get_public_key("azure-bay/data"), ("contracts",))
    assert names(c.act("azure-bay", change)) == ["OfficerChanged"]
    assert c.attempt("azure-bay/data", c.make_registration("azure-bay")).code == "ledger.role_missing"
    c.act("azure-bay/data", Propose(c.make_supply("azure-bay", "cedar-ford")))


def test_a_removed_key_never_comes_back(c: Consortium) -> None:
    addition = add_officer(c, "azure-bay/2", "data")
    c.act("azure-bay", addition)
    assert names(c.act("azure-bay", m.RemoveOfficer(addition.public_key))) == ["OfficerRemoved"]
    assert c.attempt("azure-bay/2", c.make_registration("azure-bay")).code == "ledger.removed_key"
    assert c.attempt("azure-bay", addition).code == "membership.key_in_use"
    assert c.attempt("azure-bay/2", c.make_application(NEWCOMER, "azure-bay")).code == "ledger.removed_key"


def test_a_key_that_removes_itself_may_not_go_on_in_the_same_transaction(c: Consortium) -> None:
    c.act("azure-bay", add_officer(c, "azure-bay/2", *m.ALL_ROLES))
    receipt = c.attempt(
        "azure-bay/2", m.RemoveOfficer(c.get_public_key("azure-bay/2")), c.make_registration("azure-bay")
    )
    assert (receipt.code, receipt.operation) == ("ledger.removed_key", 1)
    c.act("azure-bay/2", c.make_registration("azure-bay"))


def test_somebody_who_may_administer_is_always_left(c: Consortium) -> None:
    own = m.RemoveOfficer(c.get_public_key("azure-bay"))
    assert c.attempt("azure-bay", own).code == "membership.last_admin"
    c.act("azure-bay", add_officer(c, "azure-bay/2", "admin"))
    c.act("azure-bay", own)
    assert c.attempt("azure-bay/2", m.SetRoles(c.get_public_key("azure-bay/2"), ())).code == "membership.last_admin"


def test_the_role_of_a_node_is_given_by_genesis_alone(c: Consortium) -> None:
    assert c.attempt("azure-bay", add_officer(c, "azure-bay/2", "node")).code == "membership.roles_not_in_order"
