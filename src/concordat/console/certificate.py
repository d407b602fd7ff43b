"""The certificate of a contract or of a member's published score: a page and a PDF, and the proof file that they tell.

What the sheet states is read from that very file, as `concordat verify` reads it; the file hangs on the page itself, so
that paper and file name one digest however far the ledger has gone on.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from markupsafe import Markup

from concordat.client.requests import make_path
from concordat.console.frame import Page, render_page
from concordat.contracts.text import LANGUAGES, Language
from concordat.crypto.proof import Trust
from concordat.node import proofs, reads
from concordat.paper.certificate import make_certificate
from concordat.paper.sheet import make_code
from concordat.primitives.plain import Json
from concordat.verifier.verdict import compute_verdict
from concordat.wording.sentences import show_contract

BOTH: Final = "both"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a certificate is about: its page, where a newer proof is, the proof file, and how that file is called."""

    kind: str
    place: str
    proof_path: str
    proof: bytes
    name: str
    row: Json


def find_contract(page: Page, number: int) -> Subject:
    """A contract: who signed what, and how it stands."""
    row = reads.get_contract(page.node, number)
    proof = proofs.make_contract_proof(page.node, number)
    path = f"/contracts/{number}"
    return Subject("contract", path, f"/v1{path}/proof", proof, show_contract(number), row)


def find_member(page: Page, member: str) -> Subject:
    """A member's published score: what everybody may see, and no more."""
    row = reads.get_public_member(page.node, member, limit=1)
    proof = proofs.make_credit_proof(page.node, member)
    path = make_path("/members", member)
    place = make_path("/public/members", member)
    return Subject("member", path, f"/v1{place}/proof", proof, f"credit-{member}", row)


def render_pdf(page: Page, subject: Subject, languages: str) -> bytes:
    """The certificate as PDF: what `concordat certificate` makes of the same proof file."""
    trust = Trust(genesis=page.node.genesis_bytes)
    return make_certificate(subject.proof, trust, _make_address(page, subject), _choose(page, languages))


def _make_address(page: Page, subject: Subject) -> str:
    return f"{page.origin}{subject.place}/certificate"


def _choose(page: Page, languages: str) -> list[Language]:
    """The page's language and, when both are asked for, the other one after it."""
    others = [language for language in LANGUAGES if language != page.language] if languages == BOTH else []
    return [page.language, *others]


def render_certificate(page: Page, subject: Subject, languages: str) -> str:
    """The page of a certificate, with a sheet for each language."""
    pages = [page, *(_translate(page, language) for language in _choose(page, languages)[1:])]
    digest = sha256(subject.proof).hexdigest()
    address = _make_address(page, subject)
    return render_page(
        page,
        "certificate.html",
        "contracts" if subject.kind == "contract" else "public",
        subject=subject,
        sheets=[Markup(_render_sheet(one, subject, address, digest, is_first=one is page)) for one in pages],  # noqa: S704  # a template's
        is_both=len(pages) > 1,
        file=f"data:application/octet-stream;base64,{b64encode(subject.proof).decode()}",
    )


def _translate(page: Page, language: Language) -> Page:
    return replace(page, language=language, names=reads.get_names(page.node, language))


def _render_sheet(page: Page, subject: Subject, address: str, digest: str, *, is_first: bool) -> str:
    verdict = compute_verdict(subject.proof, Trust(genesis=page.node.genesis_bytes), page.language)
    states: Mapping[str, Json] = {state["table"]: state["value"] for state in verdict["states"]}
    return render_page(
        page,
        "certificate_sheet.html",
        "",
        subject=subject,
        row=subject.row,
        is_first=is_first,
        parties=page.join([page.who(party) for party in subject.row.get("parties", [])]),
        verdict=verdict,
        states=states,
        signers=list(dict.fromkeys((one["signer"], one["member"]) for one in verdict["signatures"])),
        limits=[
            line.removeprefix(page.say("proof.not_proved"))
            for line in (*verdict["not_proved_sentences"], page.catalog("certificate.not_paper"))
        ],
        address=address,
        proof_digest=digest,
        code=draw_code(f"{address}#sha256={digest}"),
    )


def draw_code(text: str) -> Markup:
    """Return a QR code as SVG, white ground and margin included: it is read in the dark theme too.

    A digest after `#` stays with the reader: a browser that follows the address does not send it.
    """
    svg = make_code(text).svg_inline(border=4, light="#fff", omitsize=True, svgclass="qr", lineclass=None)
    return Markup(svg)  # noqa: S704  # drawn here; the text is not in it
