"""The node's side of being witnessed: cosignatures that are brought, and those that it asks for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

from concordat.crypto.checkpoint import Checkpoint, make_node_signature, render_signed_note
from concordat.crypto.policy import PolicyWitness
from concordat.errors import ConcordatError, Refused
from concordat.node.node import Node
from concordat.witness.submission import connect_witness, fetch_cosignature

_POLL_S: Final = 0.5
_AGAIN_S: Final = 10.0
"""After a witness refused or did not answer."""
_STOP_S: Final = 2.0

_log = logging.getLogger(__name__)


def take_cosignatures(node: Node, text: str) -> tuple[int, list[str]]:
    """Keep the cosignatures that somebody brings; return the checkpoint's height and whose they are.

    Raises:
        Corrupt: `checkpoint.malformed`. Refused: `witness.other_log`, `witness.unknown`, `witness.other_history` when
            this node's key signed the checkpoint, but not of this history.
    """
    checkpoint, signatures = node.cosignatures.read(text)
    with node.engine.lock:
        history = node.application.history
        is_own = checkpoint.log_size <= history.size and history.root_at(checkpoint.log_size) == checkpoint.log_root
    if not is_own:
        raise Refused("witness.other_history", f"height {checkpoint.height}")
    node.cosignatures.keep(checkpoint, signatures)
    return checkpoint.height, [signature.name for signature in signatures]


@contextmanager
def asking_witnesses(node: Node) -> Iterator[None]:
    """Ask each witness that has an address, in a thread of its own, for a cosignature of each newest checkpoint."""
    is_over = Event()
    asked = [witness for witness in node.cosignatures.policy.witnesses if witness.url]
    threads = [Thread(target=_ask, args=(node, witness, is_over), daemon=True) for witness in asked]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join(_STOP_S)


def _ask(node: Node, witness: PolicyWitness, is_over: Event) -> None:
    cosigned: Checkpoint | None = None
    told = ""
    with connect_witness() as http:
        while not is_over.is_set():
            wait_s = _POLL_S
            try:
                with node.engine.lock:
                    checkpoint = node.application.checkpoint
                if checkpoint != cosigned:
                    signature = make_node_signature(checkpoint, node.key.public_key, node.key.sign)
                    note = render_signed_note(checkpoint, signature)
                    old_size = cosigned.log_size if cosigned else 0
                    found = fetch_cosignature(
                        *(http, witness, note, old_size),
                        lambda size, new_size=checkpoint.log_size: _find_path(node, size, new_size),  # type: ignore[misc]
                    )
                    node.cosignatures.keep(checkpoint, (found,))
                    cosigned, told = checkpoint, ""
            except ConcordatError as error:
                wait_s = _AGAIN_S
                if str(error) != told:
                    told = str(error)
                    _log.warning("witness %s: %s", witness.name, error)
            is_over.wait(wait_s)


def _find_path(node: Node, old_size: int, new_size: int) -> tuple[bytes, ...] | None:
    if not 0 <= old_size <= new_size:
        return None
    with node.engine.lock:
        return node.application.history.consistency_path(old_size, new_size)
