"""Opening and withdrawing a ballot: its rules are copied into its row (spec/ballots.md BAL-1 to BAL-16)."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from msgspec.structs import replace

from concordat.errors import Rejected
from concordat.primitives.codec import encode
from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.context import DUE_BALLOT, Context, get_signer
from concordat.protocol.families.ballots import Open, Opened, Withdraw, Withdrawn
from concordat.protocol.records import (
    Admit,
    Appoint,
    Ballot,
    CallOff,
    ChangeParameter,
    ChangeRulebook,
    Counter,
    Dismiss,
    Limb,
    Motion,
    Recover,
    Stay,
)
from concordat.protocol.standing import is_in_standing
from concordat.protocol.state import State

OPEN_MAX = 5
"""Ballots that one member may have open at once (BAL-4)."""

OWN_RULES_MILLI = 749
"""Three quarters, for the rules of ballots themselves and for the edition (BAL-13)."""

BALLOT_PARAMETERS = "ballot_"

RULES_BESIDE = ("edition", "hearing_days")
"""Parameters that are rules of ballots by another name: a stay is voted on for as long as the hearing lasts."""

WEIGHTY_PARAMETERS = ("verify_k", "due_events_per_block_max")
"""How hard it is to become a member, and how long everybody waits."""


def check_open(context: Context, operation: Open) -> str:
    """BAL-2 to BAL-5; returns the opener."""
    member, row = get_signer(context, "admin")
    if not is_in_standing(row):
        raise Rejected("ballots.not_in_standing", member)
    params, opens_at = context.params, max(operation.opens_at, context.time)
    days_min, days_max = params.ballot_days_min, params.ballot_days_max
    is_fit = days_min * DAY_US <= operation.closes_at - opens_at <= days_max * DAY_US
    if not is_fit or opens_at > context.time + days_max * DAY_US:
        raise Rejected("ballots.period_not_allowed", days_min, days_max)
    if get_count(context.state, f"ballots/{member}") >= OPEN_MAX:
        raise Rejected("ballots.too_many_open", member, OPEN_MAX)
    former = find_former(context.state, operation.motion)
    last = context.state.ballots[(former,)] if former else None
    if last is not None and last.status in {"open", "carried"}:
        raise Rejected("ballots.already_open", former)
    if last is not None and last.status == "withdrawn" and context.time < last.closes_at and opens_at > context.time:
        # Announced and taken back, over and over, a motion would never come to the vote.
        raise Rejected("ballots.announced_before", former)
    return member


def open_ballot(
    context: Context, opener: str | None, motion: Motion, reason: str, opens_at: int, closes_at: int
) -> None:
    """Write the row with the rules of this moment; the end is due by itself (BAL-12)."""
    state = context.state
    excluded = get_excluded(motion)
    not_asked = sum(is_in_standing(state.members.get((member,))) for member in excluded)
    electorate = state.members.count(is_in_standing) - not_asked
    ballot = Ballot(
        motion=motion,
        opener=opener,
        reason=reason,
        status="open",
        opened_at=context.time,
        opened_entry=(context.height, context.index),
        opens_at=max(opens_at, context.time),
        closes_at=closes_at,
        electorate=electorate,
        excluded=excluded,
        quorum_milli=context.params.ballot_quorum_milli,
        threshold_milli=compute_threshold_milli(context, motion),
    )
    number = add_count(state, "ballots", 1)
    state.ballots.put((number,), ballot)
    state.counters.put((make_subject_name(motion),), Counter(number))
    if opener is not None:
        add_count(state, f"ballots/{opener}", 1)
    context.schedule(closes_at, DUE_BALLOT, number.to_bytes(8, "big"))
    context.emit(Opened(number, opener, motion, ballot.opens_at, closes_at, electorate))


def open_stay(context: Context, member: str, limb: Limb, ends: int) -> None:
    """BAL-16: with every hearing the ledger asks the members whether to stay the exit."""
    if context.params.edition >= 2:  # the edition of ballots
        open_ballot(context, None, Stay(member, limb), "", context.time, ends)


def compute_threshold_milli(context: Context, motion: Motion) -> int:
    """BAL-13: the share of yes among yes and no that must be exceeded."""
    params = context.params
    weighty_milli = max(params.ballot_weighty_milli, params.ballot_threshold_milli)
    match motion:
        case CallOff(ballot=number):
            return context.state.ballots[(number,)].threshold_milli
        case ChangeParameter(name=name) if name.startswith(BALLOT_PARAMETERS) or name in RULES_BESIDE:
            return max(weighty_milli, OWN_RULES_MILLI)
        case ChangeParameter(name=name) if name not in WEIGHTY_PARAMETERS:
            return params.ballot_threshold_milli
        case Stay(limb="strikes"):
            return params.ballot_threshold_milli
        case _:
            return weighty_milli


def get_excluded(motion: Motion) -> tuple[str, ...]:
    """BAL-10: nobody votes in its own matter."""
    return (motion.member,) if isinstance(motion, Admit | Stay | Appoint | Dismiss | Recover) else ()


def find_former(state: State, motion: Motion) -> int:
    """Return the newest ballot on the same motion, whatever its height; 0 when there is none."""
    return get_count(state, make_subject_name(motion))


def make_subject_name(motion: Motion) -> str:
    """Return the name of the counter that leads to a motion's newest ballot."""
    if isinstance(motion, ChangeParameter | ChangeRulebook):
        motion = replace(motion, from_height=1)
    return f"motions/{sha256(encode(motion)).hexdigest()}"


def get_count(state: State, name: str) -> int:
    """Return what a counter says."""
    row = state.counters.get((name,))
    return row.count if row else 0


def add_count(state: State, name: str, change: int) -> int:
    """Move a counter and return what it says then."""
    count = get_count(state, name) + change
    state.counters.put((name,), Counter(count))
    return count


def get_open(context: Context, number: int) -> Ballot:
    """BAL-7, BAL-8: a ballot that has not ended."""
    row = context.state.ballots.get((number,))
    if row is None:
        raise Rejected("ballots.unknown", number)
    if row.status != "open":
        raise Rejected("ballots.ended", number, row.status)
    return row


def free_place(context: Context, row: Ballot) -> None:
    """BAL-4: let the opener of a ballot, whose time is over, open another."""
    if row.opener is not None:
        add_count(context.state, f"ballots/{row.opener}", -1)


def apply_withdraw(context: Context, operation: Withdraw) -> None:
    """BAL-9: by its opener, while nobody has voted."""
    member, _ = get_signer(context, "admin")
    row = get_open(context, operation.ballot)
    if row.opener != member:
        raise Rejected("ballots.not_the_opener", member, operation.ballot)
    if row.yes + row.no + row.abstain:
        raise Rejected("ballots.has_votes", operation.ballot)
    context.state.ballots.put((operation.ballot,), replace(row, status="withdrawn", ended_at=context.time))
    context.emit(Withdrawn(operation.ballot, member))


def find_broken_invariants(state: State) -> Iterator[str]:
    """Yield what does not hold.

    BAL-INV-1: a ballot's sums are its votes, and no more than its electorate. BAL-INV-2: counters say how many ballots
    there are, and how many of each opener have not come to their end. BAL-INV-3: what is scheduled was carried.
    """
    open_by: dict[str, int] = {}
    for (number,), row in state.ballots.items():
        choices = [vote.choice for _, vote in state.votes.group(number)]
        sums = (choices.count("yes"), choices.count("no"), choices.count("abstain"))
        if sums != (row.yes, row.no, row.abstain) or len(choices) > row.electorate:
            yield f"BAL-INV-1: {number}"
        if row.opener is not None and (row.closes_at, DUE_BALLOT, number.to_bytes(8, "big")) in state.due:
            open_by[row.opener] = open_by.get(row.opener, 0) + 1
    if get_count(state, "ballots") != len(state.ballots):
        yield "BAL-INV-2: ballots"
    for (name,), counter in state.counters.items():
        if name.startswith("ballots/") and counter.count != open_by.get(name.partition("/")[2], 0):
            yield f"BAL-INV-2: {name}"
    for key, _ in state.scheduled.items():  # noqa: PERF102  # a table is no dict
        height, number = key
        row = state.ballots[(number,)]
        if row.status != "carried" or getattr(row.motion, "from_height", 0) != height:
            yield f"BAL-INV-3: {number}"
