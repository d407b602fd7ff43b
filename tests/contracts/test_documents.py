"""Templates fill in terms; the text says the terms in two languages; the digest binds every field."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from concordat.contracts.judge import Party, judge
from concordat.contracts.templates import Draft, Item, compute_terms
from concordat.contracts.terms import OBLIGATIONS_MAX, ExactFile, MatchingTable, Obligation, Terms
from concordat.contracts.text import Language, compute_document_digest, render_clauses, render_sentences
from concordat.errors import UsageError
from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import DAY_US, parse_time
from concordat.primitives.plain import from_plain, to_plain
from primitives.strategies import values_of

START = parse_time("2027-02-01T00:00:00Z")


def make_item(debtor: str, creditor: str, **changes: object) -> Item:
    item = Item(
        debtor=debtor,
        creditors=(creditor,),
        subject=Label("Hourly readings", "逐时读数"),
        dataset="readings",
        evidence=MatchingTable(b"\xab" * 32, 24),
        size=50,
        first_due=START + 30 * DAY_US,
        every_days=7,
        times=1,
    )
    return replace(item, **changes)


def make_draft(*items: Item) -> Draft:
    return Draft(
        template="exchange/1" if len(items) > 1 else "supply/1",
        title=Label("Water of the bay", "海湾水情"),
        items=items,
        sign_by=START + DAY_US,
        grace_days=7,
        cure_days=14,
        objection_days=5,
        consequence="terminate",
    )


SUPPLY = compute_terms(make_draft(make_item("azure-bay", "cedar-ford")))


# ── templates ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_supply_at_intervals_has_a_duty_for_each_turn() -> None:
    terms = compute_terms(make_draft(make_item("azure-bay", "cedar-ford", times=3)))
    assert [duty.due for duty in terms.obligations] == [START + days * DAY_US for days in (30, 37, 44)]
    assert terms.parties == ("azure-bay", "cedar-ford")
    assert terms.size == 150


def test_an_exchange_orders_both_sides_by_deadline() -> None:
    items = (
        make_item("azure-bay", "cedar-ford", times=3),
        make_item("cedar-ford", "azure-bay", first_due=START + 33 * DAY_US, times=2),
    )
    terms = compute_terms(make_draft(*items))
    assert [duty.debtor for duty in terms.obligations] == [
        "azure-bay", "cedar-ford", "azure-bay", "cedar-ford", "azure-bay",
    ]  # fmt: skip
    assert all(first.due <= second.due for first, second in pairwise(terms.obligations))


def test_what_a_template_makes_is_valid_when_its_parties_are() -> None:
    party = Party(is_in_standing=True, limit_units=1000)
    for draft in (
        make_draft(make_item("azure-bay", "cedar-ford", times=12)),
        make_draft(make_item("azure-bay", "cedar-ford", times=4), make_item("cedar-ford", "azure-bay", times=2)),
    ):
        assert judge(compute_terms(draft), {"azure-bay": party, "cedar-ford": party}, START) == ()


def test_a_draft_beyond_what_terms_may_have_is_refused_before_any_work() -> None:
    items = tuple(make_item("azure-bay", "cedar-ford", times=times) for times in (60, 4))
    assert len(compute_terms(make_draft(*items)).obligations) == OBLIGATIONS_MAX
    with pytest.raises(UsageError, match=r"input\.does_not_fit"):
        compute_terms(make_draft(*items, make_item("azure-bay", "cedar-ford")))


@pytest.mark.parametrize("count", [0, 12])
def test_an_item_has_no_more_creditors_than_an_obligation(count: int) -> None:
    plain = to_plain(make_draft(make_item("azure-bay", "cedar-ford")))
    plain["items"][0]["creditors"] = [f"member-{number}" for number in range(count)]
    with pytest.raises(UsageError, match=r"input\.does_not_fit"):
        from_plain(Draft, plain)


# ── text ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_english_text_of_a_supply() -> None:
    assert render_clauses(SUPPLY, "en") == (
        "Agreement on the supply of data: Water of the bay",
        "Parties: azure-bay, cedar-ford. Unless all have signed by 2 Feb 2027, 00:00 UTC, this offer is void.",
        (
        "1. azure-bay delivers to cedar-ford: Hourly readings. Due 3 Mar 2027, 00:00 UTC. Size: 50 units. "
        f"Evidence: a registered version of dataset azure-bay/readings with schema {'ab' * 32} and at least 24 rows. "
        "Each creditor acknowledges or objects within 5 days; silence accepts. From the first objection "
        "azure-bay may deliver anew until 14 days after the deadline, and for 21 days at least; no later objection "
        "prolongs this. An objection that stands then, or is made afterwards, closes this obligation, and this "
        "contract goes on. Lateness is measured at the first delivery. "
        "Within 7 days after the deadline: late, a minor breach. After that this contract is suspended and azure-bay "
        "has 14 days to cure: a general breach. "
        "Not cured: a general breach, a serious one when the obligation is large. This contract then ends: what is "
        "late keeps its breach, what was delivered counts, the rest is released."
        ),
    )


def test_one_of_a_thing_is_in_the_singular_in_what_is_signed() -> None:
    evidence = MatchingTable(b"\xab" * 32, 1)
    (duty,) = SUPPLY.obligations
    single = replace(duty, evidence=evidence, size=1, grace_days=0, cure_days=1, objection_days=1)
    text = render_clauses(replace(SUPPLY, obligations=(single,)), "en")[2]
    for part in ("at least 1 row. ", "Size: 1 unit. ", "within 1 day; ", "for 1 day at least", "has 1 day to cure"):
        assert part in text
    assert "Within 0 days after" in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_sentences_are_the_clauses_whatever_stands_in_a_name(language: Language) -> None:
    title = Label("No. 3. Bay", "三号。海湾")
    (duty,) = SUPPLY.obligations
    terms = replace(SUPPLY, title=title, obligations=(replace(duty, subject=title),))
    sentences = render_sentences(terms, language)
    assert tuple((" " if language == "en" else "").join(one) for one in sentences) == render_clauses(terms, language)
    assert [len(one) for one in sentences] == ([1, 2, 12] if language == "en" else [1, 2, 11])
    assert sentences[2][0].endswith("No. 3. Bay." if language == "en" else "三号。海湾。")


def test_the_chinese_text_of_a_supply() -> None:
    assert render_clauses(SUPPLY, "zh") == (
        "数据供给协议：海湾水情",
        "当事方：azure-bay、cedar-ford。2027年2月2日 00:00（UTC） 前未全部签署，本要约失效。",
        (
        "1. azure-bay 向 cedar-ford 交付：逐时读数。期限 2027年3月3日 00:00（UTC）。规模 50 单位。"
        f"履约凭据：数据集 azure-bay/readings 登记一个结构摘要为 {'ab' * 32}、不少于 24 行的版本。"
        "各债权方在 5 日内确认或提出异议；逾期不答视为接受。自首次异议起，"
        "azure-bay 可重新交付，至期限后 14 日止，且不少于 21 日，再次异议不予延长；"
        "届时未解决的异议或此后提出的异议使本项义务终结，本合同继续履行。"
        "是否逾期以首次交付为准。"
        "期限后 7 日内履行为逾期，记轻微违约。此后本合同中止，azure-bay 有 14 日补救期，记一般违约。"
        "未补救的：记一般违约，规模大的记严重违约。"
        "本合同即告终止：已逾期的保留违约，已交付的计为履行，其余免除。"
        ),
    )


def test_an_exact_file_is_named_by_its_digest() -> None:
    terms = replace(
        SUPPLY,
        template="exchange/1",
        obligations=(replace(SUPPLY.obligations[0], evidence=ExactFile(b"\xcd" * 32), consequence="continue"),),
    )
    assert "registered with digest " + "cd" * 32 + "; this settles" in render_clauses(terms, "en")[2]
    assert "登记一个摘要为 " + "cd" * 32 + " 的版本；内容以此为准" in render_clauses(terms, "zh")[2]
    assert render_clauses(terms, "en")[2].endswith("when the obligation is large. This contract goes on.")
    assert render_clauses(terms, "zh")[0].startswith("数据互换协议：")


def test_a_text_that_is_missing_in_one_language_is_said_to_be_missing() -> None:
    terms = replace(SUPPLY, title=Label("", "海湾水情"))
    assert render_clauses(terms, "en")[0].endswith(": (no English text)")
    assert render_clauses(replace(SUPPLY, title=Label("Water", "")), "zh")[0].endswith("：（无中文文本）")


@settings(max_examples=25, deadline=None)
@given(values_of(Terms))
def test_any_terms_have_a_clause_for_each_obligation(terms: Terms) -> None:
    for language in ("en", "zh"):
        clauses = render_clauses(terms, language)
        assert len(clauses) == 2 + len(terms.obligations)


# ── digest ──────────────────────────────────────────────────────────────────────────────────────────────────────────

OTHER: dict[str, object] = {
    "debtor": "dune-shore",
    "creditors": ("cedar-ford", "dune-shore"),
    "subject": Label("Hourly readings", "读数"),
    "size": 51,
    "dataset": "other",
    "evidence": MatchingTable(b"\xab" * 32, 25),
    "due": START + 30 * DAY_US + 1,
    "grace_days": 6,
    "cure_days": 15,
    "objection_days": 6,
    "consequence": "continue",
}
OTHER_TERMS: dict[str, object] = {
    "template": "exchange/1",
    "title": Label("Water of the bay", ""),
    "parties": ("cedar-ford", "azure-bay"),
    "obligations": SUPPLY.obligations * 2,
    "sign_by": START,
}


def test_every_field_has_another_value_here() -> None:
    assert tuple(OTHER) == Obligation.__struct_fields__
    assert tuple(OTHER_TERMS) == Terms.__struct_fields__


@pytest.mark.parametrize("field", OTHER)
def test_the_digest_changes_with_any_field_of_an_obligation(field: str) -> None:
    changed = replace(SUPPLY, obligations=(replace(SUPPLY.obligations[0], **{field: OTHER[field]}),))
    assert compute_document_digest(changed) != compute_document_digest(SUPPLY)


@pytest.mark.parametrize("field", OTHER_TERMS)
def test_the_digest_changes_with_any_field_of_the_terms(field: str) -> None:
    changed = replace(SUPPLY, **{field: OTHER_TERMS[field]})
    assert compute_document_digest(changed) != compute_document_digest(SUPPLY)
