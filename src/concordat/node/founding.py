"""Founding a chain: from a plan, or from nothing but a folder, to genesis.json and the node's keys."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from concordat.client.keys import Key, make_key, render_key
from concordat.credit.rulebook import RULEBOOK_DIGEST
from concordat.errors import NotFound, Refused, UsageError
from concordat.ledger.files import DiskFiles, disk_error
from concordat.ledger.store import BlockStore
from concordat.ledger.survey import LOG_FILE
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json, from_plain, read_json, to_plain
from concordat.protocol.genesis import Genesis, check_genesis, read_genesis, render_genesis
from concordat.protocol.params import DEFAULT_PARAMS

NODE_KEY_FILE = "keys/node.key"

EXAMPLE_PLAN: Json = {
    "name": {"en": "Six Regions consortium", "zh": "六区协作联盟"},
    "clock": "real",
    "start_time": "2027-01-01T00:00:00Z",
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
    """A new chain's folder."""

    chain_id: bytes
    genesis: Path
    keys: tuple[Path, ...]


def read_plan(path: Path) -> Json:
    """Return the plan in a JSON file.

    Raises:
        NotFound: `input.absent`. UsageError: `input.not_json`.
    """
    try:
        plan = read_json(path.read_bytes())
    except OSError as error:
        raise NotFound("input.absent", str(path), "name a file that exists") from error
    if not isinstance(plan, dict):
        raise UsageError("input.does_not_fit", "the plan is not an object", "see `concordat init --help`")
    return plan


def found_chain(folder: Path, plan: Json | None, clock: str | None, now_us: int) -> Founded:
    """Make a node's folder from a plan, or with one founder whose key is made in `folder/keys`.

    Raises:
        UsageError: `input.*`, `genesis.*`. Refused: `ledger.exists`, `disk.*`.
    """
    made: dict[str, Key] = {}
    if plan is None:
        made["keys/founder.key"] = make_key()
        founder = {
            "member": "founder",
            "name": {"en": "Founder", "zh": "发起成员"},
            "kind": "region",
            "scheme": "LOCAL",
            "code": "FOUNDER",
            "roles": ["operator", "seed", "verifier"],
            "public_keys": [made["keys/founder.key"].public_key.hex()],
        }
        plan = {"name": {"en": "New consortium", "zh": "新建联盟"}, "founders": [founder]}
    plan = dict(plan)
    if plan.get("node_key") is None:
        made[NODE_KEY_FILE] = make_key()
        plan["node_key"] = made[NODE_KEY_FILE].public_key.hex()
    genesis = make_genesis(plan, clock, now_us)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(error, str(folder), is_write=True) from error
    files = DiskFiles(folder)
    data = render_genesis(genesis)
    if files.exists(LOG_FILE):
        raise Refused("ledger.exists", LOG_FILE, "choose an empty folder, or start the node on this one")
    for name, key in made.items():  # keys first: a chain that nobody can sign for would be worse than a lone key
        files.replace(name, render_key(key))
    BlockStore.create(files, data).close()
    files.close()
    return Founded(read_genesis(data).id, folder / "genesis.json", tuple(folder / name for name in made))


def make_genesis(plan: Json, clock: str | None, now_us: int) -> Genesis:
    """Return the genesis document of a plan with its gaps filled; `clock` overrides the plan's."""
    allowed = {"name", "clock", "start_time", "node_key", "founders", "verify_k", "parameters"}
    unknown = sorted(set(plan) - allowed)
    if unknown:
        raise UsageError("input.unknown_field", f"/{unknown[0]}", f"allowed: {', '.join(sorted(allowed))}")
    params = to_plain(DEFAULT_PARAMS) | plan.get("parameters", {})
    if "verify_k" in plan:
        params["verify_k"] = plan["verify_k"]
    genesis = from_plain(
        Genesis,
        {
            "format": "concordat/genesis/v1",
            "name": _as_label(plan.get("name", "Concordat")),
            "clock": clock or plan.get("clock", "real"),
            "start_time": plan.get("start_time", format_time(now_us)),
            "node_key": plan["node_key"],
            "founders": [_as_founder(founder) for founder in plan.get("founders", [])],
            "params": params,
            "rulebook": RULEBOOK_DIGEST.hex(),
        },
    )
    check_genesis(genesis)
    return genesis


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

