"""The application: state, state tree and history behind the engine port. The same object serves every engine.

The port has ABCI 2.0's shape: CheckTx in two halves, `check_forms` and `admit`, then `prepare_proposal`,
`process_proposal`, `finalize_block`. An engine decides the order of blocks and makes them durable; the application only
computes. It is not thread-safe: the engine's lock is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from concordat.credit.rulebook import RULEBOOK_DIGEST
from concordat.crypto.checkpoint import Checkpoint, NoteSignature, is_signed_by, make_node_signature
from concordat.crypto.merkle import Log, hash_leaf
from concordat.crypto.state_tree import StatePath, StateTree
from concordat.errors import Corrupt, Rejected
from concordat.primitives.codec import Struct, decode, encode
from concordat.protocol.context import Context
from concordat.protocol.editions import check_edition
from concordat.protocol.genesis import Chain, make_first_state
from concordat.protocol.motions import has_scheduled
from concordat.protocol.params import compute_params_hash
from concordat.protocol.receipts import TransactionCause
from concordat.protocol.transactions import (
    TRANSACTION_BYTES_MAX,
    Entry,
    SignedTransaction,
    authenticate_transaction,
    parse_transaction,
)
from concordat.protocol.transition import (
    Authenticate,
    Block,
    InvalidBlock,
    apply_block,
    check_admission,
    check_block,
    check_clock,
    find_advance,
    has_due,
)

BLOCK_TRANSACTIONS_MAX = 2000
BLOCK_BYTES_MAX = 4 * 1024 * 1024

Sign = Callable[[bytes], bytes]
"""Signs a checkpoint's note with the node's key."""


class BlockRecord(Struct, frozen=True):
    """One block as it stands in the log: history's leaves, their exact bytes, and the signed checkpoint after them."""

    entries: tuple[bytes, ...]
    checkpoint: Checkpoint
    signatures: tuple[NoteSignature, ...]


class Application:
    """The state machine of one chain, at one height."""

    def __init__(self, chain: Chain, sign: Sign) -> None:
        if chain.genesis.rulebook != RULEBOOK_DIGEST:
            named = chain.genesis.rulebook.hex()
            raise Corrupt("genesis.other_rulebook", named)
        self.chain = chain
        self.state = make_first_state(chain)
        self.tree = StateTree()
        self.history = Log()
        self.height = 0
        self.time = chain.genesis.start_time
        self.sizes = [0]
        """History's size after each height."""
        self.changed_keys: tuple[bytes, ...] = ()
        """Where the last block changed the state."""
        self._sign = sign
        self._verified: dict[bytes, SignedTransaction] = {}
        """By wire bytes: these remember their hash, while an id is computed anew."""
        self.tree.update(self.state.dump())
        self.state.take_changes()
        self.checkpoint = self._make_checkpoint()

    # ── the engine port ─────────────────────────────────────────────────────────────────────────────────────────────

    def check_forms(
        self, wires: Sequence[bytes], verify: Callable[[Sequence[bytes]], list[bool]]
    ) -> list[SignedTransaction | Rejected]:
        """Check what asks no state and may be checked in any thread; `verify` says whether libsodium accepts each."""
        parsed = [self._parse(wire) for wire in wires]
        unverified = [
            place
            for place, transaction in enumerate(parsed)
            if isinstance(transaction, SignedTransaction) and wires[place] not in self._verified
        ]
        for place, is_accepted in zip(unverified, verify([wires[place] for place in unverified]), strict=True):
            if not is_accepted:
                parsed[place] = Rejected("ledger.bad_signature")
        return parsed

    def _parse(self, wire: bytes) -> SignedTransaction | Rejected:
        try:
            return parse_transaction(wire, self.chain.id)
        except Rejected as rejection:
            return rejection

    def admit(self, wire: bytes, transaction: SignedTransaction, now_us: int) -> None:
        """Check a transaction by the state as committed; what is admitted to this node's pool is remembered.

        `now_us` is the time that a block made now would have.

        Raises:
            Rejected: with the rule's code; nothing is recorded.
        """
        genesis_us = self.chain.genesis.start_time
        context = Context(self.state, self.chain.id, genesis_us, self.time, self.height + 1, 0)
        check_edition(transaction.payload, context.params.edition)
        check_admission(context, transaction, now_us)
        context.public_key = transaction.public_key
        is_alone = len(transaction.payload.operations) == 1
        for operation in transaction.payload.operations:
            # What moves time is refused at the door, not in a block: its block's time would be in doubt.
            check_clock(self.chain, context, self.time, operation, is_alone=is_alone)
        self._verified[wire] = transaction

    def prepare_proposal(self, pool: Iterable[bytes], now_us: int) -> tuple[Block, int]:
        """Return the next block and how many transactions of the pool's front it takes."""
        time = self.time if self.chain.is_scenario else max(now_us, self.time)
        chosen: list[bytes] = []
        if self.has_own_work(time):  # judged in a block of its own, so that no transaction has to be turned away
            return Block(self.height + 1, time, ()), 0
        size = 0
        for wire in pool:
            advance = self._get_advance(wire) if self.chain.is_scenario else None
            if advance is not None and chosen:
                break
            chosen.append(wire)
            size += len(wire)
            if advance is not None:
                time = advance
                break
            if len(chosen) >= BLOCK_TRANSACTIONS_MAX or size > BLOCK_BYTES_MAX - TRANSACTION_BYTES_MAX:
                break
        return Block(self.height + 1, time, tuple(chosen)), len(chosen)

    def has_own_work(self, time: int) -> bool:
        """True when the next block, made at `time`, would do something without any transaction."""
        return has_due(self.state, time) or has_scheduled(self.state, self.height + 1)

    def _get_advance(self, wire: bytes) -> int | None:
        block = Block(self.height + 1, self.time, (wire,))
        return find_advance(self.chain, self.state, self.time, block, self._authenticate)

    def process_proposal(self, block: Block) -> bool:
        """Say whether a block that another node proposes may be decided."""
        sizes = [len(wire) for wire in block.transactions]
        if len(sizes) > BLOCK_TRANSACTIONS_MAX or max(sizes, default=0) > TRANSACTION_BYTES_MAX:
            return False
        if sum(sizes) > BLOCK_BYTES_MAX or block.height != self.height + 1:
            return False
        try:
            check_block(self.chain, self.state, self.time, block, self._authenticate)
        except InvalidBlock:
            return False
        return True

    def finalize_block(self, block: Block) -> BlockRecord:
        """Apply a decided block and return its record, signed; the engine makes it durable.

        Raises:
            InvalidBlock: the engine decided what `process_proposal` refuses.
        """
        leaves = self.apply(block, self._authenticate)
        for wire in block.transactions:
            self._verified.pop(wire, None)
        signature = make_node_signature(self.checkpoint, self.chain.genesis.node_key, self._sign)
        return BlockRecord(leaves, self.checkpoint, (signature,))

    def apply(self, block: Block, authenticate: Authenticate) -> tuple[bytes, ...]:
        """Move to the height of a block and return history's new leaves.

        Raises:
            InvalidBlock: no engine may decide it; nothing changed.
        """
        check_block(self.chain, self.state, self.time, block, authenticate)
        leaves = tuple(encode(entry) for entry in apply_block(self.chain, self.state, self.time, block, authenticate))
        for leaf in leaves:
            self.history.append(hash_leaf(leaf))
        changes = self.state.take_changes()
        self.tree.update(changes)
        self.changed_keys = tuple(key for key, _ in changes)
        self.height, self.time = block.height, block.time
        self.sizes.append(self.history.size)
        self.checkpoint = self._make_checkpoint()
        return leaves

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def prove_state(self, key: bytes) -> tuple[bytes | None, StatePath]:
        """Return the value at `key` (None: absent) and its path to the state root."""
        return self.state.get_encoded(key), self.tree.prove(key)

    # ── inner steps ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _authenticate(self, wire: bytes) -> SignedTransaction:
        """Each signature is checked once a node: what `admit` let in is remembered until its block."""
        return self._verified.get(wire) or authenticate_transaction(wire, self.chain.id)

    def _make_checkpoint(self) -> Checkpoint:
        return Checkpoint(
            self.chain.id,
            self.chain.is_scenario,
            self.height,
            self.time,
            self.history.size,
            self.history.root(),
            self.tree.root,
            compute_params_hash(self.state.params[(0,)]),
        )


def get_block(record: BlockRecord) -> Block:
    """Return the block that a record was made from."""
    return _make_block(record.checkpoint, _get_transactions(record))


def _make_block(checkpoint: Checkpoint, transactions: Iterable[tuple[bytes, str]]) -> Block:
    return Block(checkpoint.height, checkpoint.time, tuple(wire for wire, _ in transactions))


def _get_transactions(record: BlockRecord) -> list[tuple[bytes, str]]:
    """Return each transaction of a block: its wire bytes and the code of its receipt."""
    entries = (decode(Entry, leaf) for leaf in record.entries)
    return [(entry.cause.wire, entry.receipt.code) for entry in entries if isinstance(entry.cause, TransactionCause)]


def replay(
    application: Application, bodies: Iterable[bytes], *, trusts_signatures: bool = False
) -> Iterator[BlockRecord]:
    """Apply recorded blocks and compare every entry and checkpoint with what the record says.

    A node need not check the signatures of its own durable log again: then the recorded verdict on a transaction is
    taken, and no checkpoint's signature is looked at.

    Raises:
        Corrupt: `replay.differs` with the height.
    """
    chain_id = application.chain.id

    def check(wire: bytes) -> SignedTransaction:
        return authenticate_transaction(wire, chain_id)

    for body in bodies:
        height = application.height + 1
        try:
            record = decode(BlockRecord, body)
            transactions = _get_transactions(record)
            authenticate = _trust(transactions, chain_id) if trusts_signatures else check
            entries = application.apply(_make_block(record.checkpoint, transactions), authenticate)
        except (Rejected, InvalidBlock) as error:
            place = f"height {height}: {error}"
            raise Corrupt("replay.differs", place, height=height) from error
        if (entries, application.checkpoint) != (record.entries, record.checkpoint):
            raise Corrupt("replay.differs", f"height {height}", height=height)
        if not trusts_signatures:
            check_node_signature(record, application.chain.genesis.node_key)
        yield record


def _trust(transactions: Iterable[tuple[bytes, str]], chain_id: bytes) -> Authenticate:
    refused = {wire for wire, code in transactions if code == "ledger.bad_signature"}

    def authenticate(wire: bytes) -> SignedTransaction:
        transaction = parse_transaction(wire, chain_id)
        if wire in refused:
            raise Rejected("ledger.bad_signature")
        return transaction

    return authenticate


def check_node_signature(record: BlockRecord, node_key: bytes) -> None:
    """Check that the node signed a block's checkpoint.

    Raises:
        Corrupt: `replay.differs` with the height.
    """
    if not is_signed_by(record.checkpoint, record.signatures, node_key):
        height = record.checkpoint.height
        place = f"height {height}: the checkpoint is not signed by the node's key"
        raise Corrupt("replay.differs", place, height=height)
