"""Certificate and key of a node, looked at before anything is opened: which of the two files is at fault, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from concordat.errors import Refused

_PEM_BYTES_MAX: Final = 1024 * 1024
_CERTIFICATE: Final = b"-----BEGIN CERTIFICATE-----"
_KEY: Final = b"PRIVATE KEY-----"


def check_tls_files(certificate: Path, key: Path) -> None:
    """Refuse files that cannot be read, or are not what their option asks for.

    Raises:
        Refused: `node.bad_tls`.
    """
    for path, mark, what in ((certificate, _CERTIFICATE, "certificate"), (key, _KEY, "private key")):
        try:
            with path.open("rb") as file:
                is_right = mark in file.read(_PEM_BYTES_MAX)
        except OSError as error:
            raise make_tls_refusal(f"{path}: {error.strerror}") from error
        if not is_right:
            raise make_tls_refusal(f"{path}: no {what} in PEM")


def make_tls_refusal(detail: str) -> Refused:
    """Return the refusal of a certificate or key."""
    return Refused("node.bad_tls", detail)
