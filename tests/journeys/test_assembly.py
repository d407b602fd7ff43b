"""Journeys A and B: an assembly decides over HTTP, one votes late, one twice; who lost a laptop recovers by ballot."""

from __future__ import annotations

from pathlib import Path

from .stranger import Json, ask, call
from .town import Town, open_town

CLOSES = ("2031-03-11T00:00:00Z", "2031-03-20T00:00:00Z")

HALL = {
    "linden-hall": ["operator", "seed", "verifier"],
    "harbor-hall": ["seed", "verifier"],
    "mill-hall": [],
    "orchard-hall": [],
}


def test_the_assembly_decides_and_a_member_recovers_its_voice(tmp_path: Path) -> None:
    with open_town(tmp_path, HALL, ()) as town:
        change_and_appoint(town)
        lose_a_laptop(town)


def open_ballot(town: Town, member: str, motion: Json, closes: str) -> int:
    """Voting begins now, since what is asked for has passed."""
    now = "2020-01-01T00:00:00Z"
    operation = {"type": "ballots.open", "motion": motion, "reason": "", "opens_at": now, "closes_at": closes}
    (event,) = town.act(member, operation)["events"]
    return int(event["ballot"])


def vote(number: int, choice: str) -> Json:
    return {"type": "ballots.vote", "ballot": number, "choice": choice}


def change_and_appoint(town: Town) -> None:
    """A parameter changes at its height and a verifier is appointed; one abstains, one is late, one tries twice."""
    parameter = {"type": "parameter", "name": "hearing_days", "value": 21, "from_height": 9}
    number = open_ballot(town, "linden-hall", parameter, CLOSES[0])
    appointment = {"type": "appoint", "member": "mill-hall", "role": "verifier"}
    other = open_ballot(town, "mill-hall", appointment, CLOSES[0])
    assert len(town.ask("orchard-hall", "inbox")["items"]) == 2
    town.act("linden-hall", vote(number, "yes"), vote(other, "yes"))
    town.act("harbor-hall", vote(number, "yes"), vote(other, "yes"))
    town.ask("mill-hall", "ballot", "vote", str(number), "abstain", "--trust", "genesis.json")
    assert town.refuse("harbor-hall", vote(number, "no"))["code"] == "ballots.already_voted"
    assert town.refuse("mill-hall", vote(other, "yes"))["code"] == "ballots.not_eligible"
    town.advance(CLOSES[0])
    assert town.refuse("orchard-hall", vote(number, "no"))["code"] == "ballots.ended"
    assert "verifier" in town.ask("mill-hall", "member", "show", "mill-hall")["member"]["roles"]
    shown = town.ask("orchard-hall", "ballot", "show", str(number))
    assert (shown["status"], shown["cast"]) == ("applied", 3)
    assert [row["id"] for row in town.ask("orchard-hall", "ballot", "list", "--which", "closed")["ballots"]] == [2, 1]
    assert town.ask("mill-hall", "inbox")["items"] == []


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
