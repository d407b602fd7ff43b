"""Journey D: an integrator without Python uses curl and openssl alone, with the recipe of spec/http.md."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .stranger import Json, Served, ask, found, make_founder, make_plan, serving

NEW_KEY = """
openssl genpkey -algorithm ed25519 -out key.pem
openssl pkey -in key.pem -pubout -outform DER | tail -c 32 | od -An -vtx1 | tr -d ' \\n'
"""
SEND = """
KEY=$(openssl pkey -in key.pem -pubout -outform DER | tail -c 32 | od -An -vtx1 | tr -d ' \\n')
curl -sS -H 'Accept: application/octet-stream' -d "{\\"public_key\\":\\"$KEY\\",\\"operations\\":[$OPERATION]}" \\
     $NODE/v1/transactions/prepare > unsigned
openssl pkeyutl -sign -rawin -inkey key.pem -in unsigned -out signature
cat signature unsigned > wire
curl -sS -D headers --data-binary @wire $NODE/v1/transactions
"""
READ = """
KEY=$(openssl pkey -in key.pem -pubout -outform DER | tail -c 32 | od -An -vtx1 | tr -d ' \\n')
TIME=$(date +%s)000000
NONCE=$(openssl rand -hex 16)
EMPTY=$(printf '' | openssl dgst -sha256 -r | cut -c 1-64)
printf 'concordat/request/v1\\n%s\\n%s\\nGET\\n%s\\n%s\\n%s\\n%s\\n' \\
     $CHAIN $NODE_KEY "$TARGET" $TIME $NONCE $EMPTY > request
openssl pkeyutl -sign -rawin -inkey key.pem -in request -out signature
SIGNATURE=$(od -An -vtx1 signature | tr -d ' \\n')
curl -sS -H \\
     "Authorization: Concordat key=\\"$KEY\\", time=\\"$TIME\\", nonce=\\"$NONCE\\", signature=\\"$SIGNATURE\\"" \\
     "$NODE$TARGET"
"""
CHECK_NOTE = """
curl -sS $NODE/v1/checkpoint > signed-note
sed '/^$/,$d' signed-note > note
tail -n 1 signed-note | cut -d ' ' -f 3 | openssl base64 -d -A | tail -c 64 > signature
NODE_KEY=$(sed -n 's/.*"node_key": "\\([0-9a-f]*\\)".*/\\1/p' genesis.json)
printf "$(echo 302a300506032b6570032100$NODE_KEY | sed 's/../\\\\x&/g')" > node.der
openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey node.der -in note -sigfile signature
"""


PROVE_POSSESSION = """
printf 'concordat/possession/v1\\0' > possession
printf "$(echo $CHAIN | sed 's/../\\\\x&/g')" >> possession
printf "$MEMBER" >> possession
openssl pkeyutl -sign -rawin -inkey $PEM -in possession | od -An -vtx1 | tr -d ' \\n'
"""


def shell(script: str, folder: Path, **variables: str) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def office(tmp_path: Path) -> Path:
    folder = tmp_path / "office"
    folder.mkdir()
    return folder


@pytest.fixture
def served(tmp_path: Path, office: Path) -> Iterator[Served]:
    public_key = shell(NEW_KEY, office)
    founder = make_founder("quartz-vale", ["operator", "seed", "verifier"], public_key)
    with serving(found(tmp_path, make_plan(founder, verify_k=1, clock="real"))) as node:
        yield node


def test_curl_and_openssl_are_enough(served: Served, office: Path, tmp_path: Path) -> None:
    operation = {
        "type": "datasets.register",
        "dataset": "tide-tables",
        "version": 1,
        "title": {"en": "Tide tables", "zh": "潮汐表"},
        "digest": "5a" * 32,
        "byte_count": 9,
        "rows": 1,
        "schema": "5b" * 32,
        "row_root": "5c" * 32,
    }
    receipt = send(served, office, operation)
    assert (receipt["code"], receipt["signer"]["member"]) == ("ok", "quartz-vale")
    assert receipt["operations"] == [operation]

    again = json.loads(shell("curl -sS -D headers --data-binary @wire $NODE/v1/transactions", office, NODE=served.url))
    assert again == receipt
    assert "idempotent-replayed: true" in (office / "headers").read_text().lower()

    refused = send(served, office, operation)
    assert (refused["status"], refused["code"], refused["rule"]) == (409, "datasets.version_not_next", "DAT-2")
    assert refused["next_step"]

    status = json.loads(shell("curl -sS $NODE/v1/status", office, NODE=served.url))
    target = f"/v1/ledger/{receipt['position']}"
    where = {"NODE": served.url, "CHAIN": status["chain_id"], "NODE_KEY": status["node_key"]}
    entry = json.loads(shell(READ, office, **where, TARGET=target))
    assert entry["sentence"] == receipt["sentence"]
    unsigned = json.loads(shell('curl -sS "$NODE$TARGET"', office, NODE=served.url, TARGET=target))
    assert (unsigned["status"], unsigned["code"]) == (401, "auth.required")

    shell("curl -sS $NODE/v1/genesis > genesis.json", office, NODE=served.url)
    assert shell("openssl dgst -sha256 -r genesis.json | cut -c 1-64", office).strip() == status["chain_id"]
    assert "Verified Successfully" in shell(CHECK_NOTE, office, NODE=served.url)

    shell("curl -sS -o tide.proof $NODE/v1/transactions/$ID/proof", office, NODE=served.url, ID=receipt["transaction"])
    verdict = ask("verify", "tide.proof", "--trust", "genesis.json", folder=office)
    assert verdict["valid"]
    assert [signature["signer"] for signature in verdict["signatures"]] == [receipt["signer"]["public_key"]]
    assert verdict["entries"][0]["sentence"]


def test_a_stolen_key_is_worth_nothing_once_it_is_removed(served: Served, office: Path, tmp_path: Path) -> None:
    thief = tmp_path / "thief"
    thief.mkdir()
    public_key = shell(NEW_KEY, thief)
    withdrawal = {"type": "datasets.withdraw", "dataset": "tide-tables", "version": 1, "reason": "mine now"}
    assert send(served, thief, withdrawal)["code"] == "ledger.unknown_key"
    chain_id = json.loads(shell("curl -sS $NODE/v1/status", office, NODE=served.url))["chain_id"]
    officer: dict[str, Json] = {
        "type": "membership.add_officer",
        "public_key": public_key,
        "roles": ["data"],
        "card": "77" * 32,
        "possession": prove_possession(office, chain_id, "key.pem"),
    }
    assert send(served, office, officer)["code"] == "membership.possession_not_proved"
    officer["possession"] = prove_possession(office, chain_id, str(thief / "key.pem"))
    assert send(served, office, officer)["code"] == "ok"
    assert send(served, thief, withdrawal)["code"] == "datasets.unknown_version"
    removal = {"type": "membership.remove_officer", "public_key": public_key}
    assert send(served, thief, removal)["code"] == "ledger.role_missing"
    assert send(served, office, removal)["code"] == "ok"
    refused = send(served, thief, withdrawal)
    assert (refused["status"], refused["code"]) == (409, "ledger.removed_key")


def prove_possession(folder: Path, chain_id: str, pem: str) -> str:
    """What MEM-16 asks for: the new key signs the chain and the member."""
    return shell(PROVE_POSSESSION, folder, CHAIN=chain_id, MEMBER="quartz-vale", PEM=pem)


def send(served: Served, office: Path, operation: Json) -> Json:
    text = json.dumps(operation, ensure_ascii=False)
    return json.loads(shell(SEND, office, NODE=served.url, OPERATION=text))
