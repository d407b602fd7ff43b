"""What signed-in officers read: members, credit, contracts, datasets, and history as sentences."""

from __future__ import annotations

from operator import itemgetter
from typing import Annotated, Final, Literal

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, PathParameter, QueryParameter, RawBody

from concordat.api.access import get_asking_officer, get_reader
from concordat.api.asking import Asking
from concordat.api.paging import Cursor, Index, Limit, make_next, read_cursor, render_rows
from concordat.api.transactions import Since, Witnessed, render_proof
from concordat.contracts.templates import Draft
from concordat.contracts.terms import Terms
from concordat.contracts.text import Language
from concordat.node import proofs, reads
from concordat.node.node import Node
from concordat.node.objections import list_comments
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import INTEGER_MAX
from concordat.primitives.plain import Json, from_plain, read_json
from concordat.views.behaviors import BehaviorPlace, Source
from concordat.views.waits import WaitPlace

Position = Annotated[int, PathParameter(ge=0, le=INTEGER_MAX)]
Number = Annotated[int | None, QueryParameter(ge=0, le=INTEGER_MAX)]


BallotState = Literal["open", "closed"]

_get_id: Final = itemgetter("id")
_get_member: Final = itemgetter("member")
_get_version: Final = itemgetter("version")
_get_position: Final = itemgetter("position")


class Judge(Struct, frozen=True):
    """What `judge` reads."""

    terms: Terms


@get("/me", sync_to_thread=True)
def get_me(request: Asking, node: NamedDependency[Node]) -> Json:
    """Who is asking: member, key, and the roles that it holds now, until when and in whose place."""
    public_key, member = get_asking_officer(request)
    return {"member": member, "officer": {"public_key": public_key.hex(), "roles": reads.get_roles(node, public_key)}}


@get("/inbox", sync_to_thread=True)
def get_inbox(
    request: Asking,
    node: NamedDependency[Node],
    language: NamedDependency[Language],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response[Json]:
    """What waits for the officer who asks, soonest first: what its roles, also granted and delegated ones, may do."""
    public_key, member = get_asking_officer(request)
    after = read_cursor(request, cursor, WaitPlace, after=None)
    inbox, places = reads.get_inbox(node, public_key, member, language, after=after, limit=limit + 1)
    headers = make_next(request, places[limit - 1]) if len(places) > limit else {}
    return Response(inbox | {"items": inbox["items"][:limit]}, headers=headers)


# ── members ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@get("/members", sync_to_thread=True)
def list_members(
    request: Asking,
    node: NamedDependency[Node],
    after: FromQuery[str | None] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response[Json]:
    """Members and applicants by identifier, with status, score and grade; `after` one of them."""
    place = read_cursor(request, cursor, str, after=after)
    return render_rows(request, reads.list_members(node, after=place, limit=limit + 1), limit, _get_id)


@get("/members/{member:str}", sync_to_thread=True)
def get_member(node: NamedDependency[Node], member: FromPath[str]) -> Json:
    """One member: identity, officers, attestations, standing, limits."""
    return reads.get_member(node, member)


@get("/members/{member:str}/credit", sync_to_thread=True)
def get_credit(node: NamedDependency[Node], language: NamedDependency[Language], member: FromPath[str]) -> Json:
    """A member's score and the reason for every point: `newcomer` plus all deltas is the score."""
    return reads.get_credit(node, member, language)


@get("/behaviors", sync_to_thread=True)
def list_behaviors(
    request: Asking,
    node: NamedDependency[Node],
    language: NamedDependency[Language],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response[Json]:
    """Everybody's behaviors, newest first: records and batches, with the lag of each and of the latest 1000."""
    return _render_behaviors(request, node, Source(), language, cursor, limit)


@get("/members/{member:str}/behaviors", sync_to_thread=True)
def list_behaviors_of(
    request: Asking,
    node: NamedDependency[Node],
    language: NamedDependency[Language],
    member: FromPath[str],
    series: FromQuery[str | None] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response[Json]:
    """A member's behaviors, newest first, or the batches of one of its series; and how many there are of each kind."""
    around = {"member": member, **reads.count_behaviors(node, member)}
    return _render_behaviors(request, node, Source(member, series), language, cursor, limit, **around)


def _render_behaviors(
    request: Asking, node: Node, source: Source, language: Language, cursor: str | None, limit: int, **around: Json
) -> Response[Json]:
    after = read_cursor(request, cursor, BehaviorPlace, after=None)
    found, places = reads.list_behaviors(node, source, language, after=after, limit=limit + 1)
    headers = make_next(request, places[limit - 1]) if len(places) > limit else {}
    return Response(around | found | {"behaviors": found["behaviors"][:limit]}, headers=headers)


@get("/members/{member:str}/proof", sync_to_thread=True)
def get_member_proof(node: NamedDependency[Node], member: FromPath[str], since: Since = None) -> Response[bytes]:
    """The proof file of a member's identity and credit as they stand."""
    return render_proof(proofs.make_member_proof(node, member, since), f"member-{member}")


# ── contracts ───────────────────────────────────────────────────────────────────────────────────────────────────────


@get("/contracts", sync_to_thread=True)
def list_contracts(
    request: Asking,
    node: NamedDependency[Node],
    member: FromQuery[str | None] = None,
    after: Number = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response[Json]:
    """Contracts, newest first; all, or those of one member; `after` one of them."""
    place = read_cursor(request, cursor, Index, after=after)
    rows = reads.list_contracts(node, member=member, after=place, limit=limit + 1)
    return render_rows(request, rows, limit, _get_id)


@get("/contracts/{number:int}", sync_to_thread=True)
def get_contract(node: NamedDependency[Node], number: FromPath[int]) -> Json:
    """One contract: terms, signatures, every duty, who acts next and by when."""
    return reads.get_contract(node, number)


@get("/contracts/{number:int}/text", sync_to_thread=True)
def get_contract_text(
    node: NamedDependency[Node],
    language: NamedDependency[Language],
    number: FromPath[int],
    wanted: Annotated[Language | None, QueryParameter(name="language")] = None,
) -> Json:
    """The clauses as read and signed, and the digest that the signatures bind."""
    return reads.get_contract_text(node, number, wanted or language)


@get("/contracts/{number:int}/proof", sync_to_thread=True)
def get_contract_proof(node: NamedDependency[Node], number: FromPath[int], since: Since = None) -> Response[bytes]:
    """The proof file of a contract: status, terms, the offer, every signature, and whose keys signed."""
    return render_proof(proofs.make_contract_proof(node, number, since), f"contract-{number}")


@post("/contracts/judge", status_code=200, sync_to_thread=True)
def judge_terms(node: NamedDependency[Node], language: NamedDependency[Language], body: RawBody) -> Json:
    """What the judge would say of terms today; nothing is written."""
    return reads.judge_terms(node, from_plain(Judge, read_json(body)).terms, language)


@post("/contracts/draft", status_code=200, sync_to_thread=True)
def draft_contract(node: NamedDependency[Node], language: NamedDependency[Language], body: RawBody) -> Json:
    """Terms from a template, their text in both languages, and the judge's word; nothing is written."""
    return reads.draft_contract(node, from_plain(Draft, read_json(body)), language)


# ── ballots ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@get("/ballots", sync_to_thread=True)
def list_ballots(
    request: Asking,
    node: NamedDependency[Node],
    language: NamedDependency[Language],
    which: FromQuery[BallotState | None] = None,
    after: Number = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response[Json]:
    """Ballots, newest first, each motion in a sentence; all, those that are open or that have ended; `after` one."""
    place = read_cursor(request, cursor, Index, after=after)
    is_open = None if which is None else which == "open"
    rows = reads.list_ballots(node, language, is_open=is_open, after=place, limit=limit + 1)
    return render_rows(request, rows, limit, _get_id)


@get("/ballots/{number:int}", sync_to_thread=True)
def get_ballot(
    request: Asking,
    node: NamedDependency[Node],
    language: NamedDependency[Language],
    number: FromPath[int],
    after: FromQuery[str | None] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response[Json]:
    """One ballot: motion, rules, what happens at its end, comments with words, who voted what; votes `after` one."""
    place = read_cursor(request, cursor, str, after=after)
    found = reads.get_ballot(node, number, language, after=place, limit=limit + 1)
    rest = {**found, "comments": list_comments(node, number), "votes": ...}
    return render_rows(request, found["votes"], limit, _get_member, **rest)


@get("/ballots/{number:int}/proof", sync_to_thread=True)
def get_ballot_proof(node: NamedDependency[Node], number: FromPath[int], since: Since = None) -> Response[bytes]:
    """The proof file of a ballot: rules, sums, outcome, and every vote with the key that gave it (of 500 at most)."""
    return render_proof(proofs.make_ballot_proof(node, number, since), f"ballot-{number}")


# ── datasets ────────────────────────────────────────────────────────────────────────────────────────────────────────


@get("/datasets", sync_to_thread=True)
def list_datasets(
    request: Asking,
    node: NamedDependency[Node],
    after: FromQuery[str | None] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response[Json]:
    """Datasets by `owner/name`, each with its newest version; `after` one of them."""
    place = read_cursor(request, cursor, str, after=after)
    return render_rows(request, reads.list_datasets(node, after=place, limit=limit + 1), limit, _get_id)


@get("/datasets/{owner:str}/{name:str}", sync_to_thread=True)
def get_dataset(
    request: Asking,
    node: NamedDependency[Node],
    owner: FromPath[str],
    name: FromPath[str],
    after: Number = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response[Json]:
    """One dataset with its versions, newest first; `after` one of them."""
    place = read_cursor(request, cursor, Index, after=after)
    found = reads.get_dataset(node, owner, name, after=place, limit=limit + 1)
    return render_rows(request, found["versions"], limit, _get_version, **{**found, "versions": ...})


# ── history ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@get("/ledger", sync_to_thread=True)
def list_entries(
    request: Asking,
    node: NamedDependency[Node],
    language: NamedDependency[Language],
    before: Number = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    member: FromQuery[str | None] = None,
    contract: Number = None,
    dataset: FromQuery[str | None] = None,
) -> Response[Json]:
    """Entries of history, newest first, each as one sentence; all, or those about one thing."""
    link = reads.choose_link(member=member, contract=contract, dataset=dataset)
    since = reads.find_first_position(node, get_reader(request).member)
    place = read_cursor(request, cursor, Index, before=before)
    found = reads.list_entries(node, language, link=link, before=place, since=since, limit=limit + 1)["entries"]
    following = found[limit - 1]["position"] if len(found) > limit else None
    return render_rows(request, found, limit, _get_position, entries=..., next=following)


@get("/ledger/{position:int}", sync_to_thread=True)
def get_entry(node: NamedDependency[Node], language: NamedDependency[Language], position: Position) -> Json:
    """One entry in full, and where its proof is."""
    return reads.get_entry(node, position, language) | {"proof": f"/v1/ledger/{position}/proof"}


@get("/ledger/{position:int}/proof", sync_to_thread=True)
def get_entry_proof(
    node: NamedDependency[Node], position: Position, since: Since = None, witnessed: Witnessed = False
) -> Response[bytes]:
    """The proof file of one entry."""
    return render_proof(proofs.make_entry_proof(node, position, since, is_witnessed=witnessed), f"entry-{position}")


ROUTES: Final = (
    get_me,
    get_inbox,
    list_members,
    get_member,
    get_credit,
    list_behaviors,
    list_behaviors_of,
    get_member_proof,
    list_contracts,
    get_contract,
    get_contract_text,
    get_contract_proof,
    judge_terms,
    draft_contract,
    list_ballots,
    get_ballot,
    get_ballot_proof,
    list_datasets,
    get_dataset,
    list_entries,
    get_entry,
    get_entry_proof,
)
