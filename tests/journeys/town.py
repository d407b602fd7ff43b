"""A town of parties: each has its own folder and key, and runs each command as its own process there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from .stranger import Done, Json, ask, call, found, make_founder, make_plan, serving

WORKERS = 2


@dataclass(frozen=True)
class Town:
    """A folder for each party, and the node that they all use."""

    folder: Path
    node: Path
    url: str
    operator: str

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
        self.act(self.operator, {"type": "clock.advance", "time": time})

    def show(self, party: str, contract: int) -> Json:
        return self.ask(party, "contract", "show", f"C-{contract:04d}")


@contextmanager
def open_town(
    folder: Path, founders: Mapping[str, Sequence[str]], others: Sequence[str], mail: Json = None
) -> Iterator[Town]:
    """Every party makes its key in its own folder; the founders, by their roles, make the chain, and the first one of
    them moves its time; everybody gets its genesis.json. `mail` is what the operator writes into mail.json."""

    def settle(party: str) -> str:
        (folder / party).mkdir()
        return str(ask("key", "new", "officer.key", folder=folder / party)["public_key"])

    with ThreadPoolExecutor(WORKERS) as workers:
        parties = (*founders, *others)
        public_keys = dict(zip(parties, workers.map(settle, parties), strict=True))
    plan = make_plan(*(make_founder(name, roles, public_keys[name]) for name, roles in founders.items()), verify_k=2)
    node = found(folder, plan)
    for party in parties:
        (folder / party / "genesis.json").write_bytes((node / "genesis.json").read_bytes())
    if mail is not None:
        (node / "mail.json").write_text(json.dumps(mail))
    with serving(node) as served:
        yield Town(folder, node, served.url, next(iter(founders)))
    assert not list(node.rglob("officer.key"))


def make_application(member: str, sponsor: str, card: str, **other: str) -> Json:
    return {
        "type": "membership.apply",
        "member": member,
        "name": {"en": member.replace("-", " ").title(), "zh": ""},
        "kind": "region",
        "scheme": "REGISTER",
        "code": f"R-{member}",
        "dossier": make_dossier(member),
        "sponsor": sponsor,
        "predecessor": None,
        "parent": None,
        "card": card,
    } | other


def make_dossier(member: str) -> str:
    return sha256(f"{member}: statutes and charter, with a salt".encode()).hexdigest()


def attest(member: str, dossier: str = "") -> Json:
    return {
        "type": "membership.attest",
        "member": member,
        "dossier": make_dossier(dossier or member),
        "verdict": True,
    }


def write_table(town: Town, party: str, name: str, rows: int) -> Json:
    """Write a CSV file into a party's folder and describe it there."""
    lines = ["station,value", *(f"s{row},{row * 7}" for row in range(rows))]
    (town.folder / party / name).write_text("\n".join(lines) + "\n")
    return ask("dataset", "describe", name, folder=town.folder / party)


def register(town: Town, party: str, file: str, dataset: str) -> int:
    words = ("dataset", "register", file, "--name", dataset, "--title", "Readings", "--title-zh", "读数")
    (operation,) = town.ask(party, *words)["operations"]
    return int(operation["version"])


def make_draft(debtor: str, creditors: list[str], evidence: Json, dataset: str, day: str) -> Json:
    """The few decisions from which a template makes terms: one delivery of a dataset, on a day."""
    return {
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


def draw_up(town: Town, debtor: str, creditors: list[str], evidence: Json, dataset: str, day: str) -> int:
    """The first creditor drafts terms from a template and offers them; return the contract's number."""
    proposer = creditors[0]
    drafted = town.ask(proposer, "contract", "draft", "-", given=make_draft(debtor, creditors, evidence, dataset, day))
    assert (drafted["valid"], drafted["reasons"]) == (True, [])
    offered = town.act(proposer, {"type": "contracts.propose", "terms": drafted["terms"]})
    (number,) = (event["contract"] for event in offered["events"] if event["type"] == "contracts.proposed")
    return int(number)


def sign(town: Town, number: int, *parties: str) -> None:
    document = town.show(parties[0], number)["document"]
    for party in parties:
        town.act(party, {"type": "contracts.sign", "contract": number, "document": document})


def name_duty(kind: str, number: int, **other: int) -> Json:
    return {"type": f"contracts.{kind}", "contract": number, "obligation": 1, **other}
