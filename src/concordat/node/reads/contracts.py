"""Contracts: lists, one contract, its text, and what the judge would say of a draft."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from concordat.contracts.judge import judge
from concordat.contracts.templates import Draft, compute_terms
from concordat.contracts.terms import Terms
from concordat.contracts.text import Language, compute_document_digest, render_clauses, render_sentences, render_texts
from concordat.errors import NotFound
from concordat.node.node import Node
from concordat.node.reads.inbox import make_wait
from concordat.primitives.ledger_time import format_time
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.context import Context
from concordat.protocol.families.contracts.offer import get_judged_parties
from concordat.protocol.records import FINAL_DUTY, IN_FORCE, Contract, Duty
from concordat.views.lists import fetch_numbers
from concordat.views.waits import Wait, fetch_next
from concordat.wording.sentences import describe_reason

_Rows = tuple[Contract, Terms, list[tuple[int, Duty]]]


def list_contracts(
    node: Node, *, member: str | None = None, after: int | None = None, limit: int = 50, query: str = ""
) -> list[Json]:
    """Contracts, newest first: all, those of one member, or those whose title a text is found in."""
    with node.reading_index() as index:
        numbers = fetch_numbers(index, member=member, after=after, limit=limit, query=query)
        following = [fetch_next(index, number) for number in numbers]
    with node.engine.lock:
        rows = [_get_rows(node, number) for number in numbers]
    return [_summarize(*parts) for parts in zip(numbers, rows, following, strict=True)]


def count_contracts(node: Node) -> int:
    """Return the number of the newest contract."""
    with node.engine.lock:
        counter = node.application.state.counters.get(("contracts",))
    return counter.count if counter else 0


def _get_rows(node: Node, number: int) -> _Rows:
    """Copy what the state holds of a contract; the caller holds the engine's lock."""
    state = node.application.state
    row = state.contracts.get((number,))
    if row is None:
        raise NotFound("read.no_such_contract", str(number))
    return row, state.terms[(number,)], [(int(key[1]), duty) for key, duty in state.duties.group(number)]


def _summarize(number: int, rows: _Rows, following: Wait | None) -> dict[str, Json]:
    row, terms, duties = rows
    closed = Counter(duty.status for _, duty in duties if duty.status in FINAL_DUTY)
    return {
        "id": number,
        "title": to_plain(terms.title),
        "template": terms.template,
        "parties": list(terms.parties),
        "size": terms.size,
        "status": row.status,
        "proposer": row.proposer,
        "signed": [signature.member for signature in row.signatures],
        "duties_total": len(terms.obligations),
        "duties_closed": closed.total(),
        "duties_kept": closed["kept"] + closed["cured"],
        "duties_breached": closed["breached"],
        "next": make_wait(following) if following else None,
    }


def is_party(node: Node, member: str | None, number: int) -> bool:
    """Tell whether a member is a party to a contract, also to one that is proposed or has ended."""
    with node.engine.lock:
        terms = node.application.state.terms.get((number,))
    return terms is not None and member in terms.parties


def get_contract(node: Node, number: int) -> Json:
    """One contract: terms, signatures, every duty, who acts next and by when, and what else its parties may do.

    Raises:
        NotFound: `read.no_such_contract`.
    """
    with node.engine.lock:
        rows = _get_rows(node, number)
    with node.reading_index() as index:
        following = fetch_next(index, number)
    row, terms, duties = rows
    plain: dict[str, Json] = to_plain(row)
    plain |= _summarize(number, rows, following)
    plain["options"] = list(_find_options(rows))
    plain["terms"] = to_plain(terms)
    standing = dict(duties)
    plain["duties"] = [
        {"number": place, **to_plain(obligation), "agreed_due": format_time(obligation.due)}
        | (to_plain(standing[place]) if place in standing else {"status": "unsigned"})
        for place, obligation in enumerate(terms.obligations, start=1)
    ]
    return plain


def _find_options(rows: _Rows) -> Iterator[Json]:
    """Yield what a party may do though nothing waits for it: withdraw its objection, ask for the end or agree to it."""
    row, terms, duties = rows
    if row.status not in IN_FORCE:
        return
    for place, duty in duties:
        if duty.status == "objected":
            yield {"actor": duty.objector, "action": "withdraw", "obligation": place}
    for party in terms.parties:
        if party not in row.wants_end:
            yield {"actor": party, "action": "end", "obligation": 0}


def get_contract_sentences(node: Node, number: int, language: Language) -> tuple[tuple[str, ...], ...]:
    """The clauses as read and signed, each in its sentences.

    Raises:
        NotFound: `read.no_such_contract`.
    """
    with node.engine.lock:
        _, terms, _ = _get_rows(node, number)
    return render_sentences(terms, language)


def get_contract_text(node: Node, number: int, language: Language) -> Json:
    """The clauses as read and signed, and the digest that the signatures bind.

    Raises:
        NotFound: `read.no_such_contract`.
    """
    with node.engine.lock:
        row, terms, _ = _get_rows(node, number)
    return {"contract": number, "clauses": list(render_clauses(terms, language)), "document": row.document.hex()}


# ── drafts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def judge_terms(node: Node, terms: Terms, language: Language) -> Json:
    """What the judge would say today, without writing anything."""
    with node.engine.lock:
        context = Context(
            node.application.state,
            node.chain.id,
            node.chain.genesis.start_time,
            node.application.time,
            node.application.height,
            0,
        )
        parties = get_judged_parties(context, terms)
    reasons = judge(terms, parties, context.time)
    return {"valid": not reasons, "reasons": [make_reason(code, values, language) for code, values in reasons]}


def draft_contract(node: Node, draft: Draft, language: Language) -> Json:
    """Terms from a template, their text in both languages, and the judge's word."""
    terms = compute_terms(draft)
    return {
        "terms": to_plain(terms),
        "document": compute_document_digest(terms).hex(),
        "clauses": render_texts(terms),
        **judge_terms(node, terms, language),
    }


def make_reason(code: str, parameters: tuple[str | int, ...], language: Language) -> Json:
    """Return a ground of a refusal with its sentence."""
    return {"code": code, "parameters": list(parameters), "text": describe_reason(code, parameters, language)}
