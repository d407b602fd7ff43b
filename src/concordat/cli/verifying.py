"""Verifying a proof file: offline, and with no part of a node."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from concordat.cli.output import OUTPUT, Output, emit
from concordat.client.verification import compute_verdict, read_file, read_trust
from concordat.primitives.plain import Json

_INVALID = 5

Root = Annotated[
    str | None, Parameter(help="What you trust: genesis.json, a signed checkpoint, a key file or 64 digits.")
]


def verify(file: Path, /, *, trust: Root = None, output: Output = OUTPUT) -> int:
    """Verify a proof file offline.

    :param file: A proof file.
    """
    data = read_file(file)
    verdict = compute_verdict(data, read_trust(trust) if trust else None, output.language)
    emit(output, verdict, _describe(verdict, output))
    return 0 if verdict["valid"] else _INVALID


def _describe(verdict: Json, output: Output) -> Iterator[str]:
    yield f"{'✔' if verdict['valid'] else '✘'} {verdict['statement']}"
    if not verdict["valid"]:
        yield verdict["code"]
        return
    yield f"{verdict['chain_id']}, {verdict['height']}, {verdict['time']}"
    if verdict["simulated"]:
        yield "simulated time" if output.language == "en" else "模拟时间"
    for signature in verdict["signatures"]:
        yield f"✔ {signature['signer']} {signature['member'] or ''}".rstrip()
    yield verdict["authority_sentence"]
    yield from verdict["not_proved_sentences"]
