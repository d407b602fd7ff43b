"""Journeys A and B: an assembly hears comments and decides over HTTP, one votes late, one twice; it stays one expulsion
and confirms another; who lost a laptop recovers by ballot."""

from __future__ import annotations

from pathlib import Path

import httpx2

from .stranger import Json, ask, call
from .town import Town, make_draft, open_town

CLOSES = ("2031-03-15T00:00:00Z", "2031-03-23T00:00:00Z")
SIGN_BY, DUE = "2031-03-24T00:00:00Z", "2031-03-25T00:00:00Z"
BREACHED, HEARD = "2031-04-04T00:00:00Z", "2031-04-26T00:00:00Z"

HALL = {
    "linden-hall": ["operator", "seed", "verifier"],
    "harbor-hall": ["seed", "verifier"],
    "mill-hall": [],
    "orchard-hall": [],
    "willow-hall": [],
}


def test_the_assembly_decides_and_a_member_recovers_its_voice(tmp_path: Path) -> None:
    with open_town(tmp_path, HALL, ()) as town:
        comment_first(town)
        number, height = change_and_appoint(town)
        lose_a_laptop(town)
        see_the_change(town, number, height)
        stay_one_and_confirm_another(town)


def open_ballot(town: Town, member: str, motion: Json, closes: str) -> int:
    """Voting begins now, since what is asked for has passed."""
    now = "2020-01-01T00:00:00Z"
    operation = {"type": "ballots.open", "motion": motion, "reason": "", "opens_at": now, "closes_at": closes}
    (event,) = town.act(member, operation)["events"]
    return int(event["ballot"])


def vote(number: int, choice: str) -> Json:
    return {"type": "ballots.vote", "ballot": number, "choice": choice}


def comment_first(town: Town) -> None:
    """A member and a citizen comment before the vote; one is answered, the other's clock runs out; the vote goes on."""
    motion = {"type": "parameter", "name": "application_days", "value": 60, "from_height": 5000}
    days = ("--opens", "2031-03-07T00:00:00Z", "--closes", "2031-03-15T00:00:00Z")
    (event,) = town.ask("linden-hall", "ballot", "open", "-", *days, "--reason", "Sooner.", given=motion)["events"]
    number = str(event["ballot"])
    (town.folder / "willow-hall" / "comment.txt").write_text("Sixty days are too short for villages.\n")
    town.ask("willow-hall", "ballot", "comment", number, "comment.txt", "--trust", "genesis.json")
    address = f"{town.url}/v1/public/ballots/{number}/comments"
    filed = httpx2.post(address, json={"text": "Who asked for that?"}).json()
    assert [item["action"] for item in town.ask("linden-hall", "inbox")["items"]][:2] == ["answer_comment"] * 2
    (town.folder / "linden-hall" / "answer.txt").write_text("Forty were always enough.")
    town.ask("linden-hall", "objection", "answer", "1", "answer.txt")
    assert town.refuse("willow-hall", vote(int(number), "no"))["code"] == "ballots.not_open_yet"
    town.advance("2031-03-07T00:00:00Z")
    late = town.call("mill-hall", "ballot", "comment", number, "-")
    assert late.status == 2  # there are no words
    (town.folder / "mill-hall" / "comment.txt").write_text("I agree.")
    late = town.call("mill-hall", "ballot", "comment", number, "comment.txt")
    assert (late.status, late.document["code"]) == (4, "objections.voting_began")
    shown = town.ask("orchard-hall", "ballot", "show", number)
    told = [(row["objector"], row["status"], row["text"], row["answer"]) for row in shown["comments"]]
    assert told == [
        (None, "unanswered", "Who asked for that?", None),
        ("willow-hall", "answered", "Sixty days are too short for villages.", "Forty were always enough."),
    ]
    opened = httpx2.post(f"{town.url}/v1/public/members/linden-hall/objections/2", json={"code": filed["code"]}).json()
    assert (opened["ballot"], opened["status"]) == (int(number), "unanswered")
    town.act("willow-hall", vote(int(number), "no"))


def change_and_appoint(town: Town) -> tuple[int, int]:
    """A parameter is to change at a height and a verifier is appointed; one abstains, one is late, one tries twice."""
    height = town.ask("linden-hall", "status")["height"] + 14
    parameter = {"type": "parameter", "name": "hearing_days", "value": 21, "from_height": height}
    number = open_ballot(town, "linden-hall", parameter, CLOSES[0])
    appointment = {"type": "appoint", "member": "mill-hall", "role": "verifier"}
    other = open_ballot(town, "mill-hall", appointment, CLOSES[0])
    assert len(town.ask("orchard-hall", "inbox")["items"]) == 3
    town.act("linden-hall", vote(number, "yes"), vote(other, "yes"))
    town.act("harbor-hall", vote(number, "yes"), vote(other, "yes"))
    town.ask("mill-hall", "ballot", "vote", str(number), "abstain", "--trust", "genesis.json")
    assert town.refuse("harbor-hall", vote(number, "no"))["code"] == "ballots.already_voted"
    assert town.refuse("mill-hall", vote(other, "yes"))["code"] == "ballots.not_eligible"
    town.advance(CLOSES[0])
    assert town.refuse("orchard-hall", vote(number, "no"))["code"] == "ballots.ended"
    assert "verifier" in town.ask("mill-hall", "member", "show", "mill-hall")["member"]["roles"]
    shown = town.ask("orchard-hall", "ballot", "show", str(number))
    assert (shown["status"], shown["cast"]) == ("carried", 3)
    closed = town.ask("orchard-hall", "ballot", "list", "--which", "closed")["ballots"]
    assert [row["id"] for row in closed] == [3, 2, 1]
    assert town.ask("mill-hall", "inbox")["items"] == []
    return number, height


def see_the_change(town: Town, number: int, height: int) -> None:
    """The parameter changed at the height that the motion named, and a stranger's verifier tells the ballot."""
    assert town.ask("willow-hall", "ballot", "show", str(number))["status"] == "applied"
    entries = town.ask("willow-hall", "ledger", "--limit", "100")["entries"]
    changed = [row["height"] for row in entries if "ballots.parameter_changed" in row["event_types"]]
    assert changed == [height]
    folder = town.folder / "willow-hall"
    town.ask("willow-hall", "proof", "ballot", str(number), "--out", "ballot.proof", "--trust", "genesis.json")
    proved = ask("verify", "ballot.proof", "--trust", "genesis.json", folder=folder)
    assert proved["valid"]
    assert f"Ballot {number}, carried out" in proved["statement"]


def stay_one_and_confirm_another(town: Town) -> None:
    """Two members break five obligations each; the ledger asks whether to stay their exits, and the others decide."""
    for debtor in ("mill-hall", "orchard-hall"):
        owe(town, debtor)
    town.advance(BREACHED)
    ballots = town.ask("willow-hall", "ballot", "list", "--which", "open")["ballots"]
    asked = {row["motion"]["member"]: row["id"] for row in ballots}
    assert set(asked) == {"mill-hall", "orchard-hall"}
    assert {row["opener"] for row in ballots} == {None}
    assert town.refuse("mill-hall", vote(asked["mill-hall"], "yes"))["code"] == "ballots.not_eligible"
    town.act("linden-hall", vote(asked["mill-hall"], "yes"), vote(asked["orchard-hall"], "no"))
    town.act("harbor-hall", vote(asked["mill-hall"], "yes"), vote(asked["orchard-hall"], "no"))
    town.act("willow-hall", vote(asked["mill-hall"], "abstain"), vote(asked["orchard-hall"], "yes"))
    town.advance(HEARD)
    outcomes = {member: town.ask("willow-hall", "ballot", "show", str(asked[member]))["status"] for member in asked}
    assert outcomes == {"mill-hall": "applied", "orchard-hall": "lost"}
    members = {member: town.ask("willow-hall", "member", "show", member)["member"]["status"] for member in asked}
    assert members == {"mill-hall": "active", "orchard-hall": "expelled"}


def owe(town: Town, debtor: str) -> None:
    """Sign contracts with both seeds in turn, of which no obligation will be kept."""
    offered: dict[int, str] = {}
    for creditor, count in (("linden-hall", 3), ("harbor-hall", 2)):
        evidence = {"type": "exact_file", "digest": "11" * 32}
        draft = make_draft(debtor, [creditor], evidence, f"owed-to-{creditor}", DUE)
        draft |= {"sign_by": SIGN_BY, "grace_days": 1, "cure_days": 2, "objection_days": 1}
        draft["items"][0]["size"] = 10
        drafted = town.ask(creditor, "contract", "draft", "-", given=draft)
        receipt = town.act(creditor, *({"type": "contracts.propose", "terms": drafted["terms"]},) * count)
        proposed = [event for event in receipt["events"] if event["type"] == "contracts.proposed"]
        made = {event["contract"]: drafted["document"] for event in proposed}
        town.act(creditor, *(name_signature(number, made[number]) for number in made))
        offered |= made
    town.act(debtor, *(name_signature(number, offered[number]) for number in offered))


def name_signature(number: int, document: str) -> Json:
    return {"type": "contracts.sign", "contract": number, "document": document}


def lose_a_laptop(town: Town) -> None:
    """The key is ended within a block; the member comes back by ballot; what a thief signs is refused."""
    (town.folder / "orchard-hall" / "old.csv").write_text("station,value\ns1,7\n")
    words = ("dataset", "register", "old.csv", "--name", "old-readings", "--title", "Old readings")
    old = town.ask("orchard-hall", *words)["transaction"]
    town.act("orchard-hall", {"type": "membership.revoke_key"})
    assert town.refuse("orchard-hall", {"type": "membership.revoke_key"})["code"] == "ledger.removed_key"
    folder = town.folder / "orchard-hall"
    ask("key", "new", "second.key", folder=folder)
    asked = ("--member", "orchard-hall", "--trust", "genesis.json", "--recovery")
    proof = ask("key", "prove", "second.key", *asked, folder=folder)
    motion = {"type": "recover", "member": "orchard-hall", "card": "11" * 32}
    motion |= {"public_key": proof["public_key"], "possession": proof["possession"]}
    number = open_ballot(town, "linden-hall", motion, CLOSES[1])
    town.act("linden-hall", vote(number, "yes"))
    town.act("harbor-hall", vote(number, "yes"))
    town.advance(CLOSES[1])
    (folder / "officer.key").rename(folder / "lost.key")
    (folder / "second.key").rename(folder / "officer.key")
    assert town.ask("orchard-hall", "member", "show", "orchard-hall")["member"]["status"] == "active"
    assert town.ask("orchard-hall", *words)["operations"][0]["version"] == 2
    thief = call("ballot", "vote", str(number), "no", "--node", town.url, "--key", "lost.key", "--json", folder=folder)
    assert (thief.status, thief.document["code"]) == (4, "ledger.removed_key")
    town.ask("orchard-hall", "proof", "tx", old, "--out", "old.proof")
    proved = ask("verify", "old.proof", "--trust", "genesis.json", folder=folder)
    assert proved["valid"]
    assert "orchard-hall" in proved["statement"]
