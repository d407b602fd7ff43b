"""What everybody may read without signing in: members' performance and contracts in force (spec/http.md HTTP-40)."""

from __future__ import annotations

from operator import itemgetter
from typing import Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from concordat.api.asking import Asking
from concordat.api.paging import Cursor, Index, Limit, read_cursor, render_rows
from concordat.api.records import Number
from concordat.api.transactions import Since, render_proof
from concordat.node import proofs, reads
from concordat.node.node import Node
from concordat.primitives.plain import Json

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


ROUTES: Final = (list_public_members, get_public_member, get_public_proof, list_public_contracts)
