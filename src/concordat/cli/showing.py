"""Members, contracts and receipts in a few lines for people; scripts take --json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from concordat.client.operations import read_operations
from concordat.contracts.text import Language
from concordat.primitives.ledger_time import parse_time
from concordat.primitives.plain import Json
from concordat.wording.sentences import (
    describe_operation,
    describe_return_limit,
    describe_role,
    describe_turns,
    render,
    show_contract,
    show_label,
)

_OPERATIONS: Final = {
    "sign": "contracts.sign",
    "deliver": "contracts.deliver",
    "deliver_again": "contracts.deliver",
    "acknowledge": "contracts.acknowledge",
}
"""What the next actor of a contract sends."""

_STATUSES_WITH_NEXT_STEP: Final = ("applied", "reviewed", "suspended", "expelled")


def describe_member(member: Json, credit: Json, language: Language) -> Iterator[str]:
    """Yield who it is, how it stands, its credit with every reason, and what comes next."""
    status = render(f"status.member.{member['status']}", language)
    kind = render(f"kind.{member['kind']}", language)
    yield f"{show_label(member['name'], language)} ({member['id']}) · {kind} · {status}"
    identity, roles = f"{member['scheme']} {member['code']}", tuple(member["roles"])
    yield render("show.identity", language, identity=identity, roles=roles, keys=len(member["officers"]))
    if member["namesakes"]:
        yield render("show.namesakes", language, others=tuple(member["namesakes"]))
    if len(member["turns"]) > 1:
        yield "; ".join(describe_turns(member["turns"], language))
    if credit is not None:
        values = {name: credit[name] for name in ("score", "grade", "confidence", "limit_units", "newcomer")}
        if member["status"] == "active":
            yield render("show.credit", language, **values)
            yield render(f"grade.{credit['grade']}", language)
        else:
            yield render("show.credit_barred", language, **values)
        if member["return_limit"] and member["status"] == "active":
            yield describe_return_limit(member["return_limit"], language)
        if credit["reasons"]:
            yield render("show.changes", language)
        yield from (f"{reason['delta']:>+6}  {reason['sentence']}" for reason in credit["reasons"])
    if member["status"] in _STATUSES_WITH_NEXT_STEP:
        is_asked_back = member["status"] == "expelled" and member["guarantor"]
        yield render(
            "show.next.guarantor" if is_asked_back else f"show.next.{member['status']}",
            language,
            guarantor=member["guarantor"],
            returns=_read_time(member["may_return_at"]),
            sponsor=member["sponsor"],
            confirmed=sum(attestation["verdict"] for attestation in member["attestations"]),
            needed=member["verify_k"],
            ends=_read_time(member["hearing_ends"]),
        )


def describe_inbox(inbox: Json, language: Language) -> Iterator[str]:
    """Yield who asks, in which roles until when, and each thing to do with its deadline and what happens otherwise."""
    yield render("show.inbox", language, member=inbox["member"], key=inbox["public_key"], count=inbox["count"])
    yield from (describe_role(role, language) for role in inbox["roles"])
    for item in inbox["items"]:
        key = "show.inbox.item" if item["by"] else "show.inbox.item_open"
        what = item["sentence"].rstrip(".。")  # a motion is a whole sentence; here it goes on
        values = {"what": what, "by": _read_time(item["by"]), "consequence": item["consequence"]}
        yield f"  - {render(key, language, **values)}"


def describe_contract(contract: Json, clauses: list[str], language: Language) -> Iterator[str]:
    """Yield how a contract stands, every duty, who is next, and the text that its signatures bind."""
    status = render(f"status.contract.{contract['status']}", language)
    yield f"{show_contract(contract['id'])} · {show_label(contract['title'], language)} · {status}"
    yield render("show.signed", language, parties=tuple(contract["parties"]), signed=tuple(contract["signed"]))
    for duty in contract["duties"]:
        state = render(f"status.duty.{'waiting' if duty['status'] == 'unsigned' else duty['status']}", language)
        line = render(
            "show.duty" if duty["due"] == duty["agreed_due"] else "show.duty_moved",
            language,
            debtor=duty["debtor"],
            creditors=tuple(duty["creditors"]),
            subject=show_label(duty["subject"], language),
            agreed=_read_time(duty["agreed_due"]),
            due=_read_time(duty["due"]),
        )
        yield f"{duty['number']:>4}. {line} · {state}"
    if (wait := contract["next"]) is not None:
        operation = _OPERATIONS.get(wait["action"], wait["action"])
        yield render("show.next.contract", language, actor=wait["actor"], send=operation, by=_read_time(wait["by"]))
    yield render("show.document", language, document=contract["document"])
    if (at := contract["proved_at"]) is not None:
        yield render("show.proved", language, height=at["height"], time=_read_time(at["time"]))
    yield ""
    yield from clauses


def describe_receipt_lines(receipt: Json, language: Language) -> Iterator[str]:
    """Yield what happened, each operation of several, each ground of a refusal, and where it stands."""
    yield str(receipt.get("sentence") or "")
    operations = receipt.get("operations") or []
    if len(operations) > 1:
        signer = str(receipt["signer"]["member"] or receipt["signer"]["public_key"][:8])
        for number, operation in enumerate(read_operations(None, operations), start=1):
            yield f"{number:>4}. {describe_operation(operation, signer, language)}"
    yield from (f"  - {reason['text']}" for reason in receipt.get("reasons", ()))
    place = {"height": receipt["height"], "transaction": str(receipt["transaction"])}
    yield render("show.place", language, code=receipt["code"], **place)


def _read_time(text: str | None) -> int | None:
    return None if text is None else parse_time(text)
