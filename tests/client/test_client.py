"""The client against nodes that lie, stammer or are not there. A true node is driven in tests/cli."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from hashlib import sha256
from threading import Event
from typing import Any, Literal

import pytest
from msgspec.structs import replace

from concordat.client.answers import ANSWER_BYTES_MAX, RefusedByNode
from concordat.client.api import Client
from concordat.client.clock import fetch_now_us
from concordat.client.keys import Key, derive_key
from concordat.client.operations import make_example
from concordat.client.requests import check_request
from concordat.client.signing import Page, check_page, fetch_clauses
from concordat.client.validity import make_wall_nonces
from concordat.contracts.terms import Terms
from concordat.contracts.text import Language, compute_document_digest, render_clauses
from concordat.crypto.checkpoint import Checkpoint, make_node_signature, render_signed_note
from concordat.crypto.proof import Trust
from concordat.errors import ConcordatError, Corrupt, NotFound, Stale, UsageError
from concordat.primitives.ledger_time import DAY_US, WEEK_US, parse_time
from concordat.primitives.plain import from_plain, to_plain
from concordat.protocol.families.contracts import Acknowledge, Propose, Sign
from concordat.protocol.params import DEFAULT_PARAMS
from concordat.protocol.transactions import Payload, make_signed_bytes, parse_transaction
from concordat.testing.consortium import NODE, START_US, Consortium
from concordat.testing.stand_in import Reply, Request, Respond, stand_in

KEY = derive_key("tests", "officer")
CONSORTIUM = Consortium(clock="real")
CONSORTIUM_OF_STORIES = Consortium(clock="scenario")
GENESIS = CONSORTIUM.genesis
NODE_KEY = CONSORTIUM.get_public_key(NODE)
CHAIN = sha256(GENESIS).digest()
OTHER_NODE = derive_key("tests", "another node").public_key
ACKNOWLEDGE = Acknowledge(1, 1)
UNTIL = parse_time("2021-02-14T09:00:00Z")

NOTHING = bytes(32)


def as_json(status: int, document: object) -> tuple[int, bytes]:
    return status, json.dumps(document).encode()


def make_problem(status: int, code: str, **more: object) -> dict[str, object]:
    return {"status": status, "code": code, "detail": "words", "reason": "words", "next_step": "more", **more}


def make_note(genesis: bytes, height: int, time: int, signer: str = NODE) -> bytes:
    checkpoint = Checkpoint(sha256(genesis).digest(), True, height, time, 1, NOTHING, NOTHING, NOTHING)
    key = Key(CONSORTIUM.get_seed(signer), "derived")
    return render_signed_note(checkpoint, make_node_signature(checkpoint, key.public_key, key.sign)).encode()


def answer_like_a_node(submit: Respond, node_key: bytes = NODE_KEY, genesis: bytes = GENESIS) -> Respond:
    """Answer status and genesis, and everything else as told."""

    def respond(request: Request) -> Reply:
        if request.path == "/v1/status":
            return as_json(200, {"chain_id": CHAIN.hex(), "node_key": node_key.hex(), "height": 7})
        if request.path == "/v1/genesis":
            return 200, genesis
        if request.path == "/v1/checkpoint":
            return 200, make_note(genesis, 7, START_US)
        return submit(request)

    return respond


def accept(request: Request) -> Reply:
    transaction = sha256(request.body).hexdigest()
    return as_json(200, {"code": "ok", "transaction": transaction, "height": 8})


def test_a_transaction_is_built_and_signed_here() -> None:
    with stand_in(answer_like_a_node(accept)) as (url, received), Client(url, KEY) as client:
        receipt = client.send([ACKNOWLEDGE], b"mine", nonce=5)
    (submitted,) = (request for request in received if request.method == "POST")
    transaction = parse_transaction(submitted.body, CHAIN)
    until = transaction.payload.valid_until
    assert receipt["transaction"] == transaction.id.hex()
    assert transaction.public_key == KEY.public_key
    assert transaction.payload == Payload(CHAIN, 1, 0, 5, 1007, until, b"mine", (ACKNOWLEDGE,))
    assert all(KEY.seed not in request.body and KEY.seed.hex() not in str(request.headers) for request in received)


@pytest.mark.parametrize("clock", ["real", "scenario"])
def test_validity_counts_from_this_clock_or_genesis_unless_time_is_simulated(
    clock: Literal["real", "scenario"],
) -> None:
    genesis = Consortium(clock=clock).genesis
    told = "2150-01-01T00:00:00Z"

    def respond(request: Request) -> Reply:
        if request.path == "/v1/status":  # a node may say any time, and that it is simulated
            status = {"chain_id": sha256(genesis).hexdigest(), "node_key": OTHER_NODE.hex(), "height": 7, "time": told}
            return as_json(200, {**status, "clock": "scenario", "simulated": True})
        return (200, genesis) if request.path == "/v1/genesis" else accept(request)

    before = fetch_now_us()
    with stand_in(respond) as (url, received), Client(url, KEY) as client:
        client.send([ACKNOWLEDGE])
    (submitted,) = (request for request in received if request.method == "POST")
    begins = parse_transaction(submitted.body, sha256(genesis).digest()).payload.valid_until - WEEK_US
    if clock == "scenario":
        assert begins == parse_time(told)
    else:
        assert max(before, START_US) <= begins <= max(fetch_now_us(), START_US)


@pytest.mark.parametrize("pinned", ["genesis", "key"])
def test_under_a_pinned_root_height_and_simulated_time_are_those_that_its_key_signed(pinned: str) -> None:
    genesis = CONSORTIUM_OF_STORIES.genesis
    trust = Trust(genesis=genesis) if pinned == "genesis" else Trust(node_key=NODE_KEY)

    def respond_with(note: bytes) -> Respond:
        def respond(request: Request) -> Reply:
            if request.path == "/v1/status":
                status = {"chain_id": sha256(genesis).hexdigest(), "node_key": NODE_KEY.hex(), "height": 2**40}
                return as_json(200, status | {"time": "2150-01-01T00:00:00Z"})
            if request.path == "/v1/checkpoint":
                return 200, note
            return (200, genesis) if request.path == "/v1/genesis" else None

        return respond

    with (
        stand_in(respond_with(make_note(genesis, 7, UNTIL))) as (url, received),
        Client(url, KEY, trust) as client,
    ):
        assert client.fetch_valid_until_max() == UNTIL + WEEK_US + DAY_US
        with pytest.raises(NotFound, match=r"node\.unreachable"):
            client.send([ACKNOWLEDGE])
    payload = parse_transaction(received[-1].body, sha256(genesis).digest()).payload
    assert (payload.valid_until_height, payload.valid_until) == (1007, UNTIL + WEEK_US)

    with (
        stand_in(respond_with(make_note(genesis, 7, UNTIL, "azure-bay"))) as (url, received),
        Client(url, KEY, trust) as client,
        pytest.raises(Corrupt, match=r"proof\.bad_signature"),
    ):
        client.send([ACKNOWLEDGE])
    assert {request.method for request in received} == {"GET"}


@pytest.mark.parametrize("told", [{}, {"time": "soon"}, {"time": 7}, {"time": None}], ids=str)
def test_a_simulated_time_that_is_none_is_no_nodes(told: dict[str, object]) -> None:
    genesis = CONSORTIUM_OF_STORIES.genesis
    status = {"chain_id": sha256(genesis).hexdigest(), "node_key": NODE_KEY.hex(), "height": 7, **told}

    def respond(request: Request) -> Reply:
        return as_json(200, status) if request.path == "/v1/status" else (200, genesis)

    with stand_in(respond) as (url, _), Client(url, KEY) as client, pytest.raises(NotFound) as caught:
        client.send([ACKNOWLEDGE])
    assert caught.value.code == "node.unreadable"


@pytest.mark.parametrize(("heights_max", "last"), [(10, 17), (999, 1006), (1001, 1007)])
def test_a_transaction_is_good_for_no_more_heights_than_the_chain_allows(heights_max: int, last: int) -> None:
    genesis = Consortium(clock="real", params=replace(DEFAULT_PARAMS, validity_heights_max=heights_max)).genesis

    def respond(request: Request) -> Reply:
        if request.path == "/v1/status":
            status = {"chain_id": sha256(genesis).hexdigest(), "node_key": NODE_KEY.hex(), "height": 7}
            return as_json(200, status)
        return (200, genesis) if request.path == "/v1/genesis" else accept(request)

    with stand_in(respond) as (url, received), Client(url, KEY) as client:
        client.send([ACKNOWLEDGE])
    (submitted,) = (request for request in received if request.method == "POST")
    assert parse_transaction(submitted.body, sha256(genesis).digest()).payload.valid_until_height == last


def test_a_lost_connection_is_tried_again_with_the_same_bytes() -> None:
    losses = [True, True]

    def submit(request: Request) -> Reply:
        return None if losses and losses.pop() else accept(request)

    with stand_in(answer_like_a_node(submit)) as (url, received), Client(url, KEY) as client:
        client.send([ACKNOWLEDGE])
    bodies = [request.body for request in received if request.method == "POST"]
    assert len(bodies) == 3
    assert len(set(bodies)) == 1


@pytest.mark.parametrize(("nonce", "tries"), [(None, 3), (5, 1)])
def test_a_number_that_is_taken_is_changed_for_the_next_unless_it_was_chosen(nonce: int | None, tries: int) -> None:
    refusal = as_json(409, make_problem(409, "ledger.nonce_used"))
    with (
        stand_in(answer_like_a_node(lambda _: refusal)) as (url, received),
        Client(url, KEY) as client,
        pytest.raises(RefusedByNode),
    ):
        client.send([ACKNOWLEDGE], nonce=nonce)
    sent = {parse_transaction(request.body, CHAIN).payload.nonce for request in received if request.method == "POST"}
    assert len(sent) == sum(request.method == "POST" for request in received) == tries


def test_a_signed_read_is_signed_anew_when_it_is_tried_again() -> None:
    losses = [True]

    def read(_: Request) -> Reply:
        return None if losses and losses.pop() else as_json(200, [])

    with stand_in(answer_like_a_node(read)) as (url, received), Client(url, KEY) as client:
        assert client.get("/v1/members?x=1") == []
    headers = [request.headers["Authorization"] for request in received if request.path == "/v1/members?x=1"]
    assert len(set(headers)) == 2
    for header in headers:
        now_us = int(header.partition('time="')[2].partition('"')[0])
        assert check_request(header, CHAIN, NODE_KEY, "GET", "/v1/members?x=1", b"", now_us)[0] == KEY.public_key


@pytest.mark.parametrize("trust", [Trust(genesis=GENESIS), Trust(node_key=NODE_KEY)])
def test_a_node_with_another_key_than_the_pinned_one_gets_nothing_signed(trust: Trust) -> None:
    with (
        stand_in(answer_like_a_node(accept, OTHER_NODE)) as (url, received),
        Client(url, KEY, trust) as client,
        pytest.raises(Corrupt, match=r"node\.not_pinned"),
    ):
        client.get("/v1/members")
    assert [request.path for request in received] == ["/v1/status"]


def test_a_node_of_another_chain_gets_nothing_signed() -> None:
    with (
        stand_in(answer_like_a_node(accept)) as (url, received),
        Client(url, KEY, Trust(genesis=b"another genesis")) as client,
        pytest.raises(Corrupt, match=r"node\.other_chain"),
    ):
        client.send([ACKNOWLEDGE])
    assert {request.path for request in received} == {"/v1/status"}


def test_genesis_must_be_the_chains_own() -> None:
    with (
        stand_in(answer_like_a_node(accept, genesis=b"other")) as (url, _),
        Client(url) as client,
        pytest.raises(Corrupt, match=r"node\.other_chain"),
    ):
        client.genesis()
    pinned = Trust(genesis=GENESIS)
    with stand_in(answer_like_a_node(accept)) as (url, _), Client(url, trust=pinned) as client:
        assert client.genesis() == GENESIS


@pytest.mark.parametrize("status", [200, 409])
def test_an_answer_without_a_proof_is_not_believed_when_genesis_is_pinned(status: int) -> None:
    def lie(request: Request) -> Reply:
        if request.method == "GET":
            return 200, b"concordat/proof/v1\njunk"
        name = sha256(request.body).hexdigest()
        told = {"code": "ok"} if status == 200 else make_problem(status, "contracts.unknown")
        return as_json(status, told | {"transaction": name, "height": 8})

    with (
        stand_in(answer_like_a_node(lie)) as (url, _),
        Client(url, KEY, Trust(genesis=GENESIS)) as client,
        pytest.raises(Corrupt, match=r"node\.unproved"),
    ):
        client.send([ACKNOWLEDGE])


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, UsageError), (404, NotFound), (409, RefusedByNode), (403, RefusedByNode), (408, Stale), (503, Stale)],
)
def test_a_problem_becomes_the_error_of_its_kind(status: int, kind: type[ConcordatError]) -> None:
    problem = make_problem(status, "some.code", rule="X-1")
    with (
        stand_in(lambda _: as_json(status, problem)) as (url, _),
        Client(url) as client,
        pytest.raises(kind) as caught,
    ):
        client.get("/v1/members")
    assert (caught.value.code, caught.value.detail) == ("some.code", "words")
    if isinstance(caught.value, RefusedByNode):
        assert caught.value.document == problem


HUGE = json.dumps({"chain_id": "00", "node_key": "00", "height": 2**60}).encode()
BARE = b'{"chain_id": "00", "node_key": "00"}'
DEEP = b"[" * 200_000 + b"]" * 200_000
NO_STATUS = (b"", b"<html>", b"[]", b'"x"', b"{}", b'{"chain_id": "xx"}', BARE, HUGE, DEEP)


@pytest.mark.parametrize("body", NO_STATUS, ids=len)
@pytest.mark.parametrize("status", [200, 500])
def test_something_else_than_a_node_is_told(status: int, body: bytes) -> None:
    with (
        stand_in(lambda _: (status, body)) as (url, _),
        Client(url) as client,
        pytest.raises(NotFound, match=r"node\.unreadable"),
    ):
        client.status()


PROBLEM = make_problem(409, "some.code")
NO_PROBLEMS: dict[str, Reply] = {
    "a receipt": (*as_json(409, {"code": "ok", "reasons": []}), "application/json"),
    "a problem by another name": (*as_json(409, PROBLEM), "application/json"),
    "a problem of another status": as_json(400, PROBLEM),
    "a code that is none": as_json(409, PROBLEM | {"code": "ok"}),
    "no reason": as_json(409, {name: value for name, value in PROBLEM.items() if name != "reason"}),
    "no words": as_json(409, PROBLEM | {"next_step": None}),
    "no grounds": as_json(409, PROBLEM | {"reasons": ["a"]}),
    "half a character": (409, json.dumps(PROBLEM | {"reason": "\ud800"}).encode()),
}


@pytest.mark.parametrize("reply", NO_PROBLEMS.values(), ids=NO_PROBLEMS)
def test_a_refusal_that_is_no_problem_document_is_no_nodes(reply: Reply) -> None:
    with stand_in(lambda _: reply) as (url, _), Client(url) as client, pytest.raises(NotFound) as caught:
        client.get("/v1/members")
    assert caught.value.code == "node.unreadable"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ZEROS = b"0" * 65_536


@pytest.mark.parametrize("status", [b"200 OK", b"409 Conflict"])
def test_an_endless_answer_is_not_read_to_its_end(status: bytes) -> None:
    sent = 0

    def pour() -> Iterator[bytes]:
        nonlocal sent
        yield b"HTTP/1.1 " + status + b"\r\n\r\n"
        while sent < 4 * ANSWER_BYTES_MAX:
            sent += len(ZEROS)
            yield ZEROS

    with stand_in(lambda _: pour()) as (url, received), Client(url) as client, pytest.raises(NotFound) as caught:
        client.fetch("/v1/checkpoint")
    assert caught.value.code == "node.unreadable"
    assert len(received) == 1
    assert sent < 2 * ANSWER_BYTES_MAX


def test_the_largest_answer_is_read_whole() -> None:
    body = b"0" * ANSWER_BYTES_MAX
    with stand_in(lambda _: (200, body)) as (url, _), Client(url) as client:
        assert client.fetch("/v1/checkpoint") == body
    with stand_in(lambda _: (200, body + b"0")) as (url, _), Client(url) as client, pytest.raises(NotFound) as caught:
        client.fetch("/v1/checkpoint")
    assert caught.value.code == "node.unreadable"


def test_an_answer_is_asked_for_and_read_without_encoding() -> None:
    packed = gzip.compress(bytes(2 * ANSWER_BYTES_MAX), 1)
    wire = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed
    with stand_in(lambda _: iter([wire])) as (url, received), Client(url) as client, pytest.raises(NotFound) as caught:
        client.fetch("/v1/checkpoint")
    assert caught.value.code == "node.unreadable"
    assert {request.headers["Accept-Encoding"] for request in received} == {"identity"}


@pytest.mark.parametrize("begun", [HEAD, HEAD + b"Content-Length: 9\r\n\r\n{"], ids=["head", "body"])
def test_a_dripping_answer_is_waited_for_once_and_not_for_ever(begun: bytes) -> None:
    has_begun, is_over = Event(), Event()

    def drip() -> Iterator[bytes]:
        yield begun
        has_begun.set()
        is_over.wait()

    def wait_in_vain(_: Event, timeout_s: float) -> bool:
        assert timeout_s > 0
        return not has_begun.wait()

    with stand_in(lambda _: drip()) as (url, received), Client(url, wait=wait_in_vain) as client:
        with pytest.raises(NotFound) as caught:
            client.status()
        is_over.set()
    assert caught.value.code == "node.broke_off"
    assert len(received) == 1


def test_an_answer_that_breaks_off_is_asked_for_again_and_told_as_such() -> None:
    wire = HEAD + b"Content-Length: 99\r\n\r\n{}"
    losses = [True]

    def submit(request: Request) -> Reply:
        return iter([wire]) if losses and losses.pop() else accept(request)

    with stand_in(answer_like_a_node(submit)) as (url, received), Client(url, KEY) as client:
        client.send([ACKNOWLEDGE])
    bodies = [request.body for request in received if request.method == "POST"]
    assert len(bodies) == 2
    assert len(set(bodies)) == 1

    with stand_in(lambda _: iter([wire])) as (url, received), Client(url) as client, pytest.raises(NotFound) as caught:
        client.status()
    assert caught.value.code == "node.broke_off"
    assert len(received) == 3


def test_nobody_there_is_told_after_three_attempts() -> None:
    with (
        stand_in(lambda _: None) as (url, received),
        Client(url) as client,
        pytest.raises(NotFound, match=r"node\.unreachable"),
    ):
        client.status()
    assert len(received) == 3


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://x", "http://", "http://[", "http://x:99999"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    with pytest.raises(ConcordatError, match=r"node\.(bad_address|unreachable)"):
        Client(url).status()


def make_unsigned(
    operations: tuple[Acknowledge | Sign, ...],
    public_key: bytes = KEY.public_key,
    until: int = UNTIL,
    chain: bytes = CHAIN,
) -> bytes:
    return make_signed_bytes(public_key, Payload(chain, 1, 0, 1, 100, until, b"", operations))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, None),
        ({"digest": bytes(32)}, "sign.differs"),
        ({"sentence": "azure-bay accepts the delivery for obligation 2 of contract C-0001."}, "sign.differs"),
        ({"member": "birch-vale"}, "sign.differs"),
        ({"operations": (Acknowledge(1, 2),)}, "sign.differs"),
        ({"unsigned": make_unsigned((ACKNOWLEDGE,), bytes(32))}, "sign.other_key"),
        ({"unsigned": make_unsigned((ACKNOWLEDGE,), until=UNTIL + 1)}, "sign.differs"),
        ({"unsigned": make_unsigned((ACKNOWLEDGE, Sign(2, bytes(32))))}, "sign.differs"),
        ({"unsigned": make_unsigned((ACKNOWLEDGE,), chain=bytes(32))}, "sign.differs"),
        ({"unsigned": b""}, "sign.differs"),
        ({"unsigned": b"junk" * 40}, "sign.differs"),
    ],
)
def test_a_page_that_says_anything_else_than_its_bytes_is_refused(changed: dict[str, Any], code: str | None) -> None:
    data = make_unsigned((ACKNOWLEDGE,))
    sentence = "azure-bay accepts the delivery for obligation 1 of contract C-0001."
    page = replace(Page(data, sha256(data).digest(), "azure-bay", sentence, (ACKNOWLEDGE,), "/", None), **changed)
    if code is None:
        check_page(page, KEY.public_key, CHAIN, UNTIL, "en")
        return
    with pytest.raises(Corrupt) as caught:
        check_page(page, KEY.public_key, CHAIN, UNTIL, "en")
    assert caught.value.code == code
    assert "encoding." not in caught.value.detail
    if code == "sign.other_key":
        assert bytes(32).hex() in caught.value.detail


def test_the_clauses_of_what_is_signed_are_made_here_from_its_terms() -> None:
    terms = make_terms("azure-bay", "birch-vale")
    sign = Sign(1, compute_document_digest(terms))
    assert tell_clauses(Propose(terms), terms, "en") == list(render_clauses(terms, "en"))
    assert tell_clauses(sign, terms, "zh") == list(render_clauses(terms, "zh"))
    with pytest.raises(Corrupt, match=r"sign\.other_document"):
        tell_clauses(sign, make_terms("azure-bay", "cedar-ford"), "zh")


def tell_clauses(operation: Propose | Sign, shown: Terms, language: Language) -> list[str]:
    answer = as_json(200, {"terms": to_plain(shown), "document": compute_document_digest(shown).hex()})
    with stand_in(answer_like_a_node(lambda _: answer)) as (url, _), Client(url, KEY) as client:
        return list(fetch_clauses(client, [operation], language))


def make_terms(*parties: str) -> Terms:
    return from_plain(Terms, make_example(Terms) | {"parties": list(parties)})


def test_nonces_rise_even_within_one_microsecond() -> None:
    next_nonce = make_wall_nonces()
    nonces = [next_nonce() for _ in range(5000)]
    assert nonces == sorted(set(nonces))
    assert nonces[-1] < 2**53
