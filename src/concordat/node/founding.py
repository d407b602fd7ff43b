"""Founding a chain: from a plan, or from nothing but a folder, to genesis.json and the node's keys."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from concordat.client.files import read_json_file
from concordat.client.keys import Key, make_key, read_key, render_key
from concordat.credit.rulebook import RULEBOOK_DIGEST
from concordat.errors import Corrupt, Refused, UsageError
from concordat.ledger.doctor import AUDIT_FILE, AUDIT_HEAD_FILE
from concordat.ledger.files import TEMPORARY_SUFFIX, DiskFiles, disk_error
from concordat.ledger.store import LOCK_FILE, BlockStore
from concordat.ledger.survey import GENESIS_FILE, HEAD_FILE, LOG_FILE
from concordat.node.audit import create_audit_log
from concordat.primitives.ledger_time import DAY_US, format_time
from concordat.primitives.plain import Json, from_plain
from concordat.protocol.editions import EDITION_NEWEST
from concordat.protocol.genesis import Genesis, check_genesis, read_genesis, render_genesis
from concordat.protocol.params import make_params, name_params

NODE_KEY_FILE = "keys/node.key"
_KEY_START = b"concordat key "
_LEFT_BEHIND = frozenset({GENESIS_FILE, HEAD_FILE, LOCK_FILE, AUDIT_FILE, AUDIT_HEAD_FILE})

EXAMPLE_PLAN: Json = {
    "name": {"en": "Six Regions consortium", "zh": "六区协作联盟"},
    "clock": "real",
    "verify_k": 1,
    "parameters": {"full_size_units": 1000},
    "founders": [
        {
            "member": "azure-bay",
            "name": {"en": "Azure Bay", "zh": "蔚湾"},
            "kind": "region",
            "scheme": "EXAMPLE",
            "code": "AB-0001",
            "roles": ["operator", "seed", "verifier"],
            "public_keys": ["<64 hex digits, from `concordat key new FILE`>"],
        }
    ],
}
"""What `init --from` reads. Left out: start_time (now), node_key (made here), verify_k, parameters (defaults)."""


@dataclass(frozen=True, slots=True)
class Founded:
    """A new chain's folder, and which key files were made."""

    chain_id: bytes
    genesis: Path
    keys: tuple[Path, ...]
    needed_key: bytes | None
    """The public key whose file must come to `keys/node.key` before the node can start; None when it is there."""


def read_plan(path: Path) -> Json:
    """Return the plan in a JSON file.

    Raises:
        NotFound: `input.absent`. UsageError: `input.*`.
    """
    plan = read_json_file(str(path))
    if not isinstance(plan, dict):
        raise UsageError("input.does_not_fit", "the plan is not an object")
    return plan


def found_chain(folder: Path, plan: Json | None, clock: str | None, now_us: int) -> Founded:
    """Make a node's folder from a plan, or with one founder whose key is in `folder/keys`.

    Keys that stand there already are used and never overwritten; those that are missing are made.

    Raises:
        UsageError: `input.*`, `genesis.*`. Refused: `ledger.exists`, `init.not_empty`, `key.locked`, `disk.*`.
        Corrupt: `key.unreadable`; `node.other_key` when `keys/node.key` is not the plan's.
    """
    with closing(DiskFiles(folder)) as files:
        _check_is_free(files, folder)
        made: dict[str, Key] = {}
        if plan is None:
            plan = _make_lone_plan(_fetch_or_make(files, "keys/founder.key", made))
        plan = dict(plan)
        if plan.get("node_key") is None:
            plan["node_key"] = _fetch_or_make(files, NODE_KEY_FILE, made).hex()
        genesis = make_genesis(plan, clock, now_us)
        has_node_key = NODE_KEY_FILE in made or files.exists(NODE_KEY_FILE)
        if has_node_key and _fetch_or_make(files, NODE_KEY_FILE, made) != genesis.node_key:
            raise Corrupt("node.other_key", NODE_KEY_FILE)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(error, str(folder), is_write=True) from error
        data = render_genesis(genesis)
        for name, key in made.items():  # keys first: a chain that nobody can sign for would be worse than a lone key
            files.replace(name, render_key(key))
        create_audit_log(files)
        BlockStore.create(files, data).close()
    return Founded(
        read_genesis(data).id,
        folder / GENESIS_FILE,
        tuple(folder / name for name in made),
        None if has_node_key else genesis.node_key,
    )


def _make_lone_plan(public_key: bytes) -> Json:
    founder = {
        "member": "founder",
        "name": {"en": "Founder", "zh": "发起成员"},
        "kind": "region",
        "scheme": "LOCAL",
        "code": "FOUNDER",
        "roles": ["operator", "seed", "verifier"],
        "public_keys": [public_key.hex()],
    }
    return {"name": {"en": "New consortium", "zh": "新建联盟"}, "founders": [founder]}


def _check_is_free(files: DiskFiles, folder: Path) -> None:
    """Refuse a folder with anything else in it than key files, and what a founding leaves that a crash cut short."""
    names = files.names()
    if LOG_FILE in names:
        raise Refused("ledger.exists", LOG_FILE)
    for name in names:
        is_key = name.startswith("keys/") and files.read(name).startswith(_KEY_START)
        if not is_key and name.removesuffix(TEMPORARY_SUFFIX) not in _LEFT_BEHIND:
            raise Refused("init.not_empty", str(folder / name))


def _fetch_or_make(files: DiskFiles, name: str, made: dict[str, Key]) -> bytes:
    """Return the public key of the key file, or of the key that is made for it, and noted, when there is none."""
    if name not in made:
        if files.exists(name):
            return read_key(files.read(name), name).public_key
        made[name] = make_key()
    return made[name].public_key


def make_genesis(plan: Json, clock: str | None, now_us: int) -> Genesis:
    """Return the genesis document of a plan with its gaps filled; `clock` overrides the plan's.

    Raises:
        UsageError: `input.*` with the place in the plan as a JSON Pointer, `genesis.*`.
    """
    allowed = {"name", "clock", "start_time", "node_key", "founders", "verify_k", "parameters"}
    unknown = sorted(set(plan) - allowed)
    if unknown:
        raise UsageError("input.unknown_field", f"/{unknown[0]} ({', '.join(sorted(allowed))})")
    founders = plan.get("founders", [])
    filled = {
        "format": "concordat/genesis/v1",
        "name": _as_label(plan.get("name", "Concordat")),
        "clock": clock or plan.get("clock", "real"),
        "start_time": plan.get("start_time", format_time(now_us)),
        "node_key": plan["node_key"],
        "founders": [_as_founder(founder) for founder in founders] if isinstance(founders, list) else founders,
        "params": _make_params(plan),
        "rulebook": RULEBOOK_DIGEST.hex(),
    }
    genesis = from_plain(Genesis, filled)
    check_genesis(genesis)
    if genesis.clock == "real" and genesis.start_time > now_us + DAY_US:
        raise UsageError("genesis.start_ahead", format_time(genesis.start_time))
    return genesis


def _make_params(plan: Json) -> dict[str, int]:
    """Return all parameters by name; errors name their places in the plan."""
    given = plan.get("parameters", {})
    if not isinstance(given, dict):
        raise UsageError("input.does_not_fit", "/parameters is not an object")
    own = {name: plan[name] for name in ("verify_k",) if name in plan}
    try:
        return name_params(make_params({"edition": EDITION_NEWEST} | given | own))
    except UsageError as error:
        is_own = any(error.detail.startswith(f"/{name}") for name in own)
        raise UsageError(error.code, f"{'' if is_own else '/parameters'}{error.detail}") from error


def _as_founder(founder: Json) -> Json:
    if not isinstance(founder, dict):
        return founder
    filled = {"kind": "region", **founder}
    if "name" in filled:
        filled["name"] = _as_label(filled["name"])
    if isinstance(filled.get("roles"), list):
        filled["roles"] = sorted(filled["roles"], key=str)
    return filled


def _as_label(name: Json) -> Json:
    """A plain text stands for an English label."""
    return {"en": name, "zh": ""} if isinstance(name, str) else name
