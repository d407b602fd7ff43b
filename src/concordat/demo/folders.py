"""The folders of a demo, and what an earlier run left in them: to be refused, told again, or gone on with."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from concordat.client.keys import Key, derive_key, fetch_key, save_key
from concordat.demo.parties import run_command
from concordat.errors import Corrupt, Refused
from concordat.primitives.plain import Json


@dataclass(frozen=True, slots=True)
class Folders:
    """The node's folder, and the one beside it in which each party has its own."""

    node: Path
    parties: Path

    @property
    def genesis(self) -> Path:
        """What proofs are checked against."""
        return self.node / "genesis.json"

    def remove(self) -> None:
        """Remove both."""
        for path in (self.node, self.parties):
            shutil.rmtree(path, ignore_errors=True)


def check_folders(folders: Folders) -> None:
    """Refuse a folder that holds anything but an earlier demo.

    Raises:
        Refused: `demo.not_a_demo`.
    """
    node = folders.node
    is_used = node.exists() and (not node.is_dir() or any(node.iterdir()))
    if is_used and not (folders.parties / "plan.json").exists():
        raise Refused("demo.not_a_demo", str(node))


def check_ledger(folders: Folders) -> None:
    """Let `concordat doctor` look at an earlier run's folder.

    Raises:
        Corrupt: `ledger.corrupt`.
    """
    if not (folders.node / "blocks.log").exists() and not (folders.parties / "told.json").exists():
        return
    found = run_command(folders.parties, "doctor", str(folders.node))
    bad = next((check["file"] for check in found.get("checks", ()) if check["status"] == "failed"), None)
    if bad is not None or "checks" not in found:
        place = str(folders.node / (bad or "blocks.log"))
        raise Corrupt("ledger.corrupt", place)


def get_key(folders: Folders, name: str, seed: str) -> Key:
    """Return a party's key, saved when the demo begins.

    Raises:
        Refused: `demo.other_seed`.
    """
    path = folders.parties / name / "officer.key"
    key = derive_key(seed, f"{name}/officer")
    if not path.exists():
        save_key(path, key)
    if fetch_key(path) != key:
        raise Refused("demo.other_seed", str(folders.parties))
    return key


def check_tables(folders: Folders, source: str, digest: str) -> None:
    """Refuse other tables than those that the story was begun with; note them when it begins.

    Raises:
        Refused: `demo.other_data`.
    """
    path = folders.parties / "tables.json"
    if not path.exists():
        path.write_text(json.dumps({"data": source, "digest": digest}, ensure_ascii=False))
        return
    begun = json.loads(path.read_text())
    if begun["digest"] != digest:
        raise Refused("demo.other_data", f"{folders.parties}: {begun['data']}")


def save_told(folders: Folders, document: Json) -> None:
    """Keep what the story came to, with the head of the ledger that it is told of."""
    told = {"head": _compute_digest(folders.node / "head"), "document": document}
    (folders.parties / "told.json").write_text(json.dumps(told, ensure_ascii=False))


def find_told(folders: Folders) -> Json | None:
    """Return what an earlier run came to, without starting anything, when the ledger stands as that run left it.

    The folders may have been moved since; None also when a proof is missing, which only a node makes anew.
    """
    path, head = folders.parties / "told.json", folders.node / "head"
    if not path.exists() or not head.exists():
        return None
    told = json.loads(path.read_text())
    document = told["document"]
    for contract in document["contracts"]:
        contract["proof"] = str(folders.parties / "proofs" / Path(contract["proof"]).name)
    is_whole = all(Path(contract["proof"]).exists() for contract in document["contracts"])
    return document if is_whole and told["head"] == _compute_digest(head) else None


def _compute_digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
