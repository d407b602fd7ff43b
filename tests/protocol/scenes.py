"""What members do in many tests, in few words; the contracts' events and what credit made of them."""

from __future__ import annotations

from hashlib import sha256

from msgspec.structs import replace

from concordat.crypto.signatures import sign
from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.families import behaviors
from concordat.protocol.families import membership as m
from concordat.protocol.families.ballots import Open, Vote
from concordat.protocol.families.contracts import Acknowledge, Object
from concordat.protocol.messages import Event
from concordat.protocol.params import DEFAULT_PARAMS
from concordat.protocol.records import ChangeParameter, Motion, OfficerRole
from concordat.testing.consortium import Consortium

DIGEST = sha256(b"x").digest()
NEWCOMER = "echo-hill"
EDITION_2 = replace(DEFAULT_PARAMS, edition=2)
QUORUM_350 = ChangeParameter("ballot_quorum_milli", 350, 500)


def name_events(events: tuple[Event, ...], family: str) -> list[str]:
    """One family's events by name; what credit makes of them is told by the records."""
    return [type(event).__name__ for event in events if type(event).__module__.endswith(family)]


# ── members ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def make_application(c: Consortium, member: str = NEWCOMER, **changes: object) -> m.Apply:
    return replace(c.make_application(member, "azure-bay"), **changes)


def apply_for(c: Consortium, **changes: object) -> m.Apply:
    """The newcomer's application under azure-bay, with its own key."""
    application = make_application(c, NEWCOMER, **changes)
    c.act(NEWCOMER, application)
    return application


def get_reviewed(c: Consortium, **changes: object) -> m.Apply:
    """The same with its sponsor's word: verifiers may speak."""
    application = apply_for(c, **changes)
    c.act("azure-bay", m.Sponsor(NEWCOMER, verdict=True))
    return application


def attest(c: Consortium, verifier: str, application: m.Apply, *, verdict: bool = True) -> list[str]:
    attestation = m.Attest(application.member, application.dossier, verdict)
    return name_events(c.act(verifier, attestation), "membership")


def make_officer(
    c: Consortium, member: str, label: str, roles: tuple[OfficerRole, ...] = m.ALL_ROLES
) -> m.AddOfficer:
    message = m.compute_possession_message(c.chain.id, member)
    return m.AddOfficer(c.get_public_key(label), roles, bytes(32), sign(c.get_seed(label), message))


def make_rotation(c: Consortium, member: str, label: str) -> m.RotateKey:
    officer = make_officer(c, member, label)
    return m.RotateKey(officer.public_key, officer.card, officer.possession)


def make_ballot(c: Consortium, motion: Motion, *, days: int = 7) -> Open:
    return Open(motion, "because", c.time, c.time + days * DAY_US)


def open_ballot(c: Consortium, motion: Motion, opener: str = "azure-bay", *, days: int = 7) -> int:
    c.act(opener, make_ballot(c, motion, days=days))
    return c.state.counters[("ballots",)].count


def announce(c: Consortium, motion: Motion, *, days: int, lasts: int = 7, opener: str = "azure-bay") -> int:
    """Open a ballot in which voting begins days later."""
    operation = make_ballot(c, motion, days=days + lasts)
    c.act(opener, replace(operation, opens_at=c.time + days * DAY_US))
    return c.state.counters[("ballots",)].count


def vote(c: Consortium, number: int, **choices: str) -> None:
    """Let members vote: `azure_bay="yes"`."""
    for member, choice in choices.items():
        c.act(member.replace("_", "-"), Vote(number, choice))  # type: ignore[arg-type]  # a test names a choice


def get_ballot_status(c: Consortium, number: int) -> str:
    return c.state.ballots[(number,)].status


def get_member_status(c: Consortium, member: str) -> str:
    return c.state.members[(member,)].status


def breach(c: Consortium, debtor: str, count: int) -> tuple[Event, ...]:
    """Let obligations of different contracts, owed in turn to two seeds, fail at once."""
    for place in range(count):
        c.agree(c.make_supply(debtor, ("azure-bay", "birch-vale")[place % 2], size=10, due_days=2))
    return c.advance(2 + 7 + 14)


def expel(c: Consortium, member: str = "cedar-ford") -> None:
    breach(c, member, 5)
    c.advance(DEFAULT_PARAMS.hearing_days)
    assert get_member_status(c, member) == "expelled"


# ── contracts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def get_document(c: Consortium, number: int) -> bytes:
    return c.state.contracts[(number,)].document


def get_status(c: Consortium, number: int) -> str:
    return c.state.contracts[(number,)].status


def get_duty_status(c: Consortium, number: int, obligation: int = 1) -> str:
    return c.state.duties[(number, obligation)].status


def get_severities(c: Consortium, member: str = "cedar-ford") -> list[int]:
    return [record.severity for _, record in c.state.records.group(member)]


def agree(c: Consortium, *, days: int = 0, times: int = 1, grace_days: int = 7) -> int:
    """A supply of cedar-ford to azure-bay due in 30 days, then moved on by `days`."""
    number = c.agree(c.make_supply("cedar-ford", "azure-bay", times=times, grace_days=grace_days))
    if days:
        c.advance(days)
    return number


def agree_on_two(c: Consortium, *, apart_days: int) -> int:
    """Two obligations, the second due `apart_days` after the first."""
    terms = c.make_supply("cedar-ford", "azure-bay", times=2)
    first, second = terms.obligations
    return c.agree(replace(terms, obligations=(first, replace(second, due=first.due + apart_days * DAY_US))))


def agree_on_exchange(c: Consortium, *, apart_days: int) -> int:
    """cedar-ford owes azure-bay, and is owed something `apart_days` later."""
    terms = c.make_supply("cedar-ford", "azure-bay", times=2)
    first, second = terms.obligations
    due = first.due + apart_days * DAY_US
    second = replace(second, debtor="azure-bay", creditors=("cedar-ford",), due=due)
    return c.agree(replace(terms, template="exchange/1", obligations=(first, second)))


def make_object(number: int, obligation: int = 1) -> Object:
    return Object(number, obligation, "incomplete", DIGEST)


def object_to(c: Consortium, number: int, obligation: int = 1, member: str = "azure-bay") -> list[str]:
    return name_events(c.act(member, make_object(number, obligation)), "contracts")


def acknowledge(c: Consortium, number: int, obligation: int = 1, member: str = "azure-bay") -> list[str]:
    return name_events(c.act(member, Acknowledge(number, obligation)), "contracts")


def keep(c: Consortium, debtor: str, creditor: str, size: int = 50) -> None:
    """Agree, deliver and be thanked at once."""
    number = c.agree(c.make_supply(debtor, creditor, size=size, due_days=3))
    c.deliver(number)
    acknowledge(c, number, member=creditor)


# ── behaviors ───────────────────────────────────────────────────────────────────────────────────────────────────────


def make_record(c: Consortium, member: str, **changes: object) -> behaviors.Record:
    record = behaviors.Record(
        kind="water.released",
        subject=behaviors.OfMember(member),
        occurred_at=c.time,
        evidence=DIGEST,
        sentence=Label("Gate 3 opened", "三号闸开启"),
    )
    return replace(record, **changes)


def make_anchor(c: Consortium, **changes: object) -> behaviors.Anchor:
    anchor = behaviors.Anchor(series="gate-levels", first_at=c.time, last_at=c.time, count=24, root=DIGEST)
    return replace(anchor, **changes)
