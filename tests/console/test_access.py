"""Default deny: every page that is not open to all asks its twin under `/v1`."""

from __future__ import annotations

import pytest

from concordat.api.server import make_app

from .scene import Scene, get_key
from .visitor import PAGES, Visitor

OPEN = {"/", "/codes", "/proof", "/login", "/settings", "/verify", "/verify?of=%2Fv1%2Fcontracts%2F9%2Fproof"}
FOR_EVERYBODY = {path for path in PAGES if path.startswith("/public")}


@pytest.mark.parametrize("path", [path for path in PAGES if path not in OPEN and path not in FOR_EVERYBODY])
def test_public_is_asked_to_sign_in(told: Scene, path: str) -> None:
    with Visitor(told.node) as visitor:
        page = visitor.open(path)
        assert visitor.status == 401
        assert "This page is for members." in page.text
        assert "/login" in page.links()
        for member in ("Maple Ridge", "Ferry", "北台"):
            assert member not in page.text


@pytest.mark.parametrize("path", sorted(OPEN))
def test_open_pages_name_no_member(told: Scene, path: str) -> None:
    with Visitor(told.node) as visitor:
        page = visitor.open(path)
        assert visitor.status == 200
        assert "Maple Ridge" not in page.text


def test_the_open_pages_offer_no_page_that_is_closed(told: Scene) -> None:
    with Visitor(told.node) as visitor:
        for path in sorted(OPEN | FOR_EVERYBODY):
            links = {link.split("?")[0].split("#")[0] for link in visitor.open(path).links()} - {""}
            assert {link for link in links if visitor.client.get(link).status_code != 200} == set(), path
        assert "everyone can check" not in visitor.open("/").text


def test_a_stranger_learns_how_to_take_part(told: Scene) -> None:
    with Visitor(told.node) as visitor:
        assert "concordat tx membership.apply application.json --key officer.key --node http" in visitor.open("/").text


def test_applicant_reads_its_own_pages_only(told: Scene) -> None:
    with Visitor(told.node) as visitor:
        page = visitor.come_in(get_key("amber-coast"))
        assert visitor.status == 200
        assert "Officer of Amber Coast" in page.text
        assert "/members/amber-coast" in page.links()
        assert "Maple Ridge" not in page.text
        for path, status in {
            "/members/amber-coast": 200,
            "/ledger?member=amber-coast": 200,
            "/members/azure-bay": 403,
            "/members": 403,
            "/contracts": 403,
            "/ledger": 403,
            "/ledger/3": 403,
            "/search?q=bay": 403,
        }.items():
            visitor.open(path)
            assert visitor.status == status, path


def test_every_route_of_the_console_is_known_here(told: Scene) -> None:
    paths = {route.path for route in make_app(told.node).routes if not route.path.startswith("/v1/")}
    assert paths == {
        "/",
        "/members",
        "/members/{member:str}",
        "/contracts",
        "/contracts/{number:int}",
        "/contracts/{number:int}/certificate",
        "/contracts/{number:int}/certificate.pdf",
        "/members/{member:str}/certificate",
        "/members/{member:str}/certificate.pdf",
        "/members/{member:str}/behaviors",
        "/behaviors",
        "/public/ballots/{number:int}",
        "/behaviors/{position:int}/{number:int}",
        "/datasets",
        "/datasets/{owner:str}/{name:str}",
        "/ledger",
        "/ledger/{position:int}",
        "/ballots",
        "/ballots/{number:int}",
        "/activity",
        "/network",
        "/settings",
        "/settings/notices",
        "/codes",
        "/proof",
        "/verify",
        "/verify/offline",
        "/static/{version:str}/{name:str}",
        "/search",
        "/public",
        "/public/members/{member:str}",
        "/public/members/{member:str}/object",
        "/public/objections",
        "/objections/{member:str}/{number:int}",
        "/sign/{action:str}/wait",
        "/login",
        "/logout",
        "/act",
        "/sign/{action:str}",
        "/static/{name:str}",
        "/{path:path}",
    }
