"""Operations, codes and vectors: what is the same at every node."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from concordat.contracts.judge import Party, judge
from concordat.contracts.templates import Draft, compute_terms
from concordat.primitives.plain import from_plain
from concordat.protocol.messages import OPERATIONS, REJECTIONS
from concordat.wording.sentences import CATALOGS

from .world import Call

VECTORS = Path(__file__).parents[2] / "vectors"


def test_an_example_of_a_draft_has_the_shape_of_its_template(call: Call) -> None:
    example = call("tx-example", "contract", "draft", "--example").document["example"]
    terms = compute_terms(from_plain(Draft, example))
    parties = {member: Party(is_in_standing=True, limit_units=1000) for member in terms.parties}
    assert judge(terms, parties, 1_800_000_000_000_000) == ()


def test_every_operation_is_listed_and_shown(call: Call) -> None:
    listed = call("tx-list", "tx", "--list").document["operations"]
    assert [row["type"] for row in listed] == list(OPERATIONS)
    shown = call("tx-example", "tx", "contracts.sign", "--example").document
    assert set(shown["example"]) == {"contract", "document"}
    unknown = call("tx-example", "tx", "contracts.sing", "--example")
    assert (unknown.status, unknown.document["code"]) == (2, "input.unknown_type")


def test_every_code_is_listed_the_ledgers_first_in_order_of_precedence(call: Call) -> None:
    rows = call("codes", "codes").document["codes"]
    ledger, others = rows[: len(REJECTIONS)], rows[len(REJECTIONS) :]
    assert [row["code"] for row in ledger] == [rejection.code for rejection in REJECTIONS]
    assert [row["precedence"] for row in ledger] == list(range(1, len(ledger) + 1))
    told = {row["code"]: (row["family"], row["rule"], row["precedence"], row["may_succeed_later"]) for row in others}
    assert told["disk.full"] == ("disk", "HTTP-24", None, None)
    assert {"table.ragged", "auth.required", "node.other_chain", "genesis.start_ahead"} <= set(told)
    worded = {key.removeprefix("rejection.") for key in CATALOGS["en"] if key.startswith("rejection.")}
    assert {row["code"] for row in rows} == worded
    assert all(row["reason"]["zh"] and row["next_step"]["zh"] for row in rows)


def test_the_golden_cases_hold(call: Call) -> None:
    answer = call("vectors-check", "vectors", "check", VECTORS / "credit")
    assert (answer.status, answer.document["failed"]) == (0, 0)
    assert answer.document["cases"] > 10


def test_a_wrong_case_is_counted_and_ends_with_five(call: Call, tmp_path: Path) -> None:
    vectors = json.loads((VECTORS / "crypto" / "zip215.json").read_text())
    vectors["cases"] = vectors["cases"][:3]
    vectors["cases"][1]["expect"]["valid"] ^= True
    (tmp_path / "zip215.json").write_text(json.dumps(vectors))
    answer = call("vectors-check", "vectors", "check", tmp_path)
    assert (answer.status, answer.document["cases"], answer.document["failed"]) == (5, 3, 1)


@pytest.mark.parametrize(
    "junk", ["", "[]", "{}", '{"kind": "crypto/merkle", "cases": [1]}', '{"kind": 1, "cases": [{}]}']
)
def test_unreadable_vectors_are_told(call: Call, tmp_path: Path, junk: str) -> None:
    (tmp_path / "a.json").write_text(junk)
    assert call("vectors-check", "vectors", "check", tmp_path).status == 2
    assert call("vectors-check", "vectors", "check", tmp_path / "none").status == 3
