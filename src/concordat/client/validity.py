"""How long what is signed stays good, unless the signer chooses."""

from __future__ import annotations

from typing import Final

from concordat.primitives.ledger_time import WEEK_US

VALID_FOR_HEIGHTS: Final = 1000
VALID_FOR_US: Final = WEEK_US
