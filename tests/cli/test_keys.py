"""Keys, cards and dossiers: made here, kept by their owner, written once."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from concordat.client.commitments import compute_card_commitment, compute_documents_commitment
from concordat.client.keys import fetch_key
from concordat.crypto.signatures import is_valid
from concordat.protocol.families.membership import compute_possession_message

from .world import Call


def test_a_new_key_is_its_owners_alone_and_is_never_overwritten(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "mine.key"
    made = call("key-new", "key", "new", path)
    assert made.status == 0
    assert path.stat().st_mode & 0o077 == 0
    assert fetch_key(path).public_key.hex() == made.document["public_key"]
    before = path.read_bytes()
    again = call("key-new", "key", "new", path)
    assert (again.status, again.document["code"]) == (4, "file.exists")
    assert path.read_bytes() == before
    nowhere = call("key-new", "key", "new", path / "below.key")
    assert (nowhere.status, nowhere.document["code"]) == (3, "disk.no_such_folder")
    shown = call("key-show", "key", "show", path)
    assert shown.document["public_key"] == made.document["public_key"]
    assert fetch_key(path).seed.hex() not in json.dumps([made.document, shown.document]) + made.words + shown.words


def test_a_key_that_others_may_read_is_warned_of_on_standard_error(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "mine.key"
    call("key-new", "key", "new", path)
    assert "warning" not in call("key-show", "key", "show", path).words
    path.chmod(0o644)
    shown = call("key-show", "key", "show", path)
    assert shown.status == 0
    assert f"chmod 600 {path}" in shown.words


def test_derived_keys_are_the_same_each_time_and_say_what_they_are(call: Call, tmp_path: Path) -> None:
    one = call("key-new", "key", "new", tmp_path / "1", "--from-seed", "7", "--label", "azure-bay").document
    two = call("key-new", "key", "new", tmp_path / "2", "--from-seed", "7", "--label", "azure-bay").document
    assert one["public_key"] == two["public_key"]
    assert one["origin"] == "derived"
    assert call("key-new", "key", "new", tmp_path / "3", "--from-seed", "7").status == 2


def test_a_key_is_proved_for_one_member_of_one_chain(call: Call, tmp_path: Path) -> None:
    call("init", "init", tmp_path / "node")
    genesis = tmp_path / "node" / "genesis.json"
    call("key-new", "key", "new", tmp_path / "new.key")
    words = ("--member", "azure-bay", "--trust", genesis)
    proved = call("key-prove", "key", "prove", tmp_path / "new.key", *words).document
    message = compute_possession_message(sha256(genesis.read_bytes()).digest(), "azure-bay")
    public_key = fetch_key(tmp_path / "new.key").public_key
    assert proved["public_key"] == public_key.hex()
    assert is_valid(public_key, bytes.fromhex(proved["possession"]), message)
    consent = call("key-prove", "key", "prove", tmp_path / "new.key", *words, "--recovery").document["possession"]
    assert not is_valid(public_key, bytes.fromhex(consent), message)
    assert is_valid(public_key, bytes.fromhex(consent), message.replace(b"possession", b"recovery"))
    assert call("key-prove", "key", "prove", tmp_path / "none", *words).status == 3
    nobody = call("key-prove", "key", "prove", tmp_path / "new.key", "--member", "GANSU", "--trust", genesis)
    assert (nobody.status, nobody.document["code"]) == (2, "input.not_a_name")
    assert "--member GANSU" in nobody.document["reason"]


@pytest.mark.parametrize("junk", [b"", b"junk", b"concordat key v1\npublic 00\n", bytes(300)])
def test_junk_is_no_key(call: Call, tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "junk").write_bytes(junk)
    answer = call("key-show", "key", "show", tmp_path / "junk")
    assert (answer.status, answer.document["code"]) == (5, "key.unreadable")
    assert call("key-show", "key", "show", tmp_path / "none").status == 3


def test_a_card_commits_to_its_person_by_a_fresh_salt(call: Call, tmp_path: Path) -> None:
    words = ("--name", "某经办人", "--phone", "+86 10 0000")
    one = call("card-new", "card", "new", tmp_path / "1.card", *words).document
    two = call("card-new", "card", "new", tmp_path / "2.card", *words).document
    assert one["commitment"] != two["commitment"]
    card = json.loads((tmp_path / "1.card").read_text())
    salt = bytes.fromhex(card["salt"])
    assert compute_card_commitment(salt, "某经办人", "+86 10 0000").hex() == one["commitment"]
    assert (tmp_path / "1.card").stat().st_mode & 0o077 == 0
    assert call("card-new", "card", "new", tmp_path / "1.card", *words).status == 4


def test_a_card_without_a_name_is_not_written(call: Call, tmp_path: Path) -> None:
    answer = call("card-new", "card", "new", tmp_path / "1.card", "--name", " ", "--phone", "1")
    assert (answer.status, answer.document["code"]) == (2, "cli.usage")
    assert not (tmp_path / "1.card").exists()


@pytest.mark.parametrize("junk", [b"-----BEGIN PRIVATE KEY-----\n", b"ssh-ed25519 AAAA"])
def test_a_key_of_another_program_is_told_as_such(call: Call, tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "key.pem").write_bytes(junk)
    answer = call("key-show", "key", "show", tmp_path / "key.pem")
    assert (answer.status, answer.document["code"]) == (2, "key.other_format")
    assert "key new" in answer.document["next_step"]


def test_a_dossier_commits_to_papers_by_a_fresh_salt_and_is_checked(call: Call, tmp_path: Path) -> None:
    papers = [tmp_path / "statute.pdf", tmp_path / "许可.pdf"]
    for number, paper in enumerate(papers):
        paper.write_bytes(bytes([number]) * 100)
    one = call("dossier", "dossier", "new", tmp_path / "one", *papers)
    two = call("dossier", "dossier", "new", tmp_path / "two", *papers)
    assert one.document["commitment"] != two.document["commitment"]
    kept = json.loads((tmp_path / "one").read_text())
    digests = [sha256(paper.read_bytes()).digest() for paper in papers]
    assert compute_documents_commitment(bytes.fromhex(kept["salt"]), digests).hex() == one.document["commitment"]
    assert (tmp_path / "one").stat().st_mode & 0o077 == 0
    assert call("dossier", "dossier", "check", tmp_path / "one").document == one.document
    assert call("dossier", "dossier", "new", tmp_path / "one", *papers).document["code"] == "file.exists"
    assert call("dossier", "dossier", "new", tmp_path / "none").status == 2
    assert call("dossier", "dossier", "new", tmp_path / "three", tmp_path / "absent.pdf").status == 3
    papers[1].write_bytes(b"another")
    changed = call("dossier", "dossier", "check", tmp_path / "one")
    assert (changed.status, changed.document["code"]) == (5, "dossier.differs")
    (tmp_path / "two").write_text(json.dumps(kept | {"documents": kept["documents"][:1]}))
    assert call("dossier", "dossier", "check", tmp_path / "two").document["code"] == "dossier.differs"
