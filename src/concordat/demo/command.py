"""`concordat demo`: founds a chain, starts a node, plays the story over HTTP, prints what came of it."""

from __future__ import annotations

import ctypes
import json
import shutil
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

from concordat.cli.output import OUTPUT, Output, emit
from concordat.client.api import Client
from concordat.client.keys import Key, derive_key, fetch_key, save_key
from concordat.crypto.proof import Trust
from concordat.demo.files import compute_tables_digest, fetch_tables
from concordat.demo.parties import Party, run_command
from concordat.demo.stage import Stage
from concordat.demo.story import FOUNDERS, NEWCOMERS, RESIDENTS, STRANGER, play
from concordat.errors import Corrupt, Refused
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
    document = _run(dir_, data, seed, port, is_once=once, is_reset=reset)
    emit(output, document, [f"{document['chain_id']}  {document['height']}  {document['app_hash']}"])


def _run(folder: Path, data: Path | None, seed: str, port: int, *, is_once: bool, is_reset: bool) -> Json:
    """Play the story in `folder` (the node's) and beside it (the parties'); return the document of `--json`.

    Without `is_once` the node and two parties stay running until Ctrl-C.
    """
    folder = folder.resolve()
    parties_folder = folder.with_name(folder.name + "-parties")
    tables = fetch_tables(data, seed, _say)
    _check_folder(folder, parties_folder)
    if is_reset:
        for path in (folder, parties_folder):
            shutil.rmtree(path, ignore_errors=True)
    _check_ledger(folder, parties_folder)
    keys = {name: _get_key(parties_folder, name, seed) for name in (*FOUNDERS, *NEWCOMERS, STRANGER)}
    _check_tables(parties_folder, data, compute_tables_digest(tables))
    told = _find_told(folder, parties_folder)
    if told is not None and is_once:
        return told
    if not (folder / "blocks.log").exists():
        _found(folder, parties_folder, keys, seed)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends the demo ends its processes
    node, ready = _start_node(folder, parties_folder, port)
    parties = {name: Party(name, parties_folder / name, name in RESIDENTS) for name in keys}
    try:
        document = told or _play(folder, data, Stage(
            url=ready["api"],
            seed=seed,
            reader=Client(ready["api"], keys["azure-bay"], Trust(genesis=(folder / "genesis.json").read_bytes())),
            parties=parties,
            public_keys={name: key.public_key for name, key in keys.items()},
            tables=tables,
            now_us=parse_time(START),
            operator="azure-bay",
        ))  # fmt: skip
        _say_verified(document, folder, parties_folder)
        if not is_once:
            _say(f"Console  {ready['console']}\nAPI      {ready['api']}")
            _say_sign_in(parties_folder, str(ready["console"]))
            _say("Simulated time; fictional regions. Ctrl-C stops everything; a second run resumes.")
            _wait_until_stopped(node)
    except KeyboardInterrupt:
        _say("Stopped. Run it again to resume.")
        raise
    finally:
        for party in parties.values():
            party.stop()
        node.send_signal(signal.SIGTERM)
        node.wait(timeout=STARTUP_SECONDS_MAX)
    return document


def _check_folder(folder: Path, parties_folder: Path) -> None:
    """Refuse a folder that holds anything but an earlier demo.

    Raises:
        Refused: `demo.not_a_demo`.
    """
    is_used = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    if is_used and not (parties_folder / "plan.json").exists():
        raise Refused("demo.not_a_demo", str(folder), "choose another --dir; nothing was removed")


def _check_ledger(folder: Path, parties_folder: Path) -> None:
    """Let `concordat doctor` look at an earlier run's folder.

    Raises:
        Corrupt: `ledger.corrupt`.
    """
    if not (folder / "blocks.log").exists() and not (parties_folder / "told.json").exists():
        return
    found = run_command(parties_folder, "doctor", str(folder))
    bad = next((check["file"] for check in found.get("checks", ()) if check["status"] == "failed"), None)
    if bad is not None or "checks" not in found:
        raise Corrupt("ledger.corrupt", str(folder / (bad or "blocks.log")), "run `concordat doctor`, or --reset")


def _check_tables(parties_folder: Path, data: Path | None, digest: str) -> None:
    """Refuse other tables than those that the story was begun with; note them when it begins.

    Raises:
        Refused: `demo.other_data`.
    """
    path = parties_folder / "tables.json"
    if not path.exists():
        path.write_text(json.dumps({"data": _name_data(data), "digest": digest}, ensure_ascii=False))
        return
    begun = json.loads(path.read_text())
    if begun["digest"] != digest:
        raise Refused("demo.other_data", f"{parties_folder}: {begun['data']}", "name another --dir, or give --reset")


def _name_data(data: Path | None) -> str:
    return str(data.resolve()) if data else "generated"


def _find_told(folder: Path, parties_folder: Path) -> Json | None:
    """Return what an earlier run came to, without starting anything, when the ledger stands as that run left it.

    The folders may have been moved since; None also when a proof is missing, which only a node makes anew.
    """
    path, head = parties_folder / "told.json", folder / "head"
    if not path.exists() or not head.exists():
        return None
    told = json.loads(path.read_text())
    document = told["document"]
    for contract in document["contracts"]:
        contract["proof"] = str(parties_folder / "proofs" / Path(contract["proof"]).name)
    is_whole = all(Path(contract["proof"]).exists() for contract in document["contracts"])
    return document if is_whole and told["head"] == _compute_digest(head) else None


def _compute_digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _get_key(parties_folder: Path, name: str, seed: str) -> Key:
    path = parties_folder / name / "officer.key"
    key = derive_key(seed, f"{name}/officer")
    if not path.exists():
        save_key(path, key)
    if fetch_key(path) != key:
        raise Refused("demo.other_seed", str(parties_folder), "name another --dir, or start over with --reset")
    return key


def _found(folder: Path, parties_folder: Path, keys: dict[str, Key], seed: str) -> None:
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
    path = parties_folder / "plan.json"
    path.write_text(json.dumps(plan, indent=2, ensure_ascii=False))
    run_command(parties_folder, "init", str(folder), "--from", str(path))
    save_key(folder / "keys" / "node.key", node_key)


def _start_node(folder: Path, parties_folder: Path, port: int) -> tuple[subprocess.Popen[bytes], Json]:
    ready_file = parties_folder / "ready.json"
    ready_file.unlink(missing_ok=True)
    command = ["serve", str(folder), "--port", str(port), "--ready-file", str(ready_file)]
    with (parties_folder / "node.log").open("ab") as log:
        node = subprocess.Popen(
            [sys.executable, "-P", "-m", "concordat", *command],
            stdout=log, stderr=log, start_new_session=True, preexec_fn=_end_with_parent,  # noqa: PLW1509  # no thread runs yet
        )  # fmt: skip
    for _ in range(STARTUP_SECONDS_MAX * 20):
        if ready_file.exists():
            return node, json.loads(ready_file.read_text())
        if node.poll() is not None:
            break
        time.sleep(0.05)
    node.kill()
    said = (parties_folder / "node.log").read_text().strip().splitlines()
    raise Refused("demo.node_did_not_start", said[-1] if said else "no word", f"read {parties_folder / 'node.log'}")


def _end_with_parent() -> None:
    """On Linux the kernel ends the node when the demo is killed and can no longer do so itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _play(folder: Path, data: Path | None, stage: Stage) -> Json:
    """Play the story; what was played before an interruption is found and not played again."""
    parties_folder = folder.with_name(folder.name + "-parties")
    with stage.reader:
        for heading in play(stage):
            _say(f"• {heading}")
        document = _summarize(stage, data, parties_folder)
    told = {"head": _compute_digest(folder / "head"), "document": document}
    (parties_folder / "told.json").write_text(json.dumps(told, ensure_ascii=False))
    return document


def _summarize(stage: Stage, data: Path | None, parties_folder: Path) -> Json:
    status = stage.reader.get("/v1/status")
    proofs = parties_folder / "proofs"
    proofs.mkdir(exist_ok=True)
    contracts = []
    for contract in sorted(stage.reader.get("/v1/contracts?limit=200"), key=lambda row: int(row["id"])):
        path = proofs / f"C-{contract['id']:04d}.proof"
        path.write_bytes(stage.reader.fetch(f"/v1/contracts/{contract['id']}/proof"))
        contracts.append({"id": contract["id"], "status": contract["status"], "proof": str(path)})
    members = stage.reader.get("/v1/members?limit=200")
    return {
        "schema_version": 1,
        "chain_id": status["chain_id"],
        "clock": status["clock"],
        "data": _name_data(data),
        "height": status["height"],
        "app_hash": status["app_hash"],
        "steps": stage.steps,
        "members": [{name: member[name] for name in ("id", "status", "score", "grade")} for member in members],
        "contracts": contracts,
        "refused": stage.refused,
    }


def _say_verified(document: Json, folder: Path, parties_folder: Path) -> None:
    """One line: which contract was verified, at which height, with which signatures — by the offline verifier."""
    contract = next(row for row in reversed(document["contracts"]) if row["status"] == "completed")
    verdict = run_command(parties_folder, "verify", contract["proof"], "--trust", str(folder / "genesis.json"))
    if not verdict["valid"]:
        raise Refused("demo.proof_invalid", verdict["code"], "report this defect")
    signers = ", ".join(f"{member} ✓" for member in dict.fromkeys(row["member"] for row in verdict["signatures"]))
    place = f"contract C-{contract['id']:04d} at height {verdict['height']}"
    _say(f"Verified {place}: signatures {signers}; inclusion ✓; state ✓")


def _say_sign_in(parties_folder: Path, console: str) -> None:
    """Print a one-time link for an officer of Azure Bay, and the command that makes another."""
    key = parties_folder / "azure-bay" / "officer.key"
    link = run_command(parties_folder, "login", console, "--key", str(key))["url"]
    program = sys.argv[0] if Path(sys.argv[0]).name == "concordat" else f"{sys.executable} -m concordat"
    _say(f"Sign in  {link} (good once, for ten minutes)\n         again: {program} login {console} --key {key}")


def _wait_until_stopped(node: subprocess.Popen[bytes]) -> None:
    code = node.wait()
    raise Refused("demo.node_stopped", f"exit status {code}", "run the demo again; it resumes")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()

