"""Search by anything that people write down: names, numbers, digests whole or as they are shown. It only reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from concordat.client.requests import make_path
from concordat.console.formats import show_number
from concordat.console.frame import Page, render_page
from concordat.console.pages import find_links
from concordat.errors import NotFound
from concordat.node import reads
from concordat.wording.sentences import show_contract

FOUND_MAX = 60

Found = tuple[str, str, str]
"""Where it leads, what it is called, and what it is."""


def render_search(page: Page, query: str) -> str:
    """What a query names: what is numbered so, called so, or has a digest that begins so."""
    asked = query.strip()
    found = {row[0]: row for row in _search(page, asked)} if asked else {}
    return render_page(page, "search.html", "", query=query, asked=asked, found=list(found.values())[:FOUND_MAX])


def _search(page: Page, query: str) -> Iterator[Found]:
    if named := re.fullmatch(r"(?:[Cc]-)?0*([1-9][0-9]{0,8})", query):
        yield from _search_number(page, int(named[1]), only_contracts=not query.isdecimal())
    # A digest is often copied as it is shown: its first digits, an ellipsis, its last ones.
    if digits := re.fullmatch(r"([0-9a-f]{8,64})(?:…[0-9a-f]{0,4})?", query.lower()):
        yield from _search_digest(page, digits[1])
    yield from _search_names(page, query)
    if query == "0":
        yield "/ledger/0", page.say("entry.title", position=0), page.say("entry.position")


def _search_number(page: Page, number: int, *, only_contracts: bool) -> Iterator[Found]:
    if number <= reads.count_contracts(page.node):
        title = page.label(reads.get_contract(page.node, number)["terms"]["title"])
        yield f"/contracts/{number}", f"{show_contract(number)} {title}", page.say("contracts.contract")
    if only_contracts:
        return
    try:
        ballot = reads.get_ballot(page.node, number, page.language, limit=0)
        yield f"/ballots/{number}", ballot["sentence"], page.say("ballot.number", number=number)
    except NotFound:
        pass
    if number < reads.get_status(page.node)["log_size"]:
        yield f"/ledger/{number}", page.say("entry.title", position=number), page.say("entry.position")
    span = reads.get_block_span(page.node, number)
    if span is not None and span[0] < span[1]:
        title = page.say("search.block", height=show_number(number), count=span[1] - span[0])
        yield f"/ledger?before={span[1]}", title, page.say("frame.height", height=number)


def _search_digest(page: Page, digits: str) -> Iterator[Found]:
    """Officers' keys, and the entries that have this digest with what they are about."""
    if len(digits) == 64 and (officer := reads.get_officer(page.node, bytes.fromhex(digits))):
        yield f"/members/{officer.member}", page.name(officer.member), page.say("member.keys")
    for position in reads.find_positions(page.node, digits):
        entry = reads.get_entry(page.node, position, page.language)
        yield f"/ledger/{position}", entry["sentence"], page.say("entry.title", position=position)
        for href, text in find_links(page, entry):
            if not href.startswith("/members/"):
                yield href, text, page.say("search.named", position=position)


def _search_names(page: Page, query: str) -> Iterator[Found]:
    for row in reads.list_members(page.node, query=query):
        yield f"/members/{row['id']}", page.label(row["name"]), page.say("members.member")
    for row in reads.list_contracts(page.node, query=query):
        text = f"{show_contract(row['id'])} {page.label(row['title'])}"
        yield f"/contracts/{row['id']}", text, page.say("contracts.contract")
    for row in reads.list_datasets(page.node, query=query):
        text = f"{page.label(row['title'])} · {row['id']}"
        yield make_path("/datasets", row["owner"], row["name"]), text, page.say("datasets.dataset")
