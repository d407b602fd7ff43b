"""A whole consortium in memory: a genesis with deterministic keys, real signatures, blocks, and time that obeys.

>>> from concordat.protocol.families.contracts import Acknowledge
>>> consortium = Consortium()
>>> number = consortium.agree(consortium.make_supply("cedar-ford", "azure-bay"))
>>> _ = consortium.deliver(number)
>>> [type(event).__name__ for event in consortium.act("azure-bay", Acknowledge(number, 1))]
['Settled', 'Completed', 'Recorded', 'Changed']
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import sha256
from itertools import count
from typing import Literal

from concordat.contracts.templates import Draft, Item, compute_terms
from concordat.contracts.terms import MatchingTable, Terms
from concordat.credit.rulebook import RULEBOOK_DIGEST
from concordat.crypto.signatures import public_key_of, sign
from concordat.errors import InvariantBroken, Rejected
from concordat.primitives.codec import decode, encode
from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import DAY_US, parse_time
from concordat.protocol.families import behaviors, credit, datasets, objections
from concordat.protocol.families.ballots import opening
from concordat.protocol.families.clock import Advance, Tick
from concordat.protocol.families.contracts import Deliver, Propose, Sign, duties, offer
from concordat.protocol.families.membership import Apply, Attest, Sponsor, admission
from concordat.protocol.genesis import Founder, Genesis, make_first_state, read_genesis, render_genesis
from concordat.protocol.messages import Event, Operation
from concordat.protocol.motions import has_scheduled
from concordat.protocol.params import DEFAULT_PARAMS, Params, name_params
from concordat.protocol.receipts import OK
from concordat.protocol.records import MemberRole
from concordat.protocol.state import State
from concordat.protocol.transactions import Entry, Payload, Receipt, authenticate_transaction, make_signed_bytes
from concordat.protocol.transition import VALIDITY_DAYS_MAX, Block, apply_block, check_block, has_due

START_US = parse_time("2027-01-04T00:00:00Z")
DATASET = "readings"
SCHEMA = sha256(b"schema of the readings").digest()
NODE = "node"
"""The label of the node's key; any other label `x` or `x/y` is an officer of member `x`."""

FOUNDERS: Mapping[str, tuple[MemberRole, ...]] = {
    "azure-bay": ("operator", "seed", "verifier"),
    "birch-vale": ("seed", "verifier"),
    "cedar-ford": (),
    "dune-shore": (),
}


def make_label(name: str) -> Label:
    """Return `azure-bay` as a name for people."""
    return Label(name.replace("-", " ").title(), "")


FIRST_PARAMS = (
    "application_days",
    "due_events_per_block_max",
    "full_size_units",
    "hearing_days",
    "validity_heights_max",
    "verify_k",
)
"""Named in every genesis of a consortium. Others are when they say something: golden data knew no more of them."""


def _is_named(name: str, value: int) -> bool:
    return name in FIRST_PARAMS or value != getattr(DEFAULT_PARAMS, name)


def find_broken_invariants(state: State) -> Iterator[str]:
    """Yield what does not hold in any family."""
    for family in (duties, offer, credit, datasets, behaviors, admission, objections, opening):
        yield from family.find_broken_invariants(state)


class Consortium:
    """One chain, driven block by block. `blocks` and `entries` hold its whole history."""

    def __init__(
        self,
        founders: Mapping[str, tuple[MemberRole, ...]] = FOUNDERS,
        *,
        clock: Literal["real", "scenario"] = "scenario",
        params: Params = DEFAULT_PARAMS,
        seed: str = "consortium",
    ) -> None:
        self.seed = seed
        self.genesis = render_genesis(
            Genesis(
                format="concordat/genesis/v1",
                name=Label("Test consortium", "测试联盟"),
                clock=clock,
                start_time=START_US,
                node_key=self.get_public_key(NODE),
                founders=tuple(
                    Founder(
                        member=member,
                        name=make_label(member),
                        kind="region",
                        scheme="test",
                        code=f"F-{number}",
                        roles=roles,
                        public_keys=(self.get_public_key(member),),
                    )
                    for number, (member, roles) in enumerate(founders.items(), start=1)
                ),
                params={name: value for name, value in name_params(params).items() if _is_named(name, value)},
                rulebook=RULEBOOK_DIGEST,
            )
        )
        self.chain = read_genesis(self.genesis)
        self.state = make_first_state(self.chain)
        self.time = START_US
        self.height = 0
        self.blocks: list[Block] = []
        self.entries: list[Entry] = []
        self._founders = founders
        self._nonces: dict[tuple[str, int], Iterator[int]] = {}

    # ── transactions and blocks ─────────────────────────────────────────────────────────────────────────────────────

    def get_seed(self, label: str) -> bytes:
        """Return the 32-byte secret of a label's key: HMAC-SHA-256(seed, label)."""
        return hmac.digest(self.seed.encode(), label.encode(), "sha256")

    def get_public_key(self, label: str) -> bytes:
        """Return the public key of a label."""
        return public_key_of(self.get_seed(label))

    def sign_payload(self, signer: str, payload: Payload) -> bytes:
        """Return the wire bytes of any payload, signed for real."""
        signed = make_signed_bytes(self.get_public_key(signer), payload)
        return sign(self.get_seed(signer), signed) + signed

    def make_payload(self, signer: str, *operations: Operation, lane: int = 0) -> Payload:
        """Return a payload with the signer's next nonce."""
        nonces = self._nonces.setdefault((signer, lane), count(1))
        valid_until = self.time + VALIDITY_DAYS_MAX * DAY_US
        return Payload(self.chain.id, 1, lane, next(nonces), self.height + 100, valid_until, b"", operations)

    def make_wire(self, signer: str, *operations: Operation) -> bytes:
        """Return a transaction's wire bytes with the signer's next nonce."""
        return self.sign_payload(signer, self.make_payload(signer, *operations))

    def run_block(self, time: int, *wires: bytes) -> tuple[Entry, ...]:
        """Decide one block and apply it; every entry must survive its encoding.

        Raises:
            InvalidBlock: no engine may decide it; nothing changed.
        """
        block = Block(self.height + 1, time, wires)
        authenticate = partial(authenticate_transaction, chain_id=self.chain.id)
        check_block(self.chain, self.state, self.time, block, authenticate)
        entries = apply_block(self.chain, self.state, self.time, block, authenticate)
        for entry in entries:
            if decode(Entry, encode(entry)) != entry:
                raise InvariantBroken(f"an entry of block {block.height} does not survive its encoding")
        self.height, self.time = block.height, block.time
        self.blocks.append(block)
        self.entries.extend(entries)
        return entries

    def submit(self, *wires: bytes) -> tuple[Receipt, ...]:
        """Put transactions into one block at the present time; return their receipts."""
        entries = self.run_block(self.time, *wires)
        return tuple(entry.receipt for entry in entries[len(entries) - len(wires) :])

    def attempt(self, signer: str, *operations: Operation) -> Receipt:
        """Submit one transaction alone; return its receipt, whatever it says."""
        return self.submit(self.make_wire(signer, *operations))[0]

    def act(self, signer: str, *operations: Operation) -> tuple[Event, ...]:
        """Submit one transaction that must succeed; return what happened.

        Raises:
            Rejected: as its receipt says.
        """
        receipt = self.attempt(signer, *operations)
        if receipt.code != OK:
            raise Rejected(receipt.code, reasons=tuple((reason.code, reason.parameters) for reason in receipt.reasons))
        return receipt.events

    def advance_to(self, time: int) -> tuple[Event, ...]:
        """Move time and let everything due by then happen, in as many blocks as it takes; return what happened."""
        before = len(self.entries)
        while has_scheduled(self.state, self.height + 1):
            self.run_block(self.time)
        if self.chain.is_scenario:
            operator = next(member for member, roles in self._founders.items() if "operator" in roles)
            self.run_block(time, self.make_wire(operator, Advance(time)))
        else:
            self.run_block(time, self.make_wire(NODE, Tick()))
        while has_due(self.state, self.time):
            self.run_block(self.time)
        return tuple(event for entry in self.entries[before:] for event in entry.receipt.events)

    def advance(self, days: int) -> tuple[Event, ...]:
        """Move time by whole days."""
        return self.advance_to(self.time + days * DAY_US)

    # ── what members do ─────────────────────────────────────────────────────────────────────────────────────────────

    def make_application(self, member: str, sponsor: str) -> Apply:
        """Return a newcomer's application."""
        return Apply(
            member=member,
            name=make_label(member),
            kind="region",
            scheme="test",
            code=f"code-of-{member}",
            dossier=sha256(f"dossier of {member}".encode()).digest(),
            sponsor=sponsor,
            predecessor=None,
            parent=None,
            card=bytes(32),
        )

    def admit(self, member: str, sponsor: str, *verifiers: str) -> None:
        """Take a newcomer through application, sponsor and verifiers."""
        application = self.make_application(member, sponsor)
        self.act(member, application)
        self.act(sponsor, Sponsor(member, verdict=True))
        for verifier in verifiers:
            self.act(verifier, Attest(member, application.dossier, verdict=True))

    def make_supply(
        self,
        debtor: str,
        *creditors: str,
        size: int = 50,
        due_days: int = 30,
        times: int = 1,
        grace_days: int = 7,
        consequence: Literal["terminate", "continue"] = "terminate",
    ) -> Terms:
        """Return terms of `supply/1`: readings due in `due_days` and then each day; 14 days to cure, 5 to object."""
        item = Item(
            debtor=debtor,
            creditors=creditors,
            subject=Label("Hourly readings", "逐时读数"),
            dataset=DATASET,
            evidence=MatchingTable(SCHEMA, 10),
            size=size,
            first_due=self.time + due_days * DAY_US,
            every_days=1,
            times=times,
        )
        return compute_terms(
            Draft(
                template="supply/1",
                title=Label("Readings", "读数"),
                items=(item,),
                sign_by=self.time + DAY_US,
                grace_days=grace_days,
                cure_days=14,
                objection_days=5,
                consequence=consequence,
            )
        )

    def propose(self, terms: Terms) -> int:
        """Let the first party offer the terms; return the contract's number."""
        self.act(terms.parties[0], Propose(terms))
        return self.state.counters[("contracts",)].count

    def agree(self, terms: Terms) -> int:
        """Offer the terms and let every party sign; return the contract's number."""
        number = self.propose(terms)
        document = self.state.contracts[(number,)].document
        for party in terms.parties:
            self.act(party, Sign(number, document))
        return number

    def make_registration(self, member: str) -> datasets.Register:
        """Return the registration of the next version of a member's readings."""
        dataset = self.state.datasets.get((member, DATASET))
        version = dataset.latest + 1 if dataset else 1
        return datasets.Register(
            dataset=DATASET,
            version=version,
            title=Label("Hourly readings", "逐时读数"),
            digest=sha256(f"{member} {version}".encode()).digest(),
            byte_count=4096,
            rows=24,
            schema=SCHEMA,
            row_root=bytes(32),
        )

    def deliver(self, number: int, obligation: int = 1) -> tuple[Event, ...]:
        """Let the debtor register a fresh version and hand it over, in one transaction."""
        debtor = self.state.terms[(number,)].obligations[obligation - 1].debtor
        registration = self.make_registration(debtor)
        return self.act(debtor, registration, Deliver(number, obligation, registration.version))

    def check_invariants(self) -> None:
        """Stop on what does not hold.

        Raises:
            InvariantBroken: with all that is broken.
        """
        broken = list(find_broken_invariants(self.state))
        if broken:
            raise InvariantBroken(", ".join(broken))
