"""The judge lists every reason at once, in one order; terms without a fault have none."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from concordat.contracts.judge import REASONS, TERM_DAYS_MAX, Party, Reason, judge
from concordat.contracts.terms import MatchingTable, Obligation, Terms
from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import DAY_US

NOW = 1_800_000_000_000_000
GOOD = Party(is_in_standing=True, limit_units=200)
PARTIES: dict[str, Party | None] = {"azure-bay": GOOD, "cedar-ford": GOOD, "dune-shore": GOOD}
DUTY = Obligation(
    debtor="azure-bay",
    creditors=("cedar-ford",),
    subject=Label("Readings", ""),
    size=50,
    dataset="readings",
    evidence=MatchingTable(bytes(32), 1),
    due=NOW + 30 * DAY_US,
    grace_days=7,
    cure_days=14,
    objection_days=5,
    consequence="terminate",
)
TERMS = Terms("supply/1", Label("Readings", ""), ("azure-bay", "cedar-ford"), (DUTY,), NOW + DAY_US)
EXCHANGE = replace(
    TERMS, template="exchange/1", obligations=(DUTY, replace(DUTY, debtor="cedar-ford", creditors=("azure-bay",)))
)


def with_duty(**changes: object) -> Terms:
    return replace(TERMS, obligations=(replace(DUTY, **changes),))


FAULTS: list[tuple[str, Terms, dict[str, Party | None], tuple[str | int, ...]]] = [
    ("judge.not_as_template", replace(TERMS, template="exchange/1"), PARTIES, ("exchange/1",)),
    ("judge.party_repeated", replace(TERMS, parties=(*TERMS.parties, "azure-bay")), PARTIES, ("azure-bay",)),
    ("judge.party_not_admitted", TERMS, PARTIES | {"cedar-ford": None}, ("cedar-ford",)),
    ("judge.party_not_in_standing", TERMS, PARTIES | {"cedar-ford": Party(False, 200)}, ("cedar-ford",)),
    ("judge.party_without_part", replace(TERMS, parties=(*TERMS.parties, "dune-shore")), PARTIES, ("dune-shore",)),
    ("judge.over_limit", TERMS, PARTIES | {"cedar-ford": Party(True, 49)}, ("cedar-ford", 50, 49)),
    ("judge.debtor_not_party", replace(EXCHANGE, obligations=(DUTY, replace(DUTY, debtor="dune-shore"))), PARTIES,
     (2, "dune-shore")),
    ("judge.creditor_not_party", with_duty(creditors=("cedar-ford", "dune-shore")), PARTIES, (1, "dune-shore")),
    ("judge.creditor_repeated", with_duty(creditors=("cedar-ford", "cedar-ford")), PARTIES, (1, "cedar-ford")),
    ("judge.owed_to_oneself", with_duty(creditors=("cedar-ford", "azure-bay")), PARTIES, (1, "azure-bay")),
    ("judge.nothing_to_deliver", with_duty(evidence=MatchingTable(bytes(32), 0)), PARTIES, (1,)),
    ("judge.sign_by_past", replace(TERMS, sign_by=NOW), PARTIES, ()),
    ("judge.due_before_sign_by", with_duty(due=TERMS.sign_by), PARTIES, (1,)),
    ("judge.due_out_of_order", replace(TERMS, obligations=(DUTY, replace(DUTY, due=DUTY.due - 1))), PARTIES, (2,)),
    ("judge.due_too_far", with_duty(due=NOW + (TERM_DAYS_MAX - 21) * DAY_US + 1), PARTIES, (1,)),
]  # fmt: skip


def test_good_terms_have_no_fault() -> None:
    assert judge(TERMS, PARTIES, NOW) == ()
    assert judge(with_duty(due=NOW + (TERM_DAYS_MAX - 21) * DAY_US), PARTIES, NOW) == ()


def test_a_template_says_who_owes() -> None:
    assert judge(EXCHANGE, PARTIES, NOW) == ()
    assert judge(replace(EXCHANGE, template="supply/1"), PARTIES, NOW) == (("judge.not_as_template", ("supply/1",)),)


def test_every_reason_is_tried() -> None:
    assert tuple(code for code, *_ in FAULTS) == REASONS


@pytest.mark.parametrize(("code", "terms", "parties", "parameters"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_each_fault_is_named_alone(
    code: str, terms: Terms, parties: dict[str, Party | None], parameters: tuple[str | int, ...]
) -> None:
    assert judge(terms, parties, NOW) == ((code, parameters),)


def test_all_faults_are_listed_at_once_in_order() -> None:
    worst = replace(
        DUTY, debtor="fern-dale", creditors=("gold-creek", "gold-creek", "fern-dale"), due=NOW,
        evidence=MatchingTable(bytes(32), 0),
    )  # fmt: skip
    far = replace(DUTY, due=NOW + 4000 * DAY_US)
    terms = Terms(
        "supply/1", TERMS.title, ("azure-bay", "azure-bay", "dune-shore", "hill"), (far, worst), NOW - 1
    )
    parties: dict[str, Party | None] = {
        "azure-bay": Party(True, 1), "dune-shore": Party(False, 1), "hill": None,
    }  # fmt: skip
    found: tuple[Reason, ...] = judge(terms, parties, NOW)
    codes = [code for code, _ in found]
    assert codes == sorted(codes, key=REASONS.index)
    assert set(codes) == set(REASONS) - {"judge.due_before_sign_by"}
    earlier = replace(terms, sign_by=NOW + 1)
    assert "judge.due_before_sign_by" in [code for code, _ in judge(earlier, parties, NOW)]
