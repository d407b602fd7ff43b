"""Random histories of ballots against a plain reference: who may open and vote, what carries, what then holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from concordat.protocol.families.ballots import Vote, Withdraw
from concordat.protocol.records import Appoint, Choice, Dismiss
from concordat.testing.consortium import FOUNDERS as FOUR
from concordat.testing.consortium import Consortium
from protocol.scenes import EDITION_2, make_ballot

FOUNDERS = {**FOUR, "elm-gate": ()}
MEMBERS = st.sampled_from(sorted(FOUNDERS))
SUBJECTS = st.sampled_from(["azure-bay", "cedar-ford"])
NUMBERS = st.integers(1, 4)
ELECTORATE = len(FOUNDERS) - 1
"""Nobody votes in its own matter; of four, two are exactly the half that a quorum asks for."""


@dataclass
class Asked:
    """One ballot of the reference: shall a member have the role of a seed?"""

    opener: str
    member: str
    has: bool
    closes: int
    status: str = "open"
    votes: dict[str, str] = field(default_factory=dict)

    def count(self, choice: str) -> int:
        return list(self.votes.values()).count(choice)


class BallotMachine(RuleBasedStateMachine):
    """The reference knows days, a set of seeds and a list of ballots; it counts in fractions."""

    def __init__(self) -> None:
        super().__init__()
        self.c = Consortium(FOUNDERS, params=EDITION_2)
        self.day = 0
        self.seeds = {member for member, roles in FOUNDERS.items() if "seed" in roles}
        self.asked: list[Asked] = []

    def attempt(self, member: str, operation: object) -> str:
        return self.c.attempt(member, operation).code  # type: ignore[arg-type]  # one of the three below

    def is_possible(self, member: str, *, has: bool) -> bool:
        return member not in self.seeds if has else member in self.seeds and len(self.seeds) > 1

    @rule(opener=MEMBERS, member=SUBJECTS, has=st.booleans(), days=st.integers(5, 20))
    def open(self, opener: str, member: str, days: int, *, has: bool) -> None:
        motion = Appoint(member, "seed") if has else Dismiss(member, "seed")
        same = [one for one in self.asked if (one.member, one.has) == (member, has)]
        if days < EDITION_2.ballot_days_min:
            expected = "ballots.period_not_allowed"
        elif sum(one.opener == opener and one.status == "open" for one in self.asked) == 5:
            expected = "ballots.too_many_open"
        elif same and same[-1].status == "open":
            expected = "ballots.already_open"
        else:
            expected = "ok" if self.is_possible(member, has=has) else "ballots.impossible"
        assert self.attempt(opener, make_ballot(self.c, motion, days=days)) == expected
        if expected == "ok":
            self.asked.append(Asked(opener, member, has, self.day + days))

    @rule(member=MEMBERS, number=NUMBERS, choice=st.sampled_from(["yes", "yes", "no", "abstain"]))
    def vote(self, member: str, number: int, choice: Choice) -> None:
        one = self.asked[number - 1] if number <= len(self.asked) else None
        if one is None:
            expected = "ballots.unknown"
        elif one.status != "open":
            expected = "ballots.ended"
        elif member == one.member:
            expected = "ballots.not_eligible"
        else:
            expected = "ballots.already_voted" if member in one.votes else "ok"
        assert self.attempt(member, Vote(number, choice)) == expected
        if expected == "ok" and one is not None:
            one.votes[member] = choice

    @rule(voters=st.sets(MEMBERS, max_size=3), choice=st.sampled_from(["yes", "yes", "abstain"]))
    def poll(self, voters: set[str], choice: Choice) -> None:
        """Nobody else comes, and the newest ballot ends."""
        for member in sorted(voters):
            self.vote(member, max(1, len(self.asked)), choice)
        self.wait(20)

    @rule(member=MEMBERS, number=NUMBERS)
    def withdraw(self, member: str, number: int) -> None:
        one = self.asked[number - 1] if number <= len(self.asked) else None
        if one is None:
            expected = "ballots.unknown"
        elif one.status != "open":
            expected = "ballots.ended"
        elif member != one.opener:
            expected = "ballots.not_the_opener"
        else:
            expected = "ballots.has_votes" if one.votes else "ok"
        assert self.attempt(member, Withdraw(number)) == expected
        if expected == "ok" and one is not None:
            one.status = "withdrawn"

    @rule(days=st.sampled_from([1, 3, 9, 40]))
    def wait(self, days: int) -> None:
        self.c.advance(days)
        self.day += days
        due = [one for one in self.asked if one.status == "open" and one.closes <= self.day]
        for one in sorted(due, key=lambda one: one.closes):
            one.status = self.close(one)

    def close(self, one: Asked) -> str:
        yes, no = one.count("yes"), one.count("no")
        if not yes or Fraction(yes, yes + no) <= Fraction(666, 1000):
            return "lost"
        if Fraction(len(one.votes), ELECTORATE) < Fraction(1, 2):
            return "no_quorum"
        if not self.is_possible(one.member, has=one.has):
            return "moot"
        if one.has:
            self.seeds.add(one.member)
        else:
            self.seeds.remove(one.member)
        return "applied"

    @invariant()
    def agrees(self) -> None:
        state = self.c.state
        rows = [state.ballots[(number,)] for number in range(1, len(self.asked) + 1)]
        assert len(state.ballots) == len(rows)
        assert [row.status for row in rows] == [one.status for one in self.asked]
        assert [(row.yes, row.no, row.abstain) for row in rows] == [
            (one.count("yes"), one.count("no"), one.count("abstain")) for one in self.asked
        ]
        assert {key[0] for key, row in state.members.items() if "seed" in row.roles} == self.seeds
        self.c.check_invariants()


TestBallots = BallotMachine.TestCase
TestBallots.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
