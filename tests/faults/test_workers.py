"""Signatures checked elsewhere are judged as they are here, also when a worker dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from random import Random

import pytest

from concordat.crypto.signatures import verify_signed
from concordat.errors import ConcordatError
from concordat.ledger.queued import Queued
from concordat.ledger.workers import SignatureWorkers, serve
from concordat.primitives.codec import decode
from concordat.protocol.transactions import Entry
from faults.building import Observed, begin_chain, make_story

STORY = make_story("real")
WIRES = [wire for _, wires in STORY.acts for wire in wires]


def make_mixture(count: int) -> list[bytes]:
    """Good and bad transactions, and things that are none."""
    rng = Random(count)
    wires = []
    for _ in range(count):
        wire = bytearray(rng.choice(WIRES))
        if rng.random() < 0.4:
            wire[rng.randrange(len(wire))] ^= 1
        wires.append(bytes(wire[: rng.choice((None, None, None, 111, 0))]))
    return wires


def find_children() -> set[int]:
    return {int(pid) for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()}


@pytest.fixture
def workers() -> Iterator[SignatureWorkers]:
    workers = SignatureWorkers()
    yield workers
    workers.close()


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 500])
def test_verdicts_are_those_of_this_process(workers: SignatureWorkers, count: int) -> None:
    wires = make_mixture(count)
    expected = [verify_signed(wire) for wire in wires]
    assert workers.verify(wires) == expected
    assert workers.verify(wires[::-1]) == expected[::-1]
    assert count < 15 or {*expected} == {True, False}


def test_a_worker_that_dies_costs_no_answer(workers: SignatureWorkers) -> None:
    wires = make_mixture(100)
    expected = [verify_signed(wire) for wire in wires]
    before = find_children()
    assert workers.verify(wires) == expected
    for _ in range(3):
        started = find_children() - before
        assert started
        for pid in started:
            os.kill(pid, signal.SIGKILL)
        assert workers.verify(wires) == expected
        assert workers.verify(wires) == expected
    workers.close()
    assert workers.verify(wires) == expected
    assert find_children() == before


def test_a_worker_ends_with_its_input_even_in_the_middle() -> None:
    wire = WIRES[0]
    batch = b"".join((b"\0\0\0\x01", len(wire).to_bytes(4, "big"), wire))
    for end, answer in ((0, b""), (3, b""), (len(batch), b"\1"), (len(batch) + 2, b"\1")):
        sink = BytesIO()
        serve(BytesIO((batch * 2)[:end]), sink)
        assert sink.getvalue() == answer


def test_many_together_are_what_they_are_one_by_one() -> None:
    forged = bytes(64) + WIRES[0][64:]
    wires = [*WIRES[:3], forged, b"junk", WIRES[1], *[forged] * 30]
    observed = Observed()
    one, many = (begin_chain(STORY, lambda: STORY.chain.genesis.start_time, seen)[0] for seen in (None, observed))
    expected: list[str | None] = []
    for wire in wires:
        try:
            one.submit(wire)
            expected.append(None)
        except ConcordatError as error:
            expected.append(error.code)
    answers = many.submit_many(wires)
    assert [answer.code if isinstance(answer, ConcordatError) else None for answer in answers] == expected
    assert expected[3:5] == ["ledger.bad_signature", "ledger.wrong_domain"]
    assert answers[5] is answers[1]
    assert many.step()
    many.close()
    one.close()
    (record,) = observed.records
    assert [wire in leaf for wire, leaf in zip(WIRES, record.entries, strict=False)] == [True] * 3
    for place in range(3):
        answer = answers[place]
        assert isinstance(answer, Queued)
        assert answer.result(0).position == place
    assert decode(Entry, record.entries[2]).index == 2
