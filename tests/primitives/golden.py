"""Golden files: compared, or with CONCORDAT_FILL_VECTORS=1 written anew; a changed file is a changed rule."""

from __future__ import annotations

import json
import os
from pathlib import Path

from concordat.primitives.vectors import Kinds, check_case

FOLDER = Path(__file__).parents[2] / "vectors"
IS_FILLING = os.environ.get("CONCORDAT_FILL_VECTORS") == "1"
Case = dict[str, object]


def render_cases(kind: str, cases: list[Case]) -> str:
    return json.dumps({"kind": kind, "cases": cases}, indent=1, ensure_ascii=False) + "\n"


def check_golden(path: Path, kinds: Kinds, text: str) -> None:
    """The file is this text, each of its cases holds, and a case that expects something else is found."""
    if IS_FILLING:
        path.write_text(text, encoding="utf-8")
    stored = path.read_text(encoding="utf-8")
    assert stored == text
    document = json.loads(stored)
    for case in document["cases"]:
        assert check_case(kinds, document["kind"], case), case["name"]
        other = {**case["expect"], next(iter(case["expect"])): "other"}
        assert not check_case(kinds, document["kind"], {**case, "expect": other})
