"""The clauses of a contract in Chinese and English, rendered from its terms, and the digest that a signature binds.

The text is a pure function of the terms and of the template's name, so nobody can sign words that the machine does
not execute. The words of a published template never change: a better wording is a new template name (CON-4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from typing import Final, Literal

from concordat.contracts.terms import ExactFile, MatchingTable, Obligation, Terms
from concordat.primitives.codec import encode
from concordat.primitives.identifiers import Label
from concordat.primitives.ledger_time import format_time

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
"""Those in which a contract is signed, in the order in which its texts are."""

DOCUMENT_DOMAIN = b"concordat/document/v1\0"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

SINGULARS: Final = {
    "bytes": "byte",
    "contracts": "contract",
    "datasets": "dataset",
    "days": "day",
    "entries": "entry",
    "members": "member",
    "officers": "officer",
    "points": "point",
    "rows": "row",
    "units": "unit",
    "versions": "version",
    "weeks": "week",
}
_COUNTED: Final = re.compile(rf"(?P<place>\{{(?P<field>\w+)(?::\w+)?\}}) (?P<noun>{'|'.join(SINGULARS)})\b")
_SENTENCE_END: Final = re.compile(r"(?<=\.) |(?<=。)(?=.)")
"""Between the sentences of a template below; what stands there is the gap between its parts too."""

_WORDS = {
    "en": {
        "supply/1": "Agreement on the supply of data: {title}",
        "exchange/1": "Agreement on the exchange of data: {title}",
        "parties": "Parties: {parties}. Unless all have signed by {sign_by}, this offer is void.",
        "duty": "{number}{debtor} delivers to {creditors}: {subject}. Due {due}. Size: {size} units.",
        "exact_file": "Evidence: a version of dataset {debtor}/{dataset} registered with digest {digest}; this settles "
        "what it contains, and the only ground to object is that it was not received.",
        "matching_table": "Evidence: a registered version of dataset {debtor}/{dataset} with schema {schema} "
        "and at least {rows} rows.",
        "acceptance": "Each creditor acknowledges or objects within {objection} days; silence accepts. From the first "
        "objection {debtor} may deliver anew until {cure} days after the deadline, and for {open} days at least; no "
        "later objection prolongs this. An objection that stands then, or is made afterwards, closes this obligation, "
        "and this contract goes on. Lateness is measured at the first delivery.",
        "lateness": "Within {grace} days after the deadline: late, a minor breach. After that this contract is "
        "suspended and {debtor} has {cure} days to cure: a general breach.",
        "terminate": "Not cured: a general breach, a serious one when the obligation is large. This contract then "
        "ends: what is late keeps its breach, what was delivered counts, the rest is released.",
        "continue": "Not cured: a general breach, a serious one when the obligation is large. This contract goes on.",
        "separator": ", ",
        "gap": " ",
        "untitled": "(no English text)",
    },
    "zh": {
        "supply/1": "数据供给协议：{title}",
        "exchange/1": "数据互换协议：{title}",
        "parties": "当事方：{parties}。{sign_by} 前未全部签署，本要约失效。",
        "duty": "{number}{debtor} 向 {creditors} 交付：{subject}。期限 {due}。规模 {size} 单位。",
        "exact_file": "履约凭据：数据集 {debtor}/{dataset} 登记一个摘要为 {digest} 的版本；"
        "内容以此为准，仅得以未收到为由提出异议。",
        "matching_table": "履约凭据：数据集 {debtor}/{dataset} 登记一个结构摘要为 {schema}、不少于 {rows} 行的版本。",
        "acceptance": "各债权方在 {objection} 日内确认或提出异议；逾期不答视为接受。"
        "自首次异议起，{debtor} 可重新交付，至期限后 {cure} 日止，且不少于 {open} 日，再次异议不予延长；"
        "届时未解决的异议或此后提出的异议使本项义务终结，本合同继续履行。是否逾期以首次交付为准。",
        "lateness": "期限后 {grace} 日内履行为逾期，记轻微违约。此后本合同中止，"
        "{debtor} 有 {cure} 日补救期，记一般违约。",
        "terminate": "未补救的：记一般违约，规模大的记严重违约。"
        "本合同即告终止：已逾期的保留违约，已交付的计为履行，其余免除。",
        "continue": "未补救的：记一般违约，规模大的记严重违约。本合同继续履行。",
        "separator": "、",
        "gap": "",
        "untitled": "（无中文文本）",
    },
}


def show_day(time: str, language: Language) -> str:
    """Return the day of an ISO 8601 time in UTC as people write it."""
    year, month, day = (int(part) for part in time[:10].split("-"))
    return f"{year}年{month}月{day}日" if language == "zh" else f"{day} {_MONTHS[month - 1]} {year}"


def show_time(time: str, language: Language) -> str:
    """Return an ISO 8601 time in UTC as people write it; seconds stand there only when there are any (CON-4).

    >>> show_time("2027-02-14T09:00:00Z", "en"), show_time("2027-02-14T09:00:30Z", "zh")
    ('14 Feb 2027, 09:00 UTC', '2027年2月14日 09:00:30（UTC）')
    """
    day, clock = show_day(time, language), time[11:-1].removesuffix(":00")
    return f"{day} {clock}（UTC）" if language == "zh" else f"{day}, {clock} UTC"


def fit_number(template: str, values: Mapping[str, object]) -> str:
    """Return the template with the singular of what a value of 1 counts (CON-4).

    >>> fit_number("{rows} rows in {days} days", {"rows": 1, "days": 2})
    '{rows} row in {days} days'
    """
    single = tuple(field for field in _find_counted(template) if str(values.get(field)) == "1")
    return _put_singulars(template, single) if single else template


@cache
def _put_singulars(template: str, fields: tuple[str, ...]) -> str:
    def fit(match: re.Match[str]) -> str:
        return f"{match['place']} {SINGULARS[match['noun']]}" if match["field"] in fields else match[0]

    return _COUNTED.sub(fit, template)


@cache
def _find_counted(template: str) -> tuple[str, ...]:
    return tuple(match["field"] for match in _COUNTED.finditer(template))


def render_clauses(terms: Terms, language: Language) -> tuple[str, ...]:
    """Return the clauses as read: heading, parties, then one clause for each obligation, with its number."""
    return tuple(_fill_in(template, values) for template, values in _list_clauses(terms, language))


def render_texts(terms: Terms) -> dict[Language, tuple[str, ...]]:
    """Return the clauses in each language, in the order of `LANGUAGES`."""
    return {language: render_clauses(terms, language) for language in LANGUAGES}


def render_sentences(terms: Terms, language: Language) -> tuple[tuple[str, ...], ...]:
    """Return the same clauses, each in its sentences: a full stop in a name or a title ends none."""
    return tuple(
        tuple(_fill_in(sentence, values) for sentence in _SENTENCE_END.split(template))
        for template, values in _list_clauses(terms, language)
    )


def _fill_in(template: str, values: Mapping[str, str | int]) -> str:
    return fit_number(template, values).format_map(values)


def _list_clauses(terms: Terms, language: Language) -> Iterator[tuple[str, Mapping[str, str | int]]]:
    """Yield each clause as its template and what is put into it."""
    words = _WORDS[language]
    yield words[terms.template], {"title": _own(terms.title, language)}
    parties = words["separator"].join(terms.parties)
    yield words["parties"], {"parties": parties, "sign_by": show_time(format_time(terms.sign_by), language)}
    for number, obligation in enumerate(terms.obligations, start=1):
        yield _list_obligation(number, obligation, language)


def _own(text: Label, language: Language) -> str:
    """The text of one language alone: a missing one is said, since both texts are signed."""
    return (text.zh if language == "zh" else text.en) or _WORDS[language]["untitled"]


def _list_obligation(number: int, obligation: Obligation, language: Language) -> tuple[str, Mapping[str, str | int]]:
    evidence: dict[str, str | int]
    match obligation.evidence:
        case ExactFile(digest=digest):
            proof, evidence = "exact_file", {"digest": digest.hex()}
        case MatchingTable(schema=schema, rows_min=rows_min):
            proof, evidence = "matching_table", {"schema": schema.hex(), "rows": rows_min}
    return _join_parts(language, proof, obligation.consequence), {
        "number": f"{number}. ",  # in its value, since a full stop in the template ends a sentence
        "debtor": obligation.debtor,
        "creditors": _WORDS[language]["separator"].join(obligation.creditors),
        "subject": _own(obligation.subject, language),
        "due": show_time(format_time(obligation.due), language),
        "size": obligation.size,
        "dataset": obligation.dataset,
        "objection": obligation.objection_days,
        "grace": obligation.grace_days,
        "cure": obligation.cure_days,
        "open": obligation.grace_days + obligation.cure_days,
        **evidence,
    }


@cache
def _join_parts(language: Language, proof: str, consequence: str) -> str:
    words = _WORDS[language]
    return words["gap"].join(words[part] for part in ("duty", proof, "acceptance", "lateness", consequence))


def compute_document_digest(terms: Terms) -> bytes:
    """Return what a signature on a contract binds: the terms and both texts rendered from them (CON-3)."""
    return sha256(DOCUMENT_DOMAIN + encode((terms, *render_texts(terms).values()))).digest()
