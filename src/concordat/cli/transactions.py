"""Acting on the ledger: every signature is made here, on the machine that has the key."""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import urlsplit

from cyclopts import Parameter

from concordat.cli.output import OUTPUT, Output, emit, tell
from concordat.cli.showing import describe_receipt_lines
from concordat.cli.where import WHERE, Where
from concordat.client.files import read_json_file
from concordat.client.operations import get_operation_type, make_example, make_schema, read_operations
from concordat.contracts.templates import Draft
from concordat.errors import Refused, UsageError
from concordat.primitives.codec import Struct
from concordat.primitives.plain import Json
from concordat.protocol.messages import OPERATIONS
from concordat.protocol.transactions import LANES

_CLIENT_KEY_BYTES_MAX = 32


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

    :param type_: The operation: contracts.sign. See --list.
    :param file: Its fields in JSON, or a list of operations that each name their `type`; `-` reads standard input.
    :param client_key: Your own name for this transaction, at most 32 bytes; it leads to the receipt for ever.
    :param nonce: The transaction's number in its lane, for runs that are to be repeated exactly; else the time.
    :param lane: 0 to 15: each lane of a key counts by itself.
    :param list_: List the operations.
    :param example: Print JSON Schema and an example of the operation.
    """
    if list_ or type_ is None:
        _list_operations(output)
        return
    if example:
        _show_example(type_, output)
        return
    if file is None:
        raise UsageError("cli.usage", "the file is missing", f"see `concordat tx {type_} --example`")
    operations = read_operations(type_, read_json_file(file))
    if not 0 <= lane < LANES:
        raise UsageError("cli.usage", f"--lane {lane}", "give a lane from 0 to 15")
    name = client_key.encode()
    if len(name) > _CLIENT_KEY_BYTES_MAX:
        raise UsageError("cli.usage", f"--client-key has {len(name)} bytes", "give at most 32 bytes")
    with where.connect(output, next_nonce=None if nonce is None else lambda: nonce) as client:
        emit_receipt(client.send(operations, name, lane), output)


def _list_operations(output: Output) -> None:
    rows = [{"type": name, "description": kind.__doc__} for name, kind in OPERATIONS.items()]
    width = max(map(len, OPERATIONS))
    emit(output, {"operations": rows}, [f"{row['type']:<{width}}  {row['description']}" for row in rows])


def _show_example(name: str, output: Output) -> None:
    _emit_example(name, get_operation_type(name), output)


def _emit_example(name: str, kind: type[Struct], output: Output) -> None:
    example = make_example(kind)
    example.pop("type", None)
    document = {"type": name, "schema": make_schema(kind), "example": example}
    emit(output, document, [json.dumps(example, ensure_ascii=False, indent=2)])


def emit_receipt(receipt: Json, output: Output) -> None:
    """Print a receipt: what happened, then where it stands."""
    emit(output, receipt, describe_receipt_lines(receipt, output.language))


def login(url: str | None = None, /, *, where: Where = WHERE, output: Output = OUTPUT) -> None:
    """Print a link that signs a browser in once.

    :param url: The node's address.
    """
    parts = urlsplit(url or where.node)
    with where.connect(output, f"{parts.scheme}://{parts.netloc}") as client:
        link = client.make_login_link()
    emit(output, link, [link["url"]])
    tell(f"good once, until {link['expires_at']}")


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
    :param example: Print JSON Schema and an example of a draft.
    """
    if example:
        _emit_example("draft", Draft, output)
        return 0
    if file is None:
        raise UsageError("cli.usage", "the file is missing", "see `concordat contract draft --example`")
    draft = json.dumps(read_json_file(file)).encode()
    with where.connect(output) as client:
        drafted = client.post("/v1/contracts/draft", draft)
    clauses = drafted["clauses"].get(output.language) or []
    reasons = [f"✘ {reason.get('text', reason['code'])}" for reason in drafted["reasons"]]
    emit(output, drafted, [json.dumps({"terms": drafted["terms"]}, ensure_ascii=False, indent=2)])
    for line in (*clauses, *reasons):
        tell(str(line))
    return 0 if drafted["valid"] else Refused.exit_status
