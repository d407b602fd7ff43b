"""Golden cases (vectors/): what the rooms' tables of kinds share. Spec/credit.md CRD-16 describes the files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from concordat.errors import UsageError
from concordat.primitives.plain import Json

T = TypeVar("T")

Kinds = Mapping[str, Callable[[Json], Json]]
"""By kind of case: the function from a case's input to what it must expect, both as JSON."""


def bind(kind: type[T], function: Callable[[T], Json]) -> Callable[[Json], Json]:
    """Let a function of a struct take the struct's JSON."""
    return lambda given: function(msgspec.convert(given, kind))


def compute_expected(kinds: Kinds, kind: str, given: Json) -> Json:
    """Return what a case of `kind` with the input `given` must expect.

    Raises:
        UsageError: `vectors.unknown_kind`, `vectors.malformed`.
    """
    if kind not in kinds:
        raise UsageError("vectors.unknown_kind", f"{kind} ({', '.join(kinds)})")
    try:
        return kinds[kind](given)
    except (msgspec.ValidationError, LookupError, TypeError, ValueError) as error:
        raise UsageError("vectors.malformed", f"{kind}: {error}") from error


def check_case(kinds: Kinds, kind: str, case: Mapping[str, Json]) -> bool:
    """Tell whether the rules give what the case `{"name", "input", "expect"}` expects; raises as `compute_expected`."""
    return bool(compute_expected(kinds, kind, case.get("input")) == case.get("expect"))
