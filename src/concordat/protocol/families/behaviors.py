"""Behaviors: what a member did, recorded as it happens, or anchored by the batch. Normative text: spec/behaviors.md.

A record says one behavior in a sentence and commits to its evidence. A series that is too fast for that, readings of a
sensor, is anchored: the root over a batch of its items, each of which can then be proved alone (paper row R5).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from concordat.errors import Rejected
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import (
    INTEGER_MAX,
    Code,
    DatasetName,
    Digest,
    Label,
    MemberId,
    Positive,
    TimeUs,
)
from concordat.primitives.ledger_time import DAY_US, SECOND_US, compute_week
from concordat.protocol.context import Context, get_signer
from concordat.protocol.receipts import Rejection
from concordat.protocol.records import BehaviorCount, Series
from concordat.protocol.state import State

AHEAD_US: Final = 300 * SECOND_US
"""How far the clock of who saw it may run ahead of the ledger's."""

AGE_DAYS_MAX: Final = 30
"""After which a behavior is no news: it is recorded as soon as it occurs, and later only where the way was cut."""


class OfMember(Struct, frozen=True, tag="member"):
    """The signer's member itself did it."""

    member: MemberId


class OfDataset(Struct, frozen=True, tag="dataset"):
    """It concerns one of the signer's datasets."""

    dataset: DatasetName


class OfContract(Struct, frozen=True, tag="contract"):
    """It concerns a contract to which the signer's member is a party."""

    contract: Positive


Subject = OfMember | OfDataset | OfContract


class Record(Struct, frozen=True, tag="behaviors.record"):
    """Record one behavior of the signer's member."""

    kind: Code
    """What was done, in the words of who does it: `water.released`."""
    subject: Subject
    occurred_at: TimeUs
    evidence: Digest
    """SHA-256 of what shows it, or a salted commitment to that."""
    sentence: Label


class Anchor(Struct, frozen=True, tag="behaviors.anchor"):
    """Anchor the next batch of a series: the RFC 6962 root over the leaves of its items, in order."""

    series: DatasetName
    first_at: TimeUs
    last_at: TimeUs
    count: Positive
    root: Digest


class Recorded(Struct, frozen=True, tag="behaviors.recorded"):
    """A behavior was recorded."""

    member: MemberId
    kind: Code
    subject: Subject
    occurred_at: TimeUs
    sentence: Label


class Anchored(Struct, frozen=True, tag="behaviors.anchored"):
    """A batch of a series was anchored; `batch` counts from 1."""

    member: MemberId
    series: DatasetName
    batch: Positive
    first_at: TimeUs
    last_at: TimeUs
    count: Positive


Operation = Record | Anchor
Event = Recorded | Anchored

REJECTIONS = (
    Rejection("behaviors.not_your_subject", "BEH-2", may_succeed_later=True),
    Rejection("behaviors.times_turned", "BEH-6", may_succeed_later=False),
    Rejection("behaviors.from_the_future", "BEH-3", may_succeed_later=True),
    Rejection("behaviors.too_old", "BEH-4", may_succeed_later=False),
    Rejection("behaviors.batch_repeated", "BEH-7", may_succeed_later=False),
    Rejection("behaviors.batch_overlaps", "BEH-8", may_succeed_later=False),
)


def apply_record(context: Context, operation: Record) -> None:
    """BEH-1 to BEH-5: any behavior of one's own, neither ahead of time nor long past."""
    member, _ = get_signer(context, "data")
    _check_subject(context.state, member, operation.subject)
    _check_time(context, operation.occurred_at)
    key = (member, operation.kind, compute_week(operation.occurred_at, context.genesis_us))
    row = context.state.behaviors.get(key) or BehaviorCount(0, 0)
    last_at = max(row.last_at, operation.occurred_at)
    context.state.behaviors.put(key, BehaviorCount(row.count + 1, last_at))
    context.emit(Recorded(member, operation.kind, operation.subject, operation.occurred_at, operation.sentence))


def apply_anchor(context: Context, operation: Anchor) -> None:
    """BEH-6 to BEH-9: batches of a series follow one another in time."""
    member, _ = get_signer(context, "data")
    first_at, last_at = operation.first_at, operation.last_at
    if first_at > last_at:
        raise Rejected("behaviors.times_turned", first_at, last_at)
    _check_time(context, last_at)
    row = context.state.series.get((member, operation.series)) or Series(0, 0, 0, bytes(32))
    if row.batches and operation.root == row.root:
        raise Rejected("behaviors.batch_repeated", operation.series, row.batches)
    if row.batches and first_at <= row.last_at:
        raise Rejected("behaviors.batch_overlaps", operation.series, first_at, row.last_at)
    batch = row.batches + 1
    items = min(row.items + operation.count, INTEGER_MAX)  # nobody checks a count that a member claims
    context.state.series.put((member, operation.series), Series(batch, items, last_at, operation.root))
    context.emit(Anchored(member, operation.series, batch, first_at, last_at, operation.count))


def _check_subject(state: State, member: str, subject: Subject) -> None:
    """BEH-2: the member itself, a dataset of its own, or a contract to which it is a party."""
    match subject:
        case OfMember(named):
            name, is_own = named, named == member
        case OfDataset(dataset):
            name, is_own = f"{member}/{dataset}", (member, dataset) in state.datasets
        case OfContract(number):
            terms = state.terms.get((number,))
            name, is_own = str(number), terms is not None and member in terms.parties
    if not is_own:
        raise Rejected("behaviors.not_your_subject", str(subject.__struct_config__.tag), name)


def _check_time(context: Context, time: int) -> None:
    if time > context.time + AHEAD_US:
        raise Rejected("behaviors.from_the_future", time, context.time)
    if time < context.time - AGE_DAYS_MAX * DAY_US:
        raise Rejected("behaviors.too_old", time, context.time, AGE_DAYS_MAX)


def find_broken_invariants(state: State) -> Iterator[str]:
    """BEH-INV-1: what is counted was counted at least once, under a member's name."""
    for (member, kind, week), row in state.behaviors.items():
        if (member,) not in state.members or row.count < 1:
            yield f"BEH-INV-1: {member} {kind} {week}"
    for (member, series), batches in state.series.items():
        if (member,) not in state.members or not 1 <= batches.batches <= batches.items:
            yield f"BEH-INV-1: {member}/{series}"
