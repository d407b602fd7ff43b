"""Ballots: what members decide together, how each stands, and the forms to vote and to open one. It only reads."""

from __future__ import annotations

from typing import Final

from concordat.console.frame import LIMIT, Page, render_page
from concordat.console.pages import LIST_PAGE, cut_list
from concordat.console.waits import get_waits
from concordat.node import reads
from concordat.node.objections import list_comments
from concordat.node.proofs import VOTES_IN_PROOF_MAX
from concordat.primitives.plain import Json
from concordat.verifier.verdict import tell_not_proved
from concordat.views.waits import name_ballot

HISTORY_MAX: Final = 10
ROLES: Final = ("seed", "verifier", "operator")
BALLOT_EDITION: Final = 2


def render_ballots(page: Page, after: int | None) -> str:
    """All of them, newest first."""
    rows, more = cut_list(reads.list_ballots(page.node, page.language, after=after, limit=LIST_PAGE + 1), "/ballots?")
    return render_page(
        page,
        "ballots.html",
        "ballots",
        ballots=rows,
        more=more,
        is_first=after is None,
        may_open="admin" in page.reader.roles and reads.get_rules(page.node)["edition"] >= BALLOT_EDITION,
        roles=ROLES,
    )


def render_ballot(page: Page, number: int, after: str | None) -> str:
    """One ballot: motion, rules of its opening, votes behind a member's, and the reader's own."""
    row = reads.get_ballot(page.node, number, page.language, after=after, limit=LIST_PAGE + 1)
    votes, more = cut_list(row["votes"], f"/ballots/{number}?", "member")
    member = page.reader.member
    status = reads.get_status(page.node)
    state = _tell_state(row, status["time"])
    return render_page(
        page,
        "ballot.html",
        "ballots",
        row=row,
        votes=votes,
        more=more,
        own=reads.get_choice(page.node, number, member) if member else None,
        state=state,
        comments=list_comments(page.node, number),
        may_comment=state == "early" and "admin" in page.reader.roles and row["opener"] != member,
        own_member=member if row["opener"] == member else None,
        may_vote=bool(get_waits(page, name_ballot(number))[0]),
        proof={
            "lines": [
                page.say(
                    "proof.line_ballot" if row["cast"] <= VOTES_IN_PROOF_MAX else "proof.line_ballot_sums",
                    height=status["height"],
                    time=page.time(status["time"]),
                ),
                page.say("proof.line_checkpoint"),
            ],
            "not_proved": tell_not_proved(page.language, LIMIT),
            "digests": [(page.say("proof.root"), status["app_hash"])],
        },
        may_call_off="admin" in page.reader.roles and row["status"] == "carried",
        may_withdraw="admin" in page.reader.roles and row["opener"] == member and not row["cast"],
    )


def _tell_state(row: Json, time: str) -> str:
    if row["status"] != "open":
        return "ended"
    return "early" if time < row["opens_at"] else "open"
