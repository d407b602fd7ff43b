"""Which names read alike, whatever their bytes: what Unicode calls a skeleton (UTS 39, section 4), in small.

>>> compute_skeleton("Silver  Plain") == compute_skeleton("\u0405ilver-plain") == compute_skeleton("SlLVER PLAlN")
True
"""

from __future__ import annotations

import unicodedata
from typing import Final

_ALIKE: Final = str.maketrans(
    # Cyrillic, then Greek, small as casefolding leaves them; then digits, and letters that capitals make alike.
    "авеёзіїјкмнорстуһхьѕԁԛԝӏαβγεζηικμνορτυχω01i|",
    "abee3iijkmhopctyhxbsdqwlabyezhikmvoptuxwolll",
)


def compute_skeleton(text: str) -> str:
    """Return what names that read alike have in common: no case, accent, width, space or sign, one script's letters."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    letters = "".join(character for character in folded.translate(_ALIKE).translate(_ALIKE) if character.isalnum())
    return letters.replace("rn", "m").replace("vv", "w")
