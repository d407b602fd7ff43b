"""What concerns a member reaches the address that the operator named: signed, in order, at least once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from hmac import compare_digest
from hmac import new as make_mac
from pathlib import Path
from threading import Event

import pytest

from api.world import World, make_registration
from concordat.errors import UsageError
from concordat.ledger.files import DiskFiles
from concordat.node.delivery import SENT_FILE, Sent, follow
from concordat.node.notices import sending_notices
from concordat.node.webhooks import POSITION, WEBHOOKS_FILE, Webhook, name_receiver, read_webhooks, send_following
from concordat.testing.model_disk import ModelDisk
from concordat.testing.stand_in import Reply, Request, stand_in

SECRET = bytes(range(32))
HOOK = Webhook("azure-bay", "https://receiver.example/in", SECRET)
WAIT_S = 30


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "node") as found:
        yield found


class Receiver:
    """Answers as it is told, then takes everything."""

    def __init__(self, *troubles: str) -> None:
        self.troubles = list(troubles)
        self.told: list[dict[str, object]] = []

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> str:
        assert url == HOOK.url
        self.told.append(json.loads(body))
        return self.troubles.pop(0) if self.troubles else ""

    @property
    def heights(self) -> list[object]:
        return [told["height"] for told in self.told]


def send_all(world: World, sent: Sent, receiver: Receiver) -> list[float]:
    """Send until nothing is left; return how long it waited after each failure."""
    waits: list[float] = []

    def wait(seconds: float | None) -> bool:
        if seconds:
            waits.append(seconds)
        return seconds is None

    follow(lambda: send_following(world.node, HOOK, sent, receiver, lambda: 5_000_000), wait, HOOK.member)
    return waits


def test_blocks_come_in_order_from_when_the_address_was_named(world: World) -> None:
    world.act("azure-bay", make_registration(1))
    sent, receiver = Sent(ModelDisk()), Receiver()
    assert send_all(world, sent, receiver) == []
    assert receiver.told == []
    world.act("azure-bay", make_registration(2))
    world.act("birch-vale", make_registration(1))
    world.act("azure-bay", make_registration(3))
    send_all(world, sent, receiver)
    assert receiver.heights == [2, 4], "what concerns nobody but another member stays here"


def test_what_was_not_acknowledged_is_sent_again_after_longer_and_longer_waits(world: World) -> None:
    sent, receiver = Sent(ModelDisk()), Receiver(*["500"] * 10)
    send_all(world, sent, receiver)
    for version in (1, 2):
        world.act("azure-bay", make_registration(version))
    assert send_all(world, sent, receiver) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert receiver.heights == [1] * 11 + [2]
    assert len({str(told["id"]) for told in receiver.told}) == 2, "a repetition is known by its id"


def test_after_a_kill_it_goes_on_behind_what_was_acknowledged(world: World) -> None:
    disk = ModelDisk()
    send_all(world, Sent(disk), Receiver())
    for version in (1, 2):
        world.act("azure-bay", make_registration(version))
    receiver = Receiver()
    sent = Sent(disk)
    assert send_following(world.node, HOOK, sent, receiver, lambda: 0) == ""
    disk.kill()
    send_all(world, Sent(disk), receiver)
    assert receiver.heights == [1, 2]


def test_an_address_is_https_or_of_this_machine_and_a_secret_is_long() -> None:
    disk = ModelDisk()
    for url, secret in (
        ("http://receiver.example/", SECRET.hex()),
        ("file:///etc/passwd", SECRET.hex()),
        ("https:///in", SECRET.hex()),
        ("https://receiver.example/", "00" * 31),
    ):
        disk.replace(WEBHOOKS_FILE, json.dumps([{"member": "azure-bay", "url": url, "secret": secret}]).encode())
        with pytest.raises(UsageError):
            read_webhooks(disk)


def test_a_node_sends_signed_and_follows_no_redirect(world: World) -> None:
    seen: list[Request] = []
    has_come = Event()

    def respond(request: Request) -> Reply:
        seen.append(request)
        has_come.set()
        return iter([b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"])

    with stand_in(respond) as (url, _):
        named = [{"member": "azure-bay", "url": f"{url}/in", "secret": SECRET.hex()}]
        (world.folder / WEBHOOKS_FILE).write_text(json.dumps(named))
        with closing(DiskFiles(world.folder)) as files:
            Sent(files).keep(name_receiver(read_webhooks(files)[0]), {POSITION: 0})
        with sending_notices(world.node):
            world.act("azure-bay", make_registration())
            assert has_come.wait(WAIT_S)
    assert {request.path for request in seen} == {"/in"}
    headers, body = seen[0].headers, seen[0].body
    signed = headers["Concordat-Timestamp"].encode() + b"." + body
    assert compare_digest(headers["Concordat-Signature"], make_mac(SECRET, signed, sha256).hexdigest())
    assert json.loads(body)["entries"][0]["sentence"]
    with closing(DiskFiles(world.folder)) as files:
        marks = Sent(files).find(name_receiver(read_webhooks(files)[0]))
    assert marks == {POSITION: 0}, "a redirect acknowledges nothing"
    assert (world.folder / SENT_FILE).exists()
