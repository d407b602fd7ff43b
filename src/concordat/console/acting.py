"""From a form to the operation that it means. The ledger judges it; nothing is checked here but its shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from concordat.client.operations import read_operations
from concordat.client.requests import make_path
from concordat.errors import UsageError
from concordat.node import reads
from concordat.node.node import Node
from concordat.node.objections import find_subject, keep_words
from concordat.primitives.ledger_time import SECOND_US, format_time, parse_time
from concordat.primitives.plain import Json
from concordat.protocol.families.objections import Answer, File
from concordat.protocol.messages import Operation
from concordat.protocol.records import AboutBallot, ObjectionSubject

STATEMENT_MAX: Final = 20_000

ROLES: Final = ("admin", "auditor", "contracts", "data")
"""What an officer may be given, in the order of the ledger (MEM-20)."""

_ACTIONS: Final = {
    "sign": ("contracts.sign", ("contract", "document")),
    "decline": ("contracts.decline", ("contract", "reason")),
    "deliver": ("contracts.deliver", ("contract", "obligation", "version")),
    "acknowledge": ("contracts.acknowledge", ("contract", "obligation")),
    "object": ("contracts.object", ("contract", "obligation", "ground", "statement")),
    "end": ("contracts.terminate", ("contract",)),
    "respond": ("membership.respond", ("statement",)),
    "sponsor": ("membership.sponsor", ("member", "verdict")),
    "attest": ("membership.attest", ("member", "dossier", "verdict")),
    "readmit": ("membership.readmit", ("guarantor",)),
    "add_officer": ("membership.add_officer", ("public_key", "roles", "card", "possession")),
    "set_roles": ("membership.set_roles", ("public_key", "roles")),
    "remove_officer": ("membership.remove_officer", ("public_key",)),
    "rotate_key": ("membership.rotate_key", ("public_key", "card", "possession")),
    "grant": ("membership.grant", ("public_key", "role", "valid_until", "term")),
    "delegate": ("membership.delegate", ("public_key", "roles", "valid_from", "valid_until")),
    "revoke_key": ("membership.revoke_key", ()),
    "answer": ("objections.answer", ("objection", "statement")),
    "file": ("objections.file", ("member", "about", "statement")),
    "vote": ("ballots.vote", ("ballot", "choice")),
    "open_ballot": ("ballots.open", ("motion", "reason", "opens_at", "closes_at")),
    "withdraw_ballot": ("ballots.withdraw", ("ballot",)),
    "withdraw": ("datasets.withdraw", ("dataset", "version", "reason")),
}
"""The operation of each form, and its fields."""

KEPT_ACTIONS: Final = frozenset({"answer", "file"})
"""Of these the node keeps the words before anything is signed."""


@dataclass(frozen=True, slots=True)
class Act:
    """An operation, the text of which it signs a digest, and what it is about: contract (0: none), dataset, member."""

    operation: Operation
    statement: str
    contract: int
    member: str
    dataset: str = ""
    """Of that member."""
    objection: int = 0
    """Against the signer's member; 0: none."""
    ballot: int | None = None
    """0 for one that has no number yet."""

    @property
    def back(self) -> str:
        """The page it came from."""
        if self.objection:
            return make_path("/objections", self.member, self.objection)
        if self.ballot is not None:
            return f"/ballots/{self.ballot}" if self.ballot else "/ballots"
        if self.dataset:
            return make_path("/datasets", self.member, self.dataset)
        return f"/contracts/{self.contract}" if self.contract else f"/members/{self.member}"


def read_act(node: Node, form: Mapping[str, str], member: str) -> Act:
    """Return what a form asks for on behalf of a member.

    Raises:
        UsageError: `input.*`. NotFound: `read.no_such_contract`, `read.no_such_member`.
    """
    action = form.get("action", "")
    if action not in _ACTIONS:
        raise UsageError("input.unknown_type", f"/action: {action[:40]!r}")
    name, fields = _ACTIONS[action]
    if action == "answer":
        return _read_answer(node, form, member)
    if action == "file":
        return _read_filing(node, form)
    values = {field: _read_field(node, form, field) for field in fields}
    (operation,) = read_operations(name, values)
    statement = _read_statement(form) if "statement" in fields else ""
    ballot = values.get("ballot", 0) if name.startswith("ballots.") else None
    about = values.get("contract", 0), values.get("member", member), values.get("dataset", "")
    return Act(operation, statement, *about, ballot=ballot)


def _read_answer(node: Node, form: Mapping[str, str], member: str) -> Act:
    """Keep the words of an answer to an objection; what is signed is the salted commitment to them (OBJ-8)."""
    number = read_number("objection", form.get("objection", ""))
    kept = keep_words(node, _read_statement(form))
    return Act(Answer(number, kept.commitment), "", 0, member, objection=number)


def _read_filing(node: Node, form: Mapping[str, str]) -> Act:
    """Keep the words of a comment on a ballot, or of an objection, and sign the commitment to them likewise."""
    number = read_number("ballot", form["ballot"]) if "ballot" in form else None
    if number is None:
        member, about = form.get("member", ""), read_subject(node, form)
    else:
        member, about = reads.get_ballot(node, number, "en", limit=0)["opener"] or "", AboutBallot(number)
    kept = keep_words(node, _read_statement(form))
    return Act(File(member, about, kept.commitment), "", 0, member, ballot=number)


def read_subject(node: Node, form: Mapping[str, str]) -> ObjectionSubject | None:
    """Return what a form of an objection names: an entry, a record, or nothing.

    Raises:
        UsageError: `input.does_not_fit`. NotFound: `read.no_such_entry`.
    """
    entry = form.get("entry", "").strip()
    return find_subject(node, read_number("entry", entry) if entry else None, form.get("record", "").strip())


def _read_field(node: Node, form: Mapping[str, str], field: str) -> Json:
    text = form.get(field, "").strip()
    match field:
        case "contract" | "obligation" | "version" | "ballot":
            return read_number(field, text)
        case "document":
            return reads.get_contract(node, read_number("contract", form.get("contract", "")))["document"]
        case "statement":
            return _compute_digest(_read_statement(form))
        case "verdict":
            return text == "yes"
        case "dossier" if form.get("verdict") != "yes":
            return reads.get_member(node, form.get("member", ""))["dossier"]
        case "motion":
            return _read_motion(form)
        case "opens_at" | "closes_at" | "valid_from" | "valid_until":
            return _read_day(node, field, text)
        case "roles":
            return [role for role in ROLES if form.get(f"role-{role}")]
        case "term":
            return text.lower() or None
        case "public_key" | "card" | "possession":
            return text.lower()
        case "dossier":
            # Who confirms names what the papers gave; taken from the ledger, it would be compared with itself (MEM-10).
            return text.lower()
        case _:
            return text


def _read_day(node: Node, field: str, text: str) -> Json:
    """A day begins a period and another ends it, both at midnight UTC; without one it begins or ends at once."""
    if text:
        return f"{text}T00:00:00Z"
    now = reads.get_status(node)["time"]
    # What stands in for somebody has begun already, so that it may also end at once.
    return format_time(parse_time(now) - SECOND_US) if field == "valid_from" else now


_MOTIONS: Final = {
    "parameter": ("name", "value", "from_height"),
    "admit": ("member",),
    "call_off": ("ballot",),
    "recover": ("member", "public_key", "card", "possession"),
}
"""The fields of motions that are about more or less than a member and a role."""


def _read_motion(form: Mapping[str, str]) -> Json:
    kind = form.get("motion", "")
    fields = _MOTIONS.get(kind, ("member", "role"))
    values = {field: form.get(field, "").strip() for field in fields}
    values |= {field: values[field].lower() for field in ("public_key", "card", "possession") if field in values}
    kinds = ("value", "from_height", "ballot")
    numbers = {field: read_number(field, values[field]) for field in kinds if field in values}
    return {"type": kind} | values | numbers


def read_number(field: str, text: str) -> int:
    """Return a number that somebody typed.

    Raises:
        UsageError: `input.does_not_fit`.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise UsageError("input.does_not_fit", f"/{field} is not a number")
    return int(text)


def _read_statement(form: Mapping[str, str]) -> str:
    """Return the text with the line ends of a text file: browsers send their own."""
    text = form.get("statement", "").replace("\r\n", "\n")
    if len(text) > STATEMENT_MAX:
        raise UsageError("input.does_not_fit", f"/statement has more than {STATEMENT_MAX} characters")
    return text


def _compute_digest(statement: str) -> str:
    if not statement.strip():
        raise UsageError("input.missing_field", "/statement")
    return sha256(statement.encode()).hexdigest()
