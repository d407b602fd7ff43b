"""The JSON view of the codec's structs: objects with field names, bytes as lowercase hex, times as ISO 8601.

JSON lives at the faces only; nothing here is signed or hashed (genesis.json is pinned by its exact bytes).

>>> from concordat.primitives.identifiers import Label
>>> to_plain(Label("Azure Bay", "蔚湾"))
{'en': 'Azure Bay', 'zh': '蔚湾'}
>>> from_plain(Label, {"en": "Azure Bay", "zh": "", "nick": "AB"})
Traceback (most recent call last):
concordat.errors.UsageError: input.unknown_field: /nick (en, zh)
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast

import msgspec
from msgspec import inspect

from concordat.errors import ConcordatError, UsageError
from concordat.primitives.identifiers import ADDRESS_PATTERN, CODE_PATTERN, NAME_PATTERN
from concordat.primitives.ledger_time import format_time, parse_time

T = TypeVar("T")
Json = Any
"""A value of the JSON edge: dict, list, str, int, bool or None."""


def read_json(body: bytes) -> Json:
    """Return the JSON value that bytes write.

    Raises:
        UsageError: `input.not_json`, also for what only some readers take (NaN, half a surrogate pair);
            `input.repeated_field`.
    """
    try:
        msgspec.json.decode(body)  # the strict reader; the other one sees repeated fields
        return json.loads(body, object_pairs_hook=_make_object)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise UsageError("input.not_json", str(error)) from error


def _make_object(pairs: list[tuple[str, Json]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        ((repeated, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise UsageError("input.repeated_field", repeated)
    return found


def to_plain(value: object, kind: object = None) -> Json:
    """Return the JSON view of `value`; `kind` is its declared type where that says more than its class."""
    return _writer_of(kind if kind is not None else type(value))(value)


def from_plain(kind: type[T], data: Json) -> T:
    """Return the value of type `kind` that the JSON view describes.

    Raises:
        UsageError: `input.*`, naming the place as a JSON Pointer, when a field is missing, unknown or does not fit.
    """
    arrays = _reader_of(kind)(data, "")  # type: ignore[arg-type]  # every type is hashable
    try:
        return msgspec.convert(arrays, type=kind)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `$")
        indexes = [int(part) for part in re.findall(r"\[(\d+)\]", place)]
        pointer, info = _find_place(inspect.type_info(kind), data, indexes)
        raise _make_misfit(pointer or "/", info, reason) from error


def _make_misfit(pointer: str, info: inspect.Type, reason: str) -> UsageError:
    """Return the error of a value of the right kind that does not fit; a pattern is told in words, never as it is."""
    if isinstance(info, inspect.LiteralType):
        return UsageError("input.does_not_fit", f"{pointer} is none of {', '.join(map(str, info.values))}")
    if not isinstance(info, inspect.StrType) or info.pattern is None or "matching regex" not in reason:
        return UsageError("input.does_not_fit", f"{pointer}: {reason}".replace("`", ""))
    if info.pattern == NAME_PATTERN:
        return UsageError("input.not_a_name", pointer)
    if info.pattern == ADDRESS_PATTERN:
        return UsageError("input.not_an_address", pointer)
    if info.pattern == CODE_PATTERN:
        return UsageError("input.not_a_code", pointer)
    return UsageError("input.not_printable", pointer)


def _find_place(info: inspect.Type, data: Json, indexes: list[int]) -> tuple[str, inspect.Type]:
    """Return the JSON Pointer and the type of a place that the array form calls by `indexes`."""
    if isinstance(info, inspect.Metadata):
        return _find_place(info.type, data, indexes)
    if isinstance(info, inspect.UnionType):
        tag = data.get("type") if isinstance(data, dict) else None
        others = [one for one in info.types if not isinstance(one, inspect.NoneType)]
        return _find_place(next((one for one in others if getattr(one, "tag", None) == tag), others[0]), data, indexes)
    if not indexes:
        return "", info
    first, rest = indexes[0], indexes[1:]
    if isinstance(info, inspect.StructType):
        field = info.fields[first - (info.tag is not None)]
        pointer, found = _find_place(field.type, data[field.name], rest)
        return f"/{field.name}{pointer}", found
    if isinstance(info, inspect.VarTupleType):
        pointer, found = _find_place(info.item_type, data[first], rest)
        return f"/{first}{pointer}", found
    return "", info


def is_time(info: inspect.Type) -> bool:
    """Tell whether values of a type are microseconds on the ledger and a text in JSON."""
    return isinstance(info, inspect.Metadata) and (info.extra_json_schema or {}).get("format") == "date-time"


@cache
def _writer_of(kind: object) -> Callable[[Any], Json]:
    return _make_writer(inspect.type_info(kind))


def _make_writer(info: inspect.Type) -> Callable[[Any], Json]:  # one case per kind of type
    if isinstance(info, inspect.Metadata):
        return format_time if is_time(info) else _make_writer(info.type)
    if isinstance(info, inspect.BytesType):
        return lambda value: value.hex()
    if isinstance(info, inspect.StructType):
        fields = [(field.name, _make_writer(field.type)) for field in info.fields]
        head = {} if info.tag is None else {"type": info.tag}
        return lambda value: {**head, **{name: write(getattr(value, name)) for name, write in fields}}
    if isinstance(info, inspect.VarTupleType):
        write_item = _make_writer(info.item_type)
        return lambda value: [write_item(item) for item in value]
    if isinstance(info, inspect.TupleType):
        writers = [_make_writer(item) for item in info.item_types]
        return lambda value: [write(item) for write, item in zip(writers, value, strict=True)]
    if isinstance(info, inspect.UnionType):
        return _make_union_writer(info)
    return lambda value: value


def _make_union_writer(info: inspect.UnionType) -> Callable[[Any], Json]:
    others = [member for member in info.types if not isinstance(member, inspect.NoneType)]
    if len(others) == 1:
        write = _make_writer(others[0])
        return lambda value: None if value is None else write(value)
    return lambda value: value.hex() if isinstance(value, bytes) else (
        to_plain(value) if isinstance(value, msgspec.Struct) else value
    )


Reader = Callable[[Json, str], Any]


@cache
def _reader_of(kind: object) -> Reader:
    return _make_reader(inspect.type_info(kind))


def _make_reader(info: inspect.Type) -> Reader:
    if isinstance(info, inspect.Metadata):
        return _read_time if is_time(info) else _make_reader(info.type)
    if isinstance(info, inspect.BytesType):
        return _read_bytes
    if isinstance(info, inspect.StructType):
        return _make_struct_reader(info)
    if isinstance(info, inspect.VarTupleType):
        read_item = _make_reader(info.item_type)
        return lambda data, at: [read_item(item, f"{at}/{n}") for n, item in enumerate(_expect(list, data, at))]
    if isinstance(info, inspect.UnionType):
        return _make_union_reader(info)
    return lambda data, _at: data


def _make_struct_reader(info: inspect.StructType) -> Reader:
    readers = {field.name: _make_reader(field.type) for field in info.fields}
    head = [] if info.tag is None else [info.tag]

    def read(data: Json, at: str) -> list[Any]:
        given = _expect(dict, data, at)
        if head and given.get("type", info.tag) != info.tag:
            raise UsageError("input.does_not_fit", f"{at}/type is not {info.tag}")
        for name in given:
            if name not in readers and not (head and name == "type"):
                raise UsageError("input.unknown_field", f"{at}/{name} ({', '.join(readers)})")
        for name in readers:
            if name not in given:
                raise UsageError("input.missing_field", f"{at}/{name}")
        return head + [read_field(given[name], f"{at}/{name}") for name, read_field in readers.items()]

    return read


def _make_union_reader(info: inspect.UnionType) -> Reader:
    structs = [member for member in info.types if isinstance(member, inspect.StructType)]
    tagged = {member.tag: _make_struct_reader(member) for member in structs}
    others = [member for member in info.types if not isinstance(member, inspect.StructType | inspect.NoneType)]
    allows_none = any(isinstance(member, inspect.NoneType) for member in info.types)
    single = _make_reader(others[0]) if len(others) == 1 else (lambda data, _at: data)

    def read(data: Json, at: str) -> Any:
        if data is None and allows_none:
            return None
        if not tagged:
            return single(data, at)
        if len(tagged) == 1 and None in tagged:
            return tagged[None](data, at)
        tag = _expect(dict, data, at).get("type")
        if not isinstance(tag, str) or tag not in tagged:
            told = json.dumps(tag, ensure_ascii=False)
            raise UsageError("input.unknown_type", f"{at}/type: {told} ({', '.join(map(str, tagged))})")
        return tagged[tag](data, at)

    return read


def _expect(kind: type, data: Json, at: str) -> Json:
    if not isinstance(data, kind):
        wanted = {"dict": "an object", "list": "a list", "str": "a text"}[kind.__name__]
        raise UsageError("input.does_not_fit", f"{at or '/'} is not {wanted}")
    return data


def _read_bytes(data: Json, at: str) -> bytes:
    text = cast("str", _expect(str, data, at))
    if len(text) % 2 or not all(digit in "0123456789abcdef" for digit in text):
        raise UsageError("input.not_hex", at)
    return bytes.fromhex(text)


def _read_time(data: Json, at: str) -> int:
    text = cast("str", _expect(str, data, at))
    try:
        return parse_time(text)
    except ConcordatError as error:
        raise UsageError(error.code, f"{at}: {error.detail}") from error
