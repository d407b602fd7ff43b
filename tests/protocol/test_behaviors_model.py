"""Random histories of behaviors against a plain reference: what is refused, what is counted, where a series stands."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from concordat.primitives.ledger_time import SECOND_US
from concordat.protocol.families import behaviors as b
from concordat.protocol.records import BehaviorCount, Series
from concordat.testing.consortium import DATASET, FOUNDERS, Consortium
from protocol.scenes import EDITION_2, make_anchor, make_record

Kind = Literal["member", "dataset", "contract"]

MEMBERS = st.sampled_from(sorted(FOUNDERS))
KINDS = st.sampled_from(["water.released", "gate.closed"])
SERIES = st.sampled_from(["gate-levels", "rain"])
SECONDS = st.one_of(
    st.integers(-31 * 86_400, 400), st.sampled_from([-(30 * 86_400) - 1, -(30 * 86_400), -1, 0, 299, 300, 301])
)
"""When it happened, in seconds after the ledger's time: the bounds, and around them."""
SPANS = st.integers(-5, 3600)
PARTIES = ("azure-bay", "cedar-ford")
OWNER = "cedar-ford"


@dataclass
class Anchored:
    """A series of the reference, in seconds since the beginning."""

    batches: int
    items: int
    last_s: int
    root: int


class BehaviorMachine(RuleBasedStateMachine):
    """The reference knows seconds, a counter of words and a few series; the only dataset and contract never change."""

    def __init__(self) -> None:
        super().__init__()
        self.c = Consortium(params=EDITION_2)
        self.contract = self.c.agree(self.c.make_supply(*PARTIES[::-1]))
        self.c.act(OWNER, self.c.make_registration(OWNER))
        self.start_us = self.c.time
        self.now_s = 0
        self.recorded: dict[tuple[str, str], list[int]] = {}
        self.series: dict[tuple[str, str], Anchored] = {}

    def at(self, second: int) -> int:
        return self.start_us + second * SECOND_US

    def judge_time(self, ahead_s: int) -> str:
        if ahead_s > 300:
            return "behaviors.from_the_future"
        return "behaviors.too_old" if ahead_s < -30 * 86_400 else "ok"

    @rule(member=MEMBERS, named=MEMBERS, about=st.sampled_from(["member", "dataset", "contract"]), kind=KINDS,
          ahead_s=SECONDS, is_known=st.booleans())  # fmt: skip
    def record(self, member: str, named: str, about: Kind, kind: str, ahead_s: int, *, is_known: bool) -> None:
        subject: b.Subject
        if about == "member":
            subject, is_own = b.OfMember(named), named == member
        elif about == "dataset":
            subject, is_own = b.OfDataset(DATASET if is_known else "no-such"), is_known and member == OWNER
        else:
            number = self.contract if is_known else self.contract + 1
            subject, is_own = b.OfContract(number), is_known and member in PARTIES
        expected = self.judge_time(ahead_s) if is_own else "behaviors.not_your_subject"
        second = self.now_s + ahead_s
        made = make_record(self.c, member, kind=kind, subject=subject, occurred_at=self.at(second))
        assert self.c.attempt(member, made).code == expected
        if expected == "ok":
            self.recorded.setdefault((member, kind), []).append(second)

    @rule(member=MEMBERS, name=SERIES, ahead_s=SECONDS, span_s=SPANS, count=st.integers(1, 9), root=st.integers(0, 3))
    def anchor(self, member: str, name: str, ahead_s: int, span_s: int, count: int, root: int) -> None:
        last_s = self.now_s + ahead_s
        first_s = last_s - span_s
        before = self.series.get((member, name))
        if span_s < 0:
            expected = "behaviors.times_turned"
        elif self.judge_time(ahead_s) != "ok":
            expected = self.judge_time(ahead_s)
        elif before is not None and before.root == root:
            expected = "behaviors.batch_repeated"
        else:
            expected = "behaviors.batch_overlaps" if before is not None and first_s <= before.last_s else "ok"
        times = {"first_at": self.at(first_s), "last_at": self.at(last_s)}
        made = make_anchor(self.c, series=name, count=count, root=bytes([root]) * 32, **times)
        assert self.c.attempt(member, made).code == expected
        if expected == "ok":
            batches, items = (before.batches, before.items) if before else (0, 0)
            self.series[(member, name)] = Anchored(batches + 1, items + count, last_s, root)

    @rule(days=st.sampled_from([1, 6, 20]))
    def wait(self, days: int) -> None:
        self.c.advance(days)
        self.now_s += days * 86_400

    @invariant()
    def the_ledger_says_what_the_reference_says(self) -> None:
        for member in FOUNDERS:
            told: Counter[str] = Counter()
            latest: dict[str, int] = {}
            rows: list[tuple[str, BehaviorCount]] = [
                (str(key[1]), row) for key, row in self.c.state.behaviors.group(member)
            ]
            for kind, row in rows:
                told[kind] += row.count
                latest[kind] = max(latest.get(kind, 0), row.last_at)
            own = {kind: seconds for (who, kind), seconds in self.recorded.items() if who == member}
            assert told == Counter({kind: len(seconds) for kind, seconds in own.items()})
            assert latest == {kind: self.at(max(seconds)) for kind, seconds in own.items()}
            assert dict(self.c.state.series.group(member)) == {
                (who, name): Series(one.batches, one.items, self.at(one.last_s), bytes([one.root]) * 32)
                for (who, name), one in self.series.items()
                if who == member
            }

    def teardown(self) -> None:
        self.c.check_invariants()


TestBehaviors = BehaviorMachine.TestCase
TestBehaviors.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
