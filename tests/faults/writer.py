"""A node in a process of its own, writing without end; run as a program: `writer.py FOLDER SEED [FILE_BYTES_MAX]`.

Prints "opening", then the id of every acknowledged transaction, then the code of the error that ended it.
"""

from __future__ import annotations

import resource
import signal
import sys
from collections import deque
from hashlib import sha256
from pathlib import Path
from random import Random

from concordat.client.keys import Key, fetch_key
from concordat.errors import ConcordatError
from concordat.ledger.queued import Queued
from concordat.node.node import Node
from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import DAY_US
from concordat.protocol.families.datasets import Register
from concordat.protocol.transactions import Payload, compute_transaction_id, make_signed_bytes


def make_register(nonce: int) -> Register:
    """Return a registration; every nonce its own dataset."""
    digest = sha256(b"%d" % nonce).digest()
    return Register(f"d{nonce}", 1, Label("Readings", "读数"), digest, 4096, 24, bytes(32), digest)


def make_wire(node: Node, key: Key, nonce: int) -> bytes:
    """Return it signed."""
    height, until = node.application.height + 1000, node.engine.fetch_time() + DAY_US
    payload = Payload(node.chain.id, 1, 0, nonce, height, until, b"", (make_register(nonce),))
    signed = make_signed_bytes(key.public_key, payload)
    return key.sign(signed) + signed


def tell(text: str) -> None:
    """Print a line that the parent surely gets."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def write(folder: Path, rng: Random) -> None:
    """Submit for ever, some at once."""
    tell("opening")
    node = Node(folder)
    key = fetch_key(folder / "keys/founder.key")
    lane = node.application.state.lanes.get((key.public_key, 0))
    nonce = lane.highest if lane else 0
    pending: deque[tuple[str, Queued]] = deque()
    while True:
        for _ in range(rng.randint(1, 12)):
            nonce += 1
            wire = make_wire(node, key, nonce)
            pending.append((compute_transaction_id(wire).hex(), node.engine.submit(wire)))
        for _ in range(rng.randint(0, len(pending))):
            transaction_id, future = pending.popleft()
            future.result(60)
            tell(transaction_id)


if __name__ == "__main__":
    if len(sys.argv) > 3:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
    try:
        write(Path(sys.argv[1]), Random(int(sys.argv[2])))
    except ConcordatError as error:
        tell(error.code)
