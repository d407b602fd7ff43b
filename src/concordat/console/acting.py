"""From a form to the operation that it means. The ledger judges it; nothing is checked here but its shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from concordat.errors import UsageError
from concordat.node import reads
from concordat.node.node import Node
from concordat.primitives.plain import from_plain
from concordat.protocol.families import contracts, membership
from concordat.protocol.messages import Operation

STATEMENT_MAX: Final = 20_000


@dataclass(frozen=True, slots=True)
class Act:
    """An operation, the text of which it signs a digest, and the page it came from."""

    operation: Operation
    statement: str
    back: str


def read_act(node: Node, form: Mapping[str, str], member: str) -> Act:
    """Return what a form asks for on behalf of a member.

    Raises:
        UsageError: `input.*`. NotFound: `read.no_such_contract`, `read.no_such_member`.
    """
    action = form.get("action", "")
    if action in {"sign", "decline", "deliver", "acknowledge", "object", "end"}:
        number = _read_number(form, "contract")
        return Act(_read_contract_act(node, action, number, form), _read_statement(form), f"/contracts/{number}")
    if action == "respond":
        operation = from_plain(membership.Respond, {"statement": _compute_digest(form)})
        return Act(operation, _read_statement(form), f"/members/{member}")
    subject, verdict = form.get("member", ""), form.get("verdict") == "yes"
    back = f"/members/{subject}"
    if action == "sponsor":
        return Act(from_plain(membership.Sponsor, {"member": subject, "verdict": verdict}), "", back)
    if action == "attest":
        # Who confirms names what the papers gave; taken from the ledger, it would be compared with itself (MEM-10).
        dossier = form.get("dossier", "").strip().lower() if verdict else reads.get_member(node, subject)["dossier"]
        fields = {"member": subject, "dossier": dossier, "verdict": verdict}
        return Act(from_plain(membership.Attest, fields), "", back)
    raise UsageError("input.unknown_type", f"/action: {action[:40]!r}", "use the forms of the console")


def _read_contract_act(node: Node, action: str, number: int, form: Mapping[str, str]) -> Operation:
    match action:
        case "sign":
            document = reads.get_contract(node, number)["document"]
            return from_plain(contracts.Sign, {"contract": number, "document": document})
        case "decline":
            return from_plain(contracts.Decline, {"contract": number, "reason": form.get("reason", "").strip()})
        case "end":
            return from_plain(contracts.Terminate, {"contract": number})
        case "deliver":
            fields = {name: _read_number(form, name) for name in ("obligation", "version")}
            return from_plain(contracts.Deliver, {"contract": number, **fields})
        case "acknowledge":
            return from_plain(
                contracts.Acknowledge, {"contract": number, "obligation": _read_number(form, "obligation")}
            )
        case _:
            return from_plain(
                contracts.Object,
                {
                    "contract": number,
                    "obligation": _read_number(form, "obligation"),
                    "ground": form.get("ground", ""),
                    "statement": _compute_digest(form),
                },
            )


def _read_number(form: Mapping[str, str], name: str) -> int:
    text = form.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise UsageError("input.does_not_fit", f"/{name} is not a number", "use the forms of the console")
    return int(text)


def _read_statement(form: Mapping[str, str]) -> str:
    """Return the text with the line ends of a text file: browsers send their own."""
    text = form.get("statement", "").replace("\r\n", "\n")
    if len(text) > STATEMENT_MAX:
        raise UsageError("input.does_not_fit", f"/statement has more than {STATEMENT_MAX} characters", "shorten it")
    return text


def _compute_digest(form: Mapping[str, str]) -> str:
    text = _read_statement(form)
    if not text.strip():
        raise UsageError("input.missing_field", "/statement", "write the statement")
    return sha256(text.encode()).hexdigest()
