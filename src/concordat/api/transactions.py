"""Transactions: the bytes to sign, submission (one, or a batch), receipts and proofs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Final

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, RawBody
from msgspec import Meta

from concordat.api.access import Face, Reader, get_face, get_reader
from concordat.api.asking import Asking, get_address, get_request_id, split_batch
from concordat.api.door import find_door_refusal
from concordat.api.problems import get_retry_header, make_problem, make_rejection, render_problem
from concordat.api.trail import note_subject
from concordat.api.versions import check_unchanged
from concordat.client.clock import fetch_now_us
from concordat.client.validity import VALID_FOR_US, read_client_key
from concordat.contracts.text import Language
from concordat.crypto.signatures import is_sound_key
from concordat.errors import ConcordatError, NotFound, Rejected, UsageError
from concordat.ledger.queued import Queued
from concordat.node import proofs, reads
from concordat.node.node import Node
from concordat.node.payloads import make_payload
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import INTEGER_MAX, PublicKey
from concordat.primitives.ledger_time import DAY_US, SECOND_US, format_time
from concordat.primitives.plain import Json, from_plain, read_json, to_plain
from concordat.protocol.families.membership import Apply
from concordat.protocol.messages import Operation
from concordat.protocol.receipts import OK
from concordat.protocol.transactions import (
    LANES,
    SIGNATURE_BYTES,
    TRANSACTION_BYTES_MAX,
    compute_transaction_id,
    make_signed_bytes,
)
from concordat.protocol.transition import VALIDITY_DAYS_MAX
from concordat.wording.sentences import describe_operation

BATCH_BYTES_MAX: Final = 4 * 1024 * 1024
JSON_BYTES_MAX: Final = 256 * 1024
VALID_FOR_SECONDS_MAX: Final = VALIDITY_DAYS_MAX * DAY_US // SECOND_US

OCTETS: Final = "application/octet-stream"

Since = Annotated[
    int | None, QueryParameter(name="from", ge=1, le=INTEGER_MAX, description="adds consistency from this older size")
]
"""The `from` of a proof's query."""

Witnessed = Annotated[bool, QueryParameter(description="at a checkpoint that witnesses have cosigned, not the newest")]
"""Whether a proof of an entry is to be one for who asks for witnesses."""


class Prepare(Struct, frozen=True):
    """What `prepare` reads; all but `public_key` and `operations` may be left out."""

    public_key: PublicKey
    operations: Annotated[tuple[Operation, ...], Meta(min_length=1, max_length=100)]
    client_key: str
    """The client's own name for the transaction: up to 32 bytes of UTF-8, which paths and receipts give in hex."""
    lane: Annotated[int, Meta(ge=0, lt=LANES)]
    valid_for_heights: Annotated[int, Meta(ge=1, le=1_000_000)] | None
    """None: 1000, or `validity_heights_max` where that is less."""
    valid_for_seconds: Annotated[int, Meta(ge=1, le=VALID_FOR_SECONDS_MAX)]


PREPARE_DEFAULTS: Final[Json] = {
    "client_key": "",
    "lane": 0,
    "valid_for_heights": None,
    "valid_for_seconds": VALID_FOR_US // SECOND_US,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a submission ended: its receipt, or a refusal at the door."""

    receipt: Json
    refusal: ConcordatError | None
    is_replay: bool


# ── the bytes to sign ───────────────────────────────────────────────────────────────────────────────────────────────


@post("/transactions/prepare", status_code=200, sync_to_thread=True)
def prepare(
    request: Asking, node: NamedDependency[Node], language: NamedDependency[Language], body: RawBody
) -> Response[Json]:
    """Return the bytes to sign, as they are (Accept: application/octet-stream) or in JSON with a sentence.

    The nonce is the next one of the key's lane. Nothing is reserved: of two that are prepared at once in one lane,
    the second to arrive is refused. What could never be sent is refused here: a lane without numbers left, a last
    height too far ahead, too many bytes, a key that is none.
    """
    data = read_json(body)
    asked = from_plain(Prepare, PREPARE_DEFAULTS | data if isinstance(data, dict) else data)
    if not is_sound_key(asked.public_key):
        raise UsageError("input.does_not_fit", "/public_key: nobody can sign with it")
    check_unchanged(request, node, asked.operations)
    payload = make_payload(
        node,
        asked.public_key,
        asked.operations,
        read_client_key(asked.client_key),
        lane=asked.lane,
        valid_for_heights=asked.valid_for_heights,
        valid_for_us=asked.valid_for_seconds * SECOND_US,
    )
    signed = make_signed_bytes(asked.public_key, payload)
    if SIGNATURE_BYTES + len(signed) > TRANSACTION_BYTES_MAX:
        raise Rejected("ledger.too_large", SIGNATURE_BYTES + len(signed), TRANSACTION_BYTES_MAX)
    if OCTETS in request.headers.get("accept", ""):
        return Response(signed, media_type=OCTETS)
    # Whose key it is, and how members are called, is told to members only.
    names = reads.get_names(node, language) if get_reader(request).is_admitted else {}
    signer = _name_signer(get_reader(request), asked)
    sentences = [describe_operation(operation, signer, language, names) for operation in asked.operations]
    return Response(
        {
            "bytes": signed.hex(),
            "digest": sha256(signed).hexdigest(),
            "sentence": "\n".join(sentences),
            "valid_until": format_time(payload.valid_until),
            "operations": [to_plain(operation, Operation) for operation in asked.operations],
        }
    )


def _name_signer(reader: Reader, asked: Prepare) -> str:
    """Return how the sentence calls the signer: by the member only if the reader said it, or signed with that key."""
    first = asked.operations[0]
    if isinstance(first, Apply):
        return first.member
    if reader.member is not None and reader.public_key == asked.public_key:
        return reader.member
    return asked.public_key.hex()[:16]


# ── submission ──────────────────────────────────────────────────────────────────────────────────────────────────────


@post("/transactions", status_code=200, request_max_body_size=TRANSACTION_BYTES_MAX)
async def submit(
    request: Asking, node: NamedDependency[Node], language: NamedDependency[Language], body: RawBody
) -> Response[bytes]:
    """Submit one signed transaction and wait until it is durable. The same bytes again get the same receipt."""
    wires: list[bytes] = [body]
    (outcome,) = await to_thread.run_sync(_submit_all, get_face(request), get_address(request), wires, language)
    code, who = OK if outcome.refusal is None else outcome.refusal.code, None
    if outcome.receipt:
        signer = outcome.receipt["signer"]
        who = Reader(bytes.fromhex(signer["public_key"]), signer["member"]).name
    note_subject(request, compute_transaction_id(body).hex(), code, who)
    headers = {"Idempotent-Replayed": "true"} if outcome.is_replay else {}
    content = _render_outcome(outcome, node, language, get_request_id(request))
    if outcome.refusal is None:
        return Response(msgspec.json.encode(content), media_type="application/json", headers=headers)
    return render_problem(content, headers | get_retry_header(outcome.refusal))


@post("/transactions/batch", status_code=200, request_max_body_size=BATCH_BYTES_MAX)
async def submit_batch(
    request: Asking, node: NamedDependency[Node], language: NamedDependency[Language], body: RawBody
) -> Response[bytes]:
    """Submit up to 1000 signed transactions, each after its length in 4 bytes; a receipt or a problem for each."""
    wires = split_batch(body)
    outcomes = await to_thread.run_sync(_submit_all, get_face(request), get_address(request), wires, language)
    accepted = sum(outcome.refusal is None for outcome in outcomes)
    note_subject(request, f"{len(outcomes)} transactions", f"{accepted} ok")
    request_id = get_request_id(request)
    results = [_render_outcome(outcome, node, language, request_id) for outcome in outcomes]
    return Response(msgspec.json.encode({"results": results}), media_type="application/json")


def _submit_all(face: Face, address: str, wires: Sequence[bytes], language: Language) -> list[Outcome]:
    """Queue, wait and answer in one thread: the way from the event loop and back costs as much as a signature."""
    begun = _begin(face, address, wires)
    return [_finish(face.node, wire, state, language) for wire, state in zip(wires, begun, strict=True)]


Begun = Queued | ConcordatError | None
"""A transaction on its way, why it is not, or None when the ledger holds it already."""


def _begin(face: Face, address: str, wires: Sequence[bytes]) -> list[Begun]:
    """Queue what the ledger does not hold yet; the signatures of a batch are checked together."""
    node = face.node
    now_us = fetch_now_us()
    stopped: dict[bytes, Begun] = {}
    for wire in wires:
        if _is_known(node, wire):
            stopped[wire] = None
        elif refusal := find_door_refusal(face, address, wire, now_us):
            stopped[wire] = refusal
    queued = iter(node.engine.submit_many([wire for wire in wires if wire not in stopped]))
    begun: list[Begun] = []
    for wire in wires:
        state = stopped[wire] if wire in stopped else next(queued)
        # What was refused may have become durable in between.
        begun.append(None if isinstance(state, ConcordatError) and _is_known(node, wire) else state)
    return begun


def _is_known(node: Node, wire: bytes) -> bool:
    try:
        reads.find_transaction(node, compute_transaction_id(wire))
    except NotFound:
        return False
    return True


def _finish(node: Node, wire: bytes, begun: Begun, language: Language) -> Outcome:
    """Wait until the transaction is durable or refused; nobody cancels it, since others may wait for it too."""
    try:
        committed = begun.result() if isinstance(begun, Queued) else begun
    except ConcordatError as error:
        committed = error
    if isinstance(committed, ConcordatError):
        return Outcome(None, committed, is_replay=False)
    # What is durable is answered as such, also when the index or the next block has failed meanwhile.
    receipt = (
        reads.make_receipt(node, wire, committed, language)
        if committed
        else reads.get_receipt(node, compute_transaction_id(wire), language)
    )
    refusal = None if receipt["code"] == OK else make_rejection(receipt)
    return Outcome(receipt, refusal, is_replay=begun is None)


def _render_outcome(outcome: Outcome, node: Node, language: Language, request_id: str) -> Json:
    """Return the receipt, or the problem that tells of the refusal."""
    if outcome.refusal is None:
        return outcome.receipt
    height = outcome.receipt["height"] if outcome.receipt else node.engine.durable.height
    transaction = outcome.receipt["transaction"] if outcome.receipt else None
    return make_problem(outcome.refusal, language, request_id, height, transaction)


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@get("/transactions/{transaction:str}", sync_to_thread=True)
def get_transaction(
    node: NamedDependency[Node], language: NamedDependency[Language], transaction: FromPath[str]
) -> Json:
    """The receipt of a transaction; 404 until the ledger holds it."""
    return reads.get_receipt(node, _read_hex(transaction, 32), language)


@get("/transactions/{transaction:str}/proof", sync_to_thread=True)
def get_transaction_proof(
    node: NamedDependency[Node], transaction: FromPath[str], since: Since = None, witnessed: Witnessed = False
) -> Response[bytes]:
    """The proof file of a transaction's entry in history."""
    position = reads.find_transaction(node, _read_hex(transaction, 32)).position
    return render_proof(
        proofs.make_entry_proof(node, position, since, is_witnessed=witnessed), f"transaction-{transaction[:16]}"
    )


@get("/transactions/by-client-key/{public_key:str}/{client_key:str}", sync_to_thread=True)
def get_by_client_key(
    node: NamedDependency[Node],
    language: NamedDependency[Language],
    public_key: FromPath[str],
    client_key: FromPath[str],
) -> Json:
    """The receipt of the transaction that a client's own key leads to: the bytes in hex, not the text."""
    found = reads.find_client_key(node, _read_hex(public_key, 32), _read_hex(client_key, None))
    return reads.get_receipt(node, found, language)


def render_proof(proof: bytes, name: str) -> Response[bytes]:
    """Return a proof file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.proof"'}
    return Response(proof, media_type=OCTETS, headers=headers)


def _read_hex(text: str, size: int | None) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if data.hex() != text or not data or (size is not None and len(data) != size):
        raise UsageError("input.not_hex", text)
    return data


ROUTES: Final = (
    prepare,
    submit,
    submit_batch,
    get_transaction,
    get_transaction_proof,
    get_by_client_key,
)
