"""Dossiers and statements: papers that the ledger never sees, committed to by a salted digest (MEM-23)."""

from __future__ import annotations

from pathlib import Path

from concordat.cli.output import OUTPUT, Output, emit, render_json, tell
from concordat.client import commitments
from concordat.client.commitments import Dossier, make_dossier
from concordat.client.files import read_json_file, save_new_file
from concordat.errors import UsageError
from concordat.primitives.plain import from_plain, to_plain


def new_dossier(file: Path, /, *documents: Path, output: Output = OUTPUT) -> None:
    """Commit to papers; the ledger gets the commitment.

    :param file: The dossier file to write; it stays with the papers and must not exist.
    :param documents: The papers, in the order in which they are filed.
    """
    if not documents:
        raise UsageError("cli.usage", "no paper is named")
    dossier = make_dossier(documents)
    save_new_file(file, render_json(to_plain(dossier)).encode())
    _emit(file, dossier, output)
    tell(f"{file}: give it with the papers to who is to check them, and to nobody else")


def check_dossier(file: Path, /, *, folder: Path | None = None, output: Output = OUTPUT) -> None:
    """Check papers against a dossier file; the commitment printed must be the one on the ledger.

    :param file: What `concordat dossier new` wrote.
    :param folder: Where the papers are; beside the dossier file when left out.
    """
    dossier = from_plain(Dossier, read_json_file(str(file)))
    commitments.check_dossier(dossier, folder or file.parent)
    _emit(file, dossier, output)


def _emit(file: Path, dossier: Dossier, output: Output) -> None:
    commitment = dossier.commitment.hex()
    emit(output, {"file": str(file), "commitment": commitment, "documents": len(dossier.documents)}, [commitment])
