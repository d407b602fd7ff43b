"""A node's folder served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from concordat.cli.folder import Folder
from concordat.cli.output import OUTPUT, Output, emit_line, tell
from concordat.cli.where import warn_if_open
from concordat.client.files import read_file
from concordat.contracts.text import Language
from concordat.errors import UsageError
from concordat.ledger.files import TEMPORARY_SUFFIX, output_error
from concordat.wording.sentences import render

if TYPE_CHECKING:
    from concordat.api.server import Ready


def serve(
    folder: Folder,
    /,
    *,
    host: str = "127.0.0.1",
    port: int = 8420,
    ready_file: Path | None = None,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    behind_proxy: bool = False,
    accept_clock: bool = False,
    witnesses: Path | None = None,
    output: Output = OUTPUT,
) -> None:
    """Run the node of a folder until it is told to stop. Says on standard error where it answers.

    :param folder: A folder that `concordat init` made.
    :param host: Beyond this machine it needs TLS, or a proxy in front.
    :param port: 0 takes a free one; the ready file says which.
    :param ready_file: Receives {api, console, pid, height, chain_id, simulated}, as --json prints, when it answers.
    :param tls_cert: Certificate chain in PEM.
    :param tls_key: Its private key in PEM.
    :param behind_proxy: A proxy in front does TLS.
    :param witnesses: Whose cosignatures this node hands out, and where it asks for them (a C2SP tlog-policy file).
    :param accept_clock: This machine's clock is right although the last block is more than 366 days old.
    """
    from concordat.api.server import serve as serve_node  # the one place that needs the node's extra
    from concordat.crypto.policy import parse_policy
    from concordat.node.cosignatures import NO_WITNESSES
    from concordat.node.mail import MAIL_FILE
    from concordat.node.webhooks import WEBHOOKS_FILE

    if not 0 <= port <= 65_535:
        raise UsageError("cli.usage", f"port {port}")
    with suppress(OSError):  # of a folder that cannot be read the node tells
        for secret in (*sorted((folder / "keys").rglob("*.key")), folder / MAIL_FILE, folder / WEBHOOKS_FILE):
            warn_if_open(secret)
    named = NO_WITNESSES if witnesses is None else parse_policy(read_file(witnesses))
    if ready_file is not None:
        _clear(ready_file)

    def tell_ready(ready: Ready) -> None:
        if ready_file is not None:
            _save(ready_file, ready)
        if output.json:
            emit_line(msgspec.structs.asdict(ready))
        for line in _describe(ready, output.language):
            tell(line)

    serve_node(
        folder,
        host,
        port,
        tell_ready=tell_ready,
        tls_cert=tls_cert,
        tls_key=tls_key,
        behind_proxy=behind_proxy,
        accept_clock=accept_clock,
        witnesses=named,
    )


def _describe(ready: Ready, language: Language) -> Iterator[str]:
    yield render("serve.listening", language, f"{ready.api}/v1", ready.console)
    time = render(f"serve.time.{'simulated' if ready.simulated else 'real'}", language)
    yield render("serve.chain", language, ready.chain_id, ready.height, time)


def _clear(path: Path) -> None:
    """Remove the ready file of an earlier run; refuse one that cannot be written before the node starts, not after."""
    with _naming_errors(path):
        path.unlink(missing_ok=True)
        temporary = _name_temporary(path)
        temporary.touch()
        temporary.unlink()


def _save(path: Path, ready: Ready) -> None:
    """Write the ready file whole: whoever waits for it reads it at once."""
    temporary = _name_temporary(path)
    with _naming_errors(path):
        temporary.write_text(json.dumps(msgspec.structs.asdict(ready)) + "\n", encoding="utf-8")
        temporary.replace(path)


def _name_temporary(path: Path) -> Path:
    return path.with_name(path.name + TEMPORARY_SUFFIX)


@contextmanager
def _naming_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise output_error(error, path) from error
