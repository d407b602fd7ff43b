"""How an officer wants to be told, from the command line, against a node of its own process."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from concordat.cli.main import run
from concordat.client.clock import fetch_now_us
from concordat.node.founding import found_chain

from .test_ballots import call_with
from .test_node import serve
from .world import Call


def test_notices_are_set_shown_and_stopped(call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "node"
    found_chain(folder, None, "scenario", fetch_now_us())
    with serve(folder, tmp_path / "ready.json") as url:
        ask = partial(call_with, call, url, folder, "notice")
        nothing = {"schema_version": 1, "settings": None, "refusal": None, "sends": False}
        assert ask("notice", "show").document == nothing
        settings = {"address": "lin@office.example", "language": "zh", "actions": None, "when": "at_once"}
        done = ask("notice", "set", "lin@office.example", "--language", "zh")
        assert (done.status, done.document["settings"]) == (0, settings)
        chosen = ask("notice", "set", "lin@office.example", "--when", "daily", "--of", "sign,vote")
        other = {"actions": ["sign", "vote"], "when": "daily", "language": "en"}
        assert chosen.document["settings"] == settings | other
        for words, code in (
            (("lin",), "input.not_an_address"),
            (("lin@office.example", "--of", "sign,sleep"), "input.does_not_fit"),
        ):
            refused = ask("notice", "set", *words)
            assert (refused.status, refused.document["code"]) == (2, code)
        where = ("--node", url, "--key", str(folder / "keys" / "founder.key"))
        for language, sentence in (
            ("en", "Mail to lin@office.example, once a day: contracts to sign, ballots."),
            ("zh", "每日一次发送至 lin@office.example：待签合同、表决。"),
        ):
            assert run(["notice", "show", *where, "--lang", language]) == 0
            said = capsys.readouterr().out.splitlines()
            assert said[0] == sentence
            assert len(said) == 2, "that the node sends no mail yet"
        assert ask("notice", "stop").document == nothing
