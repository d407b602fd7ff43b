"""Officers: which keys speak for a member, and for what (spec/membership.md MEM-16 to MEM-20)."""

from __future__ import annotations

from msgspec.structs import replace

from concordat.crypto.signatures import is_sound_key, is_valid
from concordat.errors import Rejected
from concordat.primitives.ledger_time import SECOND_US
from concordat.protocol.context import Context, check_officer, check_own_role, get_signer
from concordat.protocol.families.membership import (
    ALL_ROLES,
    ActedFor,
    AddOfficer,
    Delegate,
    Delegated,
    Grant,
    Granted,
    OfficerAdded,
    OfficerChanged,
    OfficerRemoved,
    RemoveOfficer,
    RevokeKey,
    RotateKey,
    SetRoles,
    compute_possession_message,
)
from concordat.protocol.holdings import find_holding
from concordat.protocol.records import Delegation, Officer, OfficerRole
from concordat.protocol.records import Grant as GrantRow
from concordat.protocol.state import State

OFFICERS_MAX = 32

ROTATION_REST_US = 3600 * SECOND_US
"""MEM-24: so long a new key stands, and an administrator can name it: a thief's would else always be gone."""


def apply_add_officer(context: Context, operation: AddOfficer) -> None:
    """MEM-1, MEM-16, MEM-17, MEM-20, MEM-22, MEM-29: a new key proves that somebody holds it."""
    member, row = get_signer(context, "admin")
    check_new_key(context, operation.public_key)
    if len(row.officers) >= OFFICERS_MAX:
        raise Rejected("membership.too_many_officers", OFFICERS_MAX)
    message = compute_possession_message(context.chain_id, member)
    check_possession(operation.public_key, operation.possession, message)
    _check_roles(operation.roles)
    _check_not_outlasting(context, None)
    add_key(context, member, operation.public_key, operation.roles, operation.card)


def check_new_key(context: Context, public_key: bytes) -> None:
    """MEM-1, MEM-22: it is nobody's yet, and sound."""
    officer = context.state.officers.get((public_key,))
    if officer is not None:
        raise Rejected("membership.key_in_use", officer.member)
    if not is_sound_key(public_key):
        raise Rejected("membership.weak_key", public_key.hex())


def check_possession(public_key: bytes, possession: bytes, message: bytes) -> None:
    """MEM-16, BAL-6: somebody holds the key, and wants of it what the message says."""
    if not is_valid(public_key, possession, message):
        raise Rejected("membership.possession_not_proved")


def add_key(
    context: Context, member: str, public_key: bytes, roles: tuple[OfficerRole, ...], card: bytes
) -> None:
    """Let a key speak for a member from now on."""
    row = context.state.members[(member,)]
    context.state.officers.put((public_key,), Officer(member, roles, card, context.time, None))
    context.state.members.put((member,), replace(row, officers=(*row.officers, public_key)))
    context.emit(OfficerAdded(member, public_key, roles))


def end_key(context: Context, member: str, public_key: bytes) -> None:
    """Let a key speak for its member no longer; its row stays, with when it began and ended (MEM-26, MEM-28)."""
    for key in find_delegations(context.state, member, public_key):
        context.state.delegations.delete(key)
    row, officer = context.state.members[(member,)], context.state.officers[(public_key,)]
    left = tuple(key for key in row.officers if key != public_key)
    context.state.officers.put((public_key,), replace(officer, removed_at=context.time))
    context.state.members.put((member,), replace(row, officers=left))
    context.emit(OfficerRemoved(member, public_key))


def apply_rotate_key(context: Context, operation: RotateKey) -> None:
    """MEM-1, MEM-16, MEM-22, MEM-24: the signing key hands over to a new one."""
    member, officer = _get_signing_officer(context)
    check_new_key(context, operation.public_key)
    if context.genesis_us < officer.added_at > context.time - ROTATION_REST_US:
        raise Rejected("membership.key_is_new", officer.added_at + ROTATION_REST_US)
    message = compute_possession_message(context.chain_id, member)
    check_possession(operation.public_key, operation.possession, message)
    _hand_over_duties(context, member, context.public_key, operation.public_key)
    end_key(context, member, context.public_key)
    add_key(context, member, operation.public_key, officer.roles, operation.card)


def _hand_over_duties(context: Context, member: str, former: bytes, public_key: bytes) -> None:
    """MEM-24: what the former key held until a time, and what was delegated to it and by it, goes on."""
    grants, delegations = context.state.grants, context.state.delegations
    for role in ALL_ROLES:
        grant = grants.get((former, role))
        if grant is not None:
            grants.put((public_key, role), grant)
    for to, by in find_delegations(context.state, member, former):
        key = (public_key, by) if to == former else (to, public_key)
        delegations.put(key, delegations[(to, by)])


def find_delegations(state: State, member: str, public_key: bytes) -> list[tuple[bytes, bytes]]:
    """Return what is delegated to a member's key and by it, as (to, by)."""
    others = state.members[(member,)].officers
    pairs = [pair for key in others for pair in ((public_key, key), (key, public_key))]
    return [pair for pair in pairs if pair in state.delegations]


def apply_revoke_key(context: Context, _operation: RevokeKey) -> None:
    """MEM-25: the signing key ends, even the last one with the role admin; a thief has no say in it."""
    member, _ = _get_signing_officer(context)
    end_key(context, member, context.public_key)


def _get_signing_officer(context: Context) -> tuple[str, Officer]:
    """MEM-18: whatever its roles; but a node's key is genesis' and no officer's."""
    officer = check_officer(context.state.officers.get((context.public_key,)))
    if context.public_key not in context.state.members[(officer.member,)].officers:
        raise Rejected("membership.not_your_officer", context.public_key.hex())
    return officer.member, officer


def apply_set_roles(context: Context, operation: SetRoles) -> None:
    """MEM-18 to MEM-20, MEM-29."""
    member, officer = _get_own_officer(context, operation.public_key)
    _check_roles(operation.roles)
    if any(role not in officer.roles for role in operation.roles):
        _check_not_outlasting(context, None)
    context.state.officers.put((operation.public_key,), replace(officer, roles=operation.roles))
    _check_admin_left(context, member)
    context.emit(OfficerChanged(member, operation.public_key, operation.roles))


def apply_remove_officer(context: Context, operation: RemoveOfficer) -> None:
    """MEM-18, MEM-19."""
    member, _ = _get_own_officer(context, operation.public_key)
    end_key(context, member, operation.public_key)
    _check_admin_left(context, member)


def _get_own_officer(context: Context, public_key: bytes) -> tuple[str, Officer]:
    member, row = get_signer(context, "admin")
    if public_key not in row.officers:
        raise Rejected("membership.not_your_officer", public_key.hex())
    return member, context.state.officers[(public_key,)]


def _check_roles(roles: tuple[OfficerRole, ...]) -> None:
    """One spelling of a set: ascending, without repetition; "node" is given by genesis alone."""
    if list(roles) != sorted(dict.fromkeys(roles)) or "node" in roles:
        raise Rejected("membership.roles_not_in_order", ",".join(roles))


def _check_not_outlasting(context: Context, until: int | None) -> None:
    """MEM-29: what an administrator gives, until a time or for good (None), lasts no longer than its own role."""
    holding = find_holding(context.state, context.public_key, "admin", context.time)
    if holding is not None and holding.until is not None and (until is None or until > holding.until):
        raise Rejected("membership.outlasts_own_role", holding.until)


def _check_admin_left(context: Context, member: str) -> None:
    row = context.state.members[(member,)]
    if not any("admin" in context.state.officers[(key,)].roles for key in row.officers):
        raise Rejected("membership.last_admin", member)


# ── duties that end ─────────────────────────────────────────────────────────────────────────────────────────────────


def apply_grant(context: Context, operation: Grant) -> None:
    """MEM-18, MEM-27, MEM-29: an officer of one's own has a role until a time; granted anew it begins anew."""
    member, _ = _get_own_officer(context, operation.public_key)
    key = (operation.public_key, operation.role)
    row = context.state.grants.get(key)
    _check_period(context, operation.valid_until, None if row is None else row.valid_until)
    _check_not_outlasting(context, operation.valid_until)
    valid_until = max(operation.valid_until, context.time)
    context.state.grants.put(key, GrantRow(member, context.time, valid_until, operation.term))
    context.emit(Granted(member, operation.public_key, operation.role, valid_until, operation.term))


def apply_delegate(context: Context, operation: Delegate) -> None:
    """MEM-18, MEM-20, MEM-28: another officer of the same member acts in the signer's place while it is away."""
    member, _ = _get_signing_officer(context)
    if operation.valid_until > context.time:  # who ends a delegation may have lost the role meanwhile
        for role in operation.roles:
            check_own_role(context, role)
    if operation.public_key not in context.state.members[(member,)].officers:
        raise Rejected("membership.not_your_officer", operation.public_key.hex())
    _check_roles(operation.roles)
    if operation.public_key == context.public_key:
        raise Rejected("membership.delegated_to_oneself")
    if operation.valid_from >= operation.valid_until:
        raise Rejected("membership.period_turned", operation.valid_from, operation.valid_until)
    key = (operation.public_key, context.public_key)
    row = context.state.delegations.get(key)
    _check_period(context, operation.valid_until, None if row is None else row.valid_until)
    valid_until = max(operation.valid_until, context.time)
    context.state.delegations.put(key, Delegation(member, operation.roles, operation.valid_from, valid_until))
    context.emit(
        Delegated(member, operation.public_key, context.public_key, operation.roles, operation.valid_from, valid_until)
    )


def _check_period(context: Context, valid_until: int, ends: int | None) -> None:
    """A period that is over says nothing, unless it ends one that runs, until `ends`, at once."""
    if valid_until <= context.time and (ends is None or ends <= context.time):
        raise Rejected("membership.period_over", valid_until, context.time)


def tell_delegation(context: Context) -> None:
    """MEM-28: say in whose place the operation was signed."""
    if context.in_place_of is not None:
        role, delegator = context.in_place_of
        context.in_place_of = None
        officer = context.state.officers[(delegator,)]
        context.emit(ActedFor(officer.member, context.public_key, delegator, role))
