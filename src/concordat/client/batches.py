"""Series anchored by the batch, and one item proved alone. Normative text: spec/behaviors.md BEH-10, BEH-11.

    leaf = 32 random bytes ‖ canonical encoding of the item

The salts make a leaf's hash say nothing: who is shown one item, with its neighbors' hashes, learns nothing of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from io import TextIOWrapper
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from concordat.client.answers import RefusedByNode, reading
from concordat.client.commitments import SALT_BYTES, make_salt
from concordat.client.datasets import read_rows
from concordat.client.files import open_file, read_file
from concordat.contracts.text import Language
from concordat.crypto.merkle import Log, compute_root_from_inclusion, hash_leaf
from concordat.crypto.proof import Path as MerklePath
from concordat.crypto.proof import Trust, verify_proof
from concordat.errors import Corrupt, Rejected, UsageError
from concordat.primitives.codec import Struct, decode, encode
from concordat.primitives.identifiers import DatasetName, Natural, TimeUs
from concordat.primitives.ledger_time import format_time, parse_time
from concordat.primitives.plain import Json
from concordat.protocol.families.behaviors import Anchor, Anchored
from concordat.protocol.receipts import TransactionCause
from concordat.protocol.transactions import Entry, read_payload
from concordat.verifier.verdict import compute_verdict
from concordat.wording.sentences import render

if TYPE_CHECKING:
    from concordat.client.api import Client

BATCH_MAGIC: Final = b"concordat/batch/v1\n"
ITEM_MAGIC: Final = b"concordat/item/v1\n"
BATCH_BYTES_MAX: Final = 256 * 1024 * 1024
_TIME: Final = "time"
_TRIES: Final = 8


class Item(Struct, frozen=True):
    """One item of a series: when, and its other values as texts, by name, in the order of the file."""

    at: TimeUs
    fields: tuple[tuple[str, str], ...]


class Batch(Struct, frozen=True):
    """What stays with the owner of a series: the salted leaves of a batch, in order."""

    series: DatasetName
    first_at: TimeUs
    last_at: TimeUs
    leaves: tuple[bytes, ...]


class ItemProof(Struct, frozen=True):
    """One item of a batch, its way to the root, and the proof file of the entry that anchored the batch."""

    series: DatasetName
    index: Natural
    leaf: bytes
    path: MerklePath
    proof: bytes


# ── reading a series ────────────────────────────────────────────────────────────────────────────────────────────────


def read_items(path: Path) -> Iterator[Item]:
    """Yield the items of a file: CSV, or JSON lines when its name ends so.

    Raises:
        NotFound: `input.absent`. UsageError: `input.*`, `table.*`, `time.*`, `batch.no_time`, `batch.bad_line`.
    """
    is_lines = path.suffix in {".jsonl", ".ndjson"}
    for place, pairs in _read_json_lines(path) if is_lines else _read_table(path):
        values = dict(pairs)
        if _TIME not in values or len(values) != len(pairs):
            raise UsageError("batch.no_time", f"{path}, line {place}")
        fields = tuple((name, value) for name, value in pairs if name != _TIME)
        yield Item(parse_time(values[_TIME]), fields)


def _read_table(path: Path) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    rows = read_rows(path)
    _, header = next(rows, (0, ()))
    for line, row in rows:
        if len(row) != len(header):
            raise UsageError("table.ragged", f"{path}, line {line}: {len(row)} fields, not {len(header)}")
        yield line, list(zip(header, row, strict=True))


def _read_json_lines(path: Path) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    with TextIOWrapper(open_file(path, is_pipe_allowed=False), encoding="utf-8-sig") as file:
        try:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    pairs: Json = json.loads(line, object_pairs_hook=_Pairs, parse_float=_Text, parse_int=_Text)
                    yield number, [(name, _read_scalar(value)) for name, value in pairs.pairs]
        except (ValueError, AttributeError, TypeError, RecursionError) as error:
            raise UsageError("batch.bad_line", f"{path}, line {number}") from error


class _Pairs:
    def __init__(self, pairs: list[tuple[str, Json]]) -> None:
        self.pairs = pairs


class _Text(str):
    """A number as it was written."""

    __slots__ = ()


def _read_scalar(value: Json) -> str:
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    raise ValueError(value)


# ── batches ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def make_batch(series: str, items: Iterator[Item]) -> Batch:
    """Return a batch under fresh salts.

    Raises:
        UsageError: `batch.empty`; `batch.not_in_order` with the time that is earlier than the one before.
    """
    kept = list(items)
    if not kept:
        raise UsageError("batch.empty", series)
    for left, right in pairwise(kept):
        if right.at < left.at:
            raise UsageError("batch.not_in_order", format_time(right.at))
    leaves = tuple(make_salt() + encode(item) for item in kept)
    return Batch(series, kept[0].at, kept[-1].at, leaves)


def render_batch(batch: Batch) -> bytes:
    """Return the bytes of a batch file."""
    return BATCH_MAGIC + encode(batch)


def fetch_batch(path: Path) -> Batch:
    """Return the batch in a file.

    Raises:
        Corrupt: `batch.malformed`. As `read_file` otherwise.
    """
    data = read_file(path, BATCH_BYTES_MAX)
    try:
        if not data.startswith(BATCH_MAGIC):
            raise Rejected("encoding.malformed")
        return decode(Batch, data[len(BATCH_MAGIC) :])
    except Rejected as error:
        raise Corrupt("batch.malformed", str(path)) from error


def check_same(batch: Batch, series: str, items: Iterator[Item], path: Path) -> None:
    """Refuse a batch file that was made of another series or of other items.

    Raises:
        UsageError: `batch.differs`.
    """
    if batch.series != series or [leaf[SALT_BYTES:] for leaf in batch.leaves] != [encode(item) for item in items]:
        raise UsageError("batch.differs", str(path))


def make_anchor(batch: Batch) -> Anchor:
    """Return the operation that anchors a batch."""
    return Anchor(batch.series, batch.first_at, batch.last_at, len(batch.leaves), _make_log(batch).root())


def send_anchor(client: Client, anchor: Anchor) -> Json:
    """Anchor a batch, and return the receipt; of one that is anchored already, that receipt.

    The client's key follows from the root. A refused transaction uses its key up too, so another follows from that.

    Raises:
        RefusedByNode: a rule refuses. As `Client.send` otherwise.
    """
    client_key = anchor.root
    for _ in range(_TRIES - 1):
        try:
            return client.send([anchor], client_key)
        except RefusedByNode as error:
            if error.code != "ledger.client_key_used":
                raise
            with reading("/v1/transactions"):
                transaction = str(error.document["reasons"][0]["parameters"][0])
        receipt = client.fetch_receipt(transaction)
        if receipt["code"] == "ok":
            return receipt
        client_key = sha256(client_key).digest()
    return client.send([anchor], client_key)


# ── one item ────────────────────────────────────────────────────────────────────────────────────────────────────────


def prove_item(batch: Batch, index: int, proof: bytes) -> bytes:
    """Return the bytes of an item's proof; `proof` is the proof file of the entry that anchored the batch.

    Raises:
        UsageError: `batch.no_such_item`.
    """
    count = len(batch.leaves)
    if not 0 <= index < count:
        raise UsageError("batch.no_such_item", f"{index + 1} ({count})")
    path = _make_log(batch).inclusion_path(index, count)
    return ITEM_MAGIC + encode(ItemProof(batch.series, index, batch.leaves[index], path, proof))


def _make_log(batch: Batch) -> Log:
    log = Log()
    for leaf in batch.leaves:
        log.append(hash_leaf(leaf))
    return log


def compute_item_verdict(data: bytes, trust: Trust | None, language: Language) -> Json:
    """Return the verdict on an item's proof: that of its entry's proof file, and `item`, None when it is not proved.

    Raises:
        Corrupt: `item.malformed`, `item.other_series`, `item.not_in_batch`.
    """
    try:
        if not data.startswith(ITEM_MAGIC):
            raise Rejected("encoding.malformed")
        found = decode(ItemProof, data[len(ITEM_MAGIC) :])
        item = decode(Item, found.leaf[SALT_BYTES:])
    except Rejected as error:
        raise Corrupt("item.malformed", error.code) from error
    verdict = compute_verdict(found.proof, trust, language)
    if not verdict["valid"]:
        return {**verdict, "item": None}
    anchor, anchored = _find_anchor(found, trust)
    try:
        root = compute_root_from_inclusion(found.index, anchor.count, hash_leaf(found.leaf), found.path)
    except Corrupt as error:
        raise Corrupt("item.not_in_batch", str(found.index + 1)) from error
    if root != anchor.root:
        raise Corrupt("item.not_in_batch", str(found.index + 1))
    told: dict[str, Json] = {
        "member": anchored.member,
        "series": anchor.series,
        "batch": anchored.batch,
        "index": found.index + 1,
        "count": anchor.count,
        "at": format_time(item.at),
        "fields": [list(field) for field in item.fields],
    }
    fields = ", ".join(f"{name} = {value}" for name, value in item.fields)
    sentence = render("show.item", language, **{**told, "at": item.at, "fields": fields})
    return {**verdict, "statement": sentence, "item": told}


def _find_anchor(found: ItemProof, trust: Trust | None) -> tuple[Anchor, Anchored]:
    """Return the one anchor of the series in the one entry that the proof file proves, with what it became."""
    entries = verify_proof(found.proof, trust).entries
    pairs: list[tuple[Anchor, Anchored]] = []
    if len(entries) == 1:
        entry = decode(Entry, entries[0][1])
        payload = read_payload(entry.cause.wire) if isinstance(entry.cause, TransactionCause) else None
        anchors = [one for one in payload.operations if isinstance(one, Anchor)] if payload else []
        events = [event for event in entry.receipt.events if isinstance(event, Anchored)]
        # Events are there only of what took effect, and then one for each anchor, in order.
        pairs = [pair for pair in zip(anchors, events, strict=False) if pair[0].series == found.series]
    for anchor, anchored in pairs:
        if found.index < anchor.count and _leads_to(found, anchor):
            return anchor, anchored
    if pairs:
        return pairs[0]
    raise Corrupt("item.other_series", found.series)


def _leads_to(found: ItemProof, anchor: Anchor) -> bool:
    try:
        return compute_root_from_inclusion(found.index, anchor.count, hash_leaf(found.leaf), found.path) == anchor.root
    except Corrupt:
        return False
