"""The console's own words; sentences about the ledger come from `concordat.wording`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from concordat.console.words import behaviors, certificate, duties, en, public, zh
from concordat.contracts.text import Language

WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": en.WORDS | public.EN | certificate.EN | behaviors.EN | duties.EN,
    "zh": zh.WORDS | public.ZH | certificate.ZH | behaviors.ZH | duties.ZH,
}
