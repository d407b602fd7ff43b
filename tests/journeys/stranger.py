"""What a stranger has: the public commands, HTTP, and keys of its own. Written from --help and spec/ alone."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
from nacl.signing import SigningKey

Json = Any

COMMAND = [sys.executable, "-m", "concordat"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("CONCORDAT_")} | {"LANG": "C"}
START = "2031-03-03T00:00:00Z"
COMMAND_S = 120
READY_S = 60


@dataclass(frozen=True)
class Done:
    """How a command ended: its exit status, what it printed, and the one document of --json."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Json:
        (line,) = self.out.splitlines()
        return json.loads(line)


@dataclass(frozen=True)
class Served:
    """A node that answers at `url`."""

    process: subprocess.Popen[bytes]
    url: str
    height: int


def call(*words: str | Path, folder: Path, given: Json = None) -> Done:
    """Run `concordat WORDS` in a folder, with JSON on standard input when some is given."""
    done = subprocess.run(
        [*COMMAND, *map(str, words)],
        cwd=folder,
        env=ENVIRONMENT,
        input=None if given is None else json.dumps(given, ensure_ascii=False).encode(),
        capture_output=True,
        timeout=COMMAND_S,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err, err
    return Done(done.returncode, out, err)


def ask(*words: str | Path, folder: Path, given: Json = None) -> Json:
    """Run `concordat WORDS --json`, which must do what it was asked; return its document."""
    done = call(*words, "--json", folder=folder, given=given)
    assert done.status == 0, done.out + done.err
    return done.document


def make_plan(*founders: Json, verify_k: int, clock: str = "scenario") -> Json:
    plan: dict[str, Json] = {
        "name": {"en": "A consortium of strangers", "zh": "陌生人联盟"},
        "clock": clock,
        "verify_k": verify_k,
        "founders": list(founders),
    }
    return plan | ({"start_time": START} if clock == "scenario" else {})


def make_founder(member: str, roles: Sequence[str], public_key: str) -> Json:
    return {
        "member": member,
        "name": {"en": member.replace("-", " ").title(), "zh": ""},
        "kind": "region",
        "scheme": "REGISTER",
        "code": f"F-{member}",
        "roles": list(roles),
        "public_keys": [public_key],
    }


def found(folder: Path, plan: Json) -> Path:
    """Make a chain in an empty folder from a plan; return the node's folder."""
    (folder / "plan.json").write_text(json.dumps(plan, ensure_ascii=False))
    ask("init", "node", "--from", "plan.json", folder=folder)
    return folder / "node"


@contextmanager
def serving(node: Path, *options: str | Path, file_blocks_max: int | None = None) -> Iterator[Served]:
    """Run a node until the block ends; a node that still runs then must stop cleanly when it is told to.

    `file_blocks_max`: no file of it may grow beyond so many times 512 bytes, as on a full disk.
    """
    ready_file = node.with_name(f"{node.name}.ready")
    ready_file.unlink(missing_ok=True)
    words = [*COMMAND, "serve", str(node), "--port", "0", "--ready-file", str(ready_file), *map(str, options)]
    if file_blocks_max is not None:
        words = ["sh", "-c", f'ulimit -f {file_blocks_max}; exec "$@"', "sh", *words]
    with node.with_name(f"{node.name}.err").open("ab") as err:
        process = subprocess.Popen(words, env=ENVIRONMENT, stderr=err)
    try:
        until = time.monotonic() + READY_S
        while not ready_file.exists():
            assert time.monotonic() < until
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
            assert process.returncode is None, node.with_name(f"{node.name}.err").read_text()
        ready = json.loads(ready_file.read_text())
        yield Served(process, ready["api"], ready["height"])
        if process.poll() is None:
            process.terminate()
            assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait(30)


# ── HTTP, as spec/http.md says ──────────────────────────────────────────────────────────────────────────────────────


def post_signed(http: httpx2.Client, key: SigningKey, *operations: Json, lane: int = 0) -> httpx2.Response:
    """Let the node prepare a transaction, sign it here and submit it (HTTP-6, HTTP-7)."""
    asked = {"public_key": bytes(key.verify_key).hex(), "operations": operations, "lane": lane}
    unsigned = http.post("/v1/transactions/prepare", json=asked, headers={"Accept": "application/octet-stream"})
    if unsigned.status_code != 200:
        return unsigned
    return http.post("/v1/transactions", content=key.sign(unsigned.content).signature + unsigned.content)


def act(http: httpx2.Client, key: SigningKey, *operations: Json) -> Json:
    """Submit a transaction that must be accepted; return its receipt."""
    answer = post_signed(http, key, *operations)
    assert answer.status_code == 200, answer.text
    return answer.json()


def get_signed(http: httpx2.Client, key: SigningKey, target: str) -> httpx2.Response:
    """Read as an officer: the request is signed (HTTP-13)."""
    status = http.get("/v1/status").json()
    where = f"{status['chain_id']}\n{status['node_key']}"
    moment, nonce, body = str(time.time_ns() // 1000), secrets.token_hex(16), sha256(b"").hexdigest()
    text = f"concordat/request/v1\n{where}\nGET\n{target}\n{moment}\n{nonce}\n{body}\n"
    signature = key.sign(text.encode()).signature.hex()
    public_key = bytes(key.verify_key).hex()
    header = f'Concordat key="{public_key}", time="{moment}", nonce="{nonce}", signature="{signature}"'
    return http.get(target, headers={"Authorization": header})


def make_version(dataset: str, version: int, digest: bytes) -> Json:
    """The operation that registers a version of which only the digest matters."""
    return {
        "type": "datasets.register",
        "dataset": dataset,
        "version": version,
        "title": {"en": f"Version {version} of {dataset}", "zh": ""},
        "digest": digest.hex(),
        "byte_count": 100,
        "rows": 5,
        "schema": sha256(b"schema").hexdigest(),
        "row_root": sha256(digest).hexdigest(),
    }
