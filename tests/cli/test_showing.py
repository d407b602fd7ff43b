"""What people read of members, contracts and receipts: names, scores, reasons and next steps, never JSON."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from concordat.cli.ballots import describe_ballot
from concordat.cli.showing import describe_contract, describe_inbox, describe_member, describe_receipt_lines
from concordat.contracts.text import Language
from concordat.node import reads
from concordat.node.node import Node
from concordat.primitives.plain import Json

from .world import World

LANGUAGES: tuple[Language, ...] = ("en", "zh")


@pytest.fixture(scope="module")
def node(sound: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = Node(Path(shutil.copytree(sound.node, tmp_path_factory.mktemp("shown") / "node")))
    yield node
    node.close()


def check_readable(lines: list[str]) -> None:
    assert all(not set("{}[]\"'") & set(line) for line in lines), lines
    assert "None" not in "\n".join(lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_member_is_shown_with_score_and_every_reason(node: Node, language: Language) -> None:
    credit = reads.get_credit(node, "cedar-ford", language)
    lines = list(describe_member(reads.get_member(node, "cedar-ford"), credit, language))
    check_readable(lines)
    text = "\n".join(lines)
    assert "(cedar-ford)" in lines[0]
    assert str(credit["score"]) in text
    assert credit["reasons"]
    for reason in credit["reasons"]:
        assert any(line.endswith(reason["sentence"]) and f"{reason['delta']:+}" in line for line in lines)


STANDINGS = [("applied", "membership.sponsor"), ("reviewed", "membership.attest"), ("suspended", "membership.respond"),
             ("expelled", "membership.readmit")]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("status", "operation"), STANDINGS)
def test_a_member_that_is_not_in_good_standing_is_told_its_next_step(
    node: Node, status: str, operation: str, language: Language
) -> None:
    member = reads.get_member(node, "cedar-ford")
    member |= {"status": status, "sponsor": "azure-bay", "hearing_ends": "2027-02-14T09:00:30Z"}
    *_, last = describe_member(member, None, language)
    assert operation in last
    if status == "suspended":
        assert "09:00:30" in last


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_contract_is_shown_with_its_duties_and_who_is_next(node: Node, language: Language) -> None:
    proved_at = {"height": 12, "time": "2027-02-14T09:00:12Z"}
    contract = reads.get_contract(node, 1) | {"proved_at": proved_at}
    clauses = reads.get_contract_text(node, 1, language)["clauses"]
    waiting = {"actor": "cedar-ford", "action": "deliver", "by": "2027-02-14T09:00:30Z"}
    lines = list(describe_contract(contract | {"next": waiting}, clauses, language))
    check_readable(lines[: -len(clauses)])
    assert lines[-len(clauses) :] == clauses
    assert lines[0].startswith("C-0001 ")
    assert any("cedar-ford" in line and "contracts.deliver" in line and "09:00:30" in line for line in lines)
    assert any(contract["document"] in line for line in lines)
    assert any("12" in line and "09:00:12" in line for line in lines)
    assert all(
        any(line.startswith(f"{duty['number']:>4}. ") and duty["debtor"] in line for line in lines)
        for duty in contract["duties"]
    )
    assert not any("09:00:12" in line for line in describe_contract(contract | {"proved_at": None}, clauses, language))
    moved = {"agreed_due": "2027-02-14T09:00:20Z", "due": "2027-02-14T09:00:45Z"}
    lines = list(describe_contract(contract | {"duties": [duty | moved for duty in contract["duties"]]}, [], language))
    assert any("09:00:20" in line and "09:00:45" in line for line in lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_lists_each_of_several_operations(language: Language) -> None:
    operations: list[Json] = [
        {"type": "contracts.acknowledge", "contract": number, "obligation": 1} for number in (7, 8, 9)
    ]
    reasons: list[Json] = [{"code": "contracts.unknown", "parameters": [8], "text": "There is no contract C-0008."}]
    receipt = {
        "code": "contracts.unknown",
        "height": 12,
        "transaction": "ab" * 32,
        "signer": {"public_key": "cd" * 32, "member": "azure-bay"},
        "sentence": "told",
        "operations": operations,
        "reasons": reasons,
    }
    lines = list(describe_receipt_lines(receipt, language))
    assert [f"C-{number:04d}" in line for number, line in zip((7, 8, 9), lines[1:4], strict=True)] == [True] * 3
    assert lines[4].endswith(reasons[0]["text"])
    assert "12" in lines[5]
    assert "ab" * 32 in lines[5]
    assert len(list(describe_receipt_lines(receipt | {"operations": operations[:1]}, language))) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_motion_that_is_a_sentence_goes_on_in_the_inbox(language: Language) -> None:
    item = {"sentence": "Vote in ballot 1: Somebody is to be it.", "by": "2027-02-14T09:00:00Z", "consequence": "None."}
    inbox = {"member": "cedar-ford", "public_key": "00" * 32, "count": 2, "roles": []}
    _, dated, undated = describe_inbox(inbox | {"items": [item, item | {"by": None}]}, language)
    assert "to be it." not in dated
    assert ".." not in undated
    assert "it.。" not in undated


@pytest.mark.parametrize(("language", "words"), [("en", "Put by the ledger itself;"), ("zh", "由账本提请；")])
def test_a_ballot_that_the_ledger_put_has_no_opener(language: Language, words: str) -> None:
    ballot = {
        "id": 1,
        "outcome": "open",
        "sentence": "S",
        "reason": "",
        "rules": "R",
        "next": "N",
        "comments": [],
        "votes": [],
    }
    times = {"opens_at": "2027-02-14T09:00:00Z", "closes_at": "2027-03-14T09:00:00Z"}
    sums = {"yes": 0, "no": 0, "abstain": 0, "electorate": 3}
    lines = list(describe_ballot(ballot | times | sums | {"opener": None}, language))
    assert lines[1].startswith(words)
    check_readable(lines)
