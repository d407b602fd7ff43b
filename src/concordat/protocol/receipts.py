"""What receipts and entries are made of: reasons, causes, and the rows of the tables of rejections."""

from __future__ import annotations

from dataclasses import dataclass

from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import Natural, TimeUs

OK = "ok"


class Reason(Struct, frozen=True):
    """One ground of a refusal: a frozen code and the values it speaks of."""

    code: str
    parameters: tuple[str | int, ...]


class TransactionCause(Struct, frozen=True, tag="transaction"):
    """The entry was caused by a member's transaction, kept whole."""

    wire: bytes


class DueCause(Struct, frozen=True, tag="due"):
    """The entry was caused by a due item, judged at its own time."""

    due_at: TimeUs
    kind: Natural
    subject: bytes


class ScheduledCause(Struct, frozen=True, tag="scheduled"):
    """The entry was caused by a ballot, at the first block at or past its height."""

    height: Natural
    ballot: Natural


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row of a family's table of rejections. The table's order is the order of precedence."""

    code: str
    rule: str
    """The requirement it enforces, as numbered in `spec/`."""
    may_succeed_later: bool
    """Whether the same operation may pass once the ledger has moved on."""
