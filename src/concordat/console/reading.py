"""Routes of the pages that are only read. A page may be read by whoever may read its twin under `/v1`."""

from __future__ import annotations

from typing import Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from concordat.api.asking import Asking
from concordat.api.records import Number, Position
from concordat.console import pages
from concordat.console.activity import render_activity
from concordat.console.answers import HTML, answer, like, open_page
from concordat.console.ballots import render_ballot, render_ballots
from concordat.console.behaviors import render_behavior, render_behaviors
from concordat.console.certificate import find_contract, find_member, render_certificate, render_pdf
from concordat.console.contract import render_contract
from concordat.console.frame import SCRIPTS, SCRIPTS_VERSION, STATIC
from concordat.console.member import render_member
from concordat.console.network import render_network
from concordat.console.overview import render_overview, render_welcome
from concordat.console.search import render_search
from concordat.console.settings import render_settings
from concordat.errors import NotFound
from concordat.node.node import Node
from concordat.verifier.browser import render_offline_page
from concordat.views.behaviors import Source

_PDF: Final = "application/pdf"
_FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


@get("/", sync_to_thread=True)
def show_overview(request: Asking, node: NamedDependency[Node]) -> Response[str]:
    """What waits for the reader, or what anybody may know."""
    page = open_page(node, request)
    return answer(request, render_overview(page) if page.reader.is_admitted else render_welcome(page))


@get("/members", guards=[like("/v1/members")], sync_to_thread=True)
def show_members(request: Asking, node: NamedDependency[Node], after: FromQuery[str | None] = None) -> Response[str]:
    """Everybody, with standing."""
    return answer(request, pages.render_members(open_page(node, request), after))


@get("/members/{member:str}", guards=[like("/v1/members/{member}")], sync_to_thread=True)
def show_member(request: Asking, node: NamedDependency[Node], member: FromPath[str]) -> Response[str]:
    """One member."""
    return answer(request, render_member(open_page(node, request), member))


@get("/contracts", guards=[like("/v1/contracts")], sync_to_thread=True)
def show_contracts(
    request: Asking, node: NamedDependency[Node], member: FromQuery[str | None] = None, after: Number = None
) -> Response[str]:
    """Every contract, or those of one member."""
    return answer(request, pages.render_contracts(open_page(node, request), member, after))


@get("/contracts/{number:int}", guards=[like("/v1/contracts/{number}")], sync_to_thread=True)
def show_contract(request: Asking, node: NamedDependency[Node], number: FromPath[int]) -> Response[str]:
    """One contract."""
    return answer(request, render_contract(open_page(node, request), number))


@get("/contracts/{number:int}/certificate", guards=[like("/v1/contracts/{number}")], sync_to_thread=True)
def show_contract_certificate(
    request: Asking, node: NamedDependency[Node], number: FromPath[int], languages: FromQuery[str] = ""
) -> Response[str]:
    """One contract on a sheet to print, with its proof file."""
    page = open_page(node, request)
    return answer(request, render_certificate(page, find_contract(page, number), languages))


@get("/contracts/{number:int}/certificate.pdf", guards=[like("/v1/contracts/{number}")], sync_to_thread=True)
def show_contract_pdf(
    request: Asking, node: NamedDependency[Node], number: FromPath[int], languages: FromQuery[str] = ""
) -> Response[bytes]:
    """The same as PDF, with the proof file attached."""
    page = open_page(node, request)
    return Response(render_pdf(page, find_contract(page, number), languages), media_type=_PDF)


@get("/members/{member:str}/certificate", guards=[like("/v1/public/members/{member}")], sync_to_thread=True)
def show_member_certificate(
    request: Asking, node: NamedDependency[Node], member: FromPath[str], languages: FromQuery[str] = ""
) -> Response[str]:
    """A member's published score on a sheet to print, with its proof file: for everybody."""
    page = open_page(node, request)
    return answer(request, render_certificate(page, find_member(page, member), languages))


@get("/members/{member:str}/certificate.pdf", guards=[like("/v1/public/members/{member}")], sync_to_thread=True)
def show_member_pdf(
    request: Asking, node: NamedDependency[Node], member: FromPath[str], languages: FromQuery[str] = ""
) -> Response[bytes]:
    """The same as PDF, with the proof file attached."""
    page = open_page(node, request)
    return Response(render_pdf(page, find_member(page, member), languages), media_type=_PDF)


@get("/datasets", guards=[like("/v1/datasets")], sync_to_thread=True)
def show_datasets(request: Asking, node: NamedDependency[Node], after: FromQuery[str | None] = None) -> Response[str]:
    """Every dataset."""
    return answer(request, pages.render_datasets(open_page(node, request), after))


@get("/datasets/{owner:str}/{name:str}", guards=[like("/v1/datasets/{owner}/{name}")], sync_to_thread=True)
def show_dataset(
    request: Asking, node: NamedDependency[Node], owner: FromPath[str], name: FromPath[str], after: Number = None
) -> Response[str]:
    """One dataset."""
    return answer(request, pages.render_dataset(open_page(node, request), owner, name, after))


@get("/behaviors", guards=[like("/v1/behaviors")], sync_to_thread=True)
def show_behaviors(
    request: Asking, node: NamedDependency[Node], after: FromQuery[str | None] = None
) -> Response[str]:
    """What everybody did."""
    return answer(request, render_behaviors(open_page(node, request), Source(), after))


@get("/members/{member:str}/behaviors", guards=[like("/v1/members/{member}/behaviors")], sync_to_thread=True)
def show_behaviors_of(
    request: Asking,
    node: NamedDependency[Node],
    member: FromPath[str],
    series: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """What a member did, or the batches of one of its series."""
    return answer(request, render_behaviors(open_page(node, request), Source(member, series or None), after))


@get("/behaviors/{position:int}/{number:int}", guards=[like("/v1/ledger/{position}")], sync_to_thread=True)
def show_behavior(
    request: Asking, node: NamedDependency[Node], position: Position, number: Position
) -> Response[str]:
    """One behavior."""
    return answer(request, render_behavior(open_page(node, request), position, number))


@get("/ballots", guards=[like("/v1/ballots")], sync_to_thread=True)
def show_ballots(request: Asking, node: NamedDependency[Node], after: Number = None) -> Response[str]:
    """Every ballot."""
    return answer(request, render_ballots(open_page(node, request), after))


@get("/ballots/{number:int}", guards=[like("/v1/ballots/{number}")], sync_to_thread=True)
def show_ballot(
    request: Asking, node: NamedDependency[Node], number: FromPath[int], after: FromQuery[str | None] = None
) -> Response[str]:
    """One ballot."""
    return answer(request, render_ballot(open_page(node, request), number, after))


@get("/ledger", guards=[like("/v1/ledger")], sync_to_thread=True)
def show_ledger(
    request: Asking,
    node: NamedDependency[Node],
    before: Number = None,
    member: FromQuery[str | None] = None,
    contract: Number = None,
    dataset: FromQuery[str | None] = None,
) -> Response[str]:
    """History, newest first; `member`, `contract` or `dataset` narrows it."""
    links = {"member": member, "contract": contract, "dataset": dataset}
    link = next(((kind, str(value)) for kind, value in links.items() if value not in {None, ""}), None)
    return answer(request, pages.render_ledger(open_page(node, request), link, before))


@get("/ledger/{position:int}", guards=[like("/v1/ledger/{position}")], sync_to_thread=True)
def show_entry(request: Asking, node: NamedDependency[Node], position: Position) -> Response[str]:
    """One entry of history."""
    return answer(request, pages.render_entry(open_page(node, request), position))


@get("/activity", guards=[like("/v1/ledger")], sync_to_thread=True)
def show_activity(
    request: Asking, node: NamedDependency[Node], member: FromQuery[str | None] = None
) -> Response[str]:
    """What happened last, kept fresh by a script."""
    return answer(request, render_activity(open_page(node, request), member))


@get("/network", guards=[like("/v1/members")], sync_to_thread=True)
def show_network(request: Asking, node: NamedDependency[Node]) -> Response[str]:
    """The node and its health."""
    return answer(request, render_network(open_page(node, request)))


@get("/settings", sync_to_thread=True)
def show_settings(request: Asking, node: NamedDependency[Node]) -> Response[str]:
    """How pages are shown; key and officers of who is signed in."""
    return answer(request, render_settings(open_page(node, request)))


@get("/codes", sync_to_thread=True)
def show_codes(request: Asking, node: NamedDependency[Node]) -> Response[str]:
    """The rules that can refuse."""
    return answer(request, pages.render_codes(open_page(node, request)))


@get("/proof", sync_to_thread=True)
def show_proof(request: Asking, node: NamedDependency[Node]) -> Response[str]:
    """What a proof file shows."""
    return answer(request, pages.render_proof(open_page(node, request)))


@get("/search", guards=[like("/v1/members")], sync_to_thread=True)
def show_search(request: Asking, node: NamedDependency[Node], q: FromQuery[str] = "") -> Response[str]:
    """What a query names."""
    return answer(request, render_search(open_page(node, request), q[:200]))


@get("/verify", sync_to_thread=True)
def show_verifier(request: Asking, node: NamedDependency[Node]) -> Response[str]:
    """Where a proof is checked in the reader's browser."""
    return answer(request, pages.render_verify(open_page(node, request)))


@get("/verify/offline", sync_to_thread=True)
def get_offline_verifier() -> Response[str]:
    """The same as one file, for a machine without a network."""
    headers = {"Content-Disposition": 'attachment; filename="concordat-verifier.html"'}
    return Response(render_offline_page(), media_type=HTML, headers=headers)


@get("/static/{version:str}/{name:str}", sync_to_thread=False)
def get_script(version: FromPath[str], name: FromPath[str]) -> Response[str]:
    """A script of the verifier; its address changes with its content."""
    if version != SCRIPTS_VERSION or name not in SCRIPTS:
        raise NotFound("request.unknown_path", name)
    return Response(SCRIPTS[name], media_type="text/javascript", headers=_FOREVER)


@get("/static/{name:str}", sync_to_thread=False)
def get_static(name: FromPath[str]) -> Response[bytes]:
    """A file that pages load; its address changes with its content."""
    if name not in STATIC:
        raise NotFound("request.unknown_path", f"/static/{name}")
    content, media_type = STATIC[name]
    return Response(content, media_type=media_type, headers=_FOREVER)


@get("/{path:path}", sync_to_thread=False)
def show_nothing(path: FromPath[str]) -> None:
    """Any other address."""
    raise NotFound("request.unknown_path", path)


ROUTES: Final = (
    show_overview,
    show_members,
    show_member,
    show_contracts,
    show_contract,
    show_contract_certificate,
    show_contract_pdf,
    show_member_certificate,
    show_member_pdf,
    show_datasets,
    show_dataset,
    show_behaviors,
    show_behaviors_of,
    show_behavior,
    show_ballots,
    show_ballot,
    show_ledger,
    show_entry,
    show_activity,
    show_network,
    show_settings,
    show_codes,
    show_proof,
    show_search,
    show_verifier,
    get_offline_verifier,
    get_script,
    get_static,
    show_nothing,
)
