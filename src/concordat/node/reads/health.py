"""How the node itself is: how far behind its parts are, by which rules it goes, and what it takes of the disk."""

from __future__ import annotations

import shutil
from importlib.metadata import version

from concordat.node.node import Node
from concordat.node.reads.chain import get_status
from concordat.primitives.plain import Json
from concordat.protocol.editions import EDITION_NEWEST
from concordat.protocol.motions import find_lacking
from concordat.views.folding import get_listed_height


def get_health(node: Node) -> Json:
    """Heights in memory, on disk and in the index, what stopped the node, and what of its release is about to."""
    with node.reading_index() as index:
        listed = get_listed_height(index)
    with node.engine.lock:
        height = node.application.height
    return get_status(node) | {"taken_height": height, "listed_height": listed, "lacking": find_lacking_rules(node)}


def find_lacking_rules(node: Node) -> list[Json]:
    """Return ballots that were carried for rules that this release does not have: it will stop there (LED-15)."""
    with node.engine.lock:
        carried = [
            (number, row.motion) for (number,), row in node.application.state.ballots.items() if row.status == "carried"
        ]
    found = [(number, motion, find_lacking(motion)) for number, motion in carried]
    return [
        {"ballot": number, "lacking": lacking, "from_height": getattr(motion, "from_height", 0)}
        for number, motion, lacking in found
        if lacking is not None
    ]


def get_rules(node: Node) -> Json:
    """Release, edition and rulebook: what decides how an operation is judged."""
    with node.engine.lock:
        edition = node.application.state.get_params().edition
    rulebook = node.chain.genesis.rulebook.hex()
    return {"release": version("concordat"), "edition": edition, "edition_newest": EDITION_NEWEST, "rulebook": rulebook}


def get_disk(node: Node) -> list[tuple[str, int]]:
    """Bytes that the folder's own files take, largest first, then `free` for what the disk has left."""
    sizes = [(path.name, path.stat().st_size) for path in node.folder.iterdir() if path.is_file()]
    return [*sorted(sizes, key=lambda item: (-item[1], item[0])), ("free", shutil.disk_usage(node.folder).free)]
