"""What everybody sees without signing in: performance of members, and nothing that is theirs alone."""

from __future__ import annotations

import json

import pytest

from concordat.crypto.proof import Trust
from concordat.primitives.plain import Json
from concordat.verifier.verdict import compute_verdict

from .scene import Scene
from .visitor import Visitor

MEMBER = {"id", "name", "kind", "roles", "status", "score", "confidence", "grade", "kept", "late", "broken"}
FIELDS: dict[str, set[str]] = {
    "/v1/public/members": MEMBER,
    "/v1/public/members/maple-ridge": MEMBER | {"turns", "breaches", "objections", "contracts", "lag"},
    "/v1/public/contracts": {"id", "title", "parties"},
}
"""What a stranger may read, written down a second time: who opens a field opens it here too."""

PATHS = (*FIELDS, *(f"/v1/public/members/{member}" for member in ("azure-bay", "cloud-ford")))


def read(told: Scene, path: str) -> Json:
    with Visitor(told.node) as visitor:
        answer = visitor.client.get(path)
        assert answer.status_code == 200
        return answer.json()


@pytest.mark.parametrize("path", sorted(FIELDS))
def test_a_stranger_reads_these_fields_and_no_other(told: Scene, path: str) -> None:
    found = read(told, path)
    rows = found if isinstance(found, list) else [found]
    assert rows
    assert [set(row) for row in rows] == [FIELDS[path]] * len(rows)
    for row in rows:
        assert {frozenset(turn) for turn in row.get("turns", [])} <= {frozenset({"what", "time", "guarantor"})}
        breaches = {frozenset(breach) for breach in row.get("breaches", [])}
        assert breaches <= {frozenset({"contract", "obligation", "time", "record"})}
        assert set(row.get("lag", {})) <= {"count", "p50_ms", "p95_ms"}
        assert {frozenset(contract) for contract in row.get("contracts", [])} <= {frozenset({"id", "title", "parties"})}
        assert {frozenset(party) for party in row.get("parties", [])} <= {frozenset({"id", "name"})}


def test_nothing_that_is_not_public_stands_in_any_answer(told: Scene) -> None:
    state = told.node.application.state
    secrets = {key[0].hex() for key, _ in state.officers.items()}
    secrets |= {row.code for _, row in state.members.items()} | {row.dossier.hex() for _, row in state.members.items()}
    secrets |= {"amber-coast", "Harbor schedules", "Forest maps", "Ferry timetables", "Reservoir levels"}
    with Visitor(told.node) as visitor:
        pages = ("/public", "/public/members/azure-bay", "/public/members/maple-ridge")
        texts = [json.dumps(visitor.client.get(path).json(), ensure_ascii=False) for path in PATHS]
        texts += [visitor.open(path).html for path in pages]
    assert [(secret, text) for secret in secrets for text in texts if secret in text] == []


def test_what_was_kept_and_broken_is_counted_from_the_duties(told: Scene) -> None:
    state = told.node.application.state
    expected: dict[str, list[int]] = {}
    for (number,), terms in state.terms.items():
        for key, duty in state.duties.group(number):
            debtor = terms.obligations[int(key[1]) - 1].debtor
            counts = expected.setdefault(debtor, [0, 0, 0])
            if duty.status in {"kept", "cured", "breached"}:
                counts[("kept", "cured", "breached").index(duty.status)] += 1
    found = {row["id"]: [row["kept"], row["late"], row["broken"]] for row in read(told, "/v1/public/members")}
    assert {member: counts for member, counts in found.items() if any(counts)} == expected
    assert found["maple-ridge"][2] == 1


def test_a_breach_leads_to_an_objection_to_its_record(told: Scene) -> None:
    (breach,) = read(told, "/v1/public/members/maple-ridge")["breaches"]
    rows = told.node.application.state.records.group("maple-ridge")
    (record,) = [row for key, row in rows if ".".join(map(str, key[1:])) == breach["record"]]
    assert (record.contract, record.clause, bool(record.severity)) == (breach["contract"], breach["obligation"], True)
    path = f"/public/members/maple-ridge/object?record={breach['record']}"
    with Visitor(told.node) as visitor:
        assert path in visitor.open("/public/members/maple-ridge").links()
        assert f'value="{breach["record"]}"' in visitor.open(path).html


def test_contracts_in_force_are_those_whose_duties_bind(told: Scene) -> None:
    state = told.node.application.state
    binding = [key[0] for key, row in state.contracts.items() if row.status in {"active", "suspended"}]
    assert [row["id"] for row in read(told, "/v1/public/contracts")] == sorted(binding, reverse=True)
    for row in read(told, "/v1/public/members/cloud-ford")["contracts"]:
        assert "cloud-ford" in {party["id"] for party in row["parties"]}


def test_an_applicant_has_no_public_page(told: Scene) -> None:
    with Visitor(told.node) as visitor:
        for path in ("/v1/public/members/amber-coast", "/v1/public/members/amber-coast/proof"):
            answer = visitor.client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "read.no_such_member")
        visitor.open("/public/members/amber-coast")
        assert visitor.status == 404


def test_a_list_goes_on_where_it_ended(told: Scene) -> None:
    first = read(told, "/v1/public/members?limit=2")
    rest = read(told, f"/v1/public/members?after={first[-1]['id']}")
    assert [row["id"] for row in [*first, *rest]] == sorted({row["id"] for row in read(told, "/v1/public/members")})


def test_the_score_is_taken_home_with_a_proof_that_says_no_more(told: Scene) -> None:
    with Visitor(told.node) as visitor:
        proof = visitor.client.get("/v1/public/members/maple-ridge/proof")
    assert proof.status_code == 200
    verdict = compute_verdict(proof.content, Trust(genesis=told.node.genesis_bytes), "en")
    assert verdict["valid"]
    score = read(told, "/v1/public/members/maple-ridge")["score"]
    assert f"maple-ridge: {score}, " in verdict["statement"]
    row = told.node.application.state.members[("maple-ridge",)]
    assert not [secret for secret in (row.code.encode(), row.dossier, *row.officers) if secret in proof.content]


@pytest.mark.parametrize(("language", "broken"), [("en", "was broken."), ("zh", "违约。")])
def test_a_citizen_reads_performance_in_her_language(told: Scene, language: str, broken: str) -> None:
    with Visitor(told.node, language) as visitor:
        page = visitor.open("/public")
        assert "/public/members/maple-ridge" in page.links()
        page = visitor.open("/public/members/maple-ridge")
        assert visitor.status == 200
        assert broken in page.text
        assert "/v1/public/members/maple-ridge/proof" in page.links()
