"""A witness signs one history of a log, whatever it is shown and whenever it is killed."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import httpx2
import pytest
from msgspec.structs import replace

from concordat.client.keys import derive_key
from concordat.crypto.checkpoint import Checkpoint, compute_origin, parse_signed_note, render_line, render_signed_note
from concordat.crypto.cosignature import (
    VerifierKey,
    find_cosignature,
    get_cosigned_time,
    is_valid_cosignature,
    parse_tree_head,
)
from concordat.crypto.merkle import check_consistency
from concordat.crypto.policy import PolicyWitness
from concordat.errors import ConcordatError, Refused
from concordat.ledger.files import DiskFiles
from concordat.testing.model_disk import ModelDisk, SimulatedCrash
from concordat.witness.following import follow_once
from concordat.witness.server import serving_witness
from concordat.witness.submission import connect_witness, fetch_cosignature, render_submission
from concordat.witness.tiles import TiledLog
from concordat.witness.witness import Witness, compute_origin_hash
from crypto.building import NODE_KEY, NODE_SEED, OFFICER_SEED, Ledger, make_leaf, sign_by

LEDGER = Ledger().grow(9)
ORIGIN = compute_origin(LEDGER.checkpoint())
LOG = VerifierKey(ORIGIN, 1, NODE_KEY)
KEY = derive_key("tests of witnesses", "witness")
NOW_US = 1_800_000_000_000_000


def make_fork(size: int, at: int = 4) -> Ledger:
    """Return another history of the same node, which differs from leaf `at` on."""
    leaves = [*LEDGER.leaves[:at], *(make_leaf(height, ("due", 100 + height)) for height in range(at + 1, size + 1))]
    return Ledger(leaves, LEDGER.state)


def path_between(old_size: int, size: int, ledger: Ledger = LEDGER) -> tuple[bytes, ...]:
    return ledger.log().consistency_path(old_size, size)


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    made = Witness(DiskFiles(tmp_path), "witness.example", KEY, (LOG,), lambda: NOW_US)
    yield made
    with suppress(OSError):  # some tests close it themselves
        made.close()


def code_of(act: Callable[[], object]) -> str:
    try:
        act()
    except ConcordatError as error:
        return error.code
    return "ok"


def sign_note(checkpoint: Checkpoint) -> str:
    return render_signed_note(checkpoint, sign_by(NODE_SEED, checkpoint))


def test_what_continues_the_last_checkpoint_is_cosigned(witness: Witness) -> None:
    for old_size, size in ((0, 3), (3, 3), (3, 8), (8, 9)):
        signature = witness.add(LEDGER.note(size), old_size, path_between(old_size, size))
        assert is_valid_cosignature(signature, parse_tree_head(LEDGER.note(size)).body)
        assert get_cosigned_time(signature) == NOW_US // 1_000_000
    kept = parse_tree_head(witness.find_note(ORIGIN) or "")
    assert (kept.size, len(kept.lines)) == (9, 2)
    assert find_cosignature(kept.lines, witness.key, kept.body) is not None


def test_what_does_not_is_refused_and_changes_nothing(witness: Witness) -> None:
    witness.add(LEDGER.note(5), 0, ())
    before = witness.find_note(ORIGIN)
    note, path = LEDGER.note(8), path_between(5, 8)
    stranger = replace(LEDGER.checkpoint(8), chain_id=bytes(32))
    unsigned = render_signed_note(LEDGER.checkpoint(8), sign_by(OFFICER_SEED, LEDGER.checkpoint(8)))
    assert [
        code_of(lambda: witness.add(note, 9, path)),
        code_of(lambda: witness.add(note, 0, ())),
        code_of(lambda: witness.add(note, 3, path_between(3, 8))),
        code_of(lambda: witness.add(note, 5, ())),
        code_of(lambda: witness.add(note, 5, path[::-1])),
        code_of(lambda: witness.add(make_fork(8).note(8), 5, path_between(5, 8, make_fork(8)))),
        code_of(lambda: witness.add(sign_note(stranger), 5, path)),
        code_of(lambda: witness.add(unsigned, 5, path)),
        code_of(lambda: witness.add(LEDGER.note(3), 3, ())),
        code_of(lambda: witness.add(sign_note(replace(LEDGER.checkpoint(5), height=4)), 5, ())),
        code_of(lambda: witness.add("", 0, ())),
    ] == [
        *("witness.bad_request", "witness.other_size", "witness.other_size", "witness.unproved", "witness.unproved"),
        *("witness.unproved", "witness.unknown_log", "witness.not_signed", "witness.other_size", "witness.went_back"),
        "checkpoint.malformed",
    ]
    assert witness.find_note(ORIGIN) == before
    assert is_valid_cosignature(witness.add(note, 5, path), parse_tree_head(note).body)


@pytest.mark.parametrize(
    "contradiction",
    [
        sign_note(replace(LEDGER.checkpoint(5), log_root=bytes(32))),
        sign_note(replace(LEDGER.checkpoint(5), state_root=bytes(32))),
        sign_note(replace(LEDGER.checkpoint(6), time=1)),
        sign_note(replace(LEDGER.checkpoint(6), log_size=4)),
        sign_note(replace(LEDGER.checkpoint(6), log_size=5)),
        sign_note(replace(LEDGER.checkpoint(4), time=99_000_000)),
    ],
    ids=["other root", "other state", "less time", "smaller", "same size", "lower and later"],
)
def test_what_one_node_cannot_have_signed_is_kept_by_name_and_ends_it(
    witness: Witness, tmp_path: Path, contradiction: str
) -> None:
    note = LEDGER.note(5)
    witness.add(note, 0, ())
    shown = parse_tree_head(contradiction)
    with pytest.raises(ConcordatError, match=r"witness\.two_histories") as raised:
        witness.follow(contradiction, LEDGER.log())
    for named in (NODE_KEY.hex(), "height 5", parse_tree_head(note).root.hex(), shown.root.hex(), f"size {shown.size}"):
        assert named in raised.value.detail
    (evidence,) = tmp_path.rglob("evidence.json")
    kept = json.loads(evidence.read_text())
    assert parse_signed_note(kept["seen"]).checkpoint == LEDGER.checkpoint(5)
    assert parse_signed_note(kept["shown"]).checkpoint == parse_signed_note(contradiction).checkpoint
    assert code_of(lambda: witness.add(LEDGER.note(9), 5, path_between(5, 9))) == "witness.two_histories"
    witness.close()
    again = Witness(DiskFiles(tmp_path), "witness.example", KEY, (LOG,), lambda: NOW_US)
    assert code_of(lambda: again.follow(LEDGER.note(9), LEDGER.log())) == "witness.two_histories"
    again.close()


def test_a_rewritten_history_is_shown_by_its_own_tiles(witness: Witness, tmp_path: Path) -> None:
    witness.follow(LEDGER.note(6), LEDGER.log())
    fork = make_fork(9)
    assert code_of(lambda: witness.follow(fork.note(9), LEDGER.log())) == "witness.unproved"
    assert code_of(lambda: witness.follow(fork.note(9), fork.log())) == "witness.two_histories"
    (evidence,) = tmp_path.rglob("evidence.json")
    kept = json.loads(evidence.read_text())
    seen, shown = (parse_tree_head(kept[name]) for name in ("seen", "shown"))
    root_then, *path = map(b64decode, kept["path"])
    check_consistency(seen.size, root_then, shown.size, shown.root, tuple(path))
    assert root_then != seen.root


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_a_log_read_by_its_tiles_is_the_log(size: int) -> None:
    log = Ledger([make_leaf(height, ("due", height)) for height in range(size)]).log()

    def fetch(path: str) -> bytes:
        _, level, name, *width = path.replace(".p", "").split("/")
        return log.digests(8 * int(level), 256 * int(name), int(width[0]) if width else 256)

    tiled = TiledLog(size, fetch)
    for old_size in {1, size // 2 or 1, size - 1 or 1, size}:
        assert tiled.root_at(old_size) == log.root_at(old_size)
        assert tiled.consistency_path(old_size, size) == log.consistency_path(old_size, size)


@pytest.mark.parametrize("crash_at", range(1, 20))
def test_a_power_cut_at_any_write_lets_it_sign_no_second_history(crash_at: int) -> None:
    disk, given, is_cut = ModelDisk(), 0, False
    disk.crash_at = crash_at

    def open_witness() -> Witness:
        return Witness(disk, "witness.example", KEY, (LOG,), lambda: NOW_US)

    try:
        witness = open_witness()
        for old_size, size in ((0, 5), (5, 6), (6, 8)):
            witness.add(LEDGER.note(size), old_size, path_between(old_size, size))
            given = size
    except SimulatedCrash:
        disk.crash(Random(crash_at))
        is_cut = True
    assert is_cut is (crash_at < 17)
    if not is_cut:
        return
    again = open_witness()
    head = again.find_head(ORIGIN)
    kept = 0 if head is None else head.size
    assert kept >= given
    again.add(LEDGER.note(9), kept, path_between(kept, 9))
    fork = make_fork(9)
    assert code_of(lambda: again.add(fork.note(9), given, path_between(given, 9, fork))) == "witness.two_histories"


def test_a_node_that_takes_no_cosignature_is_heard_in_its_own_words(witness: Witness) -> None:
    witness.add(LEDGER.note(9), 0, ())
    problem = {
        "status": 409,
        "code": "witness.two_histories",  # what only the witness itself may say
        "detail": "",
        "reason": "No such witness is named.",
        "next_step": "Give the operator its key.",
    }

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return httpx2.Response(200, stream=httpx2.ByteStream(LEDGER.note(9).encode()))
        media = {"Content-Type": "application/problem+json; charset=utf-8"}
        return httpx2.Response(409, headers=media, stream=httpx2.ByteStream(json.dumps(problem).encode()))

    with httpx2.Client(transport=httpx2.MockTransport(answer)) as http:
        step = follow_once(http, witness, ORIGIN, "http://log.example", is_taken=False)
    assert step is not None
    assert step.untaken is not None
    assert (step.is_taken, step.untaken.code) == (False, "witness.log_refuses")
    assert step.untaken.detail == (
        "http://log.example/v1/checkpoint/cosignatures: No such witness is named. Give the operator its key."
    )


def test_two_witnesses_share_no_folder(witness: Witness, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"ledger\.folder_in_use"):
        Witness(DiskFiles(tmp_path), "witness.example", KEY, (LOG,), lambda: NOW_US)
    witness.close()
    with pytest.raises(Refused, match=r"witness\.other_name"):
        Witness(DiskFiles(tmp_path), "other.example", KEY, (LOG,), lambda: NOW_US)


def test_others_ask_it_over_http_as_c2sp_says(witness: Witness) -> None:
    with serving_witness(witness, "127.0.0.1", 0) as port, connect_witness() as http:
        url = f"http://127.0.0.1:{port}"
        named = PolicyWitness("w", witness.key, url)

        def find_path(old_size: int) -> tuple[bytes, ...] | None:
            return path_between(old_size, 8) if old_size <= 8 else None

        first = fetch_cosignature(http, named, LEDGER.note(8), 3, find_path)  # 3 is not what it knows
        assert is_valid_cosignature(first, parse_tree_head(LEDGER.note(8)).body)

        def post(old_size: int, path: tuple[bytes, ...], note: str) -> httpx2.Response:
            return http.post(f"{url}/add-checkpoint", content=render_submission(old_size, path, note))

        conflict = post(3, path_between(3, 9), LEDGER.note(9))
        assert (conflict.status_code, conflict.text) == (409, "8\n")
        assert conflict.headers["content-type"] == "text/x.tlog.size"
        stranger = sign_note(replace(LEDGER.checkpoint(9), chain_id=bytes(32)))
        unsigned = render_signed_note(LEDGER.checkpoint(9), sign_by(OFFICER_SEED, LEDGER.checkpoint(9)))
        statuses = [
            post(*parts).status_code
            for parts in (
                (9, (), LEDGER.note(8)),
                (8, (), stranger),
                (8, (), unsigned),
                (8, (bytes(32),), LEDGER.note(9)),
                (8, path_between(8, 9), LEDGER.note(9)),
            )
        ]
        assert statuses == [400, 404, 403, 422, 200]
        stale = post(3, path_between(3, 5), LEDGER.note(5))
        assert (stale.status_code, stale.text) == (409, "9\n")
        assert http.post(f"{url}/add-checkpoint", content=b"junk").status_code == 400
        kept = http.get(f"{url}/{compute_origin_hash(ORIGIN)}/checkpoint")
        assert (kept.status_code, kept.text) == (200, witness.find_note(ORIGIN))
        assert http.get(f"{url}/{'0' * 64}/checkpoint").status_code == 404
        assert http.get(url).status_code == 404
        assert post(9, (), make_fork(9).note(9)).status_code == 409  # one size, two roots
    assert render_line(first).startswith("— witness.example ")
