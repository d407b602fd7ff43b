"""What `verify` says: the verdict on a proof file in values for scripts and sentences for people. Needs no network."""

from __future__ import annotations

from concordat.contracts.text import Language
from concordat.crypto.policy import Policy
from concordat.crypto.proof import NOT_PROVED, Trust, Verification, verify_proof
from concordat.errors import Rejected
from concordat.primitives.codec import decode
from concordat.primitives.ledger_time import SECOND_US, format_time
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.receipts import TransactionCause
from concordat.protocol.records import Ballot, Contract, Credit, Member, Officer, Vote
from concordat.protocol.state import State, Table
from concordat.protocol.transactions import Entry, get_public_key
from concordat.wording.sentences import describe_receipt, render, show_contract

TABLES = {table.number: (name, table) for name, table in vars(State()).items() if isinstance(table, Table)}
"""The state's tables by the first byte of a state key."""


def compute_verdict(data: bytes, trust: Trust | None, language: Language, policy: Policy | None = None) -> Json:
    """Return the verdict on a proof file as JSON: what is proved, by whose word, and what is not."""
    verification = verify_proof(data, trust, policy)
    try:
        entries = [(position, decode(Entry, leaf)) for position, leaf in verification.entries]
        states = [_read_state(key, value) for key, value in verification.states]
        members = _find_signers(states)
        sentences = [describe_receipt(entry, _name_signer(entry, members), language) for _, entry in entries]
        shown = [_describe_state(key, row, language) for _, key, row in states]
        statements = [*sentences, *filter(None, shown)]
    except (Rejected, KeyError, IndexError):  # authentic, but written by a later release
        verification, entries, states = Verification(valid=False, code="malformed"), [], []
        members, sentences, shown, statements = {}, [], [], []
    checkpoint = verification.checkpoint
    return {
        **_conclude(verification, statements, language),
        "chain_id": checkpoint.chain_id.hex() if checkpoint else None,
        "simulated": checkpoint.is_simulated if checkpoint else None,
        "height": checkpoint.height if checkpoint else None,
        "time": format_time(checkpoint.time) if checkpoint else None,
        "signatures": [
            {"signer": key.hex(), "member": members.get(key), "valid": valid}
            for key, valid in verification.signatures
        ],
        "witnesses": [
            {"name": name, "key": key.hex(), "time": format_time(time_s * SECOND_US)}
            for name, key, time_s in verification.witnesses
        ],
        "inclusion": bool(entries),
        "state": bool(states),
        "entries": [
            _describe_entry(position, entry, sentence)
            for (position, entry), sentence in zip(entries, sentences, strict=True)
        ],
        "states": [
            {
                "table": table,
                "key": [_plain_key(part) for part in key],
                "value": None if row is None else to_plain(row),
                "sentence": sentence,
            }
            for (table, key, row), sentence in zip(states, shown, strict=True)
        ],
        **_tell_authority(verification, language),
    }


def _conclude(verification: Verification, statements: list[str], language: Language) -> dict[str, Json]:
    """Return the verdict in a word, in sentences, and what to do next."""
    code = verification.code
    conclusion: dict[str, Json] = {"valid": verification.valid, "code": code}
    if not verification.valid:
        next_step = render(f"next.proof.{code}", language)
        return conclusion | {"statement": render(f"proof.{code}", language), "next_step": next_step}
    is_simulated = verification.checkpoint is not None and verification.checkpoint.is_simulated
    warnings = [render("verdict.simulated", language)] if is_simulated else []
    statement = (" " if language == "en" else "").join(warnings + statements)
    return conclusion | {"statement": statement, "next_step": ""}


def _describe_entry(position: int, entry: Entry, sentence: str) -> dict[str, Json]:
    return {
        "position": position,
        "height": entry.height,
        "time": format_time(entry.time),
        "code": entry.receipt.code,
        "sentence": sentence,
    }


def _tell_authority(verification: Verification, language: Language) -> dict[str, Json]:
    """Return by whose word it is proved, and what is not."""
    kind, values = verification.authority
    return {
        "authority": kind,
        "authority_sentence": render(f"proof.authority.{kind}", language, *values),
        "not_proved": list(verification.not_proved),
        "not_proved_sentences": tell_not_proved(language, verification.not_proved),
    }


def tell_not_proved(language: Language, names: tuple[str, ...] = NOT_PROVED) -> list[str]:
    """Return what a proof file does not show, in sentences; without `names` what none shows."""
    return [render(f"proof.not_proved.{name}", language) for name in names]


def _read_state(key: bytes, value: bytes | None) -> tuple[str, tuple[str | int | bytes, ...], object]:
    name, table = TABLES[key[0]]
    return name, decode(table.key_kind, key[1:]), None if value is None else decode(table.kind, value)


def _find_signers(states: list[tuple[str, tuple[str | int | bytes, ...], object]]) -> dict[str | int | bytes, str]:
    """Return whose each public key is, as far as the proof's own states say."""
    return {key[0]: row.member for table, key, row in states if table == "officers" and isinstance(row, Officer)}


def _name_signer(entry: Entry, members: dict[str | int | bytes, str]) -> str:
    """Return the signer's member when the proof shows it, else the beginning of its key."""
    if not isinstance(entry.cause, TransactionCause):
        return ""
    key = get_public_key(entry.cause.wire)
    return members.get(key, f"{key.hex()[:8]}…")


def _describe_state(key: tuple[str | int | bytes, ...], row: object, language: Language) -> str:
    """Return what a row says, in a sentence; empty for a table whose rows are told by others."""
    match row:
        case Contract():
            return f"{show_contract(int(key[0]))}: {render(f'status.contract.{row.status}', language)}."
        case Member():
            return f"{key[0]!s}: {render(f'status.member.{row.status}', language)}."
        case Credit():
            return f"{key[0]!s}: {row.score.score}, {row.grade}."
        case Ballot():
            return render("verdict.ballot", language, key[0], row.motion, row.status, row.yes, row.no, row.abstain)
        case Vote():
            return render("event.ballots.voted", language, ballot=key[0], member=key[1], choice=row.choice)
        case _:
            return ""


def _plain_key(part: str | int | bytes) -> str | int:
    return part.hex() if isinstance(part, bytes) else part
