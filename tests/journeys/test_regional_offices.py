"""Journey A: six regional offices join, agree, deliver, break and cure their word. Each has its own folder, and runs
each command as its own process there; hostile turns in between are refused, each by its own code."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from .stranger import Done, Json, ask, call, found, make_founder, make_plan, serving

COURTS = {"juniper-court": ["operator", "seed", "verifier"], "cobalt-court": ["verifier"], "basalt-court": ["verifier"]}
OFFICES = ("willow-creek", "granite-cape", "coral-strand", "iron-valley", "lark-meadow", "amber-hill")
WORKERS = 2


@dataclass(frozen=True)
class Town:
    """A folder for each party, and the node that they all use."""

    folder: Path
    url: str

    def call(self, party: str, *words: str | Path, given: Json = None) -> Done:
        """A party runs a command in its own folder, with its own key."""
        folder = self.folder / party
        return call(*words, "--node", self.url, "--key", "officer.key", "--json", folder=folder, given=given)

    def ask(self, party: str, *words: str | Path, given: Json = None) -> Json:
        done = self.call(party, *words, given=given)
        assert done.status == 0, done.out
        return done.document

    def act(self, party: str, *operations: Json) -> Json:
        """A party signs one transaction and checks the receipt's proof against the genesis that it pinned."""
        receipt = self.ask(party, "tx", "operations", "-", "--trust", "genesis.json", given=list(operations))
        assert receipt["code"] == "ok"
        assert receipt["sentence"]
        return receipt

    def refuse(self, party: str, operation: Json) -> Json:
        """A party tries what a rule forbids; return the document that says so."""
        done = self.call(party, "tx", "operations", "-", given=[operation])
        assert done.status == 4
        assert done.document["rule"]
        assert done.document["reason"]
        assert done.document["next_step"]
        return done.document

    def advance(self, time: str) -> None:
        self.act("juniper-court", {"type": "clock.advance", "time": time})

    def show(self, party: str, contract: int) -> Json:
        return self.ask(party, "contract", "show", f"C-{contract:04d}")


@contextmanager
def open_town(folder: Path) -> Iterator[Town]:
    """Every party makes its key in its own folder; the courts found the chain; everybody gets its genesis.json."""

    def settle(party: str) -> str:
        (folder / party).mkdir()
        return str(ask("key", "new", "officer.key", folder=folder / party)["public_key"])

    with ThreadPoolExecutor(WORKERS) as workers:
        parties = (*COURTS, *OFFICES, "thief")
        public_keys = dict(zip(parties, workers.map(settle, parties), strict=True))
    founders = [make_founder(court, roles, public_keys[court]) for court, roles in COURTS.items()]
    node = found(folder, make_plan(*founders, verify_k=2))
    for party in parties:
        (folder / party / "genesis.json").write_bytes((node / "genesis.json").read_bytes())
    with serving(node) as served:
        yield Town(folder, served.url)
    assert not list(node.rglob("officer.key"))


def test_offices_join_agree_deliver_and_cure_and_everybody_sees_it(tmp_path: Path) -> None:
    with open_town(tmp_path) as town:
        admit_offices(town)
        keep_a_contract(town)
        suspend_two_contracts(town)
        check_credit(town)


# ── joining ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def make_application(member: str, dossier: str, card: str, **other: str) -> Json:
    return {
        "type": "membership.apply",
        "member": member,
        "name": {"en": member.replace("-", " ").title(), "zh": ""},
        "kind": "region",
        "scheme": "REGISTER",
        "code": f"R-{member}",
        "dossier": dossier,
        "sponsor": "juniper-court",
        "predecessor": None,
        "parent": None,
        "card": card,
    } | other


def make_dossier(member: str) -> str:
    return sha256(f"{member}: statutes and charter, with a salt".encode()).hexdigest()


def admit_offices(town: Town) -> None:
    """Six offices apply, are reviewed, verified by two of three, and have a mirror identity."""

    def apply(member: str) -> None:
        card = ask("card", "new", "o.card", "--name", member, "--phone", "1", folder=town.folder / member)["commitment"]
        town.act(member, make_application(member, make_dossier(member), card))

    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(apply, OFFICES))

    copied = make_application("echo-plain", make_dossier("echo-plain"), "11" * 32, code="R-willow-creek")
    assert town.refuse("thief", copied)["code"] == "membership.code_taken"
    unsponsored = make_application("echo-plain", make_dossier("echo-plain"), "11" * 32, sponsor="willow-creek")
    refused = town.refuse("thief", unsponsored)
    assert refused["code"] == "membership.review_failed"
    assert "review.sponsor_not_in_standing" in {reason["code"] for reason in refused["reasons"]}

    town.act("juniper-court", *({"type": "membership.sponsor", "member": name, "verdict": True} for name in OFFICES))
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


def attest(member: str, dossier: str = "") -> Json:
    return {
        "type": "membership.attest",
        "member": member,
        "dossier": make_dossier(dossier or member),
        "verdict": True,
    }


# ── a contract that is kept ─────────────────────────────────────────────────────────────────────────────────────────


def write_table(town: Town, party: str, name: str, rows: int) -> Json:
    """Write a CSV file into a party's folder and describe it there."""
    lines = ["station,value", *(f"s{row},{row * 7}" for row in range(rows))]
    (town.folder / party / name).write_text("\n".join(lines) + "\n")
    return ask("dataset", "describe", name, folder=town.folder / party)


def register(town: Town, party: str, file: str, dataset: str) -> int:
    words = ("dataset", "register", file, "--name", dataset, "--title", "Readings", "--title-zh", "读数")
    (operation,) = town.ask(party, *words)["operations"]
    return int(operation["version"])


def draw_up(town: Town, debtor: str, creditors: list[str], evidence: Json, dataset: str, day: str) -> int:
    """The debtor drafts terms from a template and offers them; return the contract's number."""
    draft: dict[str, Json] = {
        "template": "supply/1",
        "title": {"en": f"Readings of {debtor}", "zh": "读数供给"},
        "items": [
            {
                "debtor": debtor,
                "creditors": creditors,
                "subject": {"en": "All stations", "zh": "全部站点"},
                "dataset": dataset,
                "evidence": evidence,
                "size": 200,
                "first_due": day,
                "every_days": 1,
                "times": 1,
            }
        ],
        "sign_by": "2031-03-06T00:00:00Z",
        "grace_days": 5,
        "cure_days": 14,
        "objection_days": 7,
        "consequence": "terminate",
    }
    example = ask("contract", "draft", "--example", folder=town.folder / debtor)["example"]
    assert (set(example), set(example["items"][0])) == (set(draft), set(draft["items"][0]))
    drafted = town.ask(debtor, "contract", "draft", "-", given=draft)
    assert (drafted["valid"], drafted["reasons"]) == (True, [])
    offered = town.act(debtor, {"type": "contracts.propose", "terms": drafted["terms"]})
    (number,) = (event["contract"] for event in offered["events"] if event["type"] == "contracts.proposed")
    assert town.show(creditors[0], number)["document"] == drafted["document"]
    return int(number)


def sign(town: Town, number: int, *parties: str) -> None:
    document = town.show(parties[0], number)["document"]
    for party in parties:
        town.act(party, {"type": "contracts.sign", "contract": number, "document": document})


def name_duty(kind: str, number: int, **other: int) -> Json:
    return {"type": f"contracts.{kind}", "contract": number, "obligation": 1, **other}


def keep_a_contract(town: Town) -> None:
    """Drawn up, read in two languages, signed, delivered and acknowledged; a wrong file is refused on the way."""
    right = write_table(town, "willow-creek", "readings.csv", 30)
    write_table(town, "willow-creek", "wrong.csv", 29)
    evidence = {"type": "exact_file", "digest": right["digest"]}
    parties = ["granite-cape", "juniper-court"]
    number = draw_up(town, "willow-creek", parties, evidence, "readings", "2031-03-20T00:00:00Z")

    shown = town.show("granite-cape", number)
    english, chinese = ("".join(shown["clauses"][language]) for language in ("en", "zh"))
    assert f"Evidence: a version of dataset willow-creek/readings registered with digest {right['digest']}." in english
    assert f"履约凭据：数据集 willow-creek/readings 登记一个摘要为 {right['digest']} 的版本。" in chinese

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
