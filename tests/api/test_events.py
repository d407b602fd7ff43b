"""Events come block by block, once and in order, to whoever may read them, and wait for nobody."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from itertools import islice

import pytest

from concordat.api import events
from concordat.api.events import follow, render_following
from concordat.api.feed import READERS_MAX, READERS_PER_KEY, Feed
from concordat.client.api import Client
from concordat.client.async_api import AsyncClient
from concordat.client.events import Following
from concordat.errors import ConcordatError, NotFound, Refused, Stale, UsageError
from concordat.primitives.plain import Json
from concordat.protocol.families.membership import AddOfficer, RemoveOfficer, Sponsor, compute_possession_message

from .serving import serving
from .world import World, get_key, make_application, make_registration


def read_now(world: World, target: str, label: str | None = "azure-bay", **headers: str) -> list[dict[str, str]]:
    """Return the fields of what there is by now."""
    answer = world.get(f"{target}{'&' if '?' in target else '?'}seconds=0", label, **headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    return [
        dict(line.split(": ", 1) for line in event.splitlines() if not line.startswith(":"))
        for event in answer.text.split("\n\n")
        if event
    ]


def find_blocks(fields: list[dict[str, str]]) -> list[Json]:
    return [json.loads(each["data"]) for each in fields if each.get("event") == "entries"]


def test_blocks_come_as_the_ledger_shows_them_and_an_id_resumes_behind_its_block(world: World) -> None:
    for version in range(1, 5):
        world.act("azure-bay", make_registration(version))
    listed = world.get("/v1/ledger", "azure-bay").json()["entries"][::-1]
    found = read_now(world, "/v1/events?after=0")
    told = find_blocks(found)
    assert [entry for block in told for entry in block["entries"]] == listed
    assert [int(each["id"]) for each in found if "event" in each] == [block["height"] for block in told] == [1, 2, 3, 4]
    for target, headers in (("/v1/events?after=2", {}), ("/v1/events?after=0", {"Last-Event-ID": "2"})):
        assert [block["height"] for block in find_blocks(read_now(world, target, **headers))] == [3, 4]
    assert find_blocks(read_now(world, "/v1/events")) == []
    assert read_now(world, "/v1/events")[-1] == {"id": "4"}


def test_a_large_block_comes_in_parts_of_which_the_last_has_the_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "ENTRIES_PER_EVENT", 4)
    wires = [world.make_wire("azure-bay", make_registration(version)) for version in range(1, 11)]
    body = b"".join(len(wire).to_bytes(4, "big") + wire for wire in wires)
    assert world.client.post("/v1/transactions/batch", content=body).status_code == 200
    found = [each for each in read_now(world, "/v1/events?after=0") if "event" in each]
    told = find_blocks(found)
    assert [block["whole"] for block in told] == ["id" in each for each in found]
    assert all(len(block["entries"]) <= 4 for block in told)
    assert [entry["position"] for block in told for entry in block["entries"]] == list(range(10))
    following = Following("node", 0)
    following.make_ask()
    text = world.get("/v1/events?after=0&seconds=0", "azure-bay").content
    whole = [block for place in range(len(text)) for block in following.take(text[place : place + 1])]
    assert [entry["position"] for block in whole for entry in block["entries"]] == list(range(10))
    assert [block["height"] for block in whole] == sorted({block["height"] for block in told})


def test_a_reader_gets_what_it_may_read(world: World) -> None:
    world.act("azure-bay", make_registration())
    world.act("dune-shore", make_application("dune-shore", sponsor="birch-vale"))
    assert world.get("/v1/events?seconds=0").json()["code"] == "auth.required"
    assert world.get("/v1/events?seconds=0", "stranger").json()["code"] == "auth.unknown_key"
    for query in ("", "&member=azure-bay", "&member=dune-shore&dataset=azure-bay/readings", "&contract=1"):
        answer = world.get(f"/v1/events?seconds=0&after=0{query}", "dune-shore")
        assert answer.json()["code"] == "auth.not_yours", query
    (own,) = find_blocks(read_now(world, "/v1/events?after=0&member=dune-shore", "dune-shore"))
    assert [entry["member"] for entry in own["entries"]] == ["dune-shore"]
    assert read_now(world, "/v1/events?after=0&member=cedar-ford")[-1] == {"id": "2"}


def test_who_had_a_name_before_is_not_told_of(world: World) -> None:
    world.act("former", make_application("dune-shore"))
    world.act("azure-bay", Sponsor("dune-shore", verdict=False))
    receipt = world.act("dune-shore", make_application("dune-shore"))
    blocks = find_blocks(read_now(world, "/v1/events?after=0&member=dune-shore", "dune-shore"))
    assert [entry["position"] for block in blocks for entry in block["entries"]] == [receipt["position"]]


@pytest.mark.parametrize("target", ["?after=5", "?after=-1", "?after=x", "?seconds=3601", "?member=a&contract=1"])
def test_what_does_not_fit_is_refused(world: World, target: str) -> None:
    assert world.get(f"/v1/events{target}", "azure-bay").status_code == 400
    for height in ("5", "x", "1" * 17, "-1"):
        headers = {"Last-Event-ID": height}
        assert world.get("/v1/events", "azure-bay", **headers).json()["code"] == "input.does_not_fit"


def test_a_client_follows_what_happens_once_and_in_order_across_a_restart_of_the_server(world: World) -> None:
    expected = [world.act("azure-bay", make_registration(version))["transaction"] for version in (1, 2)]
    with serving(world) as url:
        port = int(url.rpartition(":")[2])
        client = Client(url, get_key("cedar-ford"))
        blocks = client.events(after=0)
        found = list(islice(blocks, 2))
        expected.append(world.act("azure-bay", make_registration(3))["transaction"])
        found += islice(blocks, 1)
    expected += [world.act("azure-bay", make_registration(version))["transaction"] for version in (4, 5)]
    with serving(world, port), client:
        found += islice(blocks, 2)
        assert [entry["transaction"] for block in found for entry in block["entries"]] == expected
        blocks.close()  # type: ignore[attr-defined]  # it is a generator


def test_an_awaiting_client_follows_too_and_many_readers_take_no_thread_each(world: World) -> None:
    labels = ["azure-bay", "birch-vale", "cedar-ford"]

    async def read(url: str, label: str, ready: asyncio.Semaphore) -> list[int]:
        async with AsyncClient(url, get_key(label)) as client:
            blocks = client.events(after=0)
            heights = [(await anext(blocks))["height"]]
            ready.release()
            heights += [(await anext(blocks))["height"] for _ in range(3)]
            await blocks.aclose()  # type: ignore[attr-defined]  # it is a generator
            return heights

    async def run(url: str) -> list[list[int]]:
        ready = asyncio.Semaphore(0)
        count = len(labels) * READERS_PER_KEY
        tasks = [asyncio.create_task(read(url, label, ready)) for label in labels * READERS_PER_KEY]
        for _ in range(count):
            await ready.acquire()
        for version in (2, 3, 4):
            await asyncio.to_thread(world.act, "azure-bay", make_registration(version))
        return await asyncio.gather(*tasks)

    world.act("azure-bay", make_registration())
    with serving(world) as url:
        assert asyncio.run(run(url)) == [[1, 2, 3, 4]] * len(labels) * READERS_PER_KEY


def test_a_removed_key_is_out_before_the_next_event(world: World) -> None:
    guest = get_key("guest")
    possession = guest.sign(compute_possession_message(world.founded.chain_id, "azure-bay"))
    world.act("azure-bay", AddOfficer(guest.public_key, ("contracts",), bytes(32), possession))
    with serving(world) as url, Client(url, guest) as client:
        blocks = client.events(after=0)
        assert next(blocks)["height"] == 1
        world.act("azure-bay", RemoveOfficer(guest.public_key))
        with pytest.raises(Refused, match=r"auth\.unknown_key"):
            next(blocks)


def test_a_slow_reader_is_told_so_and_resumes(world: World) -> None:
    for version in (1, 2):
        world.act("azure-bay", make_registration(version))
    cursor, feed, clock = events.Cursor(0, 0), Feed(), iter((0.0, 0.0, 99.0))

    async def read() -> list[bytes]:
        stream = follow(
            lambda: render_following(world.node, "en", None, cursor, feed), cursor, "en", feed, 5, lambda: next(clock)
        )
        return [part async for part in stream]

    text = b"".join(asyncio.run(read()))
    following = Following("node", 0)
    following.make_ask()
    taken = following.take(text)
    assert [next(taken)["height"], next(taken)["height"]] == [1, 2]
    with pytest.raises(Stale, match=r"events\.too_slow"):
        next(taken)
    assert following.make_ask().target == "/v1/events?after=2"


def test_places_are_shared_out() -> None:
    feed = Feed()

    async def fill() -> None:
        async with AsyncExitStack() as held:
            for number in range(READERS_MAX):
                name = b"%d" % (number // READERS_PER_KEY)
                await held.enter_async_context(feed.take_place(name))
                if number == READERS_PER_KEY:
                    with pytest.raises(Refused, match=r"auth\.share_used"):
                        feed.take_place(b"0")
            with pytest.raises(Refused, match=r"node\.busy"):
                feed.take_place(b"new")
        feed.take_place(b"0")

    asyncio.run(fill())


def render(height: int, *positions: int, whole: bool = True) -> bytes:
    entries = [{"position": position, "height": height, "sentence": "s"} for position in positions]
    told = {"height": height, "time": "t", "whole": whole, "entries": entries}
    return b"event: entries\ndata: " + json.dumps(told).encode() + b"\n\n"


@pytest.mark.parametrize(
    "stream",
    [
        render(7, 3),  # not after 7
        render(8, 3) + render(8, 4),
        render(8, 3) + render(9, 3),
        render(8, 4, 3),
        render(8),
        render(8, 3, whole=False) + render(9, 4),
        b"event: entries\ndata: {}\n\n",
        b"event: entries\ndata: \xff\n\n",
        b"id: x\n\n",
        b"event: end\ndata: {}\n\n",
    ],
)
def test_what_no_node_sends_ends_the_following(stream: bytes) -> None:
    following = Following("node", 7)
    following.make_ask()
    with pytest.raises(NotFound, match=r"node\.unreadable"):
        list(following.take(stream))


def test_a_block_cut_off_is_asked_for_again() -> None:
    following = Following("node", None, member="a b")
    assert following.make_ask().target == "/v1/events?member=a+b"
    assert list(following.take(render(8, 3) + render(9, 4, whole=False) + b"event: ent")) != []
    assert following.make_ask().target == "/v1/events?member=a+b&after=8"
    (block,) = following.take(render(9, 4, 5))
    assert [entry["position"] for entry in block["entries"]] == [4, 5]
    assert list(following.take(b": alive\nid: 12\n\n")) == []
    assert following.make_ask().target.endswith("after=12")


def test_patience_has_an_end_and_asking_wrongly_has_none() -> None:
    following = Following("node", 7)
    broken = NotFound("node.broke_off", "node")
    pauses = [following.compute_pause_s(broken) for _ in range(6)]
    assert pauses == sorted(pauses)
    with pytest.raises(NotFound):
        following.compute_pause_s(broken)
    with pytest.raises(UsageError):
        following.compute_pause_s(UsageError("input.does_not_fit", "after"))


def test_endless_bytes_without_an_event_are_no_node() -> None:
    following = Following("node", 7)
    following.make_ask()
    assert all(list(following.take(bytes(2**20))) == [] for _ in range(16))
    with pytest.raises(NotFound, match=r"node\.unreadable"):
        list(following.take(b"\0"))


def test_a_refusal_is_the_followers(world: World) -> None:
    with serving(world) as url, Client(url, get_key("stranger")) as client:
        with pytest.raises(ConcordatError, match=r"auth\.unknown_key"):
            next(client.events(after=0))
        with pytest.raises(UsageError, match=r"key\.needed"), Client(url) as nobody:
            next(nobody.events())
