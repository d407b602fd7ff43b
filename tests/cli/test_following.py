"""`ledger --follow` prints what happens, one entry a line, until the stream ends for good."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from concordat.cli.main import run
from concordat.client.keys import derive_key, save_key
from concordat.testing.stand_in import Reply, Request, stand_in

from .standing import answer_visit
from .world import SCHEMAS

ENTRY = {"position": 3, "height": 8, "time": "2027-01-04T00:00:00Z", "code": "ok", "sentence": "Something happened."}
BLOCK = {"height": 8, "time": ENTRY["time"], "whole": True, "entries": [ENTRY, ENTRY | {"position": 4}]}
END = {"code": "auth.forced_out", "reason": "Your member was forced out.", "next_step": "", "height": 8}


def answer(request: Request) -> Reply:
    if request.path == "/v1/status":
        return 200, json.dumps({"chain_id": "ab" * 32, "node_key": "cd" * 32, "height": 7}).encode()
    if visited := answer_visit(request):
        return visited
    assert request.path == "/v1/events?member=azure-bay&after=7"
    assert request.headers["Authorization"].startswith("Concordat ")
    events = (("entries", BLOCK), ("end", END))
    text = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
    return 200, text.encode(), "text/event-stream"


@pytest.mark.parametrize("as_json", [True, False])
def test_each_entry_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    save_key(tmp_path / "own.key", derive_key("tests", "follower"))
    with stand_in(answer) as (url, _):
        words = ["ledger", "--follow", "--after", "7", "--member", "azure-bay", "--node", url]
        status = run([*words, "--key", str(tmp_path / "own.key"), *(["--json"] if as_json else [])])
    out, _ = capsys.readouterr()
    assert status == 4
    if not as_json:
        assert [line.split("  ")[-1] for line in out.splitlines()] == ["Something happened."] * 2
        return
    *lines, error = map(json.loads, out.splitlines())
    assert [line["position"] for line in lines] == [3, 4]
    assert error["code"] == "auth.forced_out"
    for line in lines:
        jsonschema.validate(line, json.loads((SCHEMAS / "ledger-follow.schema.json").read_text()))
