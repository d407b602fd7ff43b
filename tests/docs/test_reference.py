"""The committed reference is the one that the code renders: CONCORDAT_FILL_REFERENCE=1 writes it anew."""

from __future__ import annotations

import os

from .reference import ROOT, render_pages

FOLDER = ROOT / "docs" / "reference"


def test_the_reference_is_as_the_code_renders_it() -> None:
    pages = render_pages()
    if os.environ.get("CONCORDAT_FILL_REFERENCE"):
        FOLDER.mkdir(exist_ok=True)
        for name, text in pages.items():
            (FOLDER / name).write_text(text, encoding="utf-8")
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()} == pages
