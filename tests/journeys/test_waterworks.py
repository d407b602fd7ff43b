"""A waterworks tells what it does as it does it; a clerk has the duty for a time, and stands in for the chief."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from .stranger import Done, Json, ask, call
from .town import Town, draw_up, make_draft, open_town, write_table

FOUNDERS = {"lindmoor": ["operator", "seed", "verifier"], "skerrybank": ["seed", "verifier"]}
DAY_1 = "2031-03-03T00:00:00Z"
DAY_11 = "2031-03-13T00:00:00Z"
DAY_20 = "2031-03-22T00:00:00Z"


def test_what_is_done_is_recorded_by_who_has_the_duty_and_one_reading_is_proved_alone(tmp_path: Path) -> None:
    with open_town(tmp_path, FOUNDERS, ()) as town:
        clerk = add_clerk(town)
        grant_until(town, clerk, DAY_11)
        record(town)
        anchor_and_prove(town)
        read_inboxes(town)
        outlive_the_duty(town, clerk)
        stand_in(town, clerk)


def call_clerk(town: Town, *words: str | Path, given: Json = None) -> Done:
    where = ("--node", town.url, "--key", "clerk.key", "--trust", "genesis.json", "--json")
    return call(*words, *where, folder=town.folder / "skerrybank", given=given)


def ask_clerk(town: Town, *words: str | Path, given: Json = None) -> Json:
    done = call_clerk(town, *words, given=given)
    assert done.status == 0, done.out
    return done.document


def add_clerk(town: Town) -> str:
    """A second officer, who reads and signs nothing."""
    folder = town.folder / "skerrybank"
    public_key = str(ask("key", "new", "clerk.key", folder=folder)["public_key"])
    proved = ask("key", "prove", "clerk.key", "--member", "skerrybank", "--trust", "genesis.json", folder=folder)
    officer = {"public_key": public_key, "roles": ["auditor"], "card": "33" * 32, "possession": proved["possession"]}
    town.act("skerrybank", {"type": "membership.add_officer", **officer})
    assert ask_clerk(town, "inbox")["roles"] == [{"role": "auditor", "until": None, "in_place_of": None}]
    return public_key


def grant_until(town: Town, clerk: str, until: str) -> None:
    """The chief gives the clerk the data for a time, under a confidentiality that the clerk agreed to."""
    term = sha256(b"a salt, and what the clerk signed on paper").hexdigest()
    granted = {"type": "membership.grant", "public_key": clerk, "role": "data", "valid_until": until, "term": term}
    town.act("skerrybank", granted)
    assert {"role": "data", "until": until, "in_place_of": None} in ask_clerk(town, "inbox")["roles"]


def make_record(occurred_at: str, member: str = "skerrybank") -> Json:
    return {
        "type": "behaviors.record",
        "kind": "water.released",
        "subject": {"type": "member", "member": member},
        "occurred_at": occurred_at,
        "evidence": "ab" * 32,
        "sentence": {"en": "Gate 3 opened for two hours", "zh": "三号闸开启两小时"},
    }


def record(town: Town) -> None:
    receipt = ask_clerk(town, "tx", "operations", "-", given=[make_record("2031-03-02T23:59:00Z")])
    assert "recorded “Gate 3 opened for two hours” (water.released)" in receipt["sentence"]
    for broken, code in (
        (make_record(DAY_11), "behaviors.from_the_future"),
        (make_record("2031-01-03T00:00:00Z"), "behaviors.too_old"),
        (make_record(DAY_1, "lindmoor"), "behaviors.not_your_subject"),
    ):
        refused = call_clerk(town, "tx", "operations", "-", given=[broken])
        assert (refused.status, refused.document["code"]) == (4, code)
    ask_clerk(town, "tx", "operations", "-", given=[make_record(DAY_1)])
    listed = town.ask("lindmoor", "behavior", "list", "skerrybank")
    assert listed["lag"] == {"count": 2, "p50_ms": 0, "p95_ms": 60_000}
    assert [one["lag_ms"] for one in listed["behaviors"]] == [0, 60_000]
    assert listed["kinds"] == [{"kind": "water.released", "count": 2}]
    chinese = town.ask("lindmoor", "behavior", "list", "skerrybank", "--lang", "zh")
    assert "三号闸开启两小时" in chinese["behaviors"][0]["sentence"]


def anchor_and_prove(town: Town) -> None:
    """Readings of a sensor go under one root; who gets one of them checks it without network, and learns no other."""
    folder = town.folder / "skerrybank"
    times = [f"2031-03-02T23:59:{second:02}Z" for second in range(60)]
    lines = ["time,level_mm", *(f"{time},{1000 + place}" for place, time in enumerate(times))]
    (folder / "levels.csv").write_text("\n".join(lines) + "\n")
    words = ("behavior", "anchor", "levels.csv", "--series", "gate-levels")
    receipt = ask_clerk(town, *words)
    assert receipt["code"] == "ok"
    again = ask_clerk(town, *words)
    assert again["transaction"] == receipt["transaction"]
    (folder / "levels.csv.batch").rename(folder / "kept.batch")
    (folder / "levels.csv.batch.proof").rename(folder / "kept.batch.proof")
    overlapping = call_clerk(town, *words)
    assert (overlapping.status, overlapping.document["code"]) == (4, "behaviors.batch_overlaps")

    ask("behavior", "prove", "kept.batch", "7", "--out", "seventh.item", folder=folder)
    data = (folder / "seventh.item").read_bytes()
    assert b"1006" in data
    assert b"1005" not in data
    other = town.folder / "lindmoor"
    (other / "seventh.item").write_bytes(data)
    verdict = ask("behavior", "verify", "seventh.item", "--trust", "genesis.json", folder=other)
    assert verdict["item"] == {
        "member": "skerrybank",
        "series": "gate-levels",
        "batch": 1,
        "index": 7,
        "count": 60,
        "at": "2031-03-02T23:59:06Z",
        "fields": [["level_mm", "1006"]],
    }
    (other / "forged.item").write_bytes(data.replace(b"1006", b"1007"))
    forged = call("behavior", "verify", "forged.item", "--trust", "genesis.json", "--json", folder=other)
    assert (forged.status, forged.document["code"], forged.document["item"]) == (5, "item.not_in_batch", None)
    listed = town.ask("lindmoor", "behavior", "list", "skerrybank")
    assert listed["series"] == [
        {"series": "gate-levels", "batches": 1, "items": 60, "last_at": "2031-03-02T23:59:59Z"}
    ]
    assert (listed["behaviors"][0]["what"], listed["behaviors"][0]["lag_ms"]) == ("anchored", 60_000)


def read_inboxes(town: Town) -> None:
    """Of one contract the chief is asked to sign; the clerk, once it is in force, to deliver."""
    described = write_table(town, "skerrybank", "readings.csv", 5)
    evidence = {"type": "matching_table", "schema": described["schema"], "rows_min": 5}
    number = draw_up(town, "skerrybank", ["lindmoor"], evidence, "readings", "2031-03-25T00:00:00Z")
    (item,) = town.ask("skerrybank", "inbox")["items"]
    assert (item["action"], item["contract"], item["role"]) == ("sign", number, "contracts")
    assert item["sentence"] == f"Sign or decline C-{number:04d}"
    assert item["consequence"] == "The offer is void."
    assert item["by"] == "2031-03-06T00:00:00Z"
    assert ask_clerk(town, "inbox")["items"] == []
    document = town.show("lindmoor", number)["document"]
    for party in ("lindmoor", "skerrybank"):
        town.act(party, {"type": "contracts.sign", "contract": number, "document": document})
    (item,) = ask_clerk(town, "inbox", "--lang", "zh")["items"]
    assert (item["action"], item["by"], item["until"]) == ("deliver", "2031-03-25T00:00:00Z", DAY_11)
    assert item["sentence"] == f"交付 C-{number:04d} 第 1 项义务"


def outlive_the_duty(town: Town, clerk: str) -> None:
    town.advance(DAY_11)
    assert ask_clerk(town, "inbox")["items"] == []
    refused = call_clerk(town, "tx", "operations", "-", given=[make_record(DAY_11)])
    assert (refused.status, refused.document["code"]) == (4, "ledger.role_expired")
    assert refused.document["reason"].startswith("This key had the role “data” until")
    grant_until(town, clerk, DAY_20)
    ask_clerk(town, "tx", "operations", "-", given=[make_record(DAY_11)])


def stand_in(town: Town, clerk: str) -> None:
    """The chief is away: the clerk signs in the chief's place, and the entry shows both keys."""
    chief = str(ask("key", "show", "officer.key", folder=town.folder / "skerrybank")["public_key"])
    period = {"valid_from": DAY_11, "valid_until": DAY_20}
    town.act("skerrybank", {"type": "membership.delegate", "public_key": clerk, "roles": ["contracts"], **period})
    assert {"role": "contracts", "until": DAY_20, "in_place_of": chief} in ask_clerk(town, "inbox")["roles"]
    evidence = {"type": "exact_file", "digest": "cd" * 32}
    draft = make_draft("lindmoor", ["skerrybank"], evidence, "levels", "2031-04-25T00:00:00Z")
    draft["sign_by"] = "2031-03-30T00:00:00Z"
    drafted = ask_clerk(town, "contract", "draft", "-", given=draft)
    offer = {"type": "contracts.propose", "terms": drafted["terms"]}
    offered = ask_clerk(town, "tx", "operations", "-", given=[offer])
    (acted,) = (event for event in offered["events"] if event["type"] == "membership.acted_for")
    assert (acted["public_key"], acted["delegator"], acted["role"]) == (clerk, chief, "contracts")
    assert f"in the place of {chief[:8]}…" in offered["sentence"]
    town.advance(DAY_20)
    refused = call_clerk(town, "tx", "operations", "-", given=[offer])
    assert (refused.status, refused.document["code"]) == (4, "ledger.role_expired")
