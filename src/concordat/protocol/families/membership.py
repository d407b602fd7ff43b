"""Membership: register, credit review, verification, mirror identity; officers; forced exit and the way back.

Normative text: spec/membership.md (paper rows R1–R3, R12, G6). The order is the paper's: `apply` registers a legal
identity and is reviewed at once; the named sponsor's `sponsor` reviews again; at the k-th `attest` of a verifier the
mirror identity exists. Nobody supplies a number: the review reads ledger facts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from concordat.credit.grades import is_sponsor_grade
from concordat.credit.rulebook import RULEBOOK
from concordat.credit.score import Score
from concordat.crypto.signatures import is_valid
from concordat.errors import Rejected
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import Code, Digest, Label, MemberId, Natural, PublicKey, Signature, TimeUs
from concordat.primitives.ledger_time import DAY_US, WEEK_US
from concordat.protocol.context import DUE_APPLICATION, DUE_HEARING, Context, get_signer
from concordat.protocol.receipts import Rejection
from concordat.protocol.records import (
    Attestation,
    Credit,
    Identity,
    Member,
    MemberKind,
    MemberRole,
    Officer,
    OfficerRole,
)
from concordat.protocol.standing import is_in_standing
from concordat.protocol.state import State

POSSESSION_DOMAIN = b"concordat/possession/v1\0"
"""What a new officer's key signs: this ‖ chain id ‖ the member's name."""

OFFICERS_MAX = 32
ALL_ROLES: tuple[OfficerRole, ...] = ("admin", "auditor", "contracts", "data")

OfficerRoles = Annotated[tuple[OfficerRole, ...], Meta(max_length=4)]


class Apply(Struct, frozen=True, tag="membership.apply"):
    """Register a legal identity. The signing key becomes the first officer's; signing proves possession."""

    member: MemberId
    name: Label
    kind: MemberKind
    scheme: Code
    code: Code
    dossier: Digest
    """Salted commitment to the evidence documents, which verifiers see and the ledger does not."""
    sponsor: MemberId
    predecessor: MemberId | None
    """The member under whose identity the same body was known before."""
    parent: MemberId | None
    card: Digest


class Sponsor(Struct, frozen=True, tag="membership.sponsor"):
    """Stand, or refuse to stand, for an applicant or for an expelled member's return that named the signer."""

    member: MemberId
    verdict: bool


class Attest(Struct, frozen=True, tag="membership.attest"):
    """A verifier's word on exactly this dossier."""

    member: MemberId
    dossier: Digest
    verdict: bool


class Respond(Struct, frozen=True, tag="membership.respond"):
    """A statement, by its digest, in the signer's own hearing."""

    statement: Digest


class Readmit(Struct, frozen=True, tag="membership.readmit"):
    """An expelled member asks to return; `guarantor` must then sponsor it."""

    guarantor: MemberId


class AddOfficer(Struct, frozen=True, tag="membership.add_officer"):
    """Bind a further key to the signer's member."""

    public_key: PublicKey
    roles: OfficerRoles
    card: Digest
    possession: Signature


class SetRoles(Struct, frozen=True, tag="membership.set_roles"):
    """Change what an officer's key may do."""

    public_key: PublicKey
    roles: OfficerRoles


class RemoveOfficer(Struct, frozen=True, tag="membership.remove_officer"):
    """End an officer's key. What it signed before stays valid for its time."""

    public_key: PublicKey


class Applied(Struct, frozen=True, tag="membership.applied"):
    """A legal identity was registered and passed its first review."""

    member: MemberId
    sponsor: MemberId


class Reviewed(Struct, frozen=True, tag="membership.reviewed"):
    """The sponsor stands for the applicant and the credit review is passed."""

    member: MemberId
    sponsor: MemberId


class Attested(Struct, frozen=True, tag="membership.attested"):
    """A verifier gave its word; `count` of `needed` approve."""

    member: MemberId
    verifier: MemberId
    verdict: bool
    count: Natural
    needed: Natural


class Admitted(Struct, frozen=True, tag="membership.admitted"):
    """The mirror identity exists."""

    member: MemberId


class ApplicationRefused(Struct, frozen=True, tag="membership.refused"):
    """The sponsor will not stand for it, or so many verifiers refused that k approvals cannot be reached."""

    member: MemberId


class ApplicationLapsed(Struct, frozen=True, tag="membership.lapsed"):
    """The application was not finished in time."""

    member: MemberId


class HearingOpened(Struct, frozen=True, tag="membership.hearing_opened"):
    """Forced exit is due; new contracts are barred and a statement may be filed until `ends`."""

    member: MemberId
    limb: str
    ends: TimeUs


class Responded(Struct, frozen=True, tag="membership.responded"):
    """A statement was filed in a hearing."""

    member: MemberId
    statement: Digest


class Expelled(Struct, frozen=True, tag="membership.expelled"):
    """The hearing's window is over: the member is out."""

    member: MemberId


class ReadmissionAsked(Struct, frozen=True, tag="membership.readmission_asked"):
    """An expelled member asks to return under a guarantor."""

    member: MemberId
    guarantor: MemberId


class ReadmissionDeclined(Struct, frozen=True, tag="membership.readmission_declined"):
    """The named guarantor will not stand for the return."""

    member: MemberId
    guarantor: MemberId


class Readmitted(Struct, frozen=True, tag="membership.readmitted"):
    """An expelled member is back, under the limits of a return."""

    member: MemberId
    guarantor: MemberId


class OfficerAdded(Struct, frozen=True, tag="membership.officer_added"):
    """A key now speaks for a member."""

    member: MemberId
    public_key: PublicKey
    roles: tuple[OfficerRole, ...]


class OfficerChanged(Struct, frozen=True, tag="membership.officer_changed"):
    """A key's roles changed."""

    member: MemberId
    public_key: PublicKey
    roles: tuple[OfficerRole, ...]


class OfficerRemoved(Struct, frozen=True, tag="membership.officer_removed"):
    """A key no longer speaks for its member."""

    member: MemberId
    public_key: PublicKey


Operation = Apply | Sponsor | Attest | Respond | Readmit | AddOfficer | SetRoles | RemoveOfficer
Event = (
    Applied
    | Reviewed
    | Attested
    | Admitted
    | ApplicationRefused
    | ApplicationLapsed
    | HearingOpened
    | Responded
    | Expelled
    | ReadmissionAsked
    | ReadmissionDeclined
    | Readmitted
    | OfficerAdded
    | OfficerChanged
    | OfficerRemoved
)

REJECTIONS = (
    Rejection("membership.key_in_use", "MEM-1", may_succeed_later=False),
    Rejection("membership.id_taken", "MEM-2", may_succeed_later=False),
    Rejection("membership.code_taken", "MEM-3", may_succeed_later=False),
    Rejection("membership.unknown_member", "MEM-5", may_succeed_later=True),
    Rejection("membership.nothing_to_sponsor", "MEM-6", may_succeed_later=True),
    Rejection("membership.not_named_as_sponsor", "MEM-7", may_succeed_later=False),
    Rejection("membership.review_failed", "MEM-4", may_succeed_later=True),
    Rejection("membership.not_a_verifier", "MEM-8", may_succeed_later=True),
    Rejection("membership.not_in_verification", "MEM-9", may_succeed_later=True),
    Rejection("membership.dossier_differs", "MEM-10", may_succeed_later=False),
    Rejection("membership.already_attested", "MEM-11", may_succeed_later=False),
    Rejection("membership.no_hearing", "MEM-12", may_succeed_later=True),
    Rejection("membership.not_expelled", "MEM-13", may_succeed_later=False),
    Rejection("membership.too_early_to_return", "MEM-14", may_succeed_later=True),
    Rejection("membership.guarantor_not_fit", "MEM-15", may_succeed_later=True),
    Rejection("membership.possession_not_proved", "MEM-16", may_succeed_later=False),
    Rejection("membership.too_many_officers", "MEM-17", may_succeed_later=True),
    Rejection("membership.not_your_officer", "MEM-18", may_succeed_later=False),
    Rejection("membership.roles_not_in_order", "MEM-20", may_succeed_later=False),
    Rejection("membership.last_admin", "MEM-19", may_succeed_later=True),
)

REVIEW_REASONS = (
    "review.sponsor_unknown",  # sponsor
    "review.sponsor_not_in_standing",  # sponsor, status
    "review.sponsor_credit_too_low",  # sponsor, grade
    "review.predecessor_unknown",  # predecessor
    "review.predecessor_expelled",  # predecessor, days left
    "review.open_sanction",  # member under a hearing
)
"""Every ground on which the credit review refuses (MEM-4), in the order in which they are listed."""


def compute_possession_message(chain_id: bytes, member: str) -> bytes:
    """Return what a new officer's key signs to prove that somebody holds it (MEM-16)."""
    return POSSESSION_DOMAIN + chain_id + member.encode()


# ── registration and credit review ──────────────────────────────────────────────────────────────────────────────────


def check_apply(context: Context, operation: Apply) -> None:
    """MEM-1 to MEM-4."""
    state = context.state
    officer = state.officers.get((context.public_key,))
    row = state.members.get((operation.member,))
    holder = state.identities.get((operation.scheme, operation.code))
    is_second_try = (
        row is not None
        and row.status in {"refused", "lapsed"}
        and (row.scheme, row.code) == (operation.scheme, operation.code)
    )
    if officer is not None and not (is_second_try and officer.member == operation.member):
        raise Rejected("membership.key_in_use", officer.member)
    if row is not None and not is_second_try:
        raise Rejected("membership.id_taken", operation.member)
    if holder is not None and holder.member != operation.member:
        raise Rejected("membership.code_taken", operation.scheme, operation.code)
    check_review(context, operation.sponsor, operation.predecessor, operation.parent)


def check_review(context: Context, sponsor: str, predecessor: str | None, parent: str | None) -> None:
    """MEM-4: the credit review, by rule over ledger facts; every ground is listed."""
    reasons = (
        *_review_sponsor(context.state, sponsor),
        *_review_predecessor(context, predecessor),
        *_review_sanctions(context.state, (predecessor, parent)),
    )
    if reasons:
        raise Rejected("membership.review_failed", reasons=reasons)


Reasons = Iterator[tuple[str, tuple[str | int, ...]]]


def _review_sponsor(state: State, sponsor: str) -> Reasons:
    row = state.members.get((sponsor,))
    if row is None:
        yield "review.sponsor_unknown", (sponsor,)
    elif not is_in_standing(row):
        yield "review.sponsor_not_in_standing", (sponsor, row.status)
    elif "seed" not in row.roles and not is_sponsor_grade(grade := state.credits[(sponsor,)].grade):
        yield "review.sponsor_credit_too_low", (sponsor, grade)


def _review_predecessor(context: Context, predecessor: str | None) -> Reasons:
    if predecessor is None:
        return
    row = context.state.members.get((predecessor,))
    if row is None:
        yield "review.predecessor_unknown", (predecessor,)
    elif row.expelled_at is not None and row.status == "expelled":
        days_left = -(-(row.expelled_at + RULEBOOK.return_after_weeks * WEEK_US - context.time) // DAY_US)
        if days_left > 0:
            yield "review.predecessor_expelled", (predecessor, days_left)


def _review_sanctions(state: State, members: tuple[str | None, ...]) -> Reasons:
    for member in members:
        row = state.members.get((member,)) if member is not None else None
        if member is not None and row is not None and row.status == "suspended":
            yield "review.open_sanction", (member,)


def apply_apply(context: Context, operation: Apply) -> None:
    """Register the identity; the application lapses unless it is finished in time."""
    check_apply(context, operation)
    state = context.state
    _end_former_keys(context, operation.member)
    member = Member(
        name=operation.name,
        kind=operation.kind,
        scheme=operation.scheme,
        code=operation.code,
        dossier=operation.dossier,
        sponsor=operation.sponsor,
        predecessor=operation.predecessor,
        parent=operation.parent,
        roles=(),
        status="applied",
        officers=(context.public_key,),
        attestations=(),
        applied_at=context.time,
        admitted_at=None,
        admitted_record=(0, 0),
        expelled_at=None,
        returned_at=None,
        guarantor=None,
        hearing_ends=None,
        statement=None,
    )
    state.members.put((operation.member,), member)
    state.identities.put((operation.scheme, operation.code), Identity(operation.member))
    state.officers.put(
        (context.public_key,), Officer(operation.member, ALL_ROLES, operation.card, context.time, None)
    )
    lapses = context.time + context.params.application_days * DAY_US
    context.schedule(lapses, DUE_APPLICATION, operation.member.encode())
    context.emit(Applied(operation.member, operation.sponsor))


def _end_former_keys(context: Context, member: str) -> None:
    """MEM-2: a second try speaks with its own key alone; whoever tried before under this name speaks for it no more."""
    row = context.state.members.get((member,))
    for key in row.officers if row is not None else ():
        if key != context.public_key:
            officer = context.state.officers[(key,)]
            context.state.officers.put((key,), replace(officer, removed_at=context.time))


def apply_sponsor(context: Context, operation: Sponsor) -> None:
    """MEM-5 to MEM-7: the named sponsor of an application, or the named guarantor of a return."""
    signer, _ = get_signer(context, "admin")
    row = _get_member(context.state, operation.member)
    if row.status == "applied":
        if row.sponsor != signer:
            raise Rejected("membership.not_named_as_sponsor", signer, operation.member)
        if not operation.verdict:
            context.state.members.put((operation.member,), replace(row, status="refused"))
            context.emit(ApplicationRefused(operation.member))
            return
        check_review(context, signer, row.predecessor, row.parent)
        context.state.members.put((operation.member,), replace(row, status="reviewed"))
        context.emit(Reviewed(operation.member, signer))
    elif row.status == "expelled" and row.guarantor is not None:
        if row.guarantor != signer:
            raise Rejected("membership.not_named_as_sponsor", signer, operation.member)
        if operation.verdict:
            _check_guarantor(context.state, signer)
            _readmit(context, operation.member, row)
        else:
            context.state.members.put((operation.member,), replace(row, guarantor=None))
            context.emit(ReadmissionDeclined(operation.member, signer))
    else:
        raise Rejected("membership.nothing_to_sponsor", operation.member, row.status)


def _get_member(state: State, member: str) -> Member:
    row = state.members.get((member,))
    if row is None:
        raise Rejected("membership.unknown_member", member)
    return row


# ── verification and mirror identity ────────────────────────────────────────────────────────────────────────────────


def check_attest(context: Context, operation: Attest) -> tuple[str, Member]:
    """MEM-5, MEM-8 to MEM-11; returns the verifier and the applicant's row."""
    verifier, row = get_signer(context, "admin")
    applicant = _get_member(context.state, operation.member)
    if "verifier" not in row.roles or not is_in_standing(row):
        raise Rejected("membership.not_a_verifier", verifier)
    if applicant.status != "reviewed":
        raise Rejected("membership.not_in_verification", operation.member, applicant.status)
    if operation.dossier != applicant.dossier:
        raise Rejected("membership.dossier_differs", operation.member)
    if any(attestation.verifier == verifier for attestation in applicant.attestations):
        raise Rejected("membership.already_attested", verifier, operation.member)
    return verifier, applicant


def apply_attest(context: Context, operation: Attest) -> None:
    """Count the verifier's word; the k-th approval admits, and a refusal that leaves fewer than k refuses."""
    verifier, applicant = check_attest(context, operation)
    attestations = (*applicant.attestations, Attestation(verifier, operation.verdict, context.time))
    approvals = sum(1 for attestation in attestations if attestation.verdict)
    needed = context.params.verify_k
    applicant = replace(applicant, attestations=attestations)
    context.state.members.put((operation.member,), applicant)
    context.emit(Attested(operation.member, verifier, operation.verdict, approvals, needed))
    if approvals >= needed:
        admit(context, operation.member, applicant)
    elif not operation.verdict and approvals + _count_silent_verifiers(context.state, applicant) < needed:
        context.state.members.put((operation.member,), replace(applicant, status="refused"))
        context.emit(ApplicationRefused(operation.member))


def _count_silent_verifiers(state: State, applicant: Member) -> int:
    """Count the verifiers in standing that have not given their word yet."""
    spoken = [attestation.verifier for attestation in applicant.attestations]
    return sum(
        1
        for (member,), row in state.members.items()
        if "verifier" in row.roles and is_in_standing(row) and member not in spoken
    )


def admit(context: Context, member: str, row: Member) -> None:
    """Give the mirror identity: a newcomer signs from day one (credit §2.7, grade N)."""
    context.state.members.put(
        (member,),
        replace(
            row, status="active", admitted_at=context.time, admitted_record=(context.height, context.index)
        ),
    )
    context.state.credits.put((member,), make_newcomer_credit(row.roles, week=_week(context)))
    context.emit(Admitted(member))


def make_newcomer_credit(roles: tuple[MemberRole, ...], week: int) -> Credit:
    """Return a newcomer's credit: 600, grade N; only seeds have weight from the start (credit §2.5)."""
    return Credit(Score(600, 0, 0, 0), "N", week, 1000 if "seed" in roles else 0, 0)


def _week(context: Context) -> int:
    return (context.time - context.genesis_us) // WEEK_US


def fire_application_lapse(context: Context, subject: bytes) -> None:
    """An application that nobody finished lapses (a second try may use the same name and code)."""
    member = subject.decode()
    row = context.state.members[(member,)]
    lapses = row.applied_at + context.params.application_days * DAY_US
    if row.status in {"applied", "reviewed"} and lapses <= context.time:
        context.state.members.put((member,), replace(row, status="lapsed"))
        context.emit(ApplicationLapsed(member))


# ── forced exit and return ──────────────────────────────────────────────────────────────────────────────────────────


def open_hearing(context: Context, member: str, limb: str) -> None:
    """A limb of the exit rule is met: new contracts are barred and the window for a statement opens."""
    row = context.state.members[(member,)]
    if row.status != "active":
        return
    ends = context.time + context.params.hearing_days * DAY_US
    context.state.members.put((member,), replace(row, status="suspended", hearing_ends=ends, statement=None))
    context.schedule(ends, DUE_HEARING, member.encode())
    context.emit(HearingOpened(member, limb, ends))


def apply_respond(context: Context, operation: Respond) -> None:
    """MEM-12: the member is heard."""
    member, row = get_signer(context, "admin")
    if row.status != "suspended":
        raise Rejected("membership.no_hearing", member)
    context.state.members.put((member,), replace(row, statement=operation.statement))
    context.emit(Responded(member, operation.statement))


def fire_hearing_end(context: Context, subject: bytes) -> None:
    """The window is over; exit follows by rule. Running contracts are wound down by their own terms."""
    member = subject.decode()
    row = context.state.members[(member,)]
    if row.status == "suspended" and row.hearing_ends is not None and row.hearing_ends <= context.time:
        context.state.members.put(
            (member,), replace(row, status="expelled", expelled_at=context.time, hearing_ends=None, guarantor=None)
        )
        context.emit(Expelled(member))


def apply_readmit(context: Context, operation: Readmit) -> None:
    """MEM-13 to MEM-15: after 52 weeks, with a guarantor of grade C or better, who must then sponsor."""
    member, row = get_signer(context, "admin")
    if row.status != "expelled" or row.expelled_at is None:
        raise Rejected("membership.not_expelled", member, row.status)
    days_left = -(-(row.expelled_at + RULEBOOK.return_after_weeks * WEEK_US - context.time) // DAY_US)
    if days_left > 0:
        raise Rejected("membership.too_early_to_return", member, days_left)
    if operation.guarantor == member:
        raise Rejected("membership.guarantor_not_fit", operation.guarantor)
    _check_guarantor(context.state, operation.guarantor)
    context.state.members.put((member,), replace(row, guarantor=operation.guarantor))
    context.emit(ReadmissionAsked(member, operation.guarantor))


def _check_guarantor(state: State, guarantor: str) -> None:
    if not is_in_standing(state.members.get((guarantor,))):
        raise Rejected("membership.guarantor_not_fit", guarantor)
    if not is_sponsor_grade(state.credits[(guarantor,)].grade):
        raise Rejected("membership.guarantor_not_fit", guarantor)


def _readmit(context: Context, member: str, row: Member) -> None:
    context.state.members.put(
        (member,),
        replace(
            row,
            status="active",
            admitted_at=context.time,
            admitted_record=(context.height, context.index),
            returned_at=context.time,
        ),
    )
    credit = context.state.credits[(member,)]
    context.state.credits.put((member,), replace(credit, closes_below=0))
    context.emit(Readmitted(member, row.guarantor or ""))


# ── officers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def apply_add_officer(context: Context, operation: AddOfficer) -> None:
    """MEM-1, MEM-16, MEM-17, MEM-20: a new key proves that somebody holds it."""
    member, row = get_signer(context, "admin")
    if (operation.public_key,) in context.state.officers:
        raise Rejected("membership.key_in_use", context.state.officers[(operation.public_key,)].member)
    if not is_valid(
        operation.public_key, operation.possession, compute_possession_message(context.chain_id, member)
    ):
        raise Rejected("membership.possession_not_proved")
    if len(row.officers) >= OFFICERS_MAX:
        raise Rejected("membership.too_many_officers", OFFICERS_MAX)
    _check_roles(operation.roles)
    context.state.officers.put(
        (operation.public_key,), Officer(member, operation.roles, operation.card, context.time, None)
    )
    context.state.members.put((member,), replace(row, officers=(*row.officers, operation.public_key)))
    context.emit(OfficerAdded(member, operation.public_key, operation.roles))


def apply_set_roles(context: Context, operation: SetRoles) -> None:
    """MEM-18 to MEM-20."""
    member, officer = _get_own_officer(context, operation.public_key)
    _check_roles(operation.roles)
    context.state.officers.put((operation.public_key,), replace(officer, roles=operation.roles))
    _check_admin_left(context, member)
    context.emit(OfficerChanged(member, operation.public_key, operation.roles))


def apply_remove_officer(context: Context, operation: RemoveOfficer) -> None:
    """MEM-18, MEM-19."""
    member, officer = _get_own_officer(context, operation.public_key)
    context.state.officers.put((operation.public_key,), replace(officer, removed_at=context.time))
    row = context.state.members[(member,)]
    left = tuple(key for key in row.officers if key != operation.public_key)
    context.state.members.put((member,), replace(row, officers=left))
    _check_admin_left(context, member)
    context.emit(OfficerRemoved(member, operation.public_key))


def _get_own_officer(context: Context, public_key: bytes) -> tuple[str, Officer]:
    member, row = get_signer(context, "admin")
    if public_key not in row.officers:
        raise Rejected("membership.not_your_officer", public_key.hex())
    return member, context.state.officers[(public_key,)]


def _check_roles(roles: tuple[OfficerRole, ...]) -> None:
    """One spelling of a set: ascending, without repetition; "node" is given by genesis alone."""
    if list(roles) != sorted(dict.fromkeys(roles)) or "node" in roles:
        raise Rejected("membership.roles_not_in_order", ",".join(roles))


def _check_admin_left(context: Context, member: str) -> None:
    row = context.state.members[(member,)]
    if not any("admin" in context.state.officers[(key,)].roles for key in row.officers):
        raise Rejected("membership.last_admin", member)


def find_broken_invariants(state: State) -> Iterator[str]:
    """Yield what does not hold.

    MEM-INV-1: a code has one holder. MEM-INV-2: the keys listed are those that speak for the member. MEM-INV-3:
    admitted means credit.
    """
    for (member,), row in state.members.items():
        identity = state.identities.get((row.scheme, row.code))
        if identity is None or identity.member != member:
            yield f"MEM-INV-1: {member}"
        for key in row.officers:
            officer = state.officers.get((key,))
            if officer is None or officer.member != member or officer.removed_at is not None:
                yield f"MEM-INV-2: {member}"
        if (row.admitted_at is not None) != ((member,) in state.credits):
            yield f"MEM-INV-3: {member}"
    for (public_key,), officer in state.officers.items():
        is_listed = public_key in state.members[(officer.member,)].officers
        if officer.removed_at is None and not is_listed and officer.roles != ("node",):
            yield f"MEM-INV-2: {officer.member}"
