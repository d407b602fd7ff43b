"""Proof files as a node hands them out: of what was asked for, and of nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlencode

from concordat.client.requests import make_path
from concordat.crypto.proof import Verification
from concordat.errors import Corrupt
from concordat.primitives.codec import decode
from concordat.protocol.receipts import TransactionCause
from concordat.protocol.state import State
from concordat.protocol.transactions import Entry, compute_transaction_id

if TYPE_CHECKING:
    from concordat.client.api import Client
    from concordat.client.conversation import Conversation, Steps

Subject = Literal["tx", "contract", "ballot", "member", "entry"]

_FOLDERS: Final[dict[Subject, str]] = {
    "tx": "transactions",
    "contract": "contracts",
    "ballot": "ballots",
    "member": "members",
    "entry": "ledger",
}


def fetch_proof(
    client: Client, subject: Subject, name: str | int, since: int | None = None, *, is_witnessed: bool = False
) -> bytes:
    """As `ask_proof`, with a client that waits."""
    return client.hold(ask_proof(client.conversation, subject, name, since, is_witnessed=is_witnessed))


def ask_proof(
    conversation: Conversation,
    subject: Subject,
    name: str | int,
    since: int | None = None,
    *,
    is_witnessed: bool = False,
) -> Steps[bytes]:
    """Return the proof file of a subject by its id or number; it must hold, and be of it, when a root is pinned.

    That of a transaction or entry may be `is_witnessed`: at a checkpoint that witnesses have cosigned, not the newest.

    Raises:
        Corrupt: `proof.*`, `node.unproved` when it is of something else.
    """
    target = f"{make_path(f'/v1/{_FOLDERS[subject]}', name)}/proof"
    query: dict[str, int | str] = {"from": since} if since is not None else {}
    query |= {"witnessed": "true"} if is_witnessed else {}
    asked = conversation.fetch(f"{target}?{urlencode(query)}") if query else conversation.fetch_since_seen(target)
    data = yield from asked
    found = yield from conversation.verify(data)
    if found is None:
        return data
    if not found.valid:
        raise Corrupt(f"proof.{found.code}", "the file does not prove what it should")
    if not _is_about(found, subject, name):
        raise Corrupt("node.unproved", str(name))
    return data


def _is_about(found: Verification, subject: Subject, name: str | int) -> bool:
    states, state = dict(found.states), State()
    match subject:
        case "contract":
            return states.get(state.contracts.key_bytes((int(name),))) is not None
        case "ballot":
            return states.get(state.ballots.key_bytes((int(name),))) is not None
        case "member":
            return states.get(state.members.key_bytes((str(name),))) is not None
        case "entry":
            return any(str(position) == str(name) for position, _ in found.entries)
        case "tx":
            causes = (decode(Entry, leaf).cause for _, leaf in found.entries)
            wires = (cause.wire for cause in causes if isinstance(cause, TransactionCause))
            return any(compute_transaction_id(wire).hex() == name for wire in wires)
