"""The page of one contract: its course, what the reader may do, its text, parties, proof and history. It only reads."""

from __future__ import annotations

import re
import shlex
from typing import Final

from markupsafe import Markup

from concordat.console.formats import show_number
from concordat.console.frame import LIMIT, Page, render_page
from concordat.console.waits import get_waits
from concordat.node import prospects, reads
from concordat.primitives.ledger_time import DAY_US, parse_time
from concordat.primitives.plain import Json
from concordat.verifier.verdict import tell_not_proved
from concordat.views.lists import ENDED_WITH_BREACHES
from concordat.wording.sentences import show_share

HISTORY_MAX: Final = 10
REFUSED_MAX: Final = 3

_DIGEST: Final = re.compile(r"\b([0-9a-f]{64})\b")

_PLACES: Final = {
    "proposed": (1, "now"),
    "declined": (1, "exit"),
    "expired": (1, "exit"),
    "active": (3, "now"),
    "suspended": (3, "halt"),
    "terminated": (3, "exit"),
    ENDED_WITH_BREACHES: (4, "exit"),
    "completed": (5, ""),
}
"""Which step a contract has come to, and how that step is shown; those before it are done."""


def render_contract(page: Page, number: int) -> str:
    """Course, what waits, obligations, consequences, the text as signed, parties, proof, history."""
    row = reads.get_contract(page.node, number)
    status = reads.get_status(page.node)
    signed = {signature["member"]: signature["time"] for signature in row["signatures"]}
    return render_page(
        page,
        "contract.html",
        "contracts",
        row=row,
        summary=_summarize(page, row),
        steps=_make_steps(page, row),
        exit=page.catalog(f"status.contract.{row['status']}") if _PLACES[row["status"]][1] == "exit" else None,
        waits=_find_waits(page, row),
        also=_find_more(page, row),
        names_told=tell_names(page, row["parties"]),
        duties=[duty | {"late": _tell_lateness(page, duty)} for duty in row["duties"]],
        otherwise=_tell_consequences(page, row),
        clauses=tell_clauses(page, number),
        parties=_tell_parties(page, row, signed),
        history=reads.list_entries(page.node, page.language, link=("contract", str(number)), limit=HISTORY_MAX),
        proof={
            "lines": [
                *([page.say("proof.line_signatures", count=len(signed))] if signed else []),
                page.say("proof.line_contract", height=status["height"], time=page.time(status["time"])),
                page.say("proof.line_checkpoint"),
            ],
            "not_proved": [
                *([] if signed else [page.say("proof.line_unsigned")]),
                *tell_not_proved(page.language, LIMIT),
            ],
            "digests": [(page.say("proof.document"), row["document"]), (page.say("proof.root"), status["app_hash"])],
        },
    )


def _tell_parties(page: Page, row: Json, signed: dict[str, str]) -> list[Json]:
    return [
        {
            "id": member["id"],
            "grade": member["grade"],
            "status": member["status"],
            "note": page.say("contract.party_note", score=member["score"], confidence=show_share(member["confidence"])),
            "signed": signed.get(member["id"]),
        }
        for member in reads.summarize_members(page.node, row["parties"])
    ]


def _find_waits(page: Page, row: Json) -> list[Json]:
    """What the reader may do here; of several deliveries that are due, the next one, and the next that is due again."""
    told: list[Json] = []
    offered: list[str] = []
    for wait in get_waits(page, row["id"])[0]:
        is_delivery = wait["action"] in {"deliver", "deliver_again"}
        if is_delivery and wait["action"] in offered:
            continue
        offered.append(wait["action"])
        more: Json = {"choice": _make_choice(page, row, wait)} if is_delivery else {}
        if wait["action"] == "acknowledge":
            more = {"grounds": prospects.list_grounds(page.node, row["id"], wait["obligation"])}
        told.append(wait | {"detail": _tell_delivery(page, row, wait)} | more)
    return told


def _make_choice(page: Page, row: Json, wait: Json) -> Json:
    """What the debtor can hand over: versions that would do, why the newest others would not, how to register one."""
    duty = row["duties"][wait["obligation"] - 1]
    candidates = prospects.list_candidates(page.node, row["id"], wait["obligation"], page.language)
    title = duty["subject"]["en"] or duty["subject"]["zh"]
    return {
        "dataset": duty["dataset"],
        "usable": [candidate for candidate in candidates if candidate["refusal"] is None],
        "refused": [candidate for candidate in candidates if candidate["refusal"] is not None][:REFUSED_MAX],
        "command": f"concordat dataset register FILE.csv --name {duty['dataset']} --title {shlex.quote(title)} "
        f"--node {page.origin} --key KEY",
    }


def _find_more(page: Page, row: Json) -> list[Json]:
    """What the reader may do beside what waits: withdraw its own objection, ask to end the contract or agree to it."""
    member = page.reader.member
    more: list[Json] = [
        {
            "fields": {"action": "acknowledge", "contract": row["id"], "obligation": option["obligation"]},
            "text": page.say("more.withdraw_text", obligation=option["obligation"]),
            "button": page.say("more.withdraw"),
        }
        for option in row["options"]
        if (option["action"], option["actor"]) == ("withdraw", member)
    ]
    left = [option["actor"] for option in row["options"] if option["action"] == "end"]
    asked = page.join([page.name(party) for party in row["wants_end"]])
    if member in left:
        text = page.say("more.end_agree_text", members=asked) if asked else page.say("more.end_text")
        button = page.say("more.end_agree") if asked else page.say("more.end")
        more.append({"fields": {"action": "end", "contract": row["id"]}, "text": text, "button": button})
    elif left and member in row["wants_end"]:
        names = page.join([page.name(party) for party in left])
        more.append({"fields": None, "text": page.say("more.end_asked", members=names), "button": ""})
    return more


def tell_clauses(page: Page, number: int) -> list[list[Markup]]:
    """Return the clauses in their sentences, not a letter changed; digests are marked, to be shown short."""
    found = reads.get_contract_sentences(page.node, number, page.language)
    return [[_mark_digests(sentence) for sentence in sentences] for sentences in found]


def _mark_digests(sentence: str) -> Markup:
    whole = Markup('<code class="cut" tabindex="0" title="{0}">{0}</code>')
    parts = _DIGEST.split(sentence)
    return Markup("").join(whole.format(part) if place % 2 else part for place, part in enumerate(parts))


def tell_names(page: Page, parties: list[str]) -> str:
    """Return who is meant by the names on the ledger that a contract's text uses."""
    told = [page.say("contract.is_called", id=party, name=page.name(party)) for party in parties]
    return page.say("contract.names", names=page.join(told))


def _summarize(page: Page, row: Json) -> list[str]:
    supplies: dict[tuple[str, tuple[str, ...]], dict[str, None]] = {}
    for duty in row["terms"]["obligations"]:
        subjects = supplies.setdefault((duty["debtor"], tuple(duty["creditors"])), {})
        subjects[page.label(duty["subject"])] = None
    lines = [
        page.say(
            "contract.summary",
            debtor=page.name(debtor),
            creditors=page.join([page.name(creditor) for creditor in creditors]),
            subjects=page.join(list(subjects)),
        )
        for (debtor, creditors), subjects in supplies.items()
    ]
    last = max(duty["due"] for duty in row["duties"])
    more = page.say(
        "contract.summary_more", count=len(row["duties"]), day=page.day(last), size=show_number(row["size"])
    )
    return [*lines, more]


def _make_steps(page: Page, row: Json) -> list[tuple[str, str, str]]:
    """The paper's flow: request, signatures, judgment, execution, result, each as (title, note, state)."""
    outcome = page.outcome(row)
    reached, state = _PLACES[outcome]
    executing = "suspended" if outcome == "suspended" else "executing"
    ended = "breached" if outcome == ENDED_WITH_BREACHES else "completed"
    titles = ("requested", "signed", "judged", executing, ended)
    return [
        (page.say(f"step.{title}"), note, "done" if place < reached else state if place == reached else "")
        for place, (title, note) in enumerate(zip(titles, _tell_steps(page, row), strict=True))
    ]


def _tell_steps(page: Page, row: Json) -> tuple[str, ...]:
    total, breached = row["duties_total"], row["duties_breached"]
    executing = page.say("step.executing_note", done=row["duties_closed"], total=total)
    if breached:
        executing = page.say("step.executing_note_breached", kept=row["duties_kept"], breached=breached, total=total)
    last = page.say("step.completed_note", day=page.day(max(duty["due"] for duty in row["duties"])))
    return (
        page.say("step.requested_note", day=page.day(row["proposed_at"]), member=page.name(row["proposer"])),
        page.say("step.signed_note", done=len(row["signed"]), total=len(row["parties"])),
        page.day(row["activated_at"]) if row["activated_at"] else "",
        executing if row["activated_at"] else "",
        page.day(row["ended_at"]) if row["status"] == "completed" else last,
    )


def _tell_lateness(page: Page, duty: Json) -> str:
    """How late a cured duty was: its first delivery counts (CON-26)."""
    if duty["status"] != "cured" or not duty["delivered_at"]:
        return ""
    days = (parse_time(duty["delivered_at"]) - parse_time(duty["due"])) // DAY_US
    late = page.say("duty.days", count=days) if days else page.say("duty.below_a_day")
    return page.say("duty.late", late=late)


def _tell_delivery(page: Page, row: Json, wait: Json) -> str:
    if wait["action"] != "acknowledge":
        return ""
    duty = row["duties"][wait["obligation"] - 1]
    return page.say(
        "wait.delivered",
        member=page.name(duty["debtor"]),
        version=duty["delivery"]["version"],
        dataset=duty["dataset"],
        time=page.time(duty["delivery"]["time"]),
    )


def _tell_consequences(page: Page, row: Json) -> list[str]:
    told = {
        page.say(
            "contract.otherwise_duty",
            subject=page.label(duty["subject"]),
            grace=duty["grace_days"],
            cure=duty["cure_days"],
            objection=duty["objection_days"],
            end=page.say(f"contract.otherwise_{duty['consequence']}"),
        ): None
        for duty in row["terms"]["obligations"]
    }
    return list(told)
