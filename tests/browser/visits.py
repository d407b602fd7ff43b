"""Browsers of officers: how they are opened, and how they are closed."""

from __future__ import annotations

from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Page

from console.scene import PASSWORD

Theme = Literal["light", "dark"]


def open_context(
    browser: Browser, address: str, *, scripts: bool, width: int, language: str = "en", theme: Theme = "light"
) -> BrowserContext:
    """A browser of an officer who has signed in by password."""
    context = browser.new_context(
        java_script_enabled=scripts,
        viewport={"width": width, "height": 900},
        locale=language,
        color_scheme=theme,
    )
    page = context.new_page()
    page.goto(f"{address}/login")
    page.fill("#officer", "l-officer")
    page.fill("#password", PASSWORD)
    click_through(page, "main form button")
    return context


def click_through(page: Page, selector: str) -> None:
    """Click what leads to another page, and wait until that has loaded: a click alone comes back before it."""
    with page.expect_navigation(wait_until="load"):
        page.click(selector)


def end(context: BrowserContext) -> None:
    """Close a browser; a page that is closed while it loads may never answer."""
    for page in context.pages:
        page.wait_for_load_state("load")
    context.close()
