"""Ballots: operations, events, rejections. The rules: `opening`, `voting`; what follows: `protocol/motions.py`.

Normative text: spec/ballots.md (paper rows R1, R2, R10). All of it is of edition 2.
"""

from __future__ import annotations

from typing import get_args

from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import MemberId, Natural, Positive, ShortText, TimeUs
from concordat.protocol.receipts import Rejection
from concordat.protocol.records import BallotStatus, Choice, MemberRole, Motion, Obstacle, ParameterName


class Open(Struct, frozen=True, tag="ballots.open"):
    """Put a motion to the vote of all members in standing. Voting begins now when `opens_at` has passed."""

    motion: Motion
    reason: ShortText
    opens_at: TimeUs
    closes_at: TimeUs


class Vote(Struct, frozen=True, tag="ballots.vote"):
    """The member's one vote; it is final."""

    ballot: Positive
    choice: Choice


class Withdraw(Struct, frozen=True, tag="ballots.withdraw"):
    """Take a ballot of one's own back before anybody has voted."""

    ballot: Positive


class Opened(Struct, frozen=True, tag="ballots.opened"):
    """A motion is put to the vote; without an opener the ledger itself put it."""

    ballot: Natural
    opener: MemberId | None
    motion: Motion
    opens_at: TimeUs
    closes_at: TimeUs
    electorate: Natural


class Voted(Struct, frozen=True, tag="ballots.voted"):
    """A member gave its vote."""

    ballot: Natural
    member: MemberId
    choice: Choice


class Withdrawn(Struct, frozen=True, tag="ballots.withdrawn"):
    """Its opener took the ballot back."""

    ballot: Natural
    member: MemberId


class Closed(Struct, frozen=True, tag="ballots.closed"):
    """The vote is over: carried, lost, or without a quorum."""

    ballot: Natural
    outcome: BallotStatus
    yes: Natural
    no: Natural
    abstain: Natural
    electorate: Natural


class Moot(Struct, frozen=True, tag="ballots.moot"):
    """The motion was carried and cannot be carried out any more."""

    ballot: Natural
    ground: Obstacle


class CalledOff(Struct, frozen=True, tag="ballots.called_off"):
    """A carried motion will not act; another ballot decided so."""

    ballot: Natural
    by: Natural


class ParameterChanged(Struct, frozen=True, tag="ballots.parameter_changed"):
    """A parameter has another value from this block on."""

    ballot: Natural
    name: ParameterName
    value: Natural


class RoleGiven(Struct, frozen=True, tag="ballots.role_given"):
    """A member has a role."""

    ballot: Natural
    member: MemberId
    role: MemberRole


class RoleTaken(Struct, frozen=True, tag="ballots.role_taken"):
    """A member no longer has a role."""

    ballot: Natural
    member: MemberId
    role: MemberRole


class Stayed(Struct, frozen=True, tag="ballots.stayed"):
    """An exit is stayed: the member is in standing again."""

    ballot: Natural
    member: MemberId


Operation = Open | Vote | Withdraw
Event = Opened | Voted | Withdrawn | Closed | Moot | CalledOff | ParameterChanged | RoleGiven | RoleTaken | Stayed

REJECTIONS = (
    Rejection("ballots.not_in_standing", "BAL-2", may_succeed_later=True),
    Rejection("ballots.period_not_allowed", "BAL-3", may_succeed_later=True),
    Rejection("ballots.too_many_open", "BAL-4", may_succeed_later=True),
    Rejection("ballots.already_open", "BAL-5", may_succeed_later=True),
    Rejection("ballots.announced_before", "BAL-5", may_succeed_later=True),
    Rejection("ballots.impossible", "BAL-6", may_succeed_later=True),
    Rejection("ballots.unknown", "BAL-7", may_succeed_later=True),
    Rejection("ballots.ended", "BAL-8", may_succeed_later=False),
    Rejection("ballots.not_the_opener", "BAL-9", may_succeed_later=False),
    Rejection("ballots.has_votes", "BAL-9", may_succeed_later=False),
    Rejection("ballots.not_open_yet", "BAL-8", may_succeed_later=True),
    Rejection("ballots.not_eligible", "BAL-10", may_succeed_later=False),
    Rejection("ballots.already_voted", "BAL-11", may_succeed_later=False),
)

OBSTACLES: tuple[Obstacle, ...] = get_args(Obstacle)
"""Why a motion cannot be carried out (BAL-6)."""
