"""Dossiers and statements: papers that the ledger never sees, committed to by a salted digest (MEM-23)."""

from __future__ import annotations

import json
import os
from pathlib import Path

from concordat.cli.output import OUTPUT, Output, emit, tell
from concordat.client.commitments import SALT_BYTES, compute_documents_commitment
from concordat.client.files import compute_file_digest, read_json_file, save_new_file
from concordat.errors import Corrupt, UsageError
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import Digest
from concordat.primitives.plain import from_plain, to_plain


class Document(Struct, frozen=True):
    """One paper, by its file's name and the SHA-256 of its bytes."""

    name: str
    digest: Digest


class Dossier(Struct, frozen=True):
    """What stays with the papers: without the salt nobody can check the commitment, or guess a paper from it."""

    salt: Digest
    documents: tuple[Document, ...]
    commitment: Digest


def new_dossier(file: Path, /, *documents: Path, output: Output = OUTPUT) -> None:
    """Commit to papers; the ledger gets the commitment.

    :param file: The dossier file to write; it stays with the papers and must not exist.
    :param documents: The papers, in the order in which they are filed.
    """
    if not documents:
        raise UsageError("cli.usage", "no paper is named", "name the papers after the dossier file")
    found = tuple(Document(path.name, compute_file_digest(path)[0]) for path in documents)
    salt = os.urandom(SALT_BYTES)
    dossier = Dossier(salt, found, compute_documents_commitment(salt, [document.digest for document in found]))
    save_new_file(file, (json.dumps(to_plain(dossier), ensure_ascii=False, indent=2) + "\n").encode())
    commitment = dossier.commitment.hex()
    emit(output, {"file": str(file), "commitment": commitment, "documents": len(found)}, [commitment])
    tell(f"{file}: give it with the papers to who is to check them, and to nobody else")


def check_dossier(file: Path, /, *, folder: Path | None = None, output: Output = OUTPUT) -> None:
    """Check papers against a dossier file; the commitment printed must be the one on the ledger.

    :param file: What `concordat dossier new` wrote.
    :param folder: Where the papers are; beside the dossier file when left out.
    """
    dossier = from_plain(Dossier, read_json_file(str(file)))
    for document in dossier.documents:
        path = (folder or file.parent) / Path(document.name).name
        if compute_file_digest(path)[0] != document.digest:
            raise Corrupt("dossier.differs", str(path), "ask the member for the papers that it filed")
    digests = [document.digest for document in dossier.documents]
    if compute_documents_commitment(dossier.salt, digests) != dossier.commitment:
        raise Corrupt("dossier.differs", str(file), "ask the member for the papers that it filed")
    commitment = dossier.commitment.hex()
    emit(output, {"file": str(file), "commitment": commitment, "documents": len(digests)}, [commitment])
