"""A receipt is believed when the ledger's entry says all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from hashlib import sha256
from typing import Any

import pytest

from concordat.client.receipts import check_refusal, make_facts, prove_receipt
from concordat.crypto.proof import Verification
from concordat.errors import Corrupt
from concordat.primitives.codec import encode
from concordat.primitives.plain import Json
from concordat.protocol.families.contracts import Sign
from concordat.protocol.messages import Operation
from concordat.protocol.transactions import Entry
from concordat.testing.consortium import Consortium
from concordat.wording.sentences import describe_receipt


def prove(is_refused: bool) -> tuple[bytes, Entry, Verification]:
    """Return a transaction's id, its entry, and the proof of it."""
    c = Consortium({"azure-bay": ("operator", "seed", "verifier")})
    operation: Operation = Sign(9, bytes(32)) if is_refused else c.make_registration("azure-bay")
    wire = c.make_wire("azure-bay", operation)
    (entry,) = c.run_block(c.time, wire)
    key = (c.get_public_key("azure-bay"),)
    states = ((c.state.officers.key_bytes(key), encode(c.state.officers[key])),)
    entries = ((3, encode(entry)),)
    return sha256(wire).digest(), entry, Verification(valid=True, code="ok", entries=entries, states=states)


@pytest.mark.parametrize("cut", [0, 20, 111, -1])
def test_what_no_reader_understands_is_told_as_far_as_it_is_read(cut: int) -> None:
    """Another node may propose junk; once decided, it is an entry of history like any other."""
    c = Consortium({"azure-bay": ("operator", "seed", "verifier")})
    wire = c.make_wire("azure-bay", c.make_registration("azure-bay"))[:cut]
    (entry,) = c.run_block(c.time, wire)
    facts = make_facts(0, entry, encode(entry))
    assert (facts["code"], facts["operations"], facts["client_key"]) == (entry.receipt.code, [], "")
    assert facts["transaction"] == sha256(wire).hexdigest()
    assert facts["code"] != "ok"


def tell(entry: Entry) -> Json:
    """Return what an honest node says, in words of its own too."""
    told = json.loads(json.dumps(make_facts(3, entry, encode(entry))))
    told["signer"]["member"] = "azure-bay"
    return told | {"sentence": "words", "reasons": [reason | {"text": "words"} for reason in told["reasons"]]}


def find_places(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to every value that is no container."""
    if isinstance(value, dict | list):
        for name, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from find_places(part, (*path, name))
    else:
        yield path


def change(told: Json, path: tuple[str | int, ...]) -> Json:
    changed = deepcopy(told)
    place: Any = changed
    for name in path[:-1]:
        place = place[name]
    old = place[path[-1]]
    place[path[-1]] = old + 1 if isinstance(old, int) else f"{old}x"
    return changed


@pytest.mark.parametrize("is_refused", [False, True])
def test_every_fact_of_a_receipt_is_compared_and_its_words_are_made_here(is_refused: bool) -> None:
    transaction, entry, verification = prove(is_refused)
    told = tell(entry)
    proved = prove_receipt(told, transaction, verification, "en")
    assert proved["sentence"] == describe_receipt(entry, "azure-bay", "en")
    assert all(reason["text"] not in {"", "words"} for reason in proved["reasons"])
    assert {name: proved[name] for name in told if name not in {"sentence", "reasons"}} == {
        name: told[name] for name in told if name not in {"sentence", "reasons"}
    }
    changed = [path for path in find_places(told) if path[-1] not in {"sentence", "text"}]
    assert len(changed) >= (15 if is_refused else 25)
    for path in changed:
        with pytest.raises(Corrupt, match=r"node\.unproved"):
            prove_receipt(change(told, path), transaction, verification, "en")


def test_a_signer_that_the_proof_does_not_name_is_called_by_its_key() -> None:
    transaction, entry, verification = prove(is_refused=True)
    told = tell(entry)
    told["signer"]["member"] = None
    assert f"{told['signer']['public_key'][:8]}…" in prove_receipt(told, transaction, verification, "en")["sentence"]


def test_every_fact_of_a_refusal_is_compared() -> None:
    transaction, entry, verification = prove(is_refused=True)
    told = tell(entry)
    told = {name: told[name] for name in ("code", "height", "transaction", "reasons")} | {"detail": "words"}
    check_refusal(told, transaction, verification)
    changed = [path for path in find_places(told) if path[-1] not in {"text", "detail"}]
    assert len(changed) >= 5
    for path in changed:
        with pytest.raises(Corrupt, match=r"node\.unproved"):
            check_refusal(change(told, path), transaction, verification)


def test_what_was_done_is_not_told_as_a_refusal() -> None:
    transaction, entry, verification = prove(is_refused=False)
    with pytest.raises(Corrupt, match=r"node\.unproved"):
        check_refusal(tell(entry), transaction, verification)


@pytest.mark.parametrize("name", ["events", "operations", "reasons", "signer"])
def test_nothing_may_be_left_out_or_added(name: str) -> None:
    transaction, entry, verification = prove(is_refused=False)
    told = tell(entry)
    for changed in (told | {name: [*told[name], {}]}, {key: value for key, value in told.items() if key != name}):
        with pytest.raises(Corrupt, match=r"node\.unproved"):
            prove_receipt(changed, transaction, verification, "en")


def test_another_transaction_or_an_invalid_proof_proves_nothing() -> None:
    transaction, entry, verification = prove(is_refused=False)
    unproved = (
        (bytes(32), verification),
        (transaction, Verification(valid=False, code="bad_inclusion", entries=verification.entries)),
        (transaction, Verification(valid=True, code="ok")),
    )
    for asked, found in unproved:
        with pytest.raises(Corrupt, match=r"node\.unproved"):
            prove_receipt(tell(entry), asked, found, "en")
