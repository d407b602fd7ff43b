"""What the state holds: one struct for each table. Families meet in these records and nowhere else."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from concordat.credit.records import RecordId
from concordat.credit.rulebook import Grade
from concordat.credit.score import Score
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import (
    Code,
    Digest,
    Label,
    MemberId,
    Milli,
    Natural,
    Positive,
    PublicKey,
    ShortText,
    Signature,
    TimeUs,
)

MemberKind = Literal["region", "department", "agency", "supplier", "overseer"]
MemberRole = Literal["operator", "seed", "verifier"]
OfficerRole = Literal["admin", "auditor", "contracts", "data", "node"]
MemberStatus = Literal["applied", "reviewed", "active", "suspended", "expelled", "refused", "lapsed"]
ContractStatus = Literal["proposed", "active", "suspended", "completed", "terminated", "declined", "expired"]
DutyStatus = Literal[
    "waiting", "grace", "curing", "delivered", "objected", "kept", "cured", "breached", "lapsed", "released"
]

ObjectionStatus = Literal["open", "answered", "unanswered"]
BallotStatus = Literal["open", "withdrawn", "lost", "no_quorum", "carried", "applied", "moot", "called_off"]
Limb = Literal["score", "strikes"]
Obstacle = Literal[
    "unknown_parameter", "out_of_bounds", "no_change", "height_passed", "not_waiting", "by_the_ledger", "not_a_member",
    "role_held", "role_not_held", "last_of_role", "key_not_fit", "not_carried",
]  # fmt: skip
Choice = Literal["yes", "no", "abstain"]
PARAMETER_PATTERN = r"^[a-z][a-z0-9_]*\Z"

ParameterName = Annotated[str, Meta(pattern=PARAMETER_PATTERN, min_length=2, max_length=48)]

EntryPlace = tuple[Natural, Natural]
"""(height, index): the entry of history that did something."""

IN_FORCE = ("active", "suspended")
"""The statuses of a contract whose duties bind."""

FINAL_DUTY = ("kept", "cured", "breached", "lapsed", "released")


class Attestation(Struct, frozen=True):
    """One verifier's word on a dossier."""

    verifier: MemberId
    verdict: bool
    time: TimeUs


class Member(Struct, frozen=True):
    """A member or an applicant: legal identity, standing, keys (paper rows R1–R3)."""

    name: Label
    kind: MemberKind
    scheme: Code
    code: Code
    dossier: Digest
    sponsor: MemberId | None
    predecessor: MemberId | None
    parent: MemberId | None
    roles: tuple[MemberRole, ...]
    status: MemberStatus
    officers: tuple[PublicKey, ...]
    applied_at: TimeUs
    lapses_at: TimeUs | None = None
    """When the application lapses; None once it is decided."""
    attestations: tuple[Attestation, ...] = ()
    admitted_at: TimeUs | None = None
    """The last admission or readmission."""
    admitted_entry: EntryPlace = (0, 0)
    """That admission: only later negatives count towards an exit (CRD-13)."""
    expelled_at: TimeUs | None = None
    returned_at: TimeUs | None = None
    guarantor: MemberId | None = None
    """Who stands for a return; set while one is asked for and after it."""
    hearing_ends: TimeUs | None = None
    statement: Digest | None = None


class Identity(Struct, frozen=True):
    """Who holds a legal code: a member for life, an applicant until it is refused or lapses."""

    member: MemberId


class Officer(Struct, frozen=True):
    """A key and what it may do for its member. The person behind it is a commitment."""

    member: MemberId
    roles: tuple[OfficerRole, ...]
    card: Digest
    """H(salt ‖ card): the officer's name and phone stay off the ledger."""
    added_at: TimeUs
    removed_at: TimeUs | None


class Lane(Struct, frozen=True):
    """Replay window of one signer's lane: the highest nonce and which of the 48 below it were used."""

    highest: Natural
    used: Annotated[int, Meta(ge=0, lt=2**48)]


class TransactionRef(Struct, frozen=True):
    """Where a client's key leads: the transaction that used it."""

    transaction: Digest


class Dataset(Struct, frozen=True):
    """A dataset and its newest version."""

    title: Label
    latest: Positive


class Version(Struct, frozen=True):
    """One registered version: commitments to a file, never the file."""

    digest: Digest
    byte_count: Natural
    rows: Natural
    schema: Digest
    row_root: Digest
    registered_at: TimeUs
    withdrawn_at: TimeUs | None = None
    withdrawn_reason: ShortText | None = None


class PartySignature(Struct, frozen=True):
    """One party's assent to the exact document."""

    member: MemberId
    public_key: PublicKey
    time: TimeUs
    entry: EntryPlace


class Contract(Struct, frozen=True):
    """A contract's status; its terms stand in their own table and never change."""

    document: Digest
    proposer: MemberId
    status: ContractStatus
    proposed_at: TimeUs
    proposed_entry: EntryPlace
    signatures: tuple[PartySignature, ...] = ()
    activated_at: TimeUs | None = None
    full_size_units: Natural = 0
    """What a full size was when it came into force; a later ballot makes no breach of it larger."""
    ended_at: TimeUs | None = None
    wants_end: tuple[MemberId, ...] = ()
    """Parties that asked to end it since anything last happened to a duty; when all have, it ends."""


class Delivery(Struct, frozen=True):
    """A version handed over for an obligation."""

    version: Positive
    time: TimeUs


class Duty(Struct, frozen=True):
    """How one obligation stands. `due` moves only by a suspension."""

    status: DutyStatus
    due: TimeUs
    waits_until: TimeUs | None = None
    """When the ledger moves it unless somebody does before; None once it is closed."""
    delivery: Delivery | None = None
    """The last one; `accepted` and `objector` speak of it."""
    delivered_at: TimeUs | None = None
    """The first one: lateness is measured there, since an objection is one side's word (CON-26)."""
    accepted: tuple[MemberId, ...] = ()
    objector: MemberId | None = None
    mend_by: TimeUs | None = None
    """Set by the first objection, once for all: until then the debtor may deliver anew (CON-26)."""
    settled_at: TimeUs | None = None


class Credit(Struct, frozen=True):
    """A member's published score, and what the next epoch close needs."""

    score: Score
    grade: Grade
    week: Natural
    weight_milli: Milli
    """Its weight as a counterparty, from the last epoch close."""
    closes_below: Natural
    """Successive epoch closes that met the exit condition by score."""


class Flow(Struct, frozen=True):
    """Units settled by a debtor towards a creditor in one week."""

    units: Natural


class BehaviorCount(Struct, frozen=True):
    """Behaviors of a member, of one kind in one week; history has each."""

    count: Natural
    last_at: TimeUs


class Series(Struct, frozen=True):
    """A series that its member anchors by the batch: how many batches and items, and the last batch."""

    batches: Natural
    items: Natural
    last_at: TimeUs
    root: Digest


class Grant(Struct, frozen=True):
    """A role that a key holds until a time, beside those that it has for good; an ended one stays as it ended."""

    member: MemberId
    granted_at: TimeUs
    valid_until: TimeUs
    term: Digest | None
    """A salted commitment to what its holder agreed to or was trained in."""


class Delegation(Struct, frozen=True):
    """What one officer of a member lets another do in its place, from a time until another."""

    member: MemberId
    roles: tuple[OfficerRole, ...]
    valid_from: TimeUs
    valid_until: TimeUs


class AboutEntry(Struct, frozen=True, tag="entry"):
    """An objection to what an entry of history says."""

    entry: EntryPlace


class AboutRecord(Struct, frozen=True, tag="record"):
    """An objection to a credit record of the member."""

    record: RecordId


class AboutBallot(Struct, frozen=True, tag="ballot"):
    """A comment on a ballot before its vote begins."""

    ballot: Positive


ObjectionSubject = AboutEntry | AboutRecord | AboutBallot


class Objection(Struct, frozen=True):
    """What somebody says is wrong, and whether the member that it concerns answered."""

    objector: MemberId | None
    """The member that objects; None for a citizen, for whom the node speaks."""
    about: ObjectionSubject | None
    """None when it is about the member's standing as a whole."""
    statement: Digest
    filed_at: TimeUs
    answer_by: TimeUs
    status: ObjectionStatus
    answer: Digest | None = None
    closed_at: TimeUs | None = None


class Due(Struct, frozen=True):
    """A due item waits; its key says when, what and for whom."""


class Counter(Struct, frozen=True):
    """How many: contracts ever proposed, which is the last one's number; open offers of a member."""

    count: Natural


# ── ballots ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Admit(Struct, frozen=True, tag="admit"):
    """Let an applicant in that its sponsor or its verifiers left waiting."""

    member: MemberId


class Stay(Struct, frozen=True, tag="stay"):
    """Stay a forced exit; the ledger asks by itself, with every hearing."""

    member: MemberId
    limb: Limb


class ChangeParameter(Struct, frozen=True, tag="parameter"):
    """Give a parameter another value, from a height on."""

    name: ParameterName
    value: Natural
    from_height: Positive


class Appoint(Struct, frozen=True, tag="appoint"):
    """Give a member a role."""

    member: MemberId
    role: MemberRole


class Dismiss(Struct, frozen=True, tag="dismiss"):
    """Take a role from a member."""

    member: MemberId
    role: MemberRole


class Recover(Struct, frozen=True, tag="recover"):
    """Let a member that lost its keys speak by a new one; the others end."""

    member: MemberId
    public_key: PublicKey
    card: Digest
    possession: Signature


class ChangeRulebook(Struct, frozen=True, tag="rulebook"):
    """Judge credit by another rulebook, from a height on."""

    digest: Digest
    from_height: Positive


class CallOff(Struct, frozen=True, tag="call_off"):
    """Let a carried motion that waits for its height not act."""

    ballot: Positive


Motion = Admit | Stay | ChangeParameter | Appoint | Dismiss | Recover | ChangeRulebook | CallOff


class Ballot(Struct, frozen=True):
    """A motion put to the vote, with the rules of the moment at which it was opened."""

    motion: Motion
    opener: MemberId | None
    """None: the ledger itself."""
    reason: ShortText
    status: BallotStatus
    opened_at: TimeUs
    opened_entry: EntryPlace
    """Who was admitted before it may vote."""
    opens_at: TimeUs
    closes_at: TimeUs
    electorate: Natural
    excluded: tuple[MemberId, ...]
    quorum_milli: Milli
    threshold_milli: Milli
    yes: Natural = 0
    no: Natural = 0
    abstain: Natural = 0
    ended_at: TimeUs | None = None


class Vote(Struct, frozen=True):
    """One member's vote."""

    choice: Choice
    time: TimeUs
    public_key: PublicKey
    entry: EntryPlace


class Scheduled(Struct, frozen=True):
    """A carried motion waits for its height, which the key says."""
