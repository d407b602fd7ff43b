from __future__ import annotations

import json
import os
import re
import resource
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from concordat.cli.main import run
from concordat.client.keys import Key, make_key, render_key
from concordat.crypto.checkpoint import make_node_signature
from concordat.errors import ConcordatError, Refused
from concordat.ledger.application import Application, BlockRecord, replay
from concordat.ledger.block_log import FIRST_DIGEST, Record, frame, scan
from concordat.ledger.head import Head, encode_slot
from concordat.node.archive import EXPORT_MAGIC, restore_backup, scan_export
from concordat.node.node import Node
from concordat.primitives.codec import decode, encode
from concordat.protocol.transactions import make_signed_bytes, parse_transaction
from concordat.protocol.transition import Block
from concordat.testing.consortium import NODE

from .world import Call, World, tell_story


def make_export(call: Call, world: World, path: Path) -> Path:
    answer = call("export", "export", world.node, path)
    assert (answer.status, answer.document["height"]) == (0, world.height)
    return path


def read_bodies(log: bytes) -> list[bytes]:
    found = scan(lambda offset, size: log[offset : offset + size])
    return [record.body for record in found if isinstance(record, Record)]


def write_log(bodies: list[bytes]) -> tuple[bytes, Head]:
    """Frame bodies with digests computed anew, as somebody does who has more than a bad disk in mind."""
    log, digest = b"", FIRST_DIGEST
    for body in bodies:
        record = frame(digest, body)
        log, digest = log + record, record[-32:]
    return log, Head(len(bodies) - 1, len(log), digest)


def make_head_file(genesis: bytes, head: Head) -> bytes:
    first = frame(FIRST_DIGEST, genesis)
    slots = [encode_slot(Head(0, len(first), first[-32:]))] * 2
    slots[head.height % 2] = encode_slot(head)
    return b"".join(slots)


def change_body(body: bytes) -> bytes:
    record = decode(BlockRecord, body)
    entries = (*record.entries[:-1], record.entries[-1][:-1] + b"\x91\xa1x")
    return encode(BlockRecord(entries, record.checkpoint, record.signatures))


def change_root(body: bytes) -> bytes:
    record = decode(BlockRecord, body)
    checkpoint = replace(record.checkpoint, state_root=bytes(32))
    return encode(BlockRecord(record.entries, checkpoint, record.signatures))


def sign_anew(body: bytes) -> bytes:
    key = make_key()
    record = decode(BlockRecord, body)
    signatures = (make_node_signature(record.checkpoint, key.public_key, key.sign),)
    return encode(BlockRecord(record.entries, record.checkpoint, signatures))


# ── doctor ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sound_folder_passes(call: Call, sound: World) -> None:
    answer = call("doctor", "doctor", sound.node, "--files")
    assert (answer.status, answer.document["ok"]) == (0, True)
    assert {check["status"] for check in answer.document["checks"]} == {"ok"}
    (roots,) = (check for check in answer.document["checks"] if check["id"] == "roots.replay")
    assert roots["height"] == sound.height
    told = {file["path"] for file in answer.document["files"] if file["authoritative"]}
    assert told == {"audit.head", "audit.log", "blocks.log", "genesis.json", "head", "keys/node.key"}


@pytest.mark.parametrize("name", ["audit.head", "audit.log", "blocks.log", "genesis.json", "head", "keys/node.key"])
def test_a_flipped_byte_is_found_in_its_place(call: Call, damaged: Path, name: str) -> None:
    path = damaged / name
    data = path.read_bytes()
    for place in (0, len(data) // 3, len(data) - 1):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x20]) + data[place + 1 :])
        answer = call("doctor", "doctor", damaged)
        bad = [check for check in answer.document["checks"] if check["status"] != "ok"]
        assert [check["file"] for check in bad] == [name]
        assert bad[0]["fix"]
        assert bad[0]["offset"] <= place
        if bad[0]["status"] == "failed":
            assert (answer.status, answer.document["ok"]) == (5, False)


def test_a_forged_block_is_found_by_replay_though_every_digest_fits(call: Call, damaged: Path) -> None:
    bodies = read_bodies((damaged / "blocks.log").read_bytes())
    for change in (change_body, change_root, sign_anew):
        forged = [*bodies[:3], change(bodies[3]), *bodies[4:]]
        log, head = write_log(forged)
        (damaged / "blocks.log").write_bytes(log)
        (damaged / "head").write_bytes(make_head_file(bodies[0], head))
        answer = call("doctor", "doctor", damaged)
        (bad,) = (check for check in answer.document["checks"] if check["status"] == "failed")
        assert (answer.status, bad["id"], bad["height"]) == (5, "roots.replay", 3)
        assert bad["offset"] == len(write_log(bodies[:3])[0])


def test_people_read_that_a_check_failed(damaged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (damaged / "keys" / "node.key").write_bytes(render_key(make_key()))
    assert run(["doctor", str(damaged)]) == 5
    lines = capsys.readouterr().out.splitlines()
    assert [line[:10] for line in lines if line[0] in "✘!"] == ["✘ NOT SO: "]


def test_another_nodes_key_is_found(call: Call, damaged: Path) -> None:
    (damaged / "keys" / "node.key").write_bytes(render_key(make_key()))
    answer = call("doctor", "doctor", damaged)
    (bad,) = (check for check in answer.document["checks"] if check["status"] != "ok")
    assert (answer.status, bad["id"]) == (5, "keys.node")


def test_a_nodes_key_that_is_lost_is_damage_once_there_is_a_block(call: Call, damaged: Path, tmp_path: Path) -> None:
    (damaged / "keys" / "node.key").unlink()
    answer = call("doctor", "doctor", damaged)
    (bad,) = (check for check in answer.document["checks"] if check["status"] != "ok")
    assert (answer.status, bad["id"], bad["status"]) == (5, "keys.node", "failed")
    call("init", "init", tmp_path / "new")
    (tmp_path / "new" / "keys" / "node.key").unlink()
    answer = call("doctor", "doctor", tmp_path / "new")
    (bad,) = (check for check in answer.document["checks"] if check["status"] != "ok")
    assert (answer.status, bad["id"], bad["status"]) == (0, "keys.node", "warning")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
@pytest.mark.parametrize("name", ["audit.head", "audit.log", "blocks.log", "genesis.json", "head", "keys/node.key"])
def test_what_cannot_be_read_is_named_and_the_rest_is_looked_at(
    call: Call, damaged: Path, name: str, make: Callable[[Path], None]
) -> None:
    (damaged / name).unlink()
    make(damaged / name)
    answer = call("doctor", "doctor", damaged)
    checks = answer.document["checks"]
    assert (answer.status, answer.document["ok"]) == (5, False)
    assert [(check["id"], check["file"]) for check in checks if check["status"] != "ok"] == [("file.readable", name)]
    assert {"blocks.log", "head", "genesis.json"} <= {check["file"] for check in checks}


def test_a_folder_without_a_ledger_is_not_found(call: Call, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        for words in (["doctor", folder], ["export", folder, tmp_path / "x"], ["backup", folder, tmp_path / "x"]):
            answer = call("doctor", *words)
            assert (answer.status, answer.document["code"]) == (3, "ledger.absent")
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "none").exists()


# ── export and replay ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stranger_recomputes_every_root(call: Call, sound: World, tmp_path: Path) -> None:
    export = make_export(call, sound, tmp_path / "ledger.export")
    answer = call("replay-roots", "replay", export, "--roots", "--trust", sound.genesis)
    assert answer.status == 0
    documents = [json.loads(line) for line in answer.lines]
    assert [document["height"] for document in documents] == list(range(1, sound.height + 1))
    assert documents[-1]["app_hash"] == sound.app_hash
    assert sum(document["tx_count"] for document in documents) >= 5


@pytest.mark.parametrize("root", ["genesis", "old_checkpoint", "checkpoint"])
def test_a_replay_ends_at_the_trusted_root(call: Call, sound: World, tmp_path: Path, root: str) -> None:
    export = make_export(call, sound, tmp_path / "ledger.export")
    answer = call("replay", "replay", export, "--trust", getattr(sound, root))
    assert (answer.status, answer.document["app_hash"]) == (0, sound.app_hash)
    assert answer.document["trusted"] is True


def test_a_replay_of_another_chain_is_refused(call: Call, sound: World, tmp_path: Path) -> None:
    export = make_export(call, sound, tmp_path / "ledger.export")
    other = call("init", "init", tmp_path / "other").document["genesis"]
    answer = call("replay", "replay", export, "--trust", other)
    assert (answer.status, answer.document["code"]) == (5, "replay.other_chain")


def test_a_replay_that_ends_before_the_trusted_checkpoint_says_so(call: Call, sound: World, tmp_path: Path) -> None:
    bodies = read_bodies((sound.node / "blocks.log").read_bytes())[:3]
    log, head = write_log(bodies)
    (tmp_path / "short").write_bytes(EXPORT_MAGIC + encode_slot(head) + log)
    answer = call("replay", "replay", tmp_path / "short", "--trust", sound.checkpoint)
    assert (answer.status, answer.document["code"], answer.document["height"]) == (5, "replay.beyond", 2)
    assert f"at height {sound.height}" in answer.document["reason"]
    assert answer.document["next_step"] == "Get a newer export."


@pytest.mark.parametrize("change", [change_body, change_root, sign_anew])
def test_a_forged_export_differs_at_its_height(call: Call, sound: World, tmp_path: Path, change: object) -> None:
    bodies = read_bodies((sound.node / "blocks.log").read_bytes())
    assert callable(change)
    log, head = write_log([*bodies[:4], change(bodies[4]), *bodies[5:]])
    (tmp_path / "forged").write_bytes(EXPORT_MAGIC + encode_slot(head) + log)
    answer = call("replay-roots", "replay", tmp_path / "forged", "--roots", "--trust", sound.genesis)
    assert (answer.status, answer.document["code"]) == (5, "replay.differs")
    assert answer.document["detail"].startswith("height 4")
    assert [json.loads(line)["height"] for line in answer.lines[:-1]] == [1, 2, 3]


def test_every_flipped_byte_of_an_export_is_found_at_its_height(call: Call, sound: World, tmp_path: Path) -> None:
    data = make_export(call, sound, tmp_path / "ledger.export").read_bytes()
    start = len(EXPORT_MAGIC) + 512
    found = scan(lambda offset, size: data[start + offset : start + offset + size])
    ends = [start + record.end for record in found if isinstance(record, Record)]
    path = tmp_path / "flipped"
    for place, byte in enumerate(data):
        path.write_bytes(data[:place] + bytes([byte ^ 0x40]) + data[place + 1 :])
        with pytest.raises(ConcordatError, match=r"export\.corrupt") as caught:
            for _ in scan_export(path):
                pass
        height = int(re.findall(r"height (\d+)", caught.value.detail)[0])
        expected = 0 if place < start else sum(end <= place for end in ends)
        assert height == expected, place


def test_a_flipped_byte_ends_a_replay_with_five_and_the_height(call: Call, sound: World, tmp_path: Path) -> None:
    data = make_export(call, sound, tmp_path / "ledger.export").read_bytes()
    (tmp_path / "flipped").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    answer = call("replay", "replay", tmp_path / "flipped", "--trust", sound.genesis)
    assert (answer.status, answer.document["code"]) == (5, "export.corrupt")
    assert answer.document["detail"] == f"height {sound.height}"
    assert answer.document["height"] == sound.height
    assert str(sound.height) in answer.words


def test_what_is_no_root_of_trust_ends_a_replay_and_a_verification_alike(
    call: Call, sound: World, tmp_path: Path
) -> None:
    exported = make_export(call, sound, tmp_path / "ledger.export")
    (tmp_path / "junk").write_bytes(b"junk")
    replayed = call("replay", "replay", exported, "--trust", tmp_path / "junk")
    verified = call("verify", "verify", sound.contract_proof, "--trust", tmp_path / "junk")
    assert (replayed.status, replayed.document["code"]) == (5, "proof.unknown_trust")
    assert verified.status == 5


def test_a_cut_or_lengthened_export_is_found(call: Call, sound: World, tmp_path: Path) -> None:
    data = make_export(call, sound, tmp_path / "ledger.export").read_bytes()
    log, _ = write_log(read_bodies((sound.node / "blocks.log").read_bytes())[:-1])
    for changed in (b"", data[:10], data[:100], data[:-1], data[: len(EXPORT_MAGIC) + 512 + len(log)], data + b"\0"):
        (tmp_path / "changed").write_bytes(changed)
        answer = call("replay", "replay", tmp_path / "changed", "--trust", sound.genesis)
        assert (answer.status, answer.document["code"]) == (5, "export.corrupt")


def test_an_export_of_a_damaged_ledger_is_refused_and_leaves_no_file(call: Call, damaged: Path, tmp_path: Path) -> None:
    log = (damaged / "blocks.log").read_bytes()
    (damaged / "blocks.log").write_bytes(log[:-40] + b"?" + log[-39:])
    for command in ("export", "backup"):
        answer = call(command, command, damaged, tmp_path / "out")
        assert (answer.status, answer.document["code"]) == (5, "ledger.corrupt")
    assert not list(tmp_path.glob("out*"))


def test_what_a_crash_left_above_the_head_is_not_exported(
    call: Call, sound: World, damaged: Path, tmp_path: Path
) -> None:
    with (damaged / "blocks.log").open("ab") as log:
        log.write(b"\0\0\1\0only the beginning")
    call("export", "export", damaged, tmp_path / "torn")
    make_export(call, sound, tmp_path / "whole")
    assert (tmp_path / "torn").read_bytes() == (tmp_path / "whole").read_bytes()


# ── backup and restore ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_running_node_is_backed_up_and_the_copy_runs(call: Call, damaged: Path, tmp_path: Path) -> None:
    node = Node(damaged)
    try:
        checkpoint = node.application.checkpoint
        answer = call("backup", "backup", damaged, tmp_path / "folder.tar")
        exported = call("export", "export", damaged, tmp_path / "ledger.export")
        assert call("doctor", "doctor", damaged).status == 0
    finally:
        node.close()
    assert (answer.status, exported.status) == (0, 0)
    assert (tmp_path / "folder.tar").stat().st_mode & 0o077 == 0
    assert call("restore", "restore", tmp_path / "folder.tar", tmp_path / "new" / "node").status == 0
    assert call("doctor", "doctor", tmp_path / "new" / "node").document["ok"] is True
    copy = Node(tmp_path / "new" / "node")
    try:
        assert copy.application.checkpoint == checkpoint
    finally:
        copy.close()


def test_a_restored_folder_is_the_same_in_every_authoritative_file(call: Call, sound: World, tmp_path: Path) -> None:
    call("backup", "backup", sound.node, tmp_path / "folder.tar")
    call("restore", "restore", tmp_path / "folder.tar", tmp_path / "node")
    for name in ("audit.log", "blocks.log", "genesis.json", "keys/node.key"):
        assert (tmp_path / "node" / name).read_bytes() == (sound.node / name).read_bytes()
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "node").rglob("*") if path.is_file()} == {0}


@pytest.mark.parametrize("name", ["audit.head", "audit.log", "blocks.log", "genesis.json", "head", "keys/node.key"])
def test_nothing_is_backed_up_that_could_not_be_restored(call: Call, damaged: Path, tmp_path: Path, name: str) -> None:
    data = (damaged / name).read_bytes()
    (damaged / name).write_bytes(data[:20] + bytes([data[20] ^ 1]) + data[21:])
    answer = call("backup", "backup", damaged, tmp_path / "folder.tar")
    assert answer.status == 5
    assert name in answer.document["detail"]
    assert not (tmp_path / "folder.tar").exists()


def test_a_folder_in_use_is_never_restored_into(call: Call, sound: World, damaged: Path, tmp_path: Path) -> None:
    call("backup", "backup", sound.node, tmp_path / "folder.tar")
    before = {path: path.read_bytes() for path in damaged.rglob("*") if path.is_file()}
    answer = call("restore", "restore", tmp_path / "folder.tar", damaged)
    assert (answer.status, answer.document["code"]) == (4, "restore.not_empty")
    assert {path: path.read_bytes() for path in damaged.rglob("*") if path.is_file()} == before


def test_a_damaged_backup_restores_nothing(call: Call, sound: World, tmp_path: Path) -> None:
    call("backup", "backup", sound.node, tmp_path / "folder.tar")
    data = (tmp_path / "folder.tar").read_bytes()
    log = data.index((sound.node / "blocks.log").read_bytes())
    flipped = data[: log + 50] + bytes([data[log + 50] ^ 1]) + data[log + 51 :]
    for changed in (b"", b"junk" * 300, data[: log + 1000], flipped):
        (tmp_path / "bad.tar").write_bytes(changed)
        answer = call("restore", "restore", tmp_path / "bad.tar", tmp_path / "out" / "node")
        assert (answer.status, answer.document["code"]) == (5, "restore.damaged")
        assert list((tmp_path / "out").iterdir()) == []


def forge_block(bodies: list[bytes]) -> bytes:
    """Return a block after these with a transaction that its member never signed; the checkpoint is the node's."""
    consortium = tell_story()
    node_key = Key(consortium.get_seed(NODE), "derived")
    application = Application(consortium.chain, node_key.sign)
    for _ in replay(application, bodies[1:]):
        pass
    payload = consortium.make_payload("azure-bay", consortium.make_registration("azure-bay"))
    wire = bytes(64) + make_signed_bytes(consortium.get_public_key("azure-bay"), payload)
    block = Block(application.height + 1, application.time, (wire,))
    leaves = application.apply(block, lambda wire: parse_transaction(wire, consortium.chain.id))
    signature = make_node_signature(application.checkpoint, node_key.public_key, node_key.sign)
    return encode(BlockRecord(leaves, application.checkpoint, (signature,)))


@pytest.mark.parametrize("forged", ["checkpoint", "transaction"])
def test_a_backup_is_believed_no_signature(call: Call, damaged: Path, tmp_path: Path, forged: str) -> None:
    bodies = read_bodies((damaged / "blocks.log").read_bytes())
    if forged == "checkpoint":
        bodies[3] = sign_anew(bodies[3])
        height = 3
    else:
        bodies.append(forge_block(bodies))
        height = len(bodies) - 1
    log, head = write_log(bodies)
    (damaged / "blocks.log").write_bytes(log)
    (damaged / "head").write_bytes(make_head_file(bodies[0], head))
    (damaged / "snapshot.state").unlink()
    Node(damaged).close()  # it believes its own log
    call("backup", "backup", damaged, tmp_path / "folder.tar")
    answer = call("restore", "restore", tmp_path / "folder.tar", tmp_path / "out" / "node")
    assert (answer.status, answer.document["code"]) == (5, "replay.differs")
    assert answer.document["detail"].startswith(f"height {height}")
    assert list((tmp_path / "out").iterdir()) == []


def test_places_that_cannot_be_written_are_told(call: Call, sound: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    call("backup", "backup", sound.node, tmp_path / "folder.tar")
    for words in (
        ("restore", tmp_path / "folder.tar", tmp_path / "file" / "node"),
        ("export", sound.node, tmp_path / "file" / "x"),
        ("backup", sound.node, tmp_path / "none" / "x"),
    ):
        answer = call(str(words[0]), *words)
        assert (answer.status, answer.document["code"]) == (3, "disk.no_such_folder")


@pytest.mark.parametrize("name", [".hidden", "长" * 60, "deep/" * 40 + "deep"])
def test_a_backup_holds_keys_of_any_name(call: Call, damaged: Path, tmp_path: Path, name: str) -> None:
    path = damaged / "keys" / "officers" / f"{name}.key"
    path.parent.mkdir(parents=True)
    path.write_bytes((damaged / "keys" / "node.key").read_bytes())
    assert call("backup", "backup", damaged, tmp_path / "folder.tar").status == 0
    assert call("restore", "restore", tmp_path / "folder.tar", tmp_path / "node").status == 0
    assert (tmp_path / "node" / path.relative_to(damaged)).read_bytes() == path.read_bytes()


def test_a_disk_that_is_full_restores_nothing(call: Call, sound: World, tmp_path: Path) -> None:
    call("backup", "backup", sound.node, tmp_path / "folder.tar")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((sound.node / "blocks.log").stat().st_size - 1, before[1]))
    try:
        with pytest.raises(Refused, match=r"^disk\.full"):
            restore_backup(tmp_path / "folder.tar", tmp_path / "out" / "node")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("name", ["../escape", "/tmp/escape", "keys/../../escape", "notes.txt", "keys/.hidden", "keys"])
def test_a_backup_cannot_write_beside_its_folder(call: Call, sound: World, tmp_path: Path, name: str) -> None:
    call("backup", "backup", sound.node, tmp_path / "folder.tar")
    with tarfile.open(tmp_path / "folder.tar", "a") as tar:
        info = tarfile.TarInfo(name)
        tar.addfile(info)
    answer = call("restore", "restore", tmp_path / "folder.tar", tmp_path / "out" / "node")
    assert (answer.status, answer.document["code"]) == (5, "restore.damaged")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.tar", "out"]
    assert list((tmp_path / "out").iterdir()) == []


def test_any_other_byte_in_a_backup_is_refused_also_between_and_after_its_files(
    call: Call, sound: World, tmp_path: Path
) -> None:
    call("backup", "backup", sound.node, tmp_path / "folder.tar")
    data = (tmp_path / "folder.tar").read_bytes()
    with tarfile.open(tmp_path / "folder.tar") as tar:
        padded = next(info for info in tar if info.size % 512)
        padding = padded.offset_data + padded.size
    assert data[padding] == data[-1] == 0
    changes = {padding: b"x", len(data) - 1: b"x", len(data): b"junk", 100: b"1"}  # 100: the mode of the first file
    for place, other in changes.items():
        (tmp_path / "bad.tar").write_bytes(data[:place] + other + data[place + 1 :])
        answer = call("restore", "restore", tmp_path / "bad.tar", tmp_path / "node")
        assert (answer.status, answer.document["code"]) == (5, "restore.damaged"), place
        assert not (tmp_path / "node").exists()


def test_a_link_in_a_backup_is_refused(call: Call, sound: World, tmp_path: Path) -> None:
    call("backup", "backup", sound.node, tmp_path / "folder.tar")
    with tarfile.open(tmp_path / "folder.tar", "a") as tar:
        info = tarfile.TarInfo("keys/link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
    answer = call("restore", "restore", tmp_path / "folder.tar", tmp_path / "node")
    assert (answer.status, answer.document["code"]) == (5, "restore.damaged")
