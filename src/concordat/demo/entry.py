"""The command `concordat demo`: parses, plays the story, prints what came of it."""

from __future__ import annotations

from pathlib import Path

from concordat.cli.output import OUTPUT, Output, emit
from concordat.demo.command import run_demo


def demo(
    *,
    once: bool = False,
    dir_: Path = Path("demo/node"),
    data: Path | None = None,
    seed: str = "1",
    port: int = 0,
    reset: bool = False,
    output: Output = OUTPUT,
) -> None:
    """Play a whole scenario on this machine: simulated time, fictional regions, derived keys.

    :param once: End when the story has been told; otherwise the node stays until Ctrl-C.
    :param dir_: The node's folder; the parties' folders lie beside it. A finished one is told again, unchanged.
    :param data: A folder of tables to use in place of the made-up ones.
    :param seed: Keys, salts and nonces follow from it: the same seed gives the same app hash.
    :param port: Where the node listens; 0 takes a free port.
    :param reset: Remove the folders of an earlier run first.
    """
    document = run_demo(dir_, data, seed, port, is_once=once, is_reset=reset)
    emit(output, document, [f"{document['chain_id']}  {document['height']}  {document['app_hash']}"])
