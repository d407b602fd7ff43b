"""Every command that talks to a node, against a real one: its own process, its own port."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest

from concordat.client.keys import fetch_key
from concordat.crypto.proof import Trust, verify_proof
from concordat.node.founding import found_chain
from concordat.primitives.ledger_time import parse_time
from concordat.primitives.plain import Json
from concordat.testing.stand_in import Reply, Request, stand_in
from concordat.wording.rules import get_rule

from .world import Call

WAIT_ROUNDS = 300
Ask = Callable[..., Any]


@contextmanager
def serve(folder: Path, ready_file: Path, *options: str) -> Iterator[str]:
    """Run a node as its own process; it must stop cleanly when told to."""
    words = ["serve", str(folder), "--port", "0", "--ready-file", str(ready_file), *options]
    command = [sys.executable, "-m", "concordat", *words]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as node:
        try:
            for _ in range(WAIT_ROUNDS):
                if ready_file.exists():
                    break
                try:
                    node.wait(timeout=0.1)
                except subprocess.TimeoutExpired:
                    continue
                raise AssertionError(node.stderr.read() if node.stderr else "")
            yield json.loads(ready_file.read_text())["api"]
        finally:
            node.terminate()
            assert node.wait(timeout=20) == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("served")
    made = subprocess.run(
        [sys.executable, "-m", "concordat", "init", str(place / "node"), "--clock", "scenario"], capture_output=True
    )
    assert made.returncode == 0
    return place / "node"


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with serve(folder, folder.parent / "ready.json") as address:
        yield address


@pytest.fixture
def ask(call: Call, url: str, folder: Path) -> Ask:
    """Run a command against the node, as its founder, with genesis pinned."""

    def ask_node(schema: str, *words: str | Path) -> Any:
        who = ("--node", url, "--key", folder / "keys" / "founder.key", "--trust", folder / "genesis.json")
        return call(schema, *words, *who)

    return ask_node


@pytest.fixture
def registered(ask: Ask, tmp_path: Path) -> Json:
    """The receipt of a dataset's next version."""
    (tmp_path / "t.csv").write_text("hour,value\n1,2\n2,3\n")
    answer = ask("receipt", "dataset", "register", tmp_path / "t.csv", "--name", "hourly", "--title", "Hourly")
    assert answer.status == 0
    return answer.document


def test_versions_of_a_dataset_follow_each_other(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("hour,value\n1,2\n")
    words = ("dataset", "register", tmp_path / "t.csv", "--name", "daily", "--title", "Daily", "--client-key")
    one, two = (ask("receipt", *words, name).document["operations"][0] for name in ("first", "second"))
    assert (one["version"], two["version"]) == (1, 2)
    assert one["row_root"] == two["row_root"]
    assert ask("status", "status").document["simulated"] is True


def test_a_dataset_is_registered_for_the_owner_that_is_named_or_not_at_all(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("hour,value\n1,2\n")
    words = ("dataset", "register", tmp_path / "t.csv", "--name", "owned", "--title", "Owned", "--owner")
    height = ask("status", "status").document["height"]
    other = ask("receipt", *words, "azure-bay")
    assert (other.status, other.document["code"]) == (2, "key.other_member")
    assert "founder" in other.document["reason"]
    assert ask("status", "status").document["height"] == height
    assert ask("receipt", *words, "founder").status == 0


def test_a_receipt_its_proof_and_the_ledger_agree(ask: Ask, registered: Json, folder: Path, tmp_path: Path) -> None:
    receipt = ask("receipt", "receipt", registered["transaction"]).document
    assert {name: receipt[name] for name in registered} == registered
    saved = ask("proof", "proof", "tx", registered["transaction"], "--out", tmp_path / "tx.proof").document
    assert saved["checked"] is True
    found = verify_proof((tmp_path / "tx.proof").read_bytes(), Trust(genesis=(folder / "genesis.json").read_bytes()))
    assert [index for index, _ in found.entries] == [registered["position"]]
    entries = ask("ledger", "ledger", "--limit", "1").document["entries"]
    assert entries[0]["position"] == registered["position"]


def test_a_checkpoint_kept_today_checks_a_proof_of_tomorrow(
    ask: Ask, call: Call, tmp_path: Path, registered: Json, url: str
) -> None:
    (tmp_path / "note").write_text(ask("checkpoint", "checkpoint").document["note"])
    size = int((tmp_path / "note").read_text().splitlines()[1])
    (tmp_path / "advance.json").write_text(json.dumps({"time": "2040-01-01T00:00:00Z"}))
    words = ("member", "founder", "--since", str(size), "--out", tmp_path / "member.proof")
    (tmp_path / "w.json").write_text(json.dumps({"dataset": "hourly", "version": 1, "reason": "replaced"}))
    ask("receipt", "tx", "datasets.withdraw", tmp_path / "w.json")
    assert ask("proof", "proof", *words).status == 0
    verdict = call("verify", "verify", tmp_path / "member.proof", "--trust", tmp_path / "note")
    assert (verdict.status, verdict.document["authority"]) == (0, "checkpoint")


def test_a_refusal_is_told_with_its_rule_and_where_it_stands(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "sign.json").write_text(json.dumps({"contract": 77, "document": "00" * 32}))
    answer = ask("receipt", "tx", "contracts.sign", tmp_path / "sign.json")
    assert (answer.status, answer.document["code"], answer.document["rule"]) == (4, "contracts.unknown", "CON-6")
    assert answer.document["next_step"]
    assert answer.document["height"] >= 1
    assert ask("receipt", "receipt", answer.document["transaction"]).document["code"] == "contracts.unknown"


def test_several_operations_are_one_transaction(ask: Ask, tmp_path: Path) -> None:
    operations = [
        {
            "type": "datasets.register",
            "dataset": "paired",
            "version": version,
            "title": {"en": "Paired", "zh": ""},
            "digest": "00" * 32,
            "byte_count": 1,
            "rows": 1,
            "schema": "00" * 32,
            "row_root": "00" * 32,
        }
        for version in (1, 2)
    ]
    (tmp_path / "both.json").write_text(json.dumps(operations))
    answer = ask("receipt", "tx", "operations", tmp_path / "both.json")
    assert [operation["version"] for operation in answer.document["operations"]] == [1, 2]


def test_a_mixed_list_is_announced_as_operations(ask: Ask, tmp_path: Path) -> None:
    operations = [{"type": "contracts.sign", "contract": 77, "document": "00" * 32}, WITHDRAWAL]
    (tmp_path / "mixed.json").write_text(json.dumps(operations))
    answer = ask("receipt", "tx", "contracts.sign", tmp_path / "mixed.json")
    assert (answer.status, answer.document["code"]) == (2, "input.unknown_type")
    assert "a mixed list is announced as `operations`" in answer.document["reason"]
    answer = ask("receipt", "tx", "operations", tmp_path / "mixed.json")
    assert (answer.status, answer.document["code"]) == (4, "contracts.unknown")  # so the ledger has read it
    answer = ask("receipt", "tx", tmp_path / "mixed.json")
    assert (answer.status, answer.document["code"]) == (2, "cli.usage")
    assert "tx operations FILE" in answer.document["reason"]


def test_a_nonce_far_ahead_is_refused_before_it_bars_the_lane(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "sign.json").write_text(json.dumps({"contract": 78, "document": "00" * 32}))
    words = ("tx", "contracts.sign", tmp_path / "sign.json")
    for nonce, code in ((2**53 - 1, "nonce.too_far"), (10**16, "nonce.too_far"), (0, "nonce.too_low")):
        answer = ask("receipt", *words, "--nonce", str(nonce))
        assert (answer.status, answer.document["code"]) == (2, code)
        assert answer.document["next_step"]
    assert ask("receipt", *words).document["code"] == "contracts.unknown"


def test_each_lane_counts_by_itself(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "sign.json").write_text(json.dumps({"contract": 78, "document": "00" * 32}))
    words = ("tx", "contracts.sign", tmp_path / "sign.json", "--nonce", "1", "--lane")
    codes = [ask("receipt", *words, lane).document["code"] for lane in ("3", "3", "4", "16")]
    assert codes == ["contracts.unknown", "ledger.nonce_used", "contracts.unknown", "cli.usage"]


STRANGE_NAMES = ["a?b", "a#b", "a%2fb", "a b", "邻市", "founder?x=", "a/b", "founder/credit", ".", "..", ""]


@pytest.mark.parametrize("name", STRANGE_NAMES)
def test_a_strange_name_is_no_member(ask: Ask, name: str) -> None:
    answer = ask("member-show", "member", "show", name)
    assert answer.status == 3
    assert answer.document["code"] in {"read.no_such_member", "read.no_such_name"}


def test_a_proof_is_asked_for_by_an_escaped_name_and_written_where_there_is_a_folder(ask: Ask, tmp_path: Path) -> None:
    for kind, name, code in (
        ("member", "a?b", "read.no_such_member"),
        ("member", "founder/credit", "read.no_such_name"),
        ("contract", "C-0099", "read.no_such_contract"),
    ):
        answer = ask("proof", "proof", kind, name, "--out", tmp_path / "a.proof")
        assert (answer.status, answer.document["code"]) == (3, code)
    lost = ask("proof", "proof", "member", "founder", "--out", tmp_path / "none" / "a.proof")
    assert (lost.status, lost.document["code"]) == (3, "disk.no_such_folder")
    (tmp_path / "a.proof").write_bytes(b"kept")
    kept = ask("proof", "proof", "member", "founder", "--out", tmp_path / "a.proof")
    assert (kept.status, kept.document["code"]) == (4, "file.exists")
    assert (tmp_path / "a.proof").read_bytes() == b"kept"


def test_a_node_under_a_clock_far_ahead_starts_when_its_operator_vouches_for_it(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "node"
    found_chain(folder, None, None, parse_time("2020-01-01T00:00:00Z"))
    refused = call("error", "serve", folder, "--port", "0")
    assert (refused.status, refused.document["code"]) == (4, "clock.far_ahead")
    assert "--accept-clock" in refused.document["next_step"]
    with serve(folder, tmp_path / "ready.json", "--accept-clock") as address:
        assert call("status", "status", "--node", address).status == 0


@pytest.mark.parametrize("number", ["", "C-", "x", "1/text", "٣"])
def test_what_is_no_number_of_a_contract_is_wrong_usage(ask: Ask, number: str) -> None:
    answer = ask("contract-show", "contract", "show", number)
    assert (answer.status, answer.document["code"]) == (2, "input.does_not_fit")


@pytest.mark.parametrize("number", ["9" * 30, "C-0000"])
def test_a_strange_number_is_no_contract(ask: Ask, number: str) -> None:
    answer = ask("contract-show", "contract", "show", number)
    assert (answer.status, answer.document["code"]) == (3, "read.no_such_contract")


def test_members_and_their_credit_are_shown(ask: Ask) -> None:
    document = ask("member-show", "member", "show", "founder").document
    assert document["member"]["status"] == "active"
    assert document["credit"]["score"] == 600
    missing = ask("member-show", "member", "show", "nobody-here")
    assert (missing.status, missing.document["code"]) == (3, "read.no_such_member")
    assert ask("contract-show", "contract", "show", "C-0009").status == 3
    assert ask("receipt", "receipt", "ab" * 32).status == 3


def test_a_stranger_is_shown_nothing_but_the_public_part(call: Call, url: str, tmp_path: Path) -> None:
    assert call("status", "status", "--node", url).status == 0
    answer = call("ledger", "ledger", "--node", url)
    assert (answer.status, answer.document["code"].partition(".")[0]) == (4, "auth")
    assert "--key" in answer.document["next_step"]
    assert "concordat key new" in answer.document["next_step"]
    call("key-new", "key", "new", tmp_path / "stranger.key")
    assert call("ledger", "ledger", "--node", url, "--key", tmp_path / "stranger.key").status == 4


def test_another_chain_is_not_spoken_to(call: Call, url: str, folder: Path, tmp_path: Path) -> None:
    other = call("init", "init", tmp_path / "other").document["genesis"]
    answer = call("status", "status", "--node", url, "--trust", other)
    assert (answer.status, answer.document["code"]) == (5, "node.other_chain")


@pytest.mark.parametrize("words", [("receipt", "ab" * 32), ("checkpoint",), ("ledger",), ("proof", "tx", "ab" * 32)])
def test_a_node_of_another_chain_is_asked_nothing(
    call: Call, url: str, tmp_path: Path, words: tuple[str, ...]
) -> None:
    other = call("init", "init", tmp_path / "other").document["genesis"]
    out = ("--out", tmp_path / "a.proof") if words[0] == "proof" else ()
    answer = call("error", *words, *out, "--node", url, "--trust", other)
    assert (answer.status, answer.document["code"]) == (5, "node.other_chain")


@contextmanager
def stand_between(url: str, change: Callable[[str, bytes], bytes]) -> Iterator[str]:
    """Pass everything on to the node, and what it answers as changed."""

    def respond(request: Request) -> Reply:
        told = httpx2.request(request.method, url + request.path, content=request.body, headers=dict(request.headers))
        return told.status_code, change(request.path, told.content), told.headers["Content-Type"]

    with stand_in(respond) as (address, _):
        yield address


@pytest.mark.parametrize("change", [{"height": 999}, {"code": "ledger.expired"}, {"signer": "somebody-else"}])
def test_a_receipt_that_the_ledger_does_not_prove_is_not_shown(
    call: Call, url: str, folder: Path, registered: Json, change: Json
) -> None:
    name = registered["transaction"]

    def lie(path: str, data: bytes) -> bytes:
        if path != f"/v1/transactions/{name}":
            return data
        told = json.loads(data)
        told["sentence"] = "a lie"
        if "signer" in change:
            return json.dumps(told | {"signer": told["signer"] | {"member": change["signer"]}}).encode()
        return json.dumps(told | change).encode()

    with stand_between(url, lie) as address:
        words = ("receipt", name, "--node", address)
        assert call("receipt", *words).document["sentence"] == "a lie"
        answer = call("receipt", *words, "--trust", folder / "genesis.json")
    assert (answer.status, answer.document["code"]) == (5, "node.unproved")


def test_the_sentence_of_a_proved_receipt_is_made_here(
    call: Call, url: str, folder: Path, registered: Json
) -> None:
    name = registered["transaction"]

    def lie(path: str, data: bytes) -> bytes:
        is_receipt = path == f"/v1/transactions/{name}"
        return json.dumps(json.loads(data) | {"sentence": "a lie"}).encode() if is_receipt else data

    with stand_between(url, lie) as address:
        words = ("receipt", name, "--node", address)
        assert call("receipt", *words).document["sentence"] == "a lie"
        told = call("receipt", *words, "--trust", folder / "keys" / "node.key").document
    assert told["sentence"] == registered["sentence"]


def test_a_checkpoint_is_printed_only_if_the_pinned_key_signed_it(
    call: Call, url: str, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    call("init", "init", other, "--clock", "scenario")
    with serve(other, tmp_path / "ready.json") as address:
        theirs = httpx2.get(f"{address}/v1/checkpoint").content
    ours = httpx2.get(f"{url}/v1/checkpoint").content
    unsigned = ours.replace(ours.splitlines()[-1], theirs.splitlines()[-1])
    assert call("checkpoint", "checkpoint", "--node", url).document["checked"] is False
    for note, code in ((theirs, "node.other_chain"), (unsigned, "proof.bad_signature"), (b"x", "checkpoint.malformed")):
        with stand_between(url, lambda path, data: note if path == "/v1/checkpoint" else data) as address:  # noqa: B023
            answer = call("checkpoint", "checkpoint", "--node", address, "--trust", folder / "genesis.json")
        assert (answer.status, answer.document["code"]) == (5, code)
    sound = call("checkpoint", "checkpoint", "--node", url, "--trust", folder / "genesis.json")
    assert (sound.status, sound.document["checked"]) == (0, True)


def test_a_login_link_is_good_once(ask: Ask, url: str) -> None:
    link = ask("login", "login", url).document["url"]
    assert link.startswith(url)
    assert httpx2.get(link).status_code == 303
    assert httpx2.get(link).status_code == 404


def test_a_draft_is_judged(ask: Ask, tmp_path: Path) -> None:
    draft = {
        "template": "supply/1",
        "title": {"en": "Readings", "zh": "读数"},
        "items": [
            {
                "debtor": "founder",
                "creditors": ["somebody-else"],
                "subject": {"en": "Hourly readings", "zh": "逐时读数"},
                "dataset": "hourly",
                "evidence": {"type": "matching_table", "schema": "00" * 32, "rows_min": 1},
                "size": 10,
                "first_due": "2045-01-01T00:00:00Z",
                "every_days": 1,
                "times": 1,
            }
        ],
        "sign_by": "2044-01-01T00:00:00Z",
        "grace_days": 7,
        "cure_days": 7,
        "objection_days": 5,
        "consequence": "terminate",
    }
    (tmp_path / "draft.json").write_text(json.dumps(draft))
    answer = ask("contract-draft", "contract", "draft", tmp_path / "draft.json")
    assert (answer.status, answer.document["valid"]) == (4, False)
    assert answer.document["terms"]["parties"] == ["founder", "somebody-else"]
    assert answer.document["reasons"]
    assert (answer.document["code"], answer.document["rule"]) == ("contracts.invalid", get_rule("contracts.invalid"))
    assert answer.document["next_step"] in answer.words
    (tmp_path / "terms.json").write_text(json.dumps(answer.document))
    proposed = ask("receipt", "tx", "contracts.propose", tmp_path / "terms.json")
    assert (proposed.document["code"], len(proposed.document["reasons"])) == (
        "contracts.invalid",
        len(answer.document["reasons"]),
    )


def test_a_refused_applicant_that_pins_the_chain_sees_its_receipt(
    call: Call, url: str, folder: Path, tmp_path: Path
) -> None:
    call("key-new", "key", "new", tmp_path / "my.key")
    example = call("tx-example", "tx", "membership.apply", "--example").document["example"]
    (tmp_path / "apply.json").write_text(json.dumps(example | {"member": "new-member", "sponsor": "nobody-here"}))
    words = ("--key", tmp_path / "my.key", "--node", url, "--trust", folder / "genesis.json")
    answer = call("receipt", "tx", "membership.apply", tmp_path / "apply.json", *words)
    assert (answer.status, answer.document["code"]) == (4, "membership.review_failed")
    assert answer.document["reasons"]
    told = call("receipt", "receipt", answer.document["transaction"], *words)
    assert told.document["code"] == "membership.review_failed"


@pytest.mark.parametrize("address", ["nonsense", "http://", "ftp://here", "http://[x"])
def test_what_is_no_address_is_told_as_it_was_written(call: Call, folder: Path, address: str) -> None:
    key = folder / "keys" / "founder.key"
    for words in (("login", address), ("status", "--node", address), ("sign", address)):
        answer = call("error", *words, "--key", key)
        assert (answer.status, answer.document["code"]) == (2, "node.bad_address")
        assert address in answer.document["reason"]


# ── signing what a page shows ───────────────────────────────────────────────────────────────────────────────────────


WITHDRAWAL = {"type": "datasets.withdraw", "dataset": "hourly", "version": 99, "reason": "page"}


@contextmanager
def show_page(url: str, page: Callable[[bytes], Json], public_key: bytes) -> Iterator[str]:
    """Stand between the command and the node: answer `/sign/x` with a page, pass everything else on."""
    asked = {"public_key": public_key.hex(), "operations": [WITHDRAWAL]}
    accept = {"Accept": "application/octet-stream"}
    prepared = httpx2.post(f"{url}/v1/transactions/prepare", json=asked, headers=accept).content

    def respond(request: Request) -> Reply:
        if request.path == "/sign/x":
            return 200, json.dumps(page(prepared)).encode()
        told = httpx2.request(request.method, url + request.path, content=request.body, headers=dict(request.headers))
        return told.status_code, told.content

    with stand_in(respond) as (address, _):
        yield f"{address}/sign/x"


def make_page(data: bytes, **changed: Json) -> Json:
    sentence = "founder withdraws version 99 of dataset hourly. Reason: page"
    page = {"bytes": data.hex(), "digest": sha256(data).hexdigest(), "sentence": sentence, "operations": [WITHDRAWAL]}
    return {**page, "member": "founder", "submit": "/v1/transactions", "transaction": None, **changed}


def test_a_page_is_signed_here_and_submitted(call: Call, url: str, folder: Path) -> None:
    key = folder / "keys" / "founder.key"
    with show_page(url, make_page, fetch_key(key).public_key) as page:
        answer = call("receipt", "sign", page, "--key", key)
    # The ledger refuses it, since there is no version 99: so it was signed, and it arrived.
    assert (answer.status, answer.document["code"]) == (4, "datasets.unknown_version")
    assert "withdraw" in answer.words.lower()
    assert "SHA-256" in answer.words
    assert "Nothing is pinned" in answer.words


@pytest.mark.parametrize("path", ["", "/", "/contracts/1", "/no/such/page", "/sign", "/v1/status", "/v1/genesis"])
@pytest.mark.parametrize("trust", [False, True])
def test_an_address_that_is_no_page_to_sign_is_told_as_such(
    call: Call, url: str, folder: Path, path: str, trust: bool
) -> None:
    pinned = ("--trust", folder / "genesis.json") if trust else ()
    answer = call("receipt", "sign", url + path, "--key", folder / "keys" / "founder.key", *pinned)
    assert (answer.status, answer.document["code"]) == (2, "sign.no_page")


def test_a_page_that_is_gone_is_told_as_such(call: Call, url: str, folder: Path) -> None:
    answer = call("receipt", "sign", f"{url}/sign/{'0' * 32}", "--key", folder / "keys" / "founder.key")
    assert (answer.status, answer.document["code"]) == (3, "read.no_such_action")


def test_what_is_signed_already_gives_its_receipt(call: Call, ask: Ask, url: str, folder: Path, tmp_path: Path) -> None:
    key = folder / "keys" / "founder.key"
    (tmp_path / "w.json").write_text(json.dumps({"contract": 99, "document": "00" * 32}))
    signed = ask("receipt", "tx", "contracts.sign", tmp_path / "w.json").document["transaction"]
    call("key-new", "key", "new", tmp_path / "other.key")
    with show_page(url, lambda data: make_page(data, transaction=signed), fetch_key(key).public_key) as page:
        answer = call("receipt", "sign", page, "--key", key, "--trust", folder / "genesis.json")
        stranger = call("receipt", "sign", page, "--key", tmp_path / "other.key")
    assert (answer.status, answer.document["transaction"]) == (0, signed)
    assert "Signed already" in answer.words
    assert (stranger.status, stranger.document["code"]) == (5, "sign.other_key")


@pytest.mark.parametrize("root", ["genesis", "key file", "key"])
def test_a_pinned_chain_is_proved_before_and_after_signing(call: Call, url: str, folder: Path, root: str) -> None:
    key = folder / "keys" / "founder.key"
    node_key = folder / "keys" / "node.key"
    roots = {"genesis": folder / "genesis.json", "key file": node_key, "key": fetch_key(node_key).public_key.hex()}
    with show_page(url, make_page, fetch_key(key).public_key) as page:
        answer = call("receipt", "sign", page, "--key", key, "--trust", roots[root])
    assert (answer.status, answer.document["code"]) == (4, "datasets.unknown_version")
    assert "Nothing is pinned" not in answer.words


@pytest.mark.parametrize(
    ("pinned", "member", "status", "code"),
    [
        ("another genesis", "founder", 5, "node.other_chain"),
        ("another key", "founder", 5, "node.not_pinned"),
        ("genesis", "somebody-else", 3, "read.no_such_member"),
        ("checkpoint", "founder", 2, "sign.no_root"),
    ],
)
def test_nothing_is_signed_that_the_pinned_root_does_not_prove(
    call: Call, url: str, folder: Path, tmp_path: Path, pinned: str, member: str, status: int, code: str
) -> None:
    call("init", "init", tmp_path / "other")
    (tmp_path / "note").write_text(call("checkpoint", "checkpoint", "--node", url).document["note"])
    roots = {
        "another genesis": tmp_path / "other" / "genesis.json",
        "another key": tmp_path / "other" / "keys" / "node.key",
        "genesis": folder / "genesis.json",
        "checkpoint": tmp_path / "note",
    }
    key = folder / "keys" / "founder.key"
    said = make_page(b"")["sentence"].replace("founder", member)
    before = call("status", "status", "--node", url).document["height"]
    with show_page(
        url, lambda data: make_page(data, member=member, sentence=said), fetch_key(key).public_key
    ) as page:
        answer = call("receipt", "sign", page, "--key", key, "--trust", roots[pinned])
    assert (answer.status, answer.document["code"]) == (status, code)
    assert call("status", "status", "--node", url).document["height"] == before


def test_signing_without_a_key_says_how_to_make_one(call: Call, url: str) -> None:
    answer = call("receipt", "sign", url)
    assert (answer.status, answer.document["code"]) == (2, "key.needed")
    assert "concordat key new" in answer.document["next_step"]


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"digest": "00" * 32}, 5, "sign.differs"),
        ({"operations": []}, 5, "sign.differs"),
        ({"sentence": "founder withdraws version 1 of dataset hourly. Reason: page"}, 5, "sign.differs"),
        ({"member": "somebody-else"}, 5, "sign.differs"),
        ({"operations": [{"type": "contracts.sign", "contract": 1, "document": "00" * 32}]}, 5, "sign.differs"),
        ({"submit": "http://127.0.0.1:9/v1/transactions"}, 5, "sign.differs"),
        ({"bytes": "00"}, 5, "sign.differs"),
        ({"bytes": "xx"}, 2, "sign.no_page"),
        ({"bytes": None}, 2, "sign.no_page"),
    ],
)
def test_a_page_that_lies_gets_no_signature(
    call: Call, url: str, folder: Path, changed: dict[str, Json], status: int, code: str
) -> None:
    key = folder / "keys" / "founder.key"
    with show_page(url, lambda data: make_page(data, **changed), fetch_key(key).public_key) as page:
        answer = call("receipt", "sign", page, "--key", key)
    assert (answer.status, answer.document["code"]) == (status, code)


def test_a_page_for_another_key_gets_no_signature(call: Call, url: str, folder: Path, tmp_path: Path) -> None:
    call("key-new", "key", "new", tmp_path / "other.key")
    with show_page(url, make_page, fetch_key(folder / "keys" / "founder.key").public_key) as page:
        answer = call("receipt", "sign", page, "--key", tmp_path / "other.key")
    assert (answer.status, answer.document["code"]) == (5, "sign.other_key")
    assert fetch_key(folder / "keys" / "founder.key").public_key.hex() in answer.document["reason"]


# ── the folder while its node runs ──────────────────────────────────────────────────────────────────────────────────


def test_a_running_node_is_examined_exported_and_backed_up(
    call: Call, registered: Json, folder: Path, tmp_path: Path
) -> None:
    assert call("doctor", "doctor", folder).document["ok"] is True
    exported = call("export", "export", folder, tmp_path / "ledger.export").document
    assert exported["height"] >= registered["height"]
    replayed = call("replay", "replay", tmp_path / "ledger.export", "--trust", folder / "genesis.json")
    assert (replayed.status, replayed.document["height"]) == (0, exported["height"])
    assert call("backup", "backup", folder, tmp_path / "folder.tar").status == 0
    assert call("restore", "restore", tmp_path / "folder.tar", tmp_path / "copy").status == 0
    with serve(tmp_path / "copy", tmp_path / "ready.json") as copy:
        assert call("status", "status", "--node", copy).document["app_hash"] == replayed.document["app_hash"]


def test_a_second_node_on_one_folder_is_refused(url: str, folder: Path, call: Call) -> None:
    answer = call("error", "serve", folder, "--port", "0")
    assert (answer.status, answer.document["code"]) == (4, "ledger.folder_in_use")
    assert call("error", "serve", folder, "--port", "0", "--host", "0.0.0.0").status == 4
