"""The reference: pages of docs/reference, rendered from the code, one for each thing that others call by name."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from msgspec import inspect as types

from concordat.cli.commands import SECTIONS
from concordat.client.operations import make_example
from concordat.protocol.messages import OPERATIONS
from concordat.protocol.params import DEFAULT_PARAMS, Params
from concordat.wording.rules import list_codes

ROOT = Path(__file__).parents[2]
_PARAMETER = re.compile(r"^:param (\w+): (.*)$")
_SHARED = ("where", "output")
"""Parameters that every command takes alike."""

_HEADS: Final = {
    "commands.md": """\
# Commands

`concordat COMMAND --help` says the same. Every command takes `--json`, `--lang en|zh` and `--debug`; those that talk to
a node take `--node`, `--key` and `--trust`, or `CONCORDAT_NODE`, `CONCORDAT_KEY`, `CONCORDAT_TRUST`.
""",
    "operations.md": """\
# Operations

What `concordat tx TYPE` signs and sends. Each example is what `concordat tx TYPE --example` prints; `spec/` says who
may send it, and every ground on which it is refused.
""",
    "refusals.md": """\
# Refusals

What refuses, by stable code: the ledger's in order of precedence, then those of files and faces. `{0}`, `{1}` stand for
values; *later* says whether the same may pass once the ledger has moved on.
""",
    "parameters.md": """\
# Parameters

Consensus parameters: genesis sets them by name, and a ballot may change them later (spec/ballots.md). What neither
names has its default, which no release changes. `init` writes the newest `edition` into genesis, unless its plan says
another.
""",
    "paths.md": """\
# Paths of `/v1`

From [openapi.json](../../spec/openapi.json), which has every field. Who may ask: `public` everybody, else a signed
request of an officer of that audience.
""",
}


def render_pages() -> dict[str, str]:
    """Return each page's text by the name of its file."""
    lists = (_list_commands, _list_operations, _list_refusals, _list_parameters, _list_paths)
    pages = zip(_HEADS.items(), lists, strict=True)
    return {name: "\n".join((head, *list_lines(), "")) for (name, head), list_lines in pages}


def _list_commands() -> Iterator[str]:
    for section, commands in SECTIONS.items():
        yield f"\n## {section}"
        for command in commands:
            module, _, name = command.function.partition(":")
            function: Callable[..., object] = getattr(import_module(module), name)
            yield f"\n### `concordat {' '.join((command.name, *_list_positionals(function)))}`\n"
            yield command.help
            if rows := list(_list_options(function)):
                yield from ("", *rows)


def _list_positionals(function: Callable[..., object]) -> Iterator[str]:
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.POSITIONAL_ONLY:
            yield name.strip("_").upper() if parameter.default is parameter.empty else f"[{name.strip('_').upper()}]"


def _list_options(function: Callable[..., object]) -> Iterator[str]:
    said = dict(_read_docstring(inspect.getdoc(function) or ""))
    for name, parameter in inspect.signature(function).parameters.items():
        if name in _SHARED or name not in said:
            continue
        is_option = parameter.kind is parameter.KEYWORD_ONLY
        shown = f"--{name.strip('_').replace('_', '-')}" if is_option else name.strip("_").upper()
        yield f"- `{shown}` {said[name]}"


def _read_docstring(text: str) -> Iterator[tuple[str, str]]:
    """Yield each parameter that a docstring describes; a description goes on in indented lines."""
    for block in re.split(r"\n(?=:param )", text)[1:]:
        match = _PARAMETER.match(" ".join(line.strip() for line in block.partition("\n\n")[0].splitlines()))
        if match is not None:
            yield match[1], match[2]


def _list_operations() -> Iterator[str]:
    for name, kind in OPERATIONS.items():
        yield f"\n## `{name}`\n"
        yield " ".join((inspect.getdoc(kind) or "").split())
        yield f"\n```json\n{json.dumps(make_example(kind), ensure_ascii=False)}\n```"


def _list_refusals() -> Iterator[str]:
    yield "| code | rule | later | reason | next step |"
    yield "|---|---|---|---|---|"
    for row in list_codes():
        later = {True: "yes", False: "no", None: ""}[row["may_succeed_later"]]
        words = (row["reason"]["en"], row["next_step"]["en"])
        yield f"| `{row['code']}` | {row['rule'] or ''} | {later} | {' | '.join(map(_fit_cell, words))} |"


def _fit_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _list_parameters() -> Iterator[str]:
    yield "| name | default | least | most | meaning |"
    yield "|---|---|---|---|---|"
    meanings = _read_attributes(Params)
    info = types.type_info(Params)
    for field in info.fields if isinstance(info, types.StructType) else ():
        bounds: Any = field.type.type if isinstance(field.type, types.Metadata) else field.type
        default = getattr(DEFAULT_PARAMS, field.name)
        yield f"| `{field.name}` | {default} | {bounds.ge} | {bounds.le} | {meanings[field.name]} |"


def _read_attributes(kind: type) -> dict[str, str]:
    """Return what stands as a docstring under each field of a struct."""
    found = re.findall(r'^    (\w+): [^\n]*\n    """(.*?)"""', inspect.getsource(kind), re.MULTILINE | re.DOTALL)
    return {name: " ".join(text.split()) for name, text in found}


def _list_paths() -> Iterator[str]:
    yield "| path | who may ask | what it gives |"
    yield "|---|---|---|"
    document = json.loads((ROOT / "spec" / "openapi.json").read_text(encoding="utf-8"))
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            yield f"| `{method.upper()} {path}` | {described['x-audience']} | {_fit_cell(described['summary'])} |"
