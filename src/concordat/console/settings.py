"""Settings: how pages are shown to this reader, its key, and the officers of its member. It only reads."""

from __future__ import annotations

from concordat.console.acting import ROLES
from concordat.console.frame import Page, render_page
from concordat.node import reads

KEY_EDITION = 2
"""From this edition on a key hands over or ends itself (MEM-24, MEM-25)."""


def render_settings(page: Page) -> str:
    """Language and theme for anybody; key and officers for whoever is signed in, forms for whom the ledger lets."""
    member = page.reader.member
    own = reads.get_member(page.node, member) if member else None
    return render_page(
        page,
        "settings.html",
        "settings",
        own=own,
        roles=ROLES,
        is_admin="admin" in page.reader.roles,
        own_key=page.reader.public_key.hex() if page.reader.public_key else "",
        has_key_forms=reads.get_rules(page.node)["edition"] >= KEY_EDITION,
    )
