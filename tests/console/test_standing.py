"""What pages say of whoever broke its word, and of names that others have too."""

from __future__ import annotations

from msgspec.structs import replace

from concordat.cli.showing import describe_member
from concordat.contracts.text import show_day, show_time
from concordat.node.reads import get_credit, get_entry, get_member
from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import WEEK_US, format_time
from concordat.protocol.families.membership import Apply, Readmit, Sponsor

from .scene import AIR, RIVER, Scene, get_key
from .visitor import Visitor


def expel(scene: Scene) -> int:
    """Let Maple Ridge break five contracts and be forced out; return the number of one that it still owes."""
    left = scene.agree(
        scene.make_terms(Label("Forest maps", "林区图"), "maple-ridge", "cloud-ford", RIVER, days=80, size=10)
    )
    for place in range(5):
        creditor = ("azure-bay", "north-terrace")[place % 2]
        terms = scene.make_terms(Label("Traffic counts", "交通流量"), "maple-ridge", creditor, AIR, days=3, size=10)
        lasting = tuple(replace(one, consequence="continue") for one in terms.obligations)
        scene.agree(replace(terms, obligations=lasting))
    scene.advance(3 + 3 + 14)
    scene.advance(30)
    assert scene.node.application.state.members[("maple-ridge",)].status == "expelled"
    return left


def test_what_ended_with_breaches_is_not_shown_as_completed(scene: Scene, officer: Visitor) -> None:
    expel(scene)
    assert "5 ended with breaches" in officer.open("/").text
    for path in ("/contracts", "/members/maple-ridge", "/contracts/2"):
        page = officer.open(path)
        assert "✓ completed" not in page.text
        assert "ended, breaches: 1" in page.text or "0 of 1 duties kept, 1 breached" in page.text


def test_an_expelled_member_is_shown_as_one(scene: Scene, officer: Visitor) -> None:
    expel(scene)
    overview = officer.open("/")
    assert "forced out" in overview.text
    page = officer.open("/members/maple-ridge")
    since = scene.node.application.state.members[("maple-ridge",)].expelled_at
    assert since is not None
    assert f"Forced out since {show_day(format_time(since), 'en')}" in page.text
    returns = show_day(format_time(since + 52 * WEEK_US), "en")
    assert f"It may ask to return from {returns} on" in page.text
    assert "Largest contract today" not in page.text


def bring_back(scene: Scene) -> None:
    """Let Maple Ridge ask to return once it may."""
    pass_a_year(scene)
    scene.act("maple-ridge", Readmit("silver-plain"))


def pass_a_year(scene: Scene) -> None:
    """Let a year pass in which Silver Plain earns the grade of a guarantor."""
    for days in (13 * 7, 13 * 7, 13 * 7, 13 * 7 - 21, 28):
        scene.advance(days)
        for creditor in ("azure-bay", "north-terrace"):
            for _ in range(4):
                terms = scene.make_terms(Label("Traffic", "交通"), "silver-plain", creditor, AIR, days=3, size=200)
                scene.keep(scene.agree(terms), 1)
    scene.advance(28)


def test_a_member_that_returned_says_so(scene: Scene, officer: Visitor) -> None:
    expel(scene)
    expelled_at = scene.node.application.state.members[("maple-ridge",)].expelled_at
    bring_back(scene)
    asked = officer.open("/members/maple-ridge")
    assert "It has asked to return: Silver Plain guarantees that or declines." in asked.text
    *_, last = tell_member(scene, "maple-ridge")
    assert last == "Next: silver-plain guarantees its return or declines (membership.sponsor)."
    scene.act("silver-plain", Sponsor("maple-ridge", verdict=True))
    row = scene.node.application.state.members[("maple-ridge",)]
    assert expelled_at is not None
    assert row.returned_at is not None
    days = [show_day(format_time(time), "en") for time in (row.applied_at, expelled_at, row.returned_at)]
    page = officer.open("/members/maple-ridge")
    assert (
        f"mirror region, founding member since {days[0]}, forced out on {days[1]}, returned on {days[2]} under the "
        "guarantee of Silver Plain, in good standing"
    ) in page.text
    until = show_day(format_time(row.returned_at + 26 * WEEK_US), "en")
    limit = (
        f"After its return it may sign contracts of up to 10% of the full size, until {until} and until 3 obligations "
        "have been kept; kept since: 0."
    )
    assert limit in page.text
    assert "Newcomer" not in page.text
    lines = tell_member(scene, "maple-ridge")
    assert limit in lines
    assert any(f"forced out on {days[1]}; returned on {days[2]}" in line for line in lines)
    assert "强制退出，" in officer.open("/members/maple-ridge?lang=zh").text


def test_who_may_sign_nothing_is_not_told_how_much(scene: Scene) -> None:
    expel(scene)
    since = scene.node.application.state.members[("maple-ridge",)].expelled_at
    assert since is not None
    lines = tell_member(scene, "maple-ridge")
    assert not any("up to" in line for line in lines)
    assert any("it may sign no contract today" in line for line in lines)
    returns = show_time(format_time(since + 52 * WEEK_US), "en")
    assert lines[-1] == f"Next: from {returns} on it may ask to return, with a guarantor (membership.readmit)."


def tell_member(scene: Scene, member: str) -> list[str]:
    found = get_member(scene.node, member)
    return list(describe_member(found, get_credit(scene.node, member, "en"), "en"))


def test_names_that_read_alike_are_told_apart_where_somebody_decides(scene: Scene, officer: Visitor) -> None:
    name = Label("Маple Ridge", "")
    scene.act(
        "amber-coast",
        Apply("amber-coast", name, "region", "USCC", "919", bytes(32), "azure-bay", None, None, bytes(32)),
    )
    assert f"Stand for {name.en} (amber-coast), or decline" in officer.open("/").text
    page = officer.open("/members/amber-coast")
    assert "reads like the name of another: Maple Ridge (maple-ridge)" in page.text
    signing = officer.send(page.form(action="sponsor", verdict="yes"))
    assert "reads like the name of another: Maple Ridge (maple-ridge)" in signing.text
    assert f"stands for {name.en} (amber-coast)." in signing.text


def test_a_party_reads_what_it_owes_whatever_its_standing(scene: Scene) -> None:
    left = expel(scene)
    other = scene.propose(scene.make_terms(Label("Levels", "水位"), "azure-bay", "cloud-ford", AIR, days=9))
    with Visitor(scene.node) as visitor:
        home = visitor.come_in(get_key("maple-ridge"))
        assert "Your member was forced out" in home.text
        assert "Your application" not in home.text
        assert f"Deliver for obligation 1 of C-{left:04d}" in home.text
        for path, status in {
            f"/contracts/{left}": 200,
            f"/ledger?contract={left}": 200,
            "/contracts?member=maple-ridge": 200,
            f"/v1/contracts/{left}/text": 200,
            f"/v1/contracts/{left}/proof": 200,
            f"/contracts/{other}": 403,
            f"/ledger?contract={other}": 403,
            f"/ledger?member=maple-ridge&contract={other}": 403,
            "/contracts": 403,
            "/contracts?member=azure-bay": 403,
            "/members": 403,
        }.items():
            visitor.open(path)
            assert visitor.status == status, path
            if status == 403:
                problem = visitor.client.get(path if path.startswith("/v1") else f"/v1{path}").json()
                assert problem["code"] == "auth.forced_out", path
                assert "opens with its return" in problem["next_step"]
        entries = visitor.open(f"/ledger?contract={left}").links()
        for path in [link for link in entries if link.startswith("/ledger/")]:
            visitor.open(path)
            assert visitor.status == 200, path
        assert any(form.fields.get("action") == "end" for form in visitor.open(f"/contracts/{left}").forms)
        assert f"/contracts/{left}" in home.links()


def test_a_spent_link_is_a_page_with_a_way_onward(scene: Scene) -> None:
    with Visitor(scene.node) as visitor:
        page = visitor.open("/v1/sessions/links/spent")
        assert visitor.status == 404
        assert "This sign-in link has been used or is too old." in page.text
        assert "/login" in page.links()


def test_a_record_bears_the_time_of_its_entry(told: Scene, visitor: Visitor) -> None:
    for member in ("maple-ridge", "azure-bay"):
        reasons = get_credit(told.node, member, "en")["reasons"]
        assert reasons
        for reason in reasons:
            entry = get_entry(told.node, reason["position"], "en")
            assert (entry["height"], entry["index"]) == (reason["record"]["height"], reason["record"]["index"])
            assert reason["time"] == entry["happened_at"]
    breach = next(one for one in get_credit(told.node, "maple-ridge", "en")["reasons"] if one["severity"])
    assert f"{show_day(breach['time'], 'en')}, general breach" in visitor.open("/members/maple-ridge").text
