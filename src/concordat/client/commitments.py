"""What the ledger keeps of papers that it never sees: salted digests. Normative text: spec/membership.md, MEM-23.

A salt has 32 random bytes and stays with the papers: without it nobody can guess a name or a phone from its digest.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from concordat.primitives.codec import encode

SALT_BYTES: Final = 32


def compute_card_commitment(salt: bytes, name: str, phone: str) -> bytes:
    """Return the commitment to an officer's card."""
    return sha256(b"concordat/card/v1\0" + encode((salt, name, phone))).digest()


def compute_documents_commitment(salt: bytes, digests: Sequence[bytes]) -> bytes:
    """Return the commitment to a dossier, by the SHA-256 digests of its documents in their order."""
    return sha256(b"concordat/documents/v1\0" + encode((salt, tuple(digests)))).digest()
