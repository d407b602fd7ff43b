"""Random histories against small models: contracts over time, membership, datasets; nothing is ever broken."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from concordat.contracts.terms import TemplateName
from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.families.contracts import Acknowledge, Deliver, Object, Terminate
from concordat.protocol.families.datasets import Withdraw
from concordat.protocol.families.membership import Attest, Sponsor
from concordat.protocol.params import DEFAULT_PARAMS
from concordat.testing.consortium import DATASET, Consortium, make_label

GRACE, CURE, OBJECTION = 3, 4, 2
STATEMENT = sha256(b"grounds").digest()


class ContractMachine(RuleBasedStateMachine):
    """One contract of three duties to two creditors. The model knows days alone: it looks at each duty once a day."""

    TEMPLATE: TemplateName = "supply/1"
    DEBTORS = ("cedar-ford", "cedar-ford", "cedar-ford")
    CREDITORS: dict[str, tuple[str, ...]] = {"cedar-ford": ("azure-bay", "birch-vale")}  # noqa: RUF012  # never changes
    FINAL = ("kept", "cured", "breached", "lapsed", "released")

    def __init__(self) -> None:
        super().__init__()
        self.c = Consortium()
        terms = self.c.make_supply("cedar-ford", *self.CREDITORS["cedar-ford"], times=3, consequence="continue")
        start = self.c.time
        obligations = tuple(
            replace(
                duty, debtor=debtor, creditors=self.CREDITORS[debtor], due=start + due * DAY_US,
                grace_days=GRACE, cure_days=CURE, objection_days=OBJECTION,
            )
            for duty, debtor, due in zip(terms.obligations, self.DEBTORS, (2, 3, 8), strict=True)
        )  # fmt: skip
        terms = replace(terms, template=self.TEMPLATE, obligations=obligations)
        self.number = self.c.agree(terms)
        self.day = 0
        self.due = [2, 3, 8]
        self.status = ["waiting"] * 3
        self.delivered: list[int] = [0] * 3
        self.first: list[int | None] = [None] * 3
        self.accepted: list[set[str]] = [set(), set(), set()]
        self.objector = [""] * 3
        self.held_since_cure = [False] * 3
        self.mend_by: list[int | None] = [None] * 3
        self.severities: dict[str, list[int]] = {debtor: [] for debtor in self.DEBTORS}
        self.asked: set[str] = set()
        self.is_over = False

    # ── the model ──

    def is_suspended(self) -> bool:
        return any(
            status == "curing" or (status == "delivered" and held)
            for status, held in zip(self.status, self.held_since_cure, strict=True)
        )

    def hold_ends(self, debtor: str) -> int:
        """When what others alone hold up will be over."""
        ends = [0]
        for place, status in enumerate(self.status):
            silent = {*self.CREDITORS[self.DEBTORS[place]]} - self.accepted[place]
            if self.DEBTORS[place] == debtor:
                continue
            if status == "curing":
                ends.append(self.due[place] + GRACE + CURE)
            elif status == "delivered" and self.held_since_cure[place] and debtor not in silent:
                ends.append(self.delivered[place] + OBJECTION)
        return max(ends)

    def record(self, place: int, *severities: int) -> None:
        self.severities[self.DEBTORS[place]] += severities

    def lateness(self, place: int) -> list[int]:
        """The breach that the first delivery was, if it was one."""
        first = self.first[place]
        assert first is not None
        late = first - self.due[place]
        return [] if late <= 0 else [1] if late <= GRACE else [2]

    def settle(self, place: int) -> None:
        self.status[place] = "cured" if self.lateness(place) else "kept"
        self.record(place, *(0 for _ in self.CREDITORS[self.DEBTORS[place]]), *self.lateness(place))

    def lapse(self, place: int) -> None:
        self.status[place] = "lapsed"
        self.record(place, *(0 for _ in self.accepted[place]), *self.lateness(place))

    def breach(self, place: int, severity: int) -> None:
        self.status[place] = "breached"
        self.record(place, severity)

    def begin_day(self) -> None:
        """What the new day brings, in the order of the kinds of due items."""
        places = range(3)
        for place in places:
            if self.status[place] == "delivered" and self.delivered[place] + OBJECTION <= self.day:
                self.settle(place)
        for place in places:
            mend_by = self.mend_by[place]
            if self.status[place] == "objected" and mend_by is not None and mend_by <= self.day and not self.is_over:
                self.lapse(place)
        for place in places:
            if self.status[place] == "curing" and self.due[place] + GRACE + CURE <= self.day and not self.is_over:
                self.breach(place, 2)
        for place in places:
            if self.status[place] == "grace" and self.due[place] + GRACE <= self.day and not self.is_over:
                self.status[place] = "curing"
        for place in places:
            if self.status[place] == "waiting" and self.due[place] <= self.day and not self.is_over:
                later = self.hold_ends(self.DEBTORS[place])
                if later > self.day:
                    self.due[place] = later
                else:
                    self.status[place] = "grace"

    def end(self) -> None:
        """What was delivered counts, what is late stays late, the rest is released."""
        for place, status in enumerate(self.status):
            match status:
                case "delivered":
                    self.settle(place)
                case "objected":
                    self.lapse(place)
                case "grace" | "curing":
                    self.breach(place, 1 if status == "grace" else 2)
                case "waiting":
                    self.status[place] = "released"
        self.is_over = True

    def aim(self, number: int, *statuses: str) -> int:
        """Turn 0 to 8 into a place: most of them into one that stands as wished, if any does."""
        fitting = [place for place in range(3) if self.status[place] in statuses]
        return number % 3 if number < 3 or not fitting else fitting[number % len(fitting)]

    # ── what may happen ──

    @rule(days=st.integers(1, 3))
    def wait(self, days: int) -> None:
        for _ in range(days):
            self.day += 1
            before = (*self.status, *self.due)
            self.begin_day()
            if before != (*self.status, *self.due):
                self.asked.clear()
        self.c.advance(days)

    @rule(number=st.integers(0, 8))
    def deliver(self, number: int) -> None:
        place = self.aim(number, "grace", "curing", "objected")
        debtor = self.DEBTORS[place]
        registration = self.c.make_registration(debtor)
        receipt = self.c.attempt(debtor, registration, Deliver(self.number, place + 1, registration.version))
        if self.status[place] in {"waiting", "grace", "curing", "objected"} and not self.is_over:
            assert receipt.code == "ok"
            self.asked.clear()
            self.held_since_cure[place] = self.status[place] == "curing"
            self.status[place], self.delivered[place] = "delivered", self.day
            self.first[place] = self.day if self.first[place] is None else self.first[place]
            self.accepted[place], self.objector[place] = set(), ""
        else:
            assert receipt.code in {"contracts.nothing_owed", "contracts.not_in_force"}

    @rule(number=st.integers(0, 8), which=st.integers(0, 1))
    def acknowledge(self, number: int, which: int) -> None:
        place = self.aim(number, "delivered", "objected")
        creditors = self.CREDITORS[self.DEBTORS[place]]
        creditor = creditors[which % len(creditors)]
        receipt = self.c.attempt(creditor, Acknowledge(self.number, place + 1))
        if self.status[place] not in {"delivered", "objected"}:
            assert receipt.code in {"contracts.nothing_delivered", "contracts.not_in_force"}
        elif self.objector[place] not in {"", creditor}:
            assert receipt.code == "contracts.objection_stands"
        elif creditor in self.accepted[place]:
            assert receipt.code == "contracts.already_acknowledged"
        else:
            assert receipt.code == "ok"
            self.asked.clear()
            self.status[place], self.objector[place] = "delivered", ""
            self.accepted[place].add(creditor)
            if len(self.accepted[place]) == len(creditors) or self.delivered[place] + OBJECTION <= self.day:
                self.settle(place)

    @rule(number=st.integers(0, 8), which=st.integers(0, 1))
    def object(self, number: int, which: int) -> None:
        place = self.aim(number, "delivered")
        creditors = self.CREDITORS[self.DEBTORS[place]]
        creditor = creditors[which % len(creditors)]
        receipt = self.c.attempt(creditor, Object(self.number, place + 1, "incomplete", STATEMENT))
        if self.status[place] != "delivered":
            assert receipt.code in {"contracts.nothing_delivered", "contracts.not_in_force"}
        elif creditor in self.accepted[place]:
            assert receipt.code == "contracts.already_acknowledged"
        else:
            assert receipt.code == "ok"
            self.asked.clear()
            mend_by = self.mend_by[place]
            if mend_by is None:
                mend_by = self.mend_by[place] = max(self.due[place], self.day + GRACE) + CURE
            self.status[place], self.objector[place], self.held_since_cure[place] = "objected", creditor, False
            if mend_by <= self.day:
                self.lapse(place)

    @rule(which=st.integers(0, 2))
    def ask_to_end(self, which: int) -> None:
        parties = self.c.state.terms[(self.number,)].parties
        party = parties[which % len(parties)]
        code = self.c.attempt(party, Terminate(self.number)).code
        if all(status in self.FINAL for status in self.status):
            assert code == "contracts.not_in_force"
        elif party in self.asked:
            assert code == "contracts.end_already_asked"
        else:
            assert code == "ok"
            self.asked.add(party)
            if self.asked == set(parties):
                self.end()

    @invariant()
    def the_ledger_agrees(self) -> None:
        rows = [self.c.state.duties[(self.number, place)] for place in (1, 2, 3)]
        assert [row.status for row in rows] == self.status
        assert [set(row.accepted) for row in rows] == self.accepted
        status = self.c.state.contracts[(self.number,)].status
        if self.is_over:
            assert status in {"terminated", "completed"}
        elif all(state in self.FINAL for state in self.status):
            assert status == "completed"
        else:
            assert status == ("suspended" if self.is_suspended() else "active")
        for debtor, severities in self.severities.items():
            recorded = [record.severity for _, record in self.c.state.records.group(debtor)]
            assert sorted(recorded) == sorted(severities)
        self.c.check_invariants()


class ExchangeMachine(ContractMachine):
    """The same between two who owe each other: what one is late with postpones the deadlines of the other."""

    TEMPLATE = "exchange/1"
    DEBTORS = ("cedar-ford", "azure-bay", "cedar-ford")
    CREDITORS = {"cedar-ford": ("azure-bay",), "azure-bay": ("cedar-ford",)}  # noqa: RUF012  # never changes


class MembershipMachine(RuleBasedStateMachine):
    """Three applicants, two verifiers, two needed: who is what after any sequence of steps."""

    APPLICANTS = ("echo-hill", "fern-dale", "gold-creek")
    VERIFIERS = ("azure-bay", "birch-vale", "cedar-ford")

    def __init__(self) -> None:
        super().__init__()
        self.c = Consortium(
            {
                "azure-bay": ("operator", "seed", "verifier"),
                "birch-vale": ("verifier",),
                "cedar-ford": ("verifier",),
            },
            params=replace(DEFAULT_PARAMS, verify_k=2, application_days=10),
        )
        self.status: dict[str, str] = {}
        self.words: dict[str, dict[str, bool]] = {}
        self.applied: dict[str, int] = {}
        self.tries = 0
        self.day = 0

    @rule(member=st.sampled_from(APPLICANTS))
    def apply(self, member: str) -> None:
        self.tries += 1
        code = self.c.attempt(f"{member}/{self.tries}", self.c.make_application(member, "azure-bay")).code
        if self.status.get(member, "lapsed") in {"lapsed", "refused"}:
            assert code == "ok"
            self.status[member], self.words[member], self.applied[member] = "applied", {}, self.day
        else:
            assert code == "membership.id_taken"

    @rule(member=st.sampled_from(APPLICANTS), verdict=st.booleans())
    def sponsor(self, member: str, verdict: bool) -> None:
        code = self.c.attempt("azure-bay", Sponsor(member, verdict)).code
        if self.status.get(member) == "applied":
            assert code == "ok"
            self.status[member] = "reviewed" if verdict else "refused"
        else:
            assert code == ("membership.nothing_to_sponsor" if member in self.status else "membership.unknown_member")

    @rule(member=st.sampled_from(APPLICANTS), verifier=st.sampled_from(VERIFIERS), verdict=st.booleans())
    def attest(self, member: str, verifier: str, verdict: bool) -> None:
        dossier = self.c.make_application(member, "azure-bay").dossier
        code = self.c.attempt(verifier, Attest(member, dossier, verdict)).code
        if member not in self.status:
            assert code == "membership.unknown_member"
        elif self.status[member] != "reviewed":
            assert code == "membership.not_in_verification"
        elif verifier in self.words[member]:
            assert code == "membership.already_attested"
        else:
            assert code == "ok"
            words = self.words[member]
            words[verifier] = verdict
            if list(words.values()).count(True) >= 2:
                self.status[member] = "active"
            elif list(words.values()).count(False) >= 2:
                self.status[member] = "refused"

    @rule(days=st.integers(1, 6))
    def wait(self, days: int) -> None:
        self.c.advance(days)
        self.day += days
        for member, status in self.status.items():
            if status in {"applied", "reviewed"} and self.applied[member] + 10 <= self.day:
                self.status[member] = "lapsed"

    @invariant()
    def the_ledger_agrees(self) -> None:
        members = {member: row.status for (member,), row in self.c.state.members.items()}
        assert {member: members.get(member) for member in self.APPLICANTS} == {
            member: self.status.get(member) for member in self.APPLICANTS
        }
        self.c.check_invariants()


class DatasetMachine(RuleBasedStateMachine):
    """Versions are registered one after the other and withdrawn once."""

    def __init__(self) -> None:
        super().__init__()
        self.c = Consortium()
        self.withdrawn: dict[str, list[bool]] = {"azure-bay": [], "cedar-ford": []}

    @rule(owner=st.sampled_from(("azure-bay", "cedar-ford")), ahead=st.integers(0, 2))
    def register(self, owner: str, ahead: int) -> None:
        registration = replace(self.c.make_registration(owner), title=make_label(f"title {ahead}"))
        version = max(1, len(self.withdrawn[owner]) + ahead)
        code = self.c.attempt(owner, replace(registration, version=version)).code
        if version == len(self.withdrawn[owner]) + 1:
            assert code == "ok"
            self.withdrawn[owner].append(False)
        else:
            assert code == "datasets.version_not_next"

    @rule(owner=st.sampled_from(("azure-bay", "cedar-ford")), version=st.integers(1, 4))
    def withdraw(self, owner: str, version: int) -> None:
        code = self.c.attempt(owner, Withdraw(DATASET, version, "wrong")).code
        if version > len(self.withdrawn[owner]):
            assert code == "datasets.unknown_version"
        elif self.withdrawn[owner][version - 1]:
            assert code == "datasets.already_withdrawn"
        else:
            assert code == "ok"
            self.withdrawn[owner][version - 1] = True

    @invariant()
    def the_ledger_agrees(self) -> None:
        for owner, flags in self.withdrawn.items():
            rows = [row for key, row in self.c.state.versions.group(owner)]
            assert [row.withdrawn_at is not None for row in rows] == flags
        self.c.check_invariants()


QUICK = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestContracts = ContractMachine.TestCase
TestExchange = ExchangeMachine.TestCase
TestMembership = MembershipMachine.TestCase
TestDatasets = DatasetMachine.TestCase
TestContracts.settings = settings(QUICK, max_examples=150, stateful_step_count=50)
TestExchange.settings = settings(QUICK, stateful_step_count=50)
TestMembership.settings = QUICK
TestDatasets.settings = settings(QUICK, max_examples=30)
