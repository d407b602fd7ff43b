"""Officers: which keys speak for a member, and for what (spec/membership.md MEM-16 to MEM-20)."""

from __future__ import annotations

from msgspec.structs import replace

from concordat.crypto.signatures import is_sound_key, is_valid
from concordat.errors import Rejected
from concordat.protocol.context import Context, get_signer
from concordat.protocol.families.membership import (
    AddOfficer,
    OfficerAdded,
    OfficerChanged,
    OfficerRemoved,
    RemoveOfficer,
    SetRoles,
    compute_possession_message,
)
from concordat.protocol.records import Officer, OfficerRole

OFFICERS_MAX = 32


def apply_add_officer(context: Context, operation: AddOfficer) -> None:
    """MEM-1, MEM-16, MEM-17, MEM-20, MEM-22: a new key proves that somebody holds it."""
    member, row = get_signer(context, "admin")
    if (operation.public_key,) in context.state.officers:
        raise Rejected("membership.key_in_use", context.state.officers[(operation.public_key,)].member)
    if not is_sound_key(operation.public_key):
        raise Rejected("membership.weak_key", operation.public_key.hex())
    if len(row.officers) >= OFFICERS_MAX:
        raise Rejected("membership.too_many_officers", OFFICERS_MAX)
    message = compute_possession_message(context.chain_id, member)
    if not is_valid(operation.public_key, operation.possession, message):
        raise Rejected("membership.possession_not_proved")
    _check_roles(operation.roles)
    context.state.officers.put(
        (operation.public_key,), Officer(member, operation.roles, operation.card, context.time, None)
    )
    context.state.members.put((member,), replace(row, officers=(*row.officers, operation.public_key)))
    context.emit(OfficerAdded(member, operation.public_key, operation.roles))


def apply_set_roles(context: Context, operation: SetRoles) -> None:
    """MEM-18 to MEM-20."""
    member, officer = _get_own_officer(context, operation.public_key)
    _check_roles(operation.roles)
    context.state.officers.put((operation.public_key,), replace(officer, roles=operation.roles))
    _check_admin_left(context, member)
    context.emit(OfficerChanged(member, operation.public_key, operation.roles))


def apply_remove_officer(context: Context, operation: RemoveOfficer) -> None:
    """MEM-18, MEM-19."""
    member, officer = _get_own_officer(context, operation.public_key)
    context.state.officers.put((operation.public_key,), replace(officer, removed_at=context.time))
    row = context.state.members[(member,)]
    left = tuple(key for key in row.officers if key != operation.public_key)
    context.state.members.put((member,), replace(row, officers=left))
    _check_admin_left(context, member)
    context.emit(OfficerRemoved(member, operation.public_key))


def _get_own_officer(context: Context, public_key: bytes) -> tuple[str, Officer]:
    member, row = get_signer(context, "admin")
    if public_key not in row.officers:
        raise Rejected("membership.not_your_officer", public_key.hex())
    return member, context.state.officers[(public_key,)]


def _check_roles(roles: tuple[OfficerRole, ...]) -> None:
    """One spelling of a set: ascending, without repetition; "node" is given by genesis alone."""
    if list(roles) != sorted(dict.fromkeys(roles)) or "node" in roles:
        raise Rejected("membership.roles_not_in_order", ",".join(roles))


def _check_admin_left(context: Context, member: str) -> None:
    row = context.state.members[(member,)]
    if not any("admin" in context.state.officers[(key,)].roles for key in row.officers):
        raise Rejected("membership.last_admin", member)
