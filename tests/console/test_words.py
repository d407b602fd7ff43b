from __future__ import annotations

import re
import string
from pathlib import Path

import concordat.console
from concordat.api.access import PUBLIC
from concordat.console.frame import Page
from concordat.console.waits import tell_about
from concordat.console.words import WORDS

from .scene import Scene

ROOM = Path(concordat.console.__file__).parent


def fields_of(sentence: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(sentence) if field is not None}


def test_both_languages_have_the_same_words() -> None:
    assert WORDS["en"].keys() == WORDS["zh"].keys()


def test_words_take_the_same_values_in_both_languages() -> None:
    differing = [key for key in WORDS["en"] if fields_of(WORDS["en"][key]) != fields_of(WORDS["zh"][key])]
    assert differing == []


def test_every_word_says_something() -> None:
    assert [key for catalog in WORDS.values() for key, text in catalog.items() if not text.strip()] == []


def read_sources() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (*ROOM.glob("*.py"), *ROOM.glob("templates/*.html")))


def test_every_word_that_a_page_says_is_in_the_catalog() -> None:
    said = set(re.findall(r"""\b(?:w|say)\(\s*['"]([a-z_0-9.]+)['"]\s*[,)]""", read_sources()))
    assert len(said) > 300
    assert sorted(said - WORDS["en"].keys()) == []


def test_no_word_is_idle() -> None:
    text = read_sources()
    prefixes = set(re.findall(r"'([a-z_]+\.(?:[a-z_]+_)?)' ~", text)) | set(
        re.findall(r'f"([a-z_]+\.(?:[a-z_]+_)?)\{', text)
    )
    idle = [key for key in WORDS["en"] if key not in text and not key.startswith(tuple(prefixes))]
    assert idle == []


def test_words_have_no_markup() -> None:
    for catalog in WORDS.values():
        assert not [text for text in catalog.values() if set("<>&") & set(text)]


def test_a_guarantor_is_not_called_a_sponsor(told: Scene) -> None:
    page = Page(told.node, "en", PUBLIC, path="/", query=(), origin="", csrf="", names={})
    for action, word in (("sponsor", "sponsor"), ("guarantee", "guarantor")):
        item = {"contract": 0, "subject": "maple-ridge", "action": action}
        assert tell_about(page, item) == f"It names your member as {word}"
