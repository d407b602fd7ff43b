"""A long and eventful history, built from a seed; run as a program it prints what it leads to."""

from __future__ import annotations

import sys
from hashlib import sha256
from random import Random

from concordat.primitives.codec import encode
from concordat.protocol.families.contracts import Acknowledge, Deliver, Object, Propose, Sign, Terminate
from concordat.protocol.families.membership import Respond
from concordat.protocol.receipts import OK
from concordat.protocol.records import FINAL_DUTY
from concordat.testing.consortium import Consortium

STATEMENT = sha256(b"statement").digest()


def play(seed: int, steps: int = 150) -> Consortium:
    """Let members act at random for as many steps; many of the transactions are refused."""
    random = Random(seed)
    c = Consortium()
    members = ["azure-bay", "birch-vale", "cedar-ford", "dune-shore"]
    c.admit("echo-hill", "azure-bay", "birch-vale")
    for _ in range(steps):
        who, other = random.sample(members, 2)
        number = 1 + random.randrange(1 + len(c.state.contracts))
        match random.randrange(8):
            case 0 | 1:
                others = [name for name in members if name not in (who, other) and random.random() < 0.3]
                terms = c.make_supply(who, other, *others, size=10, due_days=3, times=2, consequence="continue")
                if c.attempt(who, Propose(terms)).code == OK and random.random() < 0.7:
                    number = len(c.state.contracts)
                    for party in terms.parties:
                        c.attempt(party, Sign(number, c.state.contracts[(number,)].document))
            case 2 | 3:
                if (number, 1) in c.state.duties:
                    creditors = c.state.terms[(number,)].obligations[0].creditors
                    c.attempt(random.choice((who, *creditors)), Acknowledge(number, 1 + random.randrange(2)))
            case 4:
                closed = (*FINAL_DUTY, "delivered")
                owed = [key for key, duty in c.state.duties.items() if duty.status not in closed]
                for contract, obligation in random.sample(owed, min(2, len(owed))):
                    debtor = c.state.terms[(contract,)].obligations[0].debtor
                    registration = c.make_registration(debtor)
                    c.attempt(debtor, registration, Deliver(contract, obligation, registration.version))
            case 5:
                delivered = [key for key, duty in c.state.duties.items() if duty.status == "delivered"]
                for contract, obligation in delivered[: random.randrange(3)]:
                    creditor = random.choice(c.state.terms[(contract,)].obligations[obligation - 1].creditors)
                    c.attempt(creditor, Object(contract, obligation, "incomplete", STATEMENT))
            case 6:
                c.attempt(who, Terminate(number) if random.random() < 0.3 else Respond(STATEMENT))
            case _:
                c.advance(random.randrange(1, 9))
    return c


def compute_digest(c: Consortium) -> str:
    """Return a digest of the whole state and history."""
    total = sha256()
    for key, value in c.state.dump():
        total.update(encode((key, value)))
    for entry in c.entries:
        total.update(encode(entry))
    return total.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(compute_digest(play(int(sys.argv[1]))))
