"""What a client says to one node and makes of the answers, without a connection: `Client` and `AsyncClient` have those.

A private key never leaves this process: only signatures are sent. With a pinned genesis every receipt is compared with
the ledger's own proof before the caller sees it; its sentence is then made here.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from hashlib import sha256
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

from concordat.client.answers import (
    Answer,
    RefusedByNode,
    is_told,
    make_error,
    make_unreadable,
    read_answer,
    reading,
)
from concordat.client.clock import fetch_now_us
from concordat.client.keys import Key
from concordat.client.receipts import check_refusal, prove_receipt
from concordat.client.requests import make_path, sign_request
from concordat.client.validity import VALID_FOR_US, check_nonce, make_payload_from, make_wall_nonces
from concordat.contracts.text import Language
from concordat.crypto.checkpoint import (
    Checkpoint,
    do_contradict,
    is_note_signed_by,
    parse_signed_note,
    render_signed_note,
)
from concordat.crypto.proof import Proof, Trust, Verification, read_proof, verify_proof
from concordat.errors import ConcordatError, Corrupt, InvariantBroken, NotFound, Stale, UsageError
from concordat.primitives.identifiers import INTEGER_MAX
from concordat.primitives.ledger_time import DAY_US, parse_time
from concordat.primitives.plain import Json
from concordat.protocol.genesis import Genesis, read_genesis
from concordat.protocol.messages import Operation
from concordat.protocol.params import make_params
from concordat.protocol.transactions import compute_transaction_id, make_signed_bytes

T = TypeVar("T")


class Ask(NamedTuple):
    """What to ask a node. `headers` are without the signature that `is_signed` demands: each sending has a new one."""

    method: str
    target: str
    body: bytes
    headers: dict[str, str]
    is_signed: bool


Steps = Generator[Ask, Answer, T]
"""Yields what to ask, is sent the answers, returns the outcome."""

_OPEN_PATHS: Final = ("/v1/transactions/", "/v1/checkpoint", "/v1/genesis")
"""What the public reads; not signed, since a node turns a key away that speaks for nobody: a refused applicant's."""
_ATTEMPTS: Final = 3
_HEIGHT_MAX: Final = INTEGER_MAX // 2
"""Far above every height; what ends some heights later has to be an integer of the ledger still."""


class Conversation:
    """What is said to the node at `url`, as the officer of `key` if there is one.

    Each method is a generator: it yields what to ask, is sent the whole answer, and returns what came of it.
    """

    def __init__(self, url: str, key: Key | None, trust: Trust | None, language: Language) -> None:
        self.url = url
        self.language: Final[Language] = language
        self._key = key
        self._trust = trust
        self._next_nonce = make_wall_nonces()
        get_origin(url)
        self._chain_id: bytes | None = None
        self._node_key = b""
        """Whom requests are signed for."""
        self._height_seen = 0
        """The highest that the node named or proved."""
        self._genesis: Genesis | None = None
        self._seen: str | None = None
        """The newest signed note that was shown to continue all those before it."""
        self.rewritten: tuple[str, str] | None = None
        """Once a node has signed two histories: the note that was seen, and the one shown then, as evidence."""

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def status(self) -> Steps[Json]:
        """Return the chain and where it stands.

        Raises:
            Corrupt: `node.other_chain`, `node.not_pinned` when the node serves another chain than the pinned one, or
                calls another key its own than the pinned one, or the one that the pinned genesis names.
        """
        status = read_answer((yield from self._ask("GET", "/v1/status")))
        with reading("/v1/status"):
            chain_id, node_key = bytes.fromhex(status["chain_id"]), bytes.fromhex(status["node_key"])
            height = status["height"]
            if type(height) is not int or not 0 <= height <= _HEIGHT_MAX:
                raise ValueError(height)
        if self._trust is not None:
            _check_pinned(self._trust, chain_id, node_key)
        self._chain_id, self._node_key = chain_id, node_key
        self._height_seen = max(self._height_seen, height)
        return status

    def chain_id(self) -> Steps[bytes]:
        """Return the node's chain, checked against the pinned genesis."""
        if self._chain_id is None:
            yield from self.status()
        return self._chain_id or b""

    def genesis(self) -> Steps[bytes]:
        """Return the exact bytes of the node's genesis.json; they must be those of the chain it says it serves."""
        data = yield from self.fetch("/v1/genesis")
        if sha256(data).digest() != (yield from self.chain_id()):
            raise _make_other_chain(sha256(data).digest())
        return data

    def get(self, target: str) -> Steps[Json]:
        """Return the JSON at a path of the pinned chain's node; the request is signed when there is a key."""
        content, _ = yield from self.page(target)
        return content

    def page(self, target: str) -> Steps[tuple[Json, str]]:
        """Return the JSON at a path, and where the list that it is a page of goes on; empty when it does not.

        Raises:
            NotFound: `node.unreadable` when that is another list.
        """
        yield from self._check_chain()
        answer = yield from self._ask("GET", target, is_signed=self._has_to_sign(target))
        if answer.following and answer.following.partition("?")[0] != target.partition("?")[0]:
            raise make_unreadable(answer.url)
        return read_answer(answer), answer.following

    def post(self, target: str, body: bytes) -> Steps[Json]:
        """Return the JSON that a signed POST of a JSON body gives."""
        return read_answer((yield from self._ask("POST", target, body, is_signed=self._key is not None)))

    def fetch(self, target: str) -> Steps[bytes]:
        """Return the bytes at a path: a proof file, a checkpoint, genesis."""
        yield from self._check_chain()
        answer = yield from self._ask("GET", target, is_signed=self._has_to_sign(target), accept="*/*")
        return answer.body

    def verify(self, proof: bytes) -> Steps[Verification | None]:
        """Return what a proof file of the pinned chain shows; None when nothing is pinned.

        Raises:
            Corrupt: `proof.other_chain`.
        """
        return None if self._trust is None else (yield from self._verify(proof))

    def fetch_since_seen(self, target: str) -> Steps[bytes]:
        """Return a proof file, with the path from the last checkpoint seen: `verify` then compares without asking more.

        Raises:
            Corrupt: `node.rewritten`; `proof.*`, of which `other_checkpoint` when the node leaves that path out.
            Stale: `node.behind` when the node's history is shorter than what was seen.
        """
        known = None if self._seen is None else parse_signed_note(self._seen).checkpoint
        if known is None or known.log_size == 0:
            return (yield from self.fetch(target))
        try:
            data = yield from self.fetch(f"{target}?from={known.log_size}")
        except ConcordatError as error:
            if error.code != "proof.since_ahead":
                raise
            now = parse_signed_note((yield from self.fetch_checkpoint())).checkpoint
            raise Stale("node.behind", f"{now.log_size} < {known.log_size}") from error
        proof = read_proof(data)
        since = known.log_size if proof.consistency is None else proof.consistency.old_size
        if since != known.log_size or (proof.consistency is None and proof.checkpoint.log_size != since):
            raise Corrupt("proof.other_checkpoint", _show_place(known))
        return data

    def fetch_newest(self, target: str) -> Steps[Verification | None]:
        """Return what the proof at a path shows of the ledger as it stands; None when nothing is pinned.

        Raises:
            Corrupt: `proof.other_chain`. Stale: `node.behind` when this client has seen the ledger stand higher.
        """
        if self._trust is None:
            return None
        data = yield from self.fetch_since_seen(target)
        seen = self._height_seen
        found = yield from self._verify(data)
        if found.checkpoint is not None and found.checkpoint.height < seen:
            raise Stale("node.behind", f"{found.checkpoint.height} < {seen}")
        return found

    def fetch_checkpoint(self) -> Steps[str]:
        """Return the node's newest signed checkpoint, which the pinned key must have signed, if one is pinned.

        Raises:
            Corrupt: `checkpoint.malformed`, `node.other_chain`, `node.not_pinned`, `proof.bad_signature`.
        """
        note = (yield from self.fetch("/v1/checkpoint")).decode(errors="replace")
        if self._trust is not None:
            signed = parse_signed_note(note)
            if signed.checkpoint.chain_id != (yield from self.chain_id()):
                raise _make_other_chain(signed.checkpoint.chain_id)
            if not is_note_signed_by(signed, self._node_key):
                raise Corrupt("proof.bad_signature", "the checkpoint")
            if self._seen is not None and do_contradict(parse_signed_note(self._seen).checkpoint, signed.checkpoint):
                raise self._make_rewritten(self._seen, note, self._node_key)
        return note

    def compare(self, seen: str) -> Steps[str]:
        """Return the node's newest signed note, once it is shown to continue the one that the reader has seen.

        Raises:
            Corrupt: `node.rewritten` names the key and both checkpoints; `proof.*`, `checkpoint.malformed`.
            Stale: `node.behind` when the node stands lower than what was seen.
        """
        known = parse_signed_note(seen).checkpoint
        target = "/v1/checkpoint/proof"
        try:
            data = yield from self.fetch(f"{target}?from={known.log_size}" if known.log_size else target)
        except ConcordatError as error:
            if error.code != "proof.since_ahead":
                raise
            data = yield from self.fetch(target)  # of a history that is shorter: behind, or another one
        proof = read_proof(data)
        if proof.checkpoint.height < known.height:
            raise Stale("node.behind", f"{proof.checkpoint.height} < {known.height}")
        found = verify_proof(data, Trust(note=seen))
        note = render_signed_note(proof.checkpoint, *proof.signatures)
        if found.code == "other_checkpoint":
            raise self._make_rewritten(seen, note, proof.signatures[0].public_key)
        if not found.valid:
            raise Corrupt(f"proof.{found.code}", "the newest checkpoint")
        self._seen = note
        return note

    def _make_rewritten(self, seen: str, shown: str, key: bytes) -> Corrupt:
        """Keep two notes that one honest node can't have signed; return what is said of it, by name."""
        self.rewritten = seen, shown
        places = (_show_place(parse_signed_note(note).checkpoint) for note in self.rewritten)
        return Corrupt("node.rewritten", f"{key.hex()}: {'; '.join(places)}")

    def _check_seen(self, proof: Proof) -> None:
        """Compare a verified checkpoint with the last one seen, and keep it where the file shows that it goes on.

        Raises:
            Corrupt: `node.rewritten`.
        """
        note = render_signed_note(proof.checkpoint, *proof.signatures)
        if self._seen is None:
            self._seen = note
            return
        known, old = parse_signed_note(self._seen).checkpoint, proof.consistency
        is_from_seen = old is not None and old.old_size == known.log_size
        if do_contradict(known, proof.checkpoint) or (old and is_from_seen and old.old_root != known.log_root):
            raise self._make_rewritten(self._seen, note, proof.signatures[0].public_key)
        if proof.checkpoint.height > known.height and (is_from_seen or proof.checkpoint.log_size == known.log_size):
            self._seen = note

    def fetch_receipt(self, transaction: str) -> Steps[Json]:
        """Return the receipt of a transaction by its id (hex), proved when a root is pinned.

        Raises:
            NotFound: `read.*`. Corrupt: `node.other_chain`, `node.not_pinned`, `node.unproved`.
        """
        receipt = yield from self.get(make_path("/v1/transactions", transaction))
        if self._trust is not None:
            return (yield from self._prove(receipt, _read_transaction_id(transaction)))
        if not is_told({"transaction": transaction.lower()}, receipt):
            raise make_unreadable(transaction)
        return receipt

    def fetch_valid_until_max(self) -> Steps[int]:
        """Return the latest end of validity (µs) that this client signs in a node's bytes: its own choice and a day."""
        _, now_us = yield from self._fetch_standing()
        return now_us + VALID_FOR_US + DAY_US

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def send(
        self, operations: Sequence[Operation], client_key: bytes = b"", lane: int = 0, nonce: int | None = None
    ) -> Steps[Json]:
        """Sign a transaction of these operations here, submit it and return its receipt.

        Its number is the time when none is chosen; when another process with the same key took that first, it is
        signed anew with the next one.

        Raises:
            RefusedByNode: a rule refuses. UsageError: `nonce.*`. As `submit` otherwise.
        """
        if nonce is not None:
            check_nonce(nonce, fetch_now_us())
            return (yield from self._send_once(operations, client_key, lane, nonce))
        for _ in range(_ATTEMPTS - 1):
            try:
                return (yield from self._send_once(operations, client_key, lane, self._next_nonce()))
            except RefusedByNode as error:
                if error.code != "ledger.nonce_used":
                    raise
        return (yield from self._send_once(operations, client_key, lane, self._next_nonce()))

    def _send_once(self, operations: Sequence[Operation], client_key: bytes, lane: int, nonce: int) -> Steps[Json]:
        key = self._get_key()
        genesis = yield from self._fetch_genesis()
        height, now_us = yield from self._fetch_standing()
        payload = make_payload_from(
            height,
            now_us,
            make_params(genesis.params).validity_heights_max,
            chain_id=(yield from self.chain_id()),
            lane=lane,
            nonce=nonce,
            client_key=client_key,
            operations=tuple(operations),
        )
        unsigned = make_signed_bytes(key.public_key, payload)
        return (yield from self.submit(key.sign(unsigned) + unsigned))

    def submit(self, wire: bytes) -> Steps[Json]:
        """Send signed bytes and return the receipt once the ledger holds them; the same bytes again are harmless.

        Raises:
            RefusedByNode: a rule refuses. Corrupt: `node.unproved` when the receipt does not stand on the ledger.
        """
        yield from self.chain_id()  # bytes go to a node of another chain only if nothing is pinned
        transaction = compute_transaction_id(wire)
        try:
            sent = yield from self._ask("POST", "/v1/transactions", wire, media="application/octet-stream")
            receipt = read_answer(sent)
        except RefusedByNode as error:
            if self._trust is not None and error.document.get("transaction") == transaction.hex():
                found = yield from self._fetch_verification(transaction)
                check_refusal(error.document, transaction, found)
            raise
        return receipt if self._trust is None else (yield from self._prove(receipt, transaction))

    def make_login_link(self) -> Steps[Json]:
        """Return {url, expires_at}: a link that signs a browser in once."""
        self._get_key()
        return (yield from self.post("/v1/sessions/links", b""))

    # ── inner steps ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _check_chain(self) -> Steps[None]:
        """Ask nothing else of a node that does not serve what is pinned."""
        if self._trust is not None:
            yield from self.chain_id()

    def _fetch_standing(self) -> Steps[tuple[int, int]]:
        """Return height and time (µs) from which validity counts; the time is the ledger's where it is simulated.

        Where a root is pinned they are those of a checkpoint that the pinned key signed, and real time is always this
        machine's: whoever could name any time could keep what is signed until then.
        """
        genesis = yield from self._fetch_genesis()
        if self._trust is None:
            status = yield from self.status()
            height = int(status["height"])
            with reading("/v1/status"):
                time_us = parse_time(status["time"]) if genesis.clock == "scenario" else 0
        else:
            checkpoint = parse_signed_note((yield from self.fetch_checkpoint())).checkpoint
            height, time_us = checkpoint.height, checkpoint.time
        return height, time_us if genesis.clock == "scenario" else max(fetch_now_us(), genesis.start_time)

    def _fetch_genesis(self) -> Steps[Genesis]:
        if self._genesis is None:
            self._genesis = read_genesis((yield from self.genesis())).genesis
        return self._genesis

    def _has_to_sign(self, target: str) -> bool:
        is_open = target.startswith(_OPEN_PATHS) and "/by-client-key/" not in target
        return self._key is not None and not is_open

    def _get_key(self) -> Key:
        if self._key is None:
            raise UsageError("key.needed", "no key was given")
        return self._key

    def _prove(self, receipt: Json, transaction: bytes) -> Steps[Json]:
        found = yield from self._fetch_verification(transaction)
        return prove_receipt(receipt, transaction, found, self.language)

    def _fetch_verification(self, transaction: bytes) -> Steps[Verification]:
        """Return what the ledger proves of a transaction to who trusts the pinned root."""
        data = yield from self.fetch_since_seen(f"/v1/transactions/{transaction.hex()}/proof")
        return (yield from self._verify(data))

    def _verify(self, data: bytes) -> Steps[Verification]:
        """Return what a proof file shows; who pins a key alone pins by it the chain that the node says it serves.

        Raises:
            Corrupt: `proof.other_chain`, `node.rewritten`.
        """
        found = verify_proof(data, self._trust)
        if found.checkpoint is not None:
            if found.checkpoint.chain_id != (yield from self.chain_id()):
                raise Corrupt("proof.other_chain", found.checkpoint.chain_id.hex())
            self._height_seen = max(self._height_seen, found.checkpoint.height)
            self._check_seen(read_proof(data))
        return found

    def _ask(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        is_signed: bool = False,
        accept: str = "application/json",
        media: str = "application/json",
    ) -> Steps[Answer]:
        """Ask, and return the answer unless it tells of a refusal."""
        if is_signed:
            yield from self.chain_id()  # what is signed names the chain and its node
        headers = {"Accept": accept} | ({"Content-Type": media} if body else {})
        answer = yield Ask(method, target, body, headers, is_signed)
        if 200 <= answer.status < 300:
            return answer
        raise make_error(answer)

    def sign(self, method: str, target: str, body: bytes) -> str:
        """Return the Authorization header of a request; the chain is known by now."""
        if self._chain_id is None:
            raise InvariantBroken("what is signed names the chain")
        now_us, nonce = fetch_now_us(), os.urandom(16)
        return sign_request(
            self._get_key(), self._chain_id, self._node_key, method, target, body, now_us, nonce
        )


def _check_pinned(trust: Trust, chain_id: bytes, node_key: bytes) -> None:
    """Refuse a node before anything is signed for it; a lying one could hand the signature on to the pinned one."""
    pinned = trust.node_key
    if trust.genesis is not None:
        if sha256(trust.genesis).digest() != chain_id:
            raise _make_other_chain(chain_id)
        pinned = read_genesis(trust.genesis).genesis.node_key
    if pinned not in {None, node_key}:
        raise Corrupt("node.not_pinned", node_key.hex())


def _read_transaction_id(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise NotFound("read.no_such_transaction", text) from error


def _make_other_chain(chain_id: bytes) -> Corrupt:
    """Return the error of a node that serves another chain than the pinned one."""
    return Corrupt("node.other_chain", chain_id.hex())


def get_origin(url: str) -> str:
    """Return the node's address in a URL.

    Raises:
        UsageError: `node.bad_address`.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise UsageError("node.bad_address", url)
    return f"{parts.scheme}://{parts.netloc}"


def _show_place(checkpoint: Checkpoint) -> str:
    """Return which checkpoint is meant: its height, its size, its roots."""
    roots = f"{checkpoint.log_root.hex()} {checkpoint.state_root.hex()}"
    return f"height {checkpoint.height}, {checkpoint.log_size} entries, roots {roots}"
