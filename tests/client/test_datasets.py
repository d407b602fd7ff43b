from __future__ import annotations

import csv
import hmac
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concordat.client.commitments import make_salt
from concordat.client.datasets import (
    LINE_CHARACTERS_MAX,
    compute_row_leaf,
    compute_schema,
    describe_csv,
    fetch_salt,
    save_salt,
)
from concordat.crypto.merkle import EMPTY_LOG_ROOT, hash_children, hash_leaf
from concordat.errors import NotFound, UsageError
from concordat.primitives.codec import encode

SALT = bytes(range(32))
TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=8)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_table_is_described_as_stated(tmp_path: Path) -> None:
    data = b'hour,value\n1,"a, b"\n2,c\n'
    found = describe_csv(write(tmp_path / "t.csv", data), SALT)
    leaves = [
        hash_leaf(hmac.digest(SALT, sha256(data).digest() + index.to_bytes(8, "big"), "sha256") + encode(row))
        for index, row in enumerate([("1", "a, b"), ("2", "c")])
    ]
    assert found.digest == sha256(data).digest()
    assert (found.byte_count, found.rows, found.columns) == (len(data), 2, ("hour", "value"))
    columns = ("hour", "value")
    assert found.schema == compute_schema(columns) == sha256(b"concordat/schema/v1\0" + encode(columns)).digest()
    assert found.row_root == hash_children(*leaves)


def test_a_byte_order_mark_changes_the_file_and_not_the_table(tmp_path: Path) -> None:
    plain = describe_csv(write(tmp_path / "1.csv", b"a,b\n1,2\n"), SALT)
    marked = describe_csv(write(tmp_path / "2.csv", b"\xef\xbb\xbfa,b\r\n1,2\r\n"), SALT)
    assert (marked.schema, marked.rows) == (plain.schema, plain.rows)
    assert marked.digest != plain.digest


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**32), st.lists(TEXT, min_size=1, max_size=3).map(tuple))
def test_two_versions_have_unrelated_leaves_under_one_salt(salt: bytes, index: int, row: tuple[str, ...]) -> None:
    digests = [sha256(bytes([version])).digest() for version in range(20)]
    salts = {compute_row_leaf(salt, digest, index, row).removesuffix(encode(row)) for digest in digests}
    assert len(salts) == len(digests)
    assert all(len(row_salt) == 32 for row_salt in salts)


def test_a_row_proved_of_one_version_guesses_no_row_of_the_next(tmp_path: Path) -> None:
    first, second = b"a\n1\n", b"a\n1\n2\n"
    shown = compute_row_leaf(SALT, sha256(first).digest(), 0, ("1",))
    assert describe_csv(write(tmp_path / "1.csv", first), SALT).row_root == hash_leaf(shown)
    own = compute_row_leaf(SALT, sha256(second).digest(), 1, ("2",))
    root = describe_csv(write(tmp_path / "2.csv", second), SALT).row_root
    assert root == hash_children(hash_leaf(compute_row_leaf(SALT, sha256(second).digest(), 0, ("1",))), hash_leaf(own))
    assert root != hash_children(hash_leaf(shown), hash_leaf(own))


def test_a_table_without_rows_has_the_empty_root(tmp_path: Path) -> None:
    found = describe_csv(write(tmp_path / "t.csv", b"a,b\n"), SALT)
    assert (found.rows, found.row_root) == (0, EMPTY_LOG_ROOT)


def test_one_column_may_lack_a_name_as_where_a_program_numbered_the_rows(tmp_path: Path) -> None:
    found = describe_csv(write(tmp_path / "t.csv", b",a\n0,1\n1,2\n"), SALT)
    assert (found.rows, found.schema) == (2, compute_schema(("", "a")))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "table.empty"),
        (b"\n\n", "table.empty"),
        (b"a,a\n1,2\n", "table.repeated_column"),
        (b",\n1,2\n", "table.unnamed_column"),
        (b"\xef\xbb\xbf\xef\xbb\xbfa,b\n1,2\n", "table.bad_character"),
        (b"a,b\n1,\0\n", "table.bad_character"),
        (b"a,b\r1,2\r", "table.bad_character"),
        (b'a,b\n1,"\r"\n', "table.bad_character"),
        (b"a,b\n1,2\r\r\n", "table.bad_character"),
        (b"a\n" + b"x" * 131_073, "table.too_long"),
        (b'a\n"' + b"x\n" * 70_000 + b'"', "table.too_long"),
        (b"x" * (LINE_CHARACTERS_MAX + 1), "table.too_long"),
        (b"\0" * (LINE_CHARACTERS_MAX + 1), "table.too_long"),
        (b"a;b\n1;2\n", "table.other_separator"),
        (b"a\tb\n1\t2\n", "table.other_separator"),
        (b"a,b\n1\n", "table.ragged"),
        (b"a,b\n1,2,3\n", "table.ragged"),
        (b'a,b\n1,"2\n', "table.malformed"),
        (b'a,b\n1,"2"x\n', "table.malformed"),
        (b"a,b\n1,\xff\n", "table.wrong_encoding"),
        ("a,b\n1,ü\n".encode("utf-16"), "table.wrong_encoding"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        describe_csv(write(tmp_path / "t.csv", data), SALT)


def test_an_empty_line_is_no_row_and_an_empty_field_in_quotes_is_one(tmp_path: Path) -> None:
    plain = describe_csv(write(tmp_path / "1.csv", b"a\n1\n2\n"), SALT)
    spaced = describe_csv(write(tmp_path / "2.csv", b"\r\na\n\n1\n\r\n2\n\n"), SALT)
    assert (spaced.rows, spaced.schema) == (plain.rows, plain.schema) == (2, plain.schema)
    assert describe_csv(write(tmp_path / "3.csv", b'a\n1\n""\n2\n'), SALT).rows == 3


@pytest.mark.parametrize("data", [b'a,b\n\n1,2\n"\n",2\n1\n', b'a,b\n\n1,2\n"\n",2\n"1"x,2\n'])
def test_what_is_wrong_is_placed_by_its_line(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UsageError, match=r"line 6: "):
        describe_csv(write(tmp_path / "t.csv", data), SALT)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_long_field_and_a_long_line_are_taken_up_to_their_bound(tmp_path: Path, end: bytes) -> None:
    field = b"x" * 131_072
    line = b",".join([field] * 7) + b"," + b"y" * 131_000
    assert len(line + end) <= LINE_CHARACTERS_MAX
    data = b"1,2,3,4,5,6,7,8\n" + line + end
    assert describe_csv(write(tmp_path / "t.csv", data), SALT).rows == 1


def test_a_missing_table_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"input\.absent"):
        describe_csv(tmp_path / "no.csv", SALT)


TABLES = st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[TEXT] * width), max_size=6))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(TABLES, st.binary(min_size=32, max_size=32))
def test_the_root_depends_on_every_field_and_on_the_salt(
    tmp_path: Path, rows: list[tuple[str, ...]], salt: bytes
) -> None:
    width = len(rows[0]) if rows else 1
    header = tuple(f"column {number}" for number in range(width))

    def describe(table: list[tuple[str, ...]], key: bytes) -> bytes:
        with (tmp_path / "t.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *table])
        found = describe_csv(tmp_path / "t.csv", key)
        assert found.rows == len(table)
        return found.row_root

    root = describe(rows, salt)
    assert describe(rows, salt) == root
    if rows:
        assert describe([*rows[:-1], (*rows[-1][:-1], rows[-1][-1] + "x")], salt) != root
        assert describe(rows, sha256(salt).digest()) != root
        assert describe([*rows, rows[0]], salt) != root


def test_a_salt_is_made_once_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.salt"
    salt = make_salt()
    assert len(salt) == 32
    assert make_salt() != salt
    assert fetch_salt(path) is None
    save_salt(path, salt)
    assert fetch_salt(path) == salt
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("junk", [b"", b"junk", b"00" * 31, b"00" * 33, b"\xff" * 64])
def test_a_damaged_salt_is_never_replaced(tmp_path: Path, junk: bytes) -> None:
    path = write(tmp_path / "t.csv.salt", junk)
    with pytest.raises(UsageError, match=r"table\.bad_salt"):
        fetch_salt(path)
    assert path.read_bytes() == junk
