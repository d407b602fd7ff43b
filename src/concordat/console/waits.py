"""What waits for the officer who is signed in, in words and with the place where it is done."""

from __future__ import annotations

from concordat.console.frame import Page
from concordat.node import reads
from concordat.primitives.plain import Json


def get_waits(page: Page, about: int | str | None = None) -> tuple[list[Json], int]:
    """Return the items of the officer's inbox, each with `line`, what it is about; and how many there are in all."""
    reader = page.reader
    if reader.public_key is None or reader.member is None:
        return [], 0
    inbox, _ = reads.get_inbox(page.node, reader.public_key, reader.member, page.language, about=about)
    return [item | {"line": tell_about(page, item)} for item in inbox["items"]], inbox["count"]


def tell_about(page: Page, item: Json) -> str:
    """Return what an item of the inbox is about."""
    if item["contract"]:
        return page.label(item["title"])
    return page.say(f"wait.about_{item['action']}")
