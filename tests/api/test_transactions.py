"""Submitting: a retry is safe, a refusal says which rule, and what is prepared is what is signed."""

from __future__ import annotations

import json
import resource
from hashlib import sha256
from pathlib import Path

import pytest

from concordat.api.access import Face
from concordat.api.door import find_door_refusal
from concordat.client.clock import fetch_now_us
from concordat.console.acting import Act
from concordat.console.pending import PendingActions
from concordat.node import reads
from concordat.node.node import Node
from concordat.primitives.ledger_time import SECOND_US, format_time
from concordat.primitives.plain import Json
from concordat.protocol.families.contracts import Sign
from concordat.protocol.families.membership import Sponsor
from concordat.protocol.transactions import Payload, make_signed_bytes, parse_transaction

from .world import World, as_plain, get_key, make_application, make_registration


def frame(*wires: bytes) -> bytes:
    return b"".join(len(wire).to_bytes(4, "big") + wire for wire in wires)


# ── retries ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_bytes_again_get_the_same_receipt(world: World) -> None:
    wire = world.make_wire("azure-bay", make_registration())
    first = world.submit(wire)
    again = world.submit(wire)
    assert first.status_code == again.status_code == 200
    assert again.json() == first.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert world.get("/v1/status").json()["height"] == first.json()["height"]


def test_a_refused_transaction_again_gets_the_same_refusal(world: World) -> None:
    wire = world.make_wire("azure-bay", Sponsor("nobody-here", verdict=True))
    first, again = world.submit(wire), world.submit(wire)
    assert first.status_code == again.status_code == 409
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.json()["transaction"] == again.json()["transaction"] == sha256(wire).hexdigest()
    assert first.json()["height"] == again.json()["height"] == 1


def test_a_client_key_with_other_content_leads_to_the_first_transaction(world: World) -> None:
    first = world.make_wire("azure-bay", make_registration(), client_key=b"order 1")
    other = world.make_wire("azure-bay", make_registration(version=2), client_key=b"order 1")
    assert world.submit(first).status_code == 200
    refusal = world.submit(other)
    assert refusal.status_code == 422
    assert refusal.json()["code"] == "ledger.client_key_used"
    assert refusal.json()["rule"] == "LED-8"
    assert refusal.json()["transaction"] == sha256(first).hexdigest()
    target = f"/v1/transactions/by-client-key/{get_key('azure-bay').public_key.hex()}/{b'order 1'.hex()}"
    found = world.get(target, "azure-bay")
    assert found.json()["transaction"] == sha256(first).hexdigest()


# ── refusals ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rule_refuses_on_the_ledger(world: World) -> None:
    answer = world.submit(world.make_wire("azure-bay", Sign(7, bytes(32))))
    problem = answer.json()
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["code"], problem["height"]) == ("contracts.unknown", 1)
    assert [reason["code"] for reason in problem["reasons"]] == ["contracts.unknown"]
    on_ledger = world.get(f"/v1/transactions/{problem['transaction']}").json()
    assert (on_ledger["code"], on_ledger["height"]) == ("contracts.unknown", 1)


def test_every_ground_of_a_refusal_is_listed_in_the_readers_language(world: World) -> None:
    world.act("dune-shore", make_application("dune-shore"))
    application = make_application("elm-hill", sponsor="dune-shore")
    english = world.submit(world.make_wire("elm-hill", application)).json()
    assert english["code"] == "membership.review_failed"
    assert [reason["code"] for reason in english["reasons"]] == ["review.sponsor_not_in_standing"]
    wire = world.make_wire("fern-dale", make_application("fern-dale", sponsor="dune-shore"))
    chinese = world.submit(wire, **{"Accept-Language": "zh-CN"}).json()
    assert english["reasons"][0]["text"].isascii()
    assert not chinese["reasons"][0]["text"].isascii()


@pytest.mark.parametrize(
    ("status", "code", "place", "value"),
    [
        (409, "ledger.bad_signature", 0, 1),
        (400, "ledger.wrong_domain", 64, 1),
        (400, "encoding.malformed", 112, 0xFF),
        (409, "ledger.bad_signature", -1, 1),
    ],
)
def test_a_damaged_transaction_is_refused_at_the_door(
    world: World, status: int, code: str, place: int, value: int
) -> None:
    wire = bytearray(world.make_wire("azure-bay", make_registration()))
    wire[place] ^= value
    answer = world.submit(bytes(wire))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["transaction"] is None
    assert world.get("/v1/status").json()["log_size"] == 0


def test_a_transaction_of_another_chain_is_refused(world: World) -> None:
    key = get_key("azure-bay")
    payload = Payload(bytes(32), 1, 0, 1, 100, 0, b"", (make_registration(),))
    signed = make_signed_bytes(key.public_key, payload)
    answer = world.submit(key.sign(signed) + signed)
    assert (answer.status_code, answer.json()["code"]) == (409, "ledger.wrong_chain")


def test_an_unknown_key_may_only_apply(world: World) -> None:
    answer = world.submit(world.make_wire("stranger", make_registration()))
    assert (answer.status_code, answer.json()["code"]) == (409, "ledger.unknown_key")


def test_a_used_nonce_is_refused(world: World) -> None:
    world.submit(world.make_wire("azure-bay", make_registration(), nonce=5))
    answer = world.submit(world.make_wire("azure-bay", make_registration(version=2), nonce=5))
    assert (answer.status_code, answer.json()["code"]) == (409, "ledger.nonce_used")


# ── batches ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_batch_answers_each_transaction_in_order(world: World) -> None:
    good = [world.make_wire("azure-bay", make_registration(version)) for version in (1, 2)]
    refused = world.make_wire("birch-vale", Sign(7, bytes(32)))
    answer = world.client.post("/v1/transactions/batch", content=frame(good[0], b"junk", refused, good[1], good[0]))
    results = answer.json()["results"]
    assert [result["code"] for result in results] == [
        "ok", "ledger.wrong_domain", "contracts.unknown", "ok", "ok",
    ]  # fmt: skip
    assert [result.get("status") for result in results] == [None, 400, 409, None, None]
    assert results[4] == results[0]
    assert results[3]["transaction"] == sha256(good[1]).hexdigest()


@pytest.mark.parametrize("body", [b"", b"\0\0\0", b"\0\0\0\5abcd", frame(b"x") * 1001])
def test_a_batch_whose_lengths_do_not_fit_is_refused_whole(world: World, body: bytes) -> None:
    answer = world.client.post("/v1/transactions/batch", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "input.bad_batch")


# ── preparing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_prepared_is_told_in_a_sentence_and_can_be_signed(world: World) -> None:
    key = get_key("azure-bay")
    request = {"public_key": key.public_key.hex(), "operations": [as_plain(make_registration())]}
    prepared = world.post("/v1/transactions/prepare", json.dumps(request).encode(), "azure-bay").json()
    signed = bytes.fromhex(prepared["bytes"])
    assert prepared["digest"] == sha256(signed).hexdigest()
    assert prepared["sentence"].startswith("Azure Bay registers version 1 of dataset readings")
    assert prepared["operations"] == request["operations"]
    receipt = world.submit(key.sign(signed) + signed).json()
    assert receipt["code"] == "ok"
    assert receipt["operations"] == request["operations"]
    following = world.client.post(
        "/v1/transactions/prepare",
        content=json.dumps(request | {"operations": [as_plain(make_registration(version=2))]}),
        headers={"Accept": "application/octet-stream"},
    ).content
    assert world.submit(key.sign(following) + following).json()["code"] == "ok"


def test_preparing_tells_strangers_neither_whose_a_key_is_nor_who_is_called_how(world: World) -> None:
    world.act("dune-shore", make_application("dune-shore"))
    sponsorship = as_plain(Sponsor("dune-shore", verdict=True))
    for label in ("azure-bay", "stranger"):
        key = get_key(label).public_key.hex()
        body = json.dumps({"public_key": key, "operations": [sponsorship]}).encode()
        for reader in (None, "dune-shore"):
            sentence = world.post("/v1/transactions/prepare", body, reader).json()["sentence"]
            assert sentence.startswith(key[:16])
            assert "Azure Bay" not in sentence
            assert "Dune Shore" not in sentence


# ── the door ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_strangers_cannot_fill_the_ledger_and_members_do_not_notice(world: World) -> None:
    applications = [world.make_wire(f"town-{number}", make_application(f"town-{number}")) for number in range(32)]
    answers = [world.submit(wire) for wire in applications]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429] * 2
    refused = answers[-1].json()
    assert (refused["code"], refused["rule"], refused["transaction"]) == ("request.too_many_strangers", "HTTP-22", None)
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].headers["Retry-After"] in refused["next_step"]
    assert world.submit(applications[0]).status_code == 200
    wires = frame(applications[31], world.make_wire("azure-bay", make_registration()))
    results = world.post("/v1/transactions/batch", wires).json()["results"]
    assert [result["code"] for result in results] == ["request.too_many_strangers", "ok"]


def test_what_leaves_no_trace_takes_no_applicants_place(world: World) -> None:
    for number in range(31):
        wire = world.make_wire(f"stranger {number}", make_registration())
        assert world.submit(wire).json()["code"] == "ledger.unknown_key"
        assert world.submit(wire[:-1]).status_code == 400
    assert world.act("dune-shore", make_application("dune-shore"))["code"] == "ok"


def test_what_is_not_rightly_signed_takes_no_applicants_place(world: World) -> None:
    application = make_application("dune-shore")
    for number in range(31):
        payload = Payload(bytes([number]) + bytes(31), 1, 0, 1, 100, 0, b"", (application,))
        signed = make_signed_bytes(get_key("dune-shore").public_key, payload)
        assert world.submit(get_key("dune-shore").sign(signed) + signed).json()["code"] == "ledger.wrong_chain"
        unsigned = world.make_wire(f"town-{number}", application)[64:]
        assert world.submit(bytes(64) + unsigned).json()["code"] == "ledger.bad_signature"
    assert world.act("dune-shore", application)["code"] == "ok"


def test_applications_are_counted_for_each_address_and_in_all(world: World) -> None:
    wires = [world.make_wire(f"town-{number}", make_application("dune-shore")) for number in range(302)]
    face: Face = world.client.app.state.face
    now_us = fetch_now_us()

    def count(wire: bytes, address: int) -> bool:
        return find_door_refusal(face, f"10.0.0.{address}", wire, now_us) is None

    assert [count(wire, 1) for wire in wires[:31]] == [True] * 30 + [False]
    assert [count(wire, 2 + number // 30) for number, wire in enumerate(wires[31:])] == [True] * 270 + [False]


PREPARED = {"public_key": "00" * 32, "operations": [as_plain(make_registration())]}


def test_bytes_that_could_never_be_sent_are_not_handed_out(world: World) -> None:
    operation = as_plain(make_registration())
    world.submit(world.make_wire("azure-bay", make_registration(), nonce=2**53 - 1))
    asked = {"public_key": get_key("azure-bay").public_key.hex(), "operations": [operation]}
    for changed, status, code in (
        ({}, 409, "lane.spent"),
        ({"lane": 1, "valid_for_heights": 1_000_000}, 409, "ledger.valid_too_long"),
    ):
        answer = world.client.post("/v1/transactions/prepare", json=asked | changed)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json()["next_step"]
    assert world.client.post("/v1/transactions/prepare", json=asked | {"lane": 1}).status_code == 200


def test_prepared_bytes_are_good_for_as_long_as_was_asked(world: World) -> None:
    asked = PREPARED | {"public_key": get_key("azure-bay").public_key.hex()}
    for changed, seconds in (({}, 7 * 86_400), ({"valid_for_seconds": 60}, 60)):
        now_us = world.node.engine.fetch_time()
        answer = world.client.post("/v1/transactions/prepare", json=asked | changed).json()
        wire = bytes(64) + bytes.fromhex(answer["bytes"])
        until = parse_transaction(wire, world.founded.chain_id).payload.valid_until
        assert now_us <= until - seconds * SECOND_US <= world.node.engine.fetch_time()
        assert answer["valid_until"] == format_time(until)


def test_what_is_prepared_on_a_chain_of_short_validity_is_taken(tmp_path: Path) -> None:
    key = get_key("azure-bay")
    asked = PREPARED | {"public_key": key.public_key.hex()}
    with World(tmp_path / "node", validity_heights_max=10) as world:
        for changed in ({}, {"valid_for_heights": None, "operations": [as_plain(make_registration(2))]}):
            answer = world.client.post("/v1/transactions/prepare", json=asked | changed)
            assert answer.status_code == 200, answer.text
            signed = bytes.fromhex(answer.json()["bytes"])
            assert world.submit(key.sign(signed) + signed).status_code == 200
        chosen = world.client.post("/v1/transactions/prepare", json=asked | {"valid_for_heights": 11})
        assert (chosen.status_code, chosen.json()["code"]) == (409, "ledger.valid_too_long")


def test_a_pending_action_is_made_anew_once_its_last_height_is_reached(tmp_path: Path) -> None:
    key, actions = get_key("azure-bay"), PendingActions()
    with World(tmp_path / "node", validity_heights_max=10) as world:
        pending = actions.keep(key.public_key, "azure-bay", Act(make_registration(), "", 0, "azure-bay"), 0)
        first = actions.prepare(world.node, pending)
        seen = []
        for number in range(1, 11):
            asked = PREPARED | {"public_key": get_key("birch-vale").public_key.hex()}
            asked["operations"] = [as_plain(make_registration(number))]
            signed = bytes.fromhex(world.client.post("/v1/transactions/prepare", json=asked).json()["bytes"])
            assert world.submit(get_key("birch-vale").sign(signed) + signed).status_code == 200
            seen.append(actions.prepare(world.node, pending) == first)
        assert seen == [True] * 9 + [False]


UNREADABLE = [
    ("input.not_json", b"{"),
    ("input.not_json", b"\xff"),
    ("input.not_json", b"[" * 100_000),
    ("input.not_json", b'{"lane": NaN}'),
    ("input.not_json", b'{"client_key": "\\ud800"}'),
    ("input.not_json", b'{"lane": ' + b"9" * 5000 + b"}"),
    ("input.repeated_field", b'{"public_key": "00", "public_key": "01"}'),
    ("input.does_not_fit", b"[]"),
    ("input.missing_field", b"{}"),
    ("input.unknown_field", json.dumps(PREPARED | {"gas": 1}).encode()),
    ("input.unknown_type", json.dumps(PREPARED | {"operations": [{"type": "contracts.burn"}]}).encode()),
    ("input.does_not_fit", json.dumps(PREPARED | {"operations": []}).encode()),
    ("input.does_not_fit", json.dumps(PREPARED | {"lane": 16}).encode()),
    ("input.does_not_fit", json.dumps(PREPARED | {"lane": True}).encode()),
    ("input.does_not_fit", json.dumps(PREPARED | {"valid_for_seconds": 366 * 86_400 + 1}).encode()),
    ("input.does_not_fit", json.dumps(PREPARED | {"client_key": "k" * 33}).encode()),
    ("input.not_hex", json.dumps(PREPARED | {"public_key": "AB" * 32}).encode()),
]


def test_a_request_that_cannot_be_read_says_why(world: World) -> None:
    for code, body in UNREADABLE:
        answer = world.client.post("/v1/transactions/prepare", content=body)
        assert (answer.status_code, answer.json()["code"]) == (400, code), body[:80]


@pytest.mark.parametrize("given", ["zz", "00", "AB" * 32, "ab" * 33])
def test_an_id_that_is_no_digest_is_refused(world: World, given: str) -> None:
    answer = world.get(f"/v1/transactions/{given}")
    assert (answer.status_code, answer.json()["code"]) == (400, "input.not_hex")


def test_an_unknown_transaction_is_not_found(world: World) -> None:
    answer = world.get(f"/v1/transactions/{'ab' * 32}")
    assert (answer.status_code, answer.json()["code"]) == (404, "read.no_such_transaction")


def test_a_problem_tells_the_last_height_on_disk_though_memory_is_ahead(world: World) -> None:
    assert world.submit(world.make_wire("cedar-ford", make_registration(1))).status_code == 200
    durable = world.get("/v1/status").json()["height"]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((world.folder / "blocks.log").stat().st_size, before[1]))
    try:
        refused = world.submit(world.make_wire("cedar-ford", make_registration(2)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    later = world.get("/v1/transactions/none")
    assert (refused.json()["code"], world.node.application.height) == ("disk.full", durable + 1)
    assert refused.json()["height"] == later.json()["height"] == durable


def test_what_is_durable_is_answered_though_the_index_finds_no_room(world: World) -> None:
    (pages,) = world.node.index.execute("PRAGMA page_count").fetchone()
    world.node.index.execute(f"PRAGMA max_page_count = {pages}")
    receipts: list[Json] = []
    while len(receipts) < 500:
        answer = world.submit(world.make_wire("cedar-ford", make_registration(len(receipts) + 1)))
        if answer.status_code == 503:  # the node stops after the answer that still found room in the log
            break
        receipts.append(answer.json())
    last = receipts[-1]
    assert [event["type"] for event in last["events"]] == ["datasets.registered"]
    assert last["signer"]["member"] == "cedar-ford"

    status = world.get("/v1/status").json()
    assert (status["stopped"], status["height"]) == ("disk.full", last["height"])
    assert world.client.get("/", headers={"Accept": "text/html"}).status_code == 200
    refused = world.submit(world.make_wire("cedar-ford", make_registration(len(receipts) + 1)))
    assert (refused.status_code, refused.json()["code"]) == (503, "disk.full")
    world.node.close()

    again = Node(world.folder)
    found = reads.get_receipt(again, bytes.fromhex(last["transaction"]), "en")
    again.close()
    assert found == last
