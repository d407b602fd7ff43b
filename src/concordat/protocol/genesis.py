"""Genesis: the document from which a chain begins. SHA-256 of its exact bytes is the chain id (spec/genesis.md).

The document is JSON for people; it must be written exactly as `render_genesis` writes it, so that two readers can never
understand the same bytes differently.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Literal

from msgspec import Meta

from concordat.crypto.signatures import is_sound_key
from concordat.errors import Corrupt, UsageError
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import Code, Digest, Label, MemberId, PublicKey, TimeUs
from concordat.primitives.plain import from_plain, to_plain
from concordat.protocol.context import Context
from concordat.protocol.families import credit, membership
from concordat.protocol.families.membership.admission import make_identity_key, make_newcomer_credit
from concordat.protocol.params import ParamsRow, make_params
from concordat.protocol.records import Identity, Member, MemberKind, MemberRole, Officer
from concordat.protocol.state import State


class Founder(Struct, frozen=True):
    """A member from the first block on."""

    member: MemberId
    name: Label
    kind: MemberKind
    scheme: Code
    code: Code
    roles: tuple[MemberRole, ...]
    public_keys: Annotated[tuple[PublicKey, ...], Meta(min_length=1, max_length=32)]


class Genesis(Struct, frozen=True):
    """The genesis document."""

    format: Literal["concordat/genesis/v1"]
    name: Label
    """The consortium's name."""
    clock: Literal["real", "scenario"]
    start_time: TimeUs
    node_key: PublicKey
    """Signs checkpoints and ticks."""
    founders: Annotated[tuple[Founder, ...], Meta(min_length=1, max_length=64)]
    params: dict[str, int]
    """Values by name, in the order of names; the others have their defaults."""
    rulebook: Digest
    """The credit rulebook in force; a node that ships another refuses to start."""


@dataclass(frozen=True, slots=True)
class Chain:
    """What never changes about a chain."""

    id: bytes
    genesis: Genesis

    @property
    def is_scenario(self) -> bool:
        """True when time is simulated."""
        return self.genesis.clock == "scenario"


def render_genesis(genesis: Genesis) -> bytes:
    """Return the one way to write a genesis document."""
    return (json.dumps(to_plain(genesis), indent=2, ensure_ascii=False) + "\n").encode()


def read_genesis(data: bytes) -> Chain:
    """Return the chain that these exact bytes begin.

    Raises:
        Corrupt: `genesis.unreadable` or `genesis.not_canonical`.
        UsageError: as `check_genesis`.
    """
    try:
        genesis = from_plain(Genesis, json.loads(data))
        rendered = render_genesis(genesis)
        make_params(genesis.params)
    except (ValueError, UsageError, RecursionError) as error:
        raise Corrupt("genesis.unreadable", str(error)) from error
    if rendered != data or list(genesis.params) != sorted(genesis.params):
        raise Corrupt("genesis.not_canonical", "its bytes are not as written")
    check_genesis(genesis)
    return Chain(sha256(data).digest(), genesis)


def check_genesis(genesis: Genesis) -> None:
    """Refuse founders that contradict each other.

    Raises:
        UsageError: `genesis.weak_key`, `genesis.repeated`, `genesis.no_admission_possible`, `genesis.no_operator`.
    """
    keys = [genesis.node_key, *(key for founder in genesis.founders for key in founder.public_keys)]
    for key in keys:
        if not is_sound_key(key):
            raise UsageError("genesis.weak_key", key.hex())
    for values in (
        [key.hex() for key in keys],
        [founder.member for founder in genesis.founders],
        [" ".join(make_identity_key(founder.scheme, founder.code)) for founder in genesis.founders],
        [f"{founder.member} {role}" for founder in genesis.founders for role in founder.roles],
    ):
        repeated = next((value for value in values if values.count(value) > 1), None)
        if repeated is not None:
            raise UsageError("genesis.repeated", repeated)
    verify_k = make_params(genesis.params).verify_k
    count = {role: sum(role in founder.roles for founder in genesis.founders) for role in ("seed", "verifier")}
    if count["seed"] < 1 or count["verifier"] < verify_k:
        found = f"{count['seed']} seeds, {count['verifier']} verifiers, verify_k {verify_k}"
        raise UsageError("genesis.no_admission_possible", found)
    if not any("operator" in founder.roles for founder in genesis.founders):
        raise UsageError("genesis.no_operator", "no founder is the operator")


def make_first_state(chain: Chain) -> State:
    """Return the state at height 0: founders admitted, credit epoch scheduled, parameters set."""
    state = State()
    genesis = chain.genesis
    state.begin()
    state.params.put((0,), ParamsRow(tuple(genesis.params.items())))
    context = Context(state, chain.id, genesis.start_time, genesis.start_time, height=0, index=0)
    operator = next(founder.member for founder in genesis.founders if "operator" in founder.roles)
    state.officers.put((genesis.node_key,), Officer(operator, ("node",), bytes(32), genesis.start_time, None))
    for founder in genesis.founders:
        _put_founder(state, founder, genesis.start_time)
    credit.schedule_epoch(context, 0)
    state.commit()
    return state


def _put_founder(state: State, founder: Founder, time_us: int) -> None:
    row = Member(
        name=founder.name,
        kind=founder.kind,
        scheme=founder.scheme,
        code=founder.code,
        dossier=bytes(32),
        sponsor=None,
        predecessor=None,
        parent=None,
        roles=founder.roles,
        status="active",
        officers=founder.public_keys,
        applied_at=time_us,
        admitted_at=time_us,
    )
    state.members.put((founder.member,), row)
    state.credits.put((founder.member,), make_newcomer_credit(founder.roles, week=0))
    state.identities.put(make_identity_key(founder.scheme, founder.code), Identity(founder.member))
    for key in founder.public_keys:
        state.officers.put((key,), Officer(founder.member, membership.ALL_ROLES, bytes(32), time_us, None))
