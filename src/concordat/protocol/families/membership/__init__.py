"""Membership: operations, events, rejections. The rules: `admission`, `exits` and the way back, `officers`.

Normative text: spec/membership.md (paper rows R1–R3, R12, G6).
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import Code, Digest, Label, MemberId, Natural, PublicKey, Signature, TimeUs
from concordat.protocol.receipts import Rejection
from concordat.protocol.records import Limb, MemberKind, OfficerRole

POSSESSION_DOMAIN = b"concordat/possession/v1\0"
"""What a new officer's key signs: this ‖ chain id ‖ the member's name."""

RECOVERY_DOMAIN = b"concordat/recovery/v1\0"
"""The same for the key that a ballot gives to a member that lost its own."""

ALL_ROLES: tuple[OfficerRole, ...] = ("admin", "auditor", "contracts", "data")

GrantableRole = Literal["admin", "auditor", "contracts", "data"]
"""A node's role is given by genesis alone."""

OfficerRoles = Annotated[tuple[OfficerRole, ...], Meta(min_length=1, max_length=4)]
"""What an officer may do beside reading, which each may; who is to read and sign nothing has the role auditor."""


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
    """The member that it belongs to, which then must be its sponsor."""
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


class RotateKey(Struct, frozen=True, tag="membership.rotate_key"):
    """Put a new key in the place of the signing one, with the same roles."""

    public_key: PublicKey
    card: Digest
    possession: Signature


class RevokeKey(Struct, frozen=True, tag="membership.revoke_key"):
    """End the signing key at once, whatever its roles: it was lost or stolen."""


class Grant(Struct, frozen=True, tag="membership.grant"):
    """Give an officer a role until a time; one that has passed ends it at once."""

    public_key: PublicKey
    role: GrantableRole
    valid_until: TimeUs
    term: Digest | None
    """A salted commitment to the training or the confidentiality that the role asks for."""


class Delegate(Struct, frozen=True, tag="membership.delegate"):
    """Let another officer of the same member do what the signing key may, from a time until another."""

    public_key: PublicKey
    roles: OfficerRoles
    valid_from: TimeUs
    valid_until: TimeUs


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
    limb: Limb
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


class Granted(Struct, frozen=True, tag="membership.granted"):
    """An officer has a role until a time; one that is not after the entry's ended it."""

    member: MemberId
    public_key: PublicKey
    role: OfficerRole
    valid_until: TimeUs
    term: Digest | None


class Delegated(Struct, frozen=True, tag="membership.delegated"):
    """An officer may act in another's place; an end that is not after the entry's time ended that."""

    member: MemberId
    public_key: PublicKey
    delegator: PublicKey
    roles: tuple[OfficerRole, ...]
    valid_from: TimeUs
    valid_until: TimeUs


class ActedFor(Struct, frozen=True, tag="membership.acted_for"):
    """The signer had the role that it needed in another officer's place."""

    member: MemberId
    public_key: PublicKey
    delegator: PublicKey
    role: OfficerRole


Operation = (
    Apply | Sponsor | Attest | Respond | Readmit | AddOfficer | SetRoles | RemoveOfficer | RotateKey | RevokeKey
    | Grant | Delegate
)  # fmt: skip
Event = (
    Applied | Reviewed | Attested | Admitted | ApplicationRefused | ApplicationLapsed | HearingOpened | Responded
    | Expelled | ReadmissionAsked | ReadmissionDeclined | Readmitted | OfficerAdded | OfficerChanged | OfficerRemoved
    | Granted | Delegated | ActedFor
)  # fmt: skip

REJECTIONS = (
    Rejection("membership.key_in_use", "MEM-1", may_succeed_later=False),
    Rejection("membership.weak_key", "MEM-22", may_succeed_later=False),
    Rejection("membership.id_taken", "MEM-2", may_succeed_later=True),
    Rejection("membership.unknown_member", "MEM-5", may_succeed_later=True),
    Rejection("membership.nothing_to_sponsor", "MEM-6", may_succeed_later=True),
    Rejection("membership.not_named_as_sponsor", "MEM-7", may_succeed_later=False),
    Rejection("membership.code_taken", "MEM-3", may_succeed_later=True),
    Rejection("membership.not_a_verifier", "MEM-8", may_succeed_later=True),
    Rejection("membership.not_in_verification", "MEM-9", may_succeed_later=True),
    Rejection("membership.dossier_differs", "MEM-10", may_succeed_later=False),
    Rejection("membership.already_attested", "MEM-11", may_succeed_later=False),
    Rejection("membership.review_failed", "MEM-4", may_succeed_later=True),
    Rejection("membership.no_hearing", "MEM-12", may_succeed_later=True),
    Rejection("membership.not_expelled", "MEM-13", may_succeed_later=False),
    Rejection("membership.too_early_to_return", "MEM-14", may_succeed_later=True),
    Rejection("membership.guarantor_not_fit", "MEM-15", may_succeed_later=True),
    Rejection("membership.too_many_officers", "MEM-17", may_succeed_later=True),
    Rejection("membership.key_is_new", "MEM-24", may_succeed_later=True),
    Rejection("membership.possession_not_proved", "MEM-16", may_succeed_later=False),
    Rejection("membership.not_your_officer", "MEM-18", may_succeed_later=False),
    Rejection("membership.roles_not_in_order", "MEM-20", may_succeed_later=False),
    Rejection("membership.outlasts_own_role", "MEM-29", may_succeed_later=False),
    Rejection("membership.last_admin", "MEM-19", may_succeed_later=True),
    Rejection("membership.delegated_to_oneself", "MEM-28", may_succeed_later=False),
    Rejection("membership.period_turned", "MEM-28", may_succeed_later=False),
    Rejection("membership.period_over", "MEM-27", may_succeed_later=False),
)

REVIEW_REASONS = (
    "review.sponsor_unknown",  # sponsor
    "review.sponsor_not_in_standing",  # sponsor, status
    "review.sponsor_credit_too_low",  # sponsor, grade
    "review.predecessor_unknown",  # predecessor
    "review.predecessor_expelled",  # predecessor, days left
    "review.parent_not_sponsor",  # parent
    "review.open_sanction",  # member under a hearing
)
"""Every ground on which the credit review refuses (MEM-4), in the order in which they are listed."""


def compute_recovery_message(chain_id: bytes, member: str) -> bytes:
    """Return what a key signs to speak for a member whose keys are lost.

    It is no proof of possession: a ballot is public, and whoever stole the member's keys would add the key with it, and
    so use it up before the vote is over (BAL-6).
    """
    return RECOVERY_DOMAIN + chain_id + member.encode()


def compute_possession_message(chain_id: bytes, member: str) -> bytes:
    """Return what a new officer's key signs to prove that somebody holds it (MEM-16)."""
    return POSSESSION_DOMAIN + chain_id + member.encode()
