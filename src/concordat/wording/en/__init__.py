"""English: one catalog of three tables. Keys are frozen, words may improve."""

from __future__ import annotations

from concordat.wording.en import ledger, refusals, things

CATALOG: dict[str, str] = {**ledger.WORDS, **refusals.WORDS, **things.WORDS}
