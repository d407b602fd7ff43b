"""Behaviors from the command line: each answer fits the schema of its command."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from concordat.client.clock import fetch_now_us
from concordat.node.founding import found_chain

from .test_ballots import call_with
from .test_node import serve
from .world import Call


def test_each_answer_about_behaviors_fits_its_schema(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "node"
    found_chain(folder, None, "scenario", fetch_now_us())
    levels, item = tmp_path / "levels.csv", tmp_path / "second.item"
    with serve(folder, tmp_path / "ready.json") as url:
        ask = partial(call_with, call, url, folder)
        empty = ask("behavior-list", "behavior", "list", "founder").document
        assert (empty["behaviors"], empty["lag"]) == ([], {"count": 0, "p50_ms": None, "p95_ms": None})
        now = ask("status", "status").document["time"]
        record = {
            "kind": "gate.opened",
            "subject": {"type": "member", "member": "founder"},
            "occurred_at": now,
            "evidence": "ab" * 32,
            "sentence": {"en": "Gate 3 opened", "zh": ""},
        }
        (tmp_path / "record.json").write_text(json.dumps(record))
        assert ask("receipt", "tx", "behaviors.record", tmp_path / "record.json").status == 0
        levels.write_text(f"time,level_mm\n{now},7\n{now},8\n")
        anchored = ask("behavior-anchor", "behavior", "anchor", levels, "--series", "levels").document
        assert Path(anchored["batch_file"]).exists()
        refused = ask("behavior-anchor", "behavior", "anchor", levels, "--series", "Not A Name")
        assert (refused.status, refused.document["code"]) == (2, "input.not_a_name")
        listed = ask("behavior-list", "behavior", "list", "founder").document
        assert [one["what"] for one in listed["behaviors"]] == ["anchored", "recorded"]
        assert ask("behavior-list", "behavior", "list", "nobody").document["code"] == "read.no_such_member"
    proved = call("behavior-prove", "behavior", "prove", anchored["batch_file"], "2", "--out", item).document
    assert proved["bytes"] == item.stat().st_size
    trust = ("--trust", folder / "genesis.json")
    assert call("behavior-verify", "behavior", "verify", item, *trust).document["item"]["fields"] == [["level_mm", "8"]]
    item.write_bytes(b"nothing")
    wrong = call("behavior-verify", "behavior", "verify", item, *trust)
    assert (wrong.status, wrong.document["valid"], wrong.document["code"]) == (5, False, "item.malformed")
