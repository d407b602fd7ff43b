"""How you are told by mail what waits for you: the node keeps it, the ledger does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal

from concordat.cli.output import OUTPUT, Output, emit_answer
from concordat.cli.where import WHERE, Where
from concordat.contracts.text import Language
from concordat.primitives.plain import Json
from concordat.wording.sentences import render


def show_notices(*, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Show how you are told what waits for you; nobody else sees it."""
    with where.connect(output) as client:
        found = client.get("/v1/notices")
    emit_answer(output, where.node, found, lambda: _describe(found, output.language))


def set_notices(
    address: str,
    /,
    *,
    language: Language | None = None,
    when: Literal["at_once", "daily"] = "at_once",
    of: str = "",
    where: Where = WHERE,
    output: Output = OUTPUT,
) -> None:
    """Let the node tell you by mail what waits for you, once, and once more before the deadline.

    :param address: Where to: name@example.org.
    :param language: Of the mail; else the one that this command speaks.
    :param when: Each thing at once, or one mail a day.
    :param of: Only these, with commas between: sign,deliver,deliver_again,acknowledge,sponsor,guarantee,attest,respond,
        answer,answer_comment,vote.
    """
    actions: Json = of.split(",") if of else None
    settings = {"address": address, "language": language or output.language, "actions": actions, "when": when}
    _send(settings, where, output)


def stop_notices(*, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Let the node tell you nothing more by mail, and forget your address."""
    _send(None, where, output)


def _send(settings: Json, where: Where, output: Output) -> None:
    with where.connect(output) as client:
        found = client.post("/v1/notices", json.dumps({"settings": settings}).encode())
    emit_answer(output, where.node, found, lambda: _describe(found, output.language))


def _describe(found: Json, language: Language) -> Iterator[str]:
    settings = found["settings"]
    if settings is None:
        yield render("show.notices.none", language)
    else:
        values = {"address": settings["address"], "when": settings["when"]}
        if settings["actions"] is None:
            yield render("show.notices.all", language, **values)
        else:
            yield render("show.notices", language, **values, actions=tuple(settings["actions"]))
    if found["refusal"]:
        yield render("show.notices.refused", language, words=found["refusal"])
    if not found["sends"]:
        yield render("show.notices.off", language)
