"""The parties of the demo as its driver sees them: one that stays running, and one that runs a command at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from concordat.errors import Refused
from concordat.primitives.plain import Json


@dataclass
class Party:
    """One party: its member name, its folder, how many transactions it has signed, its process if it stays running."""

    member: str
    folder: Path
    is_resident: bool
    signed: int = 0
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def send(self, url: str, operation: Json, client_key: str) -> Json:
        """Let the party sign and submit; return the receipt or the problem, each with a `code`."""
        self.signed += 1
        return (self._order if self.is_resident else self._command)(url, operation, client_key)

    def _order(self, url: str, operation: Json, client_key: str) -> Json:
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "concordat.demo.party", str(self.folder), url],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C is the demo's to answer
            )
        if self.process.stdin is None or self.process.stdout is None:
            raise Refused("demo.party_gone", self.member)
        order = {"operation": operation, "client_key": client_key, "nonce": self.signed}
        self.process.stdin.write(json.dumps(order, ensure_ascii=False) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise Refused("demo.party_gone", self.member)
        return json.loads(answer)

    def _command(self, url: str, operation: Json, client_key: str) -> Json:
        file = self.folder / "transaction.json"
        file.write_text(json.dumps([operation], ensure_ascii=False))
        return run_command(
            self.folder,
            "tx", "operations", file.name,
            "--key", "officer.key",
            "--node", url,
            "--client-key", client_key,
            "--nonce", str(self.signed),
        )  # fmt: skip

    def stop(self) -> None:
        """End the running process, if any."""
        if self.process is not None:
            if self.process.stdin:
                self.process.stdin.close()
            self.process.wait(timeout=10)
            if self.process.stdout:
                self.process.stdout.close()


def run_command(folder: Path, *words: str) -> Json:
    """Run `concordat WORDS --json` as its own process in a party's folder and return its document."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "concordat", *words, "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        start_new_session=True,
    )
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        said = done.stderr.strip()[-400:]
        raise Refused("demo.command_failed", f"{' '.join(words)}: {said}") from error
