"""Ballots from the command line, against a node of its own process."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from concordat.cli.main import run
from concordat.client.clock import fetch_now_us
from concordat.node.founding import found_chain
from concordat.primitives.ledger_time import DAY_US, format_time, parse_time

from .test_node import serve
from .world import Answer, Call


def test_a_ballot_is_opened_voted_in_shown_and_withdrawn(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "node"
    found_chain(folder, None, "scenario", fetch_now_us())
    with serve(folder, tmp_path / "ready.json") as url:
        decide(partial(call_with, call, url, folder), tmp_path, capsys, url, folder)


def call_with(call: Call, url: str, folder: Path, schema: str, *words: str | Path) -> Answer:
    """Run a command against the node, as its founder, with genesis pinned."""
    key = folder / "keys" / "founder.key"
    return call(schema, *words, "--node", url, "--key", key, "--trust", folder / "genesis.json")


def decide(
    ask: Callable[..., Answer], tmp_path: Path, capsys: pytest.CaptureFixture[str], url: str, folder: Path
) -> None:
    motion = {"type": "parameter", "name": "hearing_days", "value": 21, "from_height": 9000}
    (tmp_path / "motion.json").write_text(json.dumps(motion))
    words = ("ballot", "open", tmp_path / "motion.json", "--reason", "More time.", "--closes")
    closes = show_later(ask("status", "status").document["time"], 20)
    (opened,) = ask("receipt", *words, closes).document["events"]
    number = opened["ballot"]
    assert opened["motion"] == motion
    again = ask("receipt", *words, closes)
    assert (again.status, again.document["code"]) == (4, "ballots.already_open")
    assert ask("receipt", "ballot", "withdraw", str(number)).status == 0
    (opened,) = ask("receipt", *words, closes).document["events"]
    number = str(opened["ballot"])
    assert ask("receipt", "ballot", "vote", number, "yes").status == 0
    shown = ask("ballot-show", "ballot", "show", number).document
    assert (shown["status"], shown["reason"], shown["closes_at"]) == ("open", "More time.", closes)
    assert [(vote["member"], vote["choice"]) for vote in shown["votes"]] == [("founder", "yes")]
    listed = ask("ballot-list", "ballot", "list").document["ballots"]
    assert [row["status"] for row in listed] == ["open", "withdrawn"]
    assert ask("ballot-list", "ballot", "list", "--which", "closed").document["ballots"] == listed[1:]
    assert ask("ballot-show", "ballot", "show", "99").document["code"] == "read.no_such_ballot"
    capsys.readouterr()
    who = ("--node", url, "--key", str(folder / "keys" / "founder.key"))
    assert run(["ballot", "show", number, "--lang", "en", *who]) == 0
    text = capsys.readouterr().out
    assert "The parameter hearing_days is to be 21 from height 9,000 on." in text
    assert "Yes 1, no 0, abstain 0, of 1 member with a vote." in text
    assert "founder voted “yes”" in text
    assert run(["ballot", "list", "--lang", "zh", *who]) == 0
    assert "已撤回" in capsys.readouterr().out


def show_later(time: str, days: int) -> str:
    return format_time(parse_time(time) + days * DAY_US)
