"""The terms of a cooperation contract: what the parties sign, as values (paper row R7).

Normative text: spec/contracts.md. Every obligation has an owner, a creditor, evidence, a deadline and a consequence;
the types leave no way to write one without.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta

from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import DatasetName, Digest, Label, MemberId, Natural, TimeUs
from concordat.primitives.ledger_time import DAY_US

Days = Annotated[int, Meta(ge=0, le=365)]
DaysAtLeastOne = Annotated[int, Meta(ge=1, le=365)]
Units = Annotated[int, Meta(ge=1, le=1_000_000)]
"""The size of an obligation, in the consortium's units; `full_size_units` is what grade A may sign."""

Creditors = Annotated[tuple[MemberId, ...], Meta(min_length=1, max_length=11)]
OBLIGATIONS_MAX: Final = 64

TemplateName = Literal["exchange/1", "supply/1"]
Consequence = Literal["terminate", "continue"]


class ExactFile(Struct, frozen=True, tag="exact_file"):
    """Evidence: the registered version has exactly this digest."""

    digest: Digest


class MatchingTable(Struct, frozen=True, tag="matching_table"):
    """Evidence: the registered version has this schema and at least this many rows."""

    schema: Digest
    rows_min: Natural


class Obligation(Struct, frozen=True, tag="delivery"):
    """One duty of one party. Its number is its place in the terms, counted from 1."""

    debtor: MemberId
    creditors: Creditors
    subject: Label
    size: Units
    dataset: DatasetName
    """The debtor's dataset in which the version will be registered."""
    evidence: ExactFile | MatchingTable
    due: TimeUs
    grace_days: Days
    """After `due`: late, but the contract goes on."""
    cure_days: DaysAtLeastOne
    """After grace: the contract is suspended and the debtor may still perform."""
    objection_days: DaysAtLeastOne
    """After a delivery: silence accepts it."""
    consequence: Consequence
    """What the end of the cure period does to the contract."""

    @property
    def cure_ends(self) -> int:
        """The time at which an undelivered obligation is breached."""
        return self.due + (self.grace_days + self.cure_days) * DAY_US


class Terms(Struct, frozen=True, tag="terms/1"):
    """What every party signs. `sign_by`: unsigned by then, the offer is void."""

    template: TemplateName
    title: Label
    parties: Annotated[tuple[MemberId, ...], Meta(min_length=2, max_length=12)]
    obligations: Annotated[tuple[Obligation, ...], Meta(min_length=1, max_length=OBLIGATIONS_MAX)]
    sign_by: TimeUs

    @property
    def size(self) -> int:
        """The contract's size in units: the sum of its obligations."""
        return sum(obligation.size for obligation in self.obligations)
