"""Pages of lists and of what is found in them: members, contracts, datasets, ledger, rules, search. They only read."""

from __future__ import annotations

import json
import re
from typing import Final
from urllib.parse import urlencode

from markupsafe import Markup

from concordat.client.requests import make_path
from concordat.console.frame import LIMIT, Page, render_page
from concordat.node import reads
from concordat.primitives.plain import Json
from concordat.protocol.receipts import OK
from concordat.verifier.browser import render_words
from concordat.verifier.verdict import tell_not_proved
from concordat.wording.rules import list_codes
from concordat.wording.sentences import describe_next_step, show_contract

LIST_PAGE: Final = 50
DATASET_ENTRIES: Final = 8


def render_members(page: Page, after: str | None) -> str:
    """Everybody, with standing."""
    members, more = cut_list(reads.list_members(page.node, after=after, limit=LIST_PAGE + 1), "/members?")
    return render_page(page, "members.html", "members", members=members, more=more, is_first=after is None)


def render_contracts(page: Page, member: str | None, after: int | None) -> str:
    """Contracts, newest first; all, or those of one member."""
    found = reads.list_contracts(page.node, member=member, after=after, limit=LIST_PAGE + 1)
    contracts, more = cut_list(found, f"/contracts?{urlencode({'member': member})}&" if member else "/contracts?")
    return render_page(
        page,
        "contracts.html",
        "contracts",
        contracts=contracts,
        more=more,
        about=page.name(member) if member else None,
        begin=f"/contracts?{urlencode({'member': member})}" if member else "/contracts",
        is_first=after is None,
    )


def render_datasets(page: Page, after: str | None) -> str:
    """Every dataset."""
    datasets, more = cut_list(reads.list_datasets(page.node, after=after, limit=LIST_PAGE + 1), "/datasets?")
    return render_page(page, "datasets.html", "datasets", datasets=datasets, more=more, is_first=after is None)


def cut_list(rows: list[Json], address: str, key: str = "id") -> tuple[list[Json], str]:
    """Return the rows of one page, and the address where the list goes on; empty when it does not."""
    more = f"{address}{urlencode({'after': rows[LIST_PAGE - 1][key]})}" if len(rows) > LIST_PAGE else ""
    return rows[:LIST_PAGE], more


def render_dataset(page: Page, owner: str, name: str, after: int | None) -> str:
    """One dataset with its versions and history."""
    dataset = reads.get_dataset(page.node, owner, name, after=after, limit=LIST_PAGE)
    oldest = dataset["versions"][-1]["version"] if dataset["versions"] else 1
    more = f"{make_path('/datasets', owner, name)}?after={oldest}" if oldest > 1 else ""
    history = reads.list_entries(page.node, page.language, link=("dataset", f"{owner}/{name}"), limit=DATASET_ENTRIES)
    may_withdraw = page.reader.member == owner and "data" in page.reader.roles
    return render_page(
        page, "dataset.html", "datasets", dataset=dataset, more=more, history=history, may_withdraw=may_withdraw
    )


def render_ledger(page: Page, link: tuple[str, str] | None, before: int | None) -> str:
    """History, newest first: all, or what concerns one thing."""
    since = reads.find_first_position(page.node, page.reader.member)
    found = reads.list_entries(page.node, page.language, link=link, before=before, since=since, limit=LIST_PAGE)
    about = None
    if link is not None:
        kind, value = link
        about = show_contract(int(value)) if kind == "contract" else page.name(value) if kind == "member" else value
    filters = f"{link[0]}={link[1]}&" if link else ""
    return render_page(
        page,
        "ledger.html",
        "ledger",
        entries=found["entries"],
        next=found["next"],
        older=f"/ledger?{filters}before={found['next']}",
        newest=f"/ledger?{filters}".rstrip("?&"),
        is_first=before is None,
        about=about,
    )


def render_entry(page: Page, position: int) -> str:
    """One entry: a sentence, then its proof, then its JSON."""
    entry = reads.get_entry(page.node, position, page.language)
    size = reads.get_status(page.node)["log_size"]
    signer = entry.get("signer")
    origin = page.say("proof.line_due")
    if signer:
        member = page.name(signer["member"]) if signer["member"] else page.say("entry.stranger")
        origin = page.say("proof.line_signer", member=member)
    lines = [page.say("proof.line_entry", position=position, size=size), origin, page.say("proof.line_checkpoint")]
    digests = [(page.say("proof.leaf"), entry["leaf_digest"])]
    if entry["transaction"]:
        digests.append((page.say("proof.transaction"), entry["transaction"]))
    return render_page(
        page,
        "entry.html",
        "ledger",
        entry=entry,
        proof={"lines": lines, "not_proved": tell_not_proved(page.language, LIMIT), "digests": digests},
        next_step=tell_next_step(page, entry),
        links=find_links(page, entry),
        json=json.dumps(entry, ensure_ascii=False, indent=2),
    )


def tell_next_step(page: Page, receipt: Json) -> str:
    """What to do about a receipt's refusal; empty when nothing was refused."""
    if receipt["code"] == OK:
        return ""
    first = receipt["reasons"][0]
    parameters = tuple(first["parameters"]) if first["code"] == receipt["code"] else ()
    return describe_next_step(receipt["code"], parameters, page.language, page.names)


def find_links(page: Page, entry: Json) -> list[tuple[str, str]]:
    """Return where the things lead that an entry's operations and events name."""
    found: dict[str, str] = {}
    newest = reads.count_contracts(page.node)
    for number, event in enumerate(entry["events"]):
        if event["type"] in {"behaviors.recorded", "behaviors.anchored"}:
            found[f"/behaviors/{entry['position']}/{number}"] = name_behavior(page, event)
    for fact in [*entry["events"], *entry.get("operations", [])]:
        if isinstance(fact.get("contract"), int) and fact["contract"] <= newest:
            found[f"/contracts/{fact['contract']}"] = show_contract(fact["contract"])
        for key in ("member", "debtor", "owner", "proposer", "sponsor", "counterparty"):
            member = fact.get(key)
            if member in page.names:
                found[f"/members/{member}"] = page.name(member)
        owner = fact.get("owner") or (entry["signer"]["member"] if entry.get("signer") else None)
        if owner and isinstance(fact.get("dataset"), str):
            found[make_path("/datasets", owner, fact["dataset"])] = f"{owner}/{fact['dataset']}"
    return list(found.items())


def name_behavior(page: Page, event: Json) -> str:
    """Return what a behavior is called: the words of its record, or which batch of which series it is."""
    if "batch" in event:
        return page.say("behavior.batch", series=event["series"], batch=event["batch"])
    return page.label(event["sentence"])


def render_codes(page: Page) -> str:
    """Every code with which the ledger refuses, in order of precedence."""
    codes = [row | {name: _blank(page.label(row[name])) for name in ("reason", "next_step")} for row in list_codes()]
    return render_page(page, "codes.html", "codes", codes=codes)


def _blank(sentence: str) -> str:
    """Return a sentence of the catalog with an ellipsis where a receipt has values."""
    return re.sub(r"\{[^}]*\}", "…", sentence)


def render_verify(page: Page) -> str:
    """The verifier that runs in the reader's browser."""
    words = Markup(render_words())  # noqa: S704  # JSON of the catalogs, with no `<` in it
    return render_page(page, "verify.html", "", words=words, is_awaited="of" in dict(page.query))


def render_proof(page: Page) -> str:
    """What a proof file shows, and what none shows."""
    limits = [line.removeprefix(page.say("proof.not_proved")) for line in tell_not_proved(page.language)]
    return render_page(page, "proof.html", "", limits=limits)
