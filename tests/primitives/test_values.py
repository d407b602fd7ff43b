"""Identifiers and times: what is one, what only looks like one."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.errors import Rejected, UsageError
from concordat.primitives.characters import INVISIBLE
from concordat.primitives.codec import Struct, decode, encode
from concordat.primitives.identifiers import INTEGER_MAX, Code, DatasetName, Label, MemberId, ShortText, TimeUs
from concordat.primitives.ledger_time import WEEK_US, compute_week, format_time, parse_time


class Names(Struct):
    member: MemberId
    dataset: DatasetName
    code: Code
    text: ShortText
    time: TimeUs


GOOD = Names("azure-bay", "hourly-readings", "91110000MA01A2B3C4", "Readings of the bay 读数", 0)


def is_accepted(**change: object) -> bool:
    values = {name: getattr(GOOD, name) for name in GOOD.__struct_fields__} | change
    try:
        decode(Names, encode(tuple(values.values())))
    except Rejected:
        return False
    return True


def test_good_names_are_accepted() -> None:
    assert is_accepted()
    assert is_accepted(member="a1", dataset="x2-y3", code="scheme:1/2_3.4-5", text="", time=INTEGER_MAX)


@pytest.mark.parametrize(
    "name",
    ["", "a", "Azure", "azure_bay", "azure--bay", "-azure", "azure-", "1azure", "azure bay", "azure\n", "azure-bay\n",
     "azurе", "ａzure", "a" * 33],
)  # fmt: skip
def test_a_member_has_a_plain_name(name: str) -> None:
    assert not is_accepted(member=name)


@pytest.mark.parametrize("code", ["", "-1", "a b", "a\n", "码", "x" * 65, "a\0"])
def test_a_code_is_plain(code: str) -> None:
    assert not is_accepted(code=code)


@pytest.mark.parametrize(
    "mark", [*"\n\r\t\0\x1b\x7f\x85", "\u200b", "\u200e", "\u200f", "\u202a", "\u202e", "\u2028", "\u2066", "\ufeff"]
)
def test_a_text_hides_nothing(mark: str) -> None:
    for text in (mark, f"a{mark}b", f"a{mark}"):
        assert not is_accepted(text=text)


def test_a_text_is_short() -> None:
    assert is_accepted(text="字" * 200)
    assert not is_accepted(text="字" * 201)


@pytest.mark.parametrize("time", [-1, INTEGER_MAX + 1, 1.0, None])
def test_a_time_is_a_natural_number_that_json_can_carry(time: object) -> None:
    assert not is_accepted(time=time)


def test_a_label_has_a_text_in_one_language_at_least() -> None:
    assert Label("", "蔚湾").in_language("en") == "蔚湾"
    assert Label("Azure Bay", "").in_language("zh") == "Azure Bay"
    with pytest.raises(Rejected):
        decode(Label, encode(("", "")))


@given(st.integers(0, INTEGER_MAX))
def test_a_time_survives_its_text(time: int) -> None:
    assert parse_time(format_time(time)) == time


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2027-02-14T09:00:00Z", "2027-02-14T09:00:00Z"),
        ("2027-02-14T17:00:00+08:00", "2027-02-14T09:00:00Z"),
        ("2027-02-14T09:00:00.000001Z", "2027-02-14T09:00:00.000001Z"),
    ],
)
def test_a_time_is_written_in_one_way(text: str, same: str) -> None:
    assert format_time(parse_time(text)) == same


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "time.unreadable"), ("tomorrow", "time.unreadable"), ("2027-02-30T09:00:00Z", "time.unreadable"),
     ("2027-02-14T09:00:00.1234567Z", "time.unreadable"), ("2027-02-14T09:00:00.1234560Z", "time.unreadable"),
     ("2027-02-14T09:00:00", "time.no_zone"), ("2027-02-14", "time.no_zone")],
)  # fmt: skip
def test_a_time_names_its_zone(text: str, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_time(text)
    assert caught.value.code == code


def test_weeks_count_from_genesis() -> None:
    times = (0, WEEK_US - 1, WEEK_US, 52 * WEEK_US + 1)
    assert [compute_week(5 + time, 5) for time in times] == [0, 0, 1, 52]


# Not refused: these signs belong to letters or digits and are drawn.
VISIBLE_FORMATS = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}


def is_invisible(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in INVISIBLE)


@given(st.characters(exclude_categories=["Cs"]) | st.sampled_from([chr(edge) for row in INVISIBLE for edge in row]))
def test_a_text_holds_exactly_what_the_table_does_not_list(character: str) -> None:
    for text in (character, f"azure{character}bay", f"azure bay{character}"):
        assert is_accepted(text=text) is not is_invisible(character)


def test_the_table_has_every_control_format_and_space_that_unicode_knows() -> None:
    assert list(INVISIBLE) == sorted(INVISIBLE)
    for code_point in range(0x110000):
        character = chr(code_point)
        kind = unicodedata.category(character)
        is_hidden = kind in {"Cc", "Cf", "Zl", "Zp"} and code_point not in VISIBLE_FORMATS
        is_other_space = kind == "Zs" and character not in " \u3000"
        is_directional = unicodedata.bidirectional(character) in {
            *("LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "BN"),
        } and kind != "Cn"
        if is_hidden or is_other_space or (is_directional and code_point not in VISIBLE_FORMATS):
            assert is_invisible(character), hex(code_point)
        elif kind in {"Lu", "Ll", "Lt", "Nd", "Sc", "Sm", "Pd", "Ps", "Pe", "Co"}:
            assert not is_invisible(character), hex(code_point)


def test_the_table_in_the_specification_is_the_one_in_the_code() -> None:
    text = (Path(__file__).parents[2] / "spec" / "encoding.md").read_text(encoding="utf-8")
    section = text.partition("**ENC-8")[2].partition("\n## ")[0]
    ranges = re.findall(r"^\| ([0-9A-F]{4,5})(?:–([0-9A-F]{4,5}))? \|", section, re.MULTILINE)
    assert [(int(first, 16), int(last or first, 16)) for first, last in ranges] == list(INVISIBLE)
