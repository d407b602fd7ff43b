"""The JSON view says the same as the value, in words, and says where an input does not fit."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from concordat.errors import UsageError
from concordat.primitives.codec import Struct
from concordat.primitives.plain import from_plain, read_json, to_plain
from concordat.protocol.families.clock import Advance
from concordat.protocol.families.contracts import Deliver, Propose
from concordat.protocol.families.datasets import Register
from concordat.protocol.families.membership import Apply
from concordat.protocol.genesis import Genesis
from concordat.protocol.messages import EVENTS, OPERATIONS
from concordat.protocol.transactions import Entry, Payload
from concordat.testing.consortium import Consortium
from primitives.strategies import values_of

KINDS = [*OPERATIONS.values(), *EVENTS.values(), Payload, Entry, Genesis]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_message_survives_its_json_view(kind: type[Struct]) -> None:
    @settings(max_examples=25, deadline=None)
    @given(values_of(kind))
    def check(value: Struct) -> None:
        plain = json.loads(json.dumps(to_plain(value)))
        assert from_plain(kind, plain) == value

    check()


DELIVERY = {"type": "contracts.deliver", "contract": 1, "obligation": 1, "version": 1}


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"contract": "one"}, "input.does_not_fit", ""),
        ({"contract": 0}, "input.does_not_fit", ""),
        ({"contract": True}, "input.does_not_fit", ""),
        ({"contract": 1.5}, "input.does_not_fit", ""),
        ({"extra": 1}, "input.unknown_field", "/extra"),
        ({"type": "contracts.sign"}, "input.does_not_fit", "/type"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, object], code: str, place: str) -> None:
    with pytest.raises(UsageError) as caught:
        from_plain(Deliver, DELIVERY | change)
    assert caught.value.code == code
    assert place in caught.value.detail


@pytest.mark.parametrize("told", ["emperor", 5, None])
def test_of_a_word_that_is_none_of_several_the_allowed_ones_are_named(told: object) -> None:
    application = to_plain(Consortium().make_application("dune-reach", "azure-bay")) | {"kind": told}
    with pytest.raises(UsageError) as caught:
        from_plain(Apply, application)
    assert caught.value.code == "input.does_not_fit"
    assert caught.value.detail == "/kind is none of agency, department, overseer, region, supplier"


@pytest.mark.parametrize("time", [7, 1893456000, 1.5, True, None, ["2027-02-14T09:00:00Z"]])
def test_a_time_is_a_text(time: object) -> None:
    with pytest.raises(UsageError) as caught:
        from_plain(Advance, {"type": "clock.advance", "time": time})
    assert caught.value.code == "input.does_not_fit"
    assert "/time" in caught.value.detail


def test_a_missing_field_is_named_where_it_is_missing() -> None:
    plain = to_plain(Propose(Consortium().make_supply("azure-bay", "cedar-ford")))
    del plain["terms"]["obligations"][0]["evidence"]["schema"]
    with pytest.raises(UsageError) as caught:
        from_plain(Propose, plain)
    assert (caught.value.code, caught.value.detail) == ("input.missing_field", "/terms/obligations/0/evidence/schema")


@pytest.mark.parametrize("kind", ["hearsay", ["hearsay"], None, {}])
def test_an_unknown_evidence_is_named(kind: object) -> None:
    plain = to_plain(Propose(Consortium().make_supply("azure-bay", "cedar-ford")))
    plain["terms"]["obligations"][0]["evidence"]["type"] = kind
    with pytest.raises(UsageError) as caught:
        from_plain(Propose, plain)
    assert caught.value.code == "input.unknown_type"


@pytest.mark.parametrize("digest", ["AB" * 32, "0x" + "ab" * 31, "a", "zz" * 32, " " + "ab" * 31, 7, None])
def test_bytes_are_lowercase_hexadecimal(digest: object) -> None:
    plain = to_plain(Consortium().make_registration("azure-bay")) | {"digest": digest}
    with pytest.raises(UsageError) as caught:
        from_plain(Register, plain)
    assert caught.value.code in {"input.not_hex", "input.does_not_fit"}


@pytest.mark.parametrize("count", [0, 200_000])
def test_a_repeated_field_is_named_and_soon_found_among_many(count: int) -> None:
    """Whoever compared each name with every other would be busy for minutes."""
    names = [*(f"n{number}" for number in range(count)), "twice", "twice"]
    with pytest.raises(UsageError) as caught:
        read_json(b"{%s}" % ", ".join(f'"{name}": 1' for name in names).encode())
    assert (caught.value.code, caught.value.detail) == ("input.repeated_field", "twice")


@pytest.mark.parametrize("data", [None, [], "x", 3])
def test_an_operation_is_an_object(data: object) -> None:
    with pytest.raises(UsageError, match="is not an object"):
        from_plain(Deliver, data)


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"member": "A b"}, "input.not_a_name", "/member"),
        ({"code": "A b"}, "input.not_a_code", "/code"),
        ({"name": {"en": "x\n", "zh": ""}}, "input.not_printable", "/name/en"),
        ({"parent": "A b"}, "input.not_a_name", "/parent"),
        ({"member": "a"}, "input.does_not_fit", "/member"),
        ({"dossier": "00"}, "input.does_not_fit", "/dossier"),
    ],
)
def test_a_value_that_does_not_fit_is_named_by_its_field(change: dict[str, object], code: str, place: str) -> None:
    application = {
        "type": "membership.apply", "member": "ab", "name": {"en": "x", "zh": ""}, "kind": "region", "scheme": "S",
        "code": "1", "dossier": "00" * 32, "sponsor": "cd", "predecessor": None, "parent": None, "card": "00" * 32,
    }  # fmt: skip
    with pytest.raises(UsageError) as caught:
        from_plain(Apply, application | change)
    assert caught.value.code == code
    assert caught.value.detail.partition(": ")[0] == place
    assert "regex" not in str(caught.value)
    assert "^" not in caught.value.detail
