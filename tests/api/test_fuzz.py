"""Schemathesis asks a node for everything that the committed description names, and for what it does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from concordat.protocol.families.contracts import Propose
from concordat.testing.consortium import Consortium

from .serving import serving
from .world import World, make_registration

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).with_name("fuzz")
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "20")
SEED = os.environ.get("FUZZ_SEED", "1")
REPLACED = "positive_data_acceptance,ensure_resource_availability"
"""By checks of hooks.py that know what no description can say."""
FUZZ_S = 1800


def test_no_request_finds_the_node_and_its_description_apart(world: World) -> None:
    receipt = world.act("azure-bay", make_registration())
    world.act("azure-bay", Propose(Consortium().make_supply("azure-bay", "cedar-ford")))
    found = {"member": "azure-bay", "owner": "azure-bay", "name": "readings", "number": 1, "position": 0}
    with serving(world) as url:
        environment = os.environ | {
            "SCHEMATHESIS_HOOKS": "hooks",
            "PYTHONPATH": str(FOLDER),
            "FUZZ_KEY": "tests of the interface/azure-bay",
            "FUZZ_CHAIN": world.founded.chain_id.hex(),
            "FUZZ_NODE": world.node.key.public_key.hex(),
            "FUZZ_FOUND": json.dumps(found | {"transaction": receipt["transaction"]}),
        }
        words = ("run", ROOT / "spec" / "openapi.json", "--url", url)
        how = ("--max-examples", EXAMPLES, "--seed", SEED, "--continue-on-failure", "--no-color", "--no-shrink")
        checks = ("--checks", "all", "--exclude-checks", REPLACED)
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", *words, *how, *checks],
            cwd=world.folder.parent,
            env=environment,
            capture_output=True,
            text=True,
            timeout=FUZZ_S,
        )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
