"""A witness on a member's own machine."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from concordat.cli.output import OUTPUT, Output, emit, emit_line, tell
from concordat.cli.where import Root, fetch_key_asking, fetch_root
from concordat.client.files import read_file
from concordat.errors import ConcordatError, Corrupt, Refused, UsageError
from concordat.wording.sentences import explain_error, render

if TYPE_CHECKING:
    from concordat.client.keys import Key
    from concordat.crypto.cosignature import VerifierKey
    from concordat.witness.following import Step

KEY_FILE = "witness.key"
_POLL_S = 1.0


def show_key(folder: Path, /, *, name: str | None = None, output: Output = OUTPUT) -> None:
    """Print a witness's verifier key, as policies and `serve --witnesses` name it; make it in an empty folder.

    :param folder: The witness's own folder.
    :param name: What a new witness is called: best an address of the member's, such as witness.azure-bay.example.
    """
    from concordat.crypto.cosignature import render_verifier_key

    found = _make_verifier_key(folder, _fetch_key(folder, None), name)
    line = render_verifier_key(found)
    emit(output, {"name": found.name, "public_key": found.public_key.hex(), "verifier_key": line}, [line])


def run(
    *,
    folder: Path,
    log: str,
    trust: Root = None,
    key: Path | None = None,
    name: str | None = None,
    logs: Path | None = None,
    listen: str | None = None,
    once: bool = False,
    output: Output = OUTPUT,
) -> None:
    """Follow a ledger, check that each checkpoint continues the last one seen, cosign it and hand that to the node.

    Ends with status 5 when the node has signed two histories; both checkpoints stay in the folder, and nothing of that
    ledger is signed any more.

    :param folder: The witness's own folder: its key and the last checkpoint it saw.
    :param log: The node's address.
    :param key: The witness's key file, when it is not the one in the folder.
    :param name: What a new witness is called.
    :param logs: Other logs that may ask this witness: the log lines of a C2SP tlog-policy file.
    :param listen: HOST:PORT where the witness takes checkpoints (C2SP tlog-witness).
    :param once: Look once and end.
    """
    from concordat.client.clock import fetch_now_us
    from concordat.crypto.policy import parse_policy
    from concordat.ledger.files import DiskFiles
    from concordat.witness.following import connect_log, follow_once
    from concordat.witness.server import serving_witness
    from concordat.witness.witness import Witness

    ledger = _make_log_key(trust)
    others = () if logs is None else parse_policy(read_file(logs)).logs
    signing = _fetch_key(folder, key)
    found = _make_verifier_key(folder, signing, name)
    with ExitStack() as opened:
        files = opened.enter_context(closing(DiskFiles(folder)))
        witness = Witness(files, found.name, signing, (ledger, *others), fetch_now_us)
        opened.callback(witness.close)
        if listen is not None:
            host, _, port = listen.rpartition(":")
            try:
                bound = opened.enter_context(serving_witness(witness, host, int(port)))
            except (OSError, ValueError, OverflowError) as error:
                raise Refused("node.cannot_listen", listen) from error
            tell(render("witness.listening", output.language, f"http://{host}:{bound}"))
        http = opened.enter_context(connect_log(output.language))
        is_taken, told = False, ""
        while True:
            try:
                step = follow_once(http, witness, ledger.name, log, is_taken=is_taken)
            except ConcordatError as error:
                if once or error.code == "witness.two_histories":
                    raise
                told = _tell_once(told, error, output)
            else:
                if step is not None:
                    is_new = is_taken or step.is_taken or not told
                    is_taken = step.is_taken
                    if is_new:
                        _show(step, output)
                    told = _tell_once(told, step.untaken, output)
            if once:
                return
            Event().wait(_POLL_S)


def _tell_once(told: str, error: ConcordatError | None, output: Output) -> str:
    """Say what stands in the way, unless it was the last thing said; return what was."""
    if error is None:
        return ""
    if told != str(error):
        tell(" ".join(explain_error(error, output.language)))
    return str(error)


def _show(step: Step, output: Output) -> None:
    root = step.head.root.hex()
    document = {"log": step.head.origin, "size": step.head.size, "root": root, "taken": step.is_taken}
    if output.json:
        emit_line(document)
    else:
        emit(output, document, [f"✔ {step.head.origin} {step.head.size} {root}"])


def _make_log_key(trust: str | None) -> VerifierKey:
    """Return the key by which a Concordat ledger is known to witnesses: that of its genesis.

    Raises:
        UsageError: `witness.needs_genesis`.
    """
    from concordat.crypto.checkpoint import KIND_ED25519
    from concordat.crypto.cosignature import VerifierKey
    from concordat.protocol.genesis import read_genesis

    root = fetch_root(trust)
    if root is None or root.genesis is None:
        raise UsageError("witness.needs_genesis", str(trust))
    chain = read_genesis(root.genesis)
    simulated = "simulated/" if chain.is_scenario else ""
    return VerifierKey(f"concordat/{simulated}{chain.id.hex()}", KIND_ED25519, chain.genesis.node_key)


def _fetch_key(folder: Path, key: Path | None) -> Key:
    """Return the witness's key; a new one where there is none yet."""
    from concordat.client.keys import make_key, save_key

    path = key or folder / KEY_FILE
    if key is None and not path.exists():
        save_key(path, make_key())
    return fetch_key_asking(path)


def _make_verifier_key(folder: Path, key: Key, name: str | None) -> VerifierKey:
    """Return the witness's name and key: the name that it was given first."""
    from concordat.crypto.cosignature import KIND_COSIGNATURE, VerifierKey, parse_verifier_key, render_verifier_key
    from concordat.ledger.files import DiskFiles
    from concordat.witness.witness import NAME_FILE

    with closing(DiskFiles(folder)) as files:
        if name is None and files.exists(NAME_FILE):
            return parse_verifier_key(files.read(NAME_FILE).decode(errors="replace").strip())
        given = name or f"concordat-witness/{key.public_key.hex()[:16]}"
        found = VerifierKey(given, KIND_COSIGNATURE, key.public_key)
        try:
            parse_verifier_key(render_verifier_key(found))
        except Corrupt as error:
            raise UsageError("input.does_not_fit", f"--name {given}") from error
        if not files.exists(NAME_FILE):
            files.replace(NAME_FILE, render_verifier_key(found).encode() + b"\n")
        return found
