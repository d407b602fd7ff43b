"""The map of mirror regions: what is drawn fits, whatever members are called and whoever works with whom."""

from __future__ import annotations

import re

import pytest

from concordat.console.charts import Flow, Tile, arrange, draw_map


def make_tile(member: str, name: str) -> Tile:
    return Tile(member, name, "C", "641", f"/members/{member}", is_own=False)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Azure Bay", ["Azure Bay"]),
        ("Shandong Province", ["Shandong", "Province"]),
        ("Shandong Provincial Department of Water", ["Shandong", "Provincial D…"]),
        ("Llanfairpwllgwyngyllgogerychwyrndrobwllllantysilio", ["Llanfairpwllg", "wyngyllgoger…"]),
        ("山东省水利厅数据资源", ["山东省水利厅", "数据资源"]),
        ("山东省水利厅数据资源管理中心", ["山东省水利厅", "数据资源管理…"]),
    ],
)
def test_a_long_name_has_two_lines_and_a_cut_one_is_whole_in_the_title(name: str, lines: list[str]) -> None:
    drawn = str(draw_map([make_tile("azure-bay", name)], [], "map"))
    assert re.findall(r'font-weight="600">([^<]*)</text>', drawn) == lines
    assert (f"<title>{name}, 641</title>" in drawn) == lines[-1].endswith("…")


def test_a_line_that_bends_around_the_first_row_stays_on_the_map() -> None:
    members = [f"member-{number}" for number in range(8)]
    flows = [Flow(members[first], members[second], 5, 0) for first, second in ((0, 2), (0, 1), (1, 2))]
    drawn = str(draw_map([make_tile(member, member) for member in members], flows, "m"))
    view = re.search(r'viewBox="0 (-?\d+) ', drawn)
    path = re.search(r'd="M\d+ (\d+) C\d+ (-?\d+) .*?stroke-width="([\d.]+)"', drawn)
    assert view is not None
    assert path is not None
    begin, control, width = int(path[1]), int(path[2]), float(path[3])
    assert begin / 4 + control * 3 / 4 - width / 2 >= int(view[1])  # the top of the curve (Bézier, at its middle)


def test_who_works_together_stands_together() -> None:
    members = [f"member-{number}" for number in range(6)]
    flows = [Flow(members[0], members[5], 1, 1), Flow(members[0], members[3], 1, 0)]
    placed = arrange(members, flows, 3)
    assert sorted(placed) == members
    assert placed[:2] == [members[0], members[5]]
    assert placed[3] == members[3]  # below the first
