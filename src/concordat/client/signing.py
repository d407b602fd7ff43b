"""Signing what a console page shows: read from the bytes to be signed, here, and compared with what the page says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from concordat.client.answers import RefusedByNode, reading
from concordat.client.contracts import fetch_terms
from concordat.client.requests import make_path
from concordat.contracts.text import Language, compute_document_digest, render_clauses
from concordat.errors import Corrupt, NotFound, Rejected, UsageError
from concordat.primitives.codec import Struct, decode
from concordat.primitives.identifiers import Digest
from concordat.primitives.plain import Json, from_plain
from concordat.protocol.families.contracts import Propose, Sign
from concordat.protocol.messages import Operation
from concordat.protocol.records import Member
from concordat.protocol.state import State
from concordat.protocol.transactions import SIGNATURE_BYTES, parse_transaction
from concordat.wording.sentences import describe_operation, explain_error, show_contract

if TYPE_CHECKING:
    from concordat.client.api import Client

class Page(Struct, frozen=True):
    """What a page offers to sign; `unsigned` is `bytes` in its JSON.

    `sentence` calls members by their identifiers; `submit` is an address; `transaction` is set once it is signed.
    """

    unsigned: bytes
    digest: bytes
    member: str
    sentence: str
    operations: tuple[Operation, ...]
    submit: str
    transaction: Digest | None


def fetch_page(client: Client, target: str) -> Page:
    """Return the page at a path.

    Raises:
        UsageError: `sign.no_page` when something else is there. NotFound: `read.no_such_action` when its time is over.
    """
    try:
        return read_page(client.get(target))
    except (NotFound, RefusedByNode) as error:
        if error.code in {"node.unreachable", "node.broke_off", "read.no_such_action"}:
            raise
        raise UsageError("sign.no_page", target) from error


def fetch_signed(client: Client, transaction: bytes, public_key: bytes) -> Json:
    """Return the receipt of a page that is signed already.

    Raises:
        Corrupt: `sign.other_key` when another key signed it. As `Client.fetch_receipt` otherwise.
    """
    receipt = client.fetch_receipt(transaction.hex())
    with reading(f"/v1/transactions/{transaction.hex()}"):
        signer = str(receipt["signer"]["public_key"])
    if signer != public_key.hex():
        raise Corrupt("sign.other_key", signer)
    return receipt


def read_page(data: Json) -> Page:
    """Return the page that JSON describes.

    Raises:
        UsageError: `sign.no_page`.
    """
    try:
        fields = {"unsigned" if name == "bytes" else name: value for name, value in dict(data).items()}
        return from_plain(Page, fields)
    except (UsageError, TypeError, ValueError) as error:
        raise UsageError("sign.no_page", str(error)) from error


def check_page(page: Page, public_key: bytes, chain_id: bytes, valid_until_max: int, language: Language) -> None:
    """Refuse a page that says anything else than the bytes it offers, or bytes that are not this key's and chain's.

    They are good no longer than `valid_until_max` (µs): what a host may keep for long, it may use late.

    Raises:
        Corrupt: `sign.differs`; `sign.other_key` with the key that the bytes name.
    """
    try:
        transaction = parse_transaction(bytes(SIGNATURE_BYTES) + page.unsigned, chain_id)
    except Rejected as error:
        raise Corrupt("sign.differs", explain_error(error, language)[0]) from error
    payload = transaction.payload
    if transaction.public_key != public_key:
        raise Corrupt("sign.other_key", transaction.public_key.hex())
    if payload.valid_until > valid_until_max:
        raise Corrupt("sign.differs", f"valid_until {payload.valid_until}")
    said = "\n".join(describe_operation(one, page.member, language) for one in payload.operations)
    for name, shown, read in (
        ("operations", page.operations, payload.operations),
        ("digest", page.digest, sha256(page.unsigned).digest()),
        ("sentence", page.sentence, said),
    ):
        if shown != read:
            raise Corrupt("sign.differs", name)


def fetch_clauses(client: Client, operations: Sequence[Operation], language: Language) -> Iterator[str]:
    """Yield the clauses of each contract that operations propose or sign, rendered here from its terms.

    Raises:
        Corrupt: `sign.other_document` when the terms are not those whose digest is signed.
    """
    for operation in operations:
        if isinstance(operation, Propose):
            yield from render_clauses(operation.terms, language)
        elif isinstance(operation, Sign):
            _, terms = fetch_terms(client, operation.contract)
            if compute_document_digest(terms) != operation.document:
                raise Corrupt("sign.other_document", show_contract(operation.contract))
            yield from render_clauses(terms, language)


def check_member(client: Client, member: str, public_key: bytes) -> None:
    """Refuse a node that cannot prove, to a client that pins a root, that the key speaks for the member.

    Raises:
        Corrupt: `proof.other_chain`, `sign.unproved`. Stale: `node.behind`.
    """
    found = client.fetch_newest(f"{make_path('/v1/members', member)}/proof")
    row = None if found is None else dict(found.states).get(State().members.key_bytes((member,)))
    if row is None or public_key not in decode(Member, row).officers:
        raise Corrupt("sign.unproved", member)
