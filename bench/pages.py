"""What a large consortium's pages and lists cost: a hundred thousand members, a million records (bench/large.py)."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import httpx2

from bench.http import serving
from bench.large import (
    BALLOTS,
    CONTRACTS,
    ENTRIES_PER_BLOCK,
    MEMBERS,
    OFFICER,
    RECORDS,
    fetch_large_folder,
    name_member,
)
from bench.measure import Result
from bench.memory import fetch_memory_mb
from concordat.api.access import SESSION_COOKIE
from concordat.client.api import Client

ROUNDS: Final = 20
PAGE_LIMIT_MS: Final = 50.0
PATIENCE_MS: Final = 3000.0
"""What takes longer for all rounds is asked for less often."""

_MOST, _USUAL, _LAST = name_member(0), name_member(MEMBERS // 2), name_member(MEMBERS - 1)
_OPEN, _CONTRACT, _MIDDLE = BALLOTS, CONTRACTS // 2, RECORDS // 2

ADDRESSES: Final = (
    "/",
    "/members",
    f"/members?after={_USUAL}",
    f"/members/{_MOST}",
    f"/members/{_USUAL}",
    f"/members/{_LAST}",
    f"/members/{_MOST}/certificate",
    "/contracts",
    f"/contracts?after={_CONTRACT}",
    f"/contracts?member={_MOST}",
    f"/contracts/{_CONTRACT}",
    f"/contracts/{CONTRACTS}",
    "/datasets",
    f"/datasets/{_MOST}/readings",
    "/ballots",
    f"/ballots/{_OPEN}",
    "/ledger",
    f"/ledger?before={_MIDDLE}",
    f"/ledger?member={_MOST}",
    f"/ledger?contract={_CONTRACT}",
    f"/ledger/{_MIDDLE}",
    "/activity",
    f"/activity?member={_MOST}",
    "/network",
    "/settings",
    "/codes",
    "/proof",
    "/verify",
    "/search?q=north",
    "/search?q=Region+c34f+of",
    "/search?q=nowhere",
    f"/search?q=C-{_CONTRACT}",
    f"/search?q={_MIDDLE}",
    "/search?q=0123456789abcdef",
    "/public",
    f"/public/members/{_MOST}",
    f"/public/members/{_USUAL}",
    f"/public/members/{_MOST}/object",
    "/public/objections",
    "/login",
    "/v1/me",
    "/v1/inbox",
    "/v1/health",
    "/v1/checkpoint/proof",
    "/v1/members",
    f"/v1/members?after={_USUAL}&limit=200",
    f"/v1/members/{_MOST}",
    f"/v1/members/{_MOST}/credit",
    f"/v1/members/{_USUAL}/credit",
    f"/v1/members/{_MOST}/behaviors",
    f"/v1/members/{_MOST}/proof",
    "/v1/contracts?limit=200",
    f"/v1/contracts?member={_MOST}",
    f"/v1/contracts/{_CONTRACT}",
    f"/v1/contracts/{_CONTRACT}/proof",
    "/v1/datasets?limit=200",
    "/v1/ballots",
    f"/v1/ballots/{_OPEN}",
    f"/v1/ballots/{_OPEN}?limit=50",
    f"/v1/ballots/{_OPEN}/proof",
    "/v1/ledger?limit=200",
    f"/v1/ledger?member={_MOST}&before={_MIDDLE}",
    f"/v1/ledger/{_MIDDLE}",
    f"/v1/ledger/{_MIDDLE}/proof",
    f"/v1/ledger/{_MIDDLE}/proof?from=1000",
    "/v1/tile/0/x003/905",
    "/v1/tile/entries/x003/905",
    "/v1/events?seconds=0",
    f"/v1/events?seconds=0&after={RECORDS // ENTRIES_PER_BLOCK - 1}",
    "/v1/public/members?limit=200",
    f"/v1/public/members/{_MOST}",
    f"/v1/public/members/{_MOST}/proof",
    f"/v1/public/members/{_MOST}/objections",
    "/v1/public/contracts?limit=200",
    f"/v1/public/contracts?member={_MOST}",
)
"""As an officer of the member with the most contracts asks for them; that member, and one with few."""


def measure_pages() -> Iterator[Result]:
    """Milliseconds at the 95th percentile from request to whole answer, on a connection that is open already."""
    folder = fetch_large_folder()
    with serving(folder, seconds=600) as url:
        cookie = _sign_in(url)
        times = {address: _time_address(url, cookie, address) for address in ADDRESSES}
        resident_mb, _ = fetch_memory_mb(json.loads((folder / "ready.json").read_text())["pid"])
    rows = (folder / "node" / "snapshot.state").stat().st_size / 1e6
    yield Result("pages.memory", resident_mb, rows, "the state's rows as bytes", "lower", "MB", runs=1)
    for address, found in sorted(times.items(), key=lambda item: -item[1]):
        yield Result(f"page {address}", found, PAGE_LIMIT_MS, "limit", "lower", "ms p95", runs=ROUNDS)


def _sign_in(url: str) -> str:
    with Client(url, OFFICER) as client:
        link = str(client.make_login_link()["url"])
    return httpx2.get(link, follow_redirects=False).cookies[SESSION_COOKIE]


def _time_address(url: str, cookie: str, address: str) -> float:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port or 80, timeout=60)
    headers = {"Cookie": f"{SESSION_COOKIE}={cookie}", "Accept": "text/html, application/json;q=0.9, */*;q=0.1"}
    times: list[float] = []
    while len(times) < ROUNDS and sum(times) < PATIENCE_MS:
        start = time.perf_counter()
        connection.request("GET", address, headers=headers)
        answer = connection.getresponse()
        answer.read()
        times.append((time.perf_counter() - start) * 1000)
        if answer.status != 200:
            raise ValueError(f"{address}: {answer.status}")
    connection.close()
    return sorted(times)[(len(times) * 95 - 1) // 100]
