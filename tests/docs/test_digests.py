"""The table of digests in spec/encoding.md names every place in the code that computes one, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "concordat"
SPECIFICATION = (ROOT / "spec" / "encoding.md").read_text(encoding="utf-8")
HASHES = {"sha1", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s", "md5", "file_digest", "new"}
DOMAIN = re.compile(r"concordat/[a-z]+/v[0-9]+")


def is_digest(call: ast.Call) -> bool:
    match call.func:
        case ast.Name(id=name):
            return name in HASHES - {"new"}
        case ast.Attribute(value=ast.Name(id="hashlib" | "hmac"), attr=name):
            return name in HASHES | {"digest"}
    return False


def find_places(node: ast.AST, place: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and is_digest(child):
            yield place
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from find_places(child, f"{place}.{child.name}")
        else:
            yield from find_places(child, place)


def list_places() -> set[str]:
    modules = ((path, ".".join(path.relative_to(SOURCES).with_suffix("").parts)) for path in SOURCES.rglob("*.py"))
    return {place for path, name in modules for place in find_places(ast.parse(path.read_text("utf-8")), name)}


def list_rows(rule: str) -> list[list[str]]:
    section = SPECIFICATION.partition(f"**{rule}**")[2].partition("\n**")[0].partition("\n## ")[0]
    return [line.split("|")[1:-1] for line in section.splitlines() if line.startswith("| ")][1:]


def test_every_digest_has_its_place_in_the_table() -> None:
    names = {name for row in list_rows("ENC-9") for name in re.findall(r"`([a-z_.0-9]+)`", row[2])}
    covered = {place: [name for name in names if f"{place}.".startswith(f"{name}.")] for place in list_places()}
    assert [place for place, by in covered.items() if not by] == []
    assert {name for by in covered.values() for name in by} == names


def test_every_domain_in_the_code_is_in_the_tables_and_every_one_in_the_tables_is_in_the_code() -> None:
    sources = "".join(path.read_text("utf-8") for path in SOURCES.rglob("*.py"))
    tables = "".join(cell for rule in ("ENC-9", "ENC-10") for row in list_rows(rule) for cell in row)
    assert set(DOMAIN.findall(tables)) == set(DOMAIN.findall(sources))


def test_a_digest_in_the_code_is_seen_however_it_is_called() -> None:
    code = "class A:\n def f(self): return hashlib.new('x', sha256(b''))\ndef g(): return hmac.digest(a, b, c)\nmd5()"
    assert set(find_places(ast.parse(code), "m")) == {"m.A.f", "m.g", "m"}
