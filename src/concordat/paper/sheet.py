"""Drawing on A4: headings, paragraphs, pairs, a code, a footer. One content has one file, byte for byte.

Chinese is set in STSong-Light and the rest in Helvetica and Courier: fonts that every reader of PDF brings (ISO
32000-1, 9.6.2.2 and 9.7.5.2), so that none is embedded and the text can be searched and copied. Pages are not
compressed: bytes would depend on the machine's zlib.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import groupby
from typing import Final

import segno
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from concordat.contracts.text import Language
from concordat.errors import UsageError

_WIDTH, _HEIGHT = A4
_MARGIN: Final = 56.0
_FOOT: Final = 72.0
_CODE_SIDE: Final = 128.0
_TERM_WIDTH: Final = 120.0
_INDENT: Final = 12.0
_LEADING: Final = 1.45
_TEXT, _BOLD, _MONO, _HAN = "Helvetica", "Helvetica-Bold", "Courier", "STSong-Light"
_QUIET: Final = 4
"""Modules of white around a code (ISO/IEC 18004)."""

_UNSHOWN: Final = "□"
_UNIT = re.compile(r"[（《“‘「]*(?:[!-~]+|.)[，。、；：？！）》”’」…]* *", re.DOTALL)
"""What no line break may divide: a Latin word or one Chinese character, with its punctuation."""

Run = tuple[str, str]
"""A font, and text that it can show."""


class Sheet:
    """Pages being drawn from top to bottom; a new one begins where nothing more fits. Lengths are in points."""

    def __init__(self, title: str) -> None:
        pdfmetrics.registerFont(UnicodeCIDFont(_HAN))
        self._file = BytesIO()
        self._canvas = Canvas(self._file, pagesize=A4, pageCompression=0, invariant=1, pdfVersion=(1, 7))
        self._canvas.setTitle(title)
        self._canvas.setAuthor("Concordat")
        self._canvas.setCreator("Concordat")
        self._language: Language = "en"
        self._footer = ""
        self._y = 0.0
        self._beside_y = _HEIGHT
        """Above this the code stands at the right."""

    def begin(self, language: Language, footer: str, code: str) -> None:
        """Begin a page in a language, with a code in its corner; the footer stands on the pages that follow it, too."""
        if self._y:
            self._canvas.showPage()
        self._language, self._footer = language, footer
        self._open_page()
        self._draw_code(code, _WIDTH - _MARGIN - _CODE_SIDE, self._y - _CODE_SIDE)
        self._beside_y = self._y - _CODE_SIDE - _MARGIN / 4

    def heading(self, text: str, size: float = 12) -> None:
        """Draw a heading."""
        self._need(3 * size * _LEADING)
        self._y -= size
        self._flow(text, size, _BOLD, _MARGIN)

    def paragraph(self, text: str, size: float = 9.5, mark: str = "") -> None:
        """Draw text, with a mark in front when it is an item of a list."""
        self._need(size * _LEADING)
        if mark:
            self._draw([(_TEXT, mark)], _MARGIN, size)
        self._flow(text, size, _TEXT, _MARGIN + (_INDENT if mark else 0))
        self._y -= size / 4

    def pairs(self, rows: Iterable[tuple[str, list[str]]]) -> None:
        """Draw terms with their values; digits of digests and keys stand in a font of one width."""
        size = 9.0
        for term, values in rows:
            self._need(2 * size * _LEADING)
            top = self._y
            self._flow(term, size, _TEXT, _MARGIN, _TERM_WIDTH)
            bottom, self._y = self._y, top
            for value in values:
                self._flow(value, size, _TEXT, _MARGIN + _TERM_WIDTH + _INDENT)
            self._y = min(self._y, bottom) - size / 4

    def attach(self, name: str, data: bytes) -> None:
        """Hang a file on the document (ISO 32000-1, 7.11.4)."""
        stream = pdfdoc.PDFStream(pdfdoc.PDFDictionary({"Type": pdfdoc.PDFName("EmbeddedFile")}), data)
        document = self._canvas._doc  # type: ignore[attr-defined]  # nothing else hangs a file on a document
        file = pdfdoc.PDFDictionary({"F": document.Reference(stream)})
        told = {"Type": pdfdoc.PDFName("Filespec"), "F": pdfdoc.PDFString(name), "UF": pdfdoc.PDFString(name)}
        spec = document.Reference(pdfdoc.PDFDictionary({**told, "EF": file}))
        names = pdfdoc.PDFArray([pdfdoc.PDFString(name), spec])
        document.Catalog.Names = pdfdoc.PDFDictionary({"EmbeddedFiles": pdfdoc.PDFDictionary({"Names": names})})

    def finish(self) -> bytes:
        """Return the file."""
        self._canvas.showPage()
        self._canvas.save()
        return self._file.getvalue()

    def _open_page(self) -> None:
        self._y = _FOOT - 2 * 8 * _LEADING
        for text in (self._footer, str(self._canvas.getPageNumber())):
            self._draw(list(self._split(text, _TEXT)), _MARGIN, 8)
            self._y -= 8 * _LEADING
        self._y, self._beside_y = _HEIGHT - _MARGIN, _HEIGHT

    def _need(self, height: float) -> None:
        if self._y - height < _FOOT:
            self._canvas.showPage()
            self._open_page()

    def _flow(self, text: str, size: float, font: str, left: float, width: float = _WIDTH) -> None:
        """Draw text in lines from `left`, as wide as the page or `width` allows."""
        beside = _CODE_SIDE + _INDENT if self._y > self._beside_y else 0.0
        for line in self._wrap(text, size, font, min(width, _WIDTH - _MARGIN - left - beside)):
            self._need(size * _LEADING)
            self._draw(line, left, size)
            self._y -= size * _LEADING

    def _wrap(self, text: str, size: float, font: str, width: float) -> Iterator[list[Run]]:
        line: list[Run] = []
        room = width
        for unit in _UNIT.findall(text):
            runs = list(self._split(unit, font))
            if line and _measure(runs, size) > room:
                yield line
                line, room = [], width
            if _measure(runs, size) > width:  # no line has room for this word: it breaks anywhere
                runs = [(run_font, character) for run_font, run in runs for character in run]
            for run in runs:
                if line and _measure([run], size) > room:
                    yield line
                    line, room = [], width
                line.append(run)
                room -= _measure([run], size)
        if line:
            yield line

    def _split(self, text: str, font: str) -> Iterator[Run]:
        """Yield the runs of a text: what the font has, and what only the Chinese one has."""
        shown = "".join(character if character.isprintable() else _UNSHOWN for character in text)
        for is_latin, run in groupby(shown, self._is_latin):
            yield (_pick(font, part) if is_latin else _HAN, part) if (part := "".join(run)) else (font, "")

    def _is_latin(self, character: str) -> bool:
        return character.isascii() or (self._language == "en" and _is_in_windows_1252(character))

    def _draw(self, runs: list[Run], left: float, size: float) -> None:
        """Draw the runs of a line below the current height, without moving on."""
        text = self._canvas.beginText(left, self._y - size)
        for font, run in runs:
            text.setFont(font, size)
            text.textOut(run)
        self._canvas.drawText(text)

    def _draw_code(self, text: str, left: float, bottom: float) -> None:
        """Draw a code of one path of rectangles."""
        rows = [list(row) for row in make_code(text).matrix_iter(border=_QUIET)]
        side = _CODE_SIDE / len(rows)
        path = self._canvas.beginPath()
        for down, row in enumerate(rows):
            at = 0
            for is_dark, modules in groupby(row):
                count = len(list(modules))
                if is_dark:
                    path.rect(left + at * side, bottom + _CODE_SIDE - (down + 1) * side, count * side, side)
                at += count
        self._canvas.drawPath(path, stroke=0, fill=1)


def make_code(text: str) -> segno.QRCode:
    """Return a QR code (ISO/IEC 18004, M).

    Raises:
        UsageError: `input.does_not_fit` when no code holds so much.
    """
    try:
        return segno.make_qr(text, error="m")
    except segno.DataOverflowError as error:
        raise UsageError("input.does_not_fit", f"a code cannot hold {text[:60]}…") from error


_DIGITS = re.compile(r"[0-9a-f]{32,} *")


def _pick(font: str, text: str) -> str:
    return _MONO if _DIGITS.fullmatch(text) else font


def _is_in_windows_1252(character: str) -> bool:
    try:
        return bool(character.encode("cp1252"))
    except UnicodeEncodeError:
        return False


def _measure(runs: list[Run], size: float) -> float:
    return sum(pdfmetrics.stringWidth(text, font, size) for font, text in runs)
