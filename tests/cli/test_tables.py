"""Tables are described under a salt that stays beside them."""

from __future__ import annotations

from pathlib import Path

from .world import Call


def test_a_table_that_is_refused_leaves_no_salt(call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a;b\n1;2\n")
    for name, client_key, code, place in (
        ("Bad Name", "", "input.not_a_name", "--name Bad Name"),
        ("good-name", "k" * 33, "input.does_not_fit", "/client_key has 33 bytes"),
        ("good-name", "", "table.other_separator", "t.csv"),
    ):
        words = ("--name", name, "--title", "T", "--client-key", client_key)
        answer = call("receipt", "dataset", "register", tmp_path / "t.csv", *words)
        assert (answer.status, answer.document["code"]) == (2, code)
        assert place in answer.document["reason"]
    absent = call("dataset-describe", "dataset", "describe", tmp_path / "none.csv")
    assert (absent.status, absent.document["code"]) == (3, "input.absent")
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_a_table_is_described_and_its_salt_kept(call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("hour,value\n1,2\n2,3\n")
    one = call("dataset-describe", "dataset", "describe", tmp_path / "t.csv").document
    two = call("dataset-describe", "dataset", "describe", tmp_path / "t.csv").document
    assert one == two
    assert (one["rows"], one["columns"]) == (2, ["hour", "value"])
    assert (tmp_path / "t.csv.salt").stat().st_mode & 0o077 == 0
    other = call("dataset-describe", "dataset", "describe", tmp_path / "t.csv", "--salt-file", tmp_path / "s").document
    assert other["digest"] == one["digest"]
    assert other["row_root"] != one["row_root"]
