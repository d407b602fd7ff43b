"""Admission: legal identity, credit review, sponsor, verification, mirror identity (spec/membership.md MEM-1 to 11).

The order is the paper's: `apply` registers a legal identity and is reviewed at once; the named sponsor's `sponsor`
reviews again, and so does the k-th `attest` of a verifier, at which the mirror identity exists. Nobody supplies a
number: the review reads ledger facts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec.structs import replace

from concordat.credit.grades import is_sponsor_grade
from concordat.credit.score import NEWCOMER
from concordat.crypto.signatures import is_sound_key
from concordat.errors import Rejected
from concordat.primitives.ledger_time import DAY_US, compute_week
from concordat.protocol.context import DUE_APPLICATION, Context, get_signer
from concordat.protocol.families.membership import (
    ALL_ROLES,
    Admitted,
    ApplicationLapsed,
    ApplicationRefused,
    Applied,
    Apply,
    Attest,
    Attested,
    Reviewed,
    Sponsor,
)
from concordat.protocol.families.membership.exits import answer_return, count_barred_days
from concordat.protocol.records import Attestation, Credit, Identity, Member, MemberRole, MemberStatus, Officer
from concordat.protocol.standing import is_in_standing
from concordat.protocol.state import State

FAILED: tuple[MemberStatus, ...] = ("refused", "lapsed")
"""An application that came to nothing: its name and its legal code are free."""

_SEPARATORS = dict.fromkeys(map(ord, "-./:_"))
"""What one writes between the letters and digits of a code, and another does not."""

UNHELD: tuple[MemberStatus, ...] = (*FAILED, "applied")
"""Who holds no legal identity: a stranger that merely applied keeps nobody else from theirs."""


def check_apply(context: Context, operation: Apply) -> None:
    """MEM-1 to MEM-4, MEM-22."""
    officer = context.state.officers.get((context.public_key,))
    if officer is not None:
        raise Rejected("membership.key_in_use", officer.member)
    if not is_sound_key(context.public_key):
        raise Rejected("membership.weak_key", context.public_key.hex())
    row = context.state.members.get((operation.member,))
    if row is not None and row.status not in FAILED:
        raise Rejected("membership.id_taken", operation.member)
    check_identity(context.state, operation.scheme, operation.code)
    check_review(context, operation)


def make_identity_key(scheme: str, code: str) -> tuple[str, str]:
    """MEM-3: the same body however somebody typed its code: in which case, with or without separators."""
    return scheme.upper().translate(_SEPARATORS), code.upper().translate(_SEPARATORS)


def check_identity(state: State, scheme: str, code: str) -> None:
    """MEM-3: the legal identity is nobody's yet."""
    if make_identity_key(scheme, code) in state.identities:
        raise Rejected("membership.code_taken", scheme, code)


def check_review(context: Context, applicant: Apply | Member) -> None:
    """MEM-4: the credit review, by rule over ledger facts; every ground is listed."""
    reasons = tuple(_review(context, applicant))
    if reasons:
        raise Rejected("membership.review_failed", reasons=reasons)


def _review(context: Context, applicant: Apply | Member) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    members = context.state.members
    sponsor, predecessor, parent = applicant.sponsor or "", applicant.predecessor, applicant.parent
    row = members.get((sponsor,))
    if row is None:
        yield "review.sponsor_unknown", (sponsor,)
    elif not is_in_standing(row):
        yield "review.sponsor_not_in_standing", (sponsor, row.status)
    elif "seed" not in row.roles and not is_sponsor_grade(grade := context.state.credits[(sponsor,)].grade):
        yield "review.sponsor_credit_too_low", (sponsor, grade)
    if predecessor is not None:
        former = members.get((predecessor,))
        if former is None or former.admitted_at is None:
            yield "review.predecessor_unknown", (predecessor,)
        elif (days_left := count_barred_days(context, former)) > 0:
            yield "review.predecessor_expelled", (predecessor, days_left)
    if parent not in {None, sponsor}:
        yield "review.parent_not_sponsor", (parent,)
    for member in (predecessor, parent):
        if member is not None and (row := members.get((member,))) is not None and row.status == "suspended":
            yield "review.open_sanction", (member,)


def apply_apply(context: Context, operation: Apply) -> None:
    """Register the identity; the application lapses unless it is finished in time."""
    check_apply(context, operation)
    state = context.state
    lapses_at = context.time + context.params.application_days * DAY_US
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
        applied_at=context.time,
        lapses_at=lapses_at,
    )
    state.members.put((operation.member,), member)
    state.officers.put((context.public_key,), Officer(operation.member, ALL_ROLES, operation.card, context.time, None))
    context.schedule(lapses_at, DUE_APPLICATION, operation.member.encode())
    context.emit(Applied(operation.member, operation.sponsor))


def _fail_application(context: Context, member: str, status: Literal["refused", "lapsed"]) -> None:
    """MEM-1 to MEM-3: the name and the legal code are free again; the key that applied speaks for nobody any more."""
    row = context.state.members[(member,)]
    for key in row.officers:
        context.state.officers.put((key,), replace(context.state.officers[(key,)], removed_at=context.time))
    context.state.members.put((member,), replace(row, status=status, officers=(), lapses_at=None))
    if row.status == "reviewed":
        context.state.identities.delete(make_identity_key(row.scheme, row.code))
    context.emit(ApplicationRefused(member) if status == "refused" else ApplicationLapsed(member))


def apply_sponsor(context: Context, operation: Sponsor) -> None:
    """MEM-5 to MEM-7: the named sponsor of an application, or the named guarantor of a return."""
    signer, _ = get_signer(context, "admin")
    row = _get_member(context.state, operation.member)
    named = {"applied": row.sponsor, "expelled": row.guarantor}.get(row.status)
    if named is None:
        raise Rejected("membership.nothing_to_sponsor", operation.member, row.status)
    if named != signer:
        raise Rejected("membership.not_named_as_sponsor", signer, operation.member)
    if row.status == "expelled":
        answer_return(context, operation, signer)
    elif operation.verdict:
        check_identity(context.state, row.scheme, row.code)
        check_review(context, row)
        context.state.members.put((operation.member,), replace(row, status="reviewed"))
        context.state.identities.put(make_identity_key(row.scheme, row.code), Identity(operation.member))
        context.emit(Reviewed(operation.member, signer))
    else:
        _fail_application(context, operation.member, "refused")


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
    if not _is_verifier(row):
        raise Rejected("membership.not_a_verifier", verifier)
    if applicant.status != "reviewed":
        raise Rejected("membership.not_in_verification", operation.member, applicant.status)
    if operation.dossier != applicant.dossier:
        raise Rejected("membership.dossier_differs", operation.member)
    if any(attestation.verifier == verifier for attestation in applicant.attestations):
        raise Rejected("membership.already_attested", verifier, operation.member)
    return verifier, applicant


def apply_attest(context: Context, operation: Attest) -> None:
    """MEM-4, MEM-11: the k-th approval admits whom the review still passes; a refusal that leaves fewer refuses."""
    verifier, applicant = check_attest(context, operation)
    attestations = (*applicant.attestations, Attestation(verifier, operation.verdict, context.time))
    members = context.state.members
    approvals = sum(1 for word in attestations if word.verdict and _is_verifier(members[(word.verifier,)]))
    needed = context.params.verify_k
    applicant = replace(applicant, attestations=attestations)
    context.state.members.put((operation.member,), applicant)
    context.emit(Attested(operation.member, verifier, operation.verdict, approvals, needed))
    if approvals >= needed:
        check_review(context, applicant)
        admit(context, operation.member, applicant)
    elif not operation.verdict and approvals + _count_silent_verifiers(context.state, applicant) < needed:
        _fail_application(context, operation.member, "refused")


def _count_silent_verifiers(state: State, applicant: Member) -> int:
    """Count the verifiers in standing that have not given their word yet."""
    spoken = [attestation.verifier for attestation in applicant.attestations]
    return state.members.count(_is_verifier) - sum(_is_verifier(state.members[(member,)]) for member in spoken)


def _is_verifier(row: Member) -> bool:
    """MEM-8: one who is not in standing has no word, and what it said before counts no more."""
    return "verifier" in row.roles and is_in_standing(row)


def admit(context: Context, member: str, row: Member) -> None:
    """Give the mirror identity: a newcomer signs from day one (CRD-10, grade N)."""
    context.state.members.put(
        (member,),
        replace(
            row,
            status="active",
            lapses_at=None,
            admitted_at=context.time,
            admitted_entry=(context.height, context.index),
        ),
    )
    week = compute_week(context.time, context.genesis_us)
    context.state.credits.put((member,), make_newcomer_credit(row.roles, week))
    context.emit(Admitted(member))


def admit_by_vote(context: Context, member: str) -> None:
    """BAL-18: a ballot stands in for sponsor and verifiers."""
    row = context.state.members[(member,)]
    if row.status == "applied":
        context.state.identities.put(make_identity_key(row.scheme, row.code), Identity(member))
    admit(context, member, row)


def make_newcomer_credit(roles: tuple[MemberRole, ...], week: int) -> Credit:
    """Return a newcomer's credit: grade N; only seeds have weight from the start (CRD-14)."""
    return Credit(NEWCOMER, "N", week, 1000 if "seed" in roles else 0, 0)


def fire_application_lapse(context: Context, subject: bytes) -> None:
    """MEM-21: an application that nobody finished lapses."""
    member = subject.decode()
    row = context.state.members[(member,)]
    if row.lapses_at is not None and row.lapses_at <= context.time:
        _fail_application(context, member, "lapsed")


def find_broken_invariants(state: State) -> Iterator[str]:
    """Yield what does not hold.

    MEM-INV-1: a legal identity leads to its holder, and no application holds one before its sponsor's word or after it
    failed. MEM-INV-2: the keys listed are those that speak for the member. MEM-INV-3: admitted means credit.
    MEM-INV-4: a delegation stands between two of them.
    """
    for (scheme, code), identity in state.identities.items():
        holder = state.members.get((identity.member,))
        if holder is None or holder.status in UNHELD or make_identity_key(holder.scheme, holder.code) != (scheme, code):
            yield f"MEM-INV-1: {identity.member}"
    for (member,), row in state.members.items():
        if row.status not in UNHELD and make_identity_key(row.scheme, row.code) not in state.identities:
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
    for keys, delegation in state.delegations.items():
        if not all(key in state.members[(delegation.member,)].officers for key in keys):
            yield f"MEM-INV-4: {delegation.member}"
