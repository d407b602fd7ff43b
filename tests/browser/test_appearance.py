"""How pages look and move: no shift while they load, both themes, paper, a phone, and one list that is live."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from concordat.protocol.families.datasets import Register
from console.scene import AIR, Scene

from .visits import click_through, end, open_context

pytestmark = pytest.mark.browser


def get_style(page: Page, selector: str, name: str) -> str:
    return str(page.eval_on_selector(selector, f"one => getComputedStyle(one).{name}"))


def test_a_page_is_dark_from_its_first_paint_and_white_on_paper(browser: Browser, address: str) -> None:
    context = open_context(browser, address, scripts=True, width=1280, theme="dark")
    page = context.new_page()
    page.goto(f"{address}/contracts/9")
    assert get_style(page, "html", "backgroundColor") == "rgb(16, 22, 28)"
    page.emulate_media(media="print")
    assert get_style(page, "html", "backgroundColor") == "rgb(255, 255, 255)"
    assert [get_style(page, one, "display") for one in ("nav", ".find", ".themes", ".actions")] == ["none"] * 4
    assert page.is_visible("h2:text-is('Obligations')")
    page.emulate_media(media="screen")
    click_through(page, ".themes a:text-is('light')")
    assert get_style(page, "html", "backgroundColor") == "rgb(255, 255, 255)"
    page.goto(f"{address}/members")
    assert get_style(page, "html", "backgroundColor") == "rgb(255, 255, 255)"
    end(context)


def test_the_map_of_a_phone_is_read_at_its_size(browser: Browser, address: str) -> None:
    context = open_context(browser, address, scripts=True, width=360)
    page = context.new_page()
    page.goto(f"{address}/")
    assert not page.is_visible(".map.wide")
    box = page.locator(".map.narrow").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    heights = page.eval_on_selector_all(
        ".map.narrow .tile-name", "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert min(heights) >= 12
    end(context)


def test_search_is_done_by_keyboard_alone(browser: Browser, address: str) -> None:
    context = open_context(browser, address, scripts=False, width=1280)
    page = context.new_page()
    page.goto(f"{address}/?lang=en")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.type("silver")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.focus(".skip")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_load_state()
    assert page.url == f"{address}/members/silver-plain"
    end(context)


def test_keys_lead_to_the_search_and_to_pages_and_can_be_turned_off(browser: Browser, address: str) -> None:
    context = open_context(browser, address, scripts=True, width=1280)
    page = context.new_page()
    page.goto(f"{address}/?lang=en")
    page.wait_for_selector("#keys-show")
    page.keyboard.press("/")
    page.keyboard.type("?g/m")  # typed, not obeyed
    assert page.input_value("#q") == "?g/m"
    page.focus("#keys-show")
    page.keyboard.press("?")
    assert page.is_visible("#keys h2")
    page.keyboard.press("Escape")
    assert not page.is_visible("#keys h2")
    page.keyboard.press("g")
    with page.expect_navigation():
        page.keyboard.press("m")
    assert page.url == f"{address}/members"
    page.wait_for_selector("#keys-show")
    page.keyboard.press("?")
    page.click("#keys [aria-pressed=true]")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "q"
    end(context)


def register(scene: Scene, version: int) -> None:
    scene.act("silver-plain", Register("tide-gauges", version, AIR, bytes([version]) * 32, 1, 1, bytes(32), bytes(32)))


def test_activity_comes_by_itself_and_waits_for_who_reads(browser: Browser, address: str, scene: Scene) -> None:
    context = open_context(browser, address, scripts=False, width=1280)
    quiet = context.new_page()
    quiet.goto(f"{address}/activity?lang=en")
    assert quiet.locator("#live li").count() == 40
    end(context)
    context = open_context(browser, address, scripts=True, width=1280)
    page = context.new_page()
    with page.expect_response(lambda answer: "/v1/events" in answer.url):
        page.goto(f"{address}/activity?lang=en")
    register(scene, 1)
    page.wait_for_selector("text=Silver Plain registered version 1 of tide-gauges", timeout=20_000)
    page.focus("#live a >> nth=0")
    register(scene, 2)
    page.wait_for_selector("#news button", state="visible", timeout=20_000)
    assert not page.is_visible("text=Silver Plain registered version 2 of tide-gauges")
    page.click("#news button")
    page.wait_for_selector("text=Silver Plain registered version 2 of tide-gauges")
    assert not page.is_visible("#news")
    context.close()
