"""Views that several families share: who is admitted, who may sign, how large a contract. They only read."""

from __future__ import annotations

from concordat.credit.grades import get_limit_milli
from concordat.credit.rulebook import RULEBOOK
from concordat.primitives.ledger_time import WEEK_US
from concordat.protocol.records import Appoint, CallOff, ChangeParameter, ChangeRulebook, Dismiss, Member, Motion
from concordat.protocol.state import State


def is_admitted(member: Member | None) -> bool:
    """True for a member that may perform, attest and be heard, even while new contracts are barred."""
    return member is not None and member.status in {"active", "suspended"}


def is_in_standing(member: Member | None) -> bool:
    """True for a member that may enter new contracts."""
    return member is not None and member.status == "active"


def is_open_to_citizens(motion: Motion) -> bool:
    """True of motions about rules and offices; those about one member's own affairs are the members' (BAL-21)."""
    return isinstance(motion, ChangeParameter | ChangeRulebook | CallOff | Appoint | Dismiss)


def get_limit_units(state: State, member: str, now_us: int) -> int:
    """Return the largest contract `member` may sign, in units (CRD-10: by grade, and less after a return)."""
    row = state.members[(member,)]
    share_milli = get_limit_milli(state.credits[(member,)].grade)
    if is_on_return(state, member, row, now_us):
        share_milli = min(share_milli, RULEBOOK.return_limit_milli)
    return state.get_params().full_size_units * share_milli // 1000


def is_on_return(state: State, member: str, row: Member, now_us: int) -> bool:
    """True while a returned member's small limit holds, for its weeks and its obligations kept, both (CRD-13)."""
    if row.returned_at is None:
        return False
    if now_us < row.returned_at + RULEBOOK.return_weeks * WEEK_US:
        return True
    return count_kept_since_return(state, member, row) < RULEBOOK.return_performances


def count_kept_since_return(state: State, member: str, row: Member) -> int:
    """Return how many obligations a returned member has kept since its return (CRD-13)."""
    kept = {
        (record.contract, record.clause)
        for key, record in state.records.group(member)
        if record.severity == 0 and key[1:3] > row.admitted_entry
    }
    return len(kept)
