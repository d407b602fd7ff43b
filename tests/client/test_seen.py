"""What a client has seen is compared with every proof that it gets, and costs no request of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

import pytest

from concordat.client.answers import Answer
from concordat.client.conversation import Ask, Conversation, Steps
from concordat.client.seen import SHOWN_SUFFIX, ask_seen, make_seen_path
from concordat.crypto.checkpoint import do_contradict, is_note_signed_by, parse_signed_note
from concordat.crypto.proof import Trust, encode_proof
from concordat.errors import Corrupt, Stale
from crypto.building import CHAIN_ID, NODE_KEY, Ledger, make_leaf

T = TypeVar("T")
PINNED = Trust(node_key=NODE_KEY)
STATUS = {"chain_id": CHAIN_ID.hex(), "node_key": NODE_KEY.hex(), "height": 0}


def answer(ledger: Ledger, ask: Ask, since: int | None = None) -> Answer:
    """What a node of this ledger says: an honest one, or one that proves the path from another size than was asked."""
    path, _, query = ask.target.partition("?from=")
    if path == "/v1/status":
        return Answer(path, 200, "application/json", json.dumps(STATUS).encode())
    if path == "/v1/checkpoint":
        return Answer(path, 200, "text/plain", ledger.note().encode())
    since, size = int(query or 0) if since is None else since, len(ledger.leaves)
    if since > size:
        problem = {"status": 400, "code": "proof.since_ahead", "detail": "", "reason": "", "next_step": ""}
        return Answer(path, 400, "application/problem+json", json.dumps(problem).encode())
    proof = ledger.prove((0,), old_size=since if 0 < since < size else None)
    return Answer(path, 200, "application/octet-stream", encode_proof(proof))


def hold(steps: Steps[T], ledger: Ledger, since: int | None = None) -> tuple[T, list[str]]:
    """Return the outcome, and what was asked."""
    asked: list[str] = []
    try:
        ask = next(steps)
        while True:
            asked.append(ask.target)
            ask = steps.send(answer(ledger, ask, since))
    except StopIteration as end:
        return end.value, asked


def fork(grown: int) -> Ledger:
    """A second history under the same key, which agrees with the first one up to four entries."""
    return Ledger([*Ledger().grow(4).leaves, make_leaf(5, ("due", 99))]).grow(grown - 5)


def talk() -> Conversation:
    return Conversation("http://node.example", None, PINNED, "en")


def test_a_history_that_goes_on_is_followed_without_a_request_more() -> None:
    conversation, ledger = talk(), Ledger().grow(3)
    for count in (0, 1, 5, 0):
        found, asked = hold(conversation.fetch_newest("/v1/ledger/0/proof"), ledger.grow(count))
        assert found is not None
        assert found.code == "ok"
        assert len([target for target in asked if target != "/v1/status"]) == 1
    assert asked == ["/v1/ledger/0/proof?from=9"]
    assert conversation.rewritten is None


@pytest.mark.parametrize("grown", [6, 7, 20])
def test_a_history_that_was_rewritten_is_named_and_both_notes_are_kept(grown: int) -> None:
    conversation = talk()
    hold(conversation.fetch_newest("/v1/ledger/0/proof"), Ledger().grow(6))
    with pytest.raises(Corrupt, match=rf"node\.rewritten: {NODE_KEY.hex()}"):
        hold(conversation.fetch_newest("/v1/ledger/0/proof"), fork(grown))
    assert conversation.rewritten == (Ledger().grow(6).note(), fork(grown).note())


@pytest.mark.parametrize(("grown", "since"), [(9, 0), (9, 4), (6, 4), (5, 0), (5, 4)])
def test_who_leaves_out_the_path_from_what_was_seen_is_not_believed(grown: int, since: int) -> None:
    conversation = talk()
    hold(conversation.fetch_newest("/v1/ledger/0/proof"), Ledger().grow(6))
    with pytest.raises(Corrupt, match=r"proof\.other_checkpoint"):
        hold(conversation.fetch_newest("/v1/ledger/0/proof"), fork(grown), since)


def test_a_checkpoint_that_one_honest_node_cannot_have_signed_is_no_place_to_sign_from() -> None:
    conversation = talk()
    hold(conversation.fetch_newest("/v1/ledger/0/proof"), Ledger().grow(6))
    with pytest.raises(Corrupt, match=r"node\.rewritten"):
        hold(conversation.fetch_checkpoint(), fork(6))
    assert conversation.rewritten is not None
    one, other = (parse_signed_note(note) for note in conversation.rewritten)
    assert do_contradict(one.checkpoint, other.checkpoint)
    assert is_note_signed_by(one, NODE_KEY)
    assert is_note_signed_by(other, NODE_KEY)


def test_a_shorter_history_is_behind() -> None:
    conversation = talk()
    hold(conversation.fetch_newest("/v1/ledger/0/proof"), Ledger().grow(6))
    with pytest.raises(Stale, match=r"node\.behind"):
        hold(conversation.fetch_newest("/v1/ledger/0/proof"), Ledger().grow(4))
    found, _ = hold(conversation.fetch_newest("/v1/ledger/0/proof"), Ledger().grow(8))
    assert found is not None


def test_a_file_beside_the_key_keeps_what_was_seen_and_then_what_was_shown(tmp_path: Path) -> None:
    file = make_seen_path(tmp_path / "party.key", CHAIN_ID)
    _, asked = hold(ask_seen(talk(), file), Ledger().grow(6))
    assert file.read_text() == Ledger().grow(6).note()
    _, asked = hold(ask_seen(talk(), file), Ledger().grow(9))
    assert asked == ["/v1/status", "/v1/checkpoint/proof?from=6"]
    with pytest.raises(Corrupt, match=r"node\.rewritten"):
        hold(ask_seen(talk(), file), fork(12))
    shown = file.with_name(file.name + SHOWN_SUFFIX)
    assert (file.read_text(), shown.read_text()) == (Ledger().grow(9).note(), fork(12).note())
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([file.name, shown.name])
    for damaged in (file.read_bytes()[:-9], b"\xff", b""):
        file.write_bytes(damaged)
        with pytest.raises(Corrupt, match=rf"checkpoint\.malformed: .*{file.name}"):
            hold(ask_seen(talk(), file), Ledger().grow(9))
        assert file.read_bytes() == damaged
