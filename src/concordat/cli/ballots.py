"""Ballots: read, opened, voted in and withdrawn; every signature is made here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlencode

from cyclopts import Parameter

from concordat.cli.objections import tell_objection
from concordat.cli.output import OUTPUT, Output, emit_answer
from concordat.cli.transactions import emit_receipt
from concordat.cli.where import WHERE, Where
from concordat.client.answers import is_told, make_unreadable, reading
from concordat.client.files import read_json_file
from concordat.client.operations import read_operations
from concordat.contracts.text import Language
from concordat.errors import UsageError
from concordat.primitives.ledger_time import parse_time
from concordat.primitives.plain import Json
from concordat.wording.sentences import render


def list_ballots(
    *, which: Literal["open", "closed"] | None = None, limit: int = 20, where: Where = WHERE, output: Output = OUTPUT
) -> None:
    """Show what is or was put to the vote, newest first.

    :param which: Only these.
    :param limit: How many.
    """
    query = urlencode({"limit": limit} | ({} if which is None else {"which": which}))
    with where.connect(output) as client:
        found = client.get(f"/v1/ballots?{query}")
    emit_answer(output, where.node, {"ballots": found}, lambda: _describe_list(found, output.language))


def _describe_list(found: Json, language: Language) -> Iterator[str]:
    if not found:
        yield render("show.no_ballots", language)
    yield from (f"{row['id']:>6}  {row['closes_at']}  {row['outcome']}  {row['sentence']}" for row in found)


def show_ballot(number: int, /, *, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Show a ballot: what it is about, its rules, who voted what, and what follows.

    :param number: The ballot.
    """
    with where.connect(output) as client:
        found, *more = client.pages(f"/v1/ballots/{number}?limit=200")
    found["votes"] += [vote for page in more for vote in page["votes"]]
    if not is_told({"id": number}, found):
        raise make_unreadable(str(number))
    emit_answer(output, where.node, found, lambda: describe_ballot(found, output.language))


def describe_ballot(found: Json, language: Language) -> Iterator[str]:
    """Yield how a ballot stands, its rules, its comments with their answers, and every vote."""
    yield f"{found['id']} · {found['outcome']} · {found['sentence']}"
    if found["reason"]:
        yield found["reason"]
    yield render(
        "show.ballot" if found["opener"] else "show.ballot_by_ledger",
        language,
        opener=found["opener"],
        opens_at=parse_time(found["opens_at"]),
        closes_at=parse_time(found["closes_at"]),
        yes=found["yes"],
        no=found["no"],
        abstain=found["abstain"],
        electorate=found["electorate"],
    )
    yield found["rules"]
    yield found["next"]
    for row in found["comments"]:
        yield tell_objection(row, language)
        yield from (f"        {row[key]}" for key in ("text", "answer") if row[key])
    for vote in found["votes"]:
        said = render("event.ballots.voted", language, ballot=found["id"], member=vote["member"], choice=vote["choice"])
        yield f"{vote['position']:>6}  {vote['time']}  {said}"


def open_ballot(
    file: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    closes: str,
    opens: str | None = None,
    reason: str = "",
    where: Where = WHERE,
    output: Output = OUTPUT,
) -> None:
    """Put a motion to the vote. What motions look like: concordat tx ballots.open --example --json.

    :param file: The motion in JSON, with its `type`; `-` reads standard input.
    :param closes: When the vote ends: 2031-03-11T00:00:00Z.
    :param opens: When it begins; at once when left out.
    :param reason: A line that everybody reads.
    """
    motion = read_json_file(file)
    if not isinstance(motion, dict):
        raise UsageError("input.does_not_fit", "the file has one motion")
    with where.connect(output) as client:
        if opens is None:
            status = client.status()
            with reading(where.node):
                opens = status["time"]
        fields = {"motion": motion, "reason": reason, "opens_at": opens, "closes_at": closes}
        receipt = client.send(read_operations("ballots.open", fields))
    emit_receipt(receipt, where.node, output)


def vote(
    number: int, choice: Literal["yes", "no", "abstain"], /, *, where: Where = WHERE, output: Output = OUTPUT
) -> None:
    """Give your member's one vote; it is final.

    :param number: The ballot.
    :param choice: Yes, no, or only taking part.
    """
    _send("ballots.vote", {"ballot": number, "choice": choice}, where, output)


def withdraw(number: int, /, *, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Take back a ballot that your member opened, before anybody has voted.

    :param number: The ballot.
    """
    _send("ballots.withdraw", {"ballot": number}, where, output)


def _send(name: str, fields: Json, where: Where, output: Output) -> None:
    operations = read_operations(name, fields)
    with where.connect(output) as client:
        receipt = client.send(operations)
    emit_receipt(receipt, where.node, output)
