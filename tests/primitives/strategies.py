"""Values of any type that the codec knows, made from the type itself."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from msgspec import inspect

from concordat.primitives.characters import INVISIBLE
from concordat.primitives.identifiers import ADDRESS_PATTERN, CODE_PATTERN, INTEGER_MAX, NAME_PATTERN, Label
from concordat.protocol.records import PARAMETER_PATTERN

SLUGS = st.from_regex(r"[a-z][a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,2}", fullmatch=True)
CODES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9./:_-]{0,20}", fullmatch=True)
SEEN = st.characters(codec="utf-8", exclude_categories=["C", "Z"]).filter(
    lambda character: not any(first <= ord(character) <= last for first, last in INVISIBLE)
)
TEXTS = st.text(SEEN | st.just(" "), max_size=20)
BY_PATTERN = {
    NAME_PATTERN: SLUGS,
    CODE_PATTERN: CODES,
    ADDRESS_PATTERN: st.from_regex(r"[a-z]{1,9}(?:\.[a-z]{1,9})?@[a-z]{1,9}(?:\.[a-z]{2,9})?", fullmatch=True),
    PARAMETER_PATTERN: st.from_regex(r"[a-z][a-z0-9_]{1,20}", fullmatch=True),
}


def strategy_of(info: inspect.Type) -> st.SearchStrategy[Any]:  # noqa: C901  # one case per kind of type
    """Return values that fit the type; a pattern is told by its look, since regexes end differently everywhere."""
    match info:
        case inspect.Metadata():
            return strategy_of(info.type)
        case inspect.StructType() if info.cls is Label:
            return st.builds(Label, TEXTS.filter(str.strip), TEXTS)
        case inspect.StructType():
            return st.builds(info.cls, **{field.encode_name: strategy_of(field.type) for field in info.fields})
        case inspect.IntType():
            below = INTEGER_MAX + 1 if info.lt is None else info.lt
            return st.integers(info.ge or 0, below - 1 if info.le is None else info.le)
        case inspect.BytesType():
            return st.binary(min_size=info.min_length or 0, max_size=info.max_length or 40)
        case inspect.StrType() if info.pattern is None:
            return TEXTS
        case inspect.StrType():
            return BY_PATTERN.get(info.pattern or "", TEXTS)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.LiteralType():
            return st.sampled_from(info.values)
        case inspect.UnionType():
            return st.one_of([strategy_of(member) for member in info.types])
        case inspect.VarTupleType():
            most = min(info.max_length or 3, 3)
            items = st.lists(strategy_of(info.item_type), min_size=info.min_length or 0, max_size=most)
            return items.map(tuple)
        case inspect.TupleType():
            return st.tuples(*(strategy_of(item) for item in info.item_types))
        case inspect.DictType():
            return st.dictionaries(strategy_of(info.key_type), strategy_of(info.value_type), max_size=3)
    raise NotImplementedError(info)


def values_of(kind: object) -> st.SearchStrategy[Any]:
    """Return values of a type by the type itself."""
    return strategy_of(inspect.type_info(kind))
