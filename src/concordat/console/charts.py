"""Drawings made on the server as SVG: grade badges, the map of mirror regions, bars. Colors are the style sheet's.

Never color alone: a grade is letter, shape and color; every drawing has its table or its words beside it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

SCORE_MAX: Final = 1000

_SHAPES: Final = {
    "A": '<polygon class="grade-a" points="12,1 22,6.5 22,17.5 12,23 2,17.5 2,6.5"/>',
    "B": '<circle class="grade-b" cx="12" cy="12" r="11"/>',
    "C": '<rect class="grade-c" x="2" y="2" width="20" height="20"/>',
    "N": '<circle class="grade-n" cx="12" cy="12" r="10.5" stroke-width="1.5" stroke-dasharray="3 2"/>',
    "D": '<polygon class="grade-d" points="12,0 24,12 12,24 0,12"/>',
    "E": '<polygon class="grade-e" points="12,0 24,22 0,22"/>',
    "✕": '<rect class="grade-out" x="1" y="1" width="22" height="22"/>',
}
UNRATED: Final = "–"
OUT: Final = "✕"
"""In place of a grade: the member was expelled."""

_TILE_HEIGHT: Final = 60
_STEP_Y: Final = 104
_STAGGER_Y: Final = 34
_ABOVE: Final = 8
"""Room for a line that bends around a tile of the first row."""
_BEYOND_TEXT: Final = 46
"""Of a tile's width, what its badge takes; a letter takes about 8 of the rest."""


@dataclass(frozen=True, slots=True)
class Grid:
    """How wide a map is drawn: the most columns, how far apart they are, and how wide a tile is."""

    name: str
    columns_max: int
    step_x: int
    tile_width: int

    @property
    def name_width(self) -> int:
        """How many letters of a name fit one line."""
        return (self.tile_width - _BEYOND_TEXT) * 13 // 112


WIDE: Final = Grid("wide", 4, 196, 158)
NARROW: Final = Grid("narrow", 2, 152, 140)
"""For a phone: what is drawn there is read at the size at which it is drawn."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One mirror region on the map; `grade` is `OUT` for one that was expelled.

    `note` stands under its name: score, or what is special about it.
    """

    member: str
    name: str
    grade: str | None
    note: str
    href: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Flow:
    """Cooperation of two members: contracts in force, and whether one of them is suspended."""

    first: str
    second: str
    in_force: int
    suspended: int


def get_grade_tone(grade: str) -> str:
    """Return the class of a grade's color."""
    return f"grade-{grade.lower()}"


def draw_badge(grade: str | None, label: str, size: int = 24) -> Markup:
    """Return a grade's badge; `label` says it in words."""
    return Markup(
        '<svg class="badge" width="{0}" height="{0}" viewBox="0 0 24 24" role="img" aria-label="{1}">{2}</svg>'
    ).format(size, label, _draw_shape(grade))


def _draw_shape(grade: str | None) -> Markup:
    letter = grade or UNRATED
    ink = "grade-ink" if letter in "ABCDE✕" else "grade-none"
    baseline = 19 if letter == "E" else 16.5
    shape = _SHAPES.get(letter, _SHAPES["N"])
    return Markup(shape) + Markup(  # noqa: S704  # one of the constants above
        '<text class="{}" x="12" y="{}" font-size="{}" font-weight="700" text-anchor="middle">{}</text>'
    ).format(ink, baseline, 12 if letter == "E" else 13, letter)


def draw_map(tiles: Sequence[Tile], flows: Sequence[Flow], label: str, grid: Grid = WIDE) -> Markup:
    """Return the schematic map: tiles in a staggered grid, lines for cooperation under them. No geography is meant."""
    columns = min(grid.columns_max, max(2, -(-len(tiles) // 2)))
    places = {
        member: (
            4 + number % columns * grid.step_x,
            4 + number // columns * _STEP_Y + number % columns % 2 * _STAGGER_Y,
        )
        for number, member in enumerate(arrange([tile.member for tile in tiles], flows, columns))
    }
    rows = -(-len(tiles) // columns)
    width = 8 + (columns - 1) * grid.step_x + grid.tile_width
    height = 8 + (rows - 1) * _STEP_Y + _TILE_HEIGHT + _STAGGER_Y
    lines = Markup("").join(
        _draw_flow(flow, places[flow.first], places[flow.second], grid)
        for flow in flows
        if flow.first in places and flow.second in places
    )
    boxes = Markup("").join(_draw_tile(tile, *places[tile.member], grid) for tile in tiles)
    return Markup('<svg class="map {}" width="{}" viewBox="0 {} {} {}" role="group" aria-label="{}">{}{}</svg>').format(
        grid.name, width * 6 // 5, -_ABOVE, width, height + _ABOVE, label, lines, boxes
    )


def arrange(members: Sequence[str], flows: Sequence[Flow], columns: int) -> list[str]:
    """Return the members in the order of the map's places: who works with whom stands beside or below, where it can.

    A line that passes under a third tile would seem to lead there.
    """
    weights: dict[tuple[str, str], int] = {}
    for flow in flows:
        weights[flow.first, flow.second] = weights[flow.second, flow.first] = flow.in_force + flow.suspended
    sums = {member: sum(weights.get((member, other), 0) for other in members) for member in members}
    left, placed = list(members), list[str]()
    while left:
        number = len(placed)
        beside = placed[number - 1 : number] if number % columns else []
        above = placed[number - columns : number - columns + 1] if number >= columns else []
        near = beside + above

        # Who works with somebody already there, but would not stand near, waits for a better place.
        def rank(member: str, near: list[str] = near) -> tuple[int, int, int]:
            close, known = (sum(weights.get((member, other), 0) for other in others) for others in (near, placed))
            return close, close - known, sums[member]

        placed.append(max(left, key=rank))
        left.remove(placed[-1])
    return placed


def _draw_flow(flow: Flow, first: tuple[int, int], second: tuple[int, int], grid: Grid) -> Markup:
    """A curve from the middle of one tile to the middle of the other; long ones bend around what lies between."""
    (x1, y1), (x2, y2) = sorted((x + grid.tile_width // 2, y + _TILE_HEIGHT // 2) for x, y in (first, second))
    is_far = abs(x2 - x1) > grid.step_x or abs(y2 - y1) > _STEP_Y + _STAGGER_Y
    up = -46 if is_far and y1 == y2 else 0
    # A curve reaches three quarters of the way to its controls: here the gap between this column and another.
    aside = (grid.step_x * 2 // 3) * (1 if x1 < grid.step_x else -1) if is_far and x1 == x2 else 0
    return Markup(
        '<path class="flow{halted}" d="M{x1} {y1} C{control} {control1} {control} {control2} {x2} {y2}" '
        'stroke-width="{width}"/>'
    ).format(
        x1=x1, y1=y1, x2=x2, y2=y2, control=(x1 + x2) // 2 + aside, control1=y1 + up, control2=y2 + up,
        halted=" halted" if flow.suspended else "",
        width=1.5 + min(flow.in_force + flow.suspended, 5) * 0.75,
    )  # fmt: skip


def _draw_tile(tile: Tile, x: int, y: int, grid: Grid) -> Markup:
    lines = _break(tile.name, grid.name_width)
    grade = "out" if tile.grade == OUT else (tile.grade or "N").lower()
    return Markup(
        '<a href="{href}">{title}<rect class="tile-{grade}" x="{x}" y="{y}" width="{width}" height="{height}" rx="6" '
        'stroke-width="{line}"/>'
        '<svg x="{badge_x}" y="{badge_y}" width="26" height="26" viewBox="0 0 24 24">{badge}</svg>'
        '{name}<text class="tile-note" x="{text_x}" y="{note_y}" font-size="13">{note}</text></a>'
    ).format(
        href=tile.href,
        title=Markup("<title>{}, {}</title>").format(tile.name, tile.note) if lines[-1].endswith("…") else "",
        grade=grade,
        x=x,
        y=y,
        width=grid.tile_width,
        height=_TILE_HEIGHT,
        line=2.5 if tile.is_own else 1,
        badge_x=x + 11,
        badge_y=y + 17,
        badge=_draw_shape(tile.grade),
        text_x=x + _BEYOND_TEXT,
        note_y=y + (45 if len(lines) == 1 else 52),
        name=Markup("").join(
            Markup('<text class="tile-name" x="{}" y="{}" font-size="13" font-weight="600">{}</text>').format(
                x + _BEYOND_TEXT, y + (26 if len(lines) == 1 else 20) + 16 * number, line
            )
            for number, line in enumerate(lines)
        ),
        note=_fit(tile.note, grid.name_width + 2),
    )


def _break(name: str, width: int) -> list[str]:
    """Return the name in one line or two, broken between words where that helps."""
    if _measure(name) <= width:
        return [name]
    first = ""
    for part in name.split(" ") if " " in name else name:
        longer = f"{first} {part}" if first and " " in name else first + part
        if _measure(longer) > width:
            break
        first = longer
    rest = name[len(first) :].strip()
    return [first, _fit(rest, width)] if first else [_fit(name, width)]


def _fit(text: str, width: int) -> str:
    """Return the text, cut where it would run out of its tile."""
    if _measure(text) <= width:
        return text
    while _measure(text) >= width:
        text = text[:-1]
    return text + "…"


def _measure(text: str) -> int:
    """Return how wide a text is; Chinese characters count twice."""
    return sum(2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1 for character in text)


def draw_bar(start: int, end: int, scale: int, tone: str) -> Markup:
    """Return one bar from `start` to `end` on a scale from 0; the row's words and number stand beside it.

    `tone` is a class of the style sheet: `grade-a`, `fill-good`.
    """
    low, high = sorted((start, end))
    return Markup(
        '<svg class="bar" viewBox="0 0 1000 18" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="{}" x="{}" y="0" width="{}" height="18"/></svg>'
    ).format(tone, low * 1000 // scale, max(6, (high - low) * 1000 // scale))


def draw_shares(shares: Sequence[tuple[int, str]]) -> Markup:
    """Return one bar divided by (count, tone); words and counts stand under it."""
    total = sum(count for count, _ in shares) or 1
    parts, x = Markup(""), 0
    for count, tone in shares:
        width = count * 1000 // total
        parts += Markup('<rect class="{}" x="{}" y="0" width="{}" height="14"/>').format(tone, x, max(0, width - 2))
        x += width
    return Markup(
        '<svg class="shares" viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">{}</svg>'
    ).format(parts)
