"""Who may read what: nothing is open by accident, and a signature is good for one request."""

from __future__ import annotations

import pytest
from litestar.routes import HTTPRoute
from msgspec.structs import replace

from concordat.api.access import ACCESS, SESSION_COOKIE
from concordat.api.openapi import make_router
from concordat.client.clock import fetch_now_us
from concordat.client.keys import make_key
from concordat.client.requests import WINDOW_US, sign_request
from concordat.protocol.families.membership import (
    AddOfficer,
    Attest,
    RemoveOfficer,
    Sponsor,
    compute_possession_message,
)

from .world import World, get_key, make_application, make_registration

APPLICANT = "dune-shore"

FILLED = {
    "{transaction}": "ab" * 32,
    "{public_key}": "ab" * 32,
    "{client_key}": "ab",
    "{token}": "none",
    "{member}": "azure-bay",
    "{number}": "1",
    "{owner}": "azure-bay",
    "{name}": "readings",
    "{position}": "0",
    "{level}": "0",
    "{path}": "000.p/1",
}

ROUTES = sorted((method, path, audience) for (method, path), audience in ACCESS.items())
CLOSED = [(method, path) for method, path, audience in ROUTES if audience != "public"]


def fill(path: str) -> str:
    for name, value in FILLED.items():
        path = path.replace(name, value)
    return f"{path}?seconds=0" if path == "/v1/events" else path


def ask(world: World, method: str, path: str, label: str | None) -> tuple[int, str]:
    target = fill(path)
    answer = world.get(target, label) if method == "GET" else world.post(target, b"{}", label)
    is_problem = answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"] if is_problem else ""


def test_every_route_stands_in_the_table_and_nothing_else_does() -> None:
    routes = {
        (method, route.path_format)
        for route in make_router().routes
        if isinstance(route, HTTPRoute)
        for method in route.methods - {"OPTIONS"}
    }
    assert routes == set(ACCESS)


def test_what_is_not_public_needs_a_signature(world: World) -> None:
    answers = {(method, path): ask(world, method, path, None) for method, path in CLOSED}
    assert answers == dict.fromkeys(CLOSED, (401, "auth.required"))


def test_a_key_that_speaks_for_nobody_reads_nothing(world: World) -> None:
    answers = {(method, path): ask(world, method, path, "stranger") for method, path in CLOSED}
    assert answers == dict.fromkeys(CLOSED, (401, "auth.unknown_key"))


def test_an_applicant_reads_nothing_of_others(world: World) -> None:
    world.act("azure-bay", make_registration())
    world.act(APPLICANT, make_application(APPLICANT, sponsor="birch-vale"))
    for method, path, audience in ROUTES:
        if audience not in {"public", "officer"}:
            code = "auth.role_missing" if audience == "operator" else "auth.not_yours"
            assert ask(world, method, path, APPLICANT) == (403, code), path


def test_officers_of_members_pass_except_where_an_operator_is_asked_for(world: World) -> None:
    for method, path, audience in ROUTES:
        status, code = ask(world, method, path, "cedar-ford")
        assert (code == "auth.role_missing") == (audience == "operator"), path
        assert status not in {401, 500}, path
        assert ask(world, method, path, "azure-bay")[0] not in {401, 403, 500}, path


@pytest.mark.parametrize("path", ["/v1/status", "/v1/members"])
def test_options_is_no_method_of_any_path(world: World, path: str) -> None:
    answer = world.client.options(path)
    assert (answer.status_code, answer.json()["code"]) == (405, "request.wrong_method")
    assert answer.headers["Allow"] == "GET"


def test_an_applicant_reads_what_concerns_itself(world: World) -> None:
    world.act("azure-bay", make_registration())
    receipt = world.act(APPLICANT, make_application(APPLICANT, sponsor="birch-vale"))
    own, position = f"/v1/members/{APPLICANT}", receipt["position"]
    assert world.get(own, APPLICANT).json()["status"] == "applied"
    assert world.get(f"{own}/proof", APPLICANT).status_code == 200
    assert world.get(f"/v1/ledger?member={APPLICANT}", APPLICANT).json()["entries"][0]["position"] == position
    assert world.get(f"/v1/ledger/{position}", APPLICANT).json()["transaction"] == receipt["transaction"]
    assert world.get("/v1/me", APPLICANT).json()["member"] == APPLICANT


def test_an_applicant_cannot_widen_its_query(world: World) -> None:
    world.act(APPLICANT, make_application(APPLICANT))
    for query in (
        "",
        "?member=azure-bay",
        "?member=dune-shore&member=azure-bay",
        "?member=dune-shore&dataset=azure-bay/readings",
        "?contract=1",
    ):
        assert world.get(f"/v1/ledger{query}", APPLICANT).json()["code"] == "auth.not_yours", query


def test_positions_that_no_ledger_has_are_refused_or_not_found(world: World) -> None:
    world.act(APPLICANT, make_application(APPLICANT))
    for position in (2**70, 2**53 - 1, 99, -1):
        assert world.get(f"/v1/ledger/{position}", APPLICANT).status_code == 403
        assert world.get(f"/v1/ledger/{position}", "azure-bay").status_code in {400, 404}
        assert world.get(f"/v1/ledger/{position}/proof", "azure-bay").status_code in {400, 404}
    assert world.get(f"/v1/ledger?before={2**70}", "azure-bay").status_code == 400
    assert world.get(f"/v1/contracts/{2**70}", "azure-bay").status_code == 404
    assert world.get(f"/v1/contracts/{2**70}/proof", "azure-bay").status_code == 404


def test_a_clients_own_key_opens_its_receipt_to_who_signed_alone(world: World) -> None:
    application = make_application(APPLICANT, sponsor="nobody")
    refused = world.submit(world.make_wire(APPLICANT, application, client_key=b"order 1")).json()
    world.act("elm-hill", make_application("elm-hill"))
    target = f"/v1/transactions/by-client-key/{get_key(APPLICANT).public_key.hex()}/{b'order 1'.hex()}"
    assert world.get(target).json()["code"] == "auth.required"
    assert world.get(target, "stranger").json()["code"] == "auth.unknown_key"
    assert world.get(target, "elm-hill").json()["code"] == "auth.not_yours"
    for label in (APPLICANT, "cedar-ford"):
        assert world.get(target, label).json()["transaction"] == refused["transaction"]
    assert world.get("/v1/me", APPLICANT).json()["code"] == "auth.unknown_key"


def test_an_applicant_reads_nothing_of_whoever_had_its_name_before(world: World) -> None:
    world.act("former", replace(make_application(APPLICANT), code="former"))
    refusal = world.act("azure-bay", Sponsor(APPLICANT, verdict=False))
    assert world.get("/v1/me", "former").status_code == 401
    receipt = world.act(APPLICANT, make_application(APPLICANT))
    own = world.get(f"/v1/ledger?member={APPLICANT}", APPLICANT).json()
    assert [entry["position"] for entry in own["entries"]] == [receipt["position"]]
    assert world.get(f"/v1/ledger/{receipt['position']}", APPLICANT).status_code == 200
    for position in range(refusal["position"] + 1):
        assert world.get(f"/v1/ledger/{position}", APPLICANT).json()["code"] == "auth.not_yours"
    assert len(world.get(f"/v1/ledger?member={APPLICANT}", "cedar-ford").json()["entries"]) == 3


def test_admission_opens_the_books(world: World) -> None:
    application = make_application(APPLICANT)
    world.act(APPLICANT, application)
    world.act("azure-bay", Sponsor(APPLICANT, verdict=True))
    assert world.get("/v1/contracts", APPLICANT).status_code == 403
    world.act("birch-vale", Attest(APPLICANT, application.dossier, verdict=True))
    assert world.get("/v1/contracts", APPLICANT).status_code == 200


# ── signed requests ─────────────────────────────────────────────────────────────────────────────────────────────────


def get_code(world: World, header: str, target: str = "/v1/members") -> str:
    answer = world.client.get(target, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Concordat"
    return str(answer.json()["code"])


def test_a_signed_request_is_good_once(world: World) -> None:
    header = world.authorize("azure-bay", "GET", "/v1/members")
    assert world.client.get("/v1/members", headers={"Authorization": header}).status_code == 200
    assert get_code(world, header) == "auth.replayed"


def test_a_signature_covers_method_target_body_chain_and_node(world: World) -> None:
    assert get_code(world, world.authorize("azure-bay", "POST", "/v1/members")) == "auth.bad_signature"
    assert get_code(world, world.authorize("azure-bay", "GET", "/v1/contracts")) == "auth.bad_signature"
    assert get_code(world, world.authorize("azure-bay", "GET", "/v1/members?a=1")) == "auth.bad_signature"
    assert get_code(world, world.authorize("azure-bay", "GET", "/v1/members", b"x")) == "auth.bad_signature"
    key, chain_id, node_key = get_key("azure-bay"), world.founded.chain_id, world.node.key.public_key
    for place in ((bytes(32), node_key), (chain_id, bytes(32)), (chain_id, key.public_key)):
        other = sign_request(key, *place, "GET", "/v1/members", b"", fetch_now_us(), bytes(8))
        assert get_code(world, other) == "auth.bad_signature"
    body = world.client.post(
        "/v1/contracts/judge",
        content=b"{} ",
        headers={"Authorization": world.authorize("azure-bay", "POST", "/v1/contracts/judge", b"{}")},
    )
    assert body.json()["code"] == "auth.bad_signature"


def test_a_query_is_signed_as_it_was_sent(world: World) -> None:
    assert world.get("/v1/ledger?member=azure%2Dbay&limit=5", "azure-bay").status_code == 200


@pytest.mark.parametrize("offset_us", [-WINDOW_US - 10_000_000, WINDOW_US + 10_000_000])
def test_an_old_or_early_request_is_stale(world: World, offset_us: int) -> None:
    header = world.authorize("azure-bay", "GET", "/v1/members", at_us=fetch_now_us() + offset_us)
    assert get_code(world, header) == "auth.stale"


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Concordat", 'Concordat key="00"', "Concordat " + "x" * 4000])
def test_another_authorization_is_malformed(world: World, header: str) -> None:
    assert get_code(world, header) == "auth.malformed"


def test_a_bad_signature_is_refused_on_public_routes_too(world: World) -> None:
    assert get_code(world, "Basic YTpi", "/v1/status") == "auth.malformed"


# ── browsers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def sign_in(world: World, label: str) -> str:
    link = world.post("/v1/sessions/links", b"", label)
    assert link.status_code == 201, link.text
    url = str(link.json()["url"])
    answer = world.client.get(url)
    assert answer.status_code == 303
    assert {"HttpOnly", "SameSite=lax"} <= set(answer.headers["set-cookie"].split("; "))
    return url


def test_a_link_opens_a_session_once(world: World) -> None:
    url = sign_in(world, "cedar-ford")
    assert world.get("/v1/me").json()["member"] == "cedar-ford"
    again = world.client.get(url)
    assert (again.status_code, again.json()["code"]) == (404, "auth.link_spent")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_on_another_sites_page_opens_nothing_and_stays_good(world: World, site: str) -> None:
    url = world.post("/v1/sessions/links", b"", "cedar-ford").json()["url"]
    answer = world.client.get(url, headers={"Sec-Fetch-Site": site})
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.from_elsewhere")
    assert "set-cookie" not in answer.headers
    assert world.get("/v1/me").status_code == 401
    assert world.client.get(url, headers={"Sec-Fetch-Site": "none"}).status_code == 303


def test_each_sign_in_has_a_session_of_its_own(world: World) -> None:
    world.client.cookies.set(SESSION_COOKIE, "chosen by somebody else", domain="testserver.local", path="/")
    sign_in(world, "cedar-ford")
    world.client.cookies.clear()
    world.client.cookies.set(SESSION_COOKIE, "chosen by somebody else", domain="testserver.local", path="/")
    assert world.get("/v1/me").status_code == 401


def test_a_session_only_reads(world: World) -> None:
    sign_in(world, "cedar-ford")
    assert world.get("/v1/members").status_code == 200
    assert world.post("/v1/contracts/judge", b"{}").json()["code"] == "auth.required"
    assert world.post("/v1/sessions/links", b"").json()["code"] == "auth.required"


def test_a_session_ends_with_its_key(world: World) -> None:
    key = get_key("second officer")
    possession = key.sign(compute_possession_message(world.founded.chain_id, "azure-bay"))
    world.act("azure-bay", AddOfficer(key.public_key, ("auditor",), bytes(32), possession))
    sign_in(world, "second officer")
    assert world.get("/v1/me").json()["officer"] == {
        "public_key": key.public_key.hex(),
        "roles": [{"role": "auditor", "until": None, "in_place_of": None}],
    }
    world.act("azure-bay", RemoveOfficer(key.public_key))
    assert world.get("/v1/me").status_code == 401


def test_a_stranger_gets_no_link(world: World) -> None:
    target, key = "/v1/sessions/links", make_key()
    place = (world.founded.chain_id, world.node.key.public_key)
    header = sign_request(key, *place, "POST", target, b"", fetch_now_us(), bytes(8))
    answer = world.client.post(target, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.unknown_key")


def test_an_officers_newest_sessions_stay_and_push_out_nobody_elses(world: World) -> None:
    sign_in(world, "azure-bay")
    others = world.client.cookies[SESSION_COOKIE]
    sign_in(world, "cedar-ford")
    first = world.client.cookies[SESSION_COOKIE]
    for _ in range(20):
        sign_in(world, "cedar-ford")
    assert world.get("/v1/me").status_code == 200
    for cookie, status in ((first, 401), (others, 200)):
        world.client.cookies.clear()
        world.client.cookies.set(SESSION_COOKIE, cookie, domain="testserver.local", path="/")
        assert world.get("/v1/me").status_code == status
