"""The map of mirror regions: what is drawn fits, whatever members are called and whoever works with whom."""

from __future__ import annotations

import re

import pytest

from concordat.console.charts import Flow, Tile, draw_map


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
    drawn = str(draw_map([make_tile(member, member) for member in members], [Flow(members[0], members[2], 5, 0)], "m"))
    view = re.search(r'viewBox="0 (-?\d+) ', drawn)
    path = re.search(r'd="M\d+ (\d+) C\d+ (-?\d+) .*?stroke-width="([\d.]+)"', drawn)
    assert view is not None
    assert path is not None
    begin, control, width = int(path[1]), int(path[2]), float(path[3])
    assert begin / 4 + control * 3 / 4 - width / 2 >= int(view[1])  # the top of the curve (Bézier, at its middle)
