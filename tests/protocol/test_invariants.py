"""What must always hold is looked at by many tests; here each of it is broken, and seen to be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from concordat.protocol.records import Counter, Delegation
from concordat.protocol.state import State
from concordat.testing.consortium import DATASET, Consortium, find_broken_invariants
from protocol.scenes import agree, keep

MEMBER = ("cedar-ford",)
KEPT, DELIVERED = 1, 2
"""The contracts of the scene; what the second one owes waits for its creditor's word."""


def make_scene() -> State:
    c = Consortium()
    keep(c, "cedar-ford", "azure-bay")
    c.deliver(agree(c))
    assert list(find_broken_invariants(c.state)) == []
    return c.state


def change_contract(number: int, **changes: object) -> Callable[[State], None]:
    return lambda state: state.contracts.put((number,), replace(state.contracts[(number,)], **changes))


def change_duty(number: int, **changes: object) -> Callable[[State], None]:
    return lambda state: state.duties.put((number, 1), replace(state.duties[(number, 1)], **changes))


def change_member(**changes: object) -> Callable[[State], None]:
    return lambda state: state.members.put(MEMBER, replace(state.members[MEMBER], **changes))


def lose_the_key(state: State) -> None:
    (key,) = state.members[MEMBER].officers
    state.officers.put((key,), replace(state.officers[(key,)], removed_at=1))


def publish_another_score(state: State) -> None:
    credit = state.credits[MEMBER]
    state.credits.put(MEMBER, replace(credit, score=replace(credit.score, score=999)))


BREAK: list[tuple[str, Callable[[State], None]]] = [
    ("CON-INV-1", change_contract(KEPT, activated_at=None)),
    ("CON-INV-1", change_contract(KEPT, signatures=())),
    ("CON-INV-2", change_contract(DELIVERED, ended_at=1)),
    ("CON-INV-3", change_contract(DELIVERED, status="suspended")),
    ("CON-INV-3", change_duty(DELIVERED, status="curing")),
    ("CON-INV-4", change_duty(DELIVERED, accepted=("azure-bay",))),
    ("CON-INV-4", change_duty(KEPT, accepted=("dune-shore",))),
    ("CON-INV-4", change_duty(DELIVERED, objector="azure-bay")),
    ("CON-INV-4", change_duty(DELIVERED, status="objected")),
    ("CON-INV-4", change_duty(DELIVERED, status="objected", objector="azure-bay", mend_by=1)),
    ("CON-INV-5", change_duty(DELIVERED, waits_until=None)),
    ("CON-INV-5", change_duty(DELIVERED, waits_until=1)),
    ("CON-INV-5", change_duty(KEPT, waits_until=1)),
    ("CON-INV-6", lambda state: state.counters.put(("offers/cedar-ford",), Counter(1))),
    ("DAT-INV-1", lambda state: state.versions.delete((*MEMBER, DATASET, 1))),
    ("DAT-INV-1", lambda state: state.datasets.delete((*MEMBER, DATASET))),
    ("MEM-INV-1", lambda state: state.identities.delete(("TEST", "F3"))),
    ("MEM-INV-1", change_member(code="F-1")),
    ("MEM-INV-1", change_member(status="applied")),
    ("MEM-INV-2", change_member(officers=())),
    ("MEM-INV-2", lose_the_key),
    ("MEM-INV-3", lambda state: state.credits.delete(MEMBER)),
    ("MEM-INV-3", change_member(admitted_at=None)),
    ("MEM-INV-4", lambda state: state.delegations.put((bytes(32), bytes(32)), Delegation(*MEMBER, ("data",), 0, 1))),
    ("CRD-INV-1", lambda state: state.credits.delete(MEMBER)),
    ("CRD-INV-2", publish_another_score),
]


@pytest.mark.parametrize(("invariant", "damage"), BREAK, ids=[f"{place} {row[0]}" for place, row in enumerate(BREAK)])
def test_a_broken_invariant_is_named(invariant: str, damage: Callable[[State], None]) -> None:
    state = make_scene()
    damage(state)
    assert invariant in {line.partition(":")[0] for line in find_broken_invariants(state)}
