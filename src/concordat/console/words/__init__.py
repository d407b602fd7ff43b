"""The console's own words; sentences about the ledger come from `concordat.wording`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from concordat.console.words import certificate, en, public, zh
from concordat.contracts.text import Language

WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": en.WORDS | public.EN | certificate.EN,
    "zh": zh.WORDS | public.ZH | certificate.ZH,
}
