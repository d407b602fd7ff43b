"""Transactions on the wire and entries in history. Normative text: spec/encoding.md ENC-3 to ENC-5.

    signature (64) ‖ domain (16) ‖ public key (32) ‖ payload

The signature covers everything after it. The id is SHA-256 of the whole.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

import msgspec
from msgspec import Meta

from concordat.crypto.signatures import is_valid
from concordat.errors import Rejected
from concordat.primitives.codec import Struct, decode, encode
from concordat.primitives.identifiers import Digest, Natural, Positive, TimeUs
from concordat.protocol.messages import Event, Operation
from concordat.protocol.receipts import DueCause, Reason, ScheduledCause, TransactionCause

DOMAIN = b"concordat/tx/v1\0"
SIGNATURE_BYTES = 64
PAYLOAD_OFFSET = SIGNATURE_BYTES + 16 + 32
TRANSACTION_BYTES_MAX = 65_536
LANES = 16


class Payload(Struct, frozen=True):
    """What a signer signs, after the domain and its key."""

    chain_id: Digest
    suite: Annotated[int, Meta(ge=1, le=1)]
    """1 is Ed25519; later suites take later numbers."""
    lane: Annotated[int, Meta(ge=0, lt=LANES)]
    nonce: Positive
    valid_until_height: Natural
    valid_until: TimeUs
    """The last time at which a block may take it: what a host keeps back is worth nothing later."""
    client_key: Annotated[bytes, Meta(max_length=32)]
    """The client's own name for this transaction; it leads to the receipt for ever. May be empty."""
    operations: Annotated[tuple[Operation, ...], Meta(min_length=1, max_length=100)]


class Receipt(Struct, frozen=True):
    """The ledger's answer, with what happened."""

    code: str
    """"ok", or the rejection's code."""
    operation: Natural
    """The operation that was refused, counted from 0; 0 when none was."""
    reasons: tuple[Reason, ...]
    """Every ground of a refusal that has several; the parameters of one that has one."""
    events: tuple[Event, ...]


class Entry(Struct, frozen=True):
    """A leaf of history: its place, its cause, its outcome."""

    height: Natural
    time: TimeUs
    index: Natural
    """Its place in the block, from 0; due items come first."""
    cause: TransactionCause | DueCause | ScheduledCause
    receipt: Receipt


class SignedTransaction(msgspec.Struct, frozen=True):
    """A transaction whose form and signature are valid."""

    id: bytes
    public_key: bytes
    payload: Payload


def compute_transaction_id(wire: bytes) -> bytes:
    """Return SHA-256 of the whole wire form."""
    return sha256(wire).digest()


def get_happened_at(entry: Entry) -> int:
    """Return when it happened, which for a due item is when it was due, not when a block came to it."""
    return entry.cause.due_at if isinstance(entry.cause, DueCause) else entry.time


def get_public_key(wire: bytes) -> bytes:
    """Return the signer's key as the wire form names it."""
    return wire[PAYLOAD_OFFSET - 32 : PAYLOAD_OFFSET]


def read_payload(wire: bytes) -> Payload | None:
    """Return the payload of a recorded transaction; None when a byzantine proposer put junk into a block."""
    try:
        return decode(Payload, wire[PAYLOAD_OFFSET:])
    except Rejected:
        return None


def make_signed_bytes(public_key: bytes, payload: Payload) -> bytes:
    """Return the bytes that a signer signs; `signature ‖ these` is the wire form."""
    return DOMAIN + public_key + encode(payload)


def parse_transaction(wire: bytes, chain_id: bytes) -> SignedTransaction:
    """Read the wire form and check everything but the signature (LED-1 to LED-3).

    Raises:
        Rejected: `ledger.too_large`, `ledger.wrong_domain`, `encoding.*`, `ledger.wrong_chain`.
    """
    if len(wire) > TRANSACTION_BYTES_MAX:
        raise Rejected("ledger.too_large", len(wire), TRANSACTION_BYTES_MAX)
    if wire[SIGNATURE_BYTES : SIGNATURE_BYTES + 16] != DOMAIN:
        raise Rejected("ledger.wrong_domain")
    if len(wire) <= PAYLOAD_OFFSET:
        raise Rejected("encoding.malformed")
    payload = decode(Payload, wire[PAYLOAD_OFFSET:])
    if payload.chain_id != chain_id:
        raise Rejected("ledger.wrong_chain", payload.chain_id.hex())
    return SignedTransaction(compute_transaction_id(wire), get_public_key(wire), payload)


def authenticate_transaction(wire: bytes, chain_id: bytes) -> SignedTransaction:
    """Read the wire form and check the signature by the consensus rule, ZIP-215 (LED-4)."""
    transaction = parse_transaction(wire, chain_id)
    if not is_valid(transaction.public_key, wire[:SIGNATURE_BYTES], wire[SIGNATURE_BYTES:]):
        raise Rejected("ledger.bad_signature")
    return transaction
