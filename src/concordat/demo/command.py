"""`concordat demo`: founds a chain, starts a node, plays the story over HTTP, prints what came of it."""

from __future__ import annotations

import ctypes
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from concordat.cli.output import OUTPUT, Output, emit, tell
from concordat.client.api import Client
from concordat.client.keys import Key, derive_key, save_key
from concordat.crypto.proof import Trust
from concordat.demo.files import compute_tables_digest, fetch_tables
from concordat.demo.folders import Folders, check_folders, check_ledger, check_tables, find_told, get_key, save_told
from concordat.demo.parties import Party, run_command
from concordat.demo.stage import OPERATOR, Stage
from concordat.demo.story import FOUNDERS, NEWCOMERS, RESIDENTS, STRANGER, play
from concordat.errors import Refused
from concordat.primitives.ledger_time import parse_time
from concordat.primitives.plain import Json

START = "2026-01-05T00:00:00Z"
STARTUP_SECONDS_MAX = 30

_PR_SET_PDEATHSIG = 1


def demo(
    *,
    once: bool = False,
    dir_: Path = Path("demo/node"),
    data: Path | None = None,
    seed: str = "1",
    port: int = 0,
    reset: bool = False,
    output: Output = OUTPUT,
) -> None:
    """Play a whole scenario on this machine: simulated time, fictional regions, derived keys.

    :param once: End when the story has been told; otherwise the node stays until Ctrl-C.
    :param dir_: The node's folder; the parties' folders lie beside it. A finished one is told again, unchanged.
    :param data: A folder of tables to use in place of the made-up ones.
    :param seed: Keys, salts and nonces follow from it: the same seed gives the same app hash.
    :param port: Where the node listens; 0 takes a free port.
    :param reset: Remove the folders of an earlier run first.
    """
    node = dir_.resolve()
    folders = Folders(node, node.with_name(node.name + "-parties"))
    tables = fetch_tables(data, seed)
    source = str(data.resolve()) if data else "generated"
    check_folders(folders)
    if reset:
        folders.remove()
    check_ledger(folders)
    keys = {name: get_key(folders, name, seed) for name in (*FOUNDERS, *NEWCOMERS, STRANGER)}
    check_tables(folders, source, compute_tables_digest(tables))
    document = find_told(folders)
    if document is None or not once:
        if not (folders.node / "blocks.log").exists():
            _found(folders, keys, seed)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends the demo ends its processes
        with _serving(folders, port) as (process, ready):
            stage = Stage(
                url=ready["api"],
                seed=seed,
                reader=Client(ready["api"], keys[OPERATOR], Trust(genesis=folders.genesis.read_bytes())),
                parties={name: Party(name, folders.parties / name, name in RESIDENTS) for name in keys},
                public_keys={name: key.public_key for name, key in keys.items()},
                tables=tables,
                now_us=parse_time(START),
            )
            document = _run(stage, folders, source, document, None if once else (process, ready))
    emit(output, document, [f"{document['chain_id']}  {document['height']}  {document['app_hash']}"])


def _found(folders: Folders, keys: dict[str, Key], seed: str) -> None:
    """Write the plan of the consortium and let `concordat init` make the chain, as any operator would."""
    node_key = derive_key(seed, "node")
    plan = {
        "name": {"en": "Six Regions consortium (demo)", "zh": "六区协作联盟（演示）"},
        "clock": "scenario",
        "start_time": START,
        "node_key": node_key.public_key.hex(),
        "verify_k": 2,
        "founders": [
            {
                "member": member,
                "name": name,
                "kind": "region",
                "scheme": "DEMO",
                "code": f"FO-{number:04d}",
                "roles": roles,
                "public_keys": [keys[member].public_key.hex()],
            }
            for number, (member, (name, roles)) in enumerate(FOUNDERS.items(), start=1)
        ],
    }
    path = folders.parties / "plan.json"
    path.write_text(json.dumps(plan, indent=2, ensure_ascii=False))
    run_command(folders.parties, "init", str(folders.node), "--from", str(path))
    save_key(folders.node / "keys" / "node.key", node_key)


@contextmanager
def _serving(folders: Folders, port: int) -> Iterator[tuple[subprocess.Popen[bytes], Json]]:
    """Yield a node as its own process, and what its ready file says; end it afterwards.

    Raises:
        Refused: `demo.node_did_not_start`.
    """
    log_path, ready_path = folders.parties / "node.log", folders.parties / "ready.json"
    ready_path.unlink(missing_ok=True)
    command = ["serve", str(folders.node), "--port", str(port), "--ready-file", str(ready_path)]
    with log_path.open("ab") as log:
        node = subprocess.Popen(
            [sys.executable, "-P", "-m", "concordat", *command],
            stdout=log, stderr=log, start_new_session=True, preexec_fn=_end_with_parent,  # noqa: PLW1509  # no thread runs yet
        )  # fmt: skip
    try:
        for _ in range(STARTUP_SECONDS_MAX * 20):
            if ready_path.exists() or node.poll() is not None:
                break
            time.sleep(0.05)
        if not ready_path.exists():
            said = log_path.read_text().strip().splitlines()
            raise Refused("demo.node_did_not_start", said[-1] if said else "no word")
        yield node, json.loads(ready_path.read_text())
    finally:
        node.send_signal(signal.SIGTERM)
        node.wait(timeout=STARTUP_SECONDS_MAX)


def _end_with_parent() -> None:
    """On Linux the kernel ends the node when the demo is killed and can no longer do so itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _run(
    stage: Stage, folders: Folders, source: str, told: Json | None, staying: tuple[subprocess.Popen[bytes], Json] | None
) -> Json:
    """Play the story unless it was told, check one of its proofs, and stay with the node until Ctrl-C if asked to.

    Raises:
        Refused: `demo.node_stopped` when the node ends by itself; `demo.proof_invalid`.
    """
    try:
        document = told or _play(stage, folders, source)
        _say_verified(document, folders)
        if staying is not None:
            process, ready = staying
            tell(f"Console  {ready['console']}")
            tell(f"API      {ready['api']}")
            _say_sign_in(folders, str(ready["console"]))
            tell("Simulated time; fictional regions. Ctrl-C stops everything; a second run resumes.")
            raise Refused("demo.node_stopped", f"exit status {process.wait()}")
    except KeyboardInterrupt:
        tell("Stopped. Run it again to resume.")
        raise
    finally:
        for party in stage.parties.values():
            party.stop()
    return document


def _play(stage: Stage, folders: Folders, source: str) -> Json:
    """Play the story; what was played before an interruption is found and not played again."""
    with stage.reader:
        for heading in play(stage):
            tell(f"• {heading}")
        document = _summarize(stage, folders, source)
    save_told(folders, document)
    return document


def _summarize(stage: Stage, folders: Folders, source: str) -> Json:
    status = stage.reader.get("/v1/status")
    proofs = folders.parties / "proofs"
    proofs.mkdir(exist_ok=True)
    contracts = []
    listed = [row for page in stage.reader.pages("/v1/contracts?limit=200") for row in page]
    for contract in sorted(listed, key=lambda row: int(row["id"])):
        path = proofs / f"C-{contract['id']:04d}.proof"
        path.write_bytes(stage.reader.fetch(f"/v1/contracts/{contract['id']}/proof"))
        contracts.append({"id": contract["id"], "status": contract["status"], "proof": str(path)})
    members = [row for page in stage.reader.pages("/v1/members?limit=200") for row in page]
    return {
        "schema_version": 1,
        "chain_id": status["chain_id"],
        "clock": status["clock"],
        "data": source,
        "height": status["height"],
        "app_hash": status["app_hash"],
        "steps": stage.steps,
        "members": [{name: member[name] for name in ("id", "status", "score", "grade")} for member in members],
        "contracts": contracts,
        "refused": stage.refused,
    }


def _say_verified(document: Json, folders: Folders) -> None:
    """One line: which contract was verified, at which height, with which signatures — by the offline verifier."""
    contract = next(row for row in reversed(document["contracts"]) if row["status"] == "completed")
    verdict = run_command(folders.parties, "verify", contract["proof"], "--trust", str(folders.genesis))
    if not verdict["valid"]:
        raise Refused("demo.proof_invalid", verdict["code"])
    signers = ", ".join(f"{member} ✓" for member in dict.fromkeys(row["member"] for row in verdict["signatures"]))
    place = f"contract C-{contract['id']:04d} at height {verdict['height']}"
    tell(f"Verified {place}: signatures {signers}; inclusion ✓; state ✓")


def _say_sign_in(folders: Folders, console: str) -> None:
    """Print a one-time link for an officer of Azure Bay, and the command that makes another."""
    key = folders.parties / OPERATOR / "officer.key"
    link = run_command(folders.parties, "login", console, "--key", str(key))["url"]
    program = sys.argv[0] if Path(sys.argv[0]).name == "concordat" else f"{sys.executable} -m concordat"
    tell(f"Sign in  {link} (good once, for ten minutes)")
    tell(f"         again: {program} login {console} --key {key}")
