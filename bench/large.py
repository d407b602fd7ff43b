"""A folder of a hundred thousand members and a million records, made once: rows and history that nobody signed.

Only the last checkpoint has the state's root, and no signature in history is one: a node that starts from its own
snapshot and log looks at neither. What is on the pages is read, folded and shown like anything else.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Final

from bench.ledger import NODE_KEY, make_plan
from concordat.client.keys import derive_key, save_key
from concordat.contracts.terms import MatchingTable, Obligation, Terms
from concordat.credit.records import Record
from concordat.credit.rulebook import Grade
from concordat.credit.score import Score
from concordat.crypto.checkpoint import Checkpoint, make_node_signature
from concordat.crypto.merkle import hash_leaf
from concordat.ledger.application import Application, BlockRecord
from concordat.ledger.files import DiskFiles
from concordat.ledger.snapshot import save_snapshot
from concordat.ledger.store import BlockStore
from concordat.node.founding import NODE_KEY_FILE, found_chain
from concordat.primitives.codec import encode
from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import DAY_US, SECOND_US
from concordat.protocol import records
from concordat.protocol.families import behaviors, contracts, credit
from concordat.protocol.genesis import Chain, read_genesis
from concordat.protocol.messages import Operation
from concordat.protocol.params import compute_params_hash
from concordat.protocol.receipts import OK, TransactionCause
from concordat.protocol.transactions import DOMAIN, SIGNATURE_BYTES, Entry, Payload, Receipt

MEMBERS: Final = 100_000
CONTRACTS: Final = 100_000
RECORDS_PER_CONTRACT: Final = 10
RECORDS: Final = CONTRACTS * RECORDS_PER_CONTRACT
ENTRIES_PER_BLOCK: Final = 2000
VOTES: Final = MEMBERS // 2
BALLOTS: Final = 50
OFFICER: Final = derive_key("bench", "member-0")
"""Of the member with the most contracts, which is the operator."""
_CACHE: Final = Path(__file__).with_name("cache")
_SOURCE: Final = Path(__file__).parents[1] / "src" / "concordat"


def fetch_large_folder() -> Path:
    """Return the folder, made when there is none yet for these sources; `node` in it is the node's."""
    rooms = [path for room in ("protocol", "ledger", "credit") for path in (_SOURCE / room).rglob("*.py")]
    digest = sha256(b"".join(path.read_bytes() for path in sorted([*rooms, Path(__file__)]))).hexdigest()
    folder = _CACHE / digest[:12]
    if not (folder / "whole").exists():
        shutil.rmtree(_CACHE, ignore_errors=True)
        make_large_folder(folder)
        (folder / "whole").touch()
    return folder


def make_large_folder(folder: Path) -> None:
    """Write genesis, log and snapshot; the node's first start folds the index."""
    found_chain(folder / "node", make_plan([OFFICER]), "scenario", time.time_ns() // 1000)
    save_key(folder / "node" / NODE_KEY_FILE, NODE_KEY)
    with closing(DiskFiles(folder / "node")) as files, closing(BlockStore.open(files)) as store:
        chain = read_genesis((folder / "node" / "genesis.json").read_bytes())
        application = Application(chain, NODE_KEY.sign)
        _fill_state(application)
        root = application.tree.update(application.state.dump())
        params_hash = compute_params_hash(application.state.params[(0,)])
        history = application.history
        for height in range(1, RECORDS // ENTRIES_PER_BLOCK + 1):
            block_time = chain.genesis.start_time + height * SECOND_US
            leaves = tuple(encode(entry) for entry in _make_entries(chain, height, block_time))
            for leaf in leaves:
                history.append(hash_leaf(leaf))
            application.sizes.append(history.size)
            application.checkpoint = Checkpoint(
                chain.id, True, height, block_time, history.size, history.root(), root, params_hash
            )
            signature = make_node_signature(application.checkpoint, NODE_KEY.public_key, NODE_KEY.sign)
            store.append(encode(BlockRecord(leaves, application.checkpoint, (signature,))))
            application.height, application.time = height, block_time
        save_snapshot(files, application)


def name_member(number: int) -> str:
    """Return the identifier of a member."""
    return f"member-{number}"


def choose_parties(contract: int) -> tuple[int, int]:
    """Return debtor and creditor: the square of an even spread, so that the first members have most contracts."""
    share = contract * 0.6180339887498949 % 1.0
    debtor = int(share * share * MEMBERS)
    return debtor, (debtor + 1 + contract % (MEMBERS - 1)) % MEMBERS


def make_public_key(member: int) -> bytes:
    """Return the key of a member's officer; only the first member's is one that can sign."""
    return sha256(name_member(member).encode()).digest() if member else OFFICER.public_key


def _fill_state(application: Application) -> None:
    state, start = application.state, application.chain.genesis.start_time
    grades: tuple[Grade, ...] = ("A", "B", "C", "D")

    for number in range(MEMBERS):
        member, score = name_member(number), 400 + number * 7919 % 600
        published = Score(score, 800, 10**7, 10**6)
        state.credits.set_raw((member,), records.Credit(published, grades[number % 4], 0, 1000, 0))
        label = Label(f"Readings {number}", f"读数{number}")
        state.datasets.set_raw((member, "readings"), records.Dataset(label, 1))
        version = records.Version(bytes(32), 1000, 30, bytes(32), bytes(32), start)
        state.versions.set_raw((member, "readings", 1), version)
        if number:
            key = make_public_key(number)
            label = Label(f"Region {number:x} of the north", f"第{number}区")
            row = records.Member(
                label, "region", "BENCH", str(number), bytes(32), None, None, None, (), "active", (key,), start,
                admitted_at=start,
            )  # fmt: skip
            state.members.set_raw((member,), row)
            state.identities.set_raw(("BENCH", str(number)), records.Identity(member))
            state.officers.set_raw((key,), records.Officer(member, ("data",), bytes(32), start, None))
    for contract in range(1, CONTRACTS + 1):
        _put_contract(application, contract)
    state.counters.set_raw(("contracts",), records.Counter(CONTRACTS))
    for ballot in range(1, BALLOTS + 1):
        is_open = ballot == BALLOTS
        opened = records.Ballot(
            records.ChangeParameter("full_size_units", 1000 + ballot, 10**6), "member-1", "for the benchmark",
            "open" if is_open else "lost", start, (1, 0), start, start + 30 * DAY_US, MEMBERS, (), 500, 500,
            yes=VOTES if is_open else 0, no=0 if is_open else VOTES,
        )  # fmt: skip
        state.ballots.set_raw((ballot,), opened)
    state.counters.set_raw(("ballots",), records.Counter(BALLOTS))
    for number in range(1, VOTES + 1):
        vote = records.Vote("yes", start, make_public_key(number), (1, number % ENTRIES_PER_BLOCK))
        state.votes.set_raw((BALLOTS, name_member(number)), vote)
    for number in range(1, 21):
        filed = records.Objection(None, None, bytes(32), start, start + DAY_US, "unanswered", closed_at=start + DAY_US)
        state.objections.set_raw((name_member(0), number), filed)


def _put_contract(application: Application, contract: int) -> None:
    state, start = application.state, application.chain.genesis.start_time
    parties = choose_parties(contract)
    debtor, creditor = map(name_member, parties)
    label = Label(f"Supply {contract}", f"供应{contract}")
    duty = Obligation(
        debtor, (creditor,), label, 100, "readings", MatchingTable(bytes(32), 1), start + 30 * DAY_US, 5, 14, 7,
        "terminate",
    )  # fmt: skip
    is_over = bool(contract % 5)
    signatures = tuple(
        records.PartySignature(name_member(party), make_public_key(party), start, (1, 0)) for party in parties
    )
    row = records.Contract(
        bytes(32), debtor, "completed" if is_over else "active", start, (1, 0), signatures, start, 1000
    )
    state.contracts.set_raw((contract,), row)
    state.terms.set_raw((contract,), Terms("supply/1", label, (debtor, creditor), (duty, duty), start + DAY_US))
    kept = records.Duty("kept", duty.due, delivered_at=start, settled_at=start)
    waiting = records.Duty("waiting", duty.due, duty.due)
    for place in (1, 2):
        state.duties.set_raw((contract, place), kept if is_over or place == 1 else waiting)
    first = (contract - 1) * RECORDS_PER_CONTRACT
    for number in range(first, first + RECORDS_PER_CONTRACT):
        height, index = number // ENTRIES_PER_BLOCK + 1, number % ENTRIES_PER_BLOCK
        record = Record(
            height, index, 0, 0, 0, debtor, creditor, "F", 0, (1000, 800 + number % 200, None), 100, 1000,
            90_000 + number % 1000, contract, number % 2 + 1,
        )  # fmt: skip
        state.records.set_raw((debtor, height, index, 0, 0), record)


def _make_entries(chain: Chain, height: int, block_time: int) -> Iterator[Entry]:
    first = (height - 1) * ENTRIES_PER_BLOCK
    for index in range(ENTRIES_PER_BLOCK):
        number = first + index
        contract, clause = number // RECORDS_PER_CONTRACT + 1, number % 2 + 1
        debtor, creditor = choose_parties(contract)
        names = name_member(debtor), name_member(creditor)
        label = Label("Released water", "放水")
        if number % 20:
            signer = creditor
            operation: Operation = contracts.Acknowledge(contract, clause)
            events: tuple[credit.Recorded | contracts.Settled | behaviors.Recorded, ...] = (
                contracts.Settled(contract, clause, names[0], names[1], block_time, 0),
                credit.Recorded(names[0], names[1], 0, contract, clause, 0),
            )
        else:
            signer, subject = debtor, behaviors.OfContract(contract)
            operation = behaviors.Record("water.released", subject, block_time - number, bytes(32), label)
            events = (behaviors.Recorded(names[0], "water.released", subject, block_time - number, label),)
        payload = Payload(chain.id, 1, 0, number + 1, 10**6, block_time, b"", (operation,))
        cause = TransactionCause(bytes(SIGNATURE_BYTES) + DOMAIN + make_public_key(signer) + encode(payload))
        yield Entry(height, block_time, index, cause, Receipt(OK, 0, (), events))
