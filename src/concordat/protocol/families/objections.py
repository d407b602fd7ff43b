"""Objections: somebody says that a record is wrong, and a member answers for it. Normative text: spec/objections.md.

A citizen has no key, so the node's key files in her place; another member files by its own officer. The ledger sees a
commitment to what was said, never a word of it: it keeps the clock (paper rows R17, G10).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from concordat.errors import Rejected
from concordat.primitives.codec import Struct, decode, encode
from concordat.primitives.identifiers import Digest, MemberId, Positive, TimeUs
from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.context import DUE_OBJECTION, Context, check_officer, get_signer
from concordat.protocol.receipts import Rejection
from concordat.protocol.records import AboutBallot, AboutEntry, AboutRecord, Counter, Objection, ObjectionSubject
from concordat.protocol.standing import is_open_to_citizens
from concordat.protocol.state import State

CITIZENS_OPEN_MAX = 500
"""Objections of citizens that one member has to answer at a time."""

MEMBER_OPEN_MAX = 20
"""The same of one other member."""


class File(Struct, frozen=True, tag="objections.file"):
    """Object to an entry, a credit record or how a member stands, or comment on its ballot; `member` has to answer."""

    member: MemberId
    about: ObjectionSubject | None
    statement: Digest


class Answer(Struct, frozen=True, tag="objections.answer"):
    """Answer an objection against the signer's member, by the commitment to what is said."""

    objection: Positive
    statement: Digest


class Filed(Struct, frozen=True, tag="objections.filed"):
    """An objection waits for its answer."""

    member: MemberId
    objection: Positive
    objector: MemberId | None
    about: ObjectionSubject | None
    statement: Digest
    answer_by: TimeUs


class Answered(Struct, frozen=True, tag="objections.answered"):
    """A member answered in time."""

    member: MemberId
    objection: Positive
    statement: Digest


class Unanswered(Struct, frozen=True, tag="objections.unanswered"):
    """A member let the time for its answer pass; the objection stands with that."""

    member: MemberId
    objection: Positive


Operation = File | Answer
Event = Filed | Answered | Unanswered

REJECTIONS = (
    Rejection("objections.unknown_member", "OBJ-2", may_succeed_later=True),
    Rejection("objections.own_member", "OBJ-2", may_succeed_later=False),
    Rejection("objections.unknown_entry", "OBJ-3", may_succeed_later=True),
    Rejection("objections.unknown_record", "OBJ-3", may_succeed_later=False),
    Rejection("objections.unknown_ballot", "OBJ-9", may_succeed_later=True),
    Rejection("objections.not_public", "OBJ-9", may_succeed_later=False),
    Rejection("objections.voting_began", "OBJ-9", may_succeed_later=False),
    Rejection("objections.too_many_open", "OBJ-4", may_succeed_later=True),
    Rejection("objections.unknown", "OBJ-5", may_succeed_later=True),
    Rejection("objections.closed", "OBJ-6", may_succeed_later=False),
)


def apply_file(context: Context, operation: File) -> None:
    """OBJ-1 to OBJ-4, OBJ-9: the node for a citizen, or an officer for another member."""
    state, member = context.state, operation.member
    objector = _get_objector(context)
    row = state.members.get((member,))
    if row is None or row.admitted_at is None:
        raise Rejected("objections.unknown_member", member)
    if objector == member:
        raise Rejected("objections.own_member", member)
    answer_by = _check_subject(context, operation, objector)
    filed = Objection(objector, operation.about, operation.statement, context.time, answer_by, "open")
    _count_open(state, member, filed, 1)
    number = state.objections.group_size(member) + 1
    state.objections.put((member, number), filed)
    context.schedule(answer_by, DUE_OBJECTION, encode((member, number)))
    context.emit(Filed(member, number, objector, operation.about, operation.statement, answer_by))


def _check_subject(context: Context, operation: File, objector: str | None) -> int:
    """OBJ-3, OBJ-9: what it is about is there; returns by when (µs) it has to be answered."""
    answer_by = context.time + context.params.objection_answer_days * DAY_US
    match operation.about:
        case AboutEntry(entry=entry) if not (1, 0) <= entry < (context.height, context.index):
            raise Rejected("objections.unknown_entry", entry[0], entry[1])
        case AboutRecord(record=record) if (operation.member, *record) not in context.state.records:
            raise Rejected("objections.unknown_record", operation.member, record[0], record[1], record[2], record[3])
        case AboutBallot(ballot=number):
            ballot = context.state.ballots.get((number,))
            if ballot is None or ballot.opener != operation.member:
                raise Rejected("objections.unknown_ballot", operation.member, number)
            if objector is None and not is_open_to_citizens(ballot.motion):
                raise Rejected("objections.not_public", number)
            if ballot.status != "open" or context.time >= ballot.opens_at:
                raise Rejected("objections.voting_began", number)
            return min(context.time + context.params.comment_answer_days * DAY_US, ballot.closes_at)
        case _:
            pass
    return answer_by


def _get_objector(context: Context) -> str | None:
    """OBJ-1: nobody by name where the node's key signs, else the signer's member."""
    if "node" in check_officer(context.state.officers.get((context.public_key,))).roles:
        return None
    member, _ = get_signer(context, "admin")
    return member


def _name_counter(member: str, row: Objection) -> str:
    kind = "comments" if isinstance(row.about, AboutBallot) else "objections"
    return f"{kind}/{member}/{row.objector or ''}"


def _count_open(state: State, member: str, row: Objection, change: int) -> None:
    """OBJ-4: bound what one member has to answer at a time."""
    key = (_name_counter(member, row),)
    counter = state.counters.get(key)
    count = (counter.count if counter else 0) + change
    limit = CITIZENS_OPEN_MAX if row.objector is None else MEMBER_OPEN_MAX
    if count > limit:
        raise Rejected("objections.too_many_open", member, limit)
    if count:
        state.counters.put(key, Counter(count))
    else:
        state.counters.delete(key)


def apply_answer(context: Context, operation: Answer) -> None:
    """OBJ-5, OBJ-6: the member that is objected to answers once, while its time runs."""
    member, _ = get_signer(context, "admin")
    key = (member, operation.objection)
    row = context.state.objections.get(key)
    if row is None:
        raise Rejected("objections.unknown", member, operation.objection)
    if row.status != "open":
        raise Rejected("objections.closed", operation.objection, row.status)
    context.state.objections.put(
        key, replace(row, status="answered", answer=operation.statement, closed_at=context.time)
    )
    _count_open(context.state, member, row, -1)
    context.emit(Answered(member, operation.objection, operation.statement))


def fire_objection_end(context: Context, subject: bytes) -> None:
    """OBJ-7: the time for an answer is over."""
    key = decode(tuple[str, int], subject)
    row = context.state.objections[key]
    if row.status == "open":
        context.state.objections.put(key, replace(row, status="unanswered", closed_at=context.time))
        _count_open(context.state, key[0], row, -1)
        context.emit(Unanswered(*key))


def find_broken_invariants(state: State) -> Iterator[str]:
    """OBJ-INV-1, OBJ-INV-2: numbers without gaps; who is counted is open, and what is open is counted."""
    names = ("objections/", "comments/")
    counted = {key[0]: row.count for key, row in state.counters.items() if str(key[0]).startswith(names)}
    found: dict[str | int | bytes, int] = {}
    last: dict[str, int] = {}
    for (member, number), row in state.objections.items():
        if number != last.get(member, 0) + 1:
            yield f"OBJ-INV-1: {member} has no objection {number - 1}"
        last[member] = number
        if row.status == "open":
            name = _name_counter(member, row)
            found[name] = found.get(name, 0) + 1
    if found != counted:
        yield f"OBJ-INV-2: {counted} are counted, {found} are open"
