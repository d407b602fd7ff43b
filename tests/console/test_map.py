"""The map of the overview says how many it leaves out, and whom it shows of many."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from concordat.console.overview import MAP_TILES_MAX
from concordat.node.founding import found_chain
from concordat.node.node import Node
from concordat.primitives.ledger_time import parse_time
from concordat.primitives.plain import Json

from .scene import START, Scene, get_key
from .visitor import Document, Visitor


def found(folder: Path, members: list[str]) -> Node:
    plan: Json = {
        "name": {"en": "Many", "zh": "众"},
        "clock": "scenario",
        "start_time": START,
        "founders": [
            {
                "member": member,
                "name": {"en": member.title(), "zh": ""},
                "scheme": "test",
                "code": member,
                "roles": ["operator", "seed", "verifier"] if number == 0 else [],
                "public_keys": [get_key(member).public_key.hex()],
            }
            for number, member in enumerate(members)
        ],
    }
    found_chain(folder, plan, None, parse_time(START))
    return Node(folder)


def get_tiles(page: Document) -> list[str]:
    wide = page.html.partition('<svg class="map wide"')[2].partition('<svg class="map narrow"')[0]
    return re.findall(r'href="/members/([a-z0-9-]+)"', wide)


@pytest.mark.parametrize("count", [2, 6, 40])
def test_the_map_shows_everybody_or_says_how_many_it_leaves_out(tmp_path: Path, count: int) -> None:
    members = [f"region-{number:02d}" for number in range(count)]
    node = found(tmp_path / "node", members)
    with Visitor(node) as visitor:
        page = visitor.come_in(get_key(members[-1]))
    node.close()
    tiles = get_tiles(page)
    assert len(tiles) == len(set(tiles)) == min(count, MAP_TILES_MAX)
    assert members[-1] in tiles  # one's own is never left out
    assert (f"{MAP_TILES_MAX} of {count}" in page.text) == (count > MAP_TILES_MAX)
    assert "No contract is in force between those shown." in page.text


def test_each_line_of_the_map_is_a_row_of_its_table(visitor: Visitor, told: Scene) -> None:
    page = visitor.open("/")
    pairs = re.findall(r'<th scope="row">([^<–]+) – ([^<]+)</th>', page.html)
    assert len(pairs) == page.html.split('class="map narrow"')[0].count('<path class="flow')
    contracts = told.node.application.state
    running = {
        tuple(sorted(contracts.terms[(int(key[0]),)].parties))
        for key, row in contracts.contracts.items()
        if row.status in {"active", "suspended"}
    }
    assert len(pairs) == len(running)
