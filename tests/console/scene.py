"""Six mirror regions with a year behind them: contracts in every state, breaches, a hearing, an application."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from concordat.client.keys import Key, derive_key, make_key, save_key
from concordat.contracts.templates import Draft, Item, compute_terms
from concordat.contracts.terms import MatchingTable, TemplateName, Terms
from concordat.node.founding import found_chain
from concordat.node.keystore import OFFICERS_FOLDER
from concordat.node.node import Node
from concordat.primitives.codec import decode
from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import DAY_US, parse_time
from concordat.primitives.plain import Json
from concordat.protocol.families.ballots import Open, Vote, Withdraw
from concordat.protocol.families.behaviors import Anchor, OfContract, OfDataset, OfMember, Record, Subject
from concordat.protocol.families.clock import Advance
from concordat.protocol.families.contracts import Acknowledge, Decline, Deliver, Object, Propose, Sign
from concordat.protocol.families.datasets import Register
from concordat.protocol.families.membership import Apply, Attest, Sponsor
from concordat.protocol.families.objections import File
from concordat.protocol.messages import Operation
from concordat.protocol.records import Appoint, ChangeParameter
from concordat.protocol.transactions import Entry, Payload, Receipt, make_signed_bytes

START = "2026-03-02T00:00:00Z"
PASSWORD = "a password for tests"
SCHEMA = sha256(b"schema").digest()

NAMES = {
    "north-terrace": Label("North Terrace", "北台"),
    "azure-bay": Label("Azure Bay", "蔚湾"),
    "silver-plain": Label("Silver Plain", "银原"),
    "cloud-ford": Label("Cloud Ford", "云津"),
    "maple-ridge": Label("Maple Ridge", "枫岭"),
    "stone-delta": Label("Stone Delta", "石洲"),
    "amber-coast": Label("Amber Coast", "珀海"),
}
ROLES = {"azure-bay": ["operator", "seed", "verifier"], "north-terrace": ["seed", "verifier"]}
FOUNDERS = list(NAMES)[:5]

AIR = Label("Hourly air-quality readings", "逐时空气质量数据")
RIVER = Label("River-flow series", "河道流量序列")


def get_key(label: str) -> Key:
    """The demo key of a member."""
    return derive_key("scene", label)


class Scene:
    """A node's folder with its story; `node` is open. One officer of Azure Bay has a sealed key in the key store."""

    def __init__(self, folder: Path, *, hostile: Label | None = None) -> None:
        names = NAMES | ({"maple-ridge": hostile} if hostile else {})
        local = make_key()
        plan: Json = {
            "name": {"en": "Six Regions consortium", "zh": "六区协作联盟"},
            "clock": "scenario",
            "start_time": START,
            "founders": [
                {
                    "member": member,
                    "name": {"en": names[member].en, "zh": names[member].zh},
                    "scheme": "USCC",
                    "code": f"91{number:016d}",
                    "roles": ROLES.get(member, []),
                    "public_keys": [
                        get_key(member).public_key.hex(),
                        *([local.public_key.hex()] if member == "azure-bay" else []),
                    ],
                }
                for number, member in enumerate(FOUNDERS, start=1)
            ],
        }
        found_chain(folder, plan, None, parse_time(START))
        save_key(folder / OFFICERS_FOLDER / "l-officer.key", local, PASSWORD)
        self.local = local
        self.names = names
        self.node = Node(folder)
        self.now = parse_time(START)
        self.nonces: dict[str, int] = {}

    def attempt(self, signer: str, *operations: Operation) -> Receipt:
        """Submit a transaction; return its receipt."""
        self.nonces[signer] = self.nonces.get(signer, 0) + 1
        payload = Payload(self.node.chain.id, 1, 0, self.nonces[signer], 100_000, self.now, b"", operations)
        key = get_key(signer)
        unsigned = make_signed_bytes(key.public_key, payload)
        committed = self.node.engine.submit(key.sign(unsigned) + unsigned).result(30)
        return decode(Entry, committed.leaf).receipt

    def act(self, signer: str, *operations: Operation) -> None:
        """Submit a transaction that must succeed."""
        receipt = self.attempt(signer, *operations)
        assert receipt.code == "ok", receipt

    def advance_to(self, time: int) -> None:
        """Move simulated time."""
        self.now = time
        self.act("azure-bay", Advance(time))

    def advance(self, days: int) -> None:
        """Move simulated time by whole days."""
        self.advance_to(self.now + days * DAY_US)

    def make_terms(
        self,
        title: Label,
        debtor: str,
        creditor: str,
        subject: Label,
        *,
        days: int,
        times: int = 1,
        every: int = 7,
        size: int = 20,
        grace: int = 3,
        cure: int = 14,
        returns: Label | None = None,
    ) -> Terms:
        """Terms by which one supplies the other, or each the other."""

        def item(debtor: str, creditor: str, subject: Label) -> Item:
            dataset = subject.en.lower().replace(" ", "-")
            evidence = MatchingTable(SCHEMA, 700)
            return Item(debtor, (creditor,), subject, dataset, evidence, size, self.now + days * DAY_US, every, times)

        items = [item(debtor, creditor, subject), *([item(creditor, debtor, returns)] if returns else [])]
        template: TemplateName = "exchange/1" if returns else "supply/1"
        return compute_terms(Draft(template, title, tuple(items), self.now + 2 * DAY_US, grace, cure, 7, "terminate"))

    def propose(self, terms: Terms) -> int:
        """Offer terms; return the number."""
        self.act(terms.parties[0], Propose(terms))
        return len(self.node.application.state.contracts)

    def sign(self, number: int, *parties: str) -> None:
        """Let parties sign."""
        document = self.node.application.state.contracts[(number,)].document
        for party in parties:
            self.act(party, Sign(number, document))

    def agree(self, terms: Terms) -> int:
        """Offer and sign by all."""
        number = self.propose(terms)
        self.sign(number, *terms.parties)
        return number

    def register(self, number: int, obligation: int, *, rows: int = 744) -> int:
        """Register the next version of what is owed; return its number."""
        state = self.node.application.state
        duty = state.terms[(number,)].obligations[obligation - 1]
        dataset = state.datasets.get((duty.debtor, duty.dataset))
        version = dataset.latest + 1 if dataset else 1
        digest = sha256(f"{duty.debtor}{duty.dataset}{version}".encode()).digest()
        register = Register(duty.dataset, version, duty.subject, digest, rows * 112, rows, SCHEMA, digest)
        self.act(duty.debtor, register)
        return version

    def deliver(self, number: int, obligation: int, *, rows: int = 744) -> Receipt:
        """Register the next version of what is owed and hand it over."""
        version = self.register(number, obligation, rows=rows)
        duty = self.node.application.state.terms[(number,)].obligations[obligation - 1]
        return self.attempt(duty.debtor, Deliver(number, obligation, version))

    def keep(self, number: int, obligation: int) -> None:
        """Deliver, and let the other side accept."""
        receipt = self.deliver(number, obligation)
        assert receipt.code == "ok", receipt
        duty = self.node.application.state.terms[(number,)].obligations[obligation - 1]
        self.act(duty.creditors[0], Acknowledge(number, obligation))

    def apply(self, member: str, sponsor: str) -> bytes:
        """Apply for membership; return the dossier's digest."""
        dossier = sha256(member.encode()).digest()
        number = list(NAMES).index(member) + 1
        self.act(
            member,
            Apply(member, NAMES[member], "region", "USCC", f"91{number:016d}", dossier, sponsor, None, None, bytes(32)),
        )
        return dossier


def make_scene(folder: Path, *, weeks: int = 32) -> Scene:
    """Tell the whole story; ends with two deliveries' worth of things waiting for Azure Bay."""
    scene = Scene(folder)
    weekly = [
        scene.agree(scene.make_terms(title, first, second, AIR, days=7, times=weeks, size=size, returns=RIVER))
        for title, first, second, size in (
            (Label("Weekly air and river readings", "每周空气与河道数据"), "north-terrace", "azure-bay", 3),
            (Label("Weekly basin readings", "每周流域数据"), "azure-bay", "silver-plain", 3),
            (Label("Weekly traffic and water", "每周交通与水位数据"), "silver-plain", "north-terrace", 3),
            (Label("Weekly upland readings", "每周高地数据"), "cloud-ford", "north-terrace", 3),
            (Label("Weekly plain readings", "每周平原数据"), "silver-plain", "cloud-ford", 3),
        )
    ]
    late = scene.agree(
        scene.make_terms(Label("Reservoir levels", "水库水位"), "maple-ridge", "cloud-ford", RIVER, days=20, size=60)
    )
    declined = scene.propose(
        scene.make_terms(Label("Harbor schedules", "港口班期"), "cloud-ford", "azure-bay", AIR, days=20)
    )
    scene.act("azure-bay", Decline(declined, "The schedules are public already."))
    scene.propose(scene.make_terms(Label("Forest maps", "林区图"), "maple-ridge", "azure-bay", AIR, days=20))
    dossier = scene.apply("stone-delta", "north-terrace")
    scene.act("north-terrace", Sponsor("stone-delta", verdict=True))
    scene.act("azure-bay", Attest("stone-delta", dossier, verdict=True))
    begin = scene.now
    late_ones = {(weekly[0], 6): 1.5, (weekly[4], weeks - 9): 2.0, (weekly[3], weeks - 12): 1.5}
    for week in range(1, weeks + 1):
        scene.advance_to(begin + (week * 7 - 1) * DAY_US)
        for number in weekly:
            scene.keep(number, week * 2 - 1)
            if (number, week) not in late_ones:
                scene.keep(number, week * 2)
        for number in weekly:
            if (number, week) in late_ones:
                scene.advance_to(begin + week * 7 * DAY_US + int(late_ones[number, week] * DAY_US))
                scene.keep(number, week * 2)
    assert scene.node.application.state.contracts[(late,)].status == "terminated"
    _tell_the_end(scene)
    return scene


def _tell_the_end(scene: Scene) -> None:
    main = scene.agree(
        scene.make_terms(
            Label("Monthly air-quality readings", "月度空气质量数据交换"), "north-terrace", "azure-bay", AIR,
            days=3, times=3, every=30, size=15, returns=RIVER,
        )
    )  # fmt: skip
    suspended = scene.agree(
        scene.make_terms(
            Label("Traffic counts", "交通流量"), "maple-ridge", "cloud-ford", AIR, days=3, size=40, cure=30
        )
    )
    running = scene.agree(
        scene.make_terms(Label("Flood warnings", "洪水预警"), "azure-bay", "silver-plain", RIVER, days=40, times=3)
    )
    scene.advance(2)
    scene.keep(main, 1)
    scene.keep(main, 2)
    scene.advance(5)
    assert scene.node.application.state.contracts[(suspended,)].status == "suspended"
    scene.advance(18)
    scene.deliver(main, 3, rows=31)
    scene.deliver(main, 3)
    objected = scene.deliver(running, 1)
    assert objected.code == "ok", objected
    scene.act("silver-plain", Object(running, 1, "wrong_period", sha256(b"statement").digest()))
    scene.propose(
        scene.make_terms(Label("Ferry timetables", "渡轮时刻"), "silver-plain", "azure-bay", AIR, days=20, times=2)
    )
    scene.apply("amber-coast", "azure-bay")
    _record_behaviors(scene, main)
    _decide(scene)


def _record_behaviors(scene: Scene, contract: int) -> None:
    evidence = sha256(b"protocol of the gate").digest()
    said = Label("Gate 3 opened", "三号闸开启")
    subjects: tuple[Subject, ...] = (OfMember("azure-bay"), OfDataset("river-flow-series"), OfContract(contract))
    for minutes, subject in enumerate(subjects, start=1):
        scene.act("azure-bay", Record("gate.opened", subject, scene.now - minutes * 60_000_000, evidence, said))
    for batch in (1, 2):
        at = scene.now - (3 - batch) * 3_600_000_000
        scene.act("north-terrace", Anchor("gate-levels", at, at + 3_000_000_000, 3000, bytes([batch]) * 32))


def _decide(scene: Scene) -> None:
    """One ballot withdrawn, one open; an objection that Azure Bay has to answer."""
    for motion in (ChangeParameter("hearing_days", 21, 9000), Appoint("silver-plain", "verifier")):
        scene.act("north-terrace", Open(motion, "Two verify too slowly.", scene.now, scene.now + 20 * DAY_US))
    scene.act("north-terrace", Withdraw(1))
    for member, choice in (("north-terrace", "yes"), ("azure-bay", "yes"), ("cloud-ford", "abstain")):
        scene.act(member, Vote(2, choice))  # type: ignore[arg-type]  # a choice
    scene.act("silver-plain", File("azure-bay", None, sha256(b"what is wrong").digest()))
