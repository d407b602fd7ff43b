"""Whatever bytes arrive, a reader accepts them or refuses them with a code of its own; nothing else comes out."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from concordat.errors import Corrupt, Rejected, UsageError
from concordat.ledger.application import Application, BlockRecord, get_block, replay
from concordat.primitives.codec import decode, encode
from concordat.protocol.genesis import read_genesis
from concordat.protocol.messages import REJECTIONS
from concordat.protocol.transactions import (
    PAYLOAD_OFFSET,
    TRANSACTION_BYTES_MAX,
    Entry,
    Payload,
    authenticate_transaction,
    parse_transaction,
)
from concordat.protocol.transition import Block
from faults.building import begin_chain, make_story

STORY = make_story("scenario")
WIRES = tuple(wire for _, wires in STORY.acts for wire in wires)
CODES = {rejection.code for rejection in REJECTIONS}
ENCODING = {"encoding.malformed", "encoding.not_canonical"}

edits = st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 12), st.binary(max_size=12)), min_size=1, max_size=4)
"""Places (modulo the length), how many bytes go there, and what comes instead."""


def edit(data: bytes, changes: list[tuple[int, int, bytes]], start: int = 0) -> bytes:
    changed = bytearray(data)
    for place, removed, added in changes:
        at = start + place % max(1, len(changed) - start)
        changed[at : at + removed] = added
    return bytes(changed)


@contextmanager
def only(*expected: type[Exception]) -> Iterator[None]:
    """Let nothing out but the errors that the docstring names, and no code outside the list of rejections."""
    try:
        yield
    except expected as error:
        if isinstance(error, Rejected):
            assert error.code in CODES  # noqa: PT017  # both ways of going on are meant


@pytest.fixture(scope="module")
def records() -> list[bytes]:
    engine, store = begin_chain(STORY, lambda: 0)
    for wire in WIRES:
        engine.submit(wire)
        while engine.step():
            pass
    return list(store.bodies())


# ── transactions ────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.binary(max_size=400))
def test_junk_is_no_transaction(data: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        authenticate_transaction(data, STORY.chain.id)
    assert caught.value.code in CODES


@given(st.sampled_from(WIRES), edits)
def test_an_edited_transaction_is_refused(wire: bytes, changes: list[tuple[int, int, bytes]]) -> None:
    edited = edit(wire, changes)
    assume(edited != wire)
    with pytest.raises(Rejected) as caught:
        authenticate_transaction(edited, STORY.chain.id)
    assert caught.value.code in CODES


@given(st.sampled_from(WIRES), edits)
def test_an_edited_payload_reads_back_or_is_refused(wire: bytes, changes: list[tuple[int, int, bytes]]) -> None:
    edited = edit(wire, changes, PAYLOAD_OFFSET)
    with only(Rejected):
        assert encode(parse_transaction(edited, STORY.chain.id).payload) == edited[PAYLOAD_OFFSET:]


@given(st.sampled_from(WIRES), st.sampled_from(["dd", "df", "c6", "db", "dc", "de", "d9", "cf", "c9"]), st.data())
def test_a_length_that_lies_costs_no_memory(wire: bytes, tag: str, data: st.DataObject) -> None:
    payload = wire[PAYLOAD_OFFSET:]
    place = data.draw(st.integers(0, len(payload)))
    lying = payload[:place] + bytes.fromhex(tag) + b"\xff" * 8 + payload[place:]
    tracemalloc.start()
    try:
        with only(Rejected):
            decode(Payload, lying)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 256 * 1024


@given(st.integers(1, 5000), st.sampled_from([b"\x91", b"\x81", b"\xdc\x00\x01"]))
def test_nesting_without_end_is_refused(depth: int, tag: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        decode(Payload, tag * depth)
    assert caught.value.code in ENCODING


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda wire: wire + bytes(TRANSACTION_BYTES_MAX), "ledger.too_large"),
        (lambda wire: wire[:64] + b"concordat/cp/v1\0" + wire[80:], "ledger.wrong_domain"),
        (lambda wire: wire[:PAYLOAD_OFFSET], "encoding.malformed"),
        (lambda wire: wire + b"\0", "encoding.malformed"),
        (lambda wire: wire[:-1], "encoding.malformed"),
        (lambda wire: bytes(64) + wire[64:], "ledger.bad_signature"),
        (lambda wire: wire[:80] + bytes(32) + wire[112:], "ledger.bad_signature"),
        (lambda wire: wire, "ledger.nonce_used"),
    ],
)
def test_every_way_to_be_wrong_has_its_own_code(make: Callable[[bytes], bytes], code: str) -> None:
    engine, _ = begin_chain(STORY, lambda: 0)
    for wire in WIRES[:2]:
        engine.submit(wire)
        assert engine.step()
    with pytest.raises(Rejected, match=f"^{code}"):
        engine.submit(make(WIRES[0]))


@given(st.lists(st.sampled_from(WIRES), max_size=12), st.data())
def test_junk_in_a_decided_block_is_recorded_with_its_code(wires: list[bytes], data: st.DataObject) -> None:
    """Another node may propose anything; whatever is decided, every node says the same of it and goes on."""
    wires = [edit(wire, data.draw(edits)) if data.draw(st.booleans()) else wire for wire in wires]
    one, two = (Application(STORY.chain, STORY.sign) for _ in range(2))
    pool, bodies = wires, []
    while pool:
        block, taken = one.prepare_proposal(pool, 0)
        assert two.process_proposal(block)
        record = one.finalize_block(block)
        assert two.finalize_block(get_block(record)) == record
        bodies.append(encode(record))
        entries = [decode(Entry, leaf) for leaf in record.entries]
        assert {entry.receipt.code for entry in entries} <= CODES | {"ok"}
        pool = pool[taken:]
    for trusts_signatures in (False, True):  # an auditor, and the node that restarts
        again = Application(STORY.chain, STORY.sign)
        list(replay(again, bodies, trusts_signatures=trusts_signatures))
        assert again.checkpoint == one.checkpoint


@pytest.mark.parametrize("wires", [(bytes(65_537),), (b"",) * 2001, (bytes(65_536),) * 65], ids=["one", "many", "all"])
def test_a_proposal_beyond_the_bounds_of_a_block_is_refused(wires: tuple[bytes, ...]) -> None:
    application = Application(STORY.chain, STORY.sign)
    assert application.process_proposal(Block(1, application.time, wires[1:]))
    assert not application.process_proposal(Block(1, application.time, wires))


# ── what is stored ──────────────────────────────────────────────────────────────────────────────────────────────────


@given(number=st.integers(0, 100), changes=edits)
def test_an_edited_record_is_read_back_or_refused(
    records: list[bytes], number: int, changes: list[tuple[int, int, bytes]]
) -> None:
    body = records[number % len(records)]
    edited = edit(body, changes)
    with only(Rejected):
        assert encode(decode(BlockRecord, edited)) == edited
    leaves = decode(BlockRecord, body).entries
    for leaf in leaves:
        edited = edit(leaf, changes)
        with only(Rejected):
            assert encode(decode(Entry, edited)) == edited


@given(number=st.integers(0, 100), changes=edits)
def test_an_edited_record_is_never_replayed(
    records: list[bytes], number: int, changes: list[tuple[int, int, bytes]]
) -> None:
    place = number % len(records)
    edited = edit(records[place], changes)
    assume(edited != records[place])
    application = Application(STORY.chain, STORY.sign)
    with pytest.raises(Corrupt) as caught:
        list(replay(application, [*records[:place], edited]))
    assert caught.value.code == "replay.differs"


@given(changes=edits)
def test_an_edited_genesis_is_refused_or_another_chain(changes: list[tuple[int, int, bytes]]) -> None:
    edited = edit(STORY.genesis, changes)
    with only(Corrupt, UsageError):
        assert read_genesis(edited).id == sha256(edited).digest()


@given(st.binary(max_size=300))
def test_junk_is_no_genesis(data: bytes) -> None:
    with pytest.raises(Corrupt):
        read_genesis(data)
