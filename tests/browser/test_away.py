"""On a phone without scripts, in either language: an officer goes away and says who stands in, and how she is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from concordat.client.keys import read_key, save_key
from concordat.console.words import WORDS
from concordat.contracts.text import Language
from concordat.wording.sentences import CATALOGS
from journeys.stranger import ask
from journeys.test_away import FOUNDERS, add_deputy
from journeys.town import Town, open_town

from .test_citizen_and_clerk import PASSWORD, is_narrow_enough, read, visiting
from .visits import click_through

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def test_who_goes_away_says_who_stands_in_and_takes_it_back(browser: Browser, tmp_path: Path) -> None:
    with open_town(tmp_path, FOUNDERS, ()) as town:
        deputy = add_deputy(town)
        for language in LANGUAGES:
            with visiting(browser, locale="en" if language == "en" else "zh-CN", viewport=PHONE) as page:
                sign_in(page, town, language)
                grant_and_end(page, town, language)
                delegate_and_take_back(page, town, language, deputy)
                set_mail(page)


def sign_in(page: Page, town: Town, language: str) -> None:
    folder, store = town.folder / "brickyard", town.node / "keys" / "officers"
    if not store.exists():
        store.mkdir(parents=True)
        save_key(store / "chief.key", read_key((folder / "officer.key").read_bytes(), "officer.key"), PASSWORD)
        assert ask("key", "show", "officer.key", folder=folder)
    page.goto(f"{town.url}/login?lang={language}")
    page.fill("#officer", "chief")
    page.fill("#password", PASSWORD)
    click_through(page, "main form button")


def sign_here(page: Page) -> None:
    assert is_narrow_enough(page)
    page.fill("#password", PASSWORD)
    click_through(page, "main form button.first")


def grant_and_end(page: Page, town: Town, language: Language) -> None:
    words, role = WORDS[language], CATALOGS[language]["role.data"]
    told = words["duties.granted"].partition("{until}")[0].format(role=role)
    page.goto(f"{town.url}/settings")
    page.locator("summary", has_text=words["duties.grant"]).last.click()
    form = page.locator("details[open] form")
    form.locator("select").select_option("data")
    form.locator("input[type=date]").fill("2031-04-01")
    with page.expect_navigation():
        form.locator("button").click()
    sign_here(page)
    page.goto(f"{town.url}/settings")
    assert told in read(page)
    click_through(page, f"main >> text={words['duties.end']}")
    sign_here(page)
    page.goto(f"{town.url}/settings")
    assert told not in read(page)


def delegate_and_take_back(page: Page, town: Town, language: Language, deputy: str) -> None:
    words = WORDS[language]
    told = words["duties.stands_in"].partition("{")[0]
    page.goto(f"{town.url}/settings")
    page.locator("summary", has_text=words["duties.to"]).click()
    page.select_option("#away-to", deputy)
    form = page.locator("details[open] form")
    form.locator("input[name=role-contracts]").check()
    page.fill("#away-until", "2031-04-01")
    assert is_narrow_enough(page)
    with page.expect_navigation():
        form.locator("button").click()
    sign_here(page)
    page.goto(f"{town.url}/settings")
    section = page.locator("section[aria-labelledby=away]")
    assert told in section.inner_text()
    assert CATALOGS[language]["role.contracts"] in section.inner_text()
    click_through(page, f"main >> text={words['duties.withdraw']}")
    sign_here(page)
    page.goto(f"{town.url}/settings")
    assert words["duties.withdraw"] not in read(page)


def set_mail(page: Page) -> None:
    section = "section[aria-labelledby=notices]"
    page.fill("#notices-address", "chief@brickyard.example")
    page.select_option("#notices-when", "daily")
    page.locator("input[name=of-vote]").uncheck()
    click_through(page, f"{section} button.first")
    assert page.input_value("#notices-address") == "chief@brickyard.example"
    assert page.input_value("#notices-when") == "daily"
    assert not page.locator("input[name=of-vote]").is_checked()
    assert is_narrow_enough(page)
    click_through(page, f"{section} button:not(.first)")
    assert page.input_value("#notices-address") == ""
