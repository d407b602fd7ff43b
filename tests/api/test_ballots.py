"""Ballots over the interface: lists that go on, one with its rules and votes, the proof, and the inbox."""

from __future__ import annotations

from concordat.crypto.proof import Trust, read_proof
from concordat.node.proofs import VOTES_IN_PROOF_MAX
from concordat.primitives.ledger_time import DAY_US
from concordat.primitives.plain import Json
from concordat.protocol.families.ballots import Open, Vote
from concordat.protocol.records import Appoint, ChangeParameter, Choice, Motion
from concordat.verifier.verdict import compute_verdict

from .world import World

PARAMETER = ChangeParameter("hearing_days", 21, 900)
APPOINTMENT = Appoint("cedar-ford", "verifier")


def open_ballot(world: World, label: str, motion: Motion, later_days: int = 0) -> int:
    now = world.node.engine.fetch_time()
    opens_at = now + later_days * DAY_US
    (event,) = world.act(label, Open(motion, "In the open.", opens_at, opens_at + 10 * DAY_US))["events"]
    return int(event["ballot"])


def cast(world: World, number: int, **choices: Choice) -> None:
    for label, choice in choices.items():
        world.act(label.replace("_", "-"), Vote(number, choice))


def read(world: World, target: str, label: str = "azure-bay") -> Json:
    answer = world.get(target, label)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_ballot_has_its_motion_rules_votes_and_what_follows(world: World) -> None:
    number = open_ballot(world, "azure-bay", PARAMETER)
    cast(world, number, birch_vale="yes", azure_bay="abstain")
    found = read(world, f"/v1/ballots/{number}")
    assert found["sentence"] == "The parameter hearing_days is to be 21 from height 900 on."
    assert found["motion"] == {"type": "parameter", "name": "hearing_days", "value": 21, "from_height": 900}
    assert (found["status"], found["electorate"]) == ("open", 3)
    assert (found["threshold_milli"], found["quorum_milli"]) == (749, 500)
    assert (found["yes"], found["no"], found["abstain"]) == (1, 0, 1)
    assert "more than 74.9% of yes and no" in found["rules"]
    assert "height 900" in found["next"]
    assert [(vote["member"], vote["choice"]) for vote in found["votes"]] == [
        ("azure-bay", "abstain"),
        ("birch-vale", "yes"),
    ]
    opened = read(world, f"/v1/ledger/{found['position']}")
    assert "hearing_days" in opened["sentence"]
    for vote in found["votes"]:
        assert f"ballot {number}" in read(world, f"/v1/ledger/{vote['position']}")["sentence"]
    answer = world.get(f"/v1/ballots/{number}", "azure-bay", **{"Accept-Language": "zh"})
    assert answer.json()["sentence"] == "自高度 900 起将参数 hearing_days 设为 21。"


def test_ballots_are_walked_newest_first_and_narrowed_to_open_or_closed(world: World) -> None:
    first = open_ballot(world, "azure-bay", PARAMETER)
    second = open_ballot(world, "azure-bay", APPOINTMENT)
    whole = read(world, "/v1/ballots")
    assert [row["id"] for row in whole] == [second, first]
    page = world.get("/v1/ballots?limit=1&which=open", "azure-bay")
    assert [row["id"] for row in page.json()] == [second]
    rest = world.get(page.links["next"]["url"], "azure-bay")
    assert [row["id"] for row in rest.json()] == [first]
    assert "next" not in rest.links
    assert read(world, "/v1/ballots?which=closed") == []
    assert read(world, f"/v1/ballots?after={second}") == whole[1:]
    assert world.get("/v1/ballots?which=lost", "azure-bay").status_code == 400


def test_votes_are_walked_by_member(world: World) -> None:
    number = open_ballot(world, "azure-bay", PARAMETER)
    cast(world, number, azure_bay="yes", birch_vale="no", cedar_ford="yes")
    pages = world.pages(f"/v1/ballots/{number}?limit=1")
    assert [vote["member"] for page in pages for vote in page["votes"]] == ["azure-bay", "birch-vale", "cedar-ford"]


def test_an_unknown_ballot_has_its_own_code(world: World) -> None:
    for target in ("/v1/ballots/1", "/v1/ballots/1/proof", f"/v1/ballots/{2**70}"):
        answer = world.get(target, "azure-bay")
        assert (answer.status_code, answer.json()["code"]) == (404, "read.no_such_ballot")


def test_the_proof_of_a_ballot_shows_its_row_and_every_vote(world: World) -> None:
    number = open_ballot(world, "azure-bay", PARAMETER)
    cast(world, number, azure_bay="yes", birch_vale="no")
    data = world.get(f"/v1/ballots/{number}/proof", "azure-bay").content
    verdict = compute_verdict(data, Trust(genesis=world.get("/v1/genesis").content), "en")
    assert verdict["valid"]
    said = "Ballot 1, open: The parameter hearing_days is to be 21 from height 900 on. Yes 1, no 1, abstain 0."
    assert said in verdict["statement"]
    assert "azure-bay voted “yes” in ballot 1" in verdict["statement"]
    shown = {(state["table"], *state["key"]): state["value"] for state in verdict["states"]}
    assert shown[("ballots", number)]["status"] == "open"
    assert shown[("votes", number, "azure-bay")]["choice"] == "yes"
    assert shown[("votes", number, "birch-vale")]["choice"] == "no"


def test_the_proof_of_a_ballot_with_many_votes_shows_its_row_alone(world: World) -> None:
    number = open_ballot(world, "azure-bay", PARAMETER)
    cast(world, number, azure_bay="yes")
    votes = world.node.application.state.votes
    for count, shown in ((VOTES_IN_PROOF_MAX, VOTES_IN_PROOF_MAX), (VOTES_IN_PROOF_MAX + 1, 0)):
        for voter in range(len(votes), count):
            votes.set_raw((number, f"voter-{voter}"), votes[(number, "azure-bay")])
        states = read_proof(world.get(f"/v1/ballots/{number}/proof", "azure-bay").content).states
        assert sum(state.key[0] == votes.number for state in states) == shown
        assert world.node.application.state.ballots.key_bytes((number,)) in {state.key for state in states}


def test_a_vote_waits_in_the_inbox_of_an_admin_until_it_is_cast(world: World) -> None:
    number = open_ballot(world, "azure-bay", PARAMETER)
    (item,) = read(world, "/v1/inbox")["items"]
    assert item["sentence"] == "Vote in ballot 1: The parameter hearing_days is to be 21 from height 900 on."
    assert (item["action"], item["role"], item["ballot"]) == ("vote", "admin", number)
    assert item["consequence"] == "The others decide."
    assert item["by"] == read(world, f"/v1/ballots/{number}")["closes_at"]
    assert (item["contract"], item["page"]) == (0, f"/ballots/{number}")
    cast(world, number, azure_bay="yes")
    assert read(world, "/v1/inbox")["items"] == []
    assert len(read(world, "/v1/inbox", "birch-vale")["items"]) == 1


def test_a_ballot_that_has_not_begun_says_from_when_it_takes_votes(world: World) -> None:
    open_ballot(world, "azure-bay", APPOINTMENT, later_days=2)
    (item,) = read(world, "/v1/inbox")["items"]
    assert item["sentence"].startswith("Vote in ballot 1, from 6 Jan 2027, 00:00 UTC on: ")
    assert read(world, "/v1/inbox", "cedar-ford")["items"] == []
