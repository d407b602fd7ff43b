"""Drawings made on the server as SVG: grade badges, the map of mirror regions, bars. No styles inside, only attributes.

Never color alone: a grade is letter, shape and color; every drawing has its table or its words beside it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

SCORE_MAX: Final = 1000

GRADE_COLORS: Final = {
    "A": "#0b6e4f",
    "B": "#1f5fa8",
    "C": "#7a5200",
    "N": "#4a5a68",
    "D": "#9b1c1c",
    "E": "#9b1c1c",
    "✕": "#9b1c1c",
}
_TINTS: Final = {
    "A": "#e7f4ef",
    "B": "#e8f0fa",
    "C": "#f7f0e2",
    "N": "#ffffff",
    "D": "#fae9e9",
    "E": "#fae9e9",
    "✕": "#f1f1f1",
}
_SHAPES: Final = {
    "A": '<polygon points="12,1 22,6.5 22,17.5 12,23 2,17.5 2,6.5" fill="#0b6e4f"/>',
    "B": '<circle cx="12" cy="12" r="11" fill="#1f5fa8"/>',
    "C": '<rect x="2" y="2" width="20" height="20" fill="#7a5200"/>',
    "N": '<circle cx="12" cy="12" r="10.5" fill="#ffffff" stroke="#4a5a68" stroke-width="1.5" stroke-dasharray="3 2"/>',
    "D": '<polygon points="12,0 24,12 12,24 0,12" fill="#9b1c1c"/>',
    "E": '<polygon points="12,0 24,22 0,22" fill="#9b1c1c"/>',
    "✕": '<rect x="1" y="1" width="22" height="22" fill="#9b1c1c"/>',
}
UNRATED: Final = "–"
OUT: Final = "✕"
"""In place of a grade: the member was expelled."""

_TILE_WIDTH: Final = 158
_TILE_HEIGHT: Final = 60
_STEP_X: Final = 196
_STEP_Y: Final = 104
_STAGGER_Y: Final = 34
_ABOVE: Final = 8
"""Room for a line that bends around a tile of the first row."""
_NAME_WIDTH: Final = 13


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


def draw_badge(grade: str | None, label: str, size: int = 24) -> Markup:
    """Return a grade's badge; `label` says it in words."""
    return Markup(
        '<svg class="badge" width="{0}" height="{0}" viewBox="0 0 24 24" role="img" aria-label="{1}">{2}</svg>'
    ).format(size, label, _draw_shape(grade))


def _draw_shape(grade: str | None) -> Markup:
    letter = grade or UNRATED
    ink = "#ffffff" if letter in "ABCDE✕" else "#4a5a68"
    baseline = 19 if letter == "E" else 16.5
    shape = _SHAPES.get(letter, _SHAPES["N"])
    return Markup(shape) + Markup(  # noqa: S704  # one of the constants above
        '<text x="12" y="{}" fill="{}" font-size="{}" font-weight="700" text-anchor="middle">{}</text>'
    ).format(baseline, ink, 12 if letter == "E" else 13, letter)


def draw_map(tiles: Sequence[Tile], flows: Sequence[Flow], label: str) -> Markup:
    """Return the schematic map: tiles in a staggered grid, lines for cooperation under them. No geography is meant."""
    columns = min(4, max(2, -(-len(tiles) // 2)))
    places = {
        tile.member: (4 + number % columns * _STEP_X, 4 + number // columns * _STEP_Y + number % 2 * _STAGGER_Y)
        for number, tile in enumerate(tiles)
    }
    rows = -(-len(tiles) // columns)
    width = 8 + (columns - 1) * _STEP_X + _TILE_WIDTH
    height = 8 + (rows - 1) * _STEP_Y + _TILE_HEIGHT + _STAGGER_Y
    lines = Markup("").join(
        _draw_flow(flow, places[flow.first], places[flow.second])
        for flow in flows
        if flow.first in places and flow.second in places
    )
    boxes = Markup("").join(_draw_tile(tile, *places[tile.member]) for tile in tiles)
    return Markup('<svg class="map" viewBox="0 {} {} {}" role="group" aria-label="{}">{}{}</svg>').format(
        -_ABOVE, width, height + _ABOVE, label, lines, boxes
    )


def _draw_flow(flow: Flow, first: tuple[int, int], second: tuple[int, int]) -> Markup:
    """A curve from the middle of one tile to the middle of the other; long ones bend around what lies between."""
    (x1, y1), (x2, y2) = sorted((x + _TILE_WIDTH // 2, y + _TILE_HEIGHT // 2) for x, y in (first, second))
    is_far = abs(x2 - x1) > _STEP_X or abs(y2 - y1) > _STEP_Y + _STAGGER_Y
    bend = -46 if is_far and y1 == y2 else 0
    color, dash = ("#9b1c1c", "5 4") if flow.suspended else ("#0b5394", "none")
    return Markup(
        '<path d="M{x1} {y1} C{middle} {bend1} {middle} {bend2} {x2} {y2}" fill="none" stroke="{color}" '
        'stroke-width="{width}" stroke-dasharray="{dash}"/>'
    ).format(
        x1=x1, y1=y1, x2=x2, y2=y2, middle=(x1 + x2) // 2, bend1=y1 + bend, bend2=y2 + bend, color=color, dash=dash,
        width=1.5 + min(flow.in_force + flow.suspended, 5) * 0.75,
    )  # fmt: skip


def _draw_tile(tile: Tile, x: int, y: int) -> Markup:
    grade, lines = tile.grade or "N", _break(tile.name)
    return Markup(
        '<a href="{href}">{title}<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" fill="{tint}" '
        'stroke="{color}" stroke-width="{line}"{dash}/>'
        '<svg x="{badge_x}" y="{badge_y}" width="26" height="26" viewBox="0 0 24 24">{badge}</svg>'
        '{name}<text x="{text_x}" y="{note_y}" fill="#4a5a68" font-size="13">{note}</text></a>'
    ).format(
        href=tile.href,
        title=Markup("<title>{}, {}</title>").format(tile.name, tile.note) if lines[-1].endswith("…") else "",
        x=x,
        y=y,
        width=_TILE_WIDTH,
        height=_TILE_HEIGHT,
        tint=_TINTS[grade],
        color=GRADE_COLORS[grade],
        line=2.5 if tile.is_own else 1,
        dash=Markup(' stroke-dasharray="4 3"') if grade in {"N", OUT} else "",
        badge_x=x + 11,
        badge_y=y + 17,
        badge=_draw_shape(tile.grade),
        text_x=x + 46,
        note_y=y + (45 if len(lines) == 1 else 52),
        name=Markup("").join(
            Markup('<text x="{}" y="{}" fill="#14202b" font-size="13" font-weight="600">{}</text>').format(
                x + 46, y + (26 if len(lines) == 1 else 20) + 16 * number, line
            )
            for number, line in enumerate(lines)
        ),
        note=_fit(tile.note, 16),
    )


def _break(name: str) -> list[str]:
    """Return the name in one line or two, broken between words where that helps."""
    if _measure(name) <= _NAME_WIDTH:
        return [name]
    first = ""
    for part in name.split(" ") if " " in name else name:
        longer = f"{first} {part}" if first and " " in name else first + part
        if _measure(longer) > _NAME_WIDTH:
            break
        first = longer
    rest = name[len(first) :].strip()
    return [first, _fit(rest, _NAME_WIDTH)] if first else [_fit(name, _NAME_WIDTH)]


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


def draw_bar(start: int, end: int, scale: int, color: str) -> Markup:
    """Return one bar from `start` to `end` on a scale from 0; the row's words and number stand beside it."""
    low, high = sorted((start, end))
    return Markup(
        '<svg class="bar" viewBox="0 0 1000 18" preserveAspectRatio="none" aria-hidden="true">'
        '<rect x="{}" y="0" width="{}" height="18" fill="{}"/></svg>'
    ).format(low * 1000 // scale, max(6, (high - low) * 1000 // scale), color)


def draw_shares(shares: Sequence[tuple[int, str]]) -> Markup:
    """Return one bar divided by (count, color); words and counts stand under it."""
    total = sum(count for count, _ in shares) or 1
    parts, x = Markup(""), 0
    for count, color in shares:
        width = count * 1000 // total
        parts += Markup('<rect x="{}" y="0" width="{}" height="14" fill="{}"/>').format(x, max(0, width - 2), color)
        x += width
    return Markup(
        '<svg class="shares" viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">{}</svg>'
    ).format(parts)
