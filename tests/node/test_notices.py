"""What waits for an officer reaches her by mail: once, once more before its time is over, and to nobody else."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.world import World, get_key, make_application
from concordat.errors import UsageError
from concordat.node.addresses import Addresses, Settings, When
from concordat.node.delivery import Sent, follow
from concordat.node.mail import MAIL_FILE, deliver, make_message, read_mail_server
from concordat.node.notices import GAP_US, ITEMS_MAX, choose, send_round, sending_notices
from concordat.primitives.ledger_time import DAY_US, format_time
from concordat.primitives.plain import Json
from concordat.protocol.families.clock import Advance
from concordat.protocol.families.membership import AddOfficer, RemoveOfficer, Sponsor, compute_possession_message
from concordat.testing.model_disk import ModelDisk
from concordat.views.waits import Action

from .mailbox import OK, PASSWORD, Mailbox, make_certificate, make_plain_server, make_server, serving_mail

HOUR_US = DAY_US // 24
NOON_US = 1_800_000_000_000_000 // DAY_US * DAY_US + DAY_US // 2


def make_settings(address: str = "lin@office.example", when: When = "at_once", **changed: Any) -> Settings:
    return Settings(**({"address": address, "language": "en", "actions": None, "when": when} | changed))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "node", edition=2) as found:
        yield found


def ask_to_be_told(world: World, label: str, settings: Settings) -> None:
    world.node.addresses.keep(get_key(label).public_key, settings)


def advance(world: World, us: int) -> None:
    world.act("azure-bay", Advance(world.node.engine.fetch_time() + us))


def send_all(world: World, sent: Sent, box: Mailbox, **server: Any) -> list[float]:
    """Send until nothing is left; return how long it waited after each failure."""
    waits: list[float] = []

    def wait(seconds: float | None) -> bool:
        if seconds:
            waits.append(seconds)
        return seconds is None

    named = make_server(box, **server)
    follow(lambda: send_round(world.node, sent, named, partial(deliver, named), lambda: NOON_US), wait, "mail")
    return waits


# ── when ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def make_item(by: int | None, action: Action = "sign") -> Json:
    return {"action": action, "by": None if by is None else format_time(by)}


@given(st.lists(st.one_of(st.none(), st.integers(1, 40)), max_size=8), st.sampled_from(get_args(When)))
def test_each_thing_is_told_once_and_once_more_before_its_time_is_over(hours: list[int | None], when: When) -> None:
    """By rounds a minute apart, as a node makes them, whatever the deadlines are (in hours)."""
    deadlines = {str(place): None if hour is None else NOON_US + hour * HOUR_US for place, hour in enumerate(hours)}
    told: dict[str, list[int]] = {mark: [] for mark in deadlines}
    marks: dict[str, int] = {}
    now_us = NOON_US
    while now_us < NOON_US + 41 * HOUR_US:
        waiting = {mark: make_item(by) for mark, by in deadlines.items() if by is None or by > now_us}
        found, kept = choose(waiting, marks, make_settings(when=when), now_us)
        for one in found:
            told[one.mark].append(now_us)
            assert one.is_again == (len(told[one.mark]) > 1)
        if found:
            marks = kept
        now_us += 10 * HOUR_US // 60
    for mark, by in deadlines.items():
        first, *more = told[mark]
        assert first == NOON_US
        assert len(more) == (by is not None)
        assert all(first < again < (by or 0) for again in more)


def test_it_is_told_again_when_a_day_is_left_or_half_of_the_time_if_that_is_less() -> None:
    for days, left in ((10, DAY_US), (1, DAY_US // 2)):
        (told,), _ = choose({"a": make_item(NOON_US + days * DAY_US)}, {}, make_settings(), NOON_US)
        assert told.again_at == NOON_US + days * DAY_US - left


def test_a_daily_message_comes_once_a_day_and_what_would_be_over_before_the_next_at_once() -> None:
    settings, later = make_settings(when="daily"), NOON_US + 20 * DAY_US
    _, marks = choose({"a": make_item(later)}, {}, settings, NOON_US)
    waiting = {"a": make_item(later), "b": make_item(later), "c": make_item(NOON_US + 9 * HOUR_US)}
    found, marks = choose(waiting, marks, settings, NOON_US + HOUR_US)
    assert [one.mark for one in found] == ["c"]
    del waiting["c"]
    found, _ = choose(waiting, marks, settings, NOON_US + 12 * HOUR_US)
    assert [one.mark for one in found] == ["b"]


def test_messages_are_bounded_in_number_and_size_and_told_is_only_what_was_asked_for() -> None:
    waiting = {f"{place:03}": make_item(None) for place in range(ITEMS_MAX + 1)} | {"v": make_item(None, "vote")}
    settings = make_settings(actions=("sign",))
    found, marks = choose(waiting, {}, settings, NOON_US)
    assert len(found) == ITEMS_MAX
    assert choose(waiting, marks, settings, NOON_US + GAP_US - 1)[0] == []
    found, marks = choose(waiting, marks, settings, NOON_US + GAP_US)
    assert [one.mark for one in found] == [f"{ITEMS_MAX:03}"]
    assert choose(waiting, marks, settings, NOON_US + DAY_US)[0] == []


# ── through a real server ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_message_says_what_by_when_what_otherwise_and_where_in_the_officers_language(world: World) -> None:
    ask_to_be_told(world, "azure-bay", make_settings(language="zh"))
    ask_to_be_told(world, "cedar-ford", make_settings("nobody-waits@office.example"))
    world.act("echo-hill", make_application("echo-hill"))
    sent = Sent(ModelDisk())
    with serving_mail(Mailbox()) as box:
        assert send_all(world, sent, box) == []
        ((address, message),) = box.received
        assert address == "lin@office.example"
        assert message["Subject"] == "【测试联盟】决定是否推荐 Echo Hill（echo-hill）"
        assert (message["From"], message["To"]) == ("concordat@node.example", "lin@office.example")
        assert message["Auto-Submitted"] == "auto-generated"
        (text,) = box.texts
        for words in ("期限：2027年", "否则：申请失效。", "https://node.example/members/echo-hill", "/settings"):
            assert words in text
        advance(world, DAY_US)
        send_all(world, sent, box)
        assert len(box.received) == 1, "once"
        due = world.node.application.state.members[("echo-hill",)].lapses_at
        assert due is not None
        advance(world, due - world.node.engine.fetch_time() - DAY_US)
        send_all(world, sent, box)
        assert box.subjects[1].startswith("【测试联盟】再次提醒：")
        assert box.received[0][1]["Message-ID"] != box.received[1][1]["Message-ID"]
        advance(world, DAY_US)
        send_all(world, sent, box)
        assert len(box.received) == 2


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # the server knows of STARTTLS only
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_tls_with_a_login_is_spoken_and_a_stranger_is_told_nothing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, security: str
) -> None:
    ask_to_be_told(world, "azure-bay", make_settings())
    world.act("echo-hill", make_application("echo-hill"))
    certificate = make_certificate(tmp_path)
    sent, named = Sent(ModelDisk()), {"security": security, "user": "node", "password": PASSWORD}
    with serving_mail(Mailbox(), certificate, is_implicit=security == "tls", needs_login=True) as box:
        server = make_server(box, **named)

        def send_once(**changed: Any) -> str | None:
            other = make_server(box, **(named | changed))
            return send_round(world.node, sent, other, partial(deliver, other), lambda: NOON_US)

        with caplog.at_level(logging.DEBUG):
            assert send_once() == "localhost: SSLCertVerificationError"
            assert box.users == [], "to whom this machine's authorities do not know, no password is shown"
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
            assert send_once(password="a wrong one") == "localhost: 535"
            assert box.received == []
            assert send_once() == ""
        assert len(box.received) == 1
    assert PASSWORD not in caplog.text + repr(server) + str(server)


def test_a_server_that_speaks_no_tls_gets_nothing_where_tls_is_asked_for(world: World) -> None:
    ask_to_be_told(world, "azure-bay", make_settings())
    world.act("echo-hill", make_application("echo-hill"))
    with serving_mail(Mailbox()) as box:
        server = make_server(box, security="starttls")
        trouble = send_round(world.node, Sent(ModelDisk()), server, partial(deliver, server), lambda: NOON_US)
        assert trouble == "localhost: SMTPNotSupportedError"
        assert box.received == []


def test_who_is_refused_for_good_is_told_nothing_more_and_who_is_not_taken_now_keeps_nobody_waiting(
    world: World,
) -> None:
    for label, address in (("azure-bay", "gone@office.example"), ("birch-vale", "grey@office.example")):
        ask_to_be_told(world, label, make_settings(address))
    second = add_officer(world, "azure-bay", "second")
    world.node.addresses.keep(second, make_settings("here@office.example"))
    world.act("echo-hill", make_application("echo-hill"))
    world.act("fern-hollow", make_application("fern-hollow", "birch-vale"))
    replies = {"gone@office.example": "550 nobody\x1b[2J here", "grey@office.example": "451 later"}
    sent = Sent(ModelDisk())
    with serving_mail(Mailbox(answer=lambda address: replies.get(address, OK))) as box:
        server = make_server(box)
        send = partial(send_round, world.node, sent, server, partial(deliver, server), lambda: NOON_US)
        assert send() == f"localhost: not taken now for {get_key('birch-vale').public_key.hex()[:16]}"
        assert [address for address, _ in box.received] == ["here@office.example"]
        wish = world.node.addresses.find(get_key("azure-bay").public_key)
        assert wish is not None
        assert wish.refusal.startswith("550 nobody")
        assert "\x1b" not in wish.refusal
        replies.clear()
        assert send() == ""
        assert [address for address, _ in box.received] == ["here@office.example", "grey@office.example"]
        ask_to_be_told(world, "azure-bay", make_settings("new@office.example"))
        assert send() == ""
        assert [address for address, _ in box.received][2:] == ["new@office.example"]


def add_officer(world: World, member: str, label: str) -> bytes:
    key = get_key(label)
    possession = key.sign(compute_possession_message(world.founded.chain_id, member))
    world.act(member, AddOfficer(key.public_key, ("admin",), bytes(32), possession))
    return key.public_key


def test_a_server_that_is_down_is_tried_again_and_nothing_is_lost(world: World) -> None:
    ask_to_be_told(world, "azure-bay", make_settings())
    world.act("echo-hill", make_application("echo-hill"))
    sent = Sent(ModelDisk())
    with serving_mail(Mailbox()) as box:
        pass
    waits: list[float] = []
    server = make_server(box)

    def wait(seconds: float | None) -> bool:
        if seconds:
            waits.append(seconds)
        return seconds is None or len(waits) == 3

    send = partial(send_round, world.node, sent, server, partial(deliver, server), lambda: NOON_US)
    follow(send, wait, "mail")
    assert waits == [1, 2, 4]
    with serving_mail(box):
        follow(send, wait, "mail")
    assert box.subjects == ["[Test consortium] Stand for Echo Hill (echo-hill), or decline"]


def test_after_a_restart_nothing_is_lost_and_nothing_comes_twice(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    with World(folder) as world, serving_mail(Mailbox()) as box:
        ask_to_be_told(world, "azure-bay", make_settings())
        world.act("echo-hill", make_application("echo-hill"))
        disk = ModelDisk()
        send_all(world, Sent(disk), box)
        disk.kill()
        advance(world, GAP_US)
        world.act("fern-hollow", make_application("fern-hollow"))
        world.node.addresses = Addresses(folder)
        send_all(world, Sent(disk), box)
        send_all(world, Sent(disk), box)
        assert [subject.partition("] ")[2] for subject in box.subjects] == [
            "Stand for Echo Hill (echo-hill), or decline",
            "Stand for Fern Hollow (fern-hollow), or decline",
        ]


def test_what_comes_twice_since_the_node_was_killed_before_it_kept_that_has_the_same_id(world: World) -> None:
    ask_to_be_told(world, "azure-bay", make_settings())
    world.act("echo-hill", make_application("echo-hill"))
    with serving_mail(Mailbox()) as box:
        for _ in range(2):
            send_all(world, Sent(ModelDisk()), box)
    assert len({message["Message-ID"] for _, message in box.received}) == 1
    assert len(box.received) == 2


def test_a_farewell_that_goes_wrong_changes_nothing(world: World) -> None:
    ask_to_be_told(world, "azure-bay", make_settings())
    world.act("echo-hill", make_application("echo-hill"))

    class Rude(Mailbox):
        async def handle_QUIT(self, *_: object) -> str:  # noqa: N802  # the name that the server looks for
            return "421 out"

    sent = Sent(ModelDisk())
    with serving_mail(Rude()) as box:
        assert send_all(world, sent, box) == []
        assert len(box.received) == 1


def test_a_node_sends_by_itself_after_a_block(world: World) -> None:
    ask_to_be_told(world, "azure-bay", make_settings())
    with serving_mail(Mailbox()) as box:
        (world.folder / MAIL_FILE).write_text(json.dumps(make_plain_server(box)))
        with sending_notices(world.node):
            world.act("echo-hill", make_application("echo-hill"))
            box.wait_for("lin@office.example", 1)
    assert len(box.received) == 1


def test_what_is_done_and_who_has_gone_is_told_nothing(world: World) -> None:
    second = add_officer(world, "azure-bay", "second")
    world.node.addresses.keep(second, make_settings())
    ask_to_be_told(world, "birch-vale", make_settings())
    world.act("echo-hill", make_application("echo-hill"))
    world.act("fern-hollow", make_application("fern-hollow", "birch-vale"))
    world.act("birch-vale", Sponsor("fern-hollow", verdict=False))
    world.act("azure-bay", RemoveOfficer(second))
    with serving_mail(Mailbox()) as box:
        send_all(world, Sent(ModelDisk()), box)
        assert box.received == []
    assert world.node.addresses.find(second) is None
    assert not list((world.folder / "notices").glob(f"{second.hex()}*")), "the address is forgotten"


# ── who sets it ─────────────────────────────────────────────────────────────────────────────────────────────────────


def set_notices(world: World, label: str | None, settings: Json) -> Any:
    return world.post("/v1/notices", json.dumps({"settings": settings}).encode(), label)


SETTINGS = {"address": "lin@office.example", "language": "zh", "actions": ["sign", "vote"], "when": "daily"}


def test_an_officer_sets_it_with_her_own_signature_and_nobody_else_sees_it(world: World) -> None:
    nothing = {"settings": None, "refusal": None, "sends": False}
    assert world.get("/v1/notices", "azure-bay").json() == nothing
    assert set_notices(world, "azure-bay", SETTINGS).json() == nothing | {"settings": SETTINGS}
    second = add_officer(world, "azure-bay", "second")
    assert world.get("/v1/notices", "second").json() == nothing
    assert set_notices(world, None, SETTINGS).json()["code"] == "auth.required"
    assert world.get("/v1/notices").status_code == 401
    kept = b"".join(path.read_bytes() for path in world.folder.rglob("*") if path.is_file())
    assert kept.count(b"lin@office.example") == 1, "in one file, and in no log"
    assert set_notices(world, "azure-bay", None).json() == nothing
    kept = b"".join(path.read_bytes() for path in world.folder.rglob("*") if path.is_file())
    assert b"lin@office.example" not in kept
    assert second != get_key("azure-bay").public_key


@pytest.mark.parametrize(
    "address",
    ["lin@b.example\r\nBcc: all@b.example", "lin@b.example\n", "a b@c.example", "<a@b.example>", "a@", "林@b.example"],
)
def test_what_is_no_plain_address_is_refused_by_its_own_code(world: World, address: str) -> None:
    answer = set_notices(world, "azure-bay", SETTINGS | {"address": address})
    assert (answer.status_code, answer.json()["code"]) == (400, "input.not_an_address")


@given(st.text())
def test_whatever_a_subject_and_a_text_hold_there_is_one_subject_and_one_recipient(text: str) -> None:
    message = make_message(make_server(Mailbox(port=25)), "lin@office.example", text, text, "1", NOON_US)
    head = message.as_bytes().partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert names.count(b"Subject") == names.count(b"To") == 1
    assert set(names) <= {
        b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted", b"Content-Type",
        b"Content-Transfer-Encoding", b"MIME-Version",
    }  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [
        {"security": "none", "host": "mail.example"},
        {"user": "node"},
        {"console": "javascript:alert(1)"},
        {"port": 0},
        {"sender": "a@b\nBcc: c@d"},
    ],
)
def test_a_mail_server_is_named_wholly_and_safely(changed: Json) -> None:
    disk = ModelDisk()
    named = make_plain_server(Mailbox(port=25))
    disk.replace(MAIL_FILE, json.dumps(named).encode())
    assert read_mail_server(disk) is not None
    disk.replace(MAIL_FILE, json.dumps(named | changed).encode())
    with pytest.raises(UsageError, match=MAIL_FILE):
        read_mail_server(disk)


def test_a_damaged_file_stops_nobody_and_doctor_names_it(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    with World(folder) as world:
        ask_to_be_told(world, "azure-bay", make_settings())
    (path,) = (folder / "notices").iterdir()
    path.write_bytes(path.read_bytes().replace(b"office", b"0ffice"))
    found = Addresses(folder)
    assert found.list_all() == []
    from concordat.node.checkup import examine_folder

    assert [check.file for check in examine_folder(folder) if check.id == "notices.seal"] == [f"notices/{path.name}"]
