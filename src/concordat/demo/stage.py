"""The stage: a node, its parties, and what has been told so far. Every act is one signed transaction over HTTP.

An act that was already played is found by its client key and not played again, so a demo that was interrupted resumes
and a finished one changes nothing.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from concordat.client.api import Client
from concordat.client.commitments import compute_documents_commitment
from concordat.client.datasets import describe_csv
from concordat.demo.files import Table, save_part
from concordat.demo.parties import Party
from concordat.errors import InvariantBroken, NotFound
from concordat.primitives.ledger_time import DAY_US, format_time
from concordat.primitives.plain import Json, to_plain

OPERATOR: Final = "azure-bay"
"""Who moves the time, and whose eyes the demo reads with."""


@dataclass
class Stage:
    """Who plays, where, and the steps so far. `public_keys` by member; `versions` counts registered parts."""

    url: str
    seed: str
    reader: Client
    parties: dict[str, Party]
    public_keys: dict[str, bytes]
    tables: list[Table]
    now_us: int
    steps: list[Json] = field(default_factory=list)
    refused: list[Json] = field(default_factory=list)
    versions: dict[tuple[str, str], int] = field(default_factory=dict)

    def act(self, member: str, row: str, operation: Json, expect: str = "ok") -> Json:
        """Let a member sign an operation; note the step. The answer's code must be the expected one."""
        label = f"{len(self.steps)}/{member}/{operation['type']}"
        client_key = sha256(f"{self.seed}/{label}".encode()).hexdigest()[:32]
        party = self.parties[member]
        receipt = self._find(member, client_key)
        if receipt is None:
            answer = party.send(self.url, operation, client_key)
            receipt = self._find(member, client_key) or answer
        else:
            party.signed += 1
        if receipt["code"] != expect:
            raise InvariantBroken(f"the demo expected {expect} of {label} and met {receipt}")
        step = {
            "row": row,
            "who": member,
            "sentence": receipt["sentence"],
            "tx": receipt["transaction"],
            "height": receipt["height"],
            "time": receipt["time"],
            "code": receipt["code"],
        }
        self.steps.append(step)
        if expect != "ok":
            refusal = {"who": member, "what": operation["type"], "code": expect, "reasons": receipt["reasons"]}
            self.refused.append(refusal)
        return receipt

    def _find(self, member: str, client_key: str) -> Json | None:
        key = self.public_keys[member].hex()
        try:
            return self.reader.get(f"/v1/transactions/by-client-key/{key}/{client_key.encode().hex()}")
        except NotFound:
            return None

    def advance(self, days: int) -> Json:
        """Move simulated time; whatever falls due in between happens on the way."""
        self.now_us += days * DAY_US
        return self.act(OPERATOR, "R13", {"type": "clock.advance", "time": format_time(self.now_us)})

    def time_in(self, days: int) -> str:
        """Return the simulated time `days` from now."""
        return format_time(self.now_us + days * DAY_US)

    def register(self, member: str, table: Table, title: Json) -> int:
        """Write the next monthly part of a table and register it; return its version."""
        name, _, _ = table
        number = self.versions.get((member, name), 0) + 1
        commitments = self.describe(member, table, number)
        del commitments["columns"]
        names = {"type": "datasets.register", "dataset": name, "version": number, "title": title}
        self.act(member, "G10", names | commitments)
        self.versions[(member, name)] = number
        return number

    def describe(self, member: str, table: Table, number: int) -> Json:
        """Write a monthly part of a table into the member's folder and describe it, without registering."""
        return to_plain(describe_csv(*save_part(self.parties[member].folder, table, number, self.seed)))

    def commitment(self, label: str) -> str:
        """Return a salted commitment to a document of the demo, as hex."""
        salt = hmac.digest(self.seed.encode(), f"concordat/salt/{label}".encode(), "sha256")
        document = sha256(f"generated demo document: {label}".encode()).digest()
        return compute_documents_commitment(salt, (document,)).hex()
