"""Run by the generator's Python, beside the folder `generated`: URL and what to prepare in, the receipt out."""

from __future__ import annotations

import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

from generated import Client  # type: ignore[import-not-found]
from generated.api.transactions import get_transaction, get_transaction_proof, prepare, submit  # type: ignore[import-not-found]
from generated.models import PrepareBody  # type: ignore[import-not-found]
from generated.types import File  # type: ignore[import-not-found]


def sign(message: bytes) -> bytes:
    Path("unsigned").write_bytes(message)
    subprocess.run(
        ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", "key.pem", "-in", "unsigned", "-out", "signature"],
        check=True,
    )
    return Path("signature").read_bytes()


def main(url: str, asked: str) -> None:
    client = Client(base_url=url)
    body = PrepareBody.from_dict(json.loads(Path(asked).read_text()))
    unsigned = bytes.fromhex(prepare.sync(client=client, body=body).bytes_)
    signed = File(payload=BytesIO(sign(unsigned) + unsigned))
    receipt = submit.sync(client=client, body=signed)
    kept = get_transaction.sync(receipt.transaction, client=client)
    proof = get_transaction_proof.sync(receipt.transaction, client=client)
    assert kept.to_dict() == receipt.to_dict()
    Path("generated.proof").write_bytes(proof.payload.read())
    sys.stdout.write(json.dumps(receipt.to_dict()))


main(*sys.argv[1:])
