"""From the ledger's codes and values to one sentence in the reader's language.

>>> render("rejection.contracts.too_few_rows", "en", 700, 744)
'The version has 700 rows; the contract asks for at least 744.'
>>> render("status.duty.grace", "zh")
'逾期，宽限期内'
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from concordat.contracts.text import Language, fit_number, show_day, show_time
from concordat.errors import ConcordatError, Rejected
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import SECOND_US, format_time, parse_time
from concordat.primitives.plain import Json
from concordat.protocol.families import behaviors, membership
from concordat.protocol.receipts import OK, TransactionCause
from concordat.protocol.records import AboutBallot, AboutEntry, AboutRecord
from concordat.protocol.transactions import Entry, read_payload
from concordat.wording import en, zh

CATALOGS: Final[Mapping[Language, Mapping[str, str]]] = {"en": en.CATALOG, "zh": zh.CATALOG}

_SEVERAL: Final = 2

NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
"""Members are shown by their identifiers."""

REASON_FAMILIES: Final = ("judge", "review")
_FORMATTER: Final = string.Formatter()

TELLING: Final = (
    "membership.hearing_opened",
    "ballots.stayed",
    "ballots.parameter_changed",
    "ballots.role_given",
    "ballots.role_taken",
    "ballots.moot",
    "ballots.called_off",
    "membership.admitted",
    "membership.refused",
    "contracts.activated",
    "contracts.breached",
    "contracts.terminated",
    "credit.epoch_closed",
)
"""Events that say more about their entry than the one that comes first in it, the most telling first."""


TURNED: Final[Mapping[str, tuple[tuple[tuple[str, tuple[object, ...]], ...], str]]] = {
    "membership.sponsor": ((("verdict", (False,)),), "refused"),
    "membership.attest": ((("verdict", (False,)),), "refused"),
    "membership.attested": ((("verdict", (False,)),), "refused"),
    "ballots.opened": ((("opener", (None,)),), "ledger"),
    "contracts.signed": ((("left", (0,)),), "last"),
    "contracts.end_asked": ((("left", (0,)),), "last"),
    "contracts.settled": ((("member", (None,)),), "silent"),
    "objections.file": ((("about", ("ballot",)),), "comment"),
    "objections.filed": ((("about", ("ballot",)),), "comment"),
    "credit.recorded": ((("severity", (1, 2, 3)),), "breach"),
    "credit.changed": ((("grade", ("N",)), ("confidence", (0,))), "none"),
}
"""Where values turn a sentence round: fields with these values (a struct by its tag), and what the key then ends in."""


def render(
    key: str, language: Language, /, *positional: object, names: Mapping[str, str] = NO_NAMES, **named: object
) -> str:
    """Return the sentence of `key` with its values. `names` has the display names of members, by identifier.

    A field's format says how its value is shown: `member`, `who` (with its identifier, since others may have the
    same name), `contract`, `time`, `digest`, `number`, `share` (of thousandths), `count` (of a tuple), `place` (in
    history, of numbers), `text` (of a person), or a family of the catalog (`{status:status.duty}`), whose `none` says
    what nothing means. Other tuples are shown item by item.
    """
    places = {str(place): value for place, value in enumerate(positional)}
    template = fit_number(CATALOGS[language][key], places | named)
    text = ""
    for literal, field, spec, _ in _FORMATTER.parse(template):
        text = _join(text, literal, language)
        if field is not None:
            value, _ = _FORMATTER.get_field(field, positional, named)
            text = _join(text, _show(value, spec or "", language, names), language)
    return text


def _join(left: str, right: str, language: Language) -> str:
    """Set a space where Chinese meets Latin letters or digits, so that a value of either script reads well."""
    is_mixed = language == "zh" and left and right and {_is_han(left[-1]), _is_han(right[0])} == {True, False}
    return f"{left} {right}" if is_mixed and _is_word(left[-1]) and _is_word(right[0]) else left + right


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def _is_word(character: str) -> bool:
    return _is_han(character) or (character.isascii() and character.isalnum())


def _show(value: object, spec: str, language: Language, names: Mapping[str, str]) -> str:
    catalog = CATALOGS[language]
    match spec, value:
        case "count", tuple():
            return str(len(value))
        case "place", tuple():
            return ".".join(map(str, value))
        case _, None | () | "":
            return catalog.get(f"{spec}.none", catalog["none"])
        case _, tuple():
            return catalog["separator"].join(_show(item, spec, language, names) for item in value)
        case _, Struct():
            return _show_struct(value, language, names)
        case "" | "text", _:
            return str(value)
        case "member" | "who" | "objector", _:
            name = str(value)
            return names.get(name, name) if spec == "member" else show_who(name, language, names)
        case "contract" | "share", int():
            return show_contract(value) if spec == "contract" else show_share(value)
        case "number", _:
            return f"{value:,}"
        case "time", int():
            return show_time(format_time(value - value % SECOND_US), language)  # the record has it exactly
        case "digest", _:
            return show_digest(value.hex() if isinstance(value, bytes) else str(value))
        case _:
            return catalog[f"{spec}.{value}"]


def show_share(milli: int) -> str:
    """Return thousandths as a percentage, with a tenth where there is one.

    >>> show_share(7), show_share(450)
    ('0.7%', '45%')
    """
    return f"{milli // 10}.{milli % 10}%" if milli % 10 else f"{milli // 10}%"


def show_who(member: str, language: Language, names: Mapping[str, str]) -> str:
    """Return a member's name with its identifier, which alone tells it from another of the same name."""
    name = names.get(member, member)
    if name == member:
        return member
    return f"{name}（{member}）" if language == "zh" else f"{name} ({member})"


def _show_struct(value: Struct, language: Language, names: Mapping[str, str]) -> str:
    """Return a label in the reader's language, what a behavior concerns, or what a motion asks for."""
    match value:
        case Label():
            return value.in_language(language)
        case behaviors.OfMember() | behaviors.OfDataset() | behaviors.OfContract():
            return render(f"subject.{_get_tag(value)}", language, *_get_fields(value).values(), names=names)
        case AboutEntry() | AboutRecord() | AboutBallot():
            return render(f"about.{_get_tag(value)}", language, *_get_fields(value).values(), names=names)
    return render(f"motion.{_get_tag(value)}", language, *_get_fields(value).values(), names=names)


def describe_motion(motion: Struct, language: Language, names: Mapping[str, str] = NO_NAMES) -> str:
    """Return what a ballot is about."""
    return _show_struct(motion, language, names)


def describe_subject(subject: Struct, language: Language, names: Mapping[str, str] = NO_NAMES) -> str:
    """Return what a behavior concerns."""
    return _show_struct(subject, language, names)


def show_contract(number: int) -> str:
    """Return a contract's number as people write it: C-0042."""
    return f"C-{number:04d}"


def show_label(label: Mapping[str, str], language: Language) -> str:
    """Return a label of the JSON view in the reader's language, or in the other one when that is empty."""
    other: Language = "en" if language == "zh" else "zh"
    return label[language] or label[other]


def show_digest(digits: str) -> str:
    """Return the first eight and the last four hexadecimal digits, which a line does not part.

    >>> show_digest("7f3a91c0" + "0" * 52 + "e2d4")
    '7f3a91c0…e2d4'
    """
    return f"{digits[:8]}…{digits[-4:]}"


def describe_operation(operation: Struct, signer: str, language: Language, names: Mapping[str, str] = NO_NAMES) -> str:
    """Return what `signer` signs with this operation."""
    return render(f"operation.{_get_key(operation)}", language, names=names, signer=signer, **_get_fields(operation))


def describe_event(event: Struct, language: Language, names: Mapping[str, str] = NO_NAMES) -> str:
    """Return what happened."""
    return render(f"event.{_get_key(event)}", language, names=names, **_get_fields(event))


def describe_reason(
    code: str, parameters: tuple[str | int, ...], language: Language, names: Mapping[str, str] = NO_NAMES
) -> str:
    """Return a ground in words, for any code that the ledger, a file or a face refuses with.

    `parameters` are those of `Rejected`; any other error has its `detail` as the only one.
    """
    return render(get_reason_key(code), language, *parameters, names=names)


def describe_next_step(
    code: str, parameters: tuple[str | int, ...], language: Language, names: Mapping[str, str] = NO_NAMES
) -> str:
    """Return what the reader can do about an error; `code` is the error's own, not one of its grounds."""
    return render(f"next.{code}", language, *parameters, names=names)


def explain_error(error: ConcordatError, language: Language) -> tuple[str, str]:
    """Return why, and what to do next; a code that the catalogs do not know has its detail and no more."""
    parameters = error.parameters if isinstance(error, Rejected) else (error.detail,)
    reason = describe_ground(error.code, parameters, error.detail, language)
    try:
        return reason, describe_next_step(error.code, parameters, language)
    except LookupError:
        return reason, ""


def describe_ground(code: str, parameters: tuple[str | int, ...], plain: str, language: Language) -> str:
    """Return a ground in words; `plain` when there are none, or it came without the values of its sentence."""
    try:
        return describe_reason(code, parameters, language)
    except LookupError:
        return plain


def get_reason_key(code: str) -> str:
    """Return where the catalogs keep the words of a code: grounds and proofs have families of their own."""
    family = code.partition(".")[0]
    if family == "proof":
        return code
    return f"reason.{code}" if family in REASON_FAMILIES else f"rejection.{code}"


def describe_turns(turns: Json, language: Language, names: Mapping[str, str] = NO_NAMES) -> list[str]:
    """Return in words when a member came in, went and returned: the `turns` of a member as a node tells them."""
    return [
        render(
            f"turn.{turn['what']}",
            language,
            names=names,
            day=show_day(turn["time"], language),
            guarantor=turn["guarantor"],
        )
        for turn in turns
    ]


def describe_role(role: Json, language: Language) -> str:
    """Return a role that a key holds, until when and in whose place: one of the `roles` that a node tells."""
    kind = "_for" if role["in_place_of"] else "_until" if role["until"] else ""
    until = None if role["until"] is None else parse_time(role["until"])
    values = {"role": role["role"], "until": until, "delegator": role["in_place_of"]}
    return render(f"show.inbox.role{kind}", language, **values)


def describe_return_limit(limit: Json, language: Language) -> str:
    """Return what a return still limits: the `return_limit` of a member as a node tells it."""
    values = {"limit": limit["limit_milli"], "kept": limit["kept"], "kept_min": limit["kept_min"]}
    return render("return.limit", language, until=show_day(limit["until"], language), **values)


def describe_receipt(entry: Entry, signer: str, language: Language, names: Mapping[str, str] = NO_NAMES) -> str:
    """Return one sentence for an entry of the ledger. `signer` is not read when a deadline caused the entry."""
    receipt = entry.receipt
    said = _describe_outcome(entry, signer, language, names)
    acting = dict.fromkeys(event for event in receipt.events if isinstance(event, membership.ActedFor))
    return _join_sentences(language, said, *(describe_event(event, language, names) for event in acting))


def _describe_outcome(entry: Entry, signer: str, language: Language, names: Mapping[str, str]) -> str:
    receipt, operations = entry.receipt, _get_operations(entry.cause)
    if receipt.code != OK:
        is_read = receipt.operation < len(operations)
        act = render(f"act.{_get_tag(operations[receipt.operation]) if is_read else 'unreadable'}", language)
        ground = receipt.reasons[0]
        reason = describe_reason(ground.code, ground.parameters, language, names)
        if not signer and is_read and isinstance(operation := operations[receipt.operation], membership.Apply):
            # What it calls itself, whoever else has that identifier.
            signer, claimed = operation.member, operation.name.in_language(language)
            names = {signer: show_who(signer, language, {signer: claimed})}
        key = "receipt.refused" if signer else "receipt.refused_stranger"
        refusal = render(key, language, names=names, act=act, signer=signer, reason=reason)
        if len(operations) < _SEVERAL:
            return refusal
        return _join_sentences(language, refusal, render("receipt.none_done", language, count=len(operations)))
    if len(operations) >= _SEVERAL:
        acts = Counter(render(f"act.{_get_tag(operation)}", language) for operation in operations)
        told = tuple(act if count == 1 else f"{act} × {count}" for act, count in acts.items())
        said = render("receipt.several", language, names=names, signer=signer, count=len(operations), acts=told)
        telling = [event for event in receipt.events if _get_tag(event) in TELLING]
        rest = [describe_event(min(telling, key=_get_rank), language, names)] if telling else []
        return _join_sentences(language, said, *rest)
    events = [event for event in receipt.events if not isinstance(event, membership.ActedFor)]
    if events:
        return describe_event(min(events, key=_get_rank), language, names)
    if operations:
        return describe_operation(operations[0], signer, language, names)
    return render("receipt.nothing_left", language)


def _join_sentences(language: Language, *sentences: str) -> str:
    return (" " if language == "en" else "").join(sentences)


def _get_operations(cause: Struct) -> tuple[Struct, ...]:
    """Return the operations of a transaction, none when there is no transaction or it cannot be read."""
    if not isinstance(cause, TransactionCause):
        return ()
    payload = read_payload(cause.wire)
    return payload.operations if payload else ()


def _get_rank(event: Struct) -> int:
    tag = _get_tag(event)
    return TELLING.index(tag) if tag in TELLING else len(TELLING)


def _get_tag(value: Struct) -> str:
    return str(value.__struct_config__.tag)


def _get_fields(value: Struct) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__struct_fields__}


def _get_key(value: Struct) -> str:
    """Return the tag, and a suffix where a value turns the sentence round."""
    tag = _get_tag(value)
    conditions, suffix = TURNED.get(tag, ((), ""))
    fields = _get_fields(value)
    told = {name: _get_tag(field) if isinstance(field, Struct) else field for name, field in fields.items()}
    is_turned = suffix and all(told[field] in values for field, values in conditions)
    return f"{tag}.{suffix}" if is_turned else tag
