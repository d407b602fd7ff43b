"""Who is asking, and who may read what. Whatever the table does not name is denied."""

from __future__ import annotations

from dataclasses import dataclass, field
from http.cookies import CookieError
from typing import Final, Literal, cast

from anyio import to_thread
from litestar.exceptions import MethodNotAllowedException
from litestar.handlers.base import BaseRouteHandler

from concordat.api.asking import SAFE_METHODS, Asking, Connection, get_method
from concordat.api.expiring import Allowance, Expiring
from concordat.api.feed import Feed
from concordat.client.clock import fetch_now_us
from concordat.client.requests import WINDOW_US, check_request
from concordat.errors import InvariantBroken, Refused
from concordat.node.node import Node
from concordat.node.reads import get_officer, get_roles, is_concerned, is_part_of_objection, is_party
from concordat.primitives.identifiers import INTEGER_MAX
from concordat.protocol.standing import is_admitted

Audience = Literal[
    "public",
    "officer",
    "member",
    "own_member",
    "own_objection",
    "own_contract",
    "own_list",
    "own_entry",
    "own_key",
    "operator",
]

ACCESS: Final[dict[tuple[str, str], Audience]] = {
    ("GET", "/v1/status"): "public",
    ("GET", "/v1/genesis"): "public",
    ("GET", "/v1/checkpoint"): "public",
    ("GET", "/v1/checkpoint/proof"): "public",
    ("POST", "/v1/checkpoint/cosignatures"): "public",
    ("GET", "/v1/tile/{level}/{path}"): "public",
    ("GET", "/v1/tile/entries/{path}"): "member",
    ("GET", "/v1/codes"): "public",
    ("GET", "/v1/operations"): "public",
    ("GET", "/v1/openapi.json"): "public",
    ("GET", "/v1/public/members"): "public",
    ("GET", "/v1/public/members/{member}"): "public",
    ("GET", "/v1/public/members/{member}/proof"): "public",
    ("GET", "/v1/public/contracts"): "public",
    ("GET", "/v1/public/members/{member}/objections"): "public",
    ("POST", "/v1/public/members/{member}/objections"): "public",
    ("POST", "/v1/public/members/{member}/objections/{number}"): "public",
    ("GET", "/v1/members/{member}/objections/{number}"): "own_objection",
    ("POST", "/v1/statements"): "officer",
    ("GET", "/v1/public/ballots"): "public",
    ("GET", "/v1/public/ballots/{number}"): "public",
    ("POST", "/v1/public/ballots/{number}/comments"): "public",
    ("POST", "/v1/transactions/prepare"): "public",
    ("POST", "/v1/transactions"): "public",
    ("POST", "/v1/transactions/batch"): "public",
    ("GET", "/v1/transactions/{transaction}"): "public",
    ("GET", "/v1/transactions/{transaction}/proof"): "public",
    ("GET", "/v1/transactions/by-client-key/{public_key}/{client_key}"): "own_key",
    ("POST", "/v1/sessions/links"): "officer",
    ("GET", "/v1/sessions/links/{token}"): "public",
    ("GET", "/v1/me"): "officer",
    ("GET", "/v1/inbox"): "officer",
    ("GET", "/v1/notices"): "officer",
    ("POST", "/v1/notices"): "officer",
    ("GET", "/v1/members"): "member",
    ("GET", "/v1/members/{member}"): "own_member",
    ("GET", "/v1/members/{member}/credit"): "own_member",
    ("GET", "/v1/members/{member}/behaviors"): "own_member",
    ("GET", "/v1/behaviors"): "member",
    ("GET", "/v1/members/{member}/proof"): "own_member",
    ("GET", "/v1/contracts"): "own_list",
    ("GET", "/v1/contracts/{number}"): "own_contract",
    ("GET", "/v1/contracts/{number}/text"): "own_contract",
    ("GET", "/v1/contracts/{number}/proof"): "own_contract",
    ("GET", "/v1/ballots"): "member",
    ("GET", "/v1/ballots/{number}"): "member",
    ("GET", "/v1/ballots/{number}/proof"): "member",
    ("POST", "/v1/contracts/judge"): "member",
    ("POST", "/v1/contracts/draft"): "member",
    ("GET", "/v1/datasets"): "member",
    ("GET", "/v1/datasets/{owner}/{name}"): "member",
    ("GET", "/v1/ledger"): "own_list",
    ("GET", "/v1/ledger/{position}"): "own_entry",
    ("GET", "/v1/ledger/{position}/proof"): "own_entry",
    ("GET", "/v1/events"): "own_list",
    ("GET", "/v1/health"): "operator",
}
"""Who may call each route. `member`: an officer of an admitted member. `own_objection`: an officer of the member that
has to answer or of the one that objected, whatever its standing. Other `own_*`: `member`, or an officer of anybody else
who stands on the ledger (an applicant, an expelled member) for what concerns its own member: a party reads its
contracts whatever its standing. The transaction's id is what opens a receipt; a client's own key, which can be guessed,
opens it to the key that signed, known or not.
"""

SESSION_COOKIE: Final = "concordat_session"
SESSION_SECONDS: Final = 12 * 3600
LINK_US: Final = 10 * 60 * 1_000_000

STRANGERS_PER_MINUTE: Final = 30
"""Applications that the node takes from one address and keys that the ledger does not know."""

ALL_STRANGERS_PER_MINUTE: Final = 300
"""The same from all addresses together."""

_PREPARE: Final = "/v1/transactions/prepare"

OBJECTIONS_PER_MINUTE: Final = 3
"""Objections that the node takes from one address, and tries of their codes."""

ALL_OBJECTIONS_PER_MINUTE: Final = 30
"""The same from all addresses together."""

STATEMENTS_PER_MINUTE: Final = 30
"""Texts that the node keeps for one member's officers, signed for afterwards or never."""

_OF_HISTORY: Final = ("/v1/ledger", "/v1/events")

_BY_LEDGER: Final = frozenset({"own_contract", "own_list", "own_entry"})
"""Whether these may pass stands on the ledger, unless they are admitted."""

_FILTERS: Final = ("member", "contract", "dataset")
"""What narrows a list."""

_NONCES_PER_KEY: Final = 20_000
_LINKS_PER_KEY: Final = 20
_SESSIONS_PER_KEY: Final = 20


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is asking: the public, or an officer with a key that still speaks for its member.

    Without a member, a key that the ledger does not know and that asks for what it has sent itself.
    """

    public_key: bytes | None = None
    member: str | None = None
    roles: tuple[str, ...] = ()
    """Those that the key holds now, also until a time or in another's place."""
    is_admitted: bool = False
    is_expelled: bool = False
    is_operator: bool = False

    @property
    def name(self) -> str:
        """How the audit log calls the reader."""
        return f"{self.member or 'unknown'} {self.public_key.hex()[:16]}" if self.public_key else "public"


PUBLIC: Final = Reader()


@dataclass(frozen=True, slots=True)
class Face:
    """What the application's handlers share."""

    node: Node
    is_secure: bool
    """Whether browsers reach it through TLS only."""
    # A request may be dated ahead of this clock by one window, and then stays good for one more.
    nonces: Expiring[None] = field(default_factory=lambda: Expiring(2 * WINDOW_US, _NONCES_PER_KEY))
    links: Expiring[bytes] = field(default_factory=lambda: Expiring(LINK_US, _LINKS_PER_KEY))
    sessions: Expiring[bytes] = field(default_factory=lambda: Expiring(SESSION_SECONDS * 1_000_000, _SESSIONS_PER_KEY))
    objections: Allowance = field(default_factory=lambda: Allowance(OBJECTIONS_PER_MINUTE))
    all_objections: Allowance = field(default_factory=lambda: Allowance(ALL_OBJECTIONS_PER_MINUTE))
    statements: Allowance = field(default_factory=lambda: Allowance(STATEMENTS_PER_MINUTE))
    strangers: Allowance = field(default_factory=lambda: Allowance(STRANGERS_PER_MINUTE))
    feed: Feed = field(default_factory=Feed)
    all_strangers: Allowance = field(default_factory=lambda: Allowance(ALL_STRANGERS_PER_MINUTE))


def get_face(connection: Connection) -> Face:
    """Return the application's shared things."""
    return cast("Face", connection.app.state.face)


def get_reader(connection: Connection) -> Reader:
    """Return who is asking; the public when nobody signed in."""
    return cast("Reader", connection.scope.get("user") or PUBLIC)


def get_asking_officer(connection: Connection) -> tuple[bytes, str]:
    """Return key and member of who is asking, on a route where the table lets officers pass only."""
    reader = get_reader(connection)
    if reader.public_key is None or reader.member is None:
        raise InvariantBroken("the table of access lets officers pass only")
    return reader.public_key, reader.member


def find_reader(node: Node, public_key: bytes) -> Reader | None:
    """Return the officer of a key, or None when the key speaks for nobody."""
    with node.engine.lock:
        officer = get_officer(node, public_key)
        if officer is None:
            return None
        row = node.application.state.members[(officer.member,)]
    is_operator = is_admitted(row) and "operator" in row.roles
    is_expelled = row.status == "expelled"
    roles = tuple(held["role"] for held in get_roles(node, public_key))
    return Reader(public_key, officer.member, roles, is_admitted(row), is_expelled, is_operator)


# ── guards ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def identify(connection: Connection, handler: BaseRouteHandler) -> None:
    """Find out who is asking, on every route: by a signed request, else by a session.

    A session speaks for an unsafe method only where the framework demands its form token.

    Raises:
        Refused: `auth.*`.
    """
    header = connection.headers.get("authorization")
    if header is not None:
        connection.scope["user"] = await _check_signed(connection, header)
    elif get_method(connection) in SAFE_METHODS or not handler.opt.get("exclude_from_csrf"):
        public_key = _find_session_key(connection)
        reader = await to_thread.run_sync(find_reader, get_face(connection).node, public_key) if public_key else None
        connection.scope["user"] = reader or PUBLIC


async def _check_signed(connection: Connection, header: str) -> Reader:
    face = get_face(connection)
    now_us = fetch_now_us()
    body = await cast("Asking", connection).body()
    scope = connection.scope
    path, query = scope["raw_path"].split(b"?")[0].decode("latin-1"), scope["query_string"].decode("latin-1")
    target = f"{path}?{query}" if query else path
    chain_id, node_key, method = face.node.chain.id, face.node.key.public_key, get_method(connection)
    public_key, nonce = check_request(header, chain_id, node_key, method, target, body, now_us)
    reader = await to_thread.run_sync(find_reader, face.node, public_key)
    if reader is None and connection.path_params.get("public_key") == public_key.hex():
        return Reader(public_key)  # to repeat such a request tells nobody anything new: its nonce need not be kept
    if reader is None:
        raise Refused("auth.unknown_key", public_key.hex())
    if not face.nonces.keep(public_key, f"{public_key.hex()} {nonce.hex()}", None, now_us):
        raise Refused("auth.replayed", nonce.hex())
    return reader


def find_session_reader(connection: Connection) -> Reader:
    """Return the session's officer or the public. The ledger is asked anew each time: a removed key is out at once."""
    public_key = _find_session_key(connection)
    reader = find_reader(get_face(connection).node, public_key) if public_key else None
    return reader or PUBLIC


def _find_session_key(connection: Connection) -> bytes | None:
    try:
        token = connection.cookies.get(SESSION_COOKIE)
    except CookieError:
        token = None
    return get_face(connection).sessions.get(token, fetch_now_us()) if token else None


async def guard_access(connection: Connection, handler: BaseRouteHandler) -> None:
    """`check_access`, in a thread only where that may wait for the ledger: the way there and back costs as much."""
    audience = ACCESS.get((get_method(connection), connection.scope["path_template"]))
    if audience == "own_objection" or (audience in _BY_LEDGER and not get_reader(connection).is_admitted):
        await to_thread.run_sync(check_access, connection, handler)
    else:
        check_access(connection, handler)


def check_access(connection: Connection, handler: BaseRouteHandler) -> None:  # noqa: ARG001  # the framework's form
    """Let the reader pass if the table allows it.

    Raises:
        Refused: `auth.required` from the public; from an officer `auth.role_missing` where an operator is asked for,
            else `auth.forced_out` or `auth.not_yours`.
        MethodNotAllowedException: the framework answers OPTIONS, the table does not.
    """
    scope = connection.scope
    audience = ACCESS.get((get_method(connection), scope["path_template"]))
    if get_method(connection) == "OPTIONS":
        methods = sorted(method for method, path in ACCESS if path == scope["path_template"])
        raise MethodNotAllowedException(headers={"Allow": ", ".join(methods)})
    is_conditional = "if-match" in connection.headers and get_method(connection) not in SAFE_METHODS
    if is_conditional and scope["path_template"] != _PREPARE:
        raise Refused("request.changed", "If-Match is for reading, and for prepare")
    reader = get_reader(connection)
    if audience == "public" or (audience is not None and _is_allowed(connection, reader, audience)):
        return
    if reader.public_key is None:
        raise Refused("auth.required", scope["path"])
    if audience is None or audience == "operator":
        raise Refused("auth.role_missing", scope["path"])
    if reader.is_expelled:
        raise Refused("auth.forced_out", scope["path"])
    raise Refused("auth.not_yours", scope["path"])


def _is_allowed(connection: Connection, reader: Reader, audience: Audience) -> bool:
    if reader.public_key is None:
        return False
    if audience == "officer":
        return True
    if audience == "operator":
        return reader.is_operator
    if audience == "own_objection":
        path = connection.path_params
        return is_part_of_objection(get_face(connection).node, path["member"], path["number"], reader.member)
    if reader.is_admitted:
        return True
    match audience:
        case "own_member":
            return bool(connection.path_params["member"] == reader.member)
        case "own_contract":
            return _is_party(connection, reader, str(connection.path_params["number"]))
        case "own_list":
            return _is_own_list(connection, reader)
        case "own_key":
            return bool(connection.path_params["public_key"] == reader.public_key.hex())
        case "own_entry":
            position = min(connection.path_params["position"], INTEGER_MAX)
            return is_concerned(get_face(connection).node, reader.member, position)
        case _:
            return False


def _is_own_list(connection: Connection, reader: Reader) -> bool:
    """True when exactly one filter is given, and it is the reader's member or a contract to which that is a party."""
    asked = [(key, value) for key, value in connection.query_params.multi_items() if key in _FILTERS]
    match asked:
        case [("member", member)]:
            return bool(member == reader.member)
        case [("contract", number)] if connection.scope["path_template"] in _OF_HISTORY:
            return _is_party(connection, reader, str(number))
        case _:
            return False


def _is_party(connection: Connection, reader: Reader, number: str) -> bool:
    is_number = number.isascii() and number.isdecimal() and len(number) <= 15
    return is_number and is_party(get_face(connection).node, reader.member, int(number))
