"""The verifier that runs in a browser: its scripts, the words it needs, and the same as one file for use offline.

The scripts in `scripts/` are `verify.js` (spec/proof.md, code for code) on `hashing.js`, `encoding.js`,
`trees.js` and `policy.js`; `verdict.js` (the sentences) and `page.js` (what people see). Their words are the catalogs
of `wording/`, handed over as data: nothing is written twice.
"""

from __future__ import annotations

import json
import re
import typing
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from types import UnionType
from typing import Final

import msgspec

from concordat.contracts.text import LANGUAGES, SINGULARS
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import Label
from concordat.primitives.plain import Json
from concordat.protocol.families.membership import ActedFor
from concordat.protocol.messages import EVENTS, OPERATIONS
from concordat.verifier.verdict import TABLES
from concordat.wording.sentences import CATALOGS, REASON_FAMILIES, TELLING, TURNED

_FOLDER: Final = Path(__file__).parent / "scripts"
SCRIPTS: Final = ("hashing.js", "encoding.js", "trees.js", "policy.js", "verify.js", "verdict.js", "page.js")
"""In the order in which each needs those before it."""

_FAMILIES: Final = ("act", "event", "operation", "proof", "reason", "receipt", "rejection", "verdict", "verifier")
_STATUSES: Final = ("status.contract.", "status.member.")
_SPEC: Final = re.compile(r"\{[\w.]+:([\w.]+)\}")
_IMPORT: Final = re.compile(r"^import .*\n", re.MULTILINE)
_TOLD_TABLES: Final = ("ballots", "contracts", "credits", "members", "officers", "votes")


def read_script(name: str) -> str:
    """Return one of `SCRIPTS`."""
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def make_words() -> Json:
    """Return the templates and the names of fields that a page needs to tell a verdict in both languages."""
    return {
        "catalogs": {language: _choose_words(CATALOGS[language]) for language in LANGUAGES},
        "singulars": dict(SINGULARS),
        "telling": list(TELLING),
        "added": [str(ActedFor.__struct_config__.tag)],
        "turned": {
            tag: [[[field, list(values)] for field, values in conditions], suffix]
            for tag, (conditions, suffix) in TURNED.items()
        },
        "reasons": list(REASON_FAMILIES),
        "operations": {tag: _describe_shape(kind) for tag, kind in OPERATIONS.items()},
        "events": {tag: _describe_shape(kind) for tag, kind in EVENTS.items()},
        "tables": {
            str(number): [name, _describe_shape(table.kind) if name in _TOLD_TABLES else None]
            for number, (name, table) in TABLES.items()
        },
    }


def _choose_words(catalog: typing.Mapping[str, str]) -> dict[str, str]:
    """Return the words of proofs and of all that an entry tells, and those that their templates show values by."""
    chosen = {
        key: text
        for key, text in catalog.items()
        if key.partition(".")[0] in _FAMILIES or key.startswith(("next.proof.", *_STATUSES))
    }
    shown = {spec for text in chosen.values() for spec in _SPEC.findall(text)}
    families = ("none", "separator", *(f"{spec}." for spec in sorted(shown)))
    return chosen | {key: text for key, text in catalog.items() if key.startswith(families)}


def _describe_shape(kind: type[Struct]) -> Json:
    """Return the fields of a struct in their order, each with what it holds: a label, a struct, or (None) anything."""
    hints = typing.get_type_hints(kind)
    return [[field.name, _describe_hint(hints[field.name])] for field in msgspec.structs.fields(kind)]


def _describe_hint(hint: object) -> Json:
    if typing.get_origin(hint) in {UnionType, typing.Union}:
        kinds = [one for one in typing.get_args(hint) if one is not type(None)]
        return _describe_hint(kinds[0]) if len(kinds) == 1 else None
    if hint is Label:
        return "label"
    return _describe_shape(hint) if isinstance(hint, type) and issubclass(hint, Struct) else None


def render_words() -> str:
    """Return the words as JSON that may stand in a page."""
    return json.dumps(make_words(), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


@cache
def render_offline_page() -> str:
    """Return the verifier as one HTML file. Its policy allows it no network, and no script or style but its own."""
    script = "\n".join(_IMPORT.sub("", read_script(name)) for name in SCRIPTS)
    style = read_script("offline.css")
    policy = (
        f"default-src 'none'; script-src {_compute_source(script)}; style-src {_compute_source(style)}; "
        "form-action 'none'; base-uri 'none'"
    )
    sentence = " ".join(CATALOGS[language]["verifier.needs_script_offline"] for language in LANGUAGES)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{CATALOGS['en']['verifier.title']} · Concordat</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f'<main id="verifier" data-offline><p>{sentence}</p></main>\n'
        f'<script id="verifier-words" type="application/json">{render_words()}</script>\n'
        f'<script type="module">{script}</script>\n</body>\n</html>\n'
    )


def _compute_source(text: str) -> str:
    """Return how a content security policy names an inline script or style: by its digest."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
