"""A founded chain, its node, and a client inside the process. Labels name keys: a member's officer, or a stranger."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from types import TracebackType

from httpx import Response
from litestar.testing import TestClient

from concordat.api.server import make_app
from concordat.api.traffic import Limits
from concordat.client.clock import fetch_now_us
from concordat.client.keys import Key, derive_key
from concordat.client.requests import sign_request
from concordat.crypto.policy import Policy
from concordat.node.cosignatures import NO_WITNESSES
from concordat.node.founding import found_chain
from concordat.node.node import Node
from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import DAY_US
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.families.datasets import Register
from concordat.protocol.families.membership import Apply
from concordat.protocol.messages import Operation
from concordat.protocol.transactions import Payload, make_signed_bytes

FOUNDERS = {"azure-bay": ["operator", "seed", "verifier"], "birch-vale": ["seed", "verifier"], "cedar-ford": []}


def get_key(label: str) -> Key:
    return derive_key("tests of the interface", label)


def make_plan() -> Json:
    return {
        "name": {"en": "Test consortium", "zh": "测试联盟"},
        "clock": "scenario",
        "start_time": "2027-01-04T00:00:00Z",
        "founders": [
            {
                "member": member,
                "name": {"en": member.replace("-", " ").title(), "zh": ""},
                "scheme": "test",
                "code": f"F-{member}",
                "roles": roles,
                "public_keys": [get_key(member).public_key.hex()],
            }
            for member, roles in FOUNDERS.items()
        ],
    }


def make_application(member: str, sponsor: str = "azure-bay") -> Apply:
    return Apply(
        member=member,
        name=Label(member.replace("-", " ").title(), ""),
        kind="region",
        scheme="test",
        code=f"code-of-{member}",
        dossier=sha256(member.encode()).digest(),
        sponsor=sponsor,
        predecessor=None,
        parent=None,
        card=bytes(32),
    )


def make_registration(version: int = 1, rows: int = 24) -> Register:
    return Register(
        dataset="readings",
        version=version,
        title=Label("Hourly readings", "逐时读数"),
        digest=sha256(f"{version}".encode()).digest(),
        byte_count=4096,
        rows=rows,
        schema=bytes(32),
        row_root=bytes(32),
    )


class World:
    """One node and its faces. Close it, or use it in `with`."""

    def __init__(
        self, folder: Path, requests_per_minute: int = 100_000, witnesses: Policy = NO_WITNESSES, **parameters: int
    ) -> None:
        self.founded = found_chain(folder, make_plan() | {"parameters": parameters}, None, fetch_now_us())
        self.folder = folder
        self.node = Node(folder, witnesses=witnesses)
        self.client = TestClient(make_app(self.node, limits=Limits(requests_per_minute=requests_per_minute)))
        self.client.follow_redirects = False
        self._nonces: dict[str, Iterator[int]] = {}
        self._request_nonces = count(1)

    def __enter__(self) -> World:
        self.client.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.__exit__(kind, error, trace)
        self.node.close()

    def make_wire(self, label: str, *operations: Operation, client_key: bytes = b"", nonce: int | None = None) -> bytes:
        if nonce is None:
            nonce = next(self._nonces.setdefault(label, count(1)))
        key = get_key(label)
        until = self.node.engine.fetch_time() + DAY_US
        payload = Payload(self.founded.chain_id, 1, 0, nonce, 1000, until, client_key, operations)
        signed = make_signed_bytes(key.public_key, payload)
        return key.sign(signed) + signed

    def submit(self, wire: bytes, **headers: str) -> Response:
        return self.client.post("/v1/transactions", content=wire, headers=headers)

    def act(self, label: str, *operations: Operation) -> Json:
        answer = self.submit(self.make_wire(label, *operations))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def authorize(self, label: str, method: str, target: str, body: bytes = b"", *, at_us: int | None = None) -> str:
        nonce = next(self._request_nonces).to_bytes(8, "big")
        now_us = fetch_now_us() if at_us is None else at_us
        node_key = self.node.key.public_key
        return sign_request(get_key(label), self.founded.chain_id, node_key, method, target, body, now_us, nonce)

    def pages(self, target: str, label: str = "azure-bay") -> Iterator[Json]:
        """Yield each page by the links alone."""
        while target:
            answer = self.get(target, label)
            assert answer.status_code == 200, answer.text
            yield answer.json()
            target = answer.links.get("next", {}).get("url", "")

    def get(self, target: str, label: str | None = None, **headers: str) -> Response:
        if label is not None:
            headers["Authorization"] = self.authorize(label, "GET", target)
        return self.client.get(target, headers=headers)

    def post(self, target: str, content: bytes, label: str | None = None, **headers: str) -> Response:
        if label is not None:
            headers["Authorization"] = self.authorize(label, "POST", target, content)
        return self.client.post(target, content=content, headers=headers)

    def read_audit(self) -> list[str]:
        return (self.folder / "audit.log").read_text(encoding="utf-8").splitlines()


def as_plain(operation: Operation) -> Json:
    return to_plain(operation, Operation)
