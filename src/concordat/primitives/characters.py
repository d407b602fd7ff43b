"""Which characters a text for people may hold. Normative text: spec/encoding.md ENC-8.

Refused is what nobody sees: with it, two names that look alike would be two. It is a table and not a property of
Unicode, because nodes with different versions of Unicode must agree.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

INVISIBLE: Final[tuple[tuple[int, int], ...]] = (
    (0x0000, 0x001F),
    (0x007F, 0x00A0),
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x1680, 0x1680),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2000, 0x200F),
    (0x2028, 0x202F),
    (0x205F, 0x206F),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFF),
    (0x13430, 0x1345F),
    (0x16FE4, 0x16FE4),
    (0x1BCA0, 0x1BCA3),
    (0x1D159, 0x1D159),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
"""First and last code point of each range, ascending. Allowed spaces are U+0020 and, for Chinese, U+3000."""


def make_visible_pattern() -> str:
    """Return the regular expression of a text that holds none of them, for JSON Schema's readers as for our own."""
    return f"^[^{_render_ranges()}]*\\Z"


def escape_invisible(text: str) -> str:
    r"""Return the text with each of them, and each half of a surrogate pair, as JSON escapes it.

    >>> print(escape_invisible("a\x1b[2J\u202e"))
    a\u001b[2J\u202e
    """
    return _compile_invisible().sub(lambda found: _escape_for_json(found[0]), text)


@cache
def _compile_invisible() -> re.Pattern[str]:
    return re.compile(f"[{_render_ranges()}\\ud800-\\udfff]")


def _escape_for_json(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))


def _render_ranges() -> str:
    return "".join(f"{_escape(first)}-{_escape(last)}" for first, last in INVISIBLE)


def _escape(code_point: int) -> str:
    # Beyond U+FFFF no escape means the same in Python and in JavaScript; the character itself does.
    return f"\\u{code_point:04x}" if code_point <= 0xFFFF else chr(code_point)
