"""Forced exit, its hearing, and the way back under a guarantor (spec/membership.md MEM-12 to MEM-15)."""

from __future__ import annotations

from msgspec.structs import replace

from concordat.credit.grades import is_sponsor_grade
from concordat.credit.rulebook import RULEBOOK
from concordat.errors import Rejected
from concordat.primitives.ledger_time import DAY_US, WEEK_US
from concordat.protocol.context import DUE_HEARING, Context, get_signer
from concordat.protocol.families.membership import (
    Expelled,
    HearingOpened,
    ReadmissionAsked,
    ReadmissionDeclined,
    Readmit,
    Readmitted,
    Respond,
    Responded,
    Sponsor,
)
from concordat.protocol.records import Limb, Member
from concordat.protocol.standing import is_in_standing
from concordat.protocol.state import State


def count_barred_days(context: Context, row: Member) -> int:
    """Return how many days, begun ones included, an expelled member must stay out; else 0 or less.

    Nobody returns before they are over, so the time of the last exit says it all.
    """
    if row.expelled_at is None:
        return 0
    return -(-(row.expelled_at + RULEBOOK.return_after_weeks * WEEK_US - context.time) // DAY_US)


def open_hearing(context: Context, member: str, limb: Limb) -> None:
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


def stay(context: Context, member: str) -> bool:
    """End a hearing without an exit; only later negatives count for another (BAL-16). False when there is none."""
    row = context.state.members[(member,)]
    if row.status != "suspended":
        return False
    entry = (context.height, context.index)
    context.state.members.put(
        (member,), replace(row, status="active", hearing_ends=None, statement=None, admitted_entry=entry)
    )
    context.state.credits.put((member,), replace(context.state.credits[(member,)], closes_below=0))
    return True


def apply_readmit(context: Context, operation: Readmit) -> None:
    """MEM-13 to MEM-15: after 52 weeks, with a guarantor of grade C or better, who must then sponsor."""
    member, row = get_signer(context, "admin")
    if row.status != "expelled":
        raise Rejected("membership.not_expelled", member, row.status)
    days_left = count_barred_days(context, row)
    if days_left > 0:
        raise Rejected("membership.too_early_to_return", member, days_left)
    if operation.guarantor == member:
        raise Rejected("membership.guarantor_not_fit", operation.guarantor)
    _check_guarantor(context.state, operation.guarantor)
    context.state.members.put((member,), replace(row, guarantor=operation.guarantor))
    context.emit(ReadmissionAsked(member, operation.guarantor))


def _check_guarantor(state: State, guarantor: str) -> None:
    """MEM-15: in standing and of a sponsor's grade."""
    if not is_in_standing(state.members.get((guarantor,))) or not is_sponsor_grade(state.credits[(guarantor,)].grade):
        raise Rejected("membership.guarantor_not_fit", guarantor)


def answer_return(context: Context, operation: Sponsor, guarantor: str) -> None:
    """MEM-15: the guarantor declines, or the member is back: under a small limit, closes below counted anew."""
    state, member = context.state, operation.member
    row = state.members[(member,)]
    if not operation.verdict:
        state.members.put((member,), replace(row, guarantor=None))
        context.emit(ReadmissionDeclined(member, guarantor))
        return
    _check_guarantor(state, guarantor)
    entry = (context.height, context.index)
    now = context.time
    state.members.put(
        (member,), replace(row, status="active", admitted_at=now, admitted_entry=entry, returned_at=now)
    )
    state.credits.put((member,), replace(state.credits[(member,)], closes_below=0))
    context.emit(Readmitted(member, guarantor))
