"""Certificates on screen and on paper; what a returning browser is told of a node that it has seen before."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from msgspec.structs import replace
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from concordat.console.words import WORDS
from concordat.contracts.text import Language
from concordat.crypto.checkpoint import Checkpoint, make_node_signature, render_signed_note
from concordat.crypto.proof import Proof, encode_proof, read_proof
from concordat.node import proofs
from console.scene import Scene

from .visits import end, open_context

pytestmark = pytest.mark.browser

PHONE_WIDTH = 360
STORED = "localStorage.getItem('concordat.seen')"
UNTIL_STORED = f"""(text) => new Promise((done) => {{
  const timer = setInterval(() => {{
    const stored = {STORED};
    if (stored === null || !stored.includes(text)) return;
    clearInterval(timer);
    done(stored);
  }}, 20);
}})"""
"""What the browser remembers, once that has the text. The console's policy allows no `wait_for_function`."""


def check_accessible(page: Page, width: int) -> None:
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", ["/contracts/9/certificate", "/members/maple-ridge/certificate"])
@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh", PHONE_WIDTH)])
def test_a_certificate_is_read_on_a_screen_and_printed_on_one_sheet_a_language(
    browser: Browser, address: str, path: str, language: Language, width: int
) -> None:
    context = open_context(browser, address, scripts=True, width=width)
    page = context.new_page()
    page.goto(f"{address}{path}?lang={language}")
    check_accessible(page, width)
    assert count_pages(page) == 1
    page.emulate_media(media="print")
    assert page.locator(".actions, .nav, .foot").evaluate_all("all => all.every((one) => !one.offsetParent)")
    assert page.locator(".qr").is_visible()
    address_part, _, digest = read_code(page).partition("#sha256=")
    assert address_part == f"{address}{path}"
    assert digest in page.inner_text("article")
    page.goto(f"{address}{path}?lang={language}&languages=both")
    assert count_pages(page) == 2
    end(context)


def read_code(page: Page) -> str:
    """What a reader of QR codes sees on the page."""
    image = Image.open(BytesIO(page.locator(".qr").screenshot()))
    # Asked for everything, the reader now and then takes some rows of the code for a bar code.
    (found,) = zxingcpp.read_barcodes(image, zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return found.text


def count_pages(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))


def test_without_scripts_a_stranger_takes_the_proof_file_home(browser: Browser, address: str, scene: Scene) -> None:
    context = browser.new_context(java_script_enabled=False, accept_downloads=True)
    page = context.new_page()
    page.goto(f"{address}/members/maple-ridge/certificate?lang=en")
    with page.expect_download() as download:
        page.click("a[download='credit-maple-ridge.proof']")
    assert Path(download.value.path()).read_bytes() == proofs.make_credit_proof(scene.node, "maple-ridge")
    page.goto(f"{address}/verify?lang=en")
    assert WORDS["en"]["seen.needs_script"] in page.inner_text("#verifier")
    end(context)


# ── what a browser has seen ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A stranger's browser, under the console's own policy."""
    found = browser.new_context(locale="en")
    yield found
    end(found)


def get_checkpoint(scene: Scene) -> Checkpoint:
    return read_proof(proofs.make_checkpoint_proof(scene.node)).checkpoint


def sign(scene: Scene, checkpoint: Checkpoint) -> str:
    key = scene.node.key
    return render_signed_note(checkpoint, make_node_signature(checkpoint, key.public_key, key.sign))


def return_with(context: BrowserContext, address: str, note: str) -> Page:
    """Come back with this note in the browser's memory."""
    page = context.new_page()
    page.goto(f"{address}/static/icon.svg")
    page.evaluate("note => localStorage.setItem('concordat.seen', note)", note)
    page.goto(f"{address}/public")
    return page


def be_real(context: BrowserContext, scene: Scene, **changes: object) -> Checkpoint:
    """Let the node answer as one whose clock is real, and whose checkpoint has these changes."""
    data = read_proof(proofs.make_checkpoint_proof(scene.node, get_checkpoint(scene).log_size - 1))
    checkpoint = replace(data.checkpoint, is_simulated=False, **changes)
    signature = make_node_signature(checkpoint, scene.node.key.public_key, scene.node.key.sign)
    proof = Proof(checkpoint, (signature,), data.entries, data.states, data.consistency)
    note = render_signed_note(checkpoint, signature)
    context.route("**/v1/checkpoint", lambda route: route.fulfill(body=note))
    context.route("**/v1/checkpoint/proof*", lambda route: route.fulfill(body=encode_proof(proof)))
    return checkpoint


def test_a_browser_keeps_what_it_has_seen_and_goes_on_from_it(
    context: BrowserContext, address: str, scene: Scene
) -> None:
    page = context.new_page()
    page.goto(f"{address}/proof")
    newest = page.evaluate(UNTIL_STORED, "")
    assert newest == proofs.render_checkpoint(scene.node)
    now = get_checkpoint(scene)
    sizes = scene.node.application.sizes
    assert sizes[now.height - 1] < now.log_size
    consistency = read_proof(proofs.make_checkpoint_proof(scene.node, sizes[now.height - 1])).consistency
    assert consistency is not None
    older = replace(now, height=now.height - 1, log_size=consistency.old_size, log_root=consistency.old_root)
    page = return_with(context, address, sign(scene, older))
    assert page.evaluate(UNTIL_STORED, f"height {now.height}") == newest
    assert page.locator(".seen").count() == 0


def test_a_rewritten_history_is_told_by_name_with_the_key_and_both_checkpoints(
    context: BrowserContext, address: str, scene: Scene
) -> None:
    now = be_real(context, scene)
    seen = sign(scene, replace(now, height=now.height - 1, log_size=now.log_size - 1, log_root=bytes(32)))
    page = return_with(context, address, seen)
    page.wait_for_selector(".seen")
    banner = page.locator(".seen")
    assert WORDS["en"]["seen.rewritten"] in banner.inner_text()
    assert WORDS["en"]["seen.behind"] not in banner.inner_text()
    page.click(".seen summary")
    told = banner.inner_text()
    assert scene.node.key.public_key.hex() in told
    assert page.locator("[data-value=seen]").text_content() == seen
    assert page.locator("[data-value=now]").text_content() == sign(scene, now)
    assert page.evaluate(STORED) == seen  # the evidence stays
    page.reload()
    page.wait_for_selector(".seen.bad")
    page.click(".seen button")
    page.reload()
    page.wait_for_load_state("networkidle")
    assert page.locator(".seen").count() == 0


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("behind", {"height": 10**6}),
        ("other_chain", {"chain_id": bytes(32)}),
    ],
)
def test_a_lower_ledger_and_another_chain_have_their_own_names(
    context: BrowserContext, address: str, scene: Scene, name: str, changes: dict[str, object]
) -> None:
    now = be_real(context, scene)
    page = return_with(context, address, sign(scene, replace(now, **changes)))
    page.wait_for_selector(".seen")
    assert page.locator(".seen h2").all_inner_texts() == [f"▲ {WORDS['en'][f'seen.{name}']}"]


def test_another_key_proves_nothing_about_what_was_seen(context: BrowserContext, address: str, scene: Scene) -> None:
    now = be_real(context, scene)
    older = replace(now, height=now.height - 1)
    note = sign(scene, older)
    body, _, line = note.rpartition(" ")
    page = return_with(context, address, f"{body} {line[:-8]}{'AAAA' if line[-8:-4] != 'AAAA' else 'BBBB'}{line[-4:]}")
    page.wait_for_selector(".seen")
    assert page.locator(".seen h2").all_inner_texts() == [f"▲ {WORDS['en']['seen.unproved']}"]
    assert len(b64decode(line)) == 68


def test_a_note_that_cannot_be_read_is_no_history(context: BrowserContext, address: str) -> None:
    page = return_with(context, address, "nothing of the kind")
    page.wait_for_selector(".seen.bad")
    assert page.locator(".seen h2").all_inner_texts() == [f"▲ {WORDS['en']['seen.unproved']}"]


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh", PHONE_WIDTH)])
def test_two_histories_of_a_simulated_ledger_are_told_as_such_and_a_new_play_only_as_a_possibility(
    browser: Browser, address: str, scene: Scene, language: Language, width: int
) -> None:
    context = open_context(browser, address, scripts=True, width=width, language=language)
    now = get_checkpoint(scene)
    seen = sign(scene, replace(now, height=now.height - 1, log_size=now.log_size - 1, log_root=bytes(32)))
    page = return_with(context, f"{address}", seen)
    page.goto(f"{address}/contracts?lang={language}")
    page.wait_for_selector(".seen.bad")
    assert page.locator(".seen h2").all_inner_texts() == [f"▲ {WORDS[language]['seen.rewritten']}"]
    told = page.locator(".seen").inner_text()
    order = [told.index(WORDS[language][f"seen.{key}"]) for key in ("rewritten_text", "next", "simulated")]
    assert order == sorted(order)
    page.click(".seen summary")
    assert page.locator("[data-value=seen]").text_content() == seen
    assert page.locator("[data-value=now]").text_content() == proofs.render_checkpoint(scene.node)
    check_accessible(page, width)
    page.click(".seen button")
    assert page.locator(".seen").count() == 0
    assert page.evaluate(STORED) == proofs.render_checkpoint(scene.node)
    end(context)
