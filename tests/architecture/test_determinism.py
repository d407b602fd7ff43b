"""What import boundaries cannot show: the consensus rooms use nothing that two nodes could compute differently."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "concordat"
ROOMS = ("errors.py", "primitives", "crypto", "credit", "contracts", "protocol")
BANNED_CALLS = {"float", "hash", "id", "eval", "exec", "open", "print", "input", "round", "globals", "vars"}


def find_sins(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=float() | complex()):
                yield node.lineno, "a float"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield node.lineno, "true division gives a float"
            case ast.Assert():
                yield node.lineno, "assert vanishes under -O"
            case ast.Call(func=ast.Name(id=name)) if name in BANNED_CALLS:
                yield node.lineno, f"{name}()"
            case ast.For(iter=ast.Set() | ast.SetComp()) | ast.comprehension(iter=ast.Set() | ast.SetComp()):
                yield getattr(node, "lineno", 0), "the order of a set"
            case ast.For(iter=ast.Call(func=ast.Name(id="set" | "frozenset"))):
                yield node.lineno, "the order of a set"
            case ast.ExceptHandler(type=None | ast.Name(id="Exception" | "BaseException")):
                yield node.lineno, "a defect must stop the node, not become an answer"
            case ast.Attribute(attr="now" | "utcnow" | "today"):
                yield node.lineno, "a clock"
            case _:
                pass


def list_modules() -> list[Path]:
    paths = [SOURCE / room for room in ROOMS]
    return sorted(found for path in paths for found in ([path] if path.is_file() else path.rglob("*.py")))


@pytest.mark.parametrize("path", list_modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_consensus_module_computes_the_same_everywhere(path: Path) -> None:
    assert list(find_sins(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = 1.5",
        "x = 1 / 2",
        "assert x",
        "x = hash('a')",
        "for x in {1, 2}: pass",
        "y = [x for x in {1, 2}]",
        "for x in set(y): pass",
        "try: pass\nexcept Exception: pass",
        "x = datetime.now()",
    ],
)
def test_the_lint_sees_each_sin(source: str) -> None:
    assert list(find_sins(source))
