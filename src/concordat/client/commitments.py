"""What the ledger keeps of papers that it never sees: salted digests. Normative text: spec/membership.md, MEM-23.

A salt has 32 random bytes and stays with the papers: without it nobody can guess a name or a phone from its digest.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from concordat.client.files import compute_file_digest
from concordat.errors import Corrupt
from concordat.primitives.codec import Struct, encode
from concordat.primitives.identifiers import Digest

SALT_BYTES: Final = 32


class Document(Struct, frozen=True):
    """One paper, by its file's name and the SHA-256 of its bytes."""

    name: str
    digest: Digest


class Dossier(Struct, frozen=True):
    """What stays with the papers: without the salt nobody can check the commitment, or guess a paper from it."""

    salt: Digest
    documents: tuple[Document, ...]
    commitment: Digest


class Card(Struct, frozen=True):
    """What stays with an officer's member."""

    name: str
    phone: str
    salt: Digest
    commitment: Digest


class Statement(Struct, frozen=True):
    """What somebody said; without the salt nobody can guess it from the commitment."""

    salt: Digest
    text: str
    commitment: Digest


def make_salt() -> bytes:
    """Return a fresh salt."""
    return os.urandom(SALT_BYTES)


def make_card(name: str, phone: str) -> Card:
    """Return a card under a fresh salt."""
    salt = make_salt()
    return Card(name, phone, salt, compute_card_commitment(salt, name, phone))


def make_dossier(papers: Sequence[Path]) -> Dossier:
    """Return the dossier of papers in their order, under a fresh salt; raises as `compute_file_digest`."""
    salt = make_salt()
    documents = tuple(Document(path.name, compute_file_digest(path)[0]) for path in papers)
    return Dossier(salt, documents, compute_documents_commitment(salt, [document.digest for document in documents]))


def check_dossier(dossier: Dossier, folder: Path) -> None:
    """Refuse papers in a folder, or a dossier, other than what was committed to.

    Raises:
        Corrupt: `dossier.differs`. As `compute_file_digest` otherwise.
    """
    for document in dossier.documents:
        path = folder / Path(document.name).name
        if compute_file_digest(path)[0] != document.digest:
            raise Corrupt("dossier.differs", str(path))
    digests = [document.digest for document in dossier.documents]
    if compute_documents_commitment(dossier.salt, digests) != dossier.commitment:
        raise Corrupt("dossier.differs", dossier.commitment.hex())


def compute_card_commitment(salt: bytes, name: str, phone: str) -> bytes:
    """Return the commitment to an officer's card."""
    return sha256(b"concordat/card/v1\0" + encode((salt, name, phone))).digest()


def compute_documents_commitment(salt: bytes, digests: Sequence[bytes]) -> bytes:
    """Return the commitment to a dossier, by the SHA-256 digests of its documents in their order."""
    return sha256(b"concordat/documents/v1\0" + encode((salt, tuple(digests)))).digest()


def compute_statement_commitment(salt: bytes, text: str) -> bytes:
    """Return the commitment to what somebody said (spec/objections.md OBJ-8)."""
    return sha256(b"concordat/statement/v1\0" + encode((salt, text))).digest()
