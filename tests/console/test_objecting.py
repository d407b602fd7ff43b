"""A citizen without a key objects to a record; the member answers in time, or everybody sees that it did not."""

from __future__ import annotations

import re

import pytest

from concordat.api.access import STATEMENTS_PER_MINUTE
from concordat.client.commitments import compute_statement_commitment
from concordat.ledger.doctor import examine, is_authoritative
from concordat.ledger.files import DiskFiles
from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import DAY_US
from concordat.primitives.plain import Json
from concordat.protocol.families.ballots import Open
from concordat.protocol.families.objections import File
from concordat.protocol.records import AboutBallot, Admit, Appoint, ChangeParameter

from .scene import PASSWORD, RIVER, Scene, get_key
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


def file(visitor: Visitor, text: str = WORDS, entry: int | None = None, record: str | None = None) -> Json:
    body = {"entry": entry, "record": record, "text": text}
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
        assert "Azure Bay answered objection or comment 1." in page.text
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
        ({"entry": None, "record": None, "text": " "}, 400, "input.missing_field"),
        ({"entry": None, "record": None, "text": "x" * 4001}, 400, "input.does_not_fit"),
        ({"entry": 10**6, "record": None, "text": WORDS}, 404, "read.no_such_entry"),
        ({"entry": -1, "record": None, "text": WORDS}, 400, "input.does_not_fit"),
        ({"entry": 0, "record": "1.0.0.1", "text": WORDS}, 400, "input.does_not_fit"),
        ({"entry": None, "record": "1.0.0.1", "text": WORDS}, 409, "objections.unknown_record"),
        ({"text": WORDS}, 400, "input.missing_field"),
    ],
)
def test_what_cannot_be_filed_leaves_nothing(scene: Scene, body: Json, status: int, code: str) -> None:
    size = scene.node.application.history.size
    with Visitor(scene.node) as citizen:
        answer = citizen.client.post("/v1/public/members/azure-bay/objections", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not (scene.node.folder / "statements").exists()
    assert scene.node.application.history.size == size


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


def test_words_that_nobody_signs_do_not_fill_the_disk(scene: Scene, officer: Visitor) -> None:
    form = officer.open("/public/members/maple-ridge/object").form(action="file")
    signed = [officer.send(form, statement=WORDS) for _ in range(STATEMENTS_PER_MINUTE)]
    assert all("Azure Bay objects" in page.text for page in signed)
    officer.send(form, statement=WORDS)
    assert officer.status == 429
    with Visitor(scene.node) as other:
        other.come_in(get_key("maple-ridge"))
        assert "Maple Ridge objects" in other.send(other.open(PLACE).form(action="file"), statement=WORDS).text
    assert len(list((scene.node.folder / "statements").iterdir())) == STATEMENTS_PER_MINUTE + 1


def test_what_was_said_is_kept_over_a_restart_and_its_damage_is_found(scene: Scene) -> None:
    with Visitor(scene.node) as citizen:
        file(citizen)
    (path,) = (scene.node.folder / "statements").iterdir()
    assert is_authoritative(f"statements/{path.name}")
    path.write_bytes(path.read_bytes().replace(b"Mine", b"Nine"))
    found = [check for check in examine(DiskFiles(scene.node.folder)) if check.status == "failed"]
    assert [(check.id, check.file) for check in found] == [("statements.seal", f"statements/{path.name}")]


def test_a_citizen_comments_before_the_vote_and_members_read_it(scene: Scene, officer: Visitor) -> None:
    begins, ends = scene.now + 4 * DAY_US, scene.now + 12 * DAY_US
    for motion in (ChangeParameter("hearing_days", 21, 9000), Appoint("silver-plain", "verifier")):
        scene.act("azure-bay", Open(motion, "", begins, ends))
    with Visitor(scene.node) as citizen, Visitor(scene.node) as other:
        assert "/public/ballots/1" in citizen.open("/public").links()
        page = citizen.open("/public/ballots/1")
        page = citizen.send(page.form_to("/public/ballots/1"), text="21 days are long.")
        code = get_code(page)
        assert "21 days are long." in look(citizen, code).text
        assert "21 days are long." not in citizen.open("/public/ballots/1").text

        assert "Answer comment 1 on your ballot" in officer.open("/").text
        assert "21 days are long." in officer.open("/ballots/1").text
        page = officer.open("/objections/azure-bay/1")
        page = officer.send(page.form_to("/act"), statement="The court takes 20.")
        assert "answered objection or comment 1" in officer.send(page.form_to(officer.path), password=PASSWORD).text
        assert "The court takes 20." in look(citizen, code).text

        other.come_in(get_key("north-terrace"))
        assert "The court takes 20." in other.open("/ballots/1").text
        form = other.open("/ballots/2").form(action="file", ballot="2")
        assert "North Terrace comments on ballot 2" in other.send(form, statement="Why this one?").text
        scene.act("north-terrace", File("azure-bay", AboutBallot(2), bytes(32)))
        scene.advance(4)
        assert "Not answered; the time was over" in citizen.open("/public/ballots/2").text
        assert "The vote goes on although not every comment is answered" in other.open("/ballots/2").text
        assert "Comments were taken until the vote began." in citizen.open("/public/ballots/1").text


def test_a_members_own_affairs_are_not_put_before_everybody(scene: Scene) -> None:
    scene.apply("stone-delta", "azure-bay")
    motion = Admit("stone-delta")
    scene.act("azure-bay", Open(motion, "", scene.now + 4 * DAY_US, scene.now + 12 * DAY_US))
    with Visitor(scene.node) as citizen:
        assert "/public/ballots/1" not in citizen.open("/public").links()
        assert citizen.client.get("/v1/public/ballots").json() == []
        answers = [
            citizen.client.get("/v1/public/ballots/1"),
            citizen.client.post("/v1/public/ballots/1/comments", json={"text": WORDS}),
        ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "read.no_such_ballot")] * 2


def test_a_credit_record_is_named_by_its_id(scene: Scene, officer: Visitor) -> None:
    terms = scene.make_terms(Label("Readings", "读数"), "maple-ridge", "cloud-ford", RIVER, days=7)
    scene.keep(scene.agree(terms), 1)
    place = next(key[1:] for key, _ in scene.node.application.state.records.items() if key[0] == "maple-ridge")
    record = ".".join(map(str, place))
    with Visitor(scene.node) as citizen:
        path = "/public/members/maple-ridge/object"
        page = citizen.open(f"{path}?record={record}")
        assert f'value="{record}"' in page.html
        page = citizen.send(page.form_to(path), text=WORDS, record=record)
        assert citizen.status == 200, page.text
        listed = citizen.client.get("/v1/public/members/maple-ridge/objections").json()
        assert [(row["record"], row["entry"], row["ballot"]) for row in listed] == [(record, None, None)]
        wrong = {"entry": None, "record": "1.2.3", "text": WORDS}
        answer = citizen.client.post("/v1/public/members/maple-ridge/objections", json=wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, "input.does_not_fit")
    page = officer.open(f"{path}?record={record}")
    page = officer.send(page.form(action="file"), statement=WORDS, record=record)
    page = officer.send(page.form_to(officer.path), password=PASSWORD)
    assert "Signed and recorded" in page.text
    mine = officer.client.get("/v1/members/maple-ridge/objections/2").json()
    assert (mine["record"], mine["objector"], mine["text"]) == (record, "azure-bay", WORDS)
