"""The page of the network: the node that serves this page, how far it is, and by which rules. It only reads."""

from __future__ import annotations

from concordat.client.clock import fetch_now_us
from concordat.console.behaviors import tell_lag
from concordat.console.formats import show_bytes
from concordat.console.frame import Page, render_page
from concordat.node import reads
from concordat.primitives.ledger_time import format_time
from concordat.views.behaviors import Source


def render_network(page: Page) -> str:
    """Health: heights, lag, clock, versions; for an officer of the operator the disk too."""
    now_us = fetch_now_us()
    health = reads.get_health(page.node)
    disk = reads.get_disk(page.node) if page.reader.is_operator else None
    return render_page(
        page,
        "network.html",
        "network",
        health=health,
        lag=tell_lag(page, reads.get_lag(page.node, Source())),
        rules=reads.get_rules(page.node),
        now=format_time(now_us - now_us % 1_000_000),
        disk=[(name, show_bytes(count)) for name, count in disk] if disk else None,
    )
