"""An officer goes away: her deputy is told by mail what waits, does it in her place, and may no more when the time is
over. Every command is a process of its own, and so is the node; the mail server is a real one on this machine."""

from __future__ import annotations

from pathlib import Path

from node.mailbox import Mailbox, make_plain_server, serving_mail

from .stranger import Done, Json, ask, call
from .town import Town, draw_up, open_town

FOUNDERS = {"saltmarsh": ["operator", "seed", "verifier"], "brickyard": ["seed", "verifier"]}
DAY_1 = "2031-03-03T00:00:00Z"
DAY_3 = "2031-03-05T00:00:00Z"
EVIDENCE = {"type": "exact_file", "digest": "cd" * 32}
CHIEF, DEPUTY = "chief@brickyard.example", "deputy@brickyard.example"


def test_a_deputy_gets_the_mail_does_it_and_is_refused_when_her_time_is_over(tmp_path: Path) -> None:
    with serving_mail(Mailbox()) as box:
        with open_town(tmp_path, FOUNDERS, (), make_plain_server(box)) as town:
            deputy = add_deputy(town)
            for words in (("officer.key", CHIEF, "en"), ("deputy.key", DEPUTY, "zh")):
                key, address, language = words
                set_mail(town, key, address, language)
            period = {"valid_from": DAY_1, "valid_until": DAY_3}
            delegation = {"type": "membership.delegate", "public_key": deputy, "roles": ["contracts"], **period}
            town.act("brickyard", delegation)
            number = draw_up(town, "brickyard", ["saltmarsh"], EVIDENCE, "kilns", "2031-03-25T00:00:00Z")
            read_mail(town, box, number)
            sign_in_her_place(town, deputy, number)
            town.advance(DAY_3)
            refuse_the_deputy(town, box)
        assert len(box.find(DEPUTY)) == 1, "nothing more, until the node has ended"


def call_deputy(town: Town, *words: str | Path, given: Json = None) -> Done:
    where = ("--node", town.url, "--key", "deputy.key", "--trust", "genesis.json", "--json")
    return call(*words, *where, folder=town.folder / "brickyard", given=given)


def add_deputy(town: Town) -> str:
    folder = town.folder / "brickyard"
    public_key = str(ask("key", "new", "deputy.key", folder=folder)["public_key"])
    proved = ask("key", "prove", "deputy.key", "--member", "brickyard", "--trust", "genesis.json", folder=folder)
    officer = {"public_key": public_key, "roles": ["auditor"], "card": "33" * 32, "possession": proved["possession"]}
    town.act("brickyard", {"type": "membership.add_officer", **officer})
    return public_key


def set_mail(town: Town, key: str, address: str, language: str) -> None:
    words = ("notice", "set", address, "--language", language, "--node", town.url, "--key", key, "--json")
    told = call(*words, folder=town.folder / "brickyard").document
    assert (told["settings"]["address"], told["sends"]) == (address, True)


def read_mail(town: Town, box: Mailbox, number: int) -> None:
    """Both are told, each in her own language; the deputy also in whose place and until when."""
    contract = f"C-{number:04d}"
    message = box.wait_for(CHIEF, 1)
    assert str(message["Subject"]).endswith(f"Sign or decline {contract}")
    text = box.wait_for(DEPUTY, 1).get_content()
    chief = str(ask("key", "show", "officer.key", folder=town.folder / "brickyard")["public_key"])
    assert f"签署或拒签 {contract}" in text
    assert "期限：2031年3月6日" in text
    assert "否则：要约失效。" in text
    assert f"代密钥 {chief[:8]}…" in text
    assert f"https://node.example/contracts/{number}" in text


def sign_in_her_place(town: Town, deputy: str, number: int) -> None:
    document = town.show("saltmarsh", number)["document"]
    signing = {"type": "contracts.sign", "contract": number, "document": document}
    receipt = call_deputy(town, "tx", "operations", "-", given=[signing]).document
    (acted,) = (event for event in receipt["events"] if event["type"] == "membership.acted_for")
    assert (acted["public_key"], acted["role"]) == (deputy, "contracts")
    assert town.ask("brickyard", "inbox")["items"] == [], "done for both"


def refuse_the_deputy(town: Town, box: Mailbox) -> None:
    """What comes after her time waits for the chief alone."""
    number = draw_up(town, "brickyard", ["saltmarsh"], EVIDENCE, "ovens", "2031-03-25T00:00:00Z")
    assert str(box.wait_for(CHIEF, 2)["Subject"]).endswith(f"Sign or decline C-{number:04d}")
    assert call_deputy(town, "inbox").document["items"] == []
    document = town.show("saltmarsh", number)["document"]
    signing = {"type": "contracts.sign", "contract": number, "document": document}
    refused = call_deputy(town, "tx", "operations", "-", given=[signing])
    assert (refused.status, refused.document["code"]) == (4, "ledger.role_expired")
    assert town.act("brickyard", signing)["code"] == "ok"
