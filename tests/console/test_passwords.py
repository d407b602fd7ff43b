"""Signing in with a password: nobody learns who is here, nobody guesses fast, nobody locks out the others."""

from __future__ import annotations

import asyncio
import json

import pytest

from concordat.client.keys import make_key, render_key, save_key
from concordat.console.passwords import STRANGERS_MAX, TRIES_FREE, TRIES_PER_MINUTE, Passwords, Tries
from concordat.errors import Refused
from concordat.node.keystore import OFFICERS_FOLDER

from .scene import PASSWORD, Scene, get_key
from .visitor import Document, Visitor

SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US


def try_in(visitor: Visitor, officer: str, password: str) -> Document:
    form = visitor.open("/login").form_to("/login")
    return visitor.send(form, officer=officer, password=password)


def test_the_page_names_no_officer(scene: Scene) -> None:
    with Visitor(scene.node) as visitor:
        page = visitor.open("/login")
        assert "l-officer" not in page.html
        assert scene.local.public_key.hex()[:8] not in page.html


def test_an_officer_is_called_by_name_or_by_key(scene: Scene) -> None:
    for typed in ("l-officer", " l-officer ", scene.local.public_key.hex(), scene.local.public_key.hex().upper()):
        with Visitor(scene.node) as visitor:
            assert "Officer of Azure Bay" in try_in(visitor, typed, PASSWORD).text


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(scene: Scene) -> None:
    pages = []
    for typed in ("l-officer", scene.local.public_key.hex(), "nobody", "00" * 32, "", "../l-officer"):
        with Visitor(scene.node) as visitor:
            page = try_in(visitor, typed, "wrong")
            assert visitor.status == 403
            pages.append(page.text)
    assert "No key of this node opens with this name and this password." in pages[0]
    assert set(pages) == {pages[0]}


def test_an_unsealed_key_in_the_store_opens_nothing(scene: Scene) -> None:
    (scene.node.folder / OFFICERS_FOLDER / "open.key").write_bytes(render_key(get_key("azure-bay")))
    with Visitor(scene.node) as visitor:
        try_in(visitor, "open", "")
        assert visitor.status == 403
        visitor.open("/members")
        assert visitor.status == 401


def test_what_was_typed_as_a_name_is_not_in_the_audit_log(scene: Scene) -> None:
    with Visitor(scene.node) as visitor:
        try_in(visitor, PASSWORD, "")
        try_in(visitor, "l-officer", "wrong")
    lines = [json.loads(line) for line in (scene.node.folder / "audit.log").read_text(encoding="utf-8").splitlines()]
    assert [line["subject"] for line in lines[-2:]] == ["unknown", scene.local.public_key.hex()[:16]]
    assert {line["outcome"] for line in lines[-2:]} == {"auth.wrong_password"}


@pytest.mark.parametrize("typed", ["l-officer", "nobody"])
def test_tries_are_counted_for_each_name_and_it_is_said_when_the_next_is_open(scene: Scene, typed: str) -> None:
    save_key(scene.node.folder / OFFICERS_FOLDER / "other.key", make_key(), PASSWORD)
    with Visitor(scene.node) as visitor:
        statuses = []
        for _ in range(TRIES_FREE):
            try_in(visitor, typed, "wrong")
            statuses.append(visitor.status)
        assert statuses == [403] * TRIES_FREE
        page = try_in(visitor, typed, PASSWORD)
        wait_s = visitor.headers["retry-after"]
        assert visitor.status == 429
        assert f"The next try is open in {wait_s} s." in page.text
        assert "concordat login" in page.text
        try_in(visitor, "other", PASSWORD)
        assert visitor.status == 401  # the password was looked at, and the key speaks for no member


def test_who_is_signed_in_is_not_kept_from_signing_by_tries_at_the_door(scene: Scene) -> None:
    dossier = scene.apply("amber-coast", "azure-bay")
    assert dossier
    with Visitor(scene.node) as visitor, Visitor(scene.node) as stranger:
        visitor.sign_in()
        stranger.client.app = visitor.client.app
        for _ in range(TRIES_FREE + 1):
            try_in(stranger, "l-officer", "wrong")
        assert stranger.status == 429
        page = visitor.send(visitor.open("/members/amber-coast").form(action="sponsor", verdict="yes"))
        form = page.form_to(visitor.path)
        assert "Signed and recorded" in visitor.send(form, password=PASSWORD).text


def test_fresh_names_do_not_buy_an_address_more_tries(scene: Scene) -> None:
    with Visitor(scene.node) as visitor:
        statuses = []
        for number in range(TRIES_PER_MINUTE + 1):
            page = try_in(visitor, f"nobody-{number}", "wrong")
            statuses.append(visitor.status)
        assert statuses == [403] * TRIES_PER_MINUTE + [429]
        assert 1 <= int(visitor.headers["retry-after"]) <= 60
        assert "Too many attempts from this address." in page.text


def test_who_is_signed_in_has_an_allowance_of_her_own() -> None:
    async def ask() -> None:
        passwords = Passwords()
        for _ in range(TRIES_PER_MINUTE):
            with pytest.raises(Refused, match=r"auth\.wrong_password|auth\.too_many_tries"):
                await passwords.unlock(None, "a", "", "10.0.0.1", 0)
        with pytest.raises(Refused, match=r"request\.too_many"):
            await passwords.unlock(None, "b", "", "10.0.0.1", 0)
        for _ in range(TRIES_PER_MINUTE):
            with pytest.raises(Refused, match=r"auth\.wrong_password|auth\.too_many_tries"):
                await passwords.unlock(None, "a", "", "10.0.0.1", 0, is_signed_in=True)
        with pytest.raises(Refused, match=r"auth\.share_used"):
            await passwords.unlock(None, "a", "", "10.0.0.2", 0, is_signed_in=True)

    asyncio.run(ask())


def test_strangers_do_not_queue_without_end() -> None:
    async def ask() -> list[str]:
        passwords = Passwords()

        async def try_one(number: int) -> str:
            with pytest.raises(Refused) as caught:
                await passwords.unlock(None, f"nobody-{number}", "", f"10.0.0.{number}", 0)
            return caught.value.code

        many = await asyncio.gather(*(try_one(number) for number in range(STRANGERS_MAX + 2)))
        return [*many, await try_one(99)]

    codes = asyncio.run(ask())
    assert codes == ["auth.wrong_password"] * STRANGERS_MAX + ["node.busy"] * 2 + ["auth.wrong_password"]


def test_a_try_during_the_wait_is_neither_made_nor_counted() -> None:
    tries = Tries()
    for _ in range(TRIES_FREE):
        tries.count(b"a", 0)
    for time_us in (0, SECOND_US, 2 * SECOND_US - 1):
        with pytest.raises(Refused, match=r"auth\.too_many_tries"):
            tries.count(b"a", time_us)
    tries.count(b"b", 0)
    tries.count(b"a", 2 * SECOND_US)
    with pytest.raises(Refused) as caught:
        tries.count(b"a", 2 * SECOND_US)
    assert caught.value.retry_after_s == 4


def test_success_begins_anew() -> None:
    tries = Tries()
    for _ in range(3):
        for _ in range(TRIES_FREE):
            tries.count(b"a", 0)
        tries.forget(b"a")


@pytest.mark.parametrize(("quiet_us", "is_anew"), [(HOUR_US, False), (HOUR_US + 1, True)])
def test_an_hour_without_a_try_begins_anew(quiet_us: int, is_anew: bool) -> None:
    tries = Tries()
    for _ in range(TRIES_FREE):
        tries.count(b"a", 0)
    opened_us = 2 * SECOND_US
    tries.count(b"a", opened_us + quiet_us)
    if is_anew:
        tries.count(b"a", opened_us + quiet_us)
    else:
        with pytest.raises(Refused, match=r"auth\.too_many_tries"):
            tries.count(b"a", opened_us + quiet_us)
