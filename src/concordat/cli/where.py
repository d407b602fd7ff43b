"""Which node to talk to, as whom, and what is trusted: options that every command with a network has."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, Token

from concordat.cli.output import Output, tell
from concordat.errors import ConcordatError, NotFound, Refused, UsageError
from concordat.primitives.identifiers import INTEGER_MAX

if TYPE_CHECKING:
    from concordat.client.api import Client
    from concordat.client.keys import Key
    from concordat.crypto.proof import Trust


def _read_root(_: object, tokens: Sequence[Token]) -> str:
    """An empty text pins nothing: a script with an unset variable must not believe that it pins."""
    if not tokens[0].value:
        raise ValueError("what you trust is empty")
    return tokens[0].value


ROOT = Parameter(
    env_var="CONCORDAT_TRUST",
    converter=_read_root,
    help="What you trust: genesis.json, a signed checkpoint, a key file or 64 digits.",
)
Root = Annotated[str | None, ROOT]
"""A root of trust, as `read_trust` reads it."""


@Parameter(name="*")
@dataclass(frozen=True)
class Where:
    """The node to talk to, as whom, and what is trusted."""

    node: Annotated[str, Parameter(env_var="CONCORDAT_NODE")] = "http://127.0.0.1:8420"
    """The node's address."""
    key: Annotated[Path | None, Parameter(env_var="CONCORDAT_KEY")] = None
    """Your key file; it signs here and is never sent."""
    trust: Annotated[
        Root,
        Parameter(
            help="genesis.json of the chain, or its node's key: receipts, checkpoints and a contract's text, status "
            "and signatures are then proved, and the height and simulated time from which your signature's validity "
            "counts. The rest stays the node's word, as all of it does without a pin; `proof` fetches what proves it."
        ),
    ] = None

    seen: Annotated[Path | None, Parameter(env_var="CONCORDAT_SEEN")] = None
    """Where you keep the last checkpoint that you have seen, if not beside your key; a node whose history does not
    continue it is refused."""

    def connect(self, output: Output) -> Client:
        """Return a client of the node, once its history is shown to continue the one seen before."""
        from concordat.client.api import Client  # here and below: what --help does without

        trust = fetch_root(self.trust)
        key = fetch_key_asking(self.key) if self.key else None
        client = Client(self.node, key, trust, language=output.language)
        try:
            self._compare_seen(client)
        except BaseException:
            client.close()
            raise
        return client

    def _compare_seen(self, client: Client) -> None:
        """Compare the node with what was seen of it: as told, or beside the key; a folder may be one to read only."""
        from concordat.client.seen import keep_seen, make_seen_path

        if self.seen is not None:
            keep_seen(client, self.seen)
        elif self.key is not None:
            try:
                keep_seen(client, make_seen_path(self.key, client.chain_id()))
            except ConcordatError as error:
                if not error.code.startswith("disk."):
                    raise
                tell(f"warning: what you have seen of this node is not kept: {error}")


WHERE = Where()
_DIGITS_MAX = 16


def fetch_root(trust: str | None) -> Trust | None:
    """Return the root by which a node has to prove itself.

    Raises:
        UsageError: `sign.no_root` for a checkpoint, which names no key. As `read_trust` otherwise.
    """
    from concordat.client.trust import read_trust

    root = None if trust is None else read_trust(trust)
    if root is not None and root.note is not None:
        raise UsageError("sign.no_root", str(trust))
    return root


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
        UsageError: `input.does_not_fit`. NotFound: `read.no_such_contract` for a number that is too large.
    """
    digits = text.removeprefix("C-")
    if not (digits.isascii() and digits.isdigit()):
        raise UsageError("input.does_not_fit", f"“{text}” is no contract's number")
    if len(digits) > _DIGITS_MAX or int(digits) > INTEGER_MAX:
        raise NotFound("read.no_such_contract", text)
    return int(digits)


def warn_if_open(path: Path) -> None:
    """Say on standard error that others on this machine may read or change a key file."""
    from concordat.client.keys import is_open_to_others

    with suppress(OSError):
        if is_open_to_others(path):
            tell(f"warning: others on this machine may open {path}; run: chmod 600 {path}")
