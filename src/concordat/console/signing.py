"""Acting: a form becomes an action that waits for a signature; its page shows what is signed, and two ways to sign."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from anyio import to_thread
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from concordat.api.access import Reader, get_asking_officer, get_reader
from concordat.api.asking import Asking, get_address, get_language
from concordat.api.problems import Problem, get_retry_header
from concordat.api.public import take_statement
from concordat.api.trail import note_subject
from concordat.client.clock import fetch_now_us
from concordat.console import pages
from concordat.console.acting import KEPT_ACTIONS, Act, read_act
from concordat.console.answers import HTML, Form, answer, like, open_page
from concordat.console.contract import tell_clauses, tell_names
from concordat.console.frame import Page, render_page
from concordat.console.passwords import Passwords
from concordat.console.pending import Pending, PendingActions, find_receipt, submit_signed
from concordat.console.problems import tell_refusal
from concordat.errors import ConcordatError
from concordat.node import reads
from concordat.node.keystore import find_officer
from concordat.node.node import Node
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.families.contracts import Sign
from concordat.protocol.families.membership import Attest, Sponsor
from concordat.protocol.messages import Operation
from concordat.wording.sentences import describe_operation, show_contract

_AGAIN: Final = {"Refresh": "5"}
"""Loads the same address anew after so many seconds."""


def _render_sign(page: Page, actions: PendingActions, pending: Pending, problem: Problem | None) -> str:
    node, operation = page.node, pending.act.operation
    receipt = find_receipt(node, pending, page.language)
    subject = operation.member if isinstance(operation, Attest | Sponsor) else None
    number = operation.contract if isinstance(operation, Sign) else None
    return render_page(
        page,
        "sign.html",
        "",
        pending=pending,
        receipt=receipt,
        subject=reads.get_member(node, subject) if subject is not None and subject in page.names else None,
        leads_to=_tell_back(page, pending.act),
        next_step=pages.tell_next_step(page, receipt) if receipt else "",
        problem=problem,
        sentence=describe_operation(operation, pending.member, page.language, page.names),
        names_told=tell_names(page, reads.get_contract(node, number)["parties"]) if number else "",
        clauses=tell_clauses(page, number) if number else [],
        prepared_digest=sha256(actions.prepare(node, pending)).hexdigest(),
        is_local=find_officer(node.folder, pending.public_key.hex()) is not None,
    )


def _tell_back(page: Page, done: Act) -> str:
    """Return what the page is about from which the action came, where its result is seen."""
    if done.contract:
        return page.say("sign.to_contract", contract=show_contract(done.contract))
    if done.objection:
        return page.say("sign.to_objection", number=done.objection)
    if done.ballot is not None:
        return page.say("sign.to_ballots")
    if done.dataset:
        return page.say("sign.to_dataset", dataset=done.dataset)
    return page.say("sign.to_member", member=page.name(done.member))


@post("/act", status_code=303, guards=[like("/v1/me")], sync_to_thread=True)
def act(
    request: Asking, node: NamedDependency[Node], actions: NamedDependency[PendingActions], data: Form
) -> Response[str]:
    """A form of the console becomes an action that waits for its signature."""
    public_key, member = get_asking_officer(request)
    if data.get("action") in KEPT_ACTIONS:
        take_statement(request)
    pending = actions.keep(public_key, member, read_act(node, data, member), fetch_now_us())
    note_subject(request, data.get("action", "")[:40], "ok")
    return Redirect(f"/sign/{pending.id}", status_code=303)


@get("/sign/{action:str}", sync_to_thread=True)
def show_sign(
    request: Asking, node: NamedDependency[Node], actions: NamedDependency[PendingActions], action: FromPath[str]
) -> Response[str] | Response[Json]:
    """What is signed: for people as a page, for `concordat sign` as JSON with the bytes."""
    pending = actions.get(action, fetch_now_us())
    if request.accept.best_match([HTML, "application/json"], default=HTML) == "application/json":
        unsigned, operation = actions.prepare(node, pending), pending.act.operation
        receipt = find_receipt(node, pending, get_language(request))
        told: Json = {
            "bytes": unsigned.hex(),
            "digest": sha256(unsigned).hexdigest(),
            "member": pending.member,
            # Members by their identifiers: what `concordat sign` can render from the bytes alone, and compares.
            "sentence": describe_operation(operation, pending.member, get_language(request)),
            "operations": [to_plain(operation, Operation)],
            "submit": "/v1/transactions",
            "transaction": receipt["transaction"] if receipt else None,
        }
        return Response(told, media_type="application/json")
    return answer(request, _render_sign(open_page(node, request), actions, pending, None))


@get("/sign/{action:str}/wait", sync_to_thread=True)
def wait(
    request: Asking, node: NamedDependency[Node], actions: NamedDependency[PendingActions], action: FromPath[str]
) -> Response[str]:
    """Wait for a signature made elsewhere: asks again by itself, then leads to what came of it.

    Only this page does: whoever reads or types stays on the other one, and a link leads back there (WCAG 2.2.1).
    """
    pending = actions.get(action, fetch_now_us())
    page = open_page(node, request)
    if find_receipt(node, pending, page.language) is not None:
        return Redirect(f"/sign/{action}", status_code=303)
    return answer(request, render_page(page, "wait.html", "", pending=pending), headers=_AGAIN)


@post("/sign/{action:str}", status_code=303)
async def sign(
    request: Asking,
    node: NamedDependency[Node],
    actions: NamedDependency[PendingActions],
    passwords: NamedDependency[Passwords],
    action: FromPath[str],
    data: Form,
) -> Response[str]:
    """Sign with a key of this node's key store and submit."""
    pending = actions.get(action, fetch_now_us())
    who = Reader(pending.public_key, pending.member).name
    typed = pending.public_key.hex()
    if await to_thread.run_sync(find_receipt, node, pending, "en") is not None:
        return Redirect(f"/sign/{action}", status_code=303)  # signed already: the page has the receipt
    is_signed_in = get_reader(request).public_key == pending.public_key
    officer = await to_thread.run_sync(find_officer, node.folder, typed)
    try:
        password, address = data.get("password", ""), get_address(request)
        key = await passwords.unlock(officer, typed, password, address, fetch_now_us(), is_signed_in=is_signed_in)
        await to_thread.run_sync(submit_signed, node, actions, pending, key)
    except ConcordatError as error:
        note_subject(request, action, error.code, who)
        page = open_page(node, request)
        problem = tell_refusal(page, error)
        html = await to_thread.run_sync(_render_sign, page, actions, pending, problem)
        return answer(request, html, problem.status, get_retry_header(error))
    note_subject(request, action, "ok", who)
    return Redirect(f"/sign/{action}", status_code=303)


ROUTES: Final = (act, show_sign, wait, sign)
