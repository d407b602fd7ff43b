"""The reader's policy: which logs and witnesses it knows, and how many of whom a checkpoint needs (C2SP tlog-policy).

Normative text: spec/witness.md WIT-5. The same file tells a node which witnesses to ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from concordat.crypto.checkpoint import NoteSignature
from concordat.crypto.cosignature import KIND_COSIGNATURE, VerifierKey, parse_verifier_key
from concordat.errors import Corrupt
from concordat.primitives.codec import Struct

NAMES_MAX: Final = 1024
"""Logs, witnesses and groups together."""

_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")


class PolicyWitness(Struct, frozen=True):
    """A witness that the policy names; `url` is where it takes checkpoints, empty when it is not told."""

    name: str
    key: VerifierKey
    url: str


class Group(Struct, frozen=True):
    """So many of these witnesses or groups."""

    name: str
    needed: int
    members: tuple[str, ...]


class Policy(Struct, frozen=True):
    """A policy file. Groups come after what they name. `quorum` is None where no witness is asked for."""

    logs: tuple[VerifierKey, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[Group, ...]
    quorum: str | None


def parse_policy(data: bytes) -> Policy:
    """Return the policy in a file's bytes. Names are opaque bytes, read here as Latin-1: each byte one character.

    Raises:
        Corrupt: `policy.malformed` with the line; `witness.bad_key`.
    """
    logs: list[VerifierKey] = []
    witnesses: list[PolicyWitness] = []
    groups: list[Group] = []
    quorums: list[str] = []
    unused: dict[str, bool] = {}
    """By name of a witness or group: whether no group has it yet."""
    if _FORBIDDEN.search(data):
        raise Corrupt("policy.malformed", "a control character")
    for number, text in enumerate(data.decode("latin-1").split("\n"), 1):
        words = text.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        is_right = True
        match words:
            case []:
                pass
            case [word, *_] if word.startswith("#"):
                pass
            case ["log", key] | ["log", key, _]:
                logs.append(parse_verifier_key(key))
            case ["witness", name, key] | ["witness", name, key, _]:
                is_right = name not in unused and name != "none"
                unused[name] = True
                witnesses.append(PolicyWitness(name, parse_verifier_key(key), words[3] if len(words) > 3 else ""))
            case ["group", name, needed, *members] if members:
                count = {"any": 1, "all": len(members)}.get(needed) or _read_number(needed)
                is_right = name not in unused and name != "none" and 1 <= count <= len(members)
                is_right = is_right and len(set(members)) == len(members) and all(unused.get(one) for one in members)
                unused |= dict.fromkeys(members, False)
                unused[name] = True
                groups.append(Group(name, count, tuple(members)))
            case ["quorum", name]:
                is_right = name in unused or name == "none"
                quorums.append(name)
            case _:
                is_right = False
        if not is_right or len(logs) + len(witnesses) + len(groups) > NAMES_MAX:
            raise Corrupt("policy.malformed", f"line {number}: {text[:200]}")
    if len(quorums) != 1 or _has_twice(logs) or _has_twice(witness.key for witness in witnesses):
        raise Corrupt("policy.malformed", "there is one quorum, and no key twice")
    return Policy(tuple(logs), tuple(witnesses), tuple(groups), None if quorums == ["none"] else quorums[0])


def _has_twice(keys: Iterable[VerifierKey]) -> bool:
    found = [key.public_key for key in keys]
    return len(set(found)) != len(found)


def _read_number(text: str) -> int:
    return int(text) if _NUMBER.fullmatch(text) else 0


def is_met(policy: Policy, log_signature: NoteSignature, cosignatures: Iterable[NoteSignature]) -> bool:
    """Tell whether a checkpoint is by a log of the policy and cosigned by so many as it asks; all are verified already.

    A policy without logs leaves the log to the root of trust. Of a witness its key counts, and its name in the note.
    """
    signed = {(signature.name, signature.kind, signature.public_key) for signature in (log_signature, *cosignatures)}
    keys = {(key.name, key.kind, key.public_key) for key in policy.logs}
    if keys and not keys & signed:
        return False
    met = {
        witness.name: witness.key.kind == KIND_COSIGNATURE
        and (witness.key.name, witness.key.kind, witness.key.public_key) in signed
        for witness in policy.witnesses
    }
    for group in policy.groups:
        met[group.name] = sum(met[name] for name in group.members) >= group.needed
    return policy.quorum is None or met[policy.quorum]
