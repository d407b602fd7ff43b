"""Whatever stands in a path or a query, of pages and of `/v1`, is answered or refused, and never a defect."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.routes import HTTPRoute

from concordat.api.server import make_app
from concordat.primitives.identifiers import INTEGER_MAX

from .scene import Scene
from .visitor import Visitor

QUERY = ("after", "before", "contract", "cursor", "dataset", "from", "lang", "language", "limit", "member", "q")

NUMBERS = st.one_of(
    st.integers(-3, 50),
    st.sampled_from([INTEGER_MAX, INTEGER_MAX + 1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**30]),
).map(str)

VALUES = st.one_of(
    st.text(max_size=40),
    NUMBERS,
    st.sampled_from(["9" * 15, "9" * 16, "9" * 4300, "9" * 5000, "-" + "9" * 5000, "1e400", "nan", "١٢", "²", "0x10"]),
    st.sampled_from(["azure-bay", "north-terrace/hourly-air-quality-readings", "\0", "%", "../..", "ab" * 32]),
)


@pytest.fixture(scope="module")
def reader(told: Scene) -> Iterator[Visitor]:
    """An officer of an operator, signed in for the whole module."""
    with Visitor(told.node) as found:
        found.sign_in()
        yield found


@pytest.fixture(scope="module")
def paths(told: Scene) -> list[str]:
    routes = make_app(told.node).routes
    return sorted(each.path_format for each in routes if isinstance(each, HTTPRoute) and "GET" in each.methods)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_value_of_a_parameter_is_a_defect(reader: Visitor, paths: list[str], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(paths))
    target = "/".join(
        quote(data.draw(VALUES), safe="") if part.startswith("{") else part for part in path.split("/")
    )
    query = data.draw(st.dictionaries(st.sampled_from(QUERY), VALUES, max_size=3))
    query |= {"seconds": "0"} if path == "/v1/events" else {}  # else the stream lasts for minutes
    answer = reader.client.get(f"{target}?{urlencode(query)}")
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("value", ["9" * 5000, "9" * 30, "x", "-1"])
def test_a_number_that_is_none_is_refused_alike_by_page_and_interface(reader: Visitor, value: str) -> None:
    answers = [reader.client.get(f"{face}/ledger?contract={value}") for face in ("", "/v1")]
    assert answers[0].status_code == answers[1].status_code
