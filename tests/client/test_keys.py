"""A sealed key file says how its password is stretched, and may not ask for more than a password needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from concordat.client.keys import (
    derive_key,
    is_open_to_others,
    make_key,
    read_key,
    read_public_key,
    render_decoy,
    render_key,
    save_key,
)
from concordat.errors import Corrupt, Refused
from concordat.primitives.sealed import seal, unseal

KEY = derive_key("tests", "sealed")
SEALED = render_key(KEY, "the password")


def alter(old: str, new: str, data: bytes = SEALED) -> bytes:
    body = unseal("key", data).decode()
    assert old in body
    return seal(body.replace(old, new).encode())


def test_a_sealed_file_names_function_and_parameters() -> None:
    line = unseal("key", SEALED).decode().splitlines()[3].split(" ")
    assert line[:4] == ["sealed", "argon2id", "2", str(64 * 1024 * 1024)]
    assert read_key(SEALED, "key", "the password") == KEY


def test_a_password_opens_however_a_keyboard_composes_it() -> None:
    composed, decomposed = "caf\u00e9 \uac00", "cafe\u0301 \u1100\u1161"
    assert read_key(render_key(KEY, composed), "key", decomposed) == KEY
    assert read_key(render_key(KEY, decomposed), "key", composed) == KEY
    with pytest.raises(Refused, match=r"key\.wrong_password"):
        read_key(render_key(KEY, composed), "key", "cafe \uac00")


def test_the_parameters_in_the_file_are_the_ones_that_count() -> None:
    with pytest.raises(Refused, match=r"key\.wrong_password"):
        read_key(alter("argon2id 2 67108864", "argon2id 1 8388608"), "key", "the password")


@pytest.mark.parametrize(
    "asked", ["2 107374182400", "2 536870913", "17 67108864", "4294967296 8192", "0 67108864", "2 8191", "2 -1"]
)
def test_a_hostile_file_gets_neither_memory_nor_work(asked: str) -> None:
    hostile = alter("2 67108864", asked)
    for read in (lambda: read_key(hostile, "key", "the password"), lambda: read_public_key(hostile, "key")):
        with pytest.raises(Refused, match=r"key\.asks_too_much"):
            read()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("argon2id", "scrypt"),
        ("argon2id 2 67108864 ", ""),
        ("argon2id 2 ", "argon2id "),
        ("2 67108864", "two 67108864"),
        ("2 67108864", "2 3 67108864"),
        ("sealed", "seed"),
        ("origin derived", "origin stolen"),
        (KEY.public_key.hex(), "00"),
    ],
)
def test_another_form_is_unreadable(old: str, new: str) -> None:
    with pytest.raises(Corrupt, match=r"key\.unreadable"):
        read_key(alter(old, new), "key", "the password")


def test_a_decoy_reads_like_a_sealed_key_and_opens_for_nobody() -> None:
    assert len(render_decoy()) == len(render_key(make_key(), "any"))
    with pytest.raises(Refused, match=r"key\.wrong_password"):
        read_key(render_decoy(), "key", "")


@pytest.mark.parametrize(("mode", "expected"), [(0o600, False), (0o400, False), (0o644, True), (0o620, True)])
def test_a_file_that_others_may_read_or_change_is_open(tmp_path: Path, mode: int, expected: bool) -> None:
    path = tmp_path / "mine.key"
    save_key(path, KEY)
    assert not is_open_to_others(path)
    path.chmod(mode)
    assert is_open_to_others(path) == expected
