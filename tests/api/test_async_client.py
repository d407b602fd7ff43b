"""The asynchronous client holds the same conversation as the other one, with the same doubts."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import pytest

from concordat.client import api, async_api
from concordat.client.api import Client
from concordat.client.async_api import AsyncClient
from concordat.client.conversation import Conversation
from concordat.client.proofs import ask_proof
from concordat.crypto.proof import Trust
from concordat.errors import ConcordatError, Corrupt, NotFound
from concordat.primitives.plain import Json
from concordat.testing.stand_in import Reply, Request, stand_in

from .serving import serving
from .world import FOUNDERS, World, get_key, make_registration

PUBLIC = [name for name in vars(Conversation) if not name.startswith("_") and name != "sign"]


@contextmanager
def serve(world: World) -> Iterator[tuple[str, list[Request]]]:
    """Let a true node answer over the wire."""
    one_at_a_time = Lock()

    def respond(request: Request) -> Reply:
        headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        with one_at_a_time:
            answer = world.client.request(request.method, request.path, content=request.body, headers=headers)
        return answer.status_code, answer.content, answer.headers["content-type"]

    with stand_in(respond) as served:
        yield served


def test_both_clients_can_do_whatever_a_conversation_can() -> None:
    for name in PUBLIC:
        assert name in vars(Client), name
        assert name in vars(AsyncClient), name
        assert inspect.iscoroutinefunction(vars(AsyncClient)[name])
        assert vars(Client)[name].__doc__ == vars(AsyncClient)[name].__doc__ == vars(Conversation)[name].__doc__


def test_nothing_but_the_connection_is_written_twice() -> None:
    lines = [len(inspect.getsource(module).splitlines()) for module in (api, async_api)]
    assert sum(lines) < len(inspect.getsource(inspect.getmodule(Conversation) or api).splitlines())


def test_a_receipt_is_proved_before_an_awaiting_caller_sees_it(tmp_path: Path) -> None:
    with World(tmp_path / "node") as world, serve(world) as (url, received):
        trust = Trust(genesis=world.node.genesis_bytes)

        async def tell() -> None:
            async with AsyncClient(url, get_key("azure-bay"), trust) as client:
                receipts = [await client.send([make_registration()])]
                assert [receipt["code"] for receipt in receipts] == ["ok"]
                again = await client.fetch_receipt(receipts[0]["transaction"])
                assert again["sentence"] == receipts[0]["sentence"]
                proof = await client.hold(ask_proof(client.conversation, "tx", again["transaction"]))
                found = await client.verify(proof)
                assert found is not None
                assert found.valid

        asyncio.run(tell())
    asked = [request.path.partition("/proof")[2] for request in received if "/proof" in request.path]
    size = world.node.application.history.size
    assert asked == ["", f"?from={size}", f"?from={size}"], "each goes on from what the one before showed"


@pytest.mark.parametrize("lie", ["chain", "receipt"])
def test_both_clients_catch_the_same_lie(tmp_path: Path, lie: str) -> None:
    with World(tmp_path / "node") as world:
        receipt = world.act("azure-bay", make_registration())
        other = world.act("azure-bay", make_registration(2))

        def respond(request: Request) -> Reply:
            path = request.path
            if lie == "receipt" and path == f"/v1/transactions/{receipt['transaction']}":
                path = f"/v1/transactions/{other['transaction']}"
            answer = world.client.request(request.method, path, content=request.body)
            content = answer.content
            if lie == "chain" and path == "/v1/status":
                content = content.replace(world.founded.chain_id.hex().encode(), b"ab" * 32)
            return answer.status_code, content, answer.headers["content-type"]

        trust = Trust(genesis=world.node.genesis_bytes)
        with stand_in(respond) as (url, _):
            with Client(url, None, trust) as client, pytest.raises(Corrupt) as waiting:
                client.fetch_receipt(receipt["transaction"])

            async def tell() -> ConcordatError:
                async with AsyncClient(url, None, trust) as client:
                    with pytest.raises(Corrupt) as awaiting:
                        await client.fetch_receipt(receipt["transaction"])
                    return awaiting.value

            told = asyncio.run(tell())
        assert (told.code, told.detail) == (waiting.value.code, waiting.value.detail)
        assert told.code == {"chain": "node.other_chain", "receipt": "node.unproved"}[lie]


@pytest.mark.parametrize("limit", [1, 2, 200])
def test_both_clients_walk_a_list_by_its_links(tmp_path: Path, limit: int) -> None:
    target = f"/v1/members?limit={limit}"
    with World(tmp_path / "node") as world, serving(world) as url:

        async def walk() -> list[Json]:
            async with AsyncClient(url, get_key("azure-bay")) as client:
                return [page async for page in client.pages(target)]

        with Client(url, get_key("azure-bay")) as client:
            pages = list(client.pages(target))
        assert pages == asyncio.run(walk())
    assert [len(page) for page in pages] == {1: [1, 1, 1], 2: [2, 1], 200: [3]}[limit]
    assert [row["id"] for page in pages for row in page] == list(FOUNDERS)


@pytest.mark.parametrize("link", ["/v1/contracts?cursor=a", "http://127.0.0.1:1/v1/members", "//other/v1/members"])
def test_a_link_that_leads_out_of_the_list_is_not_followed(link: str) -> None:
    def respond(_: Request) -> Iterator[bytes]:
        yield f'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLink: <{link}>; rel="next"\r\n\r\n[]'.encode()

    with stand_in(respond) as (url, received), Client(url) as client:
        with pytest.raises(NotFound) as refused:
            list(client.pages("/v1/members"))
        assert refused.value.code == "node.unreadable"
    assert [request.path for request in received] == ["/v1/members"]


def test_many_questions_are_asked_at_once(tmp_path: Path) -> None:
    with World(tmp_path / "node") as world, serve(world) as (url, _):

        async def tell() -> list[int]:
            async with AsyncClient(url) as client:
                return [status["height"] for status in await asyncio.gather(*(client.status() for _ in range(20)))]

        assert len(asyncio.run(tell())) == 20
