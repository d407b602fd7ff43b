"""A certificate: what one proof file proves, on paper, with the file itself attached.

It says what `concordat verify` says of that file, and nothing that is not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from concordat.contracts.text import Language, show_time
from concordat.crypto.proof import Trust
from concordat.errors import Corrupt
from concordat.paper.sheet import Sheet
from concordat.primitives.plain import Json
from concordat.verifier.verdict import compute_verdict
from concordat.wording.sentences import render


def make_certificate(proof: bytes, trust: Trust | None, address: str, languages: Sequence[Language]) -> bytes:
    """Return the PDF, a sheet for each language; `address` is where the reader finds the page that it is of.

    Raises:
        Corrupt: `proof.*` when the file does not prove anything by this trust.
    """
    digest = sha256(proof).hexdigest()
    name = f"{digest[:16]}.proof"
    sheet = Sheet(render("certificate.title", languages[0]))
    for language in languages:
        verdict = compute_verdict(proof, trust, language)
        if not verdict["valid"]:
            raise Corrupt(f"proof.{verdict['code']}", digest)
        sheet.begin(language, f"{render('certificate.file', language)} {digest}", f"{address}#sha256={digest}")
        _draw_contents(sheet, verdict, language, address, digest, name)
    sheet.attach(name, proof)
    return sheet.finish()


def _draw_contents(sheet: Sheet, verdict: Json, language: Language, address: str, digest: str, name: str) -> None:
    sheet.heading(render("certificate.title", language), 20)
    if verdict["simulated"]:
        sheet.paragraph(render("verdict.simulated", language), 11)
    sheet.paragraph(verdict["authority_sentence"])
    sheet.paragraph(render("certificate.code_text", language))
    sheet.heading(render("verifier.proved", language))
    for one in verdict["entries"]:
        sheet.paragraph(f"{one['sentence']} · {show_time(one['time'], language)}", mark="–")
    for one in verdict["states"]:
        if one["sentence"]:
            sheet.paragraph(one["sentence"], mark="–")
    sheet.heading(render("certificate.facts", language))
    sheet.pairs(_list_facts(verdict, language, address, digest))
    sheet.heading(render("verifier.not_proved", language))
    for sentence in (*verdict["not_proved_sentences"], render("certificate.not_paper", language)):
        sheet.paragraph(sentence, mark="–")
    sheet.heading(render("verifier.title", language))
    sheet.paragraph(f"{render('certificate.check', language)} concordat verify {name} --trust genesis.json")
    sheet.paragraph(render("certificate.attached", language, name))


def _list_facts(verdict: Json, language: Language, address: str, digest: str) -> list[tuple[str, list[str]]]:
    signers = dict.fromkeys((one["signer"], one["member"]) for one in verdict["signatures"])
    signed = [line for key, member in signers for line in (member, key) if line]
    cosigned = [
        line
        for one in verdict["witnesses"]
        for line in (f"{one['name']} · {show_time(one['time'], language)}", one["key"])
    ]
    return [
        (render("verifier.signers", language), signed or [render("certificate.ledger_only", language)]),
        *([(render("verifier.witnesses", language), cosigned)] if cosigned else []),
        (render("certificate.height", language), [f"{verdict['height']:,} · {show_time(verdict['time'], language)}"]),
        (render("certificate.file", language), [digest]),
        (render("verifier.chain", language), [verdict["chain_id"]]),
        (render("certificate.address", language), [address]),
    ]
