"""Objections from the command line, against a node of its own process: listed, read, answered."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import httpx2

from concordat.client.clock import fetch_now_us
from concordat.node.founding import found_chain
from concordat.primitives.plain import Json

from .test_ballots import call_with
from .test_node import serve, stand_between
from .world import Call


def test_an_objection_is_listed_read_and_answered(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "node"
    found_chain(folder, None, "scenario", fetch_now_us())
    with serve(folder, tmp_path / "ready.json") as url:
        ask = partial(call_with, call, url, folder)
        assert ask("objection-list", "objection", "list", "founder").document["objections"] == []
        said = {"entry": 0, "record": None, "text": "My name is not Founder."}
        assert httpx2.post(f"{url}/v1/public/members/founder/objections", json=said).status_code == 404
        assert ask("receipt", "tx", "ballots.withdraw", write(tmp_path, {"ballot": 1})).status == 4
        assert httpx2.post(f"{url}/v1/public/members/founder/objections", json=said).status_code == 201
        shown = ask("objection-show", "objection", "show", "founder", "1").document
        assert (shown["text"], shown["entry"], shown["status"]) == (said["text"], 0, "open")
        (tmp_path / "answer.txt").write_text("It is now.\n")
        for other in ({"statement": "00" * 32}, {"statement": None}, {"salt": "00" * 32}, {"salt": "0"}, {"salt": 0}):
            with stand_between(url, partial(change_statement, other)) as liar:
                lied = call_with(call, liar, folder, "error", "objection", "answer", "1", tmp_path / "answer.txt")
            assert lied.document["code"] in {"node.other_document", "node.unreadable"}, other
        assert ask("receipt", "objection", "answer", "1", tmp_path / "answer.txt").status == 0
        again = ask("receipt", "objection", "answer", "1", tmp_path / "answer.txt")
        assert again.document["code"] == "objections.closed"
        (row,) = ask("objection-list", "objection", "list", "founder").document["objections"]
        assert (row["objection"], row["status"]) == (1, "answered")
        own = ask("receipt", "objection", "file", "founder", tmp_path / "answer.txt", "--record", "1.0.0.1")
        assert own.document["code"] == "objections.own_member"
        wrong = ask("receipt", "objection", "file", "founder", tmp_path / "answer.txt", "--record", "1.0.0")
        assert (wrong.status, wrong.document["code"]) == (2, "input.does_not_fit")
        both = ask("receipt", "objection", "file", "founder", "-", "--record", "1.0.0.1", "--entry", "0")
        assert (both.status, both.document["code"]) == (2, "cli.usage")
        (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
        latin = ask("receipt", "objection", "answer", "1", tmp_path / "latin.txt")
        assert latin.document["code"] == "input.does_not_fit"
        assert ask("objection-show", "objection", "show", "founder", "2").document["code"] == "read.no_such_objection"


def change_statement(other: Json, path: str, data: bytes) -> bytes:
    return json.dumps(json.loads(data) | other).encode() if path == "/v1/statements" else data


def write(folder: Path, document: dict[str, int]) -> Path:
    path = folder / "operation.json"
    path.write_text(json.dumps(document))
    return path
