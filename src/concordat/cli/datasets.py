"""Datasets: described on this machine, registered by commitments; the file itself is never sent."""

from __future__ import annotations

from pathlib import Path

from concordat.cli.output import OUTPUT, Output, emit, tell
from concordat.cli.transactions import emit_receipt
from concordat.cli.where import WHERE, Where
from concordat.client.answers import reading
from concordat.client.datasets import describe_table, fetch_newest_version
from concordat.client.validity import read_client_key
from concordat.errors import UsageError
from concordat.primitives.identifiers import DatasetName
from concordat.primitives.plain import Json, from_plain, to_plain
from concordat.protocol.families.datasets import Register


def describe(file: Path, /, *, salt_file: Path | None = None, output: Output = OUTPUT) -> None:
    """Compute what the ledger would know of a table.

    :param file: A CSV file in UTF-8 with a header line.
    :param salt_file: Its salt, made when there is none; FILE.salt when left out.
    """
    document = _describe(file, salt_file)
    emit(output, document, [f"{name:<12}{value}" for name, value in document.items()])


def register(
    file: Path,
    /,
    *,
    name: str,
    title: str,
    title_zh: str = "",
    owner: str | None = None,
    salt_file: Path | None = None,
    client_key: str = "",
    where: Where = WHERE,
    output: Output = OUTPUT,
) -> None:
    """Register the next version of a dataset by its commitments; the file stays here.

    :param file: A CSV file in UTF-8 with a header line.
    :param name: The dataset's name: hourly-readings.
    :param title: Its title in English.
    :param title_zh: Its title in Chinese.
    :param owner: The member that the key must speak for, which owns the dataset.
    :param salt_file: Its salt, made when there is none; FILE.salt when left out.
    :param client_key: Your own name for this transaction, at most 32 bytes.
    """
    try:
        from_plain(DatasetName, name)
    except UsageError as error:
        raise UsageError(error.code, f"--name {name}") from error
    own_name, commitments = read_client_key(client_key), _describe(file, salt_file)
    with where.connect(output) as client:
        told = client.get("/v1/me")
        with reading("/v1/me"):
            member = str(told["member"])
        if owner not in {None, member}:
            raise UsageError("key.other_member", member)
        newest, digest = fetch_newest_version(client, member, name)
        if digest == commitments["digest"]:
            tell(f"version {newest + 1} has the same bytes as version {newest}")
        fields = {
            "dataset": name,
            "version": newest + 1,
            "title": {"en": title, "zh": title_zh},
            **{field: commitments[field] for field in ("digest", "byte_count", "rows", "schema", "row_root")},
        }
        emit_receipt(client.send([from_plain(Register, fields)], own_name), where.node, output)


def _describe(file: Path, salt_file: Path | None) -> dict[str, Json]:
    salt_path = salt_file or file.with_name(file.name + ".salt")
    description = describe_table(file, salt_path)
    tell(f"{salt_path}: keep it; without it no row can ever be proved")
    return {"file": str(file), "salt_file": str(salt_path), **to_plain(description)}
