"""What everybody may read without signing in: members' performance and contracts in force (spec/http.md HTTP-40)."""

from __future__ import annotations

from operator import itemgetter
from typing import Annotated, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, PathParameter, RawBody

from concordat.api.access import get_asking_officer, get_face
from concordat.api.asking import Asking, get_address
from concordat.api.paging import Cursor, Index, Limit, read_cursor, render_rows
from concordat.api.records import Number
from concordat.api.transactions import Since, render_proof
from concordat.client.clock import fetch_now_us
from concordat.contracts.text import Language
from concordat.errors import Refused
from concordat.node import objections, proofs, reads
from concordat.node.node import Node
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import INTEGER_MAX, Natural
from concordat.primitives.plain import Json, from_plain, read_json

Objected = Annotated[int, PathParameter(ge=1, le=INTEGER_MAX)]
"""An objection's number."""

_get_id: Final = itemgetter("id")


@get("/public/members", sync_to_thread=True)
def list_public_members(
    request: Asking,
    node: NamedDependency[Node],
    after: FromQuery[str | None] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response[Json]:
    """Members and former ones by identifier, with published credit and what they kept and broke; `after` one."""
    place = read_cursor(request, cursor, str, after=after)
    return render_rows(request, reads.list_public_members(node, after=place, limit=limit + 1), limit, _get_id)


@get("/public/members/{member:str}", sync_to_thread=True)
def get_public_member(node: NamedDependency[Node], member: FromPath[str]) -> Json:
    """One member: credit, what it kept and broke, since when it takes part, and its newest contracts in force."""
    return reads.get_public_member(node, member)


@get("/public/members/{member:str}/proof", sync_to_thread=True)
def get_public_proof(node: NamedDependency[Node], member: FromPath[str], since: Since = None) -> Response[bytes]:
    """The proof file of a member's published credit, and of nothing else about it."""
    reads.check_public_member(node, member)
    return render_proof(proofs.make_credit_proof(node, member, since), f"credit-{member}")


@get("/public/contracts", sync_to_thread=True)
def list_public_contracts(
    request: Asking,
    node: NamedDependency[Node],
    member: FromQuery[str | None] = None,
    after: Number = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response[Json]:
    """Contracts in force by title and parties, newest first: all, or those of one member; `after` one of them."""
    place = read_cursor(request, cursor, Index, after=after)
    rows = reads.list_public_contracts(node, member=member, after=place, limit=limit + 1)
    return render_rows(request, rows, limit, _get_id)


# ── objections ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Filing(Struct, frozen=True):
    """What a citizen says: of the entry at a position, of the record with an id, or of the member as a whole."""

    entry: Natural | None
    record: str | None
    text: str


class Code(Struct, frozen=True):
    """What opens an objection to who filed it."""

    code: str


class Words(Struct, frozen=True):
    """What somebody says."""

    text: str


@get("/public/members/{member:str}/objections", sync_to_thread=True)
def list_objections(
    request: Asking,
    node: NamedDependency[Node],
    member: FromPath[str],
    after: Number = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response[Json]:
    """Objections against a member, newest first: when, by which clock, answered or not; `after` one of them."""
    reads.check_public_member(node, member)
    place = read_cursor(request, cursor, Index, after=after)
    rows = reads.list_objections(node, member, after=place, limit=limit + 1)
    return render_rows(request, rows, limit, itemgetter("objection"))


@post("/public/members/{member:str}/objections", status_code=201, sync_to_thread=True)
def file_objection(request: Asking, node: NamedDependency[Node], member: FromPath[str], body: RawBody) -> Json:
    """A citizen objects: the node keeps her words, the ledger a commitment; `code` opens them to her again."""
    filing = from_plain(Filing, read_json(body))
    take_objection(request)
    about = objections.find_subject(node, filing.entry, filing.record)
    return objections.file_objection(node, member, about, filing.text)


@get("/public/ballots", sync_to_thread=True)
def list_public_ballots(
    request: Asking,
    node: NamedDependency[Node],
    language: NamedDependency[Language],
    after: Number = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response[Json]:
    """Ballots about rules and offices, newest first; `after` one of them."""
    place = read_cursor(request, cursor, Index, after=after)
    rows = reads.list_public_ballots(node, language, after=place, limit=limit + 1)
    return render_rows(request, rows, limit, _get_id)


@get("/public/ballots/{number:int}", sync_to_thread=True)
def get_public_ballot(node: NamedDependency[Node], language: NamedDependency[Language], number: Objected) -> Json:
    """One of them: its motion and rules, how it stands, and whether its comments are answered; no words."""
    return reads.get_public_ballot(node, number, language)


@post("/public/ballots/{number:int}/comments", status_code=201, sync_to_thread=True)
def file_comment(request: Asking, node: NamedDependency[Node], number: Objected, body: RawBody) -> Json:
    """A citizen comments on a ballot before its vote begins; `code` opens her words and the answer again."""
    words = from_plain(Words, read_json(body))
    take_objection(request)
    return objections.file_comment(node, number, words.text)


@post("/public/members/{member:str}/objections/{number:int}", status_code=200, sync_to_thread=True)
def open_objection(
    request: Asking, node: NamedDependency[Node], member: FromPath[str], number: Objected, body: RawBody
) -> Json:
    """An objection with its words and the answer's, for who has its code."""
    code = from_plain(Code, read_json(body)).code
    take_objection(request)
    return objections.open_objection(node, member, number, code)


@get("/members/{member:str}/objections/{number:int}", sync_to_thread=True)
def get_objection(node: NamedDependency[Node], member: FromPath[str], number: Objected) -> Json:
    """An objection against the reader's own member, with its words."""
    return objections.open_objection(node, member, number)


@post("/statements", status_code=201, sync_to_thread=True)
def keep_statement(request: Asking, node: NamedDependency[Node], body: RawBody) -> Json:
    """Keep words; `statement` is the commitment that `objections.file` or `.answer` signs, `salt` opens them again."""
    take_statement(request)
    statement = objections.keep_words(node, from_plain(Words, read_json(body)).text)
    return {"statement": statement.commitment.hex(), "salt": statement.salt.hex()}


def take_objection(request: Asking) -> None:
    """Count an objection or a try of its code against the address and all addresses.

    Raises:
        Refused: `request.too_many`.
    """
    face, now_us = get_face(request), fetch_now_us()
    _check_wait(face.objections.take(get_address(request), now_us) or face.all_objections.take("", now_us))


def take_statement(request: Asking) -> None:
    """Count words that an officer wants kept against the member.

    Raises:
        NotFound: `read.no_such_member` for an applicant. Refused: `request.too_many`.
    """
    face, member = get_face(request), get_asking_officer(request)[1]
    reads.check_public_member(face.node, member)
    _check_wait(face.statements.take(member, fetch_now_us()))


def _check_wait(wait_s: int) -> None:
    if wait_s:
        raise Refused("request.too_many", "a minute", retry_after_s=wait_s)


ROUTES: Final = (
    list_public_members,
    get_public_member,
    get_public_proof,
    list_public_contracts,
    list_public_ballots,
    get_public_ballot,
    file_comment,
    list_objections,
    file_objection,
    open_objection,
    get_objection,
    keep_statement,
)
