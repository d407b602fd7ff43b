"""The story (journey A) of six regions of a made-up consortium.

One applicant is refused, one contract invalid, one delivery refused, one breach cured, one contract terminated, one
member forced out by rule and let back a year later. Every rule is the shipped one; only the clock is a scenario's. The
regions do not exist.
"""

from __future__ import annotations

from collections.abc import Iterator

from concordat.demo.files import Table
from concordat.demo.stage import Stage, make_duty
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


def _contract(stage: Stage, title: Json, duties: list[Json], template: str = "supply/1") -> Json:
    """Terms between everybody whom the duties name, to be signed within three days."""
    parties = list(dict.fromkeys(name for duty in duties for name in (duty["debtor"], *duty["creditors"])))
    duties.sort(key=lambda duty: str(duty["due"]))
    return {
        "template": template,
        "title": title,
        "parties": parties,
        "obligations": duties,
        "sign_by": stage.time_in(3),
    }


def _conclude(stage: Stage, terms: Json) -> int:
    """The first party proposes; all sign the document that they can read."""
    receipt = stage.act(terms["parties"][0], "R7", {"type": "contracts.propose", "terms": terms})
    number = next(event["contract"] for event in receipt["events"] if event["type"] == "contracts.proposed")
    document = stage.reader.get(f"/v1/contracts/{number}/text?language=en")["document"]
    for party in terms["parties"]:
        stage.act(party, "R7", {"type": "contracts.sign", "contract": number, "document": document})
    return int(number)


def _matching(description: Json) -> Json:
    return {"type": "matching_table", "schema": description["schema"], "rows_min": description["rows"]}


def _refuse_invalid_contract(stage: Stage) -> None:
    table = stage.tables[0]
    evidence = _matching(stage.describe("cloud-ford", table, 1))
    subject = {"en": "All readings at once", "zh": "全部读数一次交付"}
    duty = make_duty("cloud-ford", ["azure-bay"], subject, table[0], evidence, stage.time_in(1), size=900)
    terms = _contract(stage, {"en": "Too much, too soon", "zh": "过多过急"}, [duty])
    stage.act("cloud-ford", "R8", {"type": "contracts.propose", "terms": terms}, expect="contracts.invalid")


def _deliver_wrong_then_right(stage: Stage) -> None:
    table, title = _table(stage, 1), {"en": "Baseline series", "zh": "基准序列"}
    right = stage.describe("silver-plain", table, 2)
    evidence = {"type": "exact_file", "digest": right["digest"]}
    duty = make_duty("silver-plain", ["north-terrace"], title, table[0], evidence, stage.time_in(10), size=150)
    number = _conclude(stage, _contract(stage, {"en": "Baseline exchange", "zh": "基准数据供给"}, [duty]))
    stage.register("silver-plain", table[0], table, title)
    delivery = {"type": "contracts.deliver", "contract": number, "obligation": 1, "version": 1}
    stage.act("silver-plain", "R9", delivery, expect="contracts.digest_differs")
    stage.register("silver-plain", table[0], table, title)
    stage.act("silver-plain", "R9", {**delivery, "version": 2})
    stage.act("north-terrace", "R9", {"type": "contracts.acknowledge", "contract": number, "obligation": 1})


def _cure_one_terminate_one(stage: Stage) -> None:
    table, title = _table(stage, 0), {"en": "Weekly readings", "zh": "周读数"}
    evidence = _matching(stage.describe("cloud-ford", table, 1))
    late = make_duty("cloud-ford", ["azure-bay"], title, table[0], evidence, stage.time_in(7), size=120)
    cured = _conclude(stage, _contract(stage, {"en": "Readings from Cloud Ford", "zh": "云渡读数供给"}, [late]))
    evidence = _matching(stage.describe("stone-delta", table, 1))
    never = make_duty("stone-delta", ["cloud-ford"], title, table[0], evidence, stage.time_in(7), size=120)
    _conclude(stage, _contract(stage, {"en": "Readings from Stone Delta", "zh": "石洲读数供给"}, [never]))
    stage.advance(8)
    stage.advance(6)
    stage.register("cloud-ford", table[0], table, title)
    stage.act(
        "cloud-ford", "R9", {"type": "contracts.deliver", "contract": cured, "obligation": 1, "version": 1}
    )
    stage.act("azure-bay", "R9", {"type": "contracts.acknowledge", "contract": cured, "obligation": 1})
    stage.advance(14)


def _force_out(stage: Stage) -> None:
    table, title = _table(stage, 2), {"en": "Passenger counts", "zh": "客流统计"}
    evidence = _matching(stage.describe("maple-ridge", table, 1))
    for creditor in ("azure-bay", "north-terrace", "silver-plain"):
        duty = make_duty("maple-ridge", [creditor], title, table[0], evidence, stage.time_in(7))
        _conclude(stage, _contract(stage, {"en": "Counts from Maple Ridge", "zh": "枫岭客流供给"}, [duty]))
    stage.advance(7 + 5 + 14)
    for _ in range(20):
        advanced = stage.advance(7)
        query = f"member=maple-ridge&before={advanced['position']}&limit=1"
        newest = stage.reader.get(f"/v1/ledger?{query}")["entries"][0]
        if "membership.hearing_opened" in newest["event_types"]:
            break
    stage.act(
        "maple-ridge", "R12", {"type": "membership.respond", "statement": stage.commitment("statement/maple-ridge")}
    )
    stage.advance(14)
    stage.act(
        "maple-ridge", "R12", {"type": "membership.readmit", "guarantor": "azure-bay"},
        expect="membership.too_early_to_return",
    )  # fmt: skip


def _exchange(stage: Stage, month: int) -> None:
    """One month: each supplies the other a part of a table under a contract of its own."""
    numbers = []
    for place, (debtor, creditor) in enumerate((RESIDENTS, RESIDENTS[::-1])):
        table, title = _table(stage, place), {"en": f"Readings of month {month}", "zh": f"第 {month} 月读数"}
        evidence = _matching(stage.describe(debtor, table, month))
        duty = make_duty(debtor, [creditor], title, table[0], evidence, stage.time_in(20))
        numbers.append((debtor, creditor, table, title, _conclude(stage, _contract(stage, title, [duty]))))
    stage.advance(14)
    for debtor, creditor, table, title, number in numbers:
        version = stage.register(debtor, table[0], table, title)["version"]
        stage.act(debtor, "R9", {"type": "contracts.deliver", "contract": number, "obligation": 1, "version": version})
        stage.act(creditor, "R9", {"type": "contracts.acknowledge", "contract": number, "obligation": 1})
    stage.advance(14)


def _return(stage: Stage) -> None:
    stage.act("maple-ridge", "R12", {"type": "membership.readmit", "guarantor": "azure-bay"})
    stage.act("azure-bay", "R12", {"type": "membership.sponsor", "member": "maple-ridge", "verdict": True})
    table, title = _table(stage, 2), {"en": "Passenger counts", "zh": "客流统计"}
    evidence = _matching(stage.describe("maple-ridge", table, 1))
    duty = make_duty("maple-ridge", ["azure-bay"], title, table[0], evidence, stage.time_in(20), size=100)
    _conclude(stage, _contract(stage, {"en": "A first contract after the return", "zh": "回归后的首份合同"}, [duty]))


def _table(stage: Stage, place: int) -> Table:
    return stage.tables[place % len(stage.tables)]
