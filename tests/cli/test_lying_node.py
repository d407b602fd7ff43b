"""What a node tells of contracts is made anew on the reader's machine, and proved where a root is pinned."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from concordat.client.keys import Key, save_key
from concordat.primitives.plain import Json
from concordat.testing.consortium import Consortium

from .test_node import serve, stand_between
from .world import Call, World

Change = Callable[[Json], object]


@pytest.fixture(scope="module")
def party(sound: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, Path]]:
    """The address of the world's node, the key of a party of its contract, and genesis."""
    folder = tmp_path_factory.mktemp("lying")
    key, node = folder / "party.key", folder / "node"
    save_key(key, Key(Consortium().get_seed("azure-bay"), "derived"))
    with serve(Path(shutil.copytree(sound.node, node)), folder / "ready.json") as url:
        yield url, key, sound.genesis


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


CHANGES: dict[str, Change] = {
    "sign.other_document": shrink,
    "node.unproved": lambda told: told.update(status="active"),
    "node.unreadable": lambda told: told.pop("terms"),
}


@pytest.mark.parametrize(("code", "change"), CHANGES.items())
def test_a_contract_told_otherwise_than_it_was_signed_is_not_shown(
    call: Call, party: tuple[str, Path, Path], code: str, change: Change
) -> None:
    url, key, genesis = party

    words = ("contract", "show", "1", "--key", key, "--trust", genesis, "--node")
    assert call("contract-show", *words, url).document["status"] == "completed"
    with stand_between(url, tell_otherwise("/v1/contracts/1", change)) as address:
        assert call("contract-show", *words, address).document["code"] == code


def test_terms_that_are_not_those_of_the_draft_are_not_handed_on(
    call: Call, party: tuple[str, Path, Path], tmp_path: Path
) -> None:
    url, key, _ = party
    example = call("tx-example", "contract", "draft", "--example").document["example"]
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps(example))

    words = ("contract", "draft", draft, "--key", key, "--node")
    assert call("contract-draft", *words, url).document["clauses"]
    with stand_between(url, tell_otherwise("/v1/contracts/draft", shrink)) as address:
        answer = call("contract-draft", *words, address)
    assert (answer.status, answer.document["code"]) == (5, "sign.differs")
