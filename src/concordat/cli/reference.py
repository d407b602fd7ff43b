"""What never changes between nodes: rejection codes and the language-neutral test vectors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from concordat.cli.output import OUTPUT, Output, emit
from concordat.client.files import PROOF_BYTES_MAX, read_file
from concordat.errors import Corrupt, NotFound, UsageError
from concordat.primitives.plain import Json
from concordat.primitives.vectors import check_case

_ROOMS = ("credit", "crypto", "protocol")


def codes(*, output: Output = OUTPUT) -> None:
    """List every rejection code with its rule: the ledger's in order of precedence, then those of files and faces."""
    from concordat.wording.rules import list_codes  # here: what --help does without

    rows = list_codes()
    width = max(len(row["code"]) for row in rows)
    lines = [f"{row['precedence'] or '':>3} {row['code']:<{width}} {row['rule'] or ''}".rstrip() for row in rows]
    emit(output, {"codes": rows}, lines)


def check_vectors(folder: Path, /, *, output: Output = OUTPUT) -> int:
    """Recompute the language-neutral test vectors.

    :param folder: Vector files, {kind, cases: [{name, input, expect}]}, in it and below.
    """
    paths = sorted(folder.rglob("*.json"))
    if not paths:
        raise NotFound("input.absent", f"{folder}/*.json")
    kinds = {kind: rule for room in _ROOMS for kind, rule in import_module(f"concordat.{room}.vectors").KINDS.items()}
    cases, failed = 0, []
    for path in paths:
        for kind, case in _read_cases(path):
            cases += 1
            if not check_case(kinds, kind, case):
                failed.append(f"{path.relative_to(folder)}: {case.get('name')}")
    emit(
        output,
        {"cases": cases, "failed": len(failed), "failures": failed},
        [*failed, f"{cases} cases, {len(failed)} failed"],
    )
    return Corrupt.exit_status if failed else 0


def _read_cases(path: Path) -> Iterator[tuple[str, dict[str, Json]]]:
    try:
        data = json.loads(read_file(path, PROOF_BYTES_MAX))
        kind, cases = str(data["kind"]), data["cases"]
        yield from ((kind, dict(case)) for case in cases)
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError("vectors.malformed", f"{path}: {error!r}") from error
