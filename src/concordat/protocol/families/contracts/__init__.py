"""Contracts: operations, events, rejections. The rules: `offer`, `performance`, and what both share, `duties`.

Normative text: spec/contracts.md (paper rows R7–R10).
"""

from __future__ import annotations

from typing import Literal

from concordat.contracts.terms import Terms
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import DatasetName, Digest, MemberId, Natural, Positive, ShortText, TimeUs
from concordat.protocol.receipts import Rejection

Ground = Literal["incomplete", "wrong_content", "wrong_period", "not_received"]
Cause = Literal["breach", "consent"]


class Propose(Struct, frozen=True, tag="contracts.propose"):
    """Offer terms; the ledger judges them and gives the contract its number."""

    terms: Terms


class Sign(Struct, frozen=True, tag="contracts.sign"):
    """Assent to the exact document read (CON-3)."""

    contract: Positive
    document: Digest


class Decline(Struct, frozen=True, tag="contracts.decline"):
    """A party will not sign; never a record (CRD-4)."""

    contract: Positive
    reason: ShortText


class Deliver(Struct, frozen=True, tag="contracts.deliver"):
    """The debtor hands over a registered version for one obligation."""

    contract: Positive
    obligation: Positive
    version: Positive


class Acknowledge(Struct, frozen=True, tag="contracts.acknowledge"):
    """A creditor accepts a delivery, or withdraws its own objection."""

    contract: Positive
    obligation: Positive


class Object(Struct, frozen=True, tag="contracts.object"):
    """A creditor objects to a delivery within its period; `statement` commits to the grounds in full."""

    contract: Positive
    obligation: Positive
    ground: Ground
    statement: Digest


class Terminate(Struct, frozen=True, tag="contracts.terminate"):
    """A party asks to end the contract as it stands; when all have asked, it ends; what is late then stays a breach."""

    contract: Positive


class Proposed(Struct, frozen=True, tag="contracts.proposed"):
    """An offer was judged valid and waits for signatures."""

    contract: Positive
    proposer: MemberId


class Signed(Struct, frozen=True, tag="contracts.signed"):
    """A party signed; `left` parties have not."""

    contract: Positive
    member: MemberId
    left: Natural


class Activated(Struct, frozen=True, tag="contracts.activated"):
    """All have signed and the judge found the contract valid again: it is in force."""

    contract: Positive


class Declined(Struct, frozen=True, tag="contracts.declined"):
    """A party declined; the offer is over."""

    contract: Positive
    member: MemberId


class Expired(Struct, frozen=True, tag="contracts.expired"):
    """Not all signed in time; the offer is void."""

    contract: Positive


class Delivered(Struct, frozen=True, tag="contracts.delivered"):
    """A matching version was handed over; silence accepts it at `accepts_at`."""

    contract: Positive
    obligation: Positive
    debtor: MemberId
    dataset: DatasetName
    version: Positive
    accepts_at: TimeUs


class Objected(Struct, frozen=True, tag="contracts.objected"):
    """A creditor objected; the debtor may deliver again until `until`."""

    contract: Positive
    obligation: Positive
    member: MemberId
    ground: Ground
    until: TimeUs


class Acknowledged(Struct, frozen=True, tag="contracts.acknowledged"):
    """A creditor accepted a delivery; `left` creditors have not answered."""

    contract: Positive
    obligation: Positive
    member: MemberId
    left: Natural


class Settled(Struct, frozen=True, tag="contracts.settled"):
    """An obligation was fulfilled: `member` accepted last, or silence when empty; severity 0 in time, 1 or 2 late."""

    contract: Positive
    obligation: Positive
    debtor: MemberId
    member: MemberId | None
    delivered_at: TimeUs
    severity: Literal[0, 1, 2]


class GraceBegan(Struct, frozen=True, tag="contracts.grace_began"):
    """A deadline passed without a delivery; until `ends` the debtor is merely late."""

    contract: Positive
    obligation: Positive
    debtor: MemberId
    ends: TimeUs


class Suspended(Struct, frozen=True, tag="contracts.suspended"):
    """Grace passed: the contract stops until the duty is cured or `ends` comes."""

    contract: Positive
    obligation: Positive
    debtor: MemberId
    ends: TimeUs


class Resumed(Struct, frozen=True, tag="contracts.resumed"):
    """Every late duty was cured or closed; the contract goes on."""

    contract: Positive


class Breached(Struct, frozen=True, tag="contracts.breached"):
    """An obligation was never fulfilled: severity 2, or 1 when the contract ended within its grace period."""

    contract: Positive
    obligation: Positive
    debtor: MemberId
    severity: Literal[1, 2]


class Lapsed(Struct, frozen=True, tag="contracts.lapsed"):
    """An objection was never resolved. Nobody's word decides; severity 1 or 2 when the delivery was late."""

    contract: Positive
    obligation: Positive
    debtor: MemberId
    severity: Literal[0, 1, 2]


class Terminated(Struct, frozen=True, tag="contracts.terminated"):
    """The contract ended early; every open duty was closed by what it came to (CON-29)."""

    contract: Positive
    cause: Cause


class EndAsked(Struct, frozen=True, tag="contracts.end_asked"):
    """A party asked to end the contract; `left` parties have not."""

    contract: Positive
    member: MemberId
    left: Natural


class Completed(Struct, frozen=True, tag="contracts.completed"):
    """Every obligation is closed."""

    contract: Positive


Operation = Propose | Sign | Decline | Deliver | Acknowledge | Object | Terminate
Event = (
    Proposed | Signed | Activated | Declined | Expired | Delivered | Acknowledged | Objected | Settled | GraceBegan
    | Suspended | Resumed | Breached | Lapsed | Terminated | EndAsked | Completed
)  # fmt: skip

REJECTIONS = (
    Rejection("contracts.proposer_not_party", "CON-1", may_succeed_later=False),
    Rejection("contracts.too_many_offers", "CON-33", may_succeed_later=True),
    Rejection("contracts.unknown", "CON-6", may_succeed_later=True),
    Rejection("contracts.not_a_party", "CON-7", may_succeed_later=False),
    Rejection("contracts.not_open_for_signature", "CON-8", may_succeed_later=False),
    Rejection("contracts.document_differs", "CON-3", may_succeed_later=False),
    Rejection("contracts.already_signed", "CON-9", may_succeed_later=False),
    Rejection("contracts.invalid", "CON-5", may_succeed_later=True),
    Rejection("contracts.not_in_force", "CON-10", may_succeed_later=True),
    Rejection("contracts.unknown_obligation", "CON-11", may_succeed_later=False),
    Rejection("contracts.not_the_debtor", "CON-12", may_succeed_later=False),
    Rejection("contracts.not_a_creditor", "CON-13", may_succeed_later=False),
    Rejection("contracts.nothing_owed", "CON-14", may_succeed_later=False),
    Rejection("contracts.unknown_version", "CON-15", may_succeed_later=True),
    Rejection("contracts.version_withdrawn", "CON-16", may_succeed_later=False),
    Rejection("contracts.version_used", "CON-17", may_succeed_later=False),
    Rejection("contracts.digest_differs", "CON-18", may_succeed_later=False),
    Rejection("contracts.schema_differs", "CON-19", may_succeed_later=False),
    Rejection("contracts.too_few_rows", "CON-20", may_succeed_later=False),
    Rejection("contracts.nothing_delivered", "CON-21", may_succeed_later=True),
    Rejection("contracts.objection_stands", "CON-31", may_succeed_later=True),
    Rejection("contracts.already_acknowledged", "CON-30", may_succeed_later=False),
    Rejection("contracts.ground_settled", "CON-32", may_succeed_later=False),
    Rejection("contracts.end_already_asked", "CON-22", may_succeed_later=False),
)
