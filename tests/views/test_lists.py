"""Lists, totals and waits, folded block by block, say what a look at the whole state says."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import get_args

import pytest

from concordat.crypto.signatures import sign
from concordat.ledger.application import Application
from concordat.protocol.families.membership import ALL_ROLES, Sponsor
from concordat.protocol.records import FINAL_DUTY
from concordat.protocol.standing import is_admitted
from concordat.protocol.state import State
from concordat.protocol.transactions import authenticate_transaction
from concordat.testing.consortium import NODE, Consortium
from concordat.views.folding import find_touched, get_listed_height, rebuild_lists, refresh_lists
from concordat.views.index import delete_index, open_index
from concordat.views.lists import (
    ENDED_WITH_BREACHES,
    Pair,
    fetch_ballots,
    fetch_best,
    fetch_names,
    fetch_numbers,
    fetch_partners,
    fetch_running_pairs,
    fetch_totals,
)
from concordat.views.waits import ACTION_ROLES, Action, Otherwise, Wait, count_waits, fetch_next, fetch_waits
from concordat.wording.sentences import CATALOGS
from protocol import ballot_scenes
from protocol.history import play
from protocol.scenes import open_ballot, vote

Folded = tuple[State, sqlite3.Connection]
VERIFIERS = ("azure-bay", "birch-vale")


def fold(c: Consortium, path: Path) -> tuple[Application, sqlite3.Connection]:
    """Fold a history block by block, from genesis."""
    application = Application(c.chain, partial(sign, c.get_seed(NODE)))
    index = open_index(path, c.chain)
    rebuild_lists(index, application.state, VERIFIERS, 0)
    authenticate = partial(authenticate_transaction, chain_id=c.chain.id)
    for block in c.blocks:
        application.apply(block, authenticate)
        touched = find_touched(application.state, application.changed_keys)
        refresh_lists(index, application.state, touched, VERIFIERS, block.height)
    return application, index


@pytest.fixture(scope="module", params=[1, 2, 3])
def folded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folded]:
    c = play(request.param)
    application, index = fold(c, tmp_path_factory.mktemp("views") / "views.sqlite")
    yield application.state, index
    index.close()


def test_folding_each_block_leads_where_folding_all_at_once_does(folded: Folded, tmp_path: Path) -> None:
    state, index = folded
    height = get_listed_height(index)
    assert height
    before = list(index.iterdump())
    rebuild_lists(index, state, VERIFIERS, height)
    assert list(index.iterdump()) == before


def test_lists_hold_everything_in_order(folded: Folded) -> None:
    state, index = folded
    assert fetch_names(index, "member") == [str(key[0]) for key, _ in state.members.items()]
    assert fetch_names(index, "dataset") == sorted(f"{key[0]}/{key[1]}" for key, _ in state.datasets.items())
    numbers = sorted((int(key[0]) for key, _ in state.contracts.items()), reverse=True)
    assert len(numbers) > 5
    assert fetch_numbers(index, limit=200) == numbers
    for member in fetch_names(index, "member"):
        own = [number for number in numbers if member in state.terms[(number,)].parties]
        assert fetch_numbers(index, member=member, limit=200) == own


def test_a_list_goes_on_after_its_last_row(folded: Folded) -> None:
    _, index = folded
    whole = fetch_numbers(index, limit=200)
    pages: list[int] = []
    while page := fetch_numbers(index, after=pages[-1] if pages else None, limit=3):
        assert len(page) <= 3
        pages += page
    assert pages == whole
    first = fetch_names(index, "member", limit=2)
    assert [*first, *fetch_names(index, "member", after=first[-1])] == fetch_names(index, "member")


def test_search_finds_texts_of_both_languages_in_any_case(folded: Folded) -> None:
    _, index = folded
    assert fetch_names(index, "member", query="AZURE b") == ["azure-bay"]
    assert fetch_names(index, "dataset", query="逐时") == fetch_names(index, "dataset")
    assert fetch_numbers(index, query="读数", limit=200) == fetch_numbers(index, limit=200)
    assert fetch_numbers(index, query="no such title") == []


def test_totals_are_the_sums_over_the_state(folded: Folded) -> None:
    state, index = folded
    broken = {key[0] for key, duty in state.duties.items() if duty.status == "breached"}
    contracts = Counter(
        ENDED_WITH_BREACHES if row.status == "completed" and key[0] in broken else row.status
        for key, row in state.contracts.items()
    )
    totals = {(total.kind, total.status): total for total in fetch_totals(index)}
    assert {status: totals[("contract", status)].number for status in contracts} == contracts
    found = [total for total in totals.values() if total.kind == "contract"]
    assert sum(total.number for total in found) == len(state.contracts)
    assert sum(total.total for total in found) == sum(len(terms.obligations) for _, terms in state.terms.items())
    assert sum(total.done for total in found) == sum(duty.status in FINAL_DUTY for _, duty in state.duties.items())
    breached = sum(duty.status == "breached" for _, duty in state.duties.items())
    assert sum(total.breached for total in found) == breached
    assert totals[("dataset", "")].total == len(state.versions)
    members = [total for total in totals.values() if total.kind == "member"]
    assert sum(total.done for total in members) == sum(is_admitted(row) for _, row in state.members.items())


def test_the_best_of_those_admitted_come_first(folded: Folded) -> None:
    state, index = folded
    admitted = [item for item in state.credits.items() if is_admitted(state.members[item[0]])]
    ranked = sorted(admitted, key=lambda item: (-item[1].score.score, item[0]))
    assert fetch_best(index, 3) == [str(key[0]) for key, _ in ranked[:3]]


def test_pairs_count_the_contracts_of_both(folded: Folded) -> None:
    state, index = folded
    expected: dict[tuple[str, str], list[str]] = {}
    for key, terms in state.terms.items():
        for first in terms.parties:
            for second in terms.parties:
                if first != second:
                    expected.setdefault((first, second), []).append(state.contracts[key].status)
    pairs = [
        Pair(*names, len(found), found.count("active"), found.count("suspended")) for names, found in expected.items()
    ]
    for member in fetch_names(index, "member"):
        own = [pair for pair in pairs if pair.first == member]
        assert fetch_partners(index, member) == sorted(own, key=lambda pair: (-pair.contracts, pair.second))
    few = fetch_names(index, "member", limit=3)
    running = [pair for pair in pairs if pair.in_force + pair.suspended]
    shown = [pair for pair in running if pair.first in few and pair.second in few and pair.first < pair.second]
    assert fetch_running_pairs(index, few) == sorted(shown)


def test_every_open_duty_waits_for_somebody_until_the_ledger_moves_it(folded: Folded) -> None:
    state, index = folded
    expected = {
        (key[0], key[1], duty.waits_until) for key, duty in state.duties.items() if duty.waits_until is not None
    }
    members = fetch_names(index, "member")
    waits = [wait for member in members for wait in fetch_waits(index, member, ALL_ROLES, limit=200)]
    duties = {(wait.about, wait.obligation, wait.by) for wait in waits if wait.obligation}
    assert duties == expected
    unsigned = {
        (party, key[0])
        for key, row in state.contracts.items()
        if row.status == "proposed"
        for party in state.terms[(int(key[0]),)].parties
        if party not in {signature.member for signature in row.signatures}
    }
    assert {(wait.actor, wait.about) for wait in waits if wait.action == "sign"} == unsigned
    for number in fetch_numbers(index, limit=200):
        own = [wait.by for wait in waits if wait.about == number and wait.by is not None]
        following = fetch_next(index, number)
        assert (following.by if following else None) == min(own, default=None)


def test_waits_come_soonest_first_and_are_counted_beyond_the_limit(folded: Folded) -> None:
    _, index = folded
    for member in fetch_names(index, "member"):
        waits = fetch_waits(index, member, ALL_ROLES, limit=200)
        assert [wait.by for wait in waits] == sorted(wait.by for wait in waits if wait.by is not None)
        assert fetch_waits(index, member, ALL_ROLES, limit=1) == waits[:1]
        assert count_waits(index, member, ALL_ROLES) == len(waits)
        for wait in waits[:3]:
            assert wait in fetch_waits(index, member, ALL_ROLES, about=wait.about)


def test_an_application_waits_for_its_sponsor_then_for_each_silent_verifier(tmp_path: Path) -> None:
    c = Consortium()
    application = c.make_application("echo-hill", "azure-bay")
    c.act("echo-hill", application)
    _, index = fold(c, tmp_path / "views.sqlite")
    (wait,) = fetch_waits(index, "azure-bay", ALL_ROLES)
    assert (wait.about, wait.action, wait.otherwise) == ("echo-hill", "sponsor", "application_lapses")
    assert fetch_waits(index, "birch-vale", ALL_ROLES) == []
    index.close()
    c.admit("fern-hollow", "azure-bay", "birch-vale")
    c.act("azure-bay", Sponsor("echo-hill", verdict=True))
    delete_index(tmp_path / "views.sqlite")
    _, index = fold(c, tmp_path / "views.sqlite")
    for verifier in VERIFIERS:
        expected = Wait(verifier, "echo-hill", "attest", 0, wait.by, "application_lapses")
        assert fetch_waits(index, verifier, ALL_ROLES) == [expected]
    index.close()


def test_an_index_that_another_release_wrote_is_begun_anew(tmp_path: Path) -> None:
    c = Consortium()
    _, index = fold(c, tmp_path / "views.sqlite")
    assert get_listed_height(index) == 0
    index.execute("PRAGMA user_version = 1")
    index.close()
    index = open_index(tmp_path / "views.sqlite", c.chain)
    assert get_listed_height(index) is None
    index.close()


@pytest.mark.parametrize("name", ballot_scenes.SCENES)
def test_ballots_wait_for_whoever_may_vote_and_has_not(tmp_path: Path, name: str) -> None:
    application, index = fold(ballot_scenes.SCENES[name](), tmp_path / "views.sqlite")
    state = application.state
    expected = {
        (member, f"#{number}")
        for (number,), ballot in state.ballots.items()
        for (member,), row in state.members.items()
        if ballot.status == "open"
        and row.status == "active"
        and row.admitted_entry < ballot.opened_entry
        and member not in ballot.excluded
        and (number, member) not in state.votes
    }
    rows = index.execute("SELECT actor, about FROM waits WHERE action = 'vote'").fetchall()
    assert set(rows) == expected
    assert len(rows) == len(expected)
    numbers = [int(key[0]) for key, _ in state.ballots.items()]
    is_open = {number: state.ballots[(number,)].status == "open" for number in numbers}
    assert fetch_ballots(index) == sorted(numbers, reverse=True)
    for wanted in (True, False):
        assert fetch_ballots(index, is_open=wanted) == sorted(
            (number for number in numbers if is_open[number] == wanted), reverse=True
        )
    index.close()


def test_a_vote_is_waited_for_until_it_is_cast_or_its_member_loses_it(tmp_path: Path) -> None:
    c = ballot_scenes.begin()
    number = open_ballot(c, ballot_scenes.LONGER_HEARING)
    application, index = fold(c, tmp_path / "views.sqlite")
    closes_at = application.state.ballots[(number,)].closes_at
    assert fetch_waits(index, "azure-bay", ALL_ROLES) == [
        Wait("azure-bay", f"#{number}", "vote", 0, closes_at, "others_decide")
    ]
    index.close()
    vote(c, number, azure_bay="abstain")
    delete_index(tmp_path / "views.sqlite")
    _, index = fold(c, tmp_path / "views.sqlite")
    assert fetch_waits(index, "azure-bay", ALL_ROLES) == []
    assert len(fetch_waits(index, "birch-vale", ALL_ROLES)) == 1
    index.close()


def test_every_action_that_is_waited_for_has_its_role_and_its_words() -> None:
    assert set(ACTION_ROLES) == set(get_args(Action))
    for words in CATALOGS.values():
        assert {f"inbox.{action}" for action in get_args(Action)} <= set(words)
        assert {f"otherwise.{otherwise}" for otherwise in get_args(Otherwise)} <= set(words)
