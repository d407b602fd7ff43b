"""Settings: an officer changes who signs for its member; and the other forms for what stood in no form before."""

from __future__ import annotations

from hashlib import sha256

import pytest

from concordat.node.addresses import Settings
from concordat.primitives.ledger_time import format_time
from concordat.protocol.families.datasets import Register
from concordat.protocol.families.membership import compute_possession_message

from .scene import AIR, PASSWORD, Scene, get_key
from .test_standing import expel, pass_a_year
from .visitor import Document, Visitor

CARD = "5a" * 32


def make_new_key(scene: Scene, label: str) -> dict[str, str]:
    """What a new officer hands over, as the fields of the form."""
    key = get_key(label)
    possession = key.sign(compute_possession_message(scene.node.chain.id, "azure-bay"))
    return {"public_key": key.public_key.hex(), "card": CARD, "possession": possession.hex()}


def sign_here(visitor: Visitor, page: Document) -> Document:
    done = visitor.send(page.form_to(visitor.path), password=PASSWORD)
    assert "Signed and recorded" in done.text
    return done


def test_an_administrator_adds_changes_and_ends_an_officer(scene: Scene, officer: Visitor) -> None:
    new = make_new_key(scene, "clerk")
    form = officer.open("/settings").form(action="add_officer")
    for name in [name for name in form.names if name.startswith("role-")]:
        del form.fields[name]
    page = officer.send(form, **new, **{"role-data": "yes"})
    assert "adds an officer" in page.text
    sign_here(officer, page)
    clerk = bytes.fromhex(new["public_key"])
    assert scene.node.application.state.officers[(clerk,)].roles == ("data",)

    form = officer.open("/settings").form(action="set_roles", public_key=new["public_key"])
    form.fields = {name: value for name, value in form.fields.items() if not name.startswith("role-")}
    sign_here(officer, officer.send(form, **{"role-contracts": "yes", "role-auditor": "yes"}))
    assert scene.node.application.state.officers[(clerk,)].roles == ("auditor", "contracts")

    form = officer.open("/settings").form(action="remove_officer", public_key=new["public_key"])
    sign_here(officer, officer.send(form))
    assert scene.node.application.state.officers[(clerk,)].removed_at is not None


def test_the_roles_that_an_officer_has_are_ticked(officer: Visitor) -> None:
    page = officer.open("/settings")
    ticked = [values["name"] for tag, values in page.tags if tag == "input" and "checked" in values]
    ticked = [name for name in ticked if name and name.startswith("role-")]
    assert ticked == ["role-admin", "role-auditor", "role-contracts", "role-data"] * 2


def test_who_is_no_administrator_sees_officers_and_no_forms(scene: Scene) -> None:
    with Visitor(scene.node) as admin:
        admin.sign_in()
        form = admin.open("/settings").form(action="add_officer")
        form.fields = {name: value for name, value in form.fields.items() if not name.startswith("role-")}
        sign_here(admin, admin.send(form, **make_new_key(scene, "clerk"), **{"role-data": "yes"}))
    with Visitor(scene.node) as clerk:
        clerk.come_in(get_key("clerk"))
        page = clerk.open("/settings")
        assert "Only an officer with the role administrator changes these." in page.text
        assert {form.fields.get("action") for form in page.forms} & {"add_officer", "set_roles"} == set()
        assert "revoke_key" in {form.fields.get("action") for form in page.forms}


def add_clerk(scene: Scene, officer: Visitor) -> str:
    """An officer more, who reads and signs nothing; return the digits of its key."""
    new = make_new_key(scene, "clerk")
    form = officer.open("/settings").form(action="add_officer")
    form.fields = {name: value for name, value in form.fields.items() if not name.startswith("role-")}
    sign_here(officer, officer.send(form, **new, **{"role-auditor": "yes"}))
    return new["public_key"]


def test_a_role_is_given_until_a_day_shown_and_ended(scene: Scene, officer: Visitor) -> None:
    clerk = add_clerk(scene, officer)
    grants = scene.node.application.state.grants
    form = officer.open("/settings").form(action="grant", public_key=clerk)
    page = officer.send(form, role="data", valid_until="2026-05-04", term=CARD)
    assert "gives the officer with key" in page.text
    sign_here(officer, page)
    row = grants[(bytes.fromhex(clerk), "data")]
    assert (format_time(row.valid_until), row.term) == ("2026-05-04T00:00:00Z", bytes.fromhex(CARD))
    page = officer.open("/settings")
    assert "data until" in page.text
    with Visitor(scene.node) as other:
        other.come_in(get_key("clerk"))
        assert "Role “data” until" in other.open("/settings").text
    ending = [form for form in page.forms if form.fields.get("action") == "grant" and "valid_until" not in form.fields]
    assert len(ending) == 1
    sign_here(officer, officer.send(ending[0]))
    assert grants[(bytes.fromhex(clerk), "data")].valid_until <= scene.node.application.time
    assert "data until" not in officer.open("/settings").text


def test_an_officer_who_goes_away_delegates_and_takes_it_back(scene: Scene, officer: Visitor) -> None:
    clerk = add_clerk(scene, officer)
    form = officer.open("/settings").form(action="delegate")
    for name in ("role-admin", "role-auditor", "role-contracts", "role-data"):
        form.fields.pop(name, None)
    chosen = {"role-admin": "yes", "role-contracts": "yes"}
    sign_here(officer, officer.send(form, public_key=clerk, valid_until="2026-05-04", **chosen))
    (row,) = [row for _, row in scene.node.application.state.delegations.group(bytes.fromhex(clerk))]
    assert (row.roles, format_time(row.valid_until)) == (("admin", "contracts"), "2026-05-04T00:00:00Z")
    assert "In your place from" in officer.open("/settings").text
    with Visitor(scene.node) as other:
        other.come_in(get_key("clerk"))
        page = other.open("/settings")
        assert "in the place of" in page.text
        offered = next(form for form in page.forms if form.fields.get("action") == "delegate")
        assert [name for name in offered.names if name.startswith("role-")] == ["role-auditor"], "none of another's"
    delegations = [form for form in officer.open("/settings").forms if form.fields.get("action") == "delegate"]
    sign_here(officer, officer.send(next(form for form in delegations if "valid_until" not in form.fields)))
    assert "In your place from" not in officer.open("/settings").text


def test_what_waits_is_what_the_officers_own_roles_may_do(scene: Scene, officer: Visitor) -> None:
    clerk = add_clerk(scene, officer)
    scene.apply("amber-coast", "azure-bay")
    assert "Stand for" in officer.open("/").text
    with Visitor(scene.node) as other:
        other.come_in(get_key("clerk"))
        assert "Stand for" not in other.open("/").text
        assert not [form for form in other.open("/members/amber-coast").forms if form.action == "/act"]
        form = officer.open("/settings").form(action="delegate")
        for name in ("role-auditor", "role-contracts", "role-data"):
            form.fields.pop(name, None)
        sign_here(officer, officer.send(form, public_key=clerk, valid_until="2026-05-04"))
        assert "Stand for" in other.open("/").text
        assert [form for form in other.open("/members/amber-coast").forms if form.action == "/act"]


def test_an_officer_sets_changes_and_stops_her_mail(scene: Scene, officer: Visitor) -> None:
    form = officer.open("/settings").form_to("/settings/notices")
    page = officer.send(form, address=" lin@office.example ", language="zh", when="daily")
    wish = scene.node.addresses.find(scene.local.public_key)
    assert wish is not None
    assert wish.settings == Settings("lin@office.example", "zh", None, "daily")
    assert "This node sends no mail yet" in page.text
    form = officer.open("/settings").form_to("/settings/notices")
    assert form.fields["address"] == "lin@office.example"
    del form.fields["of-vote"]
    officer.send(form, language="en", when="at_once")
    wish = scene.node.addresses.find(scene.local.public_key)
    assert wish is not None
    assert wish.settings.actions is not None
    assert "vote" not in wish.settings.actions
    scene.node.addresses.note_refusal(scene.local.public_key, wish.settings, "550 nobody <here>")
    assert "550 nobody <here>" in officer.open("/settings").text
    officer.send(form, language="en", when="at_once", address="lin")
    assert officer.status == 400
    forms = [form for form in officer.open("/settings").forms if form.action == "/settings/notices"]
    officer.send(forms[1])
    assert scene.node.addresses.find(scene.local.public_key) is None


def test_a_key_hands_over_and_ends_itself(scene: Scene, officer: Visitor) -> None:
    new = make_new_key(scene, "laptop")
    sign_here(officer, officer.send(officer.open("/settings").form(action="rotate_key"), **new))
    officers = scene.node.application.state.officers
    assert officers[(scene.local.public_key,)].removed_at is not None
    assert officers[(bytes.fromhex(new["public_key"]),)].removed_at is None
    assert "Sign in" in officer.open("/").text  # the old key's session is over


def test_a_lost_key_is_ended_at_once(scene: Scene, officer: Visitor) -> None:
    sign_here(officer, officer.send(officer.open("/settings").form(action="revoke_key")))
    assert scene.node.application.state.officers[(scene.local.public_key,)].removed_at is not None


def test_settings_are_for_the_public_too_without_a_key(told: Scene) -> None:
    with Visitor(told.node) as visitor:
        page = visitor.open("/settings")
        assert "You are not signed in" in page.text
        assert "/settings?theme=dark" in page.links()
        assert page.forms == []


def test_the_owner_withdraws_a_version_from_its_page(scene: Scene, officer: Visitor) -> None:
    scene.act("azure-bay", Register("series", 1, AIR, sha256(b"1").digest(), 1, 1, bytes(32), bytes(32)))
    page = officer.send(officer.open("/datasets/azure-bay/series").form(action="withdraw"), reason="Gauge failed.")
    done = sign_here(officer, page)
    assert "/datasets/azure-bay/series" in done.links()
    after = officer.open("/datasets/azure-bay/series")
    assert "Gauge failed." in after.text
    assert not [form for form in after.forms if form.fields.get("action") == "withdraw"]


def test_nobody_withdraws_what_is_another_s(scene: Scene, officer: Visitor) -> None:
    scene.act("north-terrace", Register("series", 1, AIR, sha256(b"1").digest(), 1, 1, bytes(32), bytes(32)))
    page = officer.open("/datasets/north-terrace/series")
    assert not [form for form in page.forms if form.fields.get("action") == "withdraw"]


def test_an_expelled_member_asks_to_return_once_it_may(scene: Scene) -> None:
    expel(scene)
    with Visitor(scene.node) as visitor:
        page = visitor.come_in(get_key("maple-ridge"))
        assert not [form for form in page.forms if form.fields.get("action") == "readmit"]
        pass_a_year(scene)
        page = visitor.send(visitor.open("/").form(action="readmit"), guarantor="silver-plain")
        assert "asks to return" in page.text


@pytest.mark.parametrize("length", [8, 12, 64])
def test_search_finds_a_transaction_by_its_first_digits(visitor: Visitor, length: int) -> None:
    transaction = visitor.client.get("/v1/ledger/3").json()["transaction"]
    assert "/ledger/3" in visitor.open(f"/search?q={transaction[:length]}").links()


def test_search_finds_a_digest_as_pages_show_it(visitor: Visitor) -> None:
    transaction = visitor.client.get("/v1/ledger/3").json()["transaction"]
    assert "/ledger/3" in visitor.open(f"/search?q={transaction[:8]}…{transaction[-4:]}").links()
    assert "/ledger/3" not in visitor.open(f"/search?q={transaction[:7]}").links()


def test_search_finds_a_key_an_entry_and_a_block(told: Scene, visitor: Visitor) -> None:
    assert "/members/azure-bay" in visitor.open(f"/search?q={told.local.public_key.hex()}").links()
    height = visitor.client.get("/v1/ledger/40").json()["height"]
    found = visitor.open(f"/search?q={height}").links()
    assert f"/ledger/{height}" in found
    (block,) = [link for link in found if link.startswith("/ledger?before=")]
    assert "/ledger/40" in visitor.open(block).links()
    assert visitor.open("/search?q=999999999").links()


def test_search_finds_what_a_digest_stands_for(told: Scene, visitor: Visitor) -> None:
    state = told.node.application.state
    version = state.versions[("azure-bay", "river-flow-series", 3)]
    evidence = sha256(b"protocol of the gate").hexdigest()
    for digest, link in (
        (state.contracts[(9,)].document.hex(), "/contracts/9"),
        (version.digest.hex(), "/datasets/azure-bay/river-flow-series"),
        (state.members[("amber-coast",)].dossier.hex(), "/ledger/"),
        (evidence, "/behaviors/"),
        (f"{evidence[:8]}…{evidence[-4:]}", "/behaviors/"),
        ("01" * 32, "/behaviors/"),
    ):
        links = visitor.open(f"/search?q={digest}").links()
        assert [found for found in links if found.startswith(link) and found != "/behaviors"], digest
    assert "/ballots/2" in visitor.open("/search?q=2").links()
    for nothing in ("", "ab" * 32):
        page = visitor.open(f"/search?q={nothing}")
        assert "Try a member's name" in page.text or "Try a member’s name" in page.text


def test_the_network_page_tells_the_disk_to_the_operator_alone(told: Scene, visitor: Visitor) -> None:
    assert "blocks.log" in visitor.open("/network").text
    with Visitor(told.node) as other:
        other.come_in(get_key("silver-plain"))
        page = other.open("/network")
        assert "blocks.log" not in page.text
        assert "All that was taken is on disk" in page.text
