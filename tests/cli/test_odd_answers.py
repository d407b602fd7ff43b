"""Whatever a node, or who stands before it, answers: no terminal obeys it, and none of it is a defect of ours."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from concordat.cli.main import run
from concordat.client.keys import Key, save_key
from concordat.primitives.plain import Json
from concordat.testing.consortium import NODE, Consortium
from concordat.testing.stand_in import Reply, Request, Respond, stand_in

from .standing import answer_visit
from .test_node import serve, stand_between
from .world import Call, World

CONSORTIUM = Consortium()
EVIL = "\x1b[2J\x1b]0;owned\x07\x9b2J\u202e\nok"
SHOWN = "\\u001b[2J\\u001b]0;owned\\u0007\\u009b2J\\u202e\\u000aok"
STATUS = {
    "chain_id": sha256(CONSORTIUM.genesis).hexdigest(),
    "node_key": CONSORTIUM.get_public_key(NODE).hex(),
    "height": 7,
    "name": {"en": EVIL, "zh": ""},
}
PROBLEM = {"status": 404, "code": "read.no_such_member", "detail": EVIL, "reason": EVIL, "next_step": EVIL}
RECEIPT = {"sentence": EVIL, "code": EVIL, "height": 1, "transaction": "00" * 32, "reasons": [{"text": EVIL}]}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "party.key"
    save_key(path, Key(CONSORTIUM.get_seed("azure-bay"), "derived"))
    return path


@pytest.fixture(scope="module")
def world(sound: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("odd")
    with serve(Path(shutil.copytree(sound.node, folder / "node")), folder / "ready.json") as url:
        yield url


def answer_with(answer: Json, status: int = 200) -> Respond:
    def respond(request: Request) -> Reply:
        if request.path == "/v1/status":
            return 200, json.dumps(STATUS).encode()
        return answer_visit(request) or (status, json.dumps(answer).encode())

    return respond


@pytest.mark.parametrize(
    ("words", "answer", "status"),
    [
        (("status",), {}, 200),
        (("login",), {"url": EVIL, "expires_at": EVIL}, 200),
        (("receipt", "00" * 32), RECEIPT, 200),
        (("ledger",), {"entries": [{"position": 1, "time": EVIL, "sentence": EVIL}]}, 200),
        (("member", "show", "azure-bay"), PROBLEM, 404),
        (("member", "show", "azure-bay"), PROBLEM | {"status": 409, "reasons": [{"code": "x", "text": EVIL * 2}]}, 409),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_no_terminal_obeys_what_a_node_says(
    capsys: pytest.CaptureFixture[str], key: Path, words: tuple[str, ...], answer: Json, status: int
) -> None:
    with stand_in(answer_with(answer, status)) as (url, _):
        run([*words, "--node", url, "--key", str(key)])
        out, err = capsys.readouterr()
        assert SHOWN in out + err
        run([*words, "--node", url, "--key", str(key), "--json"])
        document, err_beside = capsys.readouterr()
    json.loads(document)
    for printed in (out, err, document, err_beside):
        assert all(character == "\n" or character.isprintable() for character in printed)
        assert "\nok" not in printed


def test_what_is_escaped_in_json_reads_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    with stand_in(answer_with({})) as (url, _):
        run(["status", "--node", url, "--json"])
    assert json.loads(capsys.readouterr().out)["name"]["en"] == EVIL


WRONG: dict[tuple[str, ...], tuple[Json, ...]] = {
    ("login",): (None, "x", [], {}, {"url": "x"}, 7),
    ("ledger",): (None, "x", {}, {"entries": 1}, {"entries": [1]}, {"entries": [{"position": 1, "sentence": "x"}]}),
    ("member", "show", "azure-bay"): (None, [], {}, {"id": "azure-bay"}, {"id": "azure-bay", "score": 1}),
    ("receipt", "00" * 32): (
        *(None, "x", [], {}, RECEIPT | {"reasons": ["a"]}),
        RECEIPT | {"operations": [{}, {}], "signer": {"member": "azure-bay"}},
    ),
    ("dataset", "register", "TABLE", "--name", "readings", "--title", "Readings"): ([], {"member": None}),
}


@pytest.mark.parametrize(
    ("words", "answer"), [(words, answer) for words, answers in WRONG.items() for answer in answers], ids=str
)
def test_an_answer_that_cannot_be_told_is_no_nodes(
    call: Call, key: Path, tmp_path: Path, words: tuple[str, ...], answer: Json
) -> None:
    table = tmp_path / "table.csv"
    table.write_text("name\nvalue\n")
    given = [str(table) if word == "TABLE" else word for word in words]
    with stand_in(answer_with(answer)) as (url, _):
        told = call("status", *given, "--node", url, "--key", key)
    assert (told.status, told.document["code"]) == (3, "node.unreadable")


@pytest.mark.parametrize("answer", [None, "x", [], {"name": None}, {"name": []}], ids=str)
def test_a_status_that_cannot_be_told_is_no_nodes(call: Call, answer: Json) -> None:
    whole = STATUS | answer if isinstance(answer, dict) else answer
    with stand_in(lambda _: (200, json.dumps(whole).encode())) as (url, _):
        told = call("status", "status", "--node", url)
    assert (told.status, told.document["code"]) == (3, "node.unreadable")


def change_draft(told: Json) -> None:
    told["reasons"] = ["a"]


def change_credit(told: Json) -> None:
    told["reasons"] = [{"delta": 1}]


def change_member(told: Json) -> None:
    told["turns"] = "ab"


def change_time(told: Json) -> None:
    told["status"], told["may_return_at"] = "suspended", "soon"


@pytest.mark.parametrize(
    ("words", "path", "change"),
    [
        (("contract", "draft", "DRAFT"), "/v1/contracts/draft", change_draft),
        (("contract", "draft", "DRAFT"), "/v1/contracts/draft", lambda told: told.pop("valid")),
        (("member", "show", "azure-bay"), "/v1/members/azure-bay/credit", change_credit),
        (("member", "show", "azure-bay"), "/v1/members/azure-bay", change_member),
        (("member", "show", "azure-bay"), "/v1/members/azure-bay", change_time),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_part_that_cannot_be_told_is_no_nodes(
    call: Call,
    world: str,
    key: Path,
    tmp_path: Path,
    words: tuple[str, ...],
    path: str,
    change: Callable[[Json], object],
) -> None:
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps(call("tx-example", "contract", "draft", "--example").document["example"]))

    def lie(asked: str, data: bytes) -> bytes:
        if asked != path:
            return data
        told = json.loads(data)
        change(told)
        return json.dumps(told).encode()

    given = [str(draft) if word == "DRAFT" else word for word in words]
    with stand_between(world, lie) as url:
        answer = call("status", *given, "--node", url, "--key", key)
    assert (answer.status, answer.document["code"]) == (3, "node.unreadable")
