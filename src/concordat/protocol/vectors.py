"""Recomputes a golden case of kind `protocol/...` or `contracts/...` (vectors/protocol/*.json). Bytes are in hex."""

from __future__ import annotations

from functools import partial

import msgspec

from concordat.contracts.terms import Terms
from concordat.contracts.text import compute_document_digest, render_clauses
from concordat.crypto.merkle import Log, hash_leaf
from concordat.crypto.state_tree import StateTree
from concordat.errors import Rejected
from concordat.primitives.codec import encode
from concordat.primitives.plain import Json, from_plain, to_plain
from concordat.primitives.vectors import Kinds, bind
from concordat.protocol.genesis import make_first_state, read_genesis
from concordat.protocol.lanes import compute_lane, is_nonce_fresh
from concordat.protocol.messages import OPERATIONS
from concordat.protocol.records import Lane
from concordat.protocol.transactions import authenticate_transaction
from concordat.protocol.transition import Block, InvalidBlock, apply_block, check_block


class _Wire(msgspec.Struct, forbid_unknown_fields=True):
    chain_id: str
    wire: str


class _Nonces(msgspec.Struct, forbid_unknown_fields=True):
    nonces: list[int]


class _Block(msgspec.Struct, forbid_unknown_fields=True):
    height: int
    time: int
    transactions: list[str]


class _Blocks(msgspec.Struct, forbid_unknown_fields=True):
    genesis: str
    blocks: list[_Block]


def _compute_operation(given: Json) -> Json:
    kind = OPERATIONS[given["type"]]
    return {"encoding": encode(from_plain(kind, given)).hex()}


def _compute_transaction(given: _Wire) -> Json:
    try:
        transaction = authenticate_transaction(bytes.fromhex(given.wire), bytes.fromhex(given.chain_id))
    except Rejected as rejection:
        return {"code": rejection.code}
    return {
        "code": "ok",
        "id": transaction.id.hex(),
        "public_key": transaction.public_key.hex(),
        "payload": to_plain(transaction.payload),
    }


def _compute_nonces(given: _Nonces) -> Json:
    lane: Lane | None = None
    fresh: list[bool] = []
    for nonce in given.nonces:
        fresh.append(is_nonce_fresh(lane, nonce))
        if fresh[-1]:
            lane = compute_lane(lane, nonce)
    return {"fresh": fresh, "lane": None if lane is None else encode(lane).hex()}


def _compute_blocks(given: _Blocks) -> Json:
    chain = read_genesis(given.genesis.encode())
    state = make_first_state(chain)
    authenticate = partial(authenticate_transaction, chain_id=chain.id)
    log, time, receipts = Log(), chain.genesis.start_time, []
    for row in given.blocks:
        block = Block(row.height, row.time, tuple(bytes.fromhex(wire) for wire in row.transactions))
        try:
            check_block(chain, state, time, block, authenticate)
        except InvalidBlock as error:
            raise ValueError(f"block {block.height}: {error}") from error
        entries = apply_block(chain, state, time, block, authenticate)
        for entry in entries:
            log.append(hash_leaf(encode(entry)))
        receipts.append([[entry.receipt.code, entry.receipt.operation] for entry in entries])
        time = block.time
    tree = StateTree()
    tree.update(state.dump())
    return {
        "chain_id": chain.id.hex(),
        "receipts": receipts,
        "log_size": log.size,
        "log_root": log.root().hex(),
        "state_root": tree.root.hex(),
    }


def _compute_document(given: Json) -> Json:
    terms = from_plain(Terms, given)
    return {
        "en": list(render_clauses(terms, "en")),
        "zh": list(render_clauses(terms, "zh")),
        "document": compute_document_digest(terms).hex(),
    }


KINDS: Kinds = {
    "protocol/operation": _compute_operation,
    "protocol/transaction": bind(_Wire, _compute_transaction),
    "protocol/nonces": bind(_Nonces, _compute_nonces),
    "protocol/blocks": bind(_Blocks, _compute_blocks),
    "contracts/document": _compute_document,
}
