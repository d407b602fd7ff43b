"""Behaviors: read with their lag, series anchored by the batch, one item proved and verified alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from concordat.cli.output import OUTPUT, Output, emit, emit_answer, tell
from concordat.cli.problems import describe_error
from concordat.cli.showing import describe_receipt_lines
from concordat.cli.where import WHERE, Root, Where
from concordat.client.answers import reading
from concordat.client.files import PROOF_BYTES_MAX, read_file, save_new_file
from concordat.client.requests import make_path
from concordat.errors import Corrupt, UsageError
from concordat.primitives.identifiers import DatasetName
from concordat.primitives.plain import Json, from_plain
from concordat.wording.sentences import render


def list_behaviors(
    member: str, /, *, limit: int = 20, where: Where = WHERE, output: Output = OUTPUT
) -> None:
    """Show a member's behaviors, newest first, and how long they took to the ledger.

    :param member: Its identifier.
    :param limit: How many.
    """
    with where.connect(output) as client:
        found = client.get(f"{make_path('/v1/members', member)}/behaviors?limit={limit}")
    emit_answer(output, where.node, found, lambda: _describe(found, output))


def _describe(found: Json, output: Output) -> Iterator[str]:
    lag = found["lag"]
    if not lag["count"]:
        yield render("show.no_behaviors", output.language)
        return
    yield render("show.lag", output.language, count=lag["count"], p50=lag["p50_ms"], p95=lag["p95_ms"])
    for one in found["behaviors"]:
        yield f"{one['position']:>6}  {one['time']}  {one['lag_ms']:>8,} ms  {one['sentence']}"


def anchor(file: Path, /, *, series: str, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Anchor the next batch of a series: its items stay here, in FILE.batch, and each can be proved alone.

    What was cut off goes on with the same FILE.batch. The ledger's proof of the batch is put into FILE.batch.proof.

    :param file: CSV with a column `time`, or .jsonl with a field `time`, in the order of time.
    :param series: The series' name: gate-levels.
    """
    from concordat.client.batches import (  # here and below: what --help does without
        check_same,
        fetch_batch,
        make_anchor,
        make_batch,
        read_items,
        render_batch,
        send_anchor,
    )
    from concordat.client.proofs import fetch_proof

    try:
        from_plain(DatasetName, series)
    except UsageError as error:
        raise UsageError(error.code, f"--series {series}") from error
    path = file.with_name(f"{file.name}.batch")
    proof_path = path.with_name(f"{path.name}.proof")
    if path.exists():
        batch = fetch_batch(path)
        check_same(batch, series, read_items(file), path)
    else:
        batch = make_batch(series, read_items(file))
        save_new_file(path, render_batch(batch))
    with where.connect(output) as client:
        receipt = send_anchor(client, make_anchor(batch))
        with reading(where.node):
            transaction = str(receipt["transaction"])
        if not proof_path.exists():
            save_new_file(proof_path, fetch_proof(client, "tx", transaction))
    answer = {**receipt, "batch_file": str(path), "proof_file": str(proof_path)}
    emit_answer(output, where.node, answer, lambda: describe_receipt_lines(receipt, output.language))
    tell(render("show.prove", output.language, file=str(path)))


def prove(batch: Path, number: int, /, *, out: Path, output: Output = OUTPUT) -> None:
    """Write the proof of one item of a batch; whoever has it and genesis.json needs nothing else, and no network.

    :param batch: A file that `behavior anchor` wrote; BATCH.proof lies beside it.
    :param number: The item, counted from 1.
    :param out: The file to write; it must not exist.
    """
    from concordat.client.batches import fetch_batch, prove_item

    proof = read_file(batch.with_name(f"{batch.name}.proof"), PROOF_BYTES_MAX)
    data = prove_item(fetch_batch(batch), number - 1, proof)
    save_new_file(out, data)
    emit(output, {"file": str(out), "bytes": len(data)}, [str(out)])
    tell(f"verify it with: concordat behavior verify {out} --trust genesis.json")


def verify(file: Path, /, *, trust: Root = None, output: Output = OUTPUT) -> int:
    """Verify the proof of one item offline: item, batch, entry, ledger.

    :param file: A file that `behavior prove` wrote.
    """
    from concordat.client.batches import compute_item_verdict
    from concordat.client.trust import read_trust
    from concordat.verifier.verdict import compute_verdict

    data, root = read_file(file, PROOF_BYTES_MAX), None if trust is None else read_trust(trust)
    try:
        verdict = compute_item_verdict(data, root, output.language)
    except Corrupt as error:
        told = describe_error(error, output.language)
        told_so: Json = {"code": error.code, "statement": told["reason"], "next_step": told["next_step"], "item": None}
        verdict = compute_verdict(b"", None, output.language) | told_so
    mark = "✔" if verdict["valid"] else "✘"
    lines = [f"{mark} {verdict['statement']}"]
    lines += verdict["not_proved_sentences"] if verdict["valid"] else [verdict["code"], verdict["next_step"]]
    emit(output, verdict, lines)
    return 0 if verdict["valid"] else Corrupt.exit_status
