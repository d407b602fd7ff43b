"""Votes and how they are counted (spec/ballots.md BAL-7 to BAL-12)."""

from __future__ import annotations

from msgspec.structs import replace

from concordat.errors import Rejected
from concordat.protocol.context import Context, get_signer
from concordat.protocol.families.ballots import Closed, Vote, Voted
from concordat.protocol.families.ballots.opening import free_place, get_open
from concordat.protocol.records import Ballot, BallotStatus, Member, Scheduled
from concordat.protocol.records import Vote as VoteRow
from concordat.protocol.standing import is_in_standing


def apply_vote(context: Context, operation: Vote) -> None:
    """BAL-7, BAL-8, BAL-10, BAL-11: one vote a member, for good."""
    member, row = get_signer(context, "admin")
    ballot = get_open(context, operation.ballot)
    if context.time < ballot.opens_at:
        raise Rejected("ballots.not_open_yet", operation.ballot, ballot.opens_at)
    if not is_eligible(ballot, member, row):
        raise Rejected("ballots.not_eligible", member, operation.ballot)
    if (operation.ballot, member) in context.state.votes:
        raise Rejected("ballots.already_voted", member, operation.ballot)
    entry = (context.height, context.index)
    vote = VoteRow(operation.choice, context.time, context.public_key, entry)
    context.state.votes.put((operation.ballot, member), vote)
    match operation.choice:
        case "yes":
            ballot = replace(ballot, yes=ballot.yes + 1)
        case "no":
            ballot = replace(ballot, no=ballot.no + 1)
        case _:
            ballot = replace(ballot, abstain=ballot.abstain + 1)
    context.state.ballots.put((operation.ballot,), ballot)
    context.emit(Voted(operation.ballot, member, operation.choice))


def is_eligible(ballot: Ballot, member: str, row: Member) -> bool:
    """BAL-10: in standing, a member already when it was opened, and not the one that it is about."""
    return is_in_standing(row) and row.admitted_entry < ballot.opened_entry and member not in ballot.excluded


def compute_outcome(ballot: Ballot) -> BallotStatus:
    """BAL-12: more than the threshold of yes and no, of whom with the abstaining the quorum took part."""
    if ballot.yes * 1000 <= ballot.threshold_milli * (ballot.yes + ballot.no):
        return "lost"
    cast = ballot.yes + ballot.no + ballot.abstain
    return "carried" if cast * 1000 >= ballot.quorum_milli * ballot.electorate else "no_quorum"


def close(context: Context, number: int) -> Ballot | None:
    """Count an open ballot and return it, ended; None when it was withdrawn, or called off after its end."""
    ballot = context.state.ballots[(number,)]
    if ballot.status in {"open", "withdrawn"}:
        free_place(context, ballot)
    if ballot.status != "open":
        return None
    ballot = replace(ballot, status=compute_outcome(ballot), ended_at=context.time)
    context.state.ballots.put((number,), ballot)
    context.emit(Closed(number, ballot.status, ballot.yes, ballot.no, ballot.abstain, ballot.electorate))
    return ballot


def schedule(context: Context, number: int, height: int) -> None:
    """BAL-17: let a carried motion act at the beginning of the first block at or past a height."""
    context.state.scheduled.put((height, number), Scheduled())


def settle(context: Context, number: int, status: BallotStatus) -> None:
    """Say what became of a carried motion."""
    ballot = context.state.ballots[(number,)]
    context.state.ballots.put((number,), replace(ballot, status=status))
