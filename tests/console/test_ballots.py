"""Ballots on pages: opened, voted and read in the browser of an officer."""

from __future__ import annotations

from concordat.client.keys import make_key
from concordat.console.pages import LIST_PAGE
from concordat.contracts.text import show_day
from concordat.primitives.ledger_time import DAY_US, format_time
from concordat.protocol.families.ballots import Open, Vote
from concordat.protocol.families.membership import compute_recovery_message
from concordat.protocol.records import ChangeRulebook

from .scene import PASSWORD, Scene, get_key
from .visitor import Document, Visitor


def sign_here(visitor: Visitor, page: Document) -> Document:
    done = visitor.send(page.form_to(visitor.path), password=PASSWORD)
    assert "Signed and recorded" in done.text, done.text
    return done


def open_ballot(scene: Scene, officer: Visitor) -> None:
    ends = format_time(scene.now + 10 * DAY_US)[:10]
    form = officer.open("/ballots").form(action="open_ballot", motion="appoint")
    page = officer.send(form, member="silver-plain", role="verifier", closes_at=ends, reason="Two verify too slowly.")
    assert "/ballots" in sign_here(officer, page).links()


def test_an_officer_opens_a_ballot_and_votes_once(scene: Scene, officer: Visitor) -> None:
    assert "Nothing has been put to the vote yet." in officer.open("/ballots").text
    open_ballot(scene, officer)
    assert "/ballots/1" in officer.open("/ballots").links()
    page = officer.open("/ballots/1")
    assert "Two verify too slowly." in page.text
    assert show_day(format_time(scene.now + 10 * DAY_US), "en") in page.text
    assert "/ballots/1" in sign_here(officer, officer.send(page.form(action="vote", choice="yes"))).links()
    after = officer.open("/ballots/1")
    assert "Your member has voted “yes”." in after.text
    assert not [form for form in after.forms if form.fields.get("action") == "vote"]
    scene.act("north-terrace", Vote(1, "abstain"))
    assert "2 of 4" in officer.open("/ballots").text
    assert "投票不可更改" in officer.open("/ballots/1?lang=zh").text


def test_the_votes_of_many_stand_on_pages_and_the_readers_own_on_each(scene: Scene, officer: Visitor) -> None:
    open_ballot(scene, officer)
    sign_here(officer, officer.send(officer.open("/ballots/1").form(action="vote", choice="no")))
    votes = scene.node.application.state.votes
    ((own, row),) = votes.group(1)
    for voter in range(LIST_PAGE):
        votes.set_raw((1, f"voter-{voter:02}"), row)
    first = officer.open("/ballots/1")
    (more,) = [link for link in first.links() if link.startswith("/ballots/1?after=")]
    second = officer.open(more)
    found = [link for page in (first, second) for link in page.links() if link.startswith("/members/")]
    voters = [link.removeprefix("/members/") for link in found if "voter-" in link or link.endswith(str(own[1]))]
    assert sorted(set(voters)) == sorted({str(own[1]), *(f"voter-{voter:02}" for voter in range(LIST_PAGE))})
    for page in (first, second):
        assert "Your member has voted “no”." in page.text
    assert not [link for link in second.links() if "?after=" in link and "&" not in link]


def test_a_ballot_without_votes_is_taken_back_by_its_opener_alone(scene: Scene, officer: Visitor) -> None:
    open_ballot(scene, officer)
    with Visitor(scene.node) as other:
        other.come_in(get_key("north-terrace"))
        assert not [form for form in other.open("/ballots/1").forms if form.fields.get("action") == "withdraw_ballot"]
    sign_here(officer, officer.send(officer.open("/ballots/1").form(action="withdraw_ballot")))
    assert "withdrawn" in officer.open("/ballots").text


def test_a_parameter_is_put_to_the_vote(scene: Scene, officer: Visitor) -> None:
    form = officer.open("/ballots").form(action="open_ballot", motion="parameter")
    ends = format_time(scene.now + 10 * DAY_US)[:10]
    values = {"name": "ballot_days_min", "value": "8", "from_height": "5000", "closes_at": ends, "reason": "Time."}
    sign_here(officer, officer.send(form, **values))
    assert "ballot_days_min" in officer.open("/ballots/1").text


def test_rules_that_the_release_lacks_are_told_and_called_off(scene: Scene, officer: Visitor) -> None:
    ends = scene.now + 10 * DAY_US
    scene.act("north-terrace", Open(ChangeRulebook(bytes(32), 5000), "", scene.now, ends))
    for member in ("north-terrace", "silver-plain", "cloud-ford"):
        scene.act(member, Vote(1, "yes"))
    scene.advance(10)
    assert "ballot 1 decided on rulebook 0000" in officer.open("/network").text
    form = officer.open("/ballots/1").form(action="open_ballot", motion="call_off", ballot="1")
    day = format_time(ends + 10 * DAY_US)[:10]
    assert "/ballots" in sign_here(officer, officer.send(form, closes_at=day, reason="Nobody has it.")).links()
    assert "What ballot 1 decided is not to be done." in officer.open("/ballots/2").text


def test_a_ballot_that_is_none_is_told_as_such(officer: Visitor) -> None:
    assert "There is no ballot 7." in officer.open("/ballots/7").text
    assert officer.status == 404


def test_a_ballot_tells_what_follows_where_each_vote_stands_and_how_it_is_proved(
    scene: Scene, officer: Visitor
) -> None:
    open_ballot(scene, officer)
    assert "/ballots/1" in officer.open("/").links()
    scene.act("north-terrace", Vote(1, "no"))
    page = officer.open("/ballots/1")
    assert "Carried, it takes effect at the close; otherwise everything stays as it is." in page.text
    assert "/v1/ballots/1/proof" in page.links()
    (entry,) = [link for link in page.links() if link == f"/ledger/{scene.node.application.history.size - 1}"]
    assert "voted" in officer.open(entry).text
    with Visitor(scene.node) as other:
        other.come_in(get_key("silver-plain"))
        assert "/ballots/1" not in other.open("/").links()
        assert not [form for form in other.open("/ballots/1").forms if form.fields.get("action") == "vote"]


def test_a_recovery_is_put_to_the_vote(scene: Scene, officer: Visitor) -> None:
    key = make_key()
    possession = key.sign(compute_recovery_message(scene.node.chain.id, "silver-plain")).hex()
    form = officer.open("/ballots").form(action="open_ballot", motion="recover")
    ends = format_time(scene.now + 10 * DAY_US)[:10]
    values = {"member": "silver-plain", "public_key": key.public_key.hex().upper(), "card": "11" * 32}
    page = officer.send(form, possession=possession, closes_at=ends, reason="The laptop is gone.", **values)
    sign_here(officer, page)
    assert "lost its keys" in officer.open("/ballots/1").text
