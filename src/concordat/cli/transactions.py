"""Acting on the ledger: every signature is made here, on the machine that has the key."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from cyclopts import Parameter

from concordat.cli.output import OUTPUT, Output, emit, emit_answer, render_json, tell
from concordat.cli.problems import describe_error
from concordat.cli.showing import describe_receipt_lines
from concordat.cli.where import WHERE, Where
from concordat.client.answers import reading
from concordat.client.files import read_json_file
from concordat.client.operations import get_operation_type, make_example, make_schema, read_operations
from concordat.client.validity import read_client_key
from concordat.contracts.templates import Draft
from concordat.errors import Rejected, UsageError
from concordat.primitives.codec import Struct
from concordat.primitives.plain import Json
from concordat.protocol.messages import OPERATIONS
from concordat.protocol.transactions import LANES

_EXAMPLE_DRAFT: Json = {
    "template": "supply/1",
    "title": {"en": "Hourly readings", "zh": "逐时读数"},
    "items": [
        {
            "debtor": "azure-bay",
            "creditors": ["cedar-ford"],
            "subject": {"en": "Readings of the month", "zh": "当月读数"},
            "dataset": "hourly-readings",
            "evidence": {"type": "matching_table", "schema": "00" * 32, "rows_min": 672},
            "size": 10,
            "first_due": "2027-03-14T09:00:00Z",
            "every_days": 28,
            "times": 3,
        }
    ],
    "sign_by": "2027-02-14T09:00:00Z",
    "grace_days": 7,
    "cure_days": 14,
    "objection_days": 7,
    "consequence": "continue",
}


def tx(
    type_: Annotated[str | None, Parameter(name="TYPE")] = None,
    file: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    /,
    *,
    client_key: str = "",
    nonce: int | None = None,
    lane: int = 0,
    list_: bool = False,
    example: bool = False,
    where: Where = WHERE,
    output: Output = OUTPUT,
) -> None:
    """Sign any transaction here, submit it, print the receipt.

    :param type_: The operation: contracts.sign. See --list. For a list, of which each names its `type`: operations.
    :param file: Its fields, or the list, in JSON; `-` reads standard input.
    :param client_key: Your own name for this transaction, at most 32 bytes; it leads to the receipt for ever.
    :param nonce: The transaction's number in its lane, for runs that are to be repeated exactly; else the time.
    :param lane: 0 to 15: each lane of a key counts by itself.
    :param list_: List the operations.
    :param example: Print an example of the operation; with --json also its JSON Schema, with every kind of motion.
    """
    if list_ or type_ is None:
        _list_operations(output)
        return
    if example:
        _show_example(type_, output)
        return
    if file is None:
        words = f"{type_} is given; TYPE and the file belong together: tx contracts.sign FILE, tx operations FILE"
        raise UsageError("cli.usage", words)
    operations = read_operations(type_, _keep_fields(type_, read_json_file(file)))
    if not 0 <= lane < LANES:
        raise UsageError("cli.usage", f"--lane {lane}")
    name = read_client_key(client_key)
    with where.connect(output) as client:
        emit_receipt(client.send(operations, name, lane, nonce), where.node, output)


def _keep_fields(name: str, data: Json) -> Json:
    """Return the operation's own fields of what another command printed with --json; anything else as it is."""
    if name not in OPERATIONS or not isinstance(data, dict) or "schema_version" not in data:
        return data
    return {field: data[field] for field in OPERATIONS[name].__struct_fields__ if field in data}


def _list_operations(output: Output) -> None:
    rows = [{"type": name, "description": kind.__doc__} for name, kind in OPERATIONS.items()]
    width = max(map(len, OPERATIONS))
    emit(output, {"operations": rows}, [f"{row['type']:<{width}}  {row['description']}" for row in rows])


def _show_example(name: str, output: Output) -> None:
    kind = get_operation_type(name)
    example = make_example(kind)
    example.pop("type", None)
    _emit_example(name, kind, example, output)


def _emit_example(name: str, kind: type[Struct], example: Json, output: Output) -> None:
    document = {"type": name, "schema": make_schema(kind), "example": example}
    emit(output, document, render_json(example).splitlines())


def emit_receipt(receipt: Json, node: str, output: Output) -> None:
    """Print a node's receipt: what happened, then where it stands."""
    emit_answer(output, node, receipt, lambda: describe_receipt_lines(receipt, output.language))


def login(url: str | None = None, /, *, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Print a link that signs a browser in once.

    :param url: The node's address.
    """
    from concordat.client.api import get_origin  # here: what --help does without

    where = replace(where, node=get_origin(url or where.node))
    with where.connect(output) as client:
        link = client.make_login_link()
    with reading(where.node):
        until = link["expires_at"]
    emit_answer(output, where.node, link, lambda: [link["url"]])
    tell(f"good once, until {until}")


def draft_contract(
    file: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    /,
    *,
    example: bool = False,
    where: Where = WHERE,
    output: Output = OUTPUT,
) -> int:
    """Turn a few decisions into terms, and show how the ledger judges them. What it prints, contracts.propose takes.

    :param file: A draft in JSON: template, title, items, sign_by, grace_days, cure_days, objection_days, consequence;
        `-` reads standard input.
    :param example: Print an example of a draft; with --json also its JSON Schema.
    """
    if example:
        _emit_example("draft", Draft, _EXAMPLE_DRAFT, output)
        return 0
    if file is None:
        raise UsageError("cli.usage", "the file is missing")
    from concordat.client.contracts import judge_draft  # here: what --help does without

    with where.connect(output) as client:
        drafted = judge_draft(client, read_json_file(file))
    clauses = drafted["clauses"][output.language]
    with reading(where.node):
        is_valid = drafted["valid"]
        reasons = [f"✘ {reason.get('text') or reason['code']}" for reason in drafted["reasons"]]
    if not is_valid:
        drafted |= describe_error(Rejected("contracts.invalid"), output.language)
    emit(output, drafted, render_json({"terms": drafted["terms"]}).splitlines())
    for line in (*clauses, *reasons):
        tell(line)
    if is_valid:
        return 0
    tell(f"{drafted['code']}: {drafted['reason']}")
    tell(f"next: {drafted['next_step']}")
    return Rejected.exit_status
