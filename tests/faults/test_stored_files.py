"""A changed byte in what counts is found; what is derived may be lost, damaged or another chain's, and comes back."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from concordat.client.keys import Key, make_key, render_key
from concordat.crypto.checkpoint import make_node_signature
from concordat.errors import Corrupt
from concordat.ledger.application import BlockRecord
from concordat.ledger.doctor import examine, list_files
from concordat.ledger.files import DiskFiles
from concordat.ledger.queued import Queued
from concordat.ledger.snapshot import SNAPSHOT_FILE, load_application
from concordat.ledger.store import BlockStore
from concordat.node.audit import create_audit_log
from concordat.node.founding import NODE_KEY_FILE
from concordat.node.node import INDEX_FILE, SNAPSHOT_ENTRIES_MIN, Node
from concordat.primitives.codec import decode, encode
from concordat.protocol.families.contracts import Sign
from concordat.testing.consortium import NODE, Consortium
from concordat.views.history import fold_block
from concordat.views.index import close_index, open_index
from faults.building import Story, make_story

DERIVED = (INDEX_FILE, SNAPSHOT_FILE)
AUTHORITATIVE = ("audit.head", "audit.log", "blocks.log", "genesis.json", "head", NODE_KEY_FILE)


def make_folder(folder: Path, story: Story) -> None:
    folder.mkdir()
    with closing(DiskFiles(folder)) as files:
        BlockStore.create(files, story.genesis).close()
        create_audit_log(files)
        files.replace(NODE_KEY_FILE, render_key(Key(story.node_seed, "derived")))


def play(node: Node, story: Story) -> None:
    for _, wires in story.acts:
        for wire in wires:
            node.engine.submit(wire).result(30)
    for outcome in ("ok", "ledger.role_missing"):
        node.audit.record(node.application.time, who="public", face="api", action="read", subject="x", outcome=outcome)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the story's whole history, cleanly closed. Copy it before use."""
    folder = tmp_path_factory.mktemp("played") / "node"
    story = make_story("scenario")
    make_folder(folder, story)
    node = Node(folder)
    play(node, story)
    node.close()
    return folder


def open_and_describe(folder: Path) -> tuple[str, object]:
    """Start and stop a node; return its index as SQL, and its last checkpoint."""
    node = Node(folder)
    try:
        with node.index_lock:
            index = "\n".join(node.index.iterdump())
        return index, node.application.checkpoint
    finally:
        node.close()


def damage(path: Path, rng: Random) -> None:
    """Change one byte, cut the file, or fill a part of it with junk."""
    data = bytearray(path.read_bytes())
    place = rng.randrange(len(data))
    match rng.randrange(4):
        case 0:
            del data[place:]
        case 1:
            data[place : place + 600] = rng.randbytes(len(data[place : place + 600]))
        case _:
            data[place] ^= 1 << rng.randrange(8)
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("name", DERIVED)
def test_a_derived_file_comes_back_equal_after_any_damage(played: Path, tmp_path: Path, name: str) -> None:
    expected = open_and_describe(shutil.copytree(played, tmp_path / "whole"))
    files = (name, f"{name}.sha256") if name == INDEX_FILE else (name,)
    for seed in range(40):
        rng = Random(seed)
        folder = shutil.copytree(played, tmp_path / str(seed))
        damage(folder / rng.choice(files), rng)
        assert open_and_describe(folder) == expected
        assert open_and_describe(folder) == expected


@pytest.mark.parametrize("name", DERIVED)
def test_a_derived_file_may_be_deleted(played: Path, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(played, tmp_path / "node")
    expected = open_and_describe(folder)
    (folder / name).unlink()
    assert open_and_describe(folder) == expected
    assert (folder / name).exists()


def test_a_damaged_snapshot_is_not_used_and_a_whole_one_saves_the_replay(played: Path, tmp_path: Path) -> None:
    story = make_story("scenario")
    with closing(DiskFiles(shutil.copytree(played, tmp_path / "node"))) as files:
        store = BlockStore.open(files)
        whole = files.read(SNAPSHOT_FILE)
        application, replayed = load_application(story.chain, story.sign, files, store)
        assert replayed == 0
        for seed in range(60):
            damage(tmp_path / "node" / SNAPSHOT_FILE, Random(seed))
            again, replayed = load_application(story.chain, story.sign, DiskFiles(tmp_path / "node"), store)
            assert replayed == store.height
            assert (again.checkpoint, again.sizes) == (application.checkpoint, application.sizes)
            files.replace(SNAPSHOT_FILE, whole)
        store.close()


def test_a_node_that_is_killed_left_a_snapshot_that_bounds_the_replay(tmp_path: Path) -> None:
    c = Consortium({"azure-bay": ("operator", "seed", "verifier")}, clock="scenario")
    folder, story = tmp_path / "node", Story(c.genesis, c.chain, c.get_seed(NODE), ())
    make_folder(folder, story)
    node = Node(folder)
    for count in (SNAPSHOT_ENTRIES_MIN - 1, 1, 2):
        queued = node.engine.submit_many([c.make_wire("azure-bay", Sign(99, bytes(32))) for _ in range(count)])
        for future in queued:
            assert isinstance(future, Queued)
            future.result(30)
        assert (folder / SNAPSHOT_FILE).exists() == (count != SNAPSHOT_ENTRIES_MIN - 1)
    left = shutil.copytree(folder, tmp_path / "left")
    node.close()
    with closing(DiskFiles(left)) as files:
        store = BlockStore.open(files)
        application, replayed = load_application(c.chain, story.sign, files, store)
        assert application.checkpoint == node.application.checkpoint
        assert 0 < replayed <= 2
        store.close()


def test_an_index_of_another_chain_is_replaced(played: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(played, tmp_path / "node")
    expected = open_and_describe(folder)
    other = tmp_path / "other"
    make_folder(other, make_story("real"))
    Node(other).close()
    for name in (INDEX_FILE, f"{INDEX_FILE}.sha256"):
        shutil.copy(other / name, folder / name)
    assert open_and_describe(folder) == expected


def test_an_index_that_is_ahead_of_the_log_is_replaced(played: Path, tmp_path: Path) -> None:
    """As after restoring an older log from a backup."""
    folder = tmp_path / "node"
    make_folder(folder, make_story("scenario"))
    expected = open_and_describe(folder)
    shutil.copy(played / INDEX_FILE, folder / INDEX_FILE)
    shutil.copy(played / SNAPSHOT_FILE, folder / SNAPSHOT_FILE)
    (folder / f"{INDEX_FILE}.sha256").unlink()
    assert open_and_describe(folder) == expected


@pytest.mark.parametrize("blocks", [0, 1, 7])
def test_an_index_that_a_crash_left_behind_catches_up(played: Path, tmp_path: Path, blocks: int) -> None:
    folder = shutil.copytree(played, tmp_path / "node")
    expected = open_and_describe(folder)
    story = make_story("scenario")
    for name in (INDEX_FILE, f"{INDEX_FILE}.sha256"):
        (folder / name).unlink()
    with closing(DiskFiles(folder)) as files:
        store = BlockStore.open(files)
        index = open_index(folder / INDEX_FILE, story.chain)
        size = 0
        for body in list(store.bodies())[:blocks]:
            record = decode(BlockRecord, body)
            fold_block(index, size, record)
            size = record.checkpoint.log_size
        index.close()
        store.close()
    assert open_and_describe(folder) == expected


def test_a_disk_that_may_not_take_the_digest_costs_a_closer_look_only(played: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(played, tmp_path / "node")
    expected = open_and_describe(folder)
    index = open_index(folder / INDEX_FILE, make_story("scenario").chain)
    (folder / f"{INDEX_FILE}.sha256").mkdir()
    close_index(index, folder / INDEX_FILE)
    (folder / f"{INDEX_FILE}.sha256").rmdir()
    assert open_and_describe(folder) == expected


def test_the_files_that_count_are_those_that_are_tried_here(played: Path) -> None:
    with closing(DiskFiles(played)) as files:
        assert tuple(file.path for file in list_files(files) if file.authoritative) == AUTHORITATIVE


@pytest.mark.parametrize("name", [name for name in AUTHORITATIVE if not name.startswith("audit.")])
def test_a_changed_byte_in_what_counts_stops_the_start(played: Path, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(played, tmp_path / "node")
    path = folder / name
    whole = path.read_bytes()
    for seed in range(25):
        rng = Random(seed)
        data = bytearray(whole)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(bytes(data))
        with pytest.raises(Corrupt):
            Node(folder)
        with closing(DiskFiles(folder)) as files:
            assert [check.file for check in examine(files) if check.status == "failed"]
    path.write_bytes(whole)
    Node(folder).close()


def test_a_record_that_was_computed_anew_is_found_by_the_replay(played: Path, tmp_path: Path) -> None:
    """Somebody who can write the folder makes every digest fit; the roots still tell."""
    story = make_story("scenario")
    with closing(DiskFiles(shutil.copytree(played, tmp_path / "true"))) as files:
        bodies = [bytearray(body) for body in BlockStore.open(files).bodies()]
    rng = Random(7)
    rooted = len(bodies[4]) - len(encode(decode(BlockRecord, bytes(bodies[4])).signatures))
    for number in range(20):
        forged = bytearray(bodies[4])
        forged[rng.randrange(rooted)] ^= 1 << rng.randrange(8)
        folder = tmp_path / str(number)
        make_folder(folder, story)
        with closing(DiskFiles(folder)) as files:
            store = BlockStore.open(files)
            for body in (*bodies[:4], forged, *bodies[5:]):
                store.append(bytes(body))
            store.close()
        with pytest.raises(Corrupt, match=r"^replay\.differs: height 5"):
            Node(folder)


@pytest.mark.parametrize("has_snapshot", [False, True])
def test_a_node_does_not_start_on_a_last_block_that_it_did_not_sign(
    played: Path, tmp_path: Path, *, has_snapshot: bool
) -> None:
    story = make_story("scenario")
    with closing(DiskFiles(shutil.copytree(played, tmp_path / "true"))) as files:
        *bodies, body = BlockStore.open(files).bodies()
    record, other = decode(BlockRecord, body), make_key()
    for number, signatures in enumerate(
        (
            (),
            (replace(record.signatures[0], signature=bytes(64)),),
            (make_node_signature(record.checkpoint, other.public_key, other.sign),),
        )
    ):
        folder = tmp_path / str(number)
        make_folder(folder, story)
        if has_snapshot:
            shutil.copy(played / SNAPSHOT_FILE, folder / SNAPSHOT_FILE)
        with closing(DiskFiles(folder)) as files:
            store = BlockStore.open(files)
            for whole in (*bodies, encode(replace(record, signatures=signatures))):
                store.append(whole)
            store.close()
        with pytest.raises(Corrupt, match=f"^replay\\.differs: height {record.checkpoint.height}: .* not signed"):
            Node(folder)


def test_the_index_holds_the_leaves_of_the_log(played: Path) -> None:
    with closing(DiskFiles(played)) as files:
        store = BlockStore.open(files)
        with closing(sqlite3.connect(played / INDEX_FILE)) as index:
            leaves = [leaf for (leaf,) in index.execute("SELECT leaf FROM entries ORDER BY position")]
        assert leaves == [leaf for body in store.bodies() for leaf in decode(BlockRecord, body).entries]
        store.close()
