"""Another department's software, with nothing but an HTTP client and openssl, joins and checks what it was told."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from concordat.crypto.proof import Trust, verify_proof

from .world import World, as_plain, make_application


def run_openssl(*arguments: str | Path, data: bytes = b"") -> bytes:
    command = ["openssl", *map(str, arguments)]
    return subprocess.run(command, input=data, capture_output=True, check=True, timeout=30).stdout


def test_a_stranger_with_openssl_applies_and_verifies_the_proof(world: World, tmp_path: Path) -> None:
    pem, unsigned, signature = tmp_path / "key.pem", tmp_path / "unsigned", tmp_path / "signature"
    run_openssl("genpkey", "-algorithm", "ed25519", "-out", pem)
    public_key = run_openssl("pkey", "-in", pem, "-pubout", "-outform", "DER")[-32:]
    request = {
        "public_key": public_key.hex(),
        "operations": [as_plain(make_application("dune-shore"))],
        "client_key": "application 1",
    }

    prepared = world.client.post(
        "/v1/transactions/prepare", content=json.dumps(request), headers={"Accept": "application/octet-stream"}
    )
    assert prepared.status_code == 200, prepared.text
    unsigned.write_bytes(prepared.content)
    run_openssl("pkeyutl", "-sign", "-rawin", "-inkey", pem, "-in", unsigned, "-out", signature)
    wire = signature.read_bytes() + prepared.content

    receipt = world.submit(wire).json()
    assert receipt["code"] == "ok"
    assert receipt["signer"] == {"public_key": public_key.hex(), "member": "dune-shore"}
    assert "Dune Shore" in receipt["sentence"]

    genesis = world.get("/v1/genesis").content
    proof = world.get(f"/v1/transactions/{receipt['transaction']}/proof").content
    verdict = verify_proof(proof, Trust(genesis=genesis))
    assert verdict.valid, verdict.code
    assert verdict.signatures == ((public_key, True),)
    assert wire in verdict.entries[0][1]

    client_key = b"application 1".hex()
    target = f"/v1/transactions/by-client-key/{public_key.hex()}/{client_key}"
    assert world.get(target, "azure-bay").json() == receipt


def test_a_proof_continues_a_checkpoint_that_the_reader_kept(world: World) -> None:
    world.act("dune-shore", make_application("dune-shore"))
    note = world.get("/v1/checkpoint").text
    size = world.get("/v1/status").json()["log_size"]
    later = world.act("elm-hill", make_application("elm-hill"))

    proof = world.get(f"/v1/transactions/{later['transaction']}/proof?from={size}").content
    assert verify_proof(proof, Trust(note=note)).code == "ok"
    without = world.get(f"/v1/transactions/{later['transaction']}/proof").content
    today = world.get("/v1/status").json()["log_size"]
    since_today = world.get(f"/v1/transactions/{later['transaction']}/proof?from={today}").content
    assert since_today == without
    for trust in (Trust(genesis=world.get("/v1/genesis").content), Trust(note=world.get("/v1/checkpoint").text)):
        assert verify_proof(since_today, trust).code == "ok"
    assert verify_proof(without, Trust(note=note)).code == "other_checkpoint"
