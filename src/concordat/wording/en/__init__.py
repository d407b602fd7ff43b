"""English: one catalog of four tables. Keys are frozen, words may improve."""

from __future__ import annotations

from concordat.wording.en import failures, ledger, refusals, things

CATALOG: dict[str, str] = {**ledger.WORDS, **refusals.WORDS, **failures.WORDS, **things.WORDS}
