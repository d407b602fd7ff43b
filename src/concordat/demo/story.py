"""The story (journey A) of six regions of a made-up consortium.

One applicant is refused, one contract invalid, one delivery refused, one breach cured, one contract terminated, one
member forced out by rule and let back a year later. Every rule is the shipped one; only the clock is a scenario's. The
regions do not exist.
"""

from __future__ import annotations

from collections.abc import Iterator

from concordat.demo.files import Table
from concordat.demo.stage import Stage
from concordat.primitives.plain import Json

FOUNDERS: dict[str, tuple[Json, list[str]]] = {
    "azure-bay": ({"en": "Azure Bay", "zh": "蔚湾"}, ["operator", "seed", "verifier"]),
    "north-terrace": ({"en": "North Terrace", "zh": "北台"}, ["seed", "verifier"]),
    "silver-plain": ({"en": "Silver Plain", "zh": "银原"}, ["verifier"]),
}
NEWCOMERS: dict[str, tuple[Json, str]] = {
    "cloud-ford": ({"en": "Cloud Ford", "zh": "云渡"}, "azure-bay"),
    "maple-ridge": ({"en": "Maple Ridge", "zh": "枫岭"}, "north-terrace"),
    "stone-delta": ({"en": "Stone Delta", "zh": "石洲"}, "azure-bay"),
}
STRANGER = "sand-harbor"
RESIDENTS = ("azure-bay", "north-terrace")
MONTHS = 15

_READMIT = {"type": "membership.readmit", "guarantor": "azure-bay"}


def play(stage: Stage) -> Iterator[str]:
    """Play every scene in order; yields a heading before each."""
    yield "Three regions apply; one more is refused at credit review"
    _admit_newcomers(stage)
    yield "Contracts are drawn up and judged; one is invalid"
    _refuse_invalid_contract(stage)
    yield "A delivery is refused, then accepted"
    _deliver_wrong_then_right(stage)
    yield "A deadline passes: one contract is suspended and cured, another is terminated by its own terms"
    _cure_one_terminate_one(stage)
    yield "Maple Ridge breaks its word to three regions and is forced out by rule, after a hearing"
    _force_out(stage)
    yield "A year of monthly exchange between Azure Bay and North Terrace"
    for month in range(1, MONTHS + 1):
        _exchange(stage, month)
    yield "Maple Ridge returns, with a guarantor and a small limit"
    _return(stage)


def _admit_newcomers(stage: Stage) -> None:
    for number, (member, (name, sponsor)) in enumerate(NEWCOMERS.items(), start=1):
        dossier = stage.commitment(f"dossier/{member}")
        stage.act(member, "R1", _application(stage, member, name, sponsor, f"NC-{number:04d}"))
        if member == "stone-delta":
            name_stranger = {"en": "Sand Harbor", "zh": "沙港"}
            application = _application(stage, STRANGER, name_stranger, "maple-ridge", "NC-0009")
            stage.act(STRANGER, "R2", application, expect="membership.review_failed")
        stage.act(sponsor, "R2", {"type": "membership.sponsor", "member": member, "verdict": True})
        for verifier in ("azure-bay", "silver-plain"):
            attestation = {"type": "membership.attest", "member": member, "dossier": dossier, "verdict": True}
            stage.act(verifier, "R3", attestation)


def _application(stage: Stage, member: str, name: Json, sponsor: str, code: str) -> Json:
    return {
        "type": "membership.apply",
        "member": member,
        "name": name,
        "kind": "region",
        "scheme": "DEMO",
        "code": code,
        "dossier": stage.commitment(f"dossier/{member}"),
        "sponsor": sponsor,
        "predecessor": None,
        "parent": None,
        "card": stage.commitment(f"card/{member}"),
    }


def _promise(
    stage: Stage, debtor: str, creditor: str, subject: Json, table: Table, days: int, *, part: int = 1, size: int = 200
) -> Json:
    """One owes another a table of the form and length of a monthly part, with the demo's usual periods."""
    like = stage.describe(debtor, table, part)
    return {
        "debtor": debtor,
        "creditors": [creditor],
        "subject": subject,
        "size": size,
        "dataset": table[0],
        "evidence": {"type": "matching_table", "schema": like["schema"], "rows_min": like["rows"]},
        "due": stage.time_in(days),
        "grace_days": 5,
        "cure_days": 14,
        "objection_days": 7,
        "consequence": "terminate",
    }


def _contract(stage: Stage, title: Json, duty: Json) -> Json:
    """Terms of one obligation, to be signed within three days."""
    return {
        "template": "supply/1",
        "title": title,
        "parties": [duty["debtor"], *duty["creditors"]],
        "obligations": [duty],
        "sign_by": stage.time_in(3),
    }


def _conclude(stage: Stage, title: Json, duty: Json) -> int:
    """The debtor proposes; all sign the document that they can read."""
    terms = _contract(stage, title, duty)
    receipt = stage.act(duty["debtor"], "R7", {"type": "contracts.propose", "terms": terms})
    number = next(event["contract"] for event in receipt["events"] if event["type"] == "contracts.proposed")
    document = stage.reader.get(f"/v1/contracts/{number}/text")["document"]
    for party in terms["parties"]:
        stage.act(party, "R7", {"type": "contracts.sign", "contract": number, "document": document})
    return int(number)


def _fulfill(stage: Stage, debtor: str, creditor: str, contract: int, version: int) -> None:
    """The debtor hands a version over, and the creditor accepts it."""
    duty = {"contract": contract, "obligation": 1}
    stage.act(debtor, "R9", {"type": "contracts.deliver", **duty, "version": version})
    stage.act(creditor, "R9", {"type": "contracts.acknowledge", **duty})


def _refuse_invalid_contract(stage: Stage) -> None:
    subject = {"en": "All readings at once", "zh": "全部读数一次交付"}
    duty = _promise(stage, "cloud-ford", "azure-bay", subject, _table(stage, 0), 1, size=900)
    terms = _contract(stage, {"en": "Too much, too soon", "zh": "过多过急"}, duty)
    stage.act("cloud-ford", "R8", {"type": "contracts.propose", "terms": terms}, expect="contracts.invalid")


def _deliver_wrong_then_right(stage: Stage) -> None:
    table, title = _table(stage, 1), {"en": "Baseline series", "zh": "基准序列"}
    right = stage.describe("silver-plain", table, 2)
    duty = _promise(stage, "silver-plain", "north-terrace", title, table, 10, size=150)
    duty["evidence"] = {"type": "exact_file", "digest": right["digest"]}
    number = _conclude(stage, {"en": "Baseline exchange", "zh": "基准数据供给"}, duty)
    wrong = stage.register("silver-plain", table, title)
    delivery = {"type": "contracts.deliver", "contract": number, "obligation": 1, "version": wrong}
    stage.act("silver-plain", "R9", delivery, expect="contracts.digest_differs")
    _fulfill(stage, "silver-plain", "north-terrace", number, stage.register("silver-plain", table, title))


def _cure_one_terminate_one(stage: Stage) -> None:
    table, title = _table(stage, 0), {"en": "Weekly readings", "zh": "周读数"}
    late = _promise(stage, "cloud-ford", "azure-bay", title, table, 7, size=120)
    cured = _conclude(stage, {"en": "Readings from Cloud Ford", "zh": "云渡读数供给"}, late)
    never = _promise(stage, "stone-delta", "cloud-ford", title, table, 7, size=120)
    _conclude(stage, {"en": "Readings from Stone Delta", "zh": "石洲读数供给"}, never)
    stage.advance(8)
    stage.advance(6)
    _fulfill(stage, "cloud-ford", "azure-bay", cured, stage.register("cloud-ford", table, title))
    stage.advance(14)


def _force_out(stage: Stage) -> None:
    table, title = _table(stage, 2), {"en": "Passenger counts", "zh": "客流统计"}
    for creditor in FOUNDERS:
        duty = _promise(stage, "maple-ridge", creditor, title, table, 7)
        _conclude(stage, {"en": "Counts from Maple Ridge", "zh": "枫岭客流供给"}, duty)
    stage.advance(7 + 5 + 14)
    for _ in range(20):
        advanced = stage.advance(7)
        query = f"member=maple-ridge&before={advanced['position']}&limit=1"
        newest = stage.reader.get(f"/v1/ledger?{query}")["entries"][0]
        if "membership.hearing_opened" in newest["event_types"]:
            break
    statement = stage.commitment("statement/maple-ridge")
    stage.act("maple-ridge", "R12", {"type": "membership.respond", "statement": statement})
    stage.advance(14)
    stage.act("maple-ridge", "R12", _READMIT, expect="membership.too_early_to_return")


def _exchange(stage: Stage, month: int) -> None:
    """One month: each supplies the other a part of a table under a contract of its own."""
    title = {"en": f"Readings of month {month}", "zh": f"第 {month} 月读数"}
    agreed = []
    for place, (debtor, creditor) in enumerate((RESIDENTS, RESIDENTS[::-1])):
        table = _table(stage, place)
        duty = _promise(stage, debtor, creditor, title, table, 20, part=month)
        agreed.append((debtor, creditor, table, _conclude(stage, title, duty)))
    stage.advance(14)
    for debtor, creditor, table, number in agreed:
        _fulfill(stage, debtor, creditor, number, stage.register(debtor, table, title))
    stage.advance(14)


def _return(stage: Stage) -> None:
    stage.act("maple-ridge", "R12", _READMIT)
    stage.act("azure-bay", "R12", {"type": "membership.sponsor", "member": "maple-ridge", "verdict": True})
    title = {"en": "Passenger counts", "zh": "客流统计"}
    duty = _promise(stage, "maple-ridge", "azure-bay", title, _table(stage, 2), 20, size=100)
    _conclude(stage, {"en": "A first contract after the return", "zh": "回归后的首份合同"}, duty)


def _table(stage: Stage, place: int) -> Table:
    return stage.tables[place % len(stage.tables)]
