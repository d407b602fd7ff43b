"""Records: the only facts that credit counts. Each is the outcome of a ledger event (spec/credit.md CRD-3 to CRD-5).

>>> record = make_performance(
...     (7, 0, 0, 0), week=2, subject="azure-bay", counterparty="pine-hill", marks=(1000, 800, None),
...     size_milli=450, weight_milli=1000, contract=12, clause=1,
... )
>>> record.value  # a mean mark of 942, at 45 % of the full size
423900
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from concordat.credit.rulebook import RULEBOOK, Severity
from concordat.errors import InvariantBroken
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import MemberId, Milli, Natural
from concordat.primitives.ledger_time import DAY_US

RecordId = tuple[Natural, Natural, Natural, Natural]
"""(height, index of the transaction, operation, number within it); records are ordered by it."""

Marks = tuple[Milli | None, Milli | None, Milli | None]
"""Fulfillment, timeliness and data quality of a performance; None where it was not measured."""

Channel = Literal["F", "T", "Q", "C"]
"""Fulfillment, timeliness, data quality, conduct. A performance stands under F and carries all its marks."""

UNMARKED: Marks = (None, None, None)


class Record(Struct, frozen=True):
    """One performance or one negative of `subject`. Nothing in it ever changes.

    `counterparty` is the creditor, or the authority whose finding a conduct record states. `weight_milli` is the
    counterparty's weight when the record was appended. `value` is in millionths of a full performance, 0 for negatives.
    `clause` is the number of the obligation, 0 for none.
    """

    height: Natural
    index: Natural
    operation: Natural
    number: Natural
    week: Natural
    subject: MemberId
    counterparty: MemberId
    channel: Channel
    severity: Severity
    marks: Marks
    size_milli: Milli
    weight_milli: Milli
    value: Annotated[int, Meta(ge=0, le=1_000_000)]
    contract: Natural
    clause: Natural


def get_record_id(record: Record) -> RecordId:
    """Return the identifier that orders records."""
    return (record.height, record.index, record.operation, record.number)


def compute_size_milli(obligation_size: int, full_size: int, *, is_negative: bool) -> int:
    """Return the size factor, 100..1000 (negatives 500..1000). Sizes are in units; `full_size` is at least 1."""
    floor = RULEBOOK.negative_size_min_milli if is_negative else RULEBOOK.size_min_milli
    return max(floor, min(1000, 1000 * obligation_size // full_size))


def compute_days_late(due_us: int, settled_us: int) -> int:
    """Return the days from `due_us` to `settled_us`, begun days counted whole; 0 when in time."""
    return max(0, -((due_us - settled_us) // DAY_US))


def compute_timeliness(days_late: int) -> int:
    """Return the timeliness mark of an obligation settled `days_late` days late, begun days counted whole."""
    return max(0, 1000 - RULEBOOK.late_day_milli * days_late)


def compute_magnitude(marks: Marks) -> int:
    """Return the weighted mean, 0..1000, of the marks that were measured.

    Raises:
        InvariantBroken: no mark was measured; such a performance is no evidence and must not become a record.
    """
    measured = [(weight, mark) for weight, mark in zip(RULEBOOK.mark_weights, marks, strict=True) if mark is not None]
    if not measured:
        raise InvariantBroken("a performance without a mark")
    return sum(weight * mark for weight, mark in measured) // sum(weight for weight, _ in measured)


def make_performance(
    record_id: RecordId,
    *,
    week: int,
    subject: str,
    counterparty: str,
    marks: Marks,
    size_milli: int,
    weight_milli: int,
    contract: int,
    clause: int,
) -> Record:
    """Return the positive record of one settled obligation."""
    value = compute_magnitude(marks) * weight_milli * size_milli // 1000
    return Record(
        *record_id, week, subject, counterparty, "F", 0, marks, size_milli, weight_milli, value, contract, clause
    )


def make_negative(
    record_id: RecordId,
    *,
    week: int,
    subject: str,
    counterparty: str,
    channel: Literal["F", "Q", "C"],
    severity: Literal[1, 2, 3],
    size_milli: int,
    weight_milli: int,
    contract: int,
    clause: int,
) -> Record:
    """Return a negative record; `size_milli` is that of a negative, 500..1000. Lateness alone is never one."""
    return Record(
        *record_id, week, subject, counterparty, channel, severity, UNMARKED, size_milli, weight_milli, 0,
        contract, clause,
    )  # fmt: skip
