"""What faces may read of a node, as JSON-able values.

Each function takes the engine's lock once, so that an answer is of one height, and shows only what is durable. Who may
read what is the faces' table of access, not decided here.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from concordat.contracts.judge import judge
from concordat.contracts.templates import Draft, compute_terms
from concordat.contracts.terms import Terms
from concordat.contracts.text import Language, compute_document_digest, render_clauses
from concordat.credit.rulebook import RULEBOOK
from concordat.credit.score import compute_reasons
from concordat.errors import NotFound
from concordat.node.node import Node
from concordat.primitives.codec import decode
from concordat.primitives.ledger_time import WEEK_US, format_time
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.context import Context
from concordat.protocol.families.contracts.offer import get_judged_parties
from concordat.protocol.families.contracts.performance import get_silent_creditors
from concordat.protocol.families.credit import get_records
from concordat.protocol.messages import Event, Operation
from concordat.protocol.receipts import TransactionCause
from concordat.protocol.records import Contract, Credit, Member, Officer
from concordat.protocol.standing import get_limit_units
from concordat.protocol.transactions import PAYLOAD_OFFSET, Entry, Payload
from concordat.views.index import IndexedEntry, fetch_entries, fetch_entry, fetch_transaction
from concordat.wording.sentences import describe_reason, describe_receipt, render

NEWCOMER_SCORE = 600


def get_status(node: Node) -> Json:
    """The chain and where it stands."""
    with node.engine.lock:
        application = node.application
        return {
            "chain_id": node.chain.id.hex(),
            "name": to_plain(node.chain.genesis.name),
            "clock": node.chain.genesis.clock,
            "simulated": node.chain.is_scenario,
            "height": application.height,
            "time": format_time(application.time),
            "app_hash": application.app_hash.hex(),
            "log_size": application.history.size,
        }


def get_officer(node: Node, public_key: bytes) -> Officer | None:
    """Return the officer of a key that still speaks for its member."""
    with node.engine.lock:
        officer = node.application.state.officers.get((public_key,))
    return officer if officer is not None and officer.removed_at is None else None


def get_names(node: Node, language: Language) -> dict[str, str]:
    """Return how members are called in a language, for sentences."""
    with node.engine.lock:
        return {str(key[0]): row.name.in_language(language) for key, row in node.application.state.members.items()}


# ── members and credit ──────────────────────────────────────────────────────────────────────────────────────────────


def list_members(node: Node) -> list[Json]:
    """Every member and applicant with status, score and grade."""
    with node.engine.lock:
        state = node.application.state
        return [_summarize(str(key[0]), row, state.credits.get(key)) for key, row in state.members.items()]


def _summarize(member: str, row: Member, credit: Credit | None) -> dict[str, Json]:
    return {
        "id": member,
        "name": to_plain(row.name),
        "kind": row.kind,
        "roles": list(row.roles),
        "status": row.status,
        "score": credit.score.score if credit else None,
        "confidence": credit.score.confidence if credit else None,
        "grade": credit.grade if credit else None,
    }


def get_member(node: Node, member: str) -> Json:
    """One member: identity, keys, attestations, standing, limits.

    Raises:
        NotFound: `read.no_such_member`.
    """
    with node.engine.lock:
        state = node.application.state
        row = state.members.get((member,))
        if row is None:
            raise NotFound("read.no_such_member", member, "look it up in the list of members")
        plain: dict[str, Json] = to_plain(row)
        plain |= _summarize(member, row, state.credits.get((member,)))
        plain["did"] = f"did:concordat:{node.chain.id.hex()[:16]}:{member}"
        plain["officers"] = [
            {"public_key": key.hex(), "roles": list(state.officers[(key,)].roles)} for key in row.officers
        ]
        plain["verify_k"] = state.get_params().verify_k
        plain["limit_units"] = get_limit_units(state, member, node.application.time) if plain["grade"] else 0
        plain["partners"] = _count_partners(node, member)
        return plain


def _count_partners(node: Node, member: str) -> list[Json]:
    state = node.application.state
    counts: dict[str, int] = {}
    for _, terms in state.terms.items():  # noqa: PERF102  # a table, not a dict
        if member in terms.parties:
            for party in terms.parties:
                if party != member:
                    counts[party] = counts.get(party, 0) + 1
    return [{"member": party, "contracts": count} for party, count in sorted(counts.items())]


def get_credit(node: Node, member: str, language: Language) -> Json:
    """A member's score and the reason for every point: 600 plus all deltas is the score."""
    names = get_names(node, language)
    with node.engine.lock:
        state = node.application.state
        credit = state.credits.get((member,))
        if credit is None:
            raise NotFound("read.no_credit", member, "credit begins with admission")
        records = {(record.height, record.index, record.operation, record.number): record
                   for record in get_records(state, member)}  # fmt: skip
        reasons = []
        for reason in compute_reasons(list(records.values()), credit.week):
            record = records[reason.record]
            decay = (RULEBOOK.performance_decay, *(rule.decay for rule in RULEBOOK.negatives))[record.severity]
            reasons.append(
                {
                    "record": dict(zip(("height", "index", "operation", "number"), reason.record, strict=True)),
                    "position": node.application.sizes[record.height - 1] + record.index,
                    "sentence": render(
                        f"event.credit.recorded{'.breach' if record.severity else ''}",
                        language,
                        names=names,
                        member=member,
                        severity=record.severity,
                        counterparty=record.counterparty,
                        contract=record.contract,
                        clause=record.clause,
                    ),
                    "delta": reason.delta,
                    "score_without": reason.score_without,
                    "severity": record.severity,
                    "counterparty": record.counterparty,
                    "contract": record.contract,
                    "clause": record.clause,
                    "time": format_time(node.chain.genesis.start_time + record.week * WEEK_US),
                    "half_life_weeks": decay.half_life_weeks,
                    "expires": format_time(
                        node.chain.genesis.start_time + (record.week + decay.expiry_weeks + 1) * WEEK_US
                    ),
                }
            )
        return {
            "member": member,
            "newcomer": NEWCOMER_SCORE,
            "score": credit.score.score,
            "confidence": credit.score.confidence,
            "grade": credit.grade,
            "week": credit.week,
            "weight_milli": credit.weight_milli,
            "closes_below": credit.closes_below,
            "limit_units": get_limit_units(state, member, node.application.time),
            "full_size_units": state.get_params().full_size_units,
            "rulebook": node.chain.genesis.rulebook.hex(),
            "reasons": reasons,
        }


# ── contracts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def list_contracts(node: Node, member: str | None = None) -> list[Json]:
    """Every contract, newest first, or those of one member."""
    with node.engine.lock:
        state = node.application.state
        return [
            _summarize_contract(node, int(key[0]), row)
            for key, row in reversed(list(state.contracts.items()))
            if member is None or member in state.terms[key].parties
        ]


def _summarize_contract(node: Node, number: int, row: Contract) -> dict[str, Json]:
    state = node.application.state
    terms = state.terms[(number,)]
    duties = [duty.status for _, duty in state.duties.group(number)]
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
        "duties_closed": sum(status in {"kept", "cured", "breached", "lapsed", "released"} for status in duties),
        "next": _get_next(node, number, row),
    }


def get_contract(node: Node, number: int) -> Json:
    """One contract: terms, signatures, every duty, who acts next and by when.

    Raises:
        NotFound: `read.no_such_contract`.
    """
    with node.engine.lock:
        state = node.application.state
        row = state.contracts.get((number,))
        if row is None:
            raise NotFound("read.no_such_contract", str(number), "look it up in the list of contracts")
        terms = state.terms[(number,)]
        rows = {int(key[1]): duty for key, duty in state.duties.group(number)}
        plain: dict[str, Json] = to_plain(row)
        plain |= _summarize_contract(node, number, row)
        plain["terms"] = to_plain(terms)
        plain["duties"] = []
        for place, obligation in enumerate(terms.obligations, start=1):
            duty = rows.get(place)
            plain["duties"].append(
                {"number": place, **to_plain(obligation), "agreed_due": format_time(obligation.due)}
                | (to_plain(duty) if duty else {"status": "unsigned"})
            )
        return plain


def get_contract_text(node: Node, number: int, language: Language) -> Json:
    """The clauses as read and signed, and the digest that the signatures bind."""
    with node.engine.lock:
        terms = node.application.state.terms.get((number,))
        row = node.application.state.contracts.get((number,))
    if terms is None or row is None:
        raise NotFound("read.no_such_contract", str(number), "look it up in the list of contracts")
    return {"contract": number, "clauses": list(render_clauses(terms, language)), "document": row.document.hex()}


def _get_next(node: Node, number: int, row: Contract) -> Json:
    """Who acts next, what, by when, and what happens otherwise."""
    waits = [wait for wait in _waits_of_contract(node, number, row) if wait["by"] is not None]
    return min(waits, key=lambda wait: str(wait["by"])) if waits else None


def _waits_of_contract(node: Node, number: int, row: Contract) -> Iterator[dict[str, Json]]:
    state = node.application.state
    terms = state.terms[(number,)]
    if row.status == "proposed":
        signed = {signature.member for signature in row.signatures}
        for party in terms.parties:
            if party not in signed:
                yield _wait(party, "sign", number, 0, terms.sign_by, "offer_void")
        return
    if row.status not in {"active", "suspended"}:
        return
    for key, duty in state.duties.group(number):
        place = int(key[1])
        obligation = terms.obligations[place - 1]
        grace_ends = duty.due + (obligation.grace_ends - obligation.due)
        cure_ends = duty.due + (obligation.cure_ends - obligation.due)
        if duty.status == "waiting":
            yield _wait(obligation.debtor, "deliver", number, place, duty.due, "late")
        elif duty.status == "grace":
            yield _wait(obligation.debtor, "deliver", number, place, grace_ends, "suspended")
        elif duty.status == "curing":
            yield _wait(obligation.debtor, "deliver", number, place, cure_ends, f"breach_{obligation.consequence}")
        elif duty.status == "objected":
            yield _wait(obligation.debtor, "deliver_again", number, place, duty.due, "lapses")
        elif duty.status == "delivered" and duty.delivery is not None:
            accepts = duty.delivery.time + obligation.objection_days * 86_400_000_000
            for creditor in get_silent_creditors(obligation, duty):
                yield _wait(creditor, "acknowledge", number, place, accepts, "accepted")


def _wait(
    actor: str, action: str, contract: int, obligation: int, by_us: int | None, otherwise: str
) -> dict[str, Json]:
    return {
        "actor": actor,
        "action": action,
        "contract": contract,
        "obligation": obligation,
        "by": None if by_us is None else format_time(by_us),
        "otherwise": otherwise,
    }


def get_waits(node: Node, member: str) -> list[Json]:
    """What waits for a member, soonest first: signatures, deliveries, acknowledgements, sponsorships, attestations."""
    with node.engine.lock:
        state = node.application.state
        waits = [
            wait
            for key, row in state.contracts.items()
            if row.ended_at is None
            for wait in _waits_of_contract(node, int(key[0]), row)
            if wait["actor"] == member
        ]
        me = state.members.get((member,))
        for key, row in state.members.items():
            subject = {"subject": str(key[0])}
            lapses = row.applied_at + state.get_params().application_days * 86_400_000_000
            attested = any(attestation.verifier == member for attestation in row.attestations)
            if row.status == "applied" and row.sponsor == member:
                waits.append(_wait(member, "sponsor", 0, 0, lapses, "application_lapses") | subject)
            elif row.status == "expelled" and row.guarantor == member:
                waits.append(_wait(member, "guarantee", 0, 0, None, "stays_out") | subject)
            elif row.status == "reviewed" and me and "verifier" in me.roles and not attested:
                waits.append(_wait(member, "attest", 0, 0, lapses, "application_lapses") | subject)
            elif row.status == "suspended" and key[0] == member:
                waits.append(_wait(member, "respond", 0, 0, row.hearing_ends, "expelled") | subject)
    return sorted(waits, key=lambda wait: str(wait["by"] or "9999"))


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
        reasons = judge(terms, get_judged_parties(context, terms), context.time)
    return {"valid": not reasons, "reasons": [_plain_reason(code, values, language) for code, values in reasons]}


def draft_contract(node: Node, draft: Draft, language: Language) -> Json:
    """Terms from a template, their text in both languages, and the judge's word."""
    terms = compute_terms(draft)
    return {
        "terms": to_plain(terms),
        "document": compute_document_digest(terms).hex(),
        "clauses": {"en": list(render_clauses(terms, "en")), "zh": list(render_clauses(terms, "zh"))},
        **judge_terms(node, terms, language),
    }


def _plain_reason(code: str, parameters: tuple[str | int, ...], language: Language) -> Json:
    return {"code": code, "parameters": list(parameters), "text": describe_reason(code, parameters, language)}


# ── datasets ────────────────────────────────────────────────────────────────────────────────────────────────────────


def list_datasets(node: Node) -> list[Json]:
    """Every dataset with its newest version."""
    with node.engine.lock:
        state = node.application.state
        return [
            {"owner": key[0], "name": key[1], **to_plain(row), "rows": state.versions[(*key, row.latest)].rows}
            for key, row in state.datasets.items()
        ]


def get_dataset(node: Node, owner: str, name: str) -> Json:
    """One dataset with all its versions, newest first.

    Raises:
        NotFound: `read.no_such_dataset`.
    """
    with node.engine.lock:
        state = node.application.state
        row = state.datasets.get((owner, name))
        if row is None:
            raise NotFound("read.no_such_dataset", f"{owner}/{name}", "look it up in the list of datasets")
        versions = [
            {"version": number, **to_plain(state.versions[(owner, name, number)])}
            for number in range(row.latest, 0, -1)
        ]
    return {"owner": owner, "name": name, **to_plain(row), "versions": versions}


# ── history ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def list_entries(
    node: Node, language: Language, *, link: tuple[str, str] | None = None, before: int | None = None, limit: int = 50
) -> Json:
    """Entries of history, newest first, each as one sentence; `next` is the position to ask before, or None."""
    names = get_names(node, language)
    with node.index_lock:
        found = fetch_entries(node.index, link=link, before=before, limit=limit)
    entries = [_summarize_entry(indexed, names, language) for indexed in found]
    return {"entries": entries, "next": found[-1].position if len(found) == limit else None}


def _summarize_entry(indexed: IndexedEntry, names: dict[str, str], language: Language) -> dict[str, Json]:
    entry = decode(Entry, indexed.leaf)
    return {
        "position": indexed.position,
        "height": entry.height,
        "time": format_time(entry.time),
        "index": entry.index,
        "cause": "transaction" if isinstance(entry.cause, TransactionCause) else "due",
        "code": entry.receipt.code,
        "transaction": indexed.transaction_id.hex() if indexed.transaction_id else None,
        "member": indexed.member,
        "event_types": [str(to_plain(event, Event)["type"]) for event in entry.receipt.events],
        "sentence": describe_receipt(entry, indexed.member or "", language, names),
    }


def get_entry(node: Node, position: int, language: Language) -> Json:
    """One entry in full.

    Raises:
        NotFound: `read.no_such_entry`.
    """
    with node.index_lock:
        indexed = fetch_entry(node.index, position)
    if indexed is None:
        raise NotFound("read.no_such_entry", str(position), "the ledger has not come so far")
    return make_receipt(node, indexed, language)


def get_receipt(node: Node, transaction_id: bytes, language: Language) -> Json:
    """The receipt of a transaction.

    Raises:
        NotFound: `read.no_such_transaction`: not submitted, or not yet in a block.
        Refused: the reason for which the node stopped; its index may then lag behind its ledger.
    """
    with node.engine.lock:
        indexed = find_transaction(node, transaction_id)
    return make_receipt(node, indexed, language)


def find_transaction(node: Node, transaction_id: bytes) -> IndexedEntry:
    """Return where a transaction stands in history."""
    with node.index_lock:
        indexed = fetch_transaction(node.index, transaction_id)
    if indexed is None:
        raise NotFound("read.no_such_transaction", transaction_id.hex(), "wait a moment, or submit it again")
    return indexed


def find_client_key(node: Node, public_key: bytes, client_key: bytes) -> bytes:
    """Return the transaction to which a client's own key leads."""
    with node.engine.lock:
        found = node.application.state.client_keys.get((public_key, client_key))
    if found is None:
        raise NotFound("read.no_such_client_key", client_key.hex(), "nothing was submitted under it")
    return found.transaction


def make_receipt(node: Node, indexed: IndexedEntry, language: Language) -> Json:
    """The receipt of an entry of history, with its sentence."""
    names = get_names(node, language)
    entry = decode(Entry, indexed.leaf)
    receipt = entry.receipt
    plain = _summarize_entry(indexed, names, language)
    plain |= {
        "operation": receipt.operation,
        "reasons": [_plain_reason(reason.code, reason.parameters, language) for reason in receipt.reasons],
        "events": [to_plain(event, Event) for event in receipt.events],
        "leaf_digest": sha256(b"\0" + indexed.leaf).hexdigest(),
    }
    if isinstance(entry.cause, TransactionCause):
        wire = entry.cause.wire
        payload = decode(Payload, wire[PAYLOAD_OFFSET:])
        plain["signer"] = {
            "public_key": wire[PAYLOAD_OFFSET - 32 : PAYLOAD_OFFSET].hex(),
            "member": indexed.member,
        }
        plain["operations"] = [to_plain(operation, Operation) for operation in payload.operations]
        plain["client_key"] = payload.client_key.hex()
    else:
        plain["due"] = to_plain(entry.cause)
    return plain
