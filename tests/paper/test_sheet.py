"""Sheets: whatever text stands on them, all of it is there, inside the margins, and in the same bytes each time."""

from __future__ import annotations

from io import BytesIO

import pypdf
import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.contracts.text import Language
from concordat.paper.sheet import Sheet

TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0xFFFF, exclude_categories=["C"]), max_size=300)
MARGIN, WIDTH = 56, 595.28


def draw(language: Language, *texts: str) -> bytes:
    sheet = Sheet("title")
    sheet.begin(language, "footer", "https://node.example/")
    for text in texts:
        sheet.heading(text)
        sheet.paragraph(text, mark="–")
        sheet.pairs([(text, [text, text])])
    sheet.attach("a.proof", b"\x00\xff%%EOF\nendstream")
    return sheet.finish()


def read(data: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(data)).pages)


@pytest.mark.parametrize("language", ["en", "zh"])
@given(text=TEXTS)
def test_any_text_is_drawn_whole_and_twice_alike(language: Language, text: str) -> None:
    data = draw(language, text)
    assert data == draw(language, text)
    letters = [character for character in text if character.isascii() and character.isalnum()]
    found = [character for character in read(data) if character.isascii() and character.isalnum()]
    assert len(found) >= 5 * len(letters)


@given(text=st.text(max_size=60))
def test_what_no_font_shows_stands_as_a_box_and_breaks_nothing(text: str) -> None:
    shown = read(draw("zh", f"a\u202e{text}z"))
    assert "□" in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_line_leaves_the_page_and_long_contents_go_on_with_their_footer(language: Language) -> None:
    texts = ["word " * 150, "0a" * 400, "账本证明书，" * 120, "x" * 700, "混排 mixed（UTC）" * 60]
    data = draw(language, *texts)
    with pypdfium2.PdfDocument(data) as document:
        assert len(document) > 1
        for number, page in enumerate(document, 1):
            text = page.get_textpage()
            assert "footer" in text.get_text_range()
            assert str(number) in text.get_text_range()
            boxes = [text.get_rect(place) for place in range(text.count_rects())]
            assert all(left > MARGIN - 2 and right < WIDTH - MARGIN + 6 for left, _, right, _ in boxes)
            assert all(bottom > 20 for _, bottom, _, _ in boxes)


def test_chinese_punctuation_begins_no_line() -> None:
    with pypdfium2.PdfDocument(draw("zh", "账本证明书，节点签名。" * 60)) as document:
        lines = [line for page in document for line in page.get_textpage().get_text_range().splitlines()]
    assert len(lines) > 20
    assert [line for line in lines if line[:1] in set("，。")] == []


def test_a_file_hangs_on_the_document_byte_for_byte() -> None:
    (name, files), = pypdf.PdfReader(BytesIO(draw("en", "text"))).attachments.items()
    assert (name, files) == ("a.proof", [b"\x00\xff%%EOF\nendstream"])
