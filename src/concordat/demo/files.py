"""The files that the demo's parties register: real tables from a folder, or small generated ones that say so."""

from __future__ import annotations

import csv
import hmac
import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from concordat.cli.output import choose_language, tell
from concordat.client.datasets import describe_csv, read_rows
from concordat.errors import ConcordatError, NotFound, UsageError
from concordat.wording.sentences import explain_error

Table = tuple[str, list[str], list[list[str]]]
"""Name, header, rows."""

PARTS = 24
"""A year and more of monthly deliveries."""


def fetch_tables(folder: Path | None, seed: str) -> list[Table]:
    """Return the folder's CSV files in order of name, or three generated tables; say which files are left out, and why.

    Raises:
        NotFound: `disk.no_such_folder`. UsageError: `demo.no_tables` when none is left.
    """
    if folder is None:
        return [_generate(name, seed) for name in ("river-flow", "air-quality", "bus-passengers")]
    if not folder.is_dir():
        raise NotFound("disk.no_such_folder", str(folder))
    tables: list[Table] = []
    for number, path in enumerate(sorted(folder.glob("*.csv")), start=1):
        try:
            describe_csv(path, bytes(32))  # refuses what no party could register, before anything is founded
        except ConcordatError as error:
            tell(f"Left out: {' '.join(explain_error(error, choose_language(None)))}")
            continue
        rows = [list(row) for _, row in read_rows(path)]
        if len(rows) > PARTS:
            tables.append((_slug(path.stem) or f"table-{number}", rows[0], rows[1:]))
        else:
            tell(f"Left out: {path.name}: it has no more than {PARTS} rows")
    if not tables:
        raise UsageError("demo.no_tables", str(folder))
    return tables


def _slug(stem: str) -> str:
    """Return a dataset's name made of a file's, or an empty text when too little of it is left."""
    words = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in stem.lower())
    slug = "-".join(part for part in words.split("-") if part).lstrip("-0123456789")[:40].strip("-")
    return slug if len(slug) > 1 else ""


def compute_tables_digest(tables: Sequence[Table]) -> str:
    """Return a digest by which the same tables are known again."""
    return sha256(json.dumps(tables).encode()).hexdigest()


def _generate(name: str, seed: str) -> Table:
    """Hourly values that a seed determines; the header says that they are generated."""
    rows = []
    for hour in range(PARTS * 30):
        digest = hmac.digest(seed.encode(), f"{name}/{hour}".encode(), "sha256")
        rows.append([str(hour), str(100 + digest[0] % 50), "generated demo data"])
    return name, ["hour", "value", "origin"], rows


def save_part(folder: Path, table: Table, number: int, seed: str) -> tuple[Path, bytes]:
    """Write the `number`-th monthly part of a table, and its salt beside it; return its path and the salt."""
    name, header, rows = table
    share = max(1, len(rows) // PARTS)
    start = (number - 1) % PARTS * share
    path = folder / f"{name}-{number:02d}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows[start : start + share])
    salt = hmac.digest(seed.encode(), f"concordat/salt/{folder.name}/{path.name}".encode(), "sha256")
    path.with_suffix(".csv.salt").write_text(salt.hex() + "\n")
    return path, salt
