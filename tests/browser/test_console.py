from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Browser, Page

from console.scene import PASSWORD, Scene
from console.visitor import PAGES

from .visits import Theme, click_through, end, open_context

pytestmark = pytest.mark.browser

PHONE_WIDTH = 360


def go(page: Page, address: str, path: str, language: str) -> None:
    page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_axe_finds_nothing_on_any_page_and_a_phone_needs_no_sideways_scrolling(
    browser: Browser, address: str, language: str, theme: Theme
) -> None:
    found: list[str] = []
    for width in (1280, PHONE_WIDTH):
        context = open_context(browser, address, scripts=True, width=width, theme=theme)
        page = context.new_page()
        page.goto(f"{address}/contracts/12")
        click_through(page, "main .mine button.first")  # an action to sign, and its waiting page
        signing = page.url.removeprefix(address).split("?")[0]
        for path in (*PAGES, "/members/nobody", signing, f"{signing}/wait"):
            go(page, address, path, language)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{path} is wider than {width}")
            page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
            for violation in Axe().run(page).response["violations"]:
                targets = [node["target"] for node in violation["nodes"]][:3]
                found.append(f"{path} at {width}: {violation['id']}: {targets}")
        end(context)
    assert found == [], "\n".join(found)


def test_pages_ask_nobody_else_and_break_no_rule_of_their_own(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.goto(f"{address}/login")
    page.fill("#officer", "l-officer")
    page.fill("#password", PASSWORD)
    click_through(page, "main form button")
    for path in PAGES:
        go(page, address, path, "en")
    end(context)
    assert len(asked) > len(PAGES)
    assert [url for url in asked if not url.startswith(address)] == []
    assert said == []  # a refusal by the content security policy would stand here


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
