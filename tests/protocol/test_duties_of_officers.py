"""Roles that end, and officers who stand in for others: a duty that is over refuses by its own code."""

from __future__ import annotations

import pytest

from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.families import membership as m
from concordat.protocol.families.contracts import Sign
from concordat.protocol.records import OfficerRole
from concordat.protocol.transactions import Receipt
from concordat.testing.consortium import Consortium
from protocol.scenes import DIGEST, EDITION_2, get_document, make_officer, make_rotation, name_events

CLERK = "cedar-ford/clerk"


@pytest.fixture
def c() -> Consortium:
    """cedar-ford has a clerk who reads and signs nothing."""
    consortium = Consortium(params=EDITION_2)
    consortium.act("cedar-ford", make_officer(consortium, "cedar-ford", CLERK, roles=("auditor",)))
    return consortium


def register(c: Consortium, signer: str = CLERK) -> Receipt:
    return c.attempt(signer, c.make_registration("cedar-ford"))


def grant(c: Consortium, days: int, role: m.GrantableRole = "data", signer: str = "cedar-ford") -> Receipt:
    return c.attempt(signer, m.Grant(c.get_public_key(CLERK), role, c.time + days * DAY_US, DIGEST))


def delegate(
    c: Consortium, days: int, *roles: OfficerRole, signer: str = "cedar-ford", to: str = CLERK, starts: int = 0
) -> Receipt:
    period = (c.time + starts * DAY_US, c.time + days * DAY_US)
    return c.attempt(signer, m.Delegate(c.get_public_key(to), roles or ("data",), *period))


def test_a_granted_role_ends_with_its_own_code_and_goes_on_when_renewed(c: Consortium) -> None:
    assert register(c).code == "ledger.role_missing"
    assert name_events(grant(c, 10).events, "membership") == ["Granted"]
    end = c.time + 10 * DAY_US
    assert register(c).code == "ok"
    c.advance_to(end - 1)
    assert register(c).code == "ok"
    c.advance_to(end)
    refused = register(c)
    assert (refused.code, refused.reasons[0].parameters) == ("ledger.role_expired", ("data", end))
    assert c.attempt(CLERK, m.Respond(DIGEST)).code == "ledger.role_missing"
    assert grant(c, 10).code == "ok"
    assert register(c).code == "ok"
    assert c.state.grants[(c.get_public_key(CLERK), "data")].term == DIGEST
    c.check_invariants()


def test_a_grant_is_an_administrators_and_ends_at_once_when_told_so(c: Consortium) -> None:
    assert grant(c, 10, signer=CLERK).code == "ledger.role_missing"
    assert grant(c, 10, signer="azure-bay").code == "membership.not_your_officer"
    assert grant(c, 0).code == "membership.period_over"
    assert grant(c, 10).code == "ok"
    assert grant(c, -5).events == (m.Granted("cedar-ford", c.get_public_key(CLERK), "data", c.time, DIGEST),)
    assert register(c).code == "ledger.role_expired"
    assert grant(c, -5).code == "membership.period_over"


def test_a_role_held_for_good_does_not_end_with_a_grant_of_it(c: Consortium) -> None:
    key = c.get_public_key("cedar-ford")
    c.act("cedar-ford", m.Grant(key, "data", c.time + DAY_US, None))
    c.advance(2)
    assert register(c, "cedar-ford").code == "ok"


def test_who_stands_in_acts_as_if_the_role_were_held_and_the_entry_shows_both(c: Consortium) -> None:
    clerk, chief = c.get_public_key(CLERK), c.get_public_key("cedar-ford")
    assert delegate(c, 9, starts=3).code == "ok"
    assert register(c).code == "ledger.role_missing"
    c.advance(3)
    receipt = register(c)
    assert receipt.events[-1] == m.ActedFor("cedar-ford", clerk, chief, "data")
    assert len(receipt.events) == 2
    assert not any(isinstance(event, m.ActedFor) for event in register(c, "cedar-ford").events)
    c.advance(6)
    assert register(c).code == "ledger.role_expired"
    assert delegate(c, 9).code == "ok"
    assert register(c).code == "ok"


def test_nobody_delegates_what_it_does_not_hold_itself(c: Consortium) -> None:
    other = "cedar-ford/other"
    c.act("cedar-ford", make_officer(c, "cedar-ford", other, roles=("auditor",)))
    assert delegate(c, 9, signer=CLERK, to=other).code == "ledger.role_missing"
    assert delegate(c, 9).code == "ok"
    assert delegate(c, 9, signer=CLERK, to=other).code == "ledger.role_missing"
    c.act("cedar-ford", m.SetRoles(c.get_public_key("cedar-ford"), ("admin",)))
    assert register(c).code == "ledger.role_missing"


def test_a_delegation_ends_with_the_key_and_when_it_is_called_off(c: Consortium) -> None:
    assert delegate(c, 9).code == "ok"
    assert delegate(c, 0, starts=-1).code == "ok"
    assert register(c).code == "ledger.role_expired"
    assert delegate(c, 0, starts=-1).code == "membership.period_over"
    assert delegate(c, 9).code == "ok"
    c.act("cedar-ford", make_officer(c, "cedar-ford", "cedar-ford/admin", roles=("admin",)))
    c.act("cedar-ford/admin", m.RemoveOfficer(c.get_public_key("cedar-ford")))
    assert register(c).code == "ledger.role_missing"


def test_a_delegation_is_within_a_member_to_another_and_forward(c: Consortium) -> None:
    assert delegate(c, 9, to="azure-bay").code == "membership.not_your_officer"
    assert delegate(c, 9, "data", "admin").code == "membership.roles_not_in_order"
    assert delegate(c, 9, to="cedar-ford").code == "membership.delegated_to_oneself"
    assert delegate(c, 9, starts=9).code == "membership.period_turned"
    assert delegate(c, 9, signer="nobody").code == "ledger.unknown_key"


def test_a_key_that_replaces_another_goes_on_with_its_duties(c: Consortium) -> None:
    new = "cedar-ford/new-clerk"
    grant(c, 10)
    delegate(c, 10, "contracts")
    c.act(CLERK, make_rotation(c, "cedar-ford", new))
    assert register(c, new).code == "ok"
    assert register(c, CLERK).code == "ledger.removed_key"
    number = c.propose(c.make_supply("azure-bay", "cedar-ford"))
    chief = "cedar-ford/chief"
    c.act("cedar-ford", make_rotation(c, "cedar-ford", chief))
    assert c.attempt(new, Sign(number, get_document(c, number))).code == "ok"


@pytest.mark.parametrize("kind", ["granted", "delegated"])
def test_who_administers_for_a_time_gives_nobody_more_than_that_time(c: Consortium, kind: str) -> None:
    clerk, friend = c.get_public_key(CLERK), "cedar-ford/friend"
    assert (grant(c, 10, "admin") if kind == "granted" else delegate(c, 10, "admin")).code == "ok"
    refused = c.attempt(CLERK, m.SetRoles(clerk, ("admin", "auditor")))
    end = c.time + 10 * DAY_US
    assert (refused.code, refused.reasons[0].parameters) == ("membership.outlasts_own_role", (end,))
    for operation in (
        make_officer(c, "cedar-ford", friend, roles=("auditor",)),
        m.SetRoles(clerk, ("auditor", "data")),
        m.Grant(clerk, "data", end + 1, None),
        m.Grant(clerk, "admin", end + 1, None),
    ):
        assert c.attempt(CLERK, operation).code == "membership.outlasts_own_role"
    assert c.attempt(CLERK, m.Grant(clerk, "contracts", end, None)).code == "ok"
    assert c.attempt(CLERK, m.Grant(clerk, "contracts", c.time, None)).code == "ok", "it ends what it gave"
    chief = c.get_public_key("cedar-ford")
    assert c.attempt(CLERK, m.SetRoles(chief, ("admin",))).code == "ok", "it takes roles away"
    assert c.attempt(CLERK, m.SetRoles(chief, ("admin", "data"))).code == "membership.outlasts_own_role"
    c.advance(10)
    assert c.attempt(CLERK, m.SetRoles(clerk, ("auditor",))).code == "ledger.role_expired"
    c.check_invariants()


def test_who_administers_for_good_gives_for_good_whatever_else_it_holds(c: Consortium) -> None:
    chief = c.get_public_key("cedar-ford")
    c.act("cedar-ford", m.Grant(chief, "admin", c.time + DAY_US, None))
    c.act("cedar-ford", m.SetRoles(c.get_public_key(CLERK), ("admin", "auditor")))
    c.act(CLERK, make_officer(c, "cedar-ford", "cedar-ford/friend"))
