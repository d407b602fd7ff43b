"""Batches of a series: read from two forms of file, salted, one item proved alone; whatever differs is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.client.batches import (
    BATCH_MAGIC,
    ITEM_MAGIC,
    Item,
    ItemProof,
    check_same,
    compute_item_verdict,
    fetch_batch,
    make_anchor,
    make_batch,
    prove_item,
    read_items,
    render_batch,
)
from concordat.crypto.merkle import compute_root_from_inclusion, hash_leaf
from concordat.errors import ConcordatError, Corrupt
from concordat.primitives.codec import decode
from concordat.primitives.ledger_time import parse_time

START = parse_time("2027-01-04T00:00:00Z")


def make_items(count: int) -> list[Item]:
    return [Item(START + place, (("level", str(place)),)) for place in range(count)]


def read(path: Path, text: str) -> list[Item]:
    path.write_text(text, encoding="utf-8")
    return list(read_items(path))


def test_a_table_and_json_lines_say_the_same(tmp_path: Path) -> None:
    table = read(tmp_path / "a.csv", "level,time,note\n1.50,2027-01-04T00:00:00Z,open\n2,2027-01-04T01:00:00+01:00,\n")
    lines = read(
        tmp_path / "a.jsonl",
        '{"level": 1.50, "time": "2027-01-04T00:00:00Z", "note": "open"}\n\n'
        '{"level": 2, "time": "2027-01-04T00:00:00Z", "note": ""}\n',
    )
    assert table == lines
    assert table[0] == Item(START, (("level", "1.50"), ("note", "open")))
    assert read(tmp_path / "b.ndjson", '{"time": "2027-01-04T00:00:00Z", "a": true, "b": null}')[0].fields == (
        ("a", "true"),
        ("b", "null"),
    )


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("a.csv", "level\n1\n", "batch.no_time"),
        ("a.csv", "level,time\n1\n", "table.ragged"),
        ("a.csv", "level,time\n1,yesterday\n", "time.unreadable"),
        ("a.csv", "time,a,a\n2027-01-04T00:00:00Z,1,2\n", "batch.no_time"),
        ("a.jsonl", "[1]\n", "batch.bad_line"),
        ("a.jsonl", "7\n", "batch.bad_line"),
        ("a.jsonl", "{", "batch.bad_line"),
        ("a.jsonl", '{"time": "2027-01-04T00:00:00Z", "a": {}}', "batch.bad_line"),
        ("a.jsonl", '{"time": "2027-01-04T00:00:00Z", "a": [1]}', "batch.bad_line"),
        ("a.jsonl", '{"time": "2027-01-04T00:00:00Z", "a": NaN}', "batch.bad_line"),
        ("a.jsonl", '{"a": 1}', "batch.no_time"),
        ("a.jsonl", '{"time": "2027-01-04T00:00:00Z", "a": 1, "a": 2}', "batch.no_time"),
    ],
)
def test_a_file_that_reads_differently_from_one_program_to_the_next_is_refused(
    tmp_path: Path, name: str, text: str, code: str
) -> None:
    with pytest.raises(ConcordatError) as refused:
        read(tmp_path / name, text)
    assert refused.value.code == code


def test_items_come_in_the_order_of_time_and_there_is_one(tmp_path: Path) -> None:
    for items, code in (([], "batch.empty"), (make_items(2)[::-1], "batch.not_in_order")):
        with pytest.raises(ConcordatError) as refused:
            make_batch("levels", iter(items))
        assert refused.value.code == code
    same_time = [Item(START, (("level", "1"),))] * 2
    assert len(make_batch("levels", iter(same_time)).leaves) == 2
    batch = make_batch("levels", iter(make_items(3)))
    check_same(batch, "levels", iter(make_items(3)), tmp_path)
    for series, count in (("levels", 2), ("rain", 3)):
        with pytest.raises(ConcordatError) as refused:
            check_same(batch, series, iter(make_items(count)), tmp_path)
        assert refused.value.code == "batch.differs"


@given(st.integers(1, 40), st.data())
def test_every_item_leads_to_the_root_and_equal_items_have_different_leaves(count: int, data: st.DataObject) -> None:
    batch = make_batch("levels", iter([Item(START, (("level", "1"),))] * count))
    assert len(set(batch.leaves)) == count
    anchor = make_anchor(batch)
    index = data.draw(st.integers(0, count - 1))
    found = decode(ItemProof, prove_item(batch, index, b"")[len(ITEM_MAGIC) :])
    assert compute_root_from_inclusion(index, anchor.count, hash_leaf(found.leaf), found.path) == anchor.root
    with pytest.raises(ConcordatError) as refused:
        prove_item(batch, count, b"")
    assert refused.value.code == "batch.no_such_item"


def test_a_batch_file_is_read_as_it_was_written_or_refused(tmp_path: Path) -> None:
    batch = make_batch("levels", iter(make_items(3)))
    path = tmp_path / "levels.batch"
    path.write_bytes(render_batch(batch))
    assert fetch_batch(path) == batch
    for damaged in (b"", BATCH_MAGIC, render_batch(batch)[:-1], render_batch(batch) + b"\0"):
        path.write_bytes(damaged)
        with pytest.raises(Corrupt) as refused:
            fetch_batch(path)
        assert refused.value.code == "batch.malformed"


def test_what_is_no_proof_of_an_item_is_told_so() -> None:
    whole = prove_item(make_batch("levels", iter(make_items(3))), 1, b"no proof")
    for data in (b"", ITEM_MAGIC, whole[:-1], whole + b"\0"):
        with pytest.raises(Corrupt) as refused:
            compute_item_verdict(data, None, "en")
        assert refused.value.code == "item.malformed"
    assert compute_item_verdict(whole, None, "en")["code"] == "untrusted_root"
