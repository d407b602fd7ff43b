from __future__ import annotations

from hashlib import sha256

import pytest

from concordat.console.pending import wait_until_durable
from concordat.errors import Stale
from concordat.ledger.queued import Committed, Queued
from concordat.node import reads
from concordat.primitives.identifiers import Label
from concordat.protocol.families.contracts import Object, Terminate
from concordat.protocol.families.membership import Sponsor

from .scene import AIR, PASSWORD, Scene
from .visitor import Document, Visitor


def sign_here(visitor: Visitor, page: Document, password: str = PASSWORD) -> Document:
    """Fill the password of a page that asks for a signature."""
    return visitor.send(page.form_to(visitor.path), password=password)


def offer(scene: Scene) -> int:
    """Silver Plain offers a contract to Azure Bay."""
    return scene.propose(scene.make_terms(Label("Ferries", "渡轮"), "silver-plain", "azure-bay", AIR, days=20))


def test_sign_a_contract_with_the_password(scene: Scene, officer: Visitor) -> None:
    number = offer(scene)
    page = officer.send(officer.open(f"/contracts/{number}").form(action="sign"))
    assert officer.path.startswith("/sign/")
    assert "signs contract C-0001" in page.text
    clauses = officer.client.get(f"/v1/contracts/{number}/text?language=en").json()["clauses"]
    assert all(clause in page.text for clause in clauses)
    assert ("a", {"class": "small screen", "href": f"{officer.path}?lang=zh#clauses", "lang": "zh-CN"}) in page.tags
    done = sign_here(officer, page)
    assert officer.status == 200
    assert "Signed and recorded" in done.text
    assert f"/contracts/{number}" in done.links()
    row = scene.node.application.state.contracts[(number,)]
    assert [signature.public_key for signature in row.signatures] == [scene.local.public_key]


def test_wrong_password_signs_nothing(scene: Scene, officer: Visitor) -> None:
    number = offer(scene)
    page = officer.send(officer.open(f"/contracts/{number}").form(action="sign"))
    again = sign_here(officer, page, "not the password")
    assert officer.status == 403
    assert "No key of this node opens with this name and this password." in again.text
    assert "Signed and recorded" in sign_here(officer, again).text


def test_what_the_disk_has_not_taken_yet_is_told_as_late_and_found_later() -> None:
    queued = Queued(bytes(32), b"", ())
    with pytest.raises(Stale, match=r"node\.slow"):
        wait_until_durable(queued, 0)
    queued.answer(Committed(1, 0, b""))
    wait_until_durable(queued, 0)


def test_decline_shows_its_reason_on_the_ledger(scene: Scene, officer: Visitor) -> None:
    number = offer(scene)
    form = officer.open(f"/contracts/{number}").form(action="decline")
    done = sign_here(officer, officer.send(form, reason="No longer needed."))
    assert "declined contract C-0001" in done.text
    assert scene.node.application.state.contracts[(number,)].status == "declined"


def test_accept_a_delivery(scene: Scene, officer: Visitor) -> None:
    number = scene.agree(scene.make_terms(Label("Ferries", "渡轮"), "silver-plain", "azure-bay", AIR, days=20))
    scene.deliver(number, 1)
    done = sign_here(officer, officer.send(officer.open(f"/contracts/{number}").form(action="acknowledge")))
    assert "Signed and recorded" in done.text
    assert scene.node.application.state.duties[(number, 1)].status == "kept"


def test_object_signs_the_digest_of_the_text_shown(scene: Scene, officer: Visitor) -> None:
    number = scene.agree(scene.make_terms(Label("Ferries", "渡轮"), "silver-plain", "azure-bay", AIR, days=20))
    scene.deliver(number, 1)
    text = "The file covers May,\nnot June."
    form = officer.open(f"/contracts/{number}").form(action="object")
    page = officer.send(form, ground="wrong_period", statement=text.replace("\n", "\r\n"))
    assert text in page.html
    action = officer.client.get(officer.path, headers={"Accept": "application/json"}).json()
    assert action["operations"][0]["statement"] == sha256(text.encode()).hexdigest()
    assert "Signed and recorded" in sign_here(officer, page).text
    assert scene.node.application.state.duties[(number, 1)].status == "objected"


def test_sponsor_and_verify_an_applicant(scene: Scene, officer: Visitor) -> None:
    dossier = scene.apply("amber-coast", "azure-bay").hex()
    page = officer.open("/members/amber-coast")
    assert "Signed and recorded" in sign_here(officer, officer.send(page.form(action="sponsor", verdict="yes"))).text
    page = officer.open("/members/amber-coast")
    assert "concordat dossier check" in page.text
    assert dossier not in page.html
    confirm = page.form(action="attest", verdict="yes")
    assert confirm.fields["dossier"] == ""
    told = sign_here(officer, officer.send(confirm, dossier="5a" * 32))
    assert "This is not the dossier that Amber Coast filed." in told.text
    told = sign_here(officer, officer.send(confirm, dossier=f" {dossier.upper()} "))
    assert "Signed and recorded" in told.text
    assert scene.node.application.state.members[("amber-coast",)].status == "active"


def test_who_does_not_confirm_types_no_commitment(scene: Scene, officer: Visitor) -> None:
    scene.apply("amber-coast", "azure-bay")
    scene.act("azure-bay", Sponsor("amber-coast", verdict=True))
    refuse = officer.open("/members/amber-coast").form(action="attest", verdict="no")
    assert "dossier" not in refuse.fields
    assert "Signed and recorded" in sign_here(officer, officer.send(refuse)).text


def test_refusal_of_the_ledger_is_shown_with_its_next_step(scene: Scene, officer: Visitor) -> None:
    scene.apply("amber-coast", "azure-bay")
    page = officer.send(officer.open("/members/amber-coast").form(action="sponsor", verdict="yes"))
    scene.act("azure-bay", Sponsor("amber-coast", verdict=True))
    done = sign_here(officer, page)
    assert "Recorded as refused" in done.text
    assert "was refused" in done.text
    assert not [form for form in done.forms if form.action.startswith("/sign/")]


def test_bytes_to_sign_stay_the_same_until_their_number_is_taken(scene: Scene, officer: Visitor) -> None:
    number = offer(scene)
    page = officer.send(officer.open(f"/contracts/{number}").form(action="sign"))
    path = officer.path
    first = officer.client.get(path, headers={"Accept": "application/json"}).json()
    assert first["digest"] in page.text
    assert first["digest"] == sha256(bytes.fromhex(first["bytes"])).hexdigest()
    scene.apply("amber-coast", "azure-bay")  # another block
    assert officer.client.get(path, headers={"Accept": "application/json"}).json() == first


def test_whoever_has_the_key_file_signs_elsewhere_and_the_page_knows(scene: Scene, officer: Visitor) -> None:
    number = offer(scene)
    page = officer.send(officer.open(f"/contracts/{number}").form(action="sign"))
    path = officer.path
    assert f"concordat sign http://testserver.local{path} --key FILE" in page.text
    with Visitor(scene.node) as stranger:
        stranger.open(path)
        assert stranger.status == 404  # another process of the same node knows nothing of it
    waiting = officer.open(f"{path}/wait")
    assert "Waiting for the signature" in waiting.text
    assert officer.headers["refresh"] == "5"
    assert path in waiting.links()
    assert not [tag for tag, values in waiting.tags if values.get("http-equiv")]  # it would stand on every page
    action = officer.client.get(path, headers={"Accept": "application/json"}).json()
    unsigned = bytes.fromhex(action["bytes"])
    answer = officer.client.post(action["submit"], content=scene.local.sign(unsigned) + unsigned)
    assert answer.status_code == 200, answer.text
    done = officer.open(f"{path}/wait")
    assert officer.path == path
    assert "refresh" not in officer.headers
    assert f"/contracts/{number}" in done.links()
    assert "Signed and recorded" in done.text
    assert f"/ledger/{answer.json()['position']}" in done.links()
    again = officer.client.get(path, headers={"Accept": "application/json"}).json()
    assert (action["transaction"], again["transaction"]) == (None, answer.json()["transaction"])


def test_forms_need_their_token_and_a_session(scene: Scene) -> None:
    number = offer(scene)
    with Visitor(scene.node) as visitor:
        page = visitor.open("/login")
        token = page.form_to("/login").fields["_csrf_token"]
        fields = {"action": "sign", "contract": str(number)}
        assert visitor.client.post("/act", data=fields | {"_csrf_token": token}).status_code == 401
        visitor.sign_in()
        answer = visitor.client.post("/act", data=fields)
        assert answer.status_code == 403
        assert "The form did not come from this console, or is too old." in answer.text
        assert visitor.client.post("/act", data=fields | {"_csrf_token": token}).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "explode"},
        {},
        {"action": "sign", "contract": "one"},
        {"action": "acknowledge", "contract": "1", "obligation": "-1"},
        {"action": "deliver", "contract": "1", "obligation": "1"},
        {"action": "acknowledge", "contract": "1", "obligation": "9" * 16},
        {"action": "object", "contract": "1", "obligation": "1", "ground": "dislike", "statement": "x"},
        {"action": "object", "contract": "1", "obligation": "1", "ground": "incomplete", "statement": " "},
        {"action": "decline", "contract": "1", "reason": "x" * 201},
        {"action": "sponsor", "member": "No Such"},
        {"action": "attest", "member": "azure-bay", "verdict": "yes"},
        {"action": "attest", "member": "azure-bay", "verdict": "yes", "dossier": "5a"},
        {"action": "respond", "statement": "x" * 20_001},
    ],
)
def test_forms_that_make_no_sense_are_refused(visitor: Visitor, fields: dict[str, str]) -> None:
    answer = visitor.client.post("/act", data=fields | {"_csrf_token": visitor.client.cookies["csrftoken"]})
    assert answer.status_code == 400
    assert "input." in answer.text


def test_sign_out_ends_the_session(scene: Scene, officer: Visitor) -> None:
    page = officer.open("/")
    assert "Officer of Azure Bay" in page.text
    officer.send(page.form_to("/logout"))
    officer.open("/contracts")
    assert officer.status == 401


def test_unlock_and_act_are_in_the_audit_log(scene: Scene, officer: Visitor) -> None:
    number = offer(scene)
    sign_here(officer, officer.send(officer.open(f"/contracts/{number}").form(action="sign")))
    log = (scene.node.folder / "audit.log").read_text(encoding="utf-8")
    assert '"face": "console", "action": "POST /login"' in log
    assert '"action": "POST /sign/{action}"' in log
    assert PASSWORD not in log


def owe(scene: Scene) -> int:
    """Azure Bay owes Silver Plain one delivery."""
    return scene.agree(scene.make_terms(Label("Ferries", "渡轮"), "azure-bay", "silver-plain", AIR, days=20))


def test_debtor_without_a_version_hears_how_to_register_one(scene: Scene, officer: Visitor) -> None:
    number = owe(scene)
    page = officer.open(f"/contracts/{number}")
    assert "None of your registered versions of hourly-air-quality-readings meets the agreement yet." in page.text
    command = "concordat dataset register FILE.csv --name hourly-air-quality-readings --title 'Hourly air-quality"
    assert command in page.text
    assert not [form for form in page.forms if form.fields.get("action") == "deliver"]


def test_debtor_delivers_a_version_that_would_do_and_hears_why_others_would_not(scene: Scene, officer: Visitor) -> None:
    number = owe(scene)
    assert scene.deliver(number, 1, rows=31).code == "contracts.too_few_rows"
    page = officer.open(f"/contracts/{number}")
    assert "Version 1: The version has 31 rows; the contract asks for at least 700." in page.text
    scene.register(number, 1, rows=744)
    form = officer.open(f"/contracts/{number}").form(action="deliver")
    done = sign_here(officer, officer.send(form, version="2"))
    assert "Azure Bay delivered version 2" in done.text
    assert scene.node.application.state.duties[(number, 1)].status == "delivered"


def test_what_was_objected_to_is_delivered_again_beside_what_is_due_first(scene: Scene, officer: Visitor) -> None:
    number = scene.agree(
        scene.make_terms(Label("Ferries", "渡轮"), "azure-bay", "silver-plain", AIR, days=20, times=3, every=1)
    )
    scene.deliver(number, 1)
    scene.act("silver-plain", Object(number, 1, "wrong_period", bytes(32)))
    scene.register(number, 1)
    page = officer.open(f"/contracts/{number}")
    offered = {form.fields["obligation"] for form in page.forms if form.fields.get("action") == "deliver"}
    assert offered == {"1", "2"}
    sign_here(officer, officer.send(page.form(action="deliver", obligation="1"), version="2"))
    assert scene.node.application.state.duties[(number, 1)].status == "delivered"


def test_whoever_objected_may_withdraw_it(scene: Scene, officer: Visitor) -> None:
    number = scene.agree(scene.make_terms(Label("Ferries", "渡轮"), "silver-plain", "azure-bay", AIR, days=20))
    scene.deliver(number, 1)
    scene.act("azure-bay", Object(number, 1, "wrong_period", bytes(32)))
    ends = [{"actor": actor, "action": "end", "obligation": 0} for actor in ("silver-plain", "azure-bay")]
    withdrawal = {"actor": "azure-bay", "action": "withdraw", "obligation": 1}
    assert reads.get_contract(scene.node, number)["options"] == [withdrawal, *ends]
    page = officer.open(f"/contracts/{number}")
    assert "Withdraw your objection to the delivery for obligation 1" in page.text
    assert "Signed and recorded" in sign_here(officer, officer.send(page.form(action="acknowledge"))).text
    assert "Withdraw" not in officer.open(f"/contracts/{number}").text
    assert scene.node.application.state.duties[(number, 1)].status == "kept"


def test_parties_end_a_contract_by_consent(scene: Scene, officer: Visitor) -> None:
    number = owe(scene)
    sign_here(officer, officer.send(officer.open(f"/contracts/{number}").form(action="end")))
    page = officer.open(f"/contracts/{number}")
    assert "You asked to end the contract as it stands. These have not: Silver Plain." in page.text
    assert not [form for form in page.forms if form.fields.get("action") == "end"]
    left = {"actor": "silver-plain", "action": "end", "obligation": 0}
    assert reads.get_contract(scene.node, number)["options"] == [left]
    scene.act("silver-plain", Terminate(number))
    assert reads.get_contract(scene.node, number)["options"] == []
    assert "You asked to end" not in officer.open(f"/contracts/{number}").text
    assert scene.node.application.state.contracts[(number,)].status == "terminated"


def test_what_another_party_asked_is_agreed_to(scene: Scene, officer: Visitor) -> None:
    number = owe(scene)
    scene.act("silver-plain", Terminate(number))
    page = officer.open(f"/contracts/{number}")
    assert "Silver Plain asked to end the contract." in page.text
    sign_here(officer, officer.send(page.form(action="end")))
    assert scene.node.application.state.contracts[(number,)].status == "terminated"


def test_what_was_signed_already_is_shown_with_its_receipt(scene: Scene, officer: Visitor) -> None:
    number = offer(scene)
    contract = officer.open(f"/contracts/{number}")
    assert "To come, unless everybody does before what is due: The offer is void." in contract.text
    page = officer.send(contract.form(action="sign"))
    form = page.form_to(officer.path)
    for _ in range(2):
        assert "Signed and recorded" in officer.send(form, password=PASSWORD).text
        assert officer.status == 200
