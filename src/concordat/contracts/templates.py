"""Templates: terms from the few things that people decide.

`supply/1`: one supplies the others, once or at intervals. `exchange/1`: each of two parties supplies the other.
A template only fills in terms; whatever it makes is judged like terms written by hand.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from concordat.contracts.terms import (
    OBLIGATIONS_MAX,
    Consequence,
    Creditors,
    Days,
    DaysAtLeastOne,
    ExactFile,
    MatchingTable,
    Obligation,
    TemplateName,
    Terms,
    Units,
)
from concordat.errors import UsageError
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import DatasetName, Label, MemberId, TimeUs
from concordat.primitives.ledger_time import DAY_US


class Item(Struct, frozen=True):
    """What one party supplies, once or `times` times every `every_days` days."""

    debtor: MemberId
    creditors: Creditors
    subject: Label
    dataset: DatasetName
    evidence: ExactFile | MatchingTable
    size: Units
    first_due: TimeUs
    every_days: DaysAtLeastOne
    times: Annotated[int, Meta(ge=1, le=OBLIGATIONS_MAX)]


class Draft(Struct, frozen=True):
    """The few things people decide; `grace_days`, `cure_days`, `objection_days` hold for all items."""

    template: TemplateName
    title: Label
    items: Annotated[tuple[Item, ...], Meta(min_length=1, max_length=12)]
    sign_by: TimeUs
    grace_days: Days
    cure_days: DaysAtLeastOne
    objection_days: DaysAtLeastOne
    consequence: Consequence


def compute_terms(draft: Draft) -> Terms:
    """Return the terms of a draft: parties in order of appearance, obligations in order of their deadlines.

    Raises:
        UsageError: `input.does_not_fit` when there would be more obligations than terms may have.
    """
    count = sum(item.times for item in draft.items)
    if count > OBLIGATIONS_MAX:
        raise UsageError("input.does_not_fit", f"/items make {count} obligations, more than {OBLIGATIONS_MAX}")
    parties = dict.fromkeys(member for item in draft.items for member in (item.debtor, *item.creditors))
    obligations = [
        Obligation(
            debtor=item.debtor,
            creditors=item.creditors,
            subject=item.subject,
            size=item.size,
            dataset=item.dataset,
            evidence=item.evidence,
            due=item.first_due + turn * item.every_days * DAY_US,
            grace_days=draft.grace_days,
            cure_days=draft.cure_days,
            objection_days=draft.objection_days,
            consequence=draft.consequence,
        )
        for item in draft.items
        for turn in range(item.times)
    ]
    obligations.sort(key=lambda obligation: obligation.due)
    return Terms(draft.template, draft.title, tuple(parties), tuple(obligations), draft.sign_by)
