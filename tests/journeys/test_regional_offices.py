"""Journey A: six regional offices join, agree, deliver, break and cure their word. Each has its own folder, and runs
each command as its own process there; hostile turns in between are refused, each by its own code."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .stranger import ask
from .town import (
    WORKERS,
    Town,
    attest,
    draw_up,
    make_application,
    make_draft,
    name_duty,
    open_town,
    register,
    sign,
    write_table,
)

COURTS = {"juniper-court": ["operator", "seed", "verifier"], "cobalt-court": ["verifier"], "basalt-court": ["verifier"]}
OFFICES = ("willow-creek", "granite-cape", "coral-strand", "iron-valley", "lark-meadow", "amber-hill")


def test_offices_join_agree_deliver_and_cure_and_everybody_sees_it(tmp_path: Path) -> None:
    with open_town(tmp_path, COURTS, (*OFFICES, "thief")) as town:
        admit_offices(town)
        keep_a_contract(town)
        suspend_two_contracts(town)
        check_credit(town)


# ── joining ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def admit_offices(town: Town) -> None:
    """Six offices apply, are reviewed, verified by two of three, and have a mirror identity."""

    def apply(member: str) -> None:
        card = ask("card", "new", "o.card", "--name", member, "--phone", "1", folder=town.folder / member)["commitment"]
        town.act(member, make_application(member, "juniper-court", card))

    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(apply, OFFICES))

    unsponsored = make_application("echo-plain", "willow-creek", "11" * 32)
    refused = town.refuse("thief", unsponsored)
    assert refused["code"] == "membership.review_failed"
    assert "review.sponsor_not_in_standing" in {reason["code"] for reason in refused["reasons"]}

    town.act("juniper-court", *({"type": "membership.sponsor", "member": name, "verdict": True} for name in OFFICES))
    copied = make_application("echo-plain", "juniper-court", "11" * 32, code="R-willow-creek")
    assert town.refuse("thief", copied)["code"] == "membership.code_taken"
    words = [attest(member) for member in OFFICES]
    assert town.refuse("cobalt-court", attest("willow-creek", "another"))["code"] == "membership.dossier_differs"
    town.act("juniper-court", *words)
    assert town.refuse("juniper-court", words[0])["code"] == "membership.already_attested"
    assert town.ask("willow-creek", "member", "show", "willow-creek")["member"]["status"] == "reviewed"
    admitted = town.act("basalt-court", *words)
    assert [event["member"] for event in admitted["events"] if event["type"] == "membership.admitted"] == list(OFFICES)

    shown = town.ask("willow-creek", "member", "show", "willow-creek")
    assert (shown["member"]["status"], shown["member"]["score"], shown["member"]["grade"]) == ("active", 600, "N")
    assert shown["member"]["did"].endswith(":willow-creek")
    town.ask("willow-creek", "proof", "member", "willow-creek", "--out", "mirror.proof")
    verdict = ask("verify", "mirror.proof", "--trust", "genesis.json", folder=town.folder / "willow-creek")
    assert verdict["valid"]
    assert {"active"} == {state["value"]["status"] for state in verdict["states"] if state["table"] == "members"}


# ── a contract that is kept ─────────────────────────────────────────────────────────────────────────────────────────


def keep_a_contract(town: Town) -> None:
    """Drawn up, read in two languages, signed, delivered and acknowledged; a wrong file is refused on the way."""
    right = write_table(town, "willow-creek", "readings.csv", 30)
    write_table(town, "willow-creek", "wrong.csv", 29)
    evidence = {"type": "exact_file", "digest": right["digest"]}
    parties = ["granite-cape", "juniper-court"]
    draft = make_draft("willow-creek", parties, evidence, "readings", "2031-03-20T00:00:00Z")
    example = ask("contract", "draft", "--example", folder=town.folder / "willow-creek")["example"]
    assert (set(example), set(example["items"][0])) == (set(draft), set(draft["items"][0]))
    number = draw_up(town, "willow-creek", parties, evidence, "readings", "2031-03-20T00:00:00Z")

    shown = town.show("granite-cape", number)
    english, chinese = ("".join(shown["clauses"][language]) for language in ("en", "zh"))
    assert f"Evidence: a version of dataset willow-creek/readings registered with digest {right['digest']};" in english
    assert f"履约凭据：数据集 willow-creek/readings 登记一个摘要为 {right['digest']} 的版本；" in chinese

    wrong = {"type": "contracts.sign", "contract": number, "document": "ab" * 32}
    assert town.refuse("granite-cape", wrong)["code"] == "contracts.document_differs"
    stolen = {"type": "contracts.sign", "contract": number, "document": shown["document"]}
    assert town.refuse("thief", stolen)["code"] == "ledger.unknown_key"
    assert town.refuse("coral-strand", stolen)["code"] == "contracts.not_a_party"
    sign(town, number, "granite-cape", "juniper-court", "willow-creek")
    assert town.show("granite-cape", number)["status"] == "active"

    assert register(town, "willow-creek", "wrong.csv", "readings") == 1
    assert town.refuse("willow-creek", name_duty("deliver", number, version=1))["code"] == "contracts.digest_differs"
    assert register(town, "willow-creek", "readings.csv", "readings") == 2
    town.act("willow-creek", name_duty("deliver", number, version=2))
    assert town.refuse("iron-valley", name_duty("acknowledge", number))["code"] == "contracts.not_a_party"
    assert town.refuse("willow-creek", name_duty("acknowledge", number))["code"] == "contracts.not_a_creditor"
    town.act("granite-cape", name_duty("acknowledge", number))
    assert town.refuse("granite-cape", name_duty("acknowledge", number))["code"] == "contracts.already_acknowledged"
    assert town.show("lark-meadow", number)["next"]["actor"] == "juniper-court"
    town.act("juniper-court", name_duty("acknowledge", number))
    assert town.show("lark-meadow", number)["status"] == "completed"


# ── two contracts that are late ─────────────────────────────────────────────────────────────────────────────────────


def suspend_two_contracts(town: Town) -> None:
    """Two deadlines and their grace pass; one debtor cures its breach, the other's contract ends by its own terms."""
    due = "2031-03-10T00:00:00Z"
    described = write_table(town, "coral-strand", "tides.csv", 12)
    evidence = {"type": "matching_table", "schema": described["schema"], "rows_min": 12}
    late = draw_up(town, "coral-strand", ["iron-valley"], evidence, "tides", due)
    sign(town, late, "iron-valley", "coral-strand")
    never = draw_up(town, "lark-meadow", ["amber-hill"], evidence, "larks", due)
    sign(town, never, "lark-meadow", "amber-hill")

    town.advance("2031-03-16T00:00:00Z")
    for number, debtor in ((late, "coral-strand"), (never, "lark-meadow")):
        shown = town.show("granite-cape", number)
        assert (shown["status"], shown["duties"][0]["status"]) == ("suspended", "curing")
        assert (shown["next"]["actor"], shown["next"]["action"]) == (debtor, "deliver")
        assert shown["next"]["by"] == "2031-03-29T00:00:00Z"

    version = register(town, "coral-strand", "tides.csv", "tides")
    town.act("coral-strand", name_duty("deliver", late, version=version))
    town.act("iron-valley", name_duty("acknowledge", late))
    town.advance("2031-04-08T00:00:00Z")
    shown = town.show("willow-creek", late)
    assert (shown["status"], shown["duties"][0]["status"]) == ("completed", "cured")
    shown = town.show("willow-creek", never)
    assert (shown["status"], shown["duties"][0]["status"]) == ("terminated", "breached")
    ended = town.ask("willow-creek", "ledger", "--contract", str(never), "--limit", "3")["entries"]
    assert {"contracts.breached", "contracts.terminated"} <= {name for entry in ended for name in entry["event_types"]}


def check_credit(town: Town) -> None:
    """Everybody sees the same scores, and the reason of every point."""
    seen = {}
    for member in ("willow-creek", "coral-strand", "lark-meadow", "amber-hill"):
        shown = town.ask("granite-cape", "member", "show", member)
        credit = shown["credit"]
        assert credit["newcomer"] + sum(reason["delta"] for reason in credit["reasons"]) == credit["score"]
        assert credit["newcomer"] == 600
        assert all(reason["sentence"] for reason in credit["reasons"])
        assert (shown["member"]["score"], shown["member"]["grade"]) == (credit["score"], credit["grade"])
        seen[member] = credit
    assert seen["willow-creek"]["score"] > 600
    assert seen["willow-creek"]["grade"] == "N"
    for member in ("coral-strand", "lark-meadow"):
        assert seen[member]["score"] < 500
        assert seen[member]["grade"] == "E"
        assert any(reason["severity"] == 2 and reason["delta"] < 0 for reason in seen[member]["reasons"])
    assert (seen["amber-hill"]["score"], seen["amber-hill"]["reasons"]) == (600, [])
    assert town.ask("lark-meadow", "member", "show", "lark-meadow")["credit"] == seen["lark-meadow"]
