"""Datasets: register a version by its commitments, withdraw it. Normative text: spec/datasets.md.

The ledger never sees a file: it keeps its digest, row count, the digest of its schema and a salted row root, by which a
single row can be proved without saying anything about its neighbors (paper rows G8, G10).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from concordat.errors import Rejected
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import DatasetName, Digest, Label, MemberId, Natural, Positive, ShortText
from concordat.protocol.context import Context, get_signer
from concordat.protocol.receipts import Rejection
from concordat.protocol.records import Dataset, Version
from concordat.protocol.state import State


class Register(Struct, frozen=True, tag="datasets.register"):
    """Register the next version of the signer's dataset; version 1 makes the dataset."""

    dataset: DatasetName
    version: Positive
    title: Label
    digest: Digest
    byte_count: Natural
    rows: Natural
    schema: Digest
    row_root: Digest


class Withdraw(Struct, frozen=True, tag="datasets.withdraw"):
    """Withdraw a version: it stays in history and can no longer be delivered."""

    dataset: DatasetName
    version: Positive
    reason: ShortText


class Registered(Struct, frozen=True, tag="datasets.registered"):
    """A version was registered."""

    owner: MemberId
    dataset: DatasetName
    version: Positive
    rows: Natural


class Withdrawn(Struct, frozen=True, tag="datasets.withdrawn"):
    """A version was withdrawn."""

    owner: MemberId
    dataset: DatasetName
    version: Positive


Operation = Register | Withdraw
Event = Registered | Withdrawn

REJECTIONS = (
    Rejection("datasets.version_not_next", "DAT-2", may_succeed_later=True),
    Rejection("datasets.unknown_version", "DAT-3", may_succeed_later=True),
    Rejection("datasets.already_withdrawn", "DAT-4", may_succeed_later=False),
)


def apply_register(context: Context, operation: Register) -> None:
    """DAT-1, DAT-2: an owner, even one expelled that winds down, registers versions without gaps."""
    owner, _ = get_signer(context, "data")
    dataset = context.state.datasets.get((owner, operation.dataset))
    expected = dataset.latest + 1 if dataset else 1
    if operation.version != expected:
        raise Rejected("datasets.version_not_next", operation.version, expected)
    context.state.datasets.put((owner, operation.dataset), Dataset(operation.title, operation.version))
    context.state.versions.put(
        (owner, operation.dataset, operation.version),
        Version(
            digest=operation.digest,
            byte_count=operation.byte_count,
            rows=operation.rows,
            schema=operation.schema,
            row_root=operation.row_root,
            registered_at=context.time,
        ),
    )
    context.emit(Registered(owner, operation.dataset, operation.version, operation.rows))


def apply_withdraw(context: Context, operation: Withdraw) -> None:
    """DAT-3, DAT-4: the owner withdraws a version once."""
    owner, _ = get_signer(context, "data")
    key = (owner, operation.dataset, operation.version)
    version = context.state.versions.get(key)
    if version is None:
        raise Rejected("datasets.unknown_version", owner, operation.dataset, operation.version)
    if version.withdrawn_at is not None:
        raise Rejected("datasets.already_withdrawn", operation.dataset, operation.version)
    context.state.versions.put(key, replace(version, withdrawn_at=context.time, withdrawn_reason=operation.reason))
    context.emit(Withdrawn(owner, operation.dataset, operation.version))


def find_broken_invariants(state: State) -> Iterator[str]:
    """DAT-INV-1: every version from 1 to the latest exists, and belongs to a dataset."""
    for (owner, name), dataset in state.datasets.items():
        for number in range(1, dataset.latest + 1):
            if (owner, name, number) not in state.versions:
                yield f"DAT-INV-1: {owner}/{name} lacks version {number}"
    for key, _ in state.versions.items():  # noqa: PERF102  # a table, in key order
        owner, name, number = key
        held = state.datasets.get((owner, name))
        if held is None or not 1 <= number <= held.latest:
            yield f"DAT-INV-1: {owner}/{name} does not know version {number}"
