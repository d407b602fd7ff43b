"""The pages under spec/ say what the code does: tables, names, words and numbers are compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec import inspect

from concordat.contracts.judge import REASONS
from concordat.contracts.text import render_clauses
from concordat.protocol import messages
from concordat.protocol.editions import OPERATION_EDITIONS
from concordat.protocol.families import ballots, behaviors, clock, contracts, datasets, membership, objections
from concordat.protocol.params import DEFAULT_PARAMS, Params
from concordat.protocol.receipts import Rejection
from concordat.protocol.state import State, Table
from concordat.protocol.transition import FIRE
from concordat.testing.consortium import Consortium

ROOT = Path(__file__).parents[2]
PAGES = {name: (ROOT / "spec" / f"{name}.md").read_text(encoding="utf-8") for name in (
    "ballots", "behaviors", "contracts", "credit", "datasets", "encoding", "genesis", "http", "ledger", "membership",
    "objections", "proof", "state",
)}  # fmt: skip
NUMBER = re.compile(r"\b(?:BAL|BEH|OBJ|ENC|LED|MEM|DAT|CON|CRD|GEN|HTTP|PRF|STA)-(?:INV-)?[0-9]+(?:\.[0-9]+)?")
REJECTION = re.compile(r"^\| `([a-z_.]+)` \| ([A-Z]+-[0-9.]+) \| (yes|no) \|$", re.MULTILINE)


def read_rejections(page: str) -> list[tuple[str, str, bool]]:
    return [(code, rule, later == "yes") for code, rule, later in REJECTION.findall(PAGES[page])]


@pytest.mark.parametrize(
    ("page", "table"),
    [
        ("ledger", (*messages.TRANSACTION_REJECTIONS, *clock.REJECTIONS)),
        ("behaviors", behaviors.REJECTIONS),
        ("ballots", ballots.REJECTIONS),
        ("contracts", contracts.REJECTIONS),
        ("datasets", datasets.REJECTIONS),
        ("membership", membership.REJECTIONS),
        ("objections", objections.REJECTIONS),
    ],
)
def test_a_page_lists_its_rejections_in_order(page: str, table: tuple[Rejection, ...]) -> None:
    assert read_rejections(page) == [(row.code, row.rule, row.may_succeed_later) for row in table]


def test_every_number_used_in_code_is_defined_in_one_page_once() -> None:
    bold = [words for text in PAGES.values() for words in re.findall(r"\*\*([A-Z]+-[^*]+)\*\*", text)]
    defined = [number for words in bold for number in NUMBER.findall(words)]
    used = {
        number.rstrip(".")
        for path in (ROOT / "src").rglob("*.py")
        for number in NUMBER.findall(path.read_text(encoding="utf-8"))
    }
    assert sorted(set(defined)) == sorted(defined)
    assert used - set(defined) == set()
    assert {number for text in PAGES.values() for number in NUMBER.findall(text)} - set(defined) == set()


@pytest.mark.parametrize("page", ["ballots", "behaviors", "contracts", "datasets", "membership", "objections"])
def test_a_page_names_every_operation_and_event_with_its_fields(page: str) -> None:
    for tag, kind in messages.OPERATIONS.items():
        if tag.startswith(page + "."):
            row = re.search(rf"^\| `{tag}` \| (.*) \| .* \|$", PAGES[page], re.MULTILINE)
            assert row, tag
            fields = [field.split(" ")[0] for field in re.sub(r"\([^)]*\)", "", row[1]).split(", ") if field]
            assert tuple(fields) == kind.__struct_fields__
    for tag, event in messages.EVENTS.items():
        if tag.startswith(page + "."):
            assert f"| `{tag}` | {', '.join(event.__struct_fields__)} |" in PAGES[page]


def test_the_operations_of_later_editions_are_those_of_the_page() -> None:
    rows = re.findall(r"^\| edition ([0-9]+) \| (.*) \|$", PAGES["ledger"], re.MULTILINE)
    told = {name: int(edition) for edition, names in rows for name in re.findall(r"`([a-z_.]+)`", names)}
    known = {name: OPERATION_EDITIONS.get(kind, 1) for name, kind in messages.OPERATIONS.items()}
    assert told == {name: edition for name, edition in known.items() if edition > 1}


def test_the_reasons_stand_in_order() -> None:
    assert tuple(re.findall(r"^\| `(judge\.[a-z_]+)`", PAGES["contracts"], re.MULTILINE)) == REASONS
    assert tuple(re.findall(r"^\| `(review\.[a-z_]+)`", PAGES["membership"], re.MULTILINE)) == membership.REVIEW_REASONS


def test_the_words_of_the_clauses_are_those_of_the_page() -> None:
    rows = re.findall(r"^\| ([a-z/0-9_]+) \| (.+) \| (.+) \|$", PAGES["contracts"], re.MULTILINE)
    words = {part: {"en": en, "zh": zh} for part, en, zh in rows}
    terms = Consortium().make_supply("azure-bay", "cedar-ford")
    duty = terms.obligations[0]
    for language, gap, colon in (("en", " ", ": "), ("zh", "", "：")):
        heading, parties, clause = render_clauses(terms, language)  # type: ignore[arg-type]  # one of the two literals
        assert heading.startswith(words["supply/1"][language] + colon)
        assert parties.endswith(words["parties"][language].partition("{sign_by}")[2])
        parts = ("duty", "matching_table", "acceptance", "lateness", duty.consequence)
        pattern = re.escape("1. " + gap.join(words[part][language] for part in parts))
        assert re.fullmatch(re.sub(r"\\\{[a-z]+\\\}", ".+", pattern), clause)


def test_the_tables_of_the_state_are_those_of_the_page() -> None:
    rows = re.findall(r"^\| ([0-9]+) \| ([a-z_]+) \| .* \| ([A-Za-z]+) \|$", PAGES["state"], re.MULTILINE)
    state = State()
    for number, name, kind in rows:
        table = getattr(state, name)
        assert (table.number, table.kind.__name__) == (int(number), kind)
    tables = [table.number for table in vars(state).values() if isinstance(table, Table)]
    assert [int(row[0]) for row in rows] == sorted(tables)


def test_the_structs_of_the_state_are_those_of_the_page() -> None:
    found: dict[str, str] = {}
    state = State()
    for name in re.findall(r"^\| [0-9]+ \| ([a-z_]+) \|", PAGES["state"], re.MULTILINE):
        add_struct(inspect.type_info(getattr(state, name).kind), found)
    rows = re.findall(r"^\| ([A-Z][A-Za-z]+) \| (.*) \|$", PAGES["state"], re.MULTILINE)
    assert [f"| {name} | {fields.strip()} |" for name, fields in rows] == [
        f"| {name} | {fields} |" for name, fields in sorted(found.items())
    ]


def add_struct(info: inspect.Type, found: dict[str, str]) -> str:
    """Return how the page calls a type; write down the fields of each struct that it leads to."""
    match info:
        case inspect.UnionType():
            return " or ".join(add_struct(each, found) for each in info.types)
        case inspect.VarTupleType():
            return f"array of {add_struct(info.item_type, found)}"
        case inspect.TupleType():
            return f"[{', '.join(add_struct(each, found) for each in info.item_types)}]"
        case inspect.BytesType(min_length=int(size)):
            return f"{size} bytes"
        case inspect.LiteralType():
            return "text" if isinstance(info.values[0], str) else "number"
        case inspect.Metadata(extra_json_schema={"format": "date-time"}):
            return "time"
        case inspect.Metadata():
            return add_struct(info.type, found)
        case inspect.StructType():
            name = info.cls.__name__
            if name not in found:
                found[name] = ""
                fields = [f"{each.encode_name}: {add_struct(each.type, found)}" for each in info.fields]
                found[name] = ", ".join(([f'"{info.tag}"'] if info.tag else []) + fields)
            return name
        case _:
            return WORDS[type(info)]


WORDS = {
    inspect.BoolType: "bool",
    inspect.IntType: "number",
    inspect.NoneType: "nil",
    inspect.StrType: "text",
}


def test_the_parameters_are_those_of_the_page() -> None:
    rows = re.findall(r"^\| ([a-z_]+) \| ([0-9 ]+) to ([0-9 ]+) \| ([0-9 ]+) \|", PAGES["genesis"], re.MULTILINE)
    assert tuple(name for name, *_ in rows) == Params.__struct_fields__
    info = inspect.type_info(Params)
    assert isinstance(info, inspect.StructType)
    for field, (name, *numbers) in zip(info.fields, rows, strict=True):
        assert isinstance(field.type, inspect.IntType)
        bounds = (field.type.ge, field.type.le, getattr(DEFAULT_PARAMS, name))
        assert bounds == tuple(int(number.replace(" ", "")) for number in numbers)


def test_the_kinds_of_due_items_are_those_of_the_page() -> None:
    rows = re.findall(r"^\| ([0-9]+) \| ", PAGES["ledger"], re.MULTILINE)
    assert [int(kind) for kind in rows] == sorted(FIRE)
