"""Behaviors on pages: in lists, one by one, by series, and how long they took to the ledger."""

from __future__ import annotations

import re
from hashlib import sha256

from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import SECOND_US
from concordat.protocol.families.behaviors import OfMember, Record

from .scene import Scene, get_key
from .visitor import Visitor

EVIDENCE = sha256(b"protocol of the gate").hexdigest()


def list_pages(links: list[str]) -> list[str]:
    return [link for link in links if re.fullmatch(r"/behaviors/[0-9]+/[0-9]+", link)]


def test_the_list_says_what_whom_it_concerns_who_and_how_late(visitor: Visitor) -> None:
    page = visitor.open("/behaviors")
    assert len(list_pages(page.links())) == 5
    assert {"/members/azure-bay", "/datasets/azure-bay/river-flow-series", "/contracts/9"} <= set(page.links())
    for words in ("Gate 3 opened", "gate.opened", "3 min", "Batch 2 of series gate-levels", "Half within"):
        assert words in page.text
    assert "三号闸开启" in visitor.open("/behaviors?lang=zh").text


def test_one_record_has_a_page_with_sentence_and_digest(visitor: Visitor) -> None:
    newest, *_, record = list_pages(visitor.open("/behaviors").links())
    page = visitor.open(record)
    assert EVIDENCE in page.html
    assert "Azure Bay recorded “Gate 3 opened” (gate.opened)" in page.text
    position = record.split("/")[2]
    assert {f"/ledger/{position}", f"/v1/ledger/{position}/proof"} <= set(page.links())
    assert record in visitor.open(f"/ledger/{position}").links()
    batch = visitor.open(newest)
    assert "02" * 32 in batch.html
    assert "3 000" in batch.text
    for path in (f"/behaviors/{position}/1", "/behaviors/0/0"):
        visitor.open(path)
        assert visitor.status == 404


def test_a_series_has_its_batches(visitor: Visitor) -> None:
    page = visitor.open("/members/north-terrace/behaviors")
    assert "/members/north-terrace/behaviors?series=gate-levels" in page.links()
    assert "6 000" in page.text
    narrowed = visitor.open("/members/north-terrace/behaviors?series=gate-levels")
    assert [batch for batch in ("Batch 2 of", "Batch 1 of") if batch in narrowed.text] == ["Batch 2 of", "Batch 1 of"]
    assert list_pages(visitor.open("/members/north-terrace/behaviors?series=none").links()) == []


def test_lag_is_told_of_a_member_of_all_and_to_everybody(visitor: Visitor) -> None:
    for path, slowest in (("/members/azure-bay", "3 min"), ("/network", "2 h"), ("/public/members/azure-bay", "3 min")):
        text = visitor.open(path).text
        assert f"95 of 100 within{slowest}" in text, path
    assert "Nothing to measure yet." in visitor.open("/members/silver-plain").text


def test_the_list_goes_on_in_the_midst_of_an_entry(scene: Scene, officer: Visitor) -> None:
    assert "No behavior has been recorded yet." in officer.open("/behaviors").text
    said = Label("Gate", "闸")
    for count in (30, 21):
        records = (
            Record("gate.opened", OfMember("azure-bay"), scene.now - place * SECOND_US, bytes(32), said)
            for place in range(count)
        )
        scene.act("azure-bay", *records)
    page = officer.open("/behaviors")
    (more,) = [link for link in page.links() if "after=" in link]
    first, rest = list_pages(page.links()), list_pages(officer.open(more).links())
    assert (len(first), len(rest)) == (50, 1)
    assert len({*first, *rest}) == 51


def test_an_applicant_reads_its_own_behaviors_alone(told: Scene) -> None:
    with Visitor(told.node) as visitor:
        visitor.come_in(get_key("amber-coast"))
        assert "No behavior has been recorded yet." in visitor.open("/members/amber-coast/behaviors").text
        for path in ("/behaviors", "/members/azure-bay/behaviors"):
            visitor.open(path)
            assert visitor.status == 403
