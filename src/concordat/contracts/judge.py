"""The judge of validity: every reason for which terms would bind nobody (paper row R8, spec/contracts.md CON-5).

Judged when a contract is proposed and again when the last signature would put it in force. The judge lists all
reasons at once, in the order of `REASONS`, so that a drafter mends them in one go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from concordat.contracts.terms import Obligation, Terms
from concordat.primitives.ledger_time import DAY_US

Reason = tuple[str, tuple[str | int, ...]]

TERM_DAYS_MAX = 3650
"""No deadline lies further ahead: a promise that nobody will live to judge is none."""

REASONS = (
    "judge.not_as_template",  # template
    "judge.party_repeated",  # member
    "judge.party_not_admitted",  # member
    "judge.party_not_in_standing",  # member
    "judge.party_without_part",  # member
    "judge.over_limit",  # member, size, limit
    "judge.debtor_not_party",  # obligation, member
    "judge.creditor_not_party",  # obligation, member
    "judge.creditor_repeated",  # obligation, member
    "judge.owed_to_oneself",  # obligation, member
    "judge.nothing_to_deliver",  # obligation
    "judge.sign_by_past",
    "judge.due_before_sign_by",  # obligation
    "judge.due_out_of_order",  # obligation
    "judge.due_too_far",  # obligation
)


class Party(msgspec.Struct, frozen=True):
    """What the ledger knows of an admitted party when the judge asks."""

    is_in_standing: bool
    limit_units: int
    """The largest contract it may sign (credit grade, spec/credit.md)."""


def judge(terms: Terms, parties: Mapping[str, Party | None], now_us: int) -> tuple[Reason, ...]:
    """Return every reason against the terms; none means valid. `parties`: None for who is not admitted."""
    found = (
        *_judge_template(terms),
        *_judge_parties(terms, parties),
        *_judge_obligations(terms),
        *_judge_times(terms, now_us),
    )
    return tuple(sorted(found, key=lambda reason: REASONS.index(reason[0])))


def _judge_template(terms: Terms) -> Iterator[Reason]:
    """The heading that people sign names a shape: who supplies, and whether the other does so too."""
    debtors = dict.fromkeys(duty.debtor for duty in terms.obligations)
    expected = {"supply/1": (1, range(2, 13)), "exchange/1": (2, range(2, 3))}[terms.template]
    if len(debtors) != expected[0] or len(terms.parties) not in expected[1]:
        yield "judge.not_as_template", (terms.template,)


def _judge_parties(terms: Terms, parties: Mapping[str, Party | None]) -> Iterator[Reason]:
    active = {member for duty in terms.obligations for member in (duty.debtor, *duty.creditors)}
    for place, member in enumerate(terms.parties):
        party = parties.get(member)
        if member in terms.parties[:place]:
            yield "judge.party_repeated", (member,)
        if member not in active:
            yield "judge.party_without_part", (member,)
        if party is None:
            yield "judge.party_not_admitted", (member,)
        elif not party.is_in_standing:
            yield "judge.party_not_in_standing", (member,)
        elif terms.size > party.limit_units:
            yield "judge.over_limit", (member, terms.size, party.limit_units)


def _judge_obligations(terms: Terms) -> Iterator[Reason]:
    for number, duty in enumerate(terms.obligations, start=1):
        if duty.debtor not in terms.parties:
            yield "judge.debtor_not_party", (number, duty.debtor)
        for place, creditor in enumerate(duty.creditors):
            if creditor not in terms.parties:
                yield "judge.creditor_not_party", (number, creditor)
            if creditor in duty.creditors[:place]:
                yield "judge.creditor_repeated", (number, creditor)
            if creditor == duty.debtor:
                yield "judge.owed_to_oneself", (number, creditor)
        if getattr(duty.evidence, "rows_min", 1) == 0:
            yield "judge.nothing_to_deliver", (number,)


def _judge_times(terms: Terms, now_us: int) -> Iterator[Reason]:
    if terms.sign_by <= now_us:
        yield "judge.sign_by_past", ()
    previous: Obligation | None = None
    for number, duty in enumerate(terms.obligations, start=1):
        if duty.due <= terms.sign_by:
            yield "judge.due_before_sign_by", (number,)
        if previous is not None and duty.due < previous.due:
            yield "judge.due_out_of_order", (number,)
        if duty.cure_ends > now_us + TERM_DAYS_MAX * DAY_US:
            yield "judge.due_too_far", (number,)
        previous = duty
