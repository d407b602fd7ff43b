from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.client.operations import get_operation_type, make_example, make_schema, read_operations
from concordat.errors import UsageError
from concordat.primitives.plain import to_plain
from concordat.protocol.messages import OPERATIONS


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_example_fits_its_schema_and_is_read_by_the_ledgers_types(name: str) -> None:
    kind = get_operation_type(name)
    example, schema = make_example(kind), make_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(example, schema)
    (operation,) = read_operations(name, example)
    assert to_plain(operation) == example


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_schema_refuses_what_the_types_refuse(name: str) -> None:
    kind = get_operation_type(name)
    example, schema = make_example(kind), make_schema(kind)
    for changed in ({**example, "nick": 1}, *({k: v for k, v in example.items() if k != field} for field in example)):
        if set(changed) == set(example) - {"type"}:
            continue  # the command names the type
        assert not jsonschema.Draft202012Validator(schema).is_valid(changed)
        with pytest.raises(UsageError):
            read_operations(name, changed)


def test_a_list_carries_several_operations_each_with_its_type() -> None:
    examples = [make_example(get_operation_type(name)) for name in ("contracts.sign", "contracts.acknowledge")]
    assert [to_plain(operation)["type"] for operation in read_operations(None, examples)] == [
        "contracts.sign",
        "contracts.acknowledge",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "contract", "x"]), inner),
)


@given(st.sampled_from([None, "contracts.sign", "membership.apply", "nothing"]), JSON)
def test_any_other_json_is_wrong_usage(name: str | None, data: object) -> None:
    with pytest.raises(UsageError):
        read_operations(name, data)
