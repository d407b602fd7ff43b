"""Reading from a node."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from urllib.parse import urlencode

from concordat.cli.output import OUTPUT, Output, emit, emit_answer, emit_line
from concordat.cli.showing import describe_contract, describe_inbox, describe_member
from concordat.cli.transactions import emit_receipt
from concordat.cli.where import WHERE, Where, read_contract_number
from concordat.client.answers import is_told, make_unreadable
from concordat.client.requests import make_path
from concordat.primitives.plain import Json
from concordat.wording.sentences import show_label


def status(*, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Show where the ledger stands."""
    with where.connect(output) as client:
        found = client.status()

    def describe() -> Iterator[str]:
        for name, value in {**found, "name": show_label(found["name"], output.language)}.items():
            yield f"{name:<16}{_show(value)}"

    emit_answer(output, where.node, found, describe)


def ledger(
    *,
    limit: int = 20,
    before: int | None = None,
    member: str | None = None,
    contract: int | None = None,
    follow: bool = False,
    after: int | None = None,
    where: Where = WHERE,
    output: Output = OUTPUT,
) -> None:
    """Show the latest entries in sentences, newest first.

    :param limit: How many.
    :param before: Only entries before this position.
    :param member: Only what concerns this member.
    :param contract: Only what concerns this contract.
    :param follow: Show what happens from now on, oldest first, until you stop it; with --json one entry a line.
    :param after: With --follow: begin behind this height.
    """
    if follow:
        _follow(after, member, contract, where, output)
        return
    given = {"limit": limit, "before": before, "member": member, "contract": contract}
    query = urlencode({name: value for name, value in given.items() if value is not None})
    with where.connect(output) as client:
        found = client.get(f"/v1/ledger?{query}")

    def describe() -> Iterator[str]:
        yield from (f"{entry['position']:>6}  {entry['time']}  {entry['sentence']}" for entry in found["entries"])

    emit_answer(output, where.node, found, describe)


def _follow(after: int | None, member: str | None, contract: int | None, where: Where, output: Output) -> None:
    with where.connect(output) as client:
        for block in client.events(after, member=member, contract=contract):
            for entry in block["entries"]:
                if output.json:
                    emit_line(entry)
                else:
                    line = f"{entry['position']:>6}  {entry['time']}  {entry['sentence']}"
                    emit(output, {}, [line])
            sys.stdout.flush()


def inbox(*, limit: int = 50, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Show what waits for you, soonest first: what your roles, also granted and delegated ones, may do.

    :param limit: How many.
    """
    with where.connect(output) as client:
        found = client.get(f"/v1/inbox?limit={limit}")
    emit_answer(output, where.node, found, lambda: describe_inbox(found, output.language))


def show_member(member: str, /, *, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Show a member and the reasons for its credit.

    :param member: Its identifier.
    """
    path = make_path("/v1/members", member)
    with where.connect(output) as client:
        found = client.get(path)
        if not is_told({"id": member}, found):
            raise make_unreadable(member)
        credit = client.get(f"{path}/credit") if found.get("score") is not None else None
    answer = {"member": found, "credit": credit}
    emit_answer(output, where.node, answer, lambda: describe_member(found, credit, output.language))


def show_contract(number: str, /, *, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Show a contract: its duties, who is next, and the text that its signatures bind.

    :param number: 42 or C-0042.
    """
    from concordat.client.contracts import fetch_contract  # here: what --help does without

    with where.connect(output) as client:
        found = fetch_contract(client, read_contract_number(number))
    clauses = found["clauses"][output.language]
    emit_answer(output, where.node, found, lambda: describe_contract(found, clauses, output.language))


def receipt(transaction: str, /, *, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Print a transaction's receipt.

    :param transaction: Its id, 64 hexadecimal digits.
    """
    with where.connect(output) as client:
        emit_receipt(client.fetch_receipt(transaction), where.node, output)


def _show(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
