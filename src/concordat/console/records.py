"""The page of one member and the page of one contract. They only read."""

from __future__ import annotations

from typing import Final

from concordat.console.charts import GRADE_COLORS, draw_bar
from concordat.console.formats import show_contract, show_number, show_signed
from concordat.console.frame import Page, render_page, show_share
from concordat.console.pages import SCORE_MAX, tell_not_proved
from concordat.console.waits import tell_wait
from concordat.errors import NotFound
from concordat.node import reads
from concordat.primitives.plain import Json

RECORDS_MAX: Final = 10
NEGATIVES_MAX: Final = 6
HISTORY_MAX: Final = 10

_PLAIN_COLOR: Final = "#9fb0be"


# ── member ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def render_member(page: Page, member: str) -> str:
    """Identity, credit with the reason for every point, contracts, history, proof."""
    row = reads.get_member(page.node, member)
    status = reads.get_status(page.node)
    try:
        credit = reads.get_credit(page.node, member, page.language)
    except NotFound:
        credit = None
    records = sorted(credit["reasons"], key=lambda reason: -abs(reason["delta"])) if credit else []
    waits = reads.get_waits(page.node, page.reader.member or "")
    return render_page(
        page,
        "member.html",
        "members",
        member=row,
        status_line=_tell_status(page, row),
        waits=[tell_wait(page, wait) for wait in waits if wait.get("subject") == member],
        credit=credit,
        fall=_make_fall(page, credit) if credit else [],
        records=records[:RECORDS_MAX],
        records_left=max(0, len(records) - RECORDS_MAX),
        contracts=reads.list_contracts(page.node, member),
        history=reads.list_entries(page.node, page.language, link=("member", member), limit=HISTORY_MAX),
        proof={
            "lines": [
                page.say("proof.line_member", height=status["height"], time=page.time(status["time"])),
                page.say("proof.line_checkpoint"),
            ],
            "not_proved": tell_not_proved(page),
            "digests": [(page.say("proof.root"), status["app_hash"])],
        },
    )


def _tell_status(page: Page, row: Json) -> str:
    key, time = ("admitted", row["admitted_at"]) if row["admitted_at"] else ("applied", row["applied_at"])
    return page.say(
        f"member.line_{key}",
        kind=page.catalog(f"kind.{row['kind']}"),
        day=page.day(time),
        status=page.catalog(f"status.member.{row['status']}"),
    )


def _make_fall(page: Page, credit: Json) -> list[Json]:
    """The score as a waterfall: where everybody begins, what was kept, each breach, where that leads."""
    kept = [reason for reason in credit["reasons"] if reason["severity"] == 0]
    broken = sorted((reason for reason in credit["reasons"] if reason["severity"]), key=lambda reason: reason["delta"])
    steps: list[tuple[str, int]] = []
    if kept:
        steps.append((page.say("credit.performances", count=len(kept)), sum(reason["delta"] for reason in kept)))
    steps += [(_tell_breach(page, reason), reason["delta"]) for reason in broken[:NEGATIVES_MAX]]
    if rest := broken[NEGATIVES_MAX:]:
        steps.append((page.say("credit.others", count=len(rest)), sum(reason["delta"] for reason in rest)))
    level = credit["newcomer"]
    rows = [_make_row(page.say("credit.start"), str(level), draw_bar(0, level, SCORE_MAX, _PLAIN_COLOR), "")]
    for text, delta in steps:
        color = GRADE_COLORS["A"] if delta >= 0 else GRADE_COLORS["E"]
        bar = draw_bar(level, level + delta, SCORE_MAX, color)
        rows.append(_make_row(text, show_signed(delta), bar, "good" if delta >= 0 else "bad"))
        level += delta
    bar = draw_bar(0, credit["score"], SCORE_MAX, GRADE_COLORS[credit["grade"]])
    return [*rows, _make_row(page.say("credit.now"), str(credit["score"]), bar, "") | {"is_sum": True}]


def _tell_breach(page: Page, reason: Json) -> str:
    severity = page.catalog(f"severity.{reason['severity']}")
    if page.language == "en":
        severity = severity.capitalize()
    return page.say(
        "credit.breach", severity=severity, contract=show_contract(reason["contract"]), clause=reason["clause"]
    )


def _make_row(text: str, value: str, bar: str, tone: str) -> dict[str, Json]:
    return {"text": text, "value": value, "bar": bar, "tone": tone, "is_sum": False}


# ── contract ────────────────────────────────────────────────────────────────────────────────────────────────────────


def render_contract(page: Page, number: int) -> str:
    """Course, what waits, obligations, consequences, the text as signed, parties, proof, history."""
    row = reads.get_contract(page.node, number)
    status = reads.get_status(page.node)
    signed = {signature["member"]: signature["time"] for signature in row["signatures"]}
    standing = {member["id"]: member for member in reads.list_members(page.node)}
    exits = {"terminated", "declined", "expired"}
    return render_page(
        page,
        "contract.html",
        "contracts",
        row=row,
        summary=_summarize(page, row),
        steps=_make_steps(page, row),
        exit=page.catalog(f"status.contract.{row['status']}") if row["status"] in exits else None,
        waits=_find_waits(page, row),
        duties=row["duties"],
        otherwise=_tell_consequences(page, row),
        text=reads.get_contract_text(page.node, number, page.language),
        parties=[
            {
                "id": party,
                "grade": standing[party]["grade"],
                "note": page.say(
                    "contract.party_note",
                    score=standing[party]["score"],
                    confidence=show_share(standing[party]["confidence"]),
                ),
                "signed": signed.get(party),
            }
            for party in row["parties"]
        ],
        history=reads.list_entries(page.node, page.language, link=("contract", str(number)), limit=HISTORY_MAX),
        proof={
            "lines": [
                page.say("proof.line_signatures", count=len(signed)),
                page.say("proof.line_contract", height=status["height"], time=page.time(status["time"])),
                page.say("proof.line_checkpoint"),
            ],
            "not_proved": tell_not_proved(page),
            "digests": [(page.say("proof.document"), row["document"]), (page.say("proof.root"), status["app_hash"])],
        },
    )


def _find_waits(page: Page, row: Json) -> list[Json]:
    """What the reader may do here; of several deliveries that are due, the next one."""
    waits = [wait for wait in reads.get_waits(page.node, page.reader.member or "") if wait["contract"] == row["id"]]
    first = next((wait for wait in waits if wait["action"] in {"deliver", "deliver_again"}), None)
    return [
        tell_wait(page, wait) | {"detail": _tell_delivery(page, row, wait)}
        for wait in waits
        if wait["action"] not in {"deliver", "deliver_again"} or wait is first
    ]


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


def _make_steps(page: Page, row: Json) -> list[Json]:
    """The paper's flow: request, signatures, judgment, execution, result. `state`: done, now, halt, exit or empty."""
    last = page.day(max(duty["due"] for duty in row["duties"]))
    executing = page.say("step.executing_note", done=row["duties_closed"], total=row["duties_total"])
    notes: dict[str, str] = {
        "requested": page.say(
            "step.requested_note", day=page.day(row["proposed_at"]), member=page.name(row["proposer"])
        ),
        "signed": page.say("step.signed_note", done=len(row["signed"]), total=len(row["parties"])),
        "judged": page.day(row["activated_at"]) if row["activated_at"] else "",
        "executing": executing if row["activated_at"] else "",
        "completed": page.day(row["ended_at"])
        if row["status"] == "completed"
        else page.say("step.completed_note", day=last),
    }
    now = {
        "proposed": "signed",
        "declined": "signed",
        "expired": "signed",
        "active": "executing",
        "suspended": "executing",
        "terminated": "executing",
        "completed": "",
    }[row["status"]]
    names = list(notes)
    reached = names.index(now) if now else len(names)
    at_place = "exit" if row["status"] in {"declined", "expired", "terminated"} else "now"
    titles: dict[str, str] = {name: page.say(f"step.{name}") for name in names}
    if row["status"] == "suspended":
        titles["executing"], at_place = page.say("step.suspended"), "halt"
    return [
        {
            "title": titles[name],
            "note": notes[name],
            "state": "done" if place < reached else at_place if place == reached else "",
        }
        for place, name in enumerate(names)
    ]


def _tell_delivery(page: Page, row: Json, wait: Json) -> str:
    duty = row["duties"][wait["obligation"] - 1] if wait["obligation"] else None
    if wait["action"] != "acknowledge" or duty is None or duty["delivery"] is None:
        return ""
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
