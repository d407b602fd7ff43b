"""Signature checks in processes of their own: a thread that checks them starves beside busy Python.

To a worker, on its standard input: u32be count, then u32be length ‖ wire for each transaction. From it: one byte each,
1 when libsodium accepts. A worker ends with its input, and so with the node, however that ends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO, Final, cast

from concordat.crypto.signatures import verify_signed

WORTH_A_WORKER: Final = 16
"""Fewer transactions are checked here and now: each takes 45 µs, the way to a worker and back some 300."""

WORKERS_MAX: Final = 2

_LENGTH_BYTES: Final = 4


class _Worker:
    def __init__(self) -> None:
        command = [sys.executable, "-P", "-m", "concordat.ledger.workers"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._input = cast("BinaryIO", self._process.stdin)
        self._output = cast("BinaryIO", self._process.stdout)

    def ask(self, wires: Sequence[bytes]) -> None:
        parts = [_encode_number(len(wires))]
        for wire in wires:
            parts += (_encode_number(len(wire)), wire)
        self._input.write(b"".join(parts))
        self._input.flush()

    def hear(self, count: int) -> bytes:
        answer = self._output.read(count)
        if len(answer) < count:
            raise BrokenPipeError
        return answer

    def end(self) -> None:
        with suppress(OSError):
            self._input.close()
        self._output.close()
        self._process.kill()
        self._process.wait()


class SignatureWorkers:
    """Checks the signatures of many transactions at once. Starts its processes when they are first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._workers: list[_Worker] = []
        self._is_closed = False

    def verify(self, wires: Sequence[bytes]) -> list[bool]:
        """Return for each transaction whether libsodium accepts its signature."""
        if len(wires) >= WORTH_A_WORKER:
            with self._lock:
                try:
                    if not self._is_closed:
                        return self._share(wires)
                except OSError:
                    # It costs nothing but time; the next batch starts other processes.
                    self._end_all()
        return [verify_signed(wire) for wire in wires]

    def close(self) -> None:
        """End the processes; what is asked later is checked here."""
        with self._lock:
            self._is_closed = True
            self._end_all()

    def _share(self, wires: Sequence[bytes]) -> list[bool]:
        # One core stays with the ledger's own thread.
        count = min(WORKERS_MAX, max(1, (os.cpu_count() or 1) - 1))
        while len(self._workers) < count:
            self._workers.append(_Worker())
        size = -(-len(wires) // count)
        parts = [(worker, wires[place * size : (place + 1) * size]) for place, worker in enumerate(self._workers)]
        for worker, part in parts:
            worker.ask(part)
        return [verdict == 1 for worker, part in parts for verdict in worker.hear(len(part))]

    def _end_all(self) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer batches until the input ends."""
    while len(head := source.read(_LENGTH_BYTES)) == _LENGTH_BYTES:
        wires = [source.read(_read_number(source.read(_LENGTH_BYTES))) for _ in range(_read_number(head))]
        sink.write(bytes(verify_signed(wire) for wire in wires))
        sink.flush()


def _encode_number(number: int) -> bytes:
    return number.to_bytes(_LENGTH_BYTES, "big")


def _read_number(data: bytes) -> int:
    return int.from_bytes(data, "big")


if __name__ == "__main__":
    # A Ctrl-C is meant for the node, which then ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(BrokenPipeError):
        serve(sys.stdin.buffer, sys.stdout.buffer)
