"""Names that read alike are found, whatever their bytes."""

from __future__ import annotations

import pytest

from concordat.views.likeness import compute_skeleton


@pytest.mark.parametrize(
    "other",
    ["haibin", "HAIBIN", " Hai bin", "Нaibin", "Hаibin", "Ｈａｉｂｉｎ", "Háibin", "Halbin", "Ha1bin", "Hai-bin."],
)
def test_what_reads_alike_has_one_skeleton(other: str) -> None:
    assert compute_skeleton(other) == compute_skeleton("Haibin")


@pytest.mark.parametrize(
    ("one", "other"), [("北台", "南台"), ("North Terrace", "South Terrace"), ("Azure Bay", "Azur Bay")]
)
def test_what_reads_otherwise_has_another(one: str, other: str) -> None:
    assert compute_skeleton(one) != compute_skeleton(other)
