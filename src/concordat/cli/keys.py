"""Keys and officers' cards. Both stay where they are made; the ledger gets public keys and commitments."""

from __future__ import annotations

import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated

from concordat.cli.output import OUTPUT, Output, emit, render_json, tell
from concordat.cli.where import ROOT, fetch_key_asking, warn_if_open
from concordat.client.commitments import make_card
from concordat.client.files import read_file, save_new_file
from concordat.client.keys import derive_key, make_key, read_public_key, save_key
from concordat.errors import UsageError
from concordat.primitives.identifiers import MemberId
from concordat.primitives.plain import from_plain, to_plain
from concordat.protocol.families.membership import compute_possession_message, compute_recovery_message
from concordat.protocol.genesis import read_genesis


def new_key(
    file: Path,
    /,
    *,
    from_seed: str | None = None,
    label: str | None = None,
    password: bool = False,
    output: Output = OUTPUT,
) -> None:
    """Make a key; it never leaves its folder.

    :param file: The key file to write; it must not exist.
    :param from_seed: Derive the key from this text and the label: for demos only, since whoever knows them has the key.
    :param label: The name of a derived key.
    :param password: Ask for a password that seals the file.
    """
    if (from_seed is None) != (label is None):
        raise UsageError("cli.usage", "--from-seed and --label go together")
    key = make_key() if from_seed is None or label is None else derive_key(from_seed, label)
    save_key(file, key, _ask_password() if password else None)
    public_key = key.public_key.hex()
    emit(output, {"file": str(file), "public_key": public_key, "origin": key.origin}, [public_key])
    if key.origin == "derived":
        tell(f"{file}: for demos only; whoever knows seed and label has this key")
    else:
        tell(f"{file}: keep it, and keep a copy of it; nobody can make it anew")


def _ask_password() -> str:
    if not sys.stdin.isatty():
        raise UsageError("cli.usage", "--password needs a terminal")
    password = getpass("Password: ")
    if not password or getpass("Again: ") != password:
        raise UsageError("cli.usage", "the two passwords differ, or are empty")
    return password


def show_key(file: Path, /, *, output: Output = OUTPUT) -> None:
    """Print a key file's public key.

    :param file: A key file, with a password or without.
    """
    warn_if_open(file)
    public_key = read_public_key(read_file(file), str(file)).hex()
    emit(output, {"file": str(file), "public_key": public_key}, [public_key])


def prove_key(
    file: Path,
    /,
    *,
    member: str,
    trust: Annotated[str, ROOT],
    recovery: bool = False,
    output: Output = OUTPUT,
) -> None:
    """Prove that you hold a key, so that an admin of a member may add it as an officer's.

    :param file: The new officer's key file; it signs here and is never sent.
    :param member: The member for which the key is to speak.
    :param trust: genesis.json of the chain.
    :param recovery: For a ballot that gives the key to a member that lost its own.
    """
    try:
        from_plain(MemberId, member)
    except UsageError as error:
        raise UsageError(error.code, f"--member {member}") from error
    key = fetch_key_asking(file)
    chain = read_genesis(read_file(Path(trust)))
    message = compute_recovery_message(chain.id, member) if recovery else compute_possession_message(chain.id, member)
    possession = key.sign(message).hex()
    document = {"member": member, "public_key": key.public_key.hex(), "possession": possession}
    emit(output, document, [possession])
    whom = "a member that opens the ballot" if recovery else "an admin, for `concordat tx membership.add_officer`"
    tell(f"give public key and possession to {whom}")


def new_card(file: Path, /, *, name: str, phone: str, output: Output = OUTPUT) -> None:
    """Write an officer's card; the ledger gets a commitment.

    :param file: The card file to write; it stays with the member and must not exist.
    :param name: The officer's name.
    :param phone: The officer's phone.
    """
    if not name.strip():
        raise UsageError("cli.usage", "--name is empty")
    card = make_card(name, phone)
    save_new_file(file, render_json(to_plain(card)).encode())
    emit(output, {"file": str(file), "commitment": card.commitment.hex()}, [card.commitment.hex()])
