"""What an operation looks like in JSON: its fields as JSON Schema, and an example to begin from.

Both are derived from the ledger's own types, so that they cannot say anything else than what the ledger reads.
"""

from __future__ import annotations

import json
import typing
from typing import Final

from msgspec import inspect

from concordat.credit.records import RecordId
from concordat.errors import UsageError
from concordat.primitives.codec import Struct
from concordat.primitives.plain import Json, from_plain, is_time
from concordat.protocol.messages import OPERATIONS, Operation

_EXAMPLE_TEXTS = {
    "^[a-z][a-z0-9]*(?:-[a-z0-9]+)*\\Z": "azure-bay",
    "^[A-Za-z0-9][A-Za-z0-9./:_-]*\\Z": "AB-0001",
}
_EXAMPLE_FIELDS: Final = {"scheme": "EXAMPLE", "sponsor": "birch-vale"}
"""Where the type says too little: a scheme is no code, and nobody is its own sponsor."""

_RECORD_PARTS: Final = 4
"""Of a record's id: height, place in the block, operation, number."""


def show_record_id(record: RecordId) -> str:
    """Return how people write a record's id.

    >>> show_record_id((12, 0, 0, 1))
    '12.0.0.1'
    """
    return ".".join(map(str, record))


def read_record_id(text: str) -> RecordId:
    """Return the id that somebody typed.

    Raises:
        UsageError: `input.does_not_fit`.
    """
    parts = text.strip().split(".")
    if len(parts) != _RECORD_PARTS or not all(part.isascii() and part.isdecimal() and len(part) < 16 for part in parts):
        raise UsageError("input.does_not_fit", f"/record is not like 12.0.0.1: {text[:40]!r}")
    height, index, operation, number = map(int, parts)
    return (height, index, operation, number)


def get_operation_type(name: str) -> type[Struct]:
    """Return the struct of an operation by its name on the wire.

    Raises:
        UsageError: `input.unknown_type`.
    """
    if name not in OPERATIONS:
        raise UsageError("input.unknown_type", f"{name} ({', '.join(OPERATIONS)})")
    return OPERATIONS[name]


def read_operations(name: str | None, data: Json) -> tuple[Operation, ...]:
    """Return the operations that JSON describes: the fields of one, or a list; each may name its own `type`.

    Raises:
        UsageError: `input.*` with the place as a JSON Pointer.
    """
    items = data if isinstance(data, list) else [data]
    if not items:
        raise UsageError("input.does_not_fit", "there is no operation")
    return tuple(_read_operation(name, item) for item in items)


def _read_operation(name: str | None, item: Json) -> Operation:
    named = item.get("type", name) if isinstance(item, dict) else name
    if name in OPERATIONS and named != name:
        told = named if isinstance(named, str) else json.dumps(named, ensure_ascii=False)
        words = f"{told} where {name} was announced; a mixed list is announced as `operations`"
        raise UsageError("input.unknown_type", words)
    kind = get_operation_type(named if isinstance(named, str) else "")
    return typing.cast("Operation", from_plain(kind, item))


def make_schema(kind: type[Struct]) -> Json:
    """Return the JSON Schema of a struct's JSON view."""
    return _describe(inspect.type_info(kind), is_whole=True)


def make_example(kind: type[Struct]) -> Json:
    """Return values that fit the struct's types; what they say means nothing."""
    return _fill(inspect.type_info(kind))


def _describe(info: inspect.Type, *, is_whole: bool = False, is_one_of: bool = False) -> Json:
    """Return a schema; a struct inside another is described in place, since none contains itself.

    Its `type` may be left out where no other could stand.
    """
    if isinstance(info, inspect.Metadata):
        # A time is an integer on the ledger and a text in JSON.
        return {"type": "string", "format": "date-time"} if is_time(info) else _describe(info.type)
    if isinstance(info, inspect.StructType):
        properties = {field.name: _describe(field.type) for field in info.fields}
        required = list(properties)
        if info.tag is not None:
            properties = {"type": {"const": info.tag}, **properties}
            required = ["type", *required] if is_one_of else required
        head = {"description": info.cls.__doc__} if is_whole else {}
        fields = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
        return {**head, **fields}
    if isinstance(info, inspect.VarTupleType):
        return _bounded({"type": "array", "items": _describe(info.item_type)}, info, "Items")
    if isinstance(info, inspect.TupleType):
        items = [_describe(item) for item in info.item_types]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if isinstance(info, inspect.UnionType):
        return {"anyOf": [_describe(member, is_one_of=True) for member in info.types]}
    if isinstance(info, inspect.LiteralType):
        return {"enum": list(info.values)}
    return _describe_scalar(info)


def _describe_scalar(info: inspect.Type) -> Json:
    if isinstance(info, inspect.BytesType):
        return _bounded({"type": "string", "pattern": "^([0-9a-f]{2})*$"}, info, "Length", 2)
    if isinstance(info, inspect.IntType):
        bounds = {"minimum": info.ge, "maximum": info.le, "exclusiveMaximum": info.lt}
        return {"type": "integer", **{name: bound for name, bound in bounds.items() if bound is not None}}
    if isinstance(info, inspect.StrType):
        pattern = {} if info.pattern is None else {"pattern": info.pattern.replace("\\Z", "$")}
        return _bounded({"type": "string", **pattern}, info, "Length")
    return {"type": "null" if isinstance(info, inspect.NoneType) else "boolean"}


def _bounded(
    schema: Json, info: inspect.VarTupleType | inspect.BytesType | inspect.StrType, of: str, by: int = 1
) -> Json:
    bounds = {f"min{of}": info.min_length, f"max{of}": info.max_length}
    return {**schema, **{name: bound * by for name, bound in bounds.items() if bound is not None}}


def _fill(info: inspect.Type) -> Json:
    if isinstance(info, inspect.Metadata):
        return "2027-02-14T09:00:00Z" if is_time(info) else _fill(info.type)
    if isinstance(info, inspect.StructType):
        head = {} if info.tag is None else {"type": info.tag}
        return {**head, **{field.name: _EXAMPLE_FIELDS.get(field.name) or _fill(field.type) for field in info.fields}}
    if isinstance(info, inspect.VarTupleType):
        return [_fill(info.item_type)] * max(1, info.min_length or 0)
    if isinstance(info, inspect.TupleType):
        return [_fill(item) for item in info.item_types]
    if isinstance(info, inspect.UnionType):
        return None if any(isinstance(item, inspect.NoneType) for item in info.types) else _fill(info.types[0])
    return _fill_scalar(info)


def _fill_scalar(info: inspect.Type) -> Json:
    if isinstance(info, inspect.LiteralType):
        return info.values[0]
    if isinstance(info, inspect.BytesType):
        return "00" * (info.min_length or 0)
    if isinstance(info, inspect.IntType):
        return max(info.ge or 0, 1)
    if isinstance(info, inspect.StrType):
        return _EXAMPLE_TEXTS.get(info.pattern or "", "text")
    return True

