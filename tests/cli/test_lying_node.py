"""What a node tells of contracts is made anew on the reader's machine, and proved where a root is pinned."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from concordat.client.api import Client
from concordat.client.contracts import fetch_contract
from concordat.client.keys import Key, save_key
from concordat.client.proofs import Subject, fetch_proof
from concordat.client.signing import check_member
from concordat.crypto.proof import Trust
from concordat.errors import ConcordatError, Corrupt
from concordat.primitives.plain import Json
from concordat.testing.consortium import Consortium
from concordat.testing.stand_in import Reply, Request, stand_in

from .test_node import serve, stand_between
from .world import Call, World

Change = Callable[[Json], object]


@dataclass(frozen=True)
class Party:
    """A party of the contract that a node has, and what the node tells of it."""

    url: str
    key: Path
    genesis: Path
    node_key: bytes
    height: int
    told: Json
    proof: bytes


@pytest.fixture(scope="module")
def party(sound: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Party]:
    folder = tmp_path_factory.mktemp("lying")
    path, node, key = folder / "party.key", folder / "node", Key(Consortium().get_seed("azure-bay"), "derived")
    save_key(path, key)
    with serve(Path(shutil.copytree(sound.node, node)), folder / "ready.json") as url, Client(url, key) as client:
        node_key, told = bytes.fromhex(client.status()["node_key"]), client.get("/v1/contracts/1")
        proof = client.fetch("/v1/contracts/1/proof")
        yield Party(url, path, sound.genesis, node_key, sound.height, told, proof)


@pytest.fixture(scope="module")
def genesis(party: Party) -> Trust:
    return Trust(genesis=party.genesis.read_bytes())


@contextmanager
def serve_answers(
    party: Party, answers: list[Json], proof: bytes, *, height: int = 0, chain_id: str | None = None
) -> Iterator[tuple[str, list[Request]]]:
    """Stand in for the node: one answer on the contract after the other, the last one for ever."""
    chain_id = chain_id or sha256(party.genesis.read_bytes()).hexdigest()
    status = {"chain_id": chain_id, "node_key": party.node_key.hex(), "height": height}
    waiting = list(answers)

    def respond(request: Request) -> Reply:
        match request.path:
            case "/v1/status":
                return 200, json.dumps(status).encode()
            case "/v1/contracts/1":
                return 200, json.dumps(waiting.pop(0) if len(waiting) > 1 else waiting[0]).encode()
        return 200, proof if request.path.partition("?")[0].endswith("/proof") else b"{}"

    with stand_in(respond) as served:
        yield served


def shrink(told: Json) -> None:
    told["terms"]["obligations"][0]["size"] = 1


def tell_otherwise(lied_about: str, change: Change) -> Callable[[str, bytes], bytes]:
    """Return what a node does that changes its answer at one path."""

    def lie(path: str, data: bytes) -> bytes:
        if path != lied_about:
            return data
        told = json.loads(data)
        change(told)
        return json.dumps(told).encode()

    return lie


CHANGES: dict[str, tuple[str, Change]] = {
    "terms": ("node.other_document", shrink),
    "document": ("node.other_document", lambda told: told.update(document="00" * 32)),
    "number": ("node.other_document", lambda told: told.update(id=2)),
    "title": ("node.other_document", lambda told: told["title"].update(en="Another")),
    "parties": ("node.other_document", lambda told: told["parties"].pop()),
    "size": ("node.other_document", lambda told: told.update(size=1)),
    "creditors": ("node.other_document", lambda told: told["duties"][0]["creditors"].append("birch-vale")),
    "subject": ("node.other_document", lambda told: told["duties"][0]["subject"].update(zh="别的")),
    "deadline": ("node.other_document", lambda told: told["duties"][0].update(agreed_due="2027-02-14T09:00:00Z")),
    "duties": ("node.other_document", lambda told: told["duties"].clear()),
    "status": ("node.unproved", lambda told: told.update(status="active")),
    "signers": ("node.unproved", lambda told: told["signed"].pop()),
    "time of a signature": ("node.unproved", lambda told: told["signatures"][0].update(time="1999-01-01T00:00:00Z")),
    "key of a signature": ("node.unproved", lambda told: told["signatures"][0].update(public_key="00" * 32)),
    "begin": ("node.unproved", lambda told: told.update(activated_at="1999-01-01T00:00:00Z")),
    "wish to end": ("node.unproved", lambda told: told["wants_end"].append("azure-bay")),
    "no terms": ("node.unreadable", lambda told: told.pop("terms")),
    "no signers": ("node.unreadable", lambda told: told.update(signed=None)),
    "no document": ("node.unreadable", lambda told: told.update(document=None)),
    "no such status": ("node.unreadable", lambda told: told.update(status="lost")),
    "no deadline": ("node.unreadable", lambda told: told["duties"][0].update(due="soon")),
    "no actor": ("node.unreadable", lambda told: told.update(next={"action": "deliver"})),
    "no duties": ("node.unreadable", lambda told: told.pop("duties")),
}
SHOW = ("contract", "show", "1", "--key")


@pytest.mark.parametrize(("code", "change"), CHANGES.values(), ids=CHANGES)
def test_a_contract_told_otherwise_than_it_was_signed_is_not_shown(
    party: Party, genesis: Trust, code: str, change: Change
) -> None:
    told = json.loads(json.dumps(party.told))
    change(told)
    with (
        serve_answers(party, [told], party.proof) as (url, _),
        Client(url, trust=genesis) as client,
        pytest.raises(ConcordatError) as caught,
    ):
        fetch_contract(client, 1)
    assert caught.value.code == code


def test_a_contract_is_shown_with_the_height_at_which_it_is_proved(call: Call, party: Party) -> None:
    shown = call("contract-show", *SHOW, party.key, "--trust", party.genesis, "--node", party.url)
    assert shown.document["status"] == "completed"
    assert shown.document["proved_at"]["height"] == party.height
    unproved = call("contract-show", *SHOW, party.key, "--node", party.url)
    assert unproved.document["proved_at"] is None
    with stand_between(party.url, tell_otherwise("/v1/contracts/1", CHANGES["status"][1])) as address:
        lied = call("contract-show", *SHOW, party.key, "--trust", party.genesis, "--node", address)
    assert (lied.status, lied.document["code"]) == (5, "node.unproved")
    assert "C-0001." in lied.document["reason"]


def test_an_old_answer_with_its_old_proof_is_stale(call: Call, party: Party) -> None:
    with serve_answers(party, [party.told], party.proof, height=party.height + 1) as (url, _):
        stale = call("contract-show", "contract", "show", "1", "--trust", party.genesis, "--node", url)
    assert (stale.status, stale.document["code"]) == (6, "node.behind")


def test_a_contract_that_changes_between_two_requests_is_asked_for_again(party: Party, genesis: Trust) -> None:
    before = party.told | {"status": "active"}
    with serve_answers(party, [before, party.told], party.proof) as (url, _), Client(url, trust=genesis) as client:
        assert fetch_contract(client, 1)["status"] == "completed"
    with (
        serve_answers(party, [before, before], party.proof) as (url, _),
        Client(url, trust=genesis) as client,
        pytest.raises(Corrupt, match=r"node\.unproved"),
    ):
        fetch_contract(client, 1)


@pytest.mark.parametrize(
    ("subject", "name"), [("contract", 2), ("member", "dune-shore"), ("entry", 4000), ("tx", "ab" * 32)]
)
def test_the_proof_of_another_thing_is_not_saved(
    party: Party, genesis: Trust, subject: Subject, name: str | int
) -> None:
    with (
        serve_answers(party, [party.told], party.proof) as (url, _),
        Client(url, trust=genesis) as client,
        pytest.raises(Corrupt, match=r"^node\.unproved"),
    ):
        fetch_proof(client, subject, name)


def test_another_member_or_transaction_than_asked_for_is_not_shown(call: Call, party: Party) -> None:
    def lie(path: str, data: bytes) -> bytes:
        return b'{"id": "birch-vale", "transaction": "00"}' if path.startswith(("/v1/members", "/v1/trans")) else data

    with stand_between(party.url, lie) as address:
        for asked in (("member", "show", "azure-bay"), ("receipt", "ab" * 32)):
            answer = call(None, *asked, "--key", party.key, "--node", address)
            assert (answer.status, answer.document["code"]) == (3, "node.unreadable")


def test_a_proof_of_another_chain_of_the_same_node_is_not_believed(party: Party) -> None:
    """Whoever pins a key alone is told by the node which chain it is; the proof has to agree."""
    pinned = Trust(node_key=party.node_key)
    with serve_answers(party, [party.told], party.proof) as (url, _), Client(url, trust=pinned) as client:
        assert fetch_contract(client, 1)["status"] == "completed"
        assert fetch_proof(client, "contract", 1) == party.proof
    asked: list[Callable[[Client], object]] = [
        lambda client: fetch_contract(client, 1),
        lambda client: fetch_proof(client, "contract", 1),
        lambda client: client.fetch_receipt("00" * 32),
        lambda client: check_member(client, "azure-bay", bytes(32)),
    ]
    for ask in asked:
        with (
            serve_answers(party, [party.told], party.proof, chain_id="00" * 32) as (url, _),
            Client(url, trust=pinned) as client,
            pytest.raises(Corrupt, match=r"proof\.other_chain"),
        ):
            ask(client)


def test_terms_that_are_not_those_of_the_draft_are_not_handed_on(
    call: Call, party: Party, tmp_path: Path
) -> None:
    url, key = party.url, party.key
    example = call("tx-example", "contract", "draft", "--example").document["example"]
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps(example))

    words = ("contract", "draft", draft, "--key", key, "--node")
    assert call("contract-draft", *words, url).document["clauses"]
    with stand_between(url, tell_otherwise("/v1/contracts/draft", shrink)) as address:
        answer = call("contract-draft", *words, address)
    assert (answer.status, answer.document["code"]) == (5, "sign.differs")
