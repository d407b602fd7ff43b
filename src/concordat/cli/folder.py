"""A node's folder: made, examined, copied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from cyclopts import Parameter, Token

from concordat.cli.output import OUTPUT, Output, emit, render_json, tell
from concordat.errors import Corrupt, UsageError

if TYPE_CHECKING:
    from concordat.ledger.survey import Check

# The node's rooms are imported by the functions that need them: --help does without.
_MARKS = {"ok": "✔", "warning": "!", "failed": "✘"}


def _read_path(_: object, tokens: Sequence[Token]) -> Path:
    """An empty text is no folder: a script with an unset variable must not act on the current one."""
    if not tokens[0].value:
        raise ValueError("the name of the folder is empty")
    return Path(tokens[0].value)


Folder = Annotated[Path, Parameter(converter=_read_path)]


def init(
    folder: Folder | None = None,
    /,
    *,
    from_: Path | None = None,
    clock: Literal["real", "scenario"] | None = None,
    example: bool = False,
    output: Output = OUTPUT,
) -> None:
    """Make a new chain in an empty folder. Its genesis.json is what others pin.

    :param folder: The node's folder: empty, or with nothing but `keys/node.key` made by `concordat key new`.
    :param from_: A plan in JSON: name, clock, start time, node key, founders, verify_k, parameters. Without it
        one founder, whose key is made in the folder, is operator, seed and verifier.
    :param clock: `scenario`: time moves only by a signed `clock.advance`, and every face says that it is simulated.
    :param example: Print a plan to begin from, and make nothing.
    """
    from concordat.client.clock import fetch_now_us
    from concordat.node.founding import EXAMPLE_PLAN, NODE_KEY_FILE, found_chain, read_plan
    from concordat.wording.sentences import render

    if example:
        emit(output, {"plan": EXAMPLE_PLAN}, render_json(EXAMPLE_PLAN).splitlines())
        return
    if folder is None:
        raise UsageError("cli.usage", "the folder is missing")
    founded = found_chain(folder, read_plan(from_) if from_ else None, clock, fetch_now_us())
    keys = [str(key) for key in founded.keys]
    place, needed = str(folder / NODE_KEY_FILE), founded.needed_key.hex() if founded.needed_key else None
    emit(
        output,
        {
            "chain_id": founded.chain_id.hex(),
            "genesis": str(founded.genesis),
            "keys": keys,
            "node_key_file": place,
            "needed_node_key": needed,
        },
        [founded.chain_id.hex()],
    )
    tell(render("init.genesis", output.language, str(founded.genesis)))
    for key in keys:
        tell(render("init.key", output.language, key))
    if needed is not None:
        tell(render("init.needed_key", output.language, needed, place))


def doctor(folder: Folder, /, *, files: bool = False, output: Output = OUTPUT) -> int:
    """Look at a node's folder: what is wrong, and what to do. Changes nothing.

    :param folder: A node's folder; a node may be running on it.
    :param files: List every file, and whether it is authoritative.
    """
    from concordat.ledger.doctor import list_files
    from concordat.ledger.files import DiskFiles
    from concordat.node.checkup import examine_folder
    from concordat.wording.sentences import CATALOGS

    checks, words = examine_folder(folder), CATALOGS[output.language]
    is_sound = all(check.status != "failed" for check in checks)
    told = [msgspec.structs.asdict(check) | {"fix": _get_fix(check, words)} for check in checks]
    document = {"ok": is_sound, "checks": told}
    lines = [line for check in checks for line in _describe_check(check, words)]
    if files:
        stored = list_files(DiskFiles(folder))
        document["files"] = [msgspec.structs.asdict(file) for file in stored]
        lines += [f"{'authoritative' if file.authoritative else 'derived':<14}{file.path}" for file in stored]
    emit(output, document, lines)
    return 0 if is_sound else Corrupt.exit_status


def _describe_check(check: Check, words: Mapping[str, str]) -> Iterator[str]:
    """Say what was looked at, where, and what to do."""
    places = {"byte": check.offset, "height": check.height}
    place = "".join(f", {name} {value}" for name, value in places.items() if value is not None)
    place += f", +{check.byte_count}" if check.byte_count is not None else ""
    # The words say how it should be: what is not so needs more than a sign.
    verdict = "" if check.status == "ok" else f"{words[f'status.check.{check.status}'].upper()}: "
    yield f"{_MARKS[check.status]} {verdict}{words[f'doctor.{check.id}']} ({check.file}{place})"
    if check.status != "ok":
        yield f"  {_get_fix(check, words)}"


def _get_fix(check: Check, words: Mapping[str, str]) -> str:
    return "" if check.status == "ok" else words[f"next.doctor.{check.id}"]


def export(folder: Folder, file: Path, /, *, output: Output = OUTPUT) -> None:
    """Write the ledger as one file that a stranger can replay. The node may be running.

    :param folder: A node's folder.
    :param file: The file to write.
    """
    from concordat.node.archive import save_export

    head = save_export(folder, file)
    emit(output, {"file": str(file), "height": head.height}, [f"{file}: height {head.height}"])


def backup(folder: Folder, file: Path, /, *, output: Output = OUTPUT) -> None:
    """Copy a node's folder into one file while the node runs. The file holds keys: keep it like them.

    :param folder: A node's folder.
    :param file: The tar file to write.
    """
    from concordat.node.archive import save_backup

    head = save_backup(folder, file)
    emit(output, {"file": str(file), "height": head.height}, [f"{file}: height {head.height}"])
    tell(f"{file}: it holds the node's keys; keep it like them")


def restore(file: Path, folder: Folder, /, *, output: Output = OUTPUT) -> None:
    """Make a node's folder from a backup.

    :param file: A file that `concordat backup` wrote.
    :param folder: A folder that is empty or does not exist.
    """
    from concordat.node.archive import restore_backup

    restore_backup(file, folder)
    emit(output, {"folder": str(folder)}, [str(folder)])
    tell("never run this copy and the original at once: they would sign two histories")
