"""Which node to talk to, as whom, and what is trusted: options that every command with a network has."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from concordat.cli.output import Output, tell
from concordat.client.files import read_file
from concordat.errors import NotFound, Refused
from concordat.primitives.identifiers import INTEGER_MAX

if TYPE_CHECKING:
    from concordat.client.api import Client
    from concordat.client.keys import Key


@Parameter(name="*")
@dataclass(frozen=True)
class Where:
    """The node to talk to, as whom, and what is trusted."""

    node: Annotated[str, Parameter(env_var="CONCORDAT_NODE")] = "http://127.0.0.1:8420"
    """The node's address."""
    key: Annotated[Path | None, Parameter(env_var="CONCORDAT_KEY")] = None
    """Your key file; it signs here and is never sent."""
    trust: Annotated[Path | None, Parameter(env_var="CONCORDAT_TRUST")] = None
    """genesis.json of the chain: every receipt is then checked against its proof."""

    def connect(self, output: Output) -> Client:
        """Return a client of the node."""
        from concordat.client.api import Client  # here and below: what --help does without
        from concordat.crypto.proof import Trust

        trust = Trust(genesis=read_file(self.trust)) if self.trust else None
        key = fetch_key_asking(self.key) if self.key else None
        return Client(self.node, key, trust, language=output.language)


WHERE = Where()
_DIGITS_MAX = 16


def fetch_key_asking(path: Path) -> Key:
    """Read a key file; ask for its password when it is locked and somebody is there to answer."""
    from concordat.client.keys import fetch_key

    warn_if_open(path)
    try:
        return fetch_key(path)
    except Refused as error:
        if error.code != "key.locked" or not sys.stdin.isatty():
            raise
    return fetch_key(path, getpass(f"Password of {path}: "))


def read_contract_number(text: str) -> int:
    """Return the number of a contract that people write as 42 or C-0042.

    Raises:
        NotFound: `read.no_such_contract`.
    """
    digits = text.removeprefix("C-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _DIGITS_MAX or int(digits) > INTEGER_MAX:
        raise NotFound("read.no_such_contract", text, "look it up in the list of contracts")
    return int(digits)


def warn_if_open(path: Path) -> None:
    """Say on standard error that others on this machine may read or change a key file."""
    from concordat.client.keys import is_open_to_others

    with suppress(OSError):
        if is_open_to_others(path):
            tell(f"warning: others on this machine may open {path}; run: chmod 600 {path}")
