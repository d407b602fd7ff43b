"""The printable certificate of a contract or of a member's published score: one sheet, and the proof file it tells.

What the sheet states is read from that very file, as `concordat verify` reads it; the file hangs on the page itself, so
that paper and file name one digest however far the ledger has gone on.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

import segno
from markupsafe import Markup

from concordat.client.requests import make_path
from concordat.console.frame import Page, render_page
from concordat.contracts.text import LANGUAGES, Language
from concordat.crypto.proof import Trust
from concordat.node import proofs, reads
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


def render_contract_certificate(page: Page, number: int, languages: str) -> str:
    """The certificate of a contract: who signed what, and how it stands."""
    row = reads.get_contract(page.node, number)
    proof = proofs.make_contract_proof(page.node, number)
    path = f"/contracts/{number}"
    return _render(page, Subject("contract", path, f"/v1{path}/proof", proof, show_contract(number), row), languages)


def render_member_certificate(page: Page, member: str, languages: str) -> str:
    """The certificate of a member's published score: what everybody may see, and no more."""
    row = reads.get_public_member(page.node, member, limit=1)
    proof = proofs.make_credit_proof(page.node, member)
    path = make_path("/members", member)
    place = make_path("/public/members", member)
    return _render(page, Subject("member", path, f"/v1{place}/proof", proof, f"credit-{member}", row), languages)


def _render(page: Page, subject: Subject, languages: str) -> str:
    """In the page's language or, when `languages` asks for both, with a second sheet in the other one."""
    others = [language for language in LANGUAGES if language != page.language] if languages == BOTH else []
    pages = [page, *(_translate(page, language) for language in others)]
    digest = sha256(subject.proof).hexdigest()
    address = f"{page.origin}{subject.place}/certificate"
    return render_page(
        page,
        "certificate.html",
        "contracts" if subject.kind == "contract" else "public",
        subject=subject,
        sheets=[Markup(_render_sheet(one, subject, address, digest, is_first=one is page)) for one in pages],  # noqa: S704  # a template's
        is_both=bool(others),
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
        limits=[line.removeprefix(page.say("proof.not_proved")) for line in verdict["not_proved_sentences"]],
        address=address,
        proof_digest=digest,
        code=draw_code(f"{address}#sha256={digest}"),
    )


def draw_code(text: str) -> Markup:
    """Return a QR code (ISO/IEC 18004, M) as SVG, white ground and margin included: it is read in the dark theme too.

    A digest after `#` stays with the reader: a browser that follows the address does not send it.
    """
    code = segno.make_qr(text, error="m")
    svg = code.svg_inline(border=4, light="#fff", omitsize=True, svgclass="qr", lineclass=None)
    return Markup(svg)  # noqa: S704  # drawn here; the text is not in it
