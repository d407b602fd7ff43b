"""What a family's code is handed: the state, the time at which it judges, who signed, and where events go."""

from __future__ import annotations

import msgspec

from concordat.errors import Rejected
from concordat.primitives.codec import Struct
from concordat.protocol.holdings import find_end, find_holding, find_own_holding
from concordat.protocol.params import Params
from concordat.protocol.records import Due, Member, Officer, OfficerRole
from concordat.protocol.state import State

# Kinds of due items. At equal times they run in this order: the epoch closes first, then each member's credit; silence
# accepts before lateness, and what suspends a contract ends before another deadline of it is looked at.
DUE_EPOCH = 10
DUE_CLOSE = 20
DUE_ACCEPT = 30
DUE_LAPSE = 40
DUE_FAIL = 50
DUE_SUSPEND = 60
DUE_LATE = 70
DUE_EXPIRE = 80
DUE_OBJECTION = 85
DUE_APPLICATION = 90
DUE_BALLOT = 95
DUE_HEARING = 100


class Context(msgspec.Struct):
    """One operation or due item being judged.

    `time` is the block's time, or the due item's own; `height`, `index` and `operation` name the entry, so that credit
    records made by it are ordered for ever.
    """

    state: State
    chain_id: bytes
    genesis_us: int
    time: int
    height: int
    index: int
    operation: int = 0
    public_key: bytes = b""
    in_place_of: tuple[OfficerRole, bytes] | None = None
    """The role that the operation's signer had by delegation, and from which key."""
    events: list[Struct] = msgspec.field(default_factory=list)

    @property
    def params(self) -> Params:
        """The parameters in force."""
        return self.state.get_params()

    def emit(self, event: Struct) -> None:
        """Add an event to the receipt."""
        self.events.append(event)

    def schedule(self, time: int, kind: int, subject: bytes) -> None:
        """Let a due item fire at `time`, or at once when that has passed."""
        self.state.due.put((max(time, self.time), kind, subject), Due())


def get_signer(context: Context, role: OfficerRole) -> tuple[str, Member]:
    """Return the signer's member, provided that the key holds `role` (LED-7).

    Raises:
        Rejected: `ledger.unknown_key`, `ledger.removed_key`, `ledger.role_missing`, `ledger.role_expired`.
    """
    officer = check_officer(context.state.officers.get((context.public_key,)))
    holding = find_holding(context.state, context.public_key, role, context.time)
    if holding is None:
        raise _make_role_refusal(context, role)
    if holding.delegator is not None:
        context.in_place_of = (role, holding.delegator)
    return officer.member, context.state.members[(officer.member,)]


def check_own_role(context: Context, role: OfficerRole) -> None:
    """Refuse a key that does not hold `role` itself, but for nobody else.

    Raises:
        Rejected: `ledger.role_missing`, `ledger.role_expired`.
    """
    if find_own_holding(context.state, context.public_key, role, context.time) is None:
        raise _make_role_refusal(context, role)


def _make_role_refusal(context: Context, role: OfficerRole) -> Rejected:
    end = find_end(context.state, context.public_key, role, context.time)
    return Rejected("ledger.role_missing", role) if end is None else Rejected("ledger.role_expired", role, end)


def check_officer(officer: Officer | None) -> Officer:
    """Refuse a key that speaks for nobody."""
    if officer is None:
        raise Rejected("ledger.unknown_key")
    if officer.removed_at is not None:
        raise Rejected("ledger.removed_key")
    return officer
