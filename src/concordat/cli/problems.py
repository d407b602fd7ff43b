"""Errors in words: which rule refuses, why and what to do next."""

from __future__ import annotations

from concordat.cli.output import emit_line, tell
from concordat.contracts.text import Language
from concordat.errors import ConcordatError, Corrupt
from concordat.primitives.plain import Json
from concordat.wording.sentences import describe_next_step, explain_error


def emit_error(error: ConcordatError, language: Language, *, as_json: bool) -> None:
    """Say what went wrong, which rule says so and what to do next."""
    document = describe_error(error, language)
    if as_json:
        emit_line(document)
    tell(f"{document['code']}: {document['reason']}")
    for reason in document.get("reasons", ()):
        if reason["text"] != document["reason"]:  # one ground alone is the reason itself
            tell(f"  - {reason['text']}")
    if document["next_step"]:
        tell(f"next: {document['next_step']}")


def describe_error(error: ConcordatError, language: Language) -> dict[str, Json]:
    """Return {code, rule, reason, next_step, detail} and, of a node's answer, all that it says."""
    from concordat.wording.rules import get_rule  # here: every family, which --help does without

    told: dict[str, Json] = getattr(error, "document", {})
    reason, next_step = (error.detail, str(told.get("next_step", ""))) if told else explain_error(error, language)
    if error.code == "auth.required":  # only a request without a key is answered so
        next_step = describe_next_step("key.needed", (), language)
    names = ("reasons", "transaction", "height", "request_id")
    kept: dict[str, Json] = {name: told[name] for name in names if name in told}
    if isinstance(error, Corrupt) and error.height is not None:
        kept["height"] = error.height
    return {
        "code": error.code,
        "rule": told.get("rule") or get_rule(error.code),
        "reason": reason,
        "next_step": next_step,
        "detail": error.detail,
        **kept,
    }
