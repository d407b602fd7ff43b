"""A citizen without a key objects to a record; the member answers in time, or everybody sees that it did not."""

from __future__ import annotations

import re

import pytest

from concordat.client.commitments import compute_statement_commitment
from concordat.ledger.doctor import examine, is_authoritative
from concordat.ledger.files import DiskFiles
from concordat.primitives.plain import Json

from .scene import PASSWORD, Scene, get_key
from .visitor import Document, Visitor

WORDS = "The reading of 3 May at my well is another's.\nMine was 7."
PLACE = "/public/members/azure-bay/object"


def send(visitor: Visitor, **fields: str) -> Document:
    return visitor.send(visitor.open(PLACE).form_to(PLACE), **fields)


def get_code(page: Document) -> str:
    (code,) = re.findall(r"<code>([0-9a-f]{64})</code>", page.html)
    return str(code)


def look(visitor: Visitor, code: str, number: str = "1") -> Document:
    form = visitor.open("/public/objections").form_to("/public/objections")
    return visitor.send(form, member="azure-bay", objection=number, code=code)


def file(visitor: Visitor, text: str = WORDS, entry: int | None = None) -> Json:
    body = {"entry": entry, "text": text}
    return visitor.client.post("/v1/public/members/azure-bay/objections", json=body).json()


def test_a_citizen_objects_and_reads_the_answer(scene: Scene, officer: Visitor) -> None:
    with Visitor(scene.node) as citizen:
        page = send(citizen, text=WORDS, entry="")
        assert citizen.status == 200
        code = get_code(page)
        assert "To be answered by 1 Apr 2026" in citizen.open("/public/members/azure-bay").text
        assert WORDS.replace("\n", " ") in look(citizen, code).text

        overview = officer.open("/")
        assert "Answer objection 1" in overview.text
        assert "/objections/azure-bay/1" in overview.links()
        page = officer.open("/objections/azure-bay/1")
        assert WORDS.replace("\n", " ") in page.text
        page = officer.send(page.form_to("/act"), statement="It is mended with version 2.")
        page = officer.send(page.form_to(officer.path), password=PASSWORD)
        assert "Azure Bay answered objection 1 against it." in page.text
        assert "Answer objection 1" not in officer.open("/").text

        assert "Answered on 2 Mar 2026" in citizen.open("/public/members/azure-bay").text
        assert "It is mended with version 2." in look(citizen, code).text


def test_silence_is_shown_with_the_clock(scene: Scene) -> None:
    with Visitor(scene.node, "zh") as citizen:
        send(citizen, text=WORDS)
        scene.advance(31)
        assert "未答复，期限已于" in citizen.open("/public/members/azure-bay").text


def test_no_word_of_a_citizen_is_on_the_ledger_and_her_code_opens_the_commitment(scene: Scene) -> None:
    with Visitor(scene.node) as citizen:
        made = file(citizen)
    row = scene.node.application.state.objections[("azure-bay", 1)]
    assert row.statement == compute_statement_commitment(bytes.fromhex(made["code"]), WORDS)
    assert row.objector is None
    log = b"".join(path.read_bytes() for path in scene.node.folder.glob("*.log"))
    assert b"my well" not in log
    assert bytes.fromhex(made["code"]) not in log
    assert made["code"] not in (scene.node.folder / "audit.log").read_text()


def test_a_wrong_code_opens_nothing_and_tells_nothing(scene: Scene) -> None:
    with Visitor(scene.node) as citizen:
        send(citizen, text=WORDS)
        for code, number in (("0" * 64, "1"), ("", "1"), ("0" * 64, "2"), ("ß", "1")):
            page = look(citizen, code, number)
            if citizen.status != 429:
                assert citizen.status == 404
                assert "The reading of 3 May" not in page.text


def test_only_the_member_that_has_to_answer_reads_the_words(scene: Scene) -> None:
    with Visitor(scene.node) as other:
        file(other)
        for path in ("/objections/azure-bay/1", "/v1/members/azure-bay/objections/1"):
            assert other.client.get(path).status_code == 401
        other.come_in(get_key("maple-ridge"))
        for path in ("/objections/azure-bay/1", "/v1/members/azure-bay/objections/1"):
            assert other.client.get(path).status_code == 403
        assert "The reading of 3 May" not in other.client.get("/v1/public/members/azure-bay/objections").text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"entry": None, "text": " "}, 400, "input.missing_field"),
        ({"entry": None, "text": "x" * 4001}, 400, "input.does_not_fit"),
        ({"entry": 10**6, "text": WORDS}, 404, "read.no_such_entry"),
        ({"entry": -1, "text": WORDS}, 400, "input.does_not_fit"),
        ({"text": WORDS}, 400, "input.missing_field"),
    ],
)
def test_what_cannot_be_filed_leaves_nothing(scene: Scene, body: Json, status: int, code: str) -> None:
    with Visitor(scene.node) as citizen:
        answer = citizen.client.post("/v1/public/members/azure-bay/objections", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not (scene.node.folder / "statements").exists()


def test_an_entry_is_named_by_its_position(scene: Scene) -> None:
    scene.advance(1)
    with Visitor(scene.node) as citizen:
        assert file(citizen, entry=0)["entry"] == 0
        listed = citizen.client.get("/v1/public/members/azure-bay/objections").json()
        assert [objection["entry"] for objection in listed] == [0]
        # `after` is any number, whether there is such an objection or not
        assert citizen.client.get("/v1/public/members/azure-bay/objections?after=7").json() == listed


def test_one_address_files_three_a_minute(scene: Scene) -> None:
    with Visitor(scene.node) as citizen:
        assert [file(citizen).get("objection") for _ in range(4)] == [1, 2, 3, None]
        send(citizen, text=WORDS)
        assert citizen.status == 429


def test_what_was_said_is_kept_over_a_restart_and_its_damage_is_found(scene: Scene) -> None:
    with Visitor(scene.node) as citizen:
        file(citizen)
    (path,) = (scene.node.folder / "statements").iterdir()
    assert is_authoritative(f"statements/{path.name}")
    path.write_bytes(path.read_bytes().replace(b"Mine", b"Nine"))
    found = [check for check in examine(DiskFiles(scene.node.folder)) if check.status == "failed"]
    assert [(check.id, check.file) for check in found] == [("statements.seal", f"statements/{path.name}")]
