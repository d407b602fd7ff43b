"""Motions: what stands in the way of one, and what follows from it once it is carried (spec/ballots.md BAL-6, BAL-17).

It stands above the families because a motion acts in several of them.
"""

from __future__ import annotations

from msgspec.structs import replace

from concordat.credit.rulebook import RULEBOOK_DIGEST
from concordat.errors import Refused, Rejected, UsageError
from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.context import DUE_BALLOT, Context
from concordat.protocol.editions import EDITION_NEWEST
from concordat.protocol.families import ballots
from concordat.protocol.families.ballots import opening, voting
from concordat.protocol.families.membership import (
    ALL_ROLES,
    admission,
    compute_recovery_message,
    exits,
    officers,
)
from concordat.protocol.params import ParamsRow, make_params
from concordat.protocol.records import (
    Admit,
    Appoint,
    CallOff,
    ChangeParameter,
    ChangeRulebook,
    Dismiss,
    Member,
    MemberRole,
    Motion,
    Obstacle,
    Recover,
    Stay,
)
from concordat.protocol.standing import is_in_standing
from concordat.protocol.state import State

NOTICE_DAYS = 28
"""For so long other rules wait after the close: time for a ballot that calls them off (BAL-20)."""


def apply_open(context: Context, operation: ballots.Open) -> None:
    """BAL-2 to BAL-6: what could never be carried out is not put to the vote."""
    member = opening.check_open(context, operation)
    ground = find_obstacle(context, operation.motion)
    if ground is None and isinstance(operation.motion, ChangeParameter | ChangeRulebook):
        ground = "height_passed" if operation.motion.from_height <= context.height else None
    if ground is not None:
        raise Rejected("ballots.impossible", ground)
    opening.open_ballot(
        context, member, operation.motion, operation.reason, operation.opens_at, operation.closes_at
    )


def fire_ballot_end(context: Context, subject: bytes) -> None:
    """BAL-12, BAL-20: the vote, or the notice after it, is over; what names a height waits for it, the rest acts."""
    number = int.from_bytes(subject, "big")
    is_noticed = context.state.ballots[(number,)].status == "carried"
    ballot = context.state.ballots[(number,)] if is_noticed else voting.close(context, number)
    if ballot is None or ballot.status != "carried":
        return
    if not is_noticed and names_rules(ballot.motion):
        context.schedule(context.time + NOTICE_DAYS * DAY_US, DUE_BALLOT, subject)
    elif isinstance(ballot.motion, ChangeParameter | ChangeRulebook):
        voting.schedule(context, number, ballot.motion.from_height)
    else:
        carry_out(context, number, ballot.motion)


def names_rules(motion: Motion) -> bool:
    """True of motions that a release may not know how to go on under (BAL-20)."""
    return isinstance(motion, ChangeRulebook) or (isinstance(motion, ChangeParameter) and motion.name == "edition")


def has_scheduled(state: State, height: int) -> bool:
    """True when a block of this height begins with what a ballot decided."""
    key = state.scheduled.first_key()
    return key is not None and key[0] <= height


def carry_out_scheduled(context: Context) -> tuple[int, int]:
    """Carry out the first motion that is scheduled by this height; returns its (height, ballot)."""
    key = context.state.scheduled.first_key()
    if key is None:
        raise LookupError("nothing is scheduled")
    context.state.scheduled.delete(key)
    carry_out(context, key[1], context.state.ballots[(key[1],)].motion)
    return key


def check_release(state: State, height: int) -> None:
    """LED-15: stop before a block under rules that this release does not have.

    Raises:
        Refused: `node.needs_release` with what it lacks.
    """
    edition = state.get_params().edition
    if edition > EDITION_NEWEST:
        raise Refused("node.needs_release", f"edition {edition} > {EDITION_NEWEST}")
    for key, _ in state.scheduled.items():  # noqa: PERF102  # a table is no dict
        at, number = key
        if at > height:
            break
        lacking = find_lacking(state.ballots[(number,)].motion)
        if lacking is not None:
            raise Refused("node.needs_release", f"{lacking}, height {at}")


def find_lacking(motion: Motion) -> str | None:
    """Return what a motion demands that this release does not have (LED-15), None when it has it."""
    match motion:
        case ChangeParameter(name="edition", value=value) if value > EDITION_NEWEST:
            return f"edition {value} > {EDITION_NEWEST}"
        case ChangeRulebook(digest=digest) if digest != RULEBOOK_DIGEST:
            return f"rulebook {digest.hex()}"
        case _:
            return None


# ── what stands in the way ──────────────────────────────────────────────────────────────────────────────────────────


def find_obstacle(context: Context, motion: Motion) -> Obstacle | None:
    """BAL-6: the first ground on which a motion cannot be carried out now, but for its height; one of `OBSTACLES`."""
    members = context.state.members
    match motion:
        case ChangeParameter():
            return _find_parameter_obstacle(context.state, motion)
        case ChangeRulebook():
            return "no_change" if motion.digest == RULEBOOK_DIGEST else None
        case Admit():
            return _find_admission_obstacle(context, members.get((motion.member,)))
        case Stay():
            return "by_the_ledger"
        case CallOff():
            called = context.state.ballots.get((motion.ballot,))
            return None if called is not None and called.status == "carried" else "not_carried"
        case Appoint():
            row = members.get((motion.member,))
            if row is None or not is_in_standing(row):
                return "not_a_member"
            return "role_held" if motion.role in row.roles else None
        case Dismiss():
            row = members.get((motion.member,))
            if row is None or motion.role not in row.roles:
                return "role_not_held"
            others = count_holders(context.state, motion.role) - is_in_standing(row)
            needed = context.params.verify_k if motion.role == "verifier" else 1
            return "last_of_role" if others < needed else None
        case _:
            return _find_recovery_obstacle(context, motion)


def _find_parameter_obstacle(state: State, motion: ChangeParameter) -> Obstacle | None:
    values = dict(state.params[(0,)].values)
    params = state.get_params()
    if motion.name not in params.__struct_fields__:
        return "unknown_parameter"
    try:
        changed = make_params(values | {motion.name: motion.value})
    except UsageError:
        return "out_of_bounds"
    if changed == params:
        return "no_change"
    if changed.edition < params.edition:
        return "out_of_bounds"
    is_too_many = motion.name == "verify_k" and motion.value > count_holders(state, "verifier")
    return "last_of_role" if is_too_many else None


def count_holders(state: State, role: MemberRole) -> int:
    """Count the members in standing that have a role."""
    return state.members.count(lambda row: role in row.roles and is_in_standing(row))


def _find_admission_obstacle(context: Context, row: Member | None) -> Obstacle | None:
    if row is None or row.status not in {"applied", "reviewed"}:
        return "not_waiting"
    try:
        if row.status == "applied":
            admission.check_identity(context.state, row.scheme, row.code)
        admission.check_review(context, row)
    except Rejected as refusal:
        # The vote stands in for the sponsor's word, and for nothing else of the review.
        grounds = [code for code, _ in refusal.reasons] or [refusal.code]
        return None if all(code.startswith("review.sponsor") for code in grounds) else "not_waiting"
    return None


def _find_recovery_obstacle(context: Context, motion: Recover) -> Obstacle | None:
    row = context.state.members.get((motion.member,))
    if row is None or row.admitted_at is None:
        return "not_a_member"
    try:
        officers.check_new_key(context, motion.public_key)
        message = compute_recovery_message(context.chain_id, motion.member)
        officers.check_possession(motion.public_key, motion.possession, message)
    except Rejected:
        return "key_not_fit"
    return None


# ── what follows ────────────────────────────────────────────────────────────────────────────────────────────────────


def carry_out(context: Context, number: int, motion: Motion) -> None:
    """BAL-17 to BAL-19: do what was decided; what cannot be done any more is moot, and no error."""
    if isinstance(motion, Stay):
        _stay(context, number, motion)
        return
    ground = find_obstacle(context, motion)
    voting.settle(context, number, "applied" if ground is None else "moot")
    if ground is not None:
        context.emit(ballots.Moot(number, ground))
        return
    match motion:
        case ChangeParameter():
            values = dict(context.state.params[(0,)].values) | {motion.name: motion.value}
            context.state.params.put((0,), ParamsRow(tuple(sorted(values.items()))))
            context.emit(ballots.ParameterChanged(number, motion.name, motion.value))
        case Admit():
            admission.admit_by_vote(context, motion.member)
        case Appoint():
            row = context.state.members[(motion.member,)]
            roles = tuple(sorted((*row.roles, motion.role)))
            context.state.members.put((motion.member,), replace(row, roles=roles))
            context.emit(ballots.RoleGiven(number, motion.member, motion.role))
        case Dismiss():
            row = context.state.members[(motion.member,)]
            left = tuple(role for role in row.roles if role != motion.role)
            context.state.members.put((motion.member,), replace(row, roles=left))
            context.emit(ballots.RoleTaken(number, motion.member, motion.role))
        case Recover():
            for key in context.state.members[(motion.member,)].officers:
                officers.end_key(context, motion.member, key)
            officers.add_key(context, motion.member, motion.public_key, ALL_ROLES, motion.card)
        case CallOff():
            _call_off(context, number, motion.ballot)
        case _:  # a rulebook that this release ships is in force already
            pass


def _call_off(context: Context, number: int, called: int) -> None:
    """BAL-20: what was carried is not done."""
    key = (getattr(context.state.ballots[(called,)].motion, "from_height", 0), called)
    if key in context.state.scheduled:
        context.state.scheduled.delete(key)
    voting.settle(context, called, "called_off")
    context.emit(ballots.CalledOff(called, number))


def _stay(context: Context, number: int, motion: Stay) -> None:
    """BAL-16: active again; only what comes later counts towards another exit (CRD-13)."""
    is_heard = exits.stay(context, motion.member)
    voting.settle(context, number, "applied" if is_heard else "moot")
    event = ballots.Stayed(number, motion.member) if is_heard else ballots.Moot(number, "not_a_member")
    context.emit(event)
