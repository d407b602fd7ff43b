"""Proofs and checkpoints fetched from a node, and whole ledgers replayed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from concordat.cli.output import OUTPUT, Output, emit, emit_line, tell
from concordat.cli.where import WHERE, Root, Where, read_contract_number
from concordat.client.files import save_new_file
from concordat.errors import UsageError
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json
from concordat.wording.sentences import render

if TYPE_CHECKING:
    from concordat.crypto.checkpoint import Checkpoint


def proof(
    kind: Literal["tx", "contract", "ballot", "member", "entry"],
    name: str,
    /,
    *,
    out: Path,
    since: int | None = None,
    witnessed: bool = False,
    where: Where = WHERE,
    output: Output = OUTPUT,
) -> None:
    """Save the proof of a transaction, contract, ballot, member or ledger entry.

    :param kind: What is proved.
    :param name: Its id or number.
    :param out: The file to write; it must not exist.
    :param witnessed: Of a transaction or entry: at a checkpoint that witnesses have cosigned, not the newest.
    :param since: Also show that the ledger of this older size is the beginning of today's.
    """
    from concordat.client.proofs import fetch_proof  # here: what --help does without

    if witnessed and kind not in {"tx", "entry"}:
        raise UsageError("cli.usage", f"--witnessed {kind}: the state is proved only as it stands")

    with where.connect(output) as client:
        number = read_contract_number(name) if kind == "contract" else name
        data = fetch_proof(client, kind, number, since, is_witnessed=witnessed)
    save_new_file(out, data)
    emit(output, {"file": str(out), "bytes": len(data), "checked": where.trust is not None}, [str(out)])
    tell(f"verify it with: concordat verify {out} --trust genesis.json")


def checkpoint(*, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Print the ledger's signed checkpoint; keep it, and later proofs can be checked against it."""
    with where.connect(output) as client:
        note = client.fetch_checkpoint()
    emit(output, {"note": note, "checked": where.trust is not None}, note.splitlines())


def replay(file: Path, /, *, roots: bool = False, trust: Root = None, output: Output = OUTPUT) -> None:
    """Recompute an export and compare every root and signature with its checkpoints.

    :param file: A file that `concordat export` wrote.
    :param roots: Print the roots after every block, one JSON document a line.
    """
    from concordat.client.trust import read_trust
    from concordat.crypto.checkpoint import compute_app_hash
    from concordat.node.checkup import replay_export  # here and above: what --help does without

    if trust is None:
        tell(render("proof.untrusted_root", output.language))
    last: Checkpoint | None = None
    count = 0
    for checkpoint, tx_count in replay_export(file, None if trust is None else read_trust(trust)):
        last, count = checkpoint, count + tx_count
        if roots:
            block: dict[str, Json] = {"height": checkpoint.height, "time": format_time(checkpoint.time)}
            block |= {"tx_count": tx_count, "app_hash": compute_app_hash(checkpoint).hex()}
            block |= {"log_root": checkpoint.log_root.hex(), "state_root": checkpoint.state_root.hex()}
            emit_line(block)
    if not roots:
        document: dict[str, Json] = {"height": 0, "tx_count": count, "app_hash": None, "trusted": trust is not None}
        if last is not None:
            document |= {"height": last.height, "app_hash": compute_app_hash(last).hex()}
        emit(output, document, [f"✔ {document['height']} {document['app_hash']}"])
