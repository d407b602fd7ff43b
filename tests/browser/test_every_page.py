"""Every page that links lead to, in every corner: language, theme, width, with scripts and without.

A page that somebody adds is found by its link. Accessible by axe, nothing moves while it loads, nothing is wider than
the screen, nobody else is asked, and the browser has nothing to complain of.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Browser, BrowserContext, Page, Request

from console.scene import Scene
from console.visitor import PAGES, Visitor
from console.walk import find_pages, find_shapes

from .visits import click_through, end, open_context

pytestmark = pytest.mark.browser

WIDTHS = (1280, 360)
SHIFT_MAX = 0.02
COUNT_SHIFTS = """
window.shifted = 0;
new PerformanceObserver(found => found.getEntries().forEach(one => { window.shifted += one.value; }))
  .observe({type: "layout-shift", buffered: true});
"""
AXE = Axe().axe_script
RUN_AXE = """async (options) => (await axe.run(options)).violations.map(
  one => `${one.id}: ${one.nodes.slice(0, 3).map(node => node.target)}`)"""
OPEN_DETAILS = "document.querySelectorAll('details').forEach(one => { one.open = true })"

NOTHING = ("/members/nobody", "/nowhere", "/contracts?after=1", "/ledger?before=0", "/search", "/search?q=zzzz")
"""What is not there, and lists without rows."""

NO_PAGES = {
    *("/act", "/logout", "/static/{name:str}", "/static/{version:str}/{name:str}", "/verify/offline"),
    *("/settings/notices", "/sign/{action:str}", "/sign/{action:str}/wait"),
}
"""Routes that answer with no page, or with one that an action leads to: those are visited apart."""


@pytest.fixture(scope="module")
def pages(scene: Scene) -> list[str]:
    """An officer's pages: what links lead to, the states that tests name, and what is not there."""
    with Visitor(scene.node) as visitor:
        visitor.sign_in()
        return list(dict.fromkeys([*find_pages(visitor, ["/", "/public"]), *PAGES, *NOTHING]))


@pytest.fixture(scope="module")
def open_pages(scene: Scene) -> list[str]:
    """A stranger's pages, and one that is closed to her."""
    with Visitor(scene.node) as visitor:
        return [*find_pages(visitor, ["/", "/public"]), "/members"]


def test_every_route_is_found_by_walking_links(scene: Scene, pages: list[str]) -> None:
    with Visitor(scene.node) as visitor:
        visitor.sign_in()
        shapes = {shape for shape in find_shapes(visitor) if "{" not in shape}
        assert shapes - NO_PAGES <= {page.split("?")[0] for page in pages}
        holes = {shape.split("{")[0] for shape in find_shapes(visitor) if "{" in shape} - {"/static/", "/sign/"}
        assert [start for start in holes if not any(page.startswith(start) for page in pages)] == []


class Watch:
    """What a context asks others, and what it complains of. That an absent page is absent is no complaint."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.found: list[str] = []
        context.on("request", self.note)
        context.on("console", lambda said: self.complain(said.type, said.text))
        context.on("weberror", lambda error: self.found.append(str(error.error)))

    def note(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.found.append(f"asks {request.url}")

    def complain(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and "the server responded with a status of 40" not in text:
            self.found.append(text)


def look(page: Page, path: str, width: int) -> Iterator[str]:
    """Yield what axe finds in a page; in its second theme only colors can differ."""
    for theme, options in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
        # Without motion, since colors on their way from one theme to the other are those of neither.
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of two
        for violation in page.evaluate(RUN_AXE, {"resultTypes": ["violations"]} | options):
            yield f"{path} at {width}, {theme}: {violation}"
    page.emulate_media(color_scheme="light")


def visit(page: Page, address: str, path: str, language: str, width: int) -> Iterator[str]:
    """Yield what is wrong with a page in one language and width.

    Axe takes its time: it looks at English on a wide screen and at Chinese on a phone, which have all words and shapes.
    """
    page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
    if page.evaluate("document.documentElement.scrollWidth") > width:
        yield f"{path} is wider than {width}"
    if (shift := page.evaluate("window.shifted")) > SHIFT_MAX:
        yield f"{path} at {width} moves by {shift}"
    if (language == "en") == (width == max(WIDTHS)):
        page.evaluate(OPEN_DETAILS)
        page.evaluate(AXE)
        yield from look(page, path, width)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_is_sound(
    browser: Browser, address: str, pages: list[str], language: str, width: int
) -> None:
    context = open_context(browser, address, scripts=True, width=width)
    watch = Watch(context, address)
    page = context.new_page()
    page.add_init_script(COUNT_SHIFTS)
    page.goto(f"{address}/contracts/12")
    click_through(page, "main .mine button.first")  # an action to sign, and its waiting page
    signing = page.url.removeprefix(address).split("?")[0]
    for path in (*pages, signing, f"{signing}/wait"):
        watch.found += visit(page, address, path, language, width)
    end(context)
    assert watch.found == [], "\n".join(watch.found)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_strangers_pages_are_sound(browser: Browser, address: str, open_pages: list[str], width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    watch = Watch(context, address)
    page = context.new_page()
    page.add_init_script(COUNT_SHIFTS)
    for path in open_pages:
        watch.found += visit(page, address, path, "zh" if width == min(WIDTHS) else "en", width)
    end(context)
    assert watch.found == [], "\n".join(watch.found)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_without_scripts_every_page_is_whole(
    browser: Browser, address: str, pages: list[str], language: str, width: int
) -> None:
    context = open_context(browser, address, scripts=False, width=width)
    watch = Watch(context, address)
    page = context.new_page()
    for path in pages:
        page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
        if page.evaluate("document.documentElement.scrollWidth") > width:
            watch.found.append(f"{path} is wider than {width}")
        if page.locator("h1").count() != 1 or not page.inner_text("main").strip():
            watch.found.append(f"{path} says nothing")
    end(context)
    assert watch.found == [], "\n".join(watch.found)
