"""Which requirement of `spec/` refuses: the ledger's codes name their own, those of files and faces stand here."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from concordat.primitives.plain import Json
from concordat.protocol.messages import REJECTIONS
from concordat.wording.sentences import CATALOGS, get_reason_key

_PLACEHOLDER: Final = re.compile(r"\{(\w+)[^}]*\}")

_LEDGER_RULES: Final = {rejection.code: rejection.rule for rejection in REJECTIONS}

_FACE_RULES: Final[dict[str, str | None]] = {
    "auth": "HTTP-12",
    "auth.bad_signature": "HTTP-13",
    "auth.csrf": "HTTP-15",
    "auth.from_elsewhere": "HTTP-14",
    "auth.link_spent": "HTTP-14",
    "auth.malformed": "HTTP-13",
    "auth.replayed": "HTTP-13",
    "auth.share_used": "HTTP-21",
    "auth.stale": "HTTP-13",
    "auth.too_many_tries": "HTTP-20",
    "auth.unknown_key": "HTTP-13",
    "auth.wrong_password": "HTTP-19",
    "batch": "BEH-10",
    "clock.far_ahead": "LED-9",
    "demo": "HTTP-27",
    "disk": "HTTP-24",
    "dossier": "MEM-23",
    "events": "HTTP-35",
    "file": "HTTP-26",
    "genesis": "GEN-2",
    "genesis.not_canonical": "GEN-1",
    "genesis.other_rulebook": "GEN-1",
    "genesis.start_ahead": "GEN-4",
    "genesis.unreadable": "GEN-1",
    "init": "HTTP-26",
    "input": "HTTP-1",
    "input.absent": "HTTP-30",
    "input.bad_batch": "HTTP-10",
    "input.not_a_file": "HTTP-30",
    "input.too_large": "HTTP-30",
    "input.unreadable": "HTTP-30",
    "key": "HTTP-25",
    "key.other_member": "DAT-1",
    "lane": "HTTP-6",
    "ledger": "HTTP-26",
    "ledger.stopped": "HTTP-24",
    "node": "HTTP-33",
    "node.bad_tls": "HTTP-16",
    "node.busy": "HTTP-24",
    "node.defect": None,
    "node.derived_keys": "HTTP-16",
    "node.key_absent": "GEN-4",
    "node.needs_release": "LED-15",
    "node.needs_tls": "HTTP-16",
    "node.other_key": "HTTP-25",
    "node.slow": "HTTP-24",
    "node.stopped": "HTTP-24",
    "nonce": "LED-6",
    "policy": "WIT-5",
    "read": "HTTP-23",
    "read.no_such_tile": "WIT-8",
    "request.bad_cursor": "HTTP-28",
    "request.changed": "HTTP-34",
    "request.malformed": "HTTP-1",
    "request.too_large": "HTTP-2",
    "request.too_many": "HTTP-17",
    "request.too_many_strangers": "HTTP-22",
    "request.too_slow": "HTTP-31",
    "request.unknown_path": "HTTP-23",
    "request.wrong_method": "HTTP-23",
    "restore": "HTTP-26",
    "sign": "HTTP-26",
    "table": "DAT-5",
    "time": "HTTP-1",
    "witness": "WIT-6",
    "witness.bad_key": "WIT-1",
    "witness.other_history": "WIT-7",
    "witness.other_log": "WIT-7",
    "witness.not_yet": "WIT-7",
    "witness.unknown": "WIT-7",
}
"""By the code, or by its family. What verifies a file or a proof, and a defect, has none."""


def get_rule(code: str) -> str | None:
    """Return the requirement by which a code refuses; None when it names damage or a defect, not a rule."""
    family = code.partition(".")[0]
    return _LEDGER_RULES.get(code) or _FACE_RULES.get(code, _FACE_RULES.get(family))


@cache
def list_codes() -> Json:
    """Return every code with its words: the ledger's in order of precedence, then those of files and faces by name.

    These have no precedence, and whether the same may succeed later depends on more than the code: both are null.
    """
    ledger = [
        _describe(rejection.code, place, rejection.may_succeed_later)
        for place, rejection in enumerate(REJECTIONS, start=1)
    ]
    keys = (key.partition(".") for key in CATALOGS["en"])
    others = sorted(code for kind, _, code in keys if kind == "rejection" and code not in _LEDGER_RULES)
    return [*ledger, *(_describe(code, None, None) for code in others)]


def _describe(code: str, precedence: int | None, may_succeed_later: bool | None) -> dict[str, Json]:
    return {
        "code": code,
        "family": code.partition(".")[0],
        "rule": get_rule(code),
        "precedence": precedence,
        "may_succeed_later": may_succeed_later,
        "reason": _tell(get_reason_key(code)),
        "next_step": _tell(f"next.{code}"),
    }


def _tell(key: str) -> Json:
    """Return a sentence in both languages; {0}, {1} … stand for the values that a receipt gives."""
    return {language: _PLACEHOLDER.sub(r"{\1}", catalog[key]) for language, catalog in CATALOGS.items()}
