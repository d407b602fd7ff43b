from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from console.scene import PASSWORD, Scene

from .visits import click_through, end, open_context

pytestmark = pytest.mark.browser


def go(page: Page, address: str, path: str, language: str) -> None:
    page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")


def test_an_officer_signs_without_a_script(browser: Browser, address: str, scene: Scene) -> None:
    context = open_context(browser, address, scripts=False, width=1280)
    page = context.new_page()
    page.goto(f"{address}/?lang=en")
    click_through(page, "text=Accept or object to the delivery for obligation 3 of C-0009")
    click_through(page, "button:text-is('Accept')")
    assert page.is_visible("text=accepts the delivery for obligation 3")
    page.fill("#password", PASSWORD)
    click_through(page, "text=Sign and submit")
    assert page.is_visible("h1:text-is('Signed and recorded')")
    click_through(page, "text=To contract C-0009")
    assert page.is_visible("text=3 of 6 duties closed")
    end(context)
    assert scene.node.application.state.duties[(9, 3)].status == "kept"


def test_keyboard_reaches_the_content_and_the_first_thing_that_waits(browser: Browser, address: str) -> None:
    context = open_context(browser, address, scripts=True, width=1280)
    page = context.new_page()
    go(page, address, "/", "en")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert "C-0012" in page.evaluate("document.activeElement.textContent")
    end(context)
