"""Sentences as people read them."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from concordat.contracts.terms import MatchingTable, Obligation, Terms
from concordat.contracts.text import Language
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import INTEGER_MAX, Label
from concordat.primitives.ledger_time import DAY_US, parse_time
from concordat.protocol.families import contracts, credit, membership, objections
from concordat.protocol.families.clock import Tick
from concordat.protocol.messages import EVENTS, OPERATIONS
from concordat.protocol.receipts import DueCause, Reason, TransactionCause
from concordat.protocol.records import AboutBallot, AboutEntry, AboutRecord
from concordat.protocol.transactions import Entry, Payload, Receipt, make_signed_bytes
from concordat.wording.sentences import (
    describe_event,
    describe_next_step,
    describe_operation,
    describe_reason,
    describe_receipt,
    render,
)

NOON = parse_time("2027-02-14T12:00:30Z")
DIGEST = bytes.fromhex("4be107aa" + "00" * 26 + "19c3")
EN_NAMES = {"azure-bay": "Azure Bay", "north-terrace": "North Terrace"}
ZH_NAMES = {"azure-bay": "蔚湾", "north-terrace": "北台"}


OPEN_FIELDS: dict[tuple[type, str], st.SearchStrategy[Any]] = {
    (membership.HearingOpened, "limb"): st.sampled_from(("score", "strikes")),
    (credit.ExitDue, "limb"): st.sampled_from(("score", "strikes")),
    (credit.Recorded, "severity"): st.integers(0, 3),
}
"""Fields whose values the rules know, and not the types."""


def strategy_of(info: inspect.Type) -> st.SearchStrategy[Any]:  # noqa: C901  # one case for each type
    """Return values of any type that messages are made of, with no brace in any text."""
    match info:
        case inspect.Metadata(type=inner):
            return strategy_of(inner)
        case inspect.StructType(cls=kind) if kind is Label:
            return st.sampled_from((Label("Azure Bay", "蔚湾"), Label("Azure Bay", ""), Label("", "蔚湾")))
        case inspect.StructType(cls=kind, fields=fields):
            parts = ((OPEN_FIELDS.get((kind, field.name)), field.type) for field in fields)
            return st.builds(kind, *(strategy_of(type_) if open_ is None else open_ for open_, type_ in parts))
        case inspect.IntType(ge=low, le=high, lt=below):
            return st.integers(low or 0, INTEGER_MAX if high is None and below is None else high or (below or 1) - 1)
        case inspect.StrType(pattern=pattern, min_length=least):
            return st.sampled_from(("azure-bay", "pine2") if pattern and least else ("", "蔚湾", "x %s $1 \\n"))
        case inspect.BytesType(min_length=least, max_length=most):
            return st.binary(min_size=least or 0, max_size=most or 8)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.TupleType(item_types=types):
            return st.tuples(*(strategy_of(kind) for kind in types))
        case inspect.UnionType(types=types):
            return st.one_of(*(strategy_of(kind) for kind in types))
        case inspect.VarTupleType(item_type=item, min_length=least):
            return st.lists(strategy_of(item), min_size=least or 0, max_size=3).map(tuple)
    raise AssertionError(info)


def describe(value: Struct, language: Language) -> str:
    is_operation = type(value) in OPERATIONS.values()
    return describe_operation(value, "azure-bay", language) if is_operation else describe_event(value, language)


KINDS = [*OPERATIONS.values(), *EVENTS.values()]


@settings(deadline=None, max_examples=200)
@given(st.one_of(*(strategy_of(inspect.type_info(kind)) for kind in KINDS)), st.sampled_from(get_args(Language)))
def test_every_operation_and_event_can_be_told(value: Struct, language: Language) -> None:
    text = describe(value, language)
    assert text
    assert not set("{}") & set(text)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__qualname__)
def test_each_struct_is_told_in_both_languages(kind: type[Struct]) -> None:
    value = find(strategy_of(inspect.type_info(kind)), lambda _: True)
    for language in get_args(Language):
        assert describe(value, language).endswith((".", "。", "none", "无"))


TERMS = Terms(
    "supply/1",
    Label("Monthly readings", "月度监测数据"),
    ("north-terrace", "azure-bay"),
    tuple(
        Obligation(
            debtor="north-terrace",
            creditors=("azure-bay",),
            subject=Label("Readings", "监测数据"),
            size=600,
            dataset="hourly-readings",
            evidence=MatchingTable(DIGEST, 700),
            due=NOON + month * 28 * DAY_US,
            grace_days=5,
            cure_days=14,
            objection_days=7,
            consequence="terminate",
        )
        for month in (1, 2)
    ),
    NOON,
)

OPERATION_SENTENCES = (
    (
        objections.File("azure-bay", AboutEntry((12, 3)), DIGEST),
        (
            "North Terrace objects to entry 12.3 (height and place); Azure Bay (azure-bay) has to answer. Statement "
            "4be107aa…19c3."
        ),
        "北台对条目 12.3（高度、位次）提出异议，由蔚湾（azure-bay）答复。陈述摘要 4be107aa…19c3。",
    ),
    (
        contracts.Propose(TERMS),
        (
            "North Terrace proposes “Monthly readings” (agreement on the supply of data) between North Terrace "
            "(north-terrace), Azure Bay (azure-bay). Obligations: 2; size in units: 1,200; to be "
            "signed by 14 Feb 2027, 12:00:30 UTC."
        ),
        (
            "北台提出《月度监测数据》（数据供给协议），当事方：北台（north-terrace）、"
            "蔚湾（azure-bay）；义务 2 项，规模 1,200 单位，"
            "须于 2027年2月14日 12:00:30（UTC）前签署。"
        ),
    ),
    (
        contracts.Sign(42, DIGEST),
        "North Terrace signs contract C-0042, document 4be107aa…19c3.",
        "北台签署合同 C-0042，文本摘要 4be107aa…19c3。",
    ),
    (
        contracts.Decline(42, ""),
        "North Terrace declines to sign contract C-0042. Reason: none",
        "北台拒绝签署合同 C-0042。理由：无",
    ),
    (
        membership.Sponsor("azure-bay", verdict=False),
        "North Terrace will not stand for Azure Bay (azure-bay).",
        "北台不同意推荐蔚湾（azure-bay）。",
    ),
    (
        membership.SetRoles(DIGEST, ("admin", "data")),
        "North Terrace changes what the officer with key 4be107aa…19c3 may do. Roles: administrator, data.",
        "北台变更密钥 4be107aa…19c3 所属经办人的职责：管理员、数据。",
    ),
)

EVENT_SENTENCES = (
    (
        objections.Filed("azure-bay", 3, None, AboutRecord((9, 6, 0, 0)), DIGEST, NOON),
        (
            "Objection 3 against Azure Bay (azure-bay), raised by a citizen, is about credit record 9.6.0.0; to be "
            "answered by 14 Feb 2027, 12:00:30 UTC."
        ),
        (
            "对蔚湾（azure-bay）的第 3 号异议，由公民提出，针对信用记录 9.6.0.0，"
            "须于 2027年2月14日 12:00:30（UTC）前答复。"
        ),
    ),
    (
        objections.Filed("azure-bay", 3, "north-terrace", None, DIGEST, NOON),
        (
            "Objection 3 against Azure Bay (azure-bay), raised by North Terrace (north-terrace), is about its standing "
            "as a whole; to be answered by 14 Feb 2027, 12:00:30 UTC."
        ),
        (
            "对蔚湾（azure-bay）的第 3 号异议，由北台（north-terrace）提出，针对其整体情况，"
            "须于 2027年2月14日 12:00:30（UTC）前答复。"
        ),
    ),
    (
        objections.Filed("azure-bay", 3, None, AboutBallot(2), DIGEST, NOON),
        (
            "Comment 3 on ballot 2, before its vote, made by a citizen; Azure Bay (azure-bay) is to answer by "
            "14 Feb 2027, 12:00:30 UTC."
        ),
        "第 3 号意见，由公民提出，针对投票前的第 2 号表决，蔚湾（azure-bay）须于 2027年2月14日 12:00:30（UTC）前答复。",
    ),
    (
        contracts.Delivered(42, 2, "north-terrace", "hourly-readings", 4, NOON),
        (
            "North Terrace delivered version 4 of hourly-readings for obligation 2 of contract C-0042; without an "
            "objection it counts as accepted on 14 Feb 2027, 12:00:30 UTC."
        ),
        (
            "北台就合同 C-0042 第 2 项义务交付了 hourly-readings "
            "版本 4；至 2027年2月14日 12:00:30（UTC）无异议即视为接受。"
        ),
    ),
    (
        contracts.Acknowledged(42, 2, "azure-bay", 1),
        "Azure Bay accepted the delivery for obligation 2 of contract C-0042; creditors that have not: 1.",
        "蔚湾已确认合同 C-0042 第 2 项义务的交付，尚有 1 方未确认。",
    ),
    (
        contracts.Settled(12345, 1, "north-terrace", "azure-bay", NOON, 1),
        (
            "North Terrace fulfilled obligation 1 of contract C-12345 (late, within the grace period); Azure Bay "
            "accepted the delivery of 14 Feb 2027, 12:00:30 UTC."
        ),
        "北台已履行合同 C-12345 第 1 项义务（逾期，宽限期内）；蔚湾已确认 2027年2月14日 12:00:30（UTC）的交付。",
    ),
    (
        contracts.Settled(42, 1, "north-terrace", None, NOON, 0),
        (
            "North Terrace fulfilled obligation 1 of contract C-0042 (in time); nobody objected to the delivery of "
            "14 Feb 2027, 12:00:30 UTC."
        ),
        (
            "北台已履行合同 C-0042 第 1 项义务（按期）；对 2027年2月14日 12:00:30（UTC）的交付，"
            "异议期内无人提出异议，视为接受。"
        ),
    ),
    (
        contracts.Signed(42, "maple-ridge", 0),
        "maple-ridge signed contract C-0042; all parties have now signed.",
        "maple-ridge 已签署合同 C-0042，各方均已签署。",
    ),
    (
        credit.Recorded("north-terrace", "azure-bay", 2, 42, 1, 0),
        "A general breach by North Terrace towards Azure Bay was recorded: obligation 1 of contract C-0042.",
        "已记录北台对蔚湾的一次一般违约：合同 C-0042 第 1 项义务。",
    ),
    (
        membership.HearingOpened("azure-bay", "score", NOON),
        (
            "A hearing opened for Azure Bay: low credit at three successive epoch closes. It may sign no new contract "
            "and may file a statement until 14 Feb 2027, 12:00:30 UTC."
        ),
        (
            "对蔚湾启动听证：连续三个结算期信用分过低。在此期间不得签订新合同，"
            "可于 2027年2月14日 12:00:30（UTC）前提交陈述。"
        ),
    ),
)


@pytest.mark.parametrize(("operation", "en", "zh"), OPERATION_SENTENCES)
def test_what_one_is_about_to_sign_reads_as_written(operation: Struct, en: str, zh: str) -> None:
    assert describe_operation(operation, "north-terrace", "en", EN_NAMES) == en
    assert describe_operation(operation, "north-terrace", "zh", ZH_NAMES) == zh


@pytest.mark.parametrize(("event", "en", "zh"), EVENT_SENTENCES)
def test_what_happened_reads_as_written(event: Struct, en: str, zh: str) -> None:
    assert describe_event(event, "en", EN_NAMES) == en
    assert describe_event(event, "zh", ZH_NAMES) == zh


def test_a_ground_names_members_and_states_in_the_reader_s_language() -> None:
    reason = ("review.sponsor_not_in_standing", ("azure-bay", "suspended"))
    assert describe_reason(*reason, "en", EN_NAMES) == "The sponsor Azure Bay may not sponsor; it is in a hearing."
    assert describe_reason(*reason, "zh", ZH_NAMES) == "推荐方蔚湾不能推荐，当前状态：听证中。"
    assert describe_reason("proof.bad_state", (), "zh") == "有数值不在已签名的状态之中。"
    assert describe_next_step("datasets.version_not_next", (7, 5), "en") == "Register it as version 5."
    assert describe_next_step("datasets.version_not_next", (7, 5), "zh") == "请按版本号 5 登记。"


def test_one_of_a_kind_is_singular() -> None:
    told = [describe_reason("contracts.too_few_rows", (rows, 744), "en") for rows in (1, 0, 11)]
    assert [text.split(";")[0] for text in told] == [
        "The version has 1 row",
        "The version has 0 rows",
        "The version has 11 rows",
    ]


def test_a_text_by_a_person_is_never_read_as_a_sentence_of_ours() -> None:
    decline = contracts.Decline(1, "{contract.__class__} {0}")
    assert describe_operation(decline, "aa", "en").endswith("Reason: {contract.__class__} {0}")
    assert render("rejection.input.does_not_fit", "en", "{0}") == "A value does not fit: {0}"


# ── entries ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def make_entry(receipt: Receipt, *operations: Any) -> Entry:
    payload = Payload(DIGEST, 1, 0, 1, 9, NOON, b"", operations)
    return Entry(7, NOON, 0, TransactionCause(bytes(64) + make_signed_bytes(DIGEST, payload)), receipt)


def tell(entry: Entry) -> tuple[str, str]:
    return (
        describe_receipt(entry, "north-terrace", "en", EN_NAMES),
        describe_receipt(entry, "north-terrace", "zh", ZH_NAMES),
    )


def test_a_refused_entry_tells_who_tried_what_and_the_first_ground() -> None:
    reasons = (Reason("contracts.too_few_rows", (700, 744)), Reason("judge.sign_by_past", ()))
    receipt = Receipt("contracts.too_few_rows", 1, reasons, ())
    assert tell(make_entry(receipt, Tick(), contracts.Deliver(42, 2, 4))) == (
        (
            "Delivery by North Terrace was refused: The version has 700 rows; the contract asks for at least 744. "
            "None of the 2 operations of its transaction took effect."
        ),
        "北台的交付未获受理：版本为 700 行，合同约定不少于 744 行。该交易的 2 项操作均未生效。",
    )
    alone = Receipt("contracts.too_few_rows", 0, reasons, ())
    assert tell(make_entry(alone, contracts.Deliver(42, 2, 4)))[0].endswith("at least 744.")


def test_an_entry_of_several_operations_tells_all_of_them() -> None:
    events = (contracts.Signed(42, "azure-bay", 0), contracts.Activated(42))
    operations = (contracts.Sign(42, DIGEST), contracts.Deliver(42, 1, 1), contracts.Deliver(42, 2, 1))
    assert tell(make_entry(Receipt("ok", 0, (), events), *operations)) == (
        (
            "North Terrace did 3 things in one transaction: Signature, Delivery × 2. Contract C-0042 was judged valid "
            "and is in force."
        ),
        "北台在一笔交易中完成 3 项操作：签署、交付 × 2。合同 C-0042 经判定有效，现已生效。",
    )


def test_a_refused_application_names_the_applicant_as_it_calls_itself() -> None:
    apply = membership.Apply(
        "azure-bay", Label("Haibin", "海滨"), "region", "USCC", "91", bytes(32), "north-terrace", None, None, bytes(32)
    )
    payload = Payload(bytes(32), 1, 0, 1, 100, NOON, b"", (apply,))
    wire = bytes(64) + make_signed_bytes(bytes(32), payload)
    ground = Reason("membership.too_early_to_return", ("azure-bay", 3))
    entry = Entry(7, NOON, 0, TransactionCause(wire), Receipt(ground.code, 0, (ground,), ()))
    assert describe_receipt(entry, "", "en", EN_NAMES) == (
        "Application by Haibin (azure-bay) was refused: Azure Bay cannot ask to return yet. Days left: 3."
    )
    assert describe_receipt(entry, "", "zh", ZH_NAMES).startswith("海滨（azure-bay）的")


def test_a_refused_entry_of_nobody_who_is_a_member_names_none() -> None:
    ground = Reason("objections.unknown_record", ("azure-bay", 9, 0, 0, 1))
    filed = objections.File("azure-bay", AboutRecord((9, 0, 0, 1)), DIGEST)
    entry = make_entry(Receipt(ground.code, 0, (ground,), ()), filed)
    told = [describe_receipt(entry, "", *reader) for reader in (("en", EN_NAMES), ("zh", ZH_NAMES))]
    assert " by no member was refused: " in told[0]
    assert told[1].startswith("非成员提交的")


def test_a_refused_entry_that_cannot_be_read_is_told_too() -> None:
    receipt = Receipt("encoding.malformed", 0, (Reason("encoding.malformed", ("transaction",)),), ())
    for wire in (b"", bytes(200)):
        assert tell(Entry(7, NOON, 0, TransactionCause(wire), receipt)) == (
            "Request by North Terrace was refused: The bytes cannot be read.",
            "北台的请求未获受理：字节内容无法解读。",
        )


def test_an_entry_tells_its_most_telling_event() -> None:
    events = (contracts.Signed(42, "azure-bay", 0), contracts.Activated(42))
    assert tell(make_entry(Receipt("ok", 0, (), events), contracts.Sign(42, DIGEST)))[0] == (
        "Contract C-0042 was judged valid and is in force."
    )
    events_of_settlement = (contracts.Settled(42, 1, "aa", "bb", NOON, 0), contracts.Completed(42))
    entry = make_entry(Receipt("ok", 0, (), events_of_settlement), contracts.Acknowledge(42, 1))
    assert tell(entry)[0].startswith("aa fulfilled obligation 1")


def test_an_entry_without_events_tells_its_operation_or_that_nothing_was_left() -> None:
    nothing = Receipt("ok", 0, (), ())
    assert tell(make_entry(nothing, Tick())) == (
        "North Terrace asks the ledger to deal with what has become due.",
        "北台提请账本处理到期事项。",
    )
    assert tell(Entry(7, NOON, 0, DueCause(NOON, 2, b""), nothing)) == (
        "A deadline came and there was nothing left to do.",
        "期限已到，无待处理事项。",
    )
