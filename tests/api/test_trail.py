"""The audit log says who did what, and how it ended."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from concordat.protocol.families.contracts import Sign

from .world import World, get_key, make_registration


def read_last(world: World) -> dict[str, str]:
    line = json.loads(world.read_audit()[-1])
    return {name: line[name] for name in ("who", "face", "action", "subject", "outcome")}


def get_name(label: str) -> str:
    return f"{label} {get_key(label).public_key.hex()[:16]}"


def test_a_transaction_is_recorded_under_its_signer_and_id(world: World) -> None:
    wire = world.make_wire("azure-bay", make_registration())
    world.submit(wire)
    assert read_last(world) == {
        "who": get_name("azure-bay"),
        "face": "api",
        "action": "POST /v1/transactions",
        "subject": sha256(wire).hexdigest(),
        "outcome": "ok",
    }


def test_refusals_are_recorded_with_their_code(world: World) -> None:
    world.submit(world.make_wire("azure-bay", Sign(1, bytes(32))))
    assert read_last(world)["outcome"] == "contracts.unknown"
    world.submit(b"junk")
    assert (read_last(world)["who"], read_last(world)["outcome"]) == ("public", "ledger.wrong_domain")
    world.get("/v1/health", "cedar-ford")
    assert (read_last(world)["who"], read_last(world)["outcome"]) == (get_name("cedar-ford"), "auth.role_missing")
    world.get("/v1/members", "stranger")
    assert (read_last(world)["who"], read_last(world)["outcome"]) == ("public", "auth.unknown_key")


def test_what_an_officer_reads_is_recorded_and_what_the_public_reads_is_not(world: World) -> None:
    world.get("/v1/members/cedar-ford/credit", "azure-bay")
    assert read_last(world) == {
        "who": get_name("azure-bay"),
        "face": "api",
        "action": "GET /v1/members/{member}/credit",
        "subject": "/v1/members/cedar-ford/credit",
        "outcome": "ok",
    }
    count = len(world.read_audit())
    world.get("/v1/status")
    world.get("/v1/members")
    assert len(world.read_audit()) == count


def test_what_the_public_asks_in_vain_leaves_nothing(tmp_path: Path) -> None:
    with World(tmp_path / "node", requests_per_minute=4) as world:
        count = len(world.read_audit())
        target = "/v1/" + "x" * 8000
        statuses = [world.client.request(method, target).status_code for method in ("POST", "GET")]
        statuses.append(world.get(target, Authorization="Concordat").status_code)
        statuses += [world.post("/v1/status", b"").status_code, world.submit(b"junk").status_code]
        assert statuses == [404, 404, 404, 405, 429]
        assert len(world.read_audit()) == count


def test_a_subject_is_cut_short(world: World) -> None:
    world.get(f"/v1/members/{'x' * 8000}", "azure-bay")
    assert read_last(world)["subject"] == f"/v1/members/{'x' * 188}"


def test_secrets_stay_out_of_it(world: World) -> None:
    url = world.post("/v1/sessions/links", b"", "azure-bay").json()["url"]
    cookie = world.client.get(url).headers["set-cookie"].partition("=")[2].partition(";")[0]
    assert read_last(world) == {
        "who": get_name("azure-bay"),
        "face": "api",
        "action": "GET /v1/sessions/links/{token}",
        "subject": "",
        "outcome": "ok",
    }
    world.get("/v1/me")
    text = "\n".join(world.read_audit())
    assert "GET /v1/me" in text
    assert url.rpartition("/")[2] not in text
    assert cookie not in text
