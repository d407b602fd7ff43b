"""A party that stays running: its own process, its own folder, its own key; it signs what it is told, line by line.

Reads one JSON object a line on standard input: {"operation": {...}, "client_key": text, "nonce": n}, and answers each
with one line on standard output: the receipt, or the document that refused it.

    python -m concordat.demo.party FOLDER NODE_URL
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from concordat.client.answers import RefusedByNode
from concordat.client.api import Client
from concordat.client.keys import fetch_key
from concordat.client.operations import read_operations


def run(folder: Path, url: str) -> None:
    """Serve orders until standard input ends."""
    with Client(url, fetch_key(folder / "officer.key")) as client:
        for line in sys.stdin:
            order = json.loads(line)
            try:
                operations = read_operations(None, order["operation"])
                answer = client.send(operations, order["client_key"].encode(), nonce=order["nonce"])
            except RefusedByNode as error:
                answer = error.document
            sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2])
