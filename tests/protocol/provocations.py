"""For every rejection code, in order of precedence, what provokes it; the last transaction of each is refused."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from concordat.contracts.terms import ExactFile, MatchingTable
from concordat.crypto.signatures import sign
from concordat.primitives.codec import encode
from concordat.primitives.ledger_time import DAY_US, WEEK_US
from concordat.protocol.families import ballots as b
from concordat.protocol.families import membership as m
from concordat.protocol.families.clock import Advance, Tick
from concordat.protocol.families.contracts import Acknowledge, Decline, Deliver, Propose, Sign, Terminate
from concordat.protocol.families.datasets import Withdraw
from concordat.protocol.families.objections import Answer as AnswerObjection
from concordat.protocol.families.objections import File
from concordat.protocol.messages import Operation
from concordat.protocol.params import DEFAULT_PARAMS
from concordat.protocol.records import (
    AboutBallot,
    AboutEntry,
    AboutRecord,
    Admit,
    Appoint,
    ChangeParameter,
    Dismiss,
)
from concordat.protocol.transactions import DOMAIN, PAYLOAD_OFFSET, TRANSACTION_BYTES_MAX, Receipt
from concordat.testing.consortium import DATASET, SCHEMA, Consortium
from protocol.scenes import (
    DIGEST,
    EDITION_2,
    QUORUM_350,
    agree,
    announce,
    apply_for,
    breach,
    expel,
    get_document,
    get_reviewed,
    make_anchor,
    make_application,
    make_ballot,
    make_object,
    make_officer,
    make_record,
    make_rotation,
    open_ballot,
)

Scene = Callable[[Consortium], Receipt]
RESPOND = m.Respond(DIGEST)


# ── transactions ────────────────────────────────────────────────────────────────────────────────────────────────────


def send(c: Consortium, wire: bytes) -> Receipt:
    return c.submit(wire)[0]


def sign_bytes(c: Consortium, signed: bytes) -> bytes:
    return sign(c.get_seed("azure-bay"), signed) + signed


def make_signed(c: Consortium, payload: bytes) -> bytes:
    """A transaction with any bytes for a payload, under a valid signature."""
    return sign_bytes(c, DOMAIN + c.get_public_key("azure-bay") + payload)


def make_changed(c: Consortium, signer: str = "azure-bay", **changes: object) -> bytes:
    """A signed transaction whose payload differs from a good one."""
    return c.sign_payload(signer, replace(c.make_payload(signer, RESPOND), **changes))


def set_bit(wire: bytes, place: int) -> bytes:
    return wire[:place] + bytes((wire[place] ^ 1,)) + wire[place + 1 :]


def not_canonical(c: Consortium) -> Receipt:
    payload = encode(c.make_payload("azure-bay", RESPOND))
    assert payload[:3] == b"\x98\xc4\x20"
    return send(c, make_signed(c, b"\x98\xc5\x00\x20" + payload[3:]))


def due_first(c: Consortium) -> Receipt:
    for _ in range(3):
        propose(c)
    c.run_block(c.time + DAY_US, c.make_wire("azure-bay", Advance(c.time + DAY_US)))
    return c.attempt("azure-bay", RESPOND)


def nonce_used(c: Consortium) -> Receipt:
    wire = c.make_wire("azure-bay", RESPOND)
    return c.submit(wire, wire)[1]


def removed_key(c: Consortium) -> Receipt:
    c.act("azure-bay", make_officer(c, "azure-bay", "azure-bay/2"))
    c.act("azure-bay", m.RemoveOfficer(c.get_public_key("azure-bay/2")))
    return c.attempt("azure-bay/2", RESPOND)


def attempt_as_auditor(c: Consortium, operation: Operation) -> Receipt:
    c.act("azure-bay", make_officer(c, "azure-bay", "azure-bay/2", roles=("auditor",)))
    return c.attempt("azure-bay/2", operation)


def too_many_events(c: Consortium) -> Receipt:
    """Eight contracts of sixty-four late obligations end at once: two events each."""
    numbers = [
        c.agree(c.make_supply("cedar-ford", "azure-bay", size=1, due_days=2, times=64, grace_days=90)) for _ in range(8)
    ]
    c.advance(70)
    ends = [Terminate(number) for number in numbers]
    c.act("azure-bay", *ends)
    return c.attempt("cedar-ford", *ends)


# ── contracts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def propose(c: Consortium) -> int:
    return c.propose(c.make_supply("cedar-ford", "azure-bay"))


def propose_and_sign(c: Consortium) -> int:
    number = propose(c)
    c.act("cedar-ford", Sign(number, get_document(c, number)))
    return number


def offer_to_somebody_too_often(c: Consortium) -> Receipt:
    offer = Propose(c.make_supply("cedar-ford", "azure-bay"))
    c.act("cedar-ford", *(offer,) * 100)
    return c.attempt("cedar-ford", offer)


def not_a_party(c: Consortium) -> Receipt:
    number = propose(c)
    return c.attempt("dune-shore", Sign(number, get_document(c, number)))


def already_signed(c: Consortium) -> Receipt:
    number = propose_and_sign(c)
    return c.attempt("cedar-ford", Sign(number, get_document(c, number)))


def make_delivered(c: Consortium, *creditors: str, times: int = 1) -> int:
    """A contract whose first obligation was delivered."""
    number = c.agree(c.make_supply("cedar-ford", *creditors or ("azure-bay",), times=times))
    c.deliver(number)
    return number


def version_withdrawn(c: Consortium) -> Receipt:
    number = agree(c)
    c.act("cedar-ford", c.make_registration("cedar-ford"), Withdraw(DATASET, 1, "wrong file"))
    return c.attempt("cedar-ford", Deliver(number, 1, 1))


def deliver_against(c: Consortium, evidence: ExactFile | MatchingTable) -> Receipt:
    terms = c.make_supply("cedar-ford", "azure-bay")
    number = c.agree(replace(terms, obligations=(replace(terms.obligations[0], evidence=evidence),)))
    return c.attempt("cedar-ford", c.make_registration("cedar-ford"), Deliver(number, 1, 1))


def objection_stands(c: Consortium) -> Receipt:
    number = make_delivered(c, "azure-bay", "birch-vale")
    c.act("birch-vale", make_object(number))
    return c.attempt("azure-bay", Acknowledge(number, 1))


def already_acknowledged(c: Consortium) -> Receipt:
    number = make_delivered(c, "azure-bay", "birch-vale")
    c.act("azure-bay", Acknowledge(number, 1))
    return c.attempt("azure-bay", Acknowledge(number, 1))


def deliver_an_exact_file(c: Consortium) -> int:
    """A contract whose one obligation asks for exactly the file that was delivered."""
    registration = c.make_registration("cedar-ford")
    terms = c.make_supply("cedar-ford", "azure-bay")
    evidence = ExactFile(registration.digest)
    number = c.agree(replace(terms, obligations=(replace(terms.obligations[0], evidence=evidence),)))
    c.act("cedar-ford", registration, Deliver(number, 1, registration.version))
    return number


def object_to_an_exact_file(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", make_object(deliver_an_exact_file(c)))


def end_already_asked(c: Consortium) -> Receipt:
    number = agree(c)
    c.act("azure-bay", Terminate(number))
    return c.attempt("azure-bay", Terminate(number))


# ── membership ──────────────────────────────────────────────────────────────────────────────────────────────────────


def apply_weakly(c: Consortium, application: m.Apply) -> Receipt:
    """The neutral element as public key: by ZIP-215 this signature fits whatever it stands before."""
    identity = b"\1" + bytes(31)
    payload = encode(c.make_payload("nobody", application))
    return send(c, identity + bytes(32) + DOMAIN + identity + payload)


def not_named_as_sponsor(c: Consortium) -> Receipt:
    apply_for(c)
    return c.attempt("birch-vale", m.Sponsor("echo-hill", verdict=True))


def dossier_differs(c: Consortium) -> Receipt:
    get_reviewed(c)
    return c.attempt("azure-bay", m.Attest("echo-hill", DIGEST, verdict=True))


def expel_and_ask_back(c: Consortium, guarantor: str, *, after_us: int = 0) -> Receipt:
    expel(c)
    if after_us:
        c.advance_to(c.time + after_us)
    return c.attempt("cedar-ford", m.Readmit(guarantor))


def role_expired(c: Consortium) -> Receipt:
    c.act("azure-bay", make_officer(c, "azure-bay", "azure-bay/2", roles=("auditor",)))
    c.act("azure-bay", m.Grant(c.get_public_key("azure-bay/2"), "admin", c.time + DAY_US, None))
    c.advance(1)
    return c.attempt("azure-bay/2", RESPOND)


def outlast_own_role(c: Consortium) -> Receipt:
    c.act("azure-bay", make_officer(c, "azure-bay", "azure-bay/2", roles=("auditor",)))
    c.act("azure-bay", m.Grant(c.get_public_key("azure-bay/2"), "admin", c.time + DAY_US, None))
    return c.attempt("azure-bay/2", m.SetRoles(c.get_public_key("azure-bay/2"), ("admin", "auditor")))


def delegate_to(c: Consortium, label: str, first_day: int, last_day: int) -> Receipt:
    c.act("azure-bay", make_officer(c, "azure-bay", "azure-bay/2"))
    period = (c.time + first_day * DAY_US, c.time + last_day * DAY_US)
    return c.attempt("azure-bay", m.Delegate(c.get_public_key(label), ("admin",), *period))


def not_admitted(c: Consortium) -> Receipt:
    apply_for(c)
    return c.attempt("echo-hill", RESPOND)


def attest_twice(c: Consortium) -> Receipt:
    attestation = m.Attest("echo-hill", get_reviewed(c).dossier, verdict=False)
    return c.attempt("azure-bay", attestation, attestation)


def rotate_twice(c: Consortium) -> Receipt:
    c.advance(1)
    c.act("azure-bay", make_rotation(c, "azure-bay", "azure-bay/2"))
    return c.attempt("azure-bay/2", make_rotation(c, "azure-bay", "azure-bay/3"))


def answer_twice(c: Consortium) -> Receipt:
    c.act("node", File("cedar-ford", None, DIGEST))
    c.act("cedar-ford", AnswerObjection(1, DIGEST))
    return c.attempt("cedar-ford", AnswerObjection(1, DIGEST))


def object_to_no_record(c: Consortium) -> Receipt:
    return c.attempt("azure-bay", File("cedar-ford", AboutRecord((1, 0, 0, 1)), DIGEST))


def comment_on_an_admission(c: Consortium) -> Receipt:
    apply_for(c)
    number = announce(c, Admit("echo-hill"), days=5)
    return c.attempt("node", File("azure-bay", AboutBallot(number), DIGEST))


def comment_too_late(c: Consortium) -> Receipt:
    number = open_ballot(c, QUORUM_350)
    return c.attempt("birch-vale", File("azure-bay", AboutBallot(number), DIGEST))


# ── ballots ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def vote_again(c: Consortium) -> Receipt:
    number = open_ballot(c, QUORUM_350)
    return c.attempt("azure-bay", *(b.Vote(number, "yes"),) * 2)


def vote_after_the_end(c: Consortium) -> Receipt:
    number = open_ballot(c, QUORUM_350)
    c.advance(8)
    return c.attempt("azure-bay", b.Vote(number, "yes"))


def vote_before_the_beginning(c: Consortium) -> Receipt:
    operation = make_ballot(c, QUORUM_350)
    later = {"opens_at": c.time + DAY_US, "closes_at": operation.closes_at + DAY_US}
    return c.attempt("azure-bay", replace(operation, **later), b.Vote(1, "yes"))


def vote_in_ones_own_matter(c: Consortium) -> Receipt:
    return c.attempt("dune-shore", b.Vote(open_ballot(c, Appoint("dune-shore", "verifier")), "yes"))


def withdraw_after_a_vote(c: Consortium) -> Receipt:
    number = open_ballot(c, QUORUM_350)
    return c.attempt("azure-bay", b.Vote(number, "no"), b.Withdraw(number))


def announce_what_was_withdrawn(c: Consortium) -> Receipt:
    operation = make_ballot(c, QUORUM_350, days=8)
    return c.attempt("azure-bay", operation, b.Withdraw(1), replace(operation, opens_at=c.time + DAY_US))


def open_while_heard(c: Consortium) -> Receipt:
    breach(c, "cedar-ford", 5)
    return c.attempt("cedar-ford", make_ballot(c, QUORUM_350))


def open_too_many(c: Consortium) -> Receipt:
    motions = [ChangeParameter("hearing_days", days, 1000) for days in range(20, 26)]
    return c.attempt("azure-bay", *(make_ballot(c, motion) for motion in motions))


PROVOKE: dict[str, Scene] = {
    "ledger.too_large": lambda c: send(c, bytes(TRANSACTION_BYTES_MAX + 1)),
    "ledger.wrong_domain": lambda c: send(
        c, sign_bytes(c, b"concordat/tx/v2\0" + c.make_wire("azure-bay", RESPOND)[PAYLOAD_OFFSET - 32 :])
    ),
    "encoding.malformed": lambda c: send(c, make_signed(c, b"\xc1")),
    "encoding.not_canonical": not_canonical,
    "ledger.wrong_chain": lambda c: send(c, make_changed(c, chain_id=DIGEST)),
    "ledger.bad_signature": lambda c: send(c, set_bit(c.make_wire("azure-bay", RESPOND), 0)),
    "ledger.due_first": due_first,
    "ledger.expired": lambda c: send(c, make_changed(c, valid_until_height=0)),
    "ledger.valid_too_long": lambda c: send(c, make_changed(c, valid_until_height=10**6)),
    "ledger.nonce_used": nonce_used,
    "ledger.client_key_used": lambda c: c.submit(*(make_changed(c, client_key=b"order 7") for _ in range(2)))[1],
    "ledger.unknown_key": lambda c: c.attempt("nobody", RESPOND),
    "ledger.removed_key": removed_key,
    "ledger.not_admitted": not_admitted,
    "ledger.role_missing": lambda c: attempt_as_auditor(c, RESPOND),
    "ledger.role_expired": role_expired,
    "ledger.too_many_events": too_many_events,
    "clock.not_a_scenario": lambda c: c.attempt("azure-bay", Advance(c.time + 1)),
    "clock.not_an_operator": lambda c: c.attempt("birch-vale", Advance(c.time + 1)),
    "clock.not_alone": lambda c: c.attempt("azure-bay", Advance(c.time + 1), RESPOND),
    "clock.not_forward": lambda c: c.attempt("azure-bay", Advance(c.time - 1)),
    "clock.too_far": lambda c: c.attempt("azure-bay", Advance(c.time + 3650 * DAY_US + 1)),
    "clock.scenario_only_advances": lambda c: c.attempt("node", Tick()),
    "contracts.proposer_not_party": lambda c: c.attempt(
        "dune-shore", Propose(c.make_supply("cedar-ford", "azure-bay"))
    ),
    "contracts.too_many_offers": offer_to_somebody_too_often,
    "contracts.unknown": lambda c: c.attempt("cedar-ford", Sign(77, DIGEST)),
    "contracts.not_a_party": not_a_party,
    "contracts.not_open_for_signature": lambda c: c.attempt("cedar-ford", Decline(agree(c), "too late")),
    "contracts.document_differs": lambda c: c.attempt("cedar-ford", Sign(propose(c), DIGEST)),
    "contracts.already_signed": already_signed,
    "contracts.invalid": lambda c: c.attempt(
        "cedar-ford", Propose(c.make_supply("cedar-ford", "azure-bay", size=100_000))
    ),
    "contracts.not_in_force": lambda c: c.attempt("cedar-ford", Terminate(propose(c))),
    "contracts.unknown_obligation": lambda c: c.attempt("cedar-ford", Deliver(agree(c), 2, 1)),
    "contracts.not_the_debtor": lambda c: c.attempt("azure-bay", Deliver(agree(c), 1, 1)),
    "contracts.not_a_creditor": lambda c: c.attempt("cedar-ford", Acknowledge(make_delivered(c), 1)),
    "contracts.nothing_owed": lambda c: c.attempt("cedar-ford", Deliver(make_delivered(c), 1, 1)),
    "contracts.unknown_version": lambda c: c.attempt("cedar-ford", Deliver(agree(c), 1, 9)),
    "contracts.version_withdrawn": version_withdrawn,
    "contracts.version_used": lambda c: c.attempt("cedar-ford", Deliver(make_delivered(c, times=2), 2, 1)),
    "contracts.digest_differs": lambda c: deliver_against(c, ExactFile(DIGEST)),
    "contracts.schema_differs": lambda c: deliver_against(c, MatchingTable(DIGEST, 1)),
    "contracts.too_few_rows": lambda c: deliver_against(c, MatchingTable(SCHEMA, 25)),
    "contracts.nothing_delivered": lambda c: c.attempt("azure-bay", make_object(agree(c))),
    "contracts.objection_stands": objection_stands,
    "contracts.already_acknowledged": already_acknowledged,
    "contracts.ground_settled": object_to_an_exact_file,
    "contracts.end_already_asked": end_already_asked,
    "datasets.version_not_next": lambda c: c.attempt(
        "cedar-ford", replace(c.make_registration("cedar-ford"), version=2)
    ),
    "datasets.unknown_version": lambda c: c.attempt("cedar-ford", Withdraw(DATASET, 1, "")),
    "datasets.already_withdrawn": lambda c: c.attempt(
        "cedar-ford", c.make_registration("cedar-ford"), *(Withdraw(DATASET, 1, ""),) * 2
    ),
    "membership.key_in_use": lambda c: c.attempt("cedar-ford", make_application(c)),
    "membership.weak_key": lambda c: apply_weakly(c, make_application(c)),
    "membership.id_taken": lambda c: c.attempt("echo-hill", make_application(c, "cedar-ford")),
    "membership.unknown_member": lambda c: c.attempt("azure-bay", m.Sponsor("nobody", verdict=True)),
    "membership.nothing_to_sponsor": lambda c: c.attempt("azure-bay", m.Sponsor("cedar-ford", verdict=True)),
    "membership.not_named_as_sponsor": not_named_as_sponsor,
    "membership.code_taken": lambda c: c.attempt("echo-hill", make_application(c, code="F-3")),
    "membership.not_a_verifier": lambda c: c.attempt(
        "cedar-ford", m.Attest("echo-hill", get_reviewed(c).dossier, verdict=True)
    ),
    "membership.not_in_verification": lambda c: c.attempt(
        "azure-bay", m.Attest("echo-hill", apply_for(c).dossier, verdict=True)
    ),
    "membership.dossier_differs": dossier_differs,
    "membership.already_attested": attest_twice,
    "membership.review_failed": lambda c: c.attempt("echo-hill", make_application(c, sponsor="nobody")),
    "membership.no_hearing": lambda c: c.attempt("azure-bay", RESPOND),
    "membership.not_expelled": lambda c: c.attempt("cedar-ford", m.Readmit("azure-bay")),
    "membership.too_early_to_return": lambda c: expel_and_ask_back(c, "azure-bay"),
    "membership.guarantor_not_fit": lambda c: expel_and_ask_back(c, "dune-shore", after_us=52 * WEEK_US),
    "membership.too_many_officers": lambda c: c.attempt(
        "azure-bay", *(make_officer(c, "azure-bay", f"azure-bay/{n}") for n in range(2, 34))
    ),
    "membership.key_is_new": rotate_twice,
    "membership.possession_not_proved": lambda c: c.attempt("azure-bay", make_officer(c, "birch-vale", "azure-bay/2")),
    "membership.not_your_officer": lambda c: c.attempt("azure-bay", m.RemoveOfficer(c.get_public_key("birch-vale"))),
    "membership.roles_not_in_order": lambda c: c.attempt(
        "azure-bay", make_officer(c, "azure-bay", "azure-bay/2", roles=("data", "admin"))
    ),
    "membership.outlasts_own_role": outlast_own_role,
    "membership.last_admin": lambda c: c.attempt("azure-bay", m.SetRoles(c.get_public_key("azure-bay"), ("data",))),
    "membership.delegated_to_oneself": lambda c: delegate_to(c, "azure-bay", 0, 1),
    "membership.period_turned": lambda c: delegate_to(c, "azure-bay/2", 1, 1),
    "membership.period_over": lambda c: delegate_to(c, "azure-bay/2", -2, -1),
    "behaviors.not_your_subject": lambda c: c.attempt("azure-bay", make_record(c, "cedar-ford")),
    "behaviors.times_turned": lambda c: c.attempt("azure-bay", make_anchor(c, first_at=c.time + 1)),
    "behaviors.from_the_future": lambda c: c.attempt(
        "azure-bay", make_record(c, "azure-bay", occurred_at=c.time + DAY_US)
    ),
    "behaviors.too_old": lambda c: c.attempt("azure-bay", make_record(c, "azure-bay", occurred_at=0)),
    "behaviors.batch_repeated": lambda c: c.attempt("azure-bay", *(make_anchor(c),) * 2),
    "behaviors.batch_overlaps": lambda c: c.attempt("azure-bay", make_anchor(c), make_anchor(c, root=bytes(32))),
    "objections.unknown_member": lambda c: c.attempt("azure-bay", File("nobody", None, DIGEST)),
    "objections.own_member": lambda c: c.attempt("azure-bay", File("azure-bay", None, DIGEST)),
    "objections.unknown_entry": lambda c: c.attempt("azure-bay", File("cedar-ford", AboutEntry((1, 0)), DIGEST)),
    "objections.unknown_record": object_to_no_record,
    "objections.unknown_ballot": lambda c: c.attempt("azure-bay", File("cedar-ford", AboutBallot(7), DIGEST)),
    "objections.not_public": comment_on_an_admission,
    "objections.voting_began": comment_too_late,
    "objections.too_many_open": lambda c: c.attempt("azure-bay", *(File("cedar-ford", None, DIGEST),) * 21),
    "objections.unknown": lambda c: c.attempt("cedar-ford", AnswerObjection(1, DIGEST)),
    "objections.closed": answer_twice,
    "ballots.not_in_standing": open_while_heard,
    "ballots.period_not_allowed": lambda c: c.attempt("azure-bay", replace(make_ballot(c, QUORUM_350), closes_at=1)),
    "ballots.too_many_open": open_too_many,
    "ballots.already_open": lambda c: c.attempt("azure-bay", *(make_ballot(c, QUORUM_350),) * 2),
    "ballots.announced_before": announce_what_was_withdrawn,
    "ballots.impossible": lambda c: c.attempt("azure-bay", make_ballot(c, Dismiss("azure-bay", "operator"))),
    "ballots.unknown": lambda c: c.attempt("azure-bay", b.Vote(77, "yes")),
    "ballots.ended": vote_after_the_end,
    "ballots.not_the_opener": lambda c: c.attempt("birch-vale", b.Withdraw(open_ballot(c, QUORUM_350))),
    "ballots.has_votes": withdraw_after_a_vote,
    "ballots.not_open_yet": vote_before_the_beginning,
    "ballots.not_eligible": vote_in_ones_own_matter,
    "ballots.already_voted": vote_again,
}


EDITION_2_CODES = (
    "membership.key_is_new",
    "ledger.role_expired",
    "membership.outlasts_own_role",
    "membership.delegated_to_oneself",
    "membership.period_turned",
    "membership.period_over",
)


def make_stage(code: str) -> Consortium:
    """The consortium in which a code can be provoked."""
    match code:
        case "ledger.due_first":
            return Consortium(params=replace(DEFAULT_PARAMS, due_events_per_block_max=1))
        case "clock.not_a_scenario":
            return Consortium(clock="real")
        case _ if code in EDITION_2_CODES or code.startswith(("ballots.", "behaviors.", "objections.")):
            return Consortium(params=EDITION_2)
        case _:
            return Consortium()
