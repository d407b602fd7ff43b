"""Certificates: a sheet to print, and the very proof file that it tells."""

from __future__ import annotations

import re
from base64 import b64decode
from hashlib import sha256
from io import BytesIO

import pypdf
import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pytest
import zxingcpp

from concordat.console.certificate import draw_code
from concordat.console.words import WORDS
from concordat.contracts.text import Language
from concordat.crypto.proof import Trust
from concordat.paper.certificate import make_certificate
from concordat.verifier.verdict import compute_verdict
from concordat.wording.sentences import CATALOGS

from .scene import Scene
from .visitor import Document, Visitor

CONTRACT, MEMBER = "/contracts/9/certificate", "/members/maple-ridge/certificate"


def take_file(page: Document) -> bytes:
    """The proof file that hangs on the page."""
    href = next(link for link in page.links() if link.startswith("data:"))
    return b64decode(href.removeprefix("data:application/octet-stream;base64,"))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", [CONTRACT, MEMBER])
def test_a_certificate_tells_its_own_proof_file(
    visitor: Visitor, told: Scene, path: str, language: Language
) -> None:
    page = visitor.open(f"{path}?lang={language}")
    assert visitor.status == 200
    data = take_file(page)
    verdict = compute_verdict(data, Trust(genesis=told.node.genesis_bytes), language)
    assert verdict["code"] == "ok"
    assert sha256(data).hexdigest() in page.text
    assert verdict["chain_id"] in page.text
    assert CATALOGS[language]["verdict.simulated"] in page.text
    assert verdict["authority_sentence"] in page.text
    for entry in verdict["entries"]:
        assert entry["sentence"] in page.text
    for one in verdict["signatures"]:
        assert one["signer"] in page.text
    for sentence in verdict["not_proved_sentences"]:
        assert sentence.removeprefix(WORDS[language]["proof.not_proved"]) in page.text
    assert f"testserver.local{path}" in page.text
    assert [tag for tag, _ in page.tags].count("h1") == 1
    assert [tag for tag, _ in page.tags].count("svg") == 1
    assert not [values for _, values in page.tags if "style" in values]


def test_a_contracts_certificate_names_who_signed_and_the_digest_of_what(visitor: Visitor, told: Scene) -> None:
    page = visitor.open(CONTRACT)
    row = visitor.client.get("/v1/contracts/9").json()
    verdict = compute_verdict(take_file(page), Trust(genesis=told.node.genesis_bytes), "en")
    assert row["document"] in page.text
    assert {one["member"] for one in verdict["signatures"]} == set(row["parties"])
    assert all(f"({party})" in page.text for party in row["parties"])
    assert CATALOGS["en"][f"status.contract.{row['status']}"] in page.text


def test_both_languages_stand_on_it_when_asked_for(visitor: Visitor) -> None:
    page = visitor.open(f"{CONTRACT}?languages=both&lang=zh")
    sheets = re.findall(r'<article class="sheet" lang="([A-Za-z-]+)">', page.html)
    assert sheets == ["zh-CN", "en"]
    assert [tag for tag, _ in page.tags].count("h1") == 1
    for language in ("zh", "en"):
        not_proved = CATALOGS[language]["certificate.not_paper"]
        assert not_proved.removeprefix(WORDS[language]["proof.not_proved"]) in page.text


def test_a_stranger_takes_a_members_certificate_and_no_contracts(told: Scene) -> None:
    row = told.node.application.state.members[("maple-ridge",)]
    keys = [key.hex() for (key,), _ in told.node.application.state.officers.items()]
    with Visitor(told.node) as visitor:
        page = visitor.open(MEMBER)
        assert visitor.status == 200
        data = take_file(page)
        for secret in [row.code, row.dossier.hex(), *keys]:
            assert secret not in page.html
            assert secret.encode() not in data
        found = compute_verdict(data, Trust(genesis=told.node.genesis_bytes), "en")
        assert [state["table"] for state in found["states"]] == ["credits"]
        assert data == visitor.client.get("/v1/public/members/maple-ridge/proof").content
        assert MEMBER in visitor.open("/public/members/maple-ridge").links()
        visitor.open(CONTRACT)
        assert visitor.status == 401
        visitor.open("/members/amber-coast/certificate")  # an applicant has no public facts
        assert visitor.status == 404


def fetch_pdf(visitor: Visitor, path: str) -> tuple[bytes, str, bytes]:
    """A certificate as PDF, its text without line breaks, and the file that hangs on it."""
    response = visitor.client.get(path)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/pdf")
    reader = pypdf.PdfReader(BytesIO(response.content))
    ((name, (file,)),) = reader.attachments.items()
    assert name == f"{sha256(file).hexdigest()[:16]}.proof"
    return response.content, strip("".join(page.extract_text() for page in reader.pages)), file


def strip(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", [CONTRACT, MEMBER])
def test_a_pdf_tells_the_proof_file_that_hangs_on_it(
    visitor: Visitor, told: Scene, path: str, language: Language
) -> None:
    _, text, file = fetch_pdf(visitor, f"{path}.pdf?lang={language}")
    verdict = compute_verdict(file, Trust(genesis=told.node.genesis_bytes), language)
    assert verdict["code"] == "ok"
    said = [
        CATALOGS[language]["verdict.simulated"],
        CATALOGS[language]["certificate.not_paper"],
        verdict["authority_sentence"],
        *verdict["not_proved_sentences"],
        *(one["sentence"] for one in (*verdict["entries"], *verdict["states"])),
        *(one["signer"] for one in verdict["signatures"]),
        verdict["chain_id"],
        sha256(file).hexdigest(),
        f"testserver.local{path}",
    ]
    assert [sentence for sentence in said if strip(sentence) not in text] == []


def test_the_code_of_a_pdf_is_read_back_as_address_and_digest(visitor: Visitor) -> None:
    data, _, file = fetch_pdf(visitor, f"{CONTRACT}.pdf?languages=both&lang=zh")
    with pypdfium2.PdfDocument(data) as document:
        assert len(document) == 2
        for page in document:
            formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)  # or it takes rows of it for bar codes
            (found,) = zxingcpp.read_barcodes(page.render(scale=2).to_pil(), formats)
            assert found.text == f"http://testserver.local{CONTRACT}#sha256={sha256(file).hexdigest()}"


def test_one_proof_file_has_one_pdf_by_whomever_it_is_made(visitor: Visitor, told: Scene) -> None:
    data, _, file = fetch_pdf(visitor, f"{MEMBER}.pdf?languages=both&lang=en")
    address = f"http://testserver.local{MEMBER}"
    assert make_certificate(file, Trust(genesis=told.node.genesis_bytes), address, ["en", "zh"]) == data
    assert f"{MEMBER}.pdf" in visitor.open(MEMBER).links()


def test_the_code_is_drawn_without_style_and_readable_in_the_dark() -> None:
    svg = draw_code("https://node.example/contracts/9/certificate#sha256=" + "0a" * 32)
    assert svg.startswith("<svg ")
    assert 'fill="#fff"' in svg
    assert "style" not in svg
    assert draw_code("a") != draw_code("b")
