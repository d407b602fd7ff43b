"""Every refusal has one shape, a code, and words for the reader."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from concordat.api.asking import choose_language, shorten_address
from concordat.api.problems import Problem, get_status, make_problem, render_problem
from concordat.api.server import make_app
from concordat.api.traffic import Limits
from concordat.errors import ConcordatError, Corrupt, NotFound, Refused, Rejected, Stale, UsageError

from .world import World, make_registration

SHAPE = set(Problem.__struct_fields__)


def test_each_kind_of_refusal_has_the_same_shape(world: World) -> None:
    big = b"x" * 70_000
    answers = {
        "auth.required": world.get("/v1/members"),
        "auth.malformed": world.get("/v1/status", Authorization="Bearer x"),
        "auth.role_missing": world.get("/v1/health", "cedar-ford"),
        "read.no_such_member": world.get("/v1/members/nobody", "azure-bay"),
        "request.unknown_path": world.get("/v1/nothing"),
        "request.wrong_method": world.client.delete("/v1/status"),
        "request.malformed": world.get("/v1/ledger?limit=1000", "azure-bay"),
        "request.too_large": world.submit(big),
        "ledger.wrong_domain": world.submit(b"junk"),
        "input.not_json": world.client.post("/v1/transactions/prepare", content=b""),
        "input.does_not_fit": world.get("/v1/ledger?member=a&contract=1", "azure-bay"),
    }
    statuses = {}
    for code, answer in answers.items():
        problem = answer.json()
        assert problem["code"] == code
        assert set(problem) == SHAPE
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.status_code == problem["status"]
        assert problem["request_id"] == answer.headers["X-Request-Id"]
        assert problem["type"] == f"/v1/codes#{code}"
        assert problem["reason"]
        assert problem["next_step"]
        statuses[code] = answer.status_code
    assert list(statuses.values()) == [401, 401, 403, 404, 404, 405, 400, 413, 400, 400, 400]
    assert set(answers["request.wrong_method"].headers["Allow"].split(", ")) == {"GET", "OPTIONS"}


def test_a_rule_is_named_and_told_in_the_readers_language(world: World) -> None:
    wire = world.make_wire("stranger", make_registration())
    english, chinese = world.submit(wire).json(), world.submit(wire, **{"Accept-Language": "zh"}).json()
    assert english["rule"] == chinese["rule"] == "LED-7"
    assert english["reason"].isascii()
    assert not chinese["reason"].isascii()
    assert english["next_step"] != chinese["next_step"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Rejected("contracts.unknown", 1), 409),
        (Rejected("ledger.client_key_used", "ab"), 422),
        (Rejected("encoding.malformed", "x"), 400),
        (Refused("disk.full", "blocks.log"), 503),
        (Refused("disk.read_only", "blocks.log"), 503),
        (Refused("ledger.stopped", "blocks.log"), 503),
        (Refused("node.stopped", "x"), 503),
        (Refused("node.busy", "x"), 503),
        (Refused("key.locked", "x"), 409),
        (UsageError("input.not_hex", "/x"), 400),
        (NotFound("read.no_such_entry", "1"), 404),
        (Corrupt("ledger.corrupt", "x"), 500),
        (Stale("read.stale", "x"), 409),
        (Stale("node.slow", "30"), 503),
    ],
)
def test_the_status_follows_the_code_or_the_kind(error: ConcordatError, status: int) -> None:
    problem = make_problem(error, "en", "1", 3)
    assert get_status(error) == problem.status == status
    assert ("Retry-After" in render_problem(problem, {}).headers) == (status == 503)


def test_a_client_keys_first_transaction_is_named() -> None:
    assert make_problem(Rejected("ledger.client_key_used", "abcd"), "en", "1", 3).transaction == "abcd"


def test_a_code_without_words_is_told_by_its_detail() -> None:
    problem = make_problem(Refused("future.code", "the value"), "zh", "1", 3)
    assert (problem.reason, problem.next_step) == ("the value", "")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh", "zh"),
        ("zh-Hans-CN", "zh"),
        ("zh;q=0.5, en;q=0.6", "en"),
        ("zh;q=0", "en"),
        ("de, zh;q=0.1", "zh"),
        ("zh;q=x", "en"),
        ("*", "en"),
    ],
)
def test_the_heaviest_language_wins(header: str, language: str) -> None:
    assert choose_language(header) == language


@pytest.mark.parametrize(("is_proxied", "statuses"), [(False, [200, 200, 200]), (True, [200, 429, 429])])
def test_this_machine_is_not_counted_unless_it_is_a_proxy(world: World, is_proxied: bool, statuses: list[int]) -> None:
    app = make_app(world.node, is_proxied=is_proxied, limits=Limits(requests_per_minute=1))

    async def ask() -> list[int]:
        transport = httpx2.ASGITransport(cast("Any", app), client=("127.0.0.1", 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://node") as client:
            return [(await client.get("/v1/genesis")).status_code for _ in statuses]

    assert asyncio.run(ask()) == statuses


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8::1:2", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::2", "2001:db8::/64"),
        ("2001:db8:0:1::2", "2001:db8:0:1::/64"),
        ("a.example", "a.example"),
    ],
)
def test_whoever_has_a_network_counts_once(host: str, address: str) -> None:
    assert shorten_address(host) == address


def test_too_many_requests_from_one_address_are_asked_to_wait(tmp_path: Path) -> None:
    with World(tmp_path / "node", requests_per_minute=3) as world:
        answers = [world.get(path) for path in ("/v1/status", "/v1/nothing", "/nothing", "/v1/nothing", "/v1/status")]
        page = world.get("/nothing")
    assert [answer.status_code for answer in answers] == [200, 404, 404, 429, 429]
    assert answers[-1].json()["code"] == "request.too_many"
    assert answers[-1].json()["request_id"] == answers[-1].headers["X-Request-Id"]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert (page.status_code, page.headers["Content-Type"]) == (429, "text/html; charset=utf-8")
