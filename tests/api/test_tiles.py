"""The log as tools of other logs read it, and the cosignatures that a node takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient
from msgspec.structs import replace

from concordat.api.server import make_app
from concordat.client.keys import Key, derive_key
from concordat.crypto.checkpoint import make_node_signature, parse_signed_note, render_line, render_note
from concordat.crypto.cosignature import KIND_COSIGNATURE, VerifierKey, make_cosignature, render_verifier_key
from concordat.crypto.merkle import hash_leaf
from concordat.crypto.policy import parse_policy
from concordat.crypto.proof import Trust, verify_proof
from concordat.node.node import Node
from concordat.node.proofs import make_entry_proof
from concordat.witness.tiles import TiledLog

from .world import World, make_registration

WITNESS = derive_key("tests of tiles", "witness")
NAME = "witness.azure-bay.example"
VERIFIER = render_verifier_key(VerifierKey(NAME, KIND_COSIGNATURE, WITNESS.public_key))
POLICY = parse_policy(f"witness w {VERIFIER}\nquorum w\n".encode())


@pytest.fixture
def grown(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "node") as world:
        for version in range(1, 4):
            world.act("azure-bay", make_registration(version))
        yield world


def cosign(note: str, key: Key = WITNESS, name: str = NAME) -> str:
    body = render_note(parse_signed_note(note).checkpoint)
    return note + render_line(make_cosignature(name, key.public_key, key.sign, body, 1_800_000_000))


def test_the_tiles_give_the_root_that_the_checkpoint_names(grown: World) -> None:
    answer = grown.client.get("/v1/checkpoint")
    assert answer.headers["content-type"].startswith("text/plain; charset=utf-8")
    checkpoint = parse_signed_note(answer.text).checkpoint
    tiled = TiledLog(checkpoint.log_size, lambda path: grown.client.get(f"/v1/{path}").content)
    assert tiled.root_at(checkpoint.log_size) == checkpoint.log_root
    tile = grown.client.get(f"/v1/tile/0/000.p/{checkpoint.log_size}")
    assert "immutable" in tile.headers["cache-control"]


def test_a_bundle_holds_the_entries_that_the_tile_hashes_and_is_for_members(grown: World) -> None:
    size = parse_signed_note(grown.client.get("/v1/checkpoint").text).checkpoint.log_size
    path = f"/v1/tile/entries/000.p/{size}"
    assert grown.client.get(path).status_code == 401
    rest, leaves = grown.get(path, "cedar-ford").content, []
    while rest:
        length = int.from_bytes(rest[:2], "big")
        leaves.append(rest[2 : 2 + length])
        rest = rest[2 + length :]
    tile = grown.client.get(f"/v1/tile/0/000.p/{size}").content
    assert b"".join(map(hash_leaf, leaves)) == tile


@pytest.mark.parametrize(
    "path",
    [
        *("0/000", "0/001.p/1", "0/000.p/0", "0/000.p/256", "0/000.p/01", "0/000.p/99", "0/x000/000.p/1", "0/0.p/1"),
        *("1/000.p/1", "63/000.p/1", "64/000.p/1", "0/x001/x999/999", "0/" + "x999/" * 40 + "999", "0/000.p", "0/"),
    ],
)
def test_what_is_no_tile_of_this_log_is_not_found(grown: World, path: str) -> None:
    answer = grown.client.get(f"/v1/tile/{path}")
    assert answer.status_code == 404
    assert answer.json()["code"] in {"read.no_such_tile", "request.unknown_path"}


def test_a_named_witness_stands_in_note_and_proof_and_others_do_not(tmp_path: Path) -> None:
    with World(tmp_path / "node") as world:
        world.act("azure-bay", make_registration())
        note = world.client.get("/v1/checkpoint").text
        unknown = world.client.post("/v1/checkpoint/cosignatures", content=cosign(note))
        assert (unknown.status_code, unknown.json()["code"]) == (409, "witness.unknown")
    node = Node(tmp_path / "node", witnesses=POLICY)
    with TestClient(make_app(node)) as client:
        note = client.get("/v1/checkpoint").text
        checkpoint = parse_signed_note(note).checkpoint

        def bring(text: str) -> tuple[int, str]:
            answer = client.post("/v1/checkpoint/cosignatures", content=text)
            document = answer.json()
            return answer.status_code, document.get("code") or ",".join(document["witnesses"])

        stranger = derive_key("tests of tiles", "stranger")
        other = replace(checkpoint, log_root=bytes(32), height=checkpoint.height + 1)
        signed = make_node_signature(other, node.key.public_key, node.key.sign)
        forged = make_node_signature(checkpoint, stranger.public_key, stranger.sign)
        assert bring("junk") == (400, "checkpoint.malformed")
        assert bring(note) == (409, "witness.unknown")
        assert bring(cosign(note, stranger)) == (409, "witness.unknown")
        assert bring(cosign(f"{render_note(checkpoint).decode()}\n{render_line(forged)}")) == (409, "witness.other_log")
        assert bring(cosign(f"{render_note(other).decode()}\n{render_line(signed)}")) == (409, "witness.other_history")
        assert client.get("/v1/checkpoint").text == note
        assert bring(cosign(note)) == (200, NAME)
        assert client.get("/v1/checkpoint").text == cosign(note)
        genesis = client.get("/v1/genesis").content
    node.close()
    node = Node(tmp_path / "node", witnesses=POLICY)  # the file is read again, and believed only of whom is named
    verification = verify_proof(make_entry_proof(node, 0), Trust(genesis=genesis), POLICY)
    assert (verification.code, [name for name, _, _ in verification.witnesses]) == ("ok", [NAME])
    node.close()
    unnamed = Node(tmp_path / "node")
    assert unnamed.cosignatures.find(checkpoint) == ()
    unnamed.close()


def test_a_busy_ledgers_entry_is_proved_at_a_checkpoint_that_a_witness_has_cosigned(tmp_path: Path) -> None:
    with World(tmp_path / "node", witnesses=POLICY) as world:
        trust = Trust(genesis=world.node.genesis_bytes)

        def ask(path: str) -> bytes:
            return world.client.get(f"/v1/{path}/proof?witnessed=true").content

        sent = world.act("azure-bay", make_registration())
        early = world.client.get(f"/v1/transactions/{sent['transaction']}/proof?witnessed=true")
        assert (early.status_code, early.json()["code"]) == (409, "witness.not_yet")
        note = world.client.get("/v1/checkpoint").text
        assert world.client.post("/v1/checkpoint/cosignatures", content=cosign(note)).status_code == 200
        still = verify_proof(ask(f"transactions/{sent['transaction']}"), trust, POLICY)
        assert (still.code, len(still.entries), len(still.states)) == ("ok", 1, 1)
        later = world.act("azure-bay", make_registration(2))
        newest = world.client.get(f"/v1/transactions/{sent['transaction']}/proof").content
        assert verify_proof(newest, trust, POLICY).code == "policy_not_met"
        found = verify_proof(ask(f"transactions/{sent['transaction']}"), trust, POLICY)
        assert (found.code, found.entries, found.states) == ("ok", still.entries, ())
        assert found.checkpoint == parse_signed_note(note).checkpoint
        assert [name for name, _, _ in found.witnesses] == [NAME]
        first = world.get("/v1/ledger/0/proof?witnessed=true", "azure-bay").content
        assert verify_proof(first, trust, POLICY).code == "ok"
        again = world.client.get(f"/v1/transactions/{later['transaction']}/proof?witnessed=true")
        assert again.json()["code"] == "witness.not_yet"
