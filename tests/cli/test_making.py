from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from concordat.client.commitments import compute_card_commitment, compute_documents_commitment
from concordat.client.keys import derive_key, fetch_key
from concordat.contracts.judge import Party, judge
from concordat.contracts.templates import Draft, compute_terms
from concordat.crypto.signatures import is_valid
from concordat.errors import ConcordatError
from concordat.node.founding import EXAMPLE_PLAN
from concordat.primitives.plain import Json, from_plain
from concordat.protocol.families.membership import compute_possession_message
from concordat.protocol.genesis import read_genesis
from concordat.protocol.messages import OPERATIONS, REJECTIONS

from .world import Call, World

VECTORS = Path(__file__).parents[2] / "vectors"
KEYS = [derive_key("tests", name).public_key.hex() for name in ("one", "two")]


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
    assert call("key-prove", "key", "prove", tmp_path / "none", *words).status == 3


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


def test_a_table_that_is_refused_leaves_no_salt(call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a;b\n1;2\n")
    for name, client_key, code, place in (
        ("Bad Name", "", "input.not_a_name", "--name Bad Name"),
        ("good-name", "k" * 33, "input.does_not_fit", "/client_key has 33 bytes"),
        ("good-name", "", "table.other_separator", "t.csv"),
    ):
        words = ("--name", name, "--title", "T", "--client-key", client_key)
        answer = call("receipt", "dataset", "register", tmp_path / "t.csv", *words)
        assert (answer.status, answer.document["code"]) == (2, code)
        assert place in answer.document["reason"]
    absent = call("dataset-describe", "dataset", "describe", tmp_path / "none.csv")
    assert (absent.status, absent.document["code"]) == (3, "input.absent")
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.parametrize("junk", [b"-----BEGIN PRIVATE KEY-----\n", b"ssh-ed25519 AAAA"])
def test_a_key_of_another_program_is_told_as_such(call: Call, tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "key.pem").write_bytes(junk)
    answer = call("key-show", "key", "show", tmp_path / "key.pem")
    assert (answer.status, answer.document["code"]) == (2, "key.other_format")
    assert "key new" in answer.document["next_step"]


def test_an_example_of_a_draft_has_the_shape_of_its_template(call: Call) -> None:
    example = call("tx-example", "contract", "draft", "--example").document["example"]
    terms = compute_terms(from_plain(Draft, example))
    parties = {member: Party(is_in_standing=True, limit_units=1000) for member in terms.parties}
    assert judge(terms, parties, 1_800_000_000_000_000) == ()


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


def test_a_chain_is_founded_in_an_empty_folder(call: Call, tmp_path: Path) -> None:
    answer = call("init", "init", tmp_path / "node")
    genesis = (tmp_path / "node" / "genesis.json").read_bytes()
    assert answer.document["chain_id"] == sha256(genesis).hexdigest()
    assert {Path(key).name for key in answer.document["keys"]} == {"founder.key", "node.key"}
    assert read_genesis(genesis).genesis.params["verify_k"] == 1
    assert call("doctor", "doctor", tmp_path / "node").status == 0
    again = call("init", "init", tmp_path / "node")
    assert (again.status, again.document["code"]) == (4, "ledger.exists")


def test_a_plan_founds_the_chain_that_it_says(call: Call, tmp_path: Path) -> None:
    key = call("key-new", "key", "new", tmp_path / "a.key").document["public_key"]
    plan = call("init-example", "init", "--example").document["plan"]
    assert plan == EXAMPLE_PLAN
    plan["founders"][0]["public_keys"] = [key]
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    answer = call("init", "init", tmp_path / "node", "--from", tmp_path / "plan.json", "--clock", "scenario")
    assert answer.status == 0
    chain = read_genesis((tmp_path / "node" / "genesis.json").read_bytes())
    assert chain.is_scenario
    assert chain.genesis.founders[0].public_keys == (bytes.fromhex(key),)


@pytest.mark.parametrize(
    ("plan", "code"),
    [("[]", "input.does_not_fit"), ("{", "input.not_json"), ('{"founder": 1}', "input.unknown_field")],
)
def test_a_plan_that_cannot_be_read_makes_nothing(call: Call, tmp_path: Path, plan: str, code: str) -> None:
    (tmp_path / "plan.json").write_text(plan)
    answer = call("init", "init", tmp_path / "node", "--from", tmp_path / "plan.json")
    assert (answer.status, answer.document["code"]) == (2, code)
    assert not (tmp_path / "node").exists()
    assert call("init", "init").status == 2


@pytest.mark.parametrize("words", [("init",), ("doctor",), ("serve",), ("export",), ("backup",)])
def test_an_empty_text_is_not_the_current_folder(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = call("error", *words, "", *(["x"] if words[0] in {"export", "backup"} else []))
    assert (answer.status, answer.document["code"]) == (2, "cli.usage")
    assert list(tmp_path.iterdir()) == []


def test_a_node_is_served_only_from_a_folder_with_a_ledger(call: Call, tmp_path: Path) -> None:
    for folder in (tmp_path / "none", tmp_path):
        answer = call("error", "serve", folder)
        assert (answer.status, answer.document["code"]) == (3, "ledger.absent")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("foreign", ["notes.txt", ".hidden", "keys/notes.txt", "sub/a.key"])
def test_a_folder_with_foreign_files_is_not_founded_in(call: Call, tmp_path: Path, foreign: str) -> None:
    path = tmp_path / "node" / foreign
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    answer = call("init", "init", tmp_path / "node")
    assert (answer.status, answer.document["code"]) == (4, "init.not_empty")
    assert foreign in answer.document["reason"]
    assert [found for found in (tmp_path / "node").rglob("*") if found.is_file()] == [path]


def test_keys_made_before_are_used_and_never_overwritten(call: Call, tmp_path: Path) -> None:
    keys = tmp_path / "node" / "keys"
    made = call("key-new", "key", "new", keys / "node.key").document
    before = (keys / "node.key").read_bytes()
    answer = call("init", "init", tmp_path / "node").document
    assert [Path(key).name for key in answer["keys"]] == ["founder.key"]
    assert answer["needed_node_key"] is None
    chain = read_genesis((tmp_path / "node" / "genesis.json").read_bytes())
    assert chain.genesis.node_key.hex() == made["public_key"]
    assert (keys / "node.key").read_bytes() == before


def save_plan(folder: Path, **fields: Json) -> Path:
    founder = EXAMPLE_PLAN["founders"][0] | {"public_keys": [KEYS[0]]}
    (folder / "plan.json").write_text(json.dumps(EXAMPLE_PLAN | {"founders": [founder]} | fields))
    return folder / "plan.json"


def test_a_plan_with_its_own_node_key_says_where_the_key_must_be(call: Call, tmp_path: Path) -> None:
    key = call("key-new", "key", "new", tmp_path / "mine.key").document["public_key"]
    node = tmp_path / "node"
    made = call("init", "init", node, "--from", save_plan(tmp_path, node_key=key))
    assert (made.status, made.document["needed_node_key"]) == (0, key)
    assert str(node / "keys" / "node.key") in made.words
    served = call("error", "serve", node, "--port", "0")
    assert (served.status, served.document["code"]) == (4, "node.key_absent")
    assert key in served.document["reason"]
    assert str(node / "keys" / "node.key") in served.document["reason"]
    call("key-new", "key", "new", tmp_path / "two" / "keys" / "node.key")
    other = call("init", "init", tmp_path / "two", "--from", save_plan(tmp_path, node_key=key))
    assert (other.status, other.document["code"]) == (5, "node.other_key")


@pytest.mark.parametrize(
    ("fields", "code", "place"),
    [
        ({"parameters": {"full_size_units": -1}}, "input.", "/parameters/full_size_units"),
        ({"parameters": {"nothing": 1}}, "input.unknown_field", "/parameters/nothing"),
        ({"parameters": 5}, "input.", "/parameters"),
        ({"verify_k": 0}, "input.", "/verify_k"),
        ({"verify_k": "many"}, "input.", "/verify_k"),
        ({"founders": 7}, "input.", "/founders"),
        ({"founders": ["x"]}, "input.", "/founders/0"),
        ({"node_key": KEYS[0]}, "genesis.repeated", KEYS[0]),
        ({"founders": EXAMPLE_PLAN["founders"]}, "input.not_hex", "/founders/0/public_keys/0"),
    ],
)
def test_what_is_wrong_in_a_plan_is_called_as_the_plan_calls_it(
    call: Call, tmp_path: Path, fields: Json, code: str, place: str
) -> None:
    answer = call("init", "init", tmp_path / "node", "--from", save_plan(tmp_path, **fields))
    assert answer.status == 2
    assert answer.document["code"].startswith(code)
    assert place in answer.document["reason"]
    assert "/params" not in answer.document["reason"]


def test_what_wins_elsewhere_in_a_plan_is_not_looked_at(call: Call, tmp_path: Path) -> None:
    plan = save_plan(tmp_path, parameters={"verify_k": "x"}, verify_k=1)
    assert call("init", "init", tmp_path / "node", "--from", plan).status == 0


def test_a_repeated_founder_is_named(call: Call, tmp_path: Path) -> None:
    founders = [EXAMPLE_PLAN["founders"][0] | {"public_keys": [key]} for key in KEYS]
    for changed, named in (({}, "azure-bay"), ({"member": "birch-vale"}, "EXAMPLE AB0001")):  # as codes are compared
        plan = save_plan(tmp_path, founders=[founders[0], founders[1] | changed])
        answer = call("init", "init", tmp_path / "node", "--from", plan)
        assert (answer.status, answer.document["code"]) == (2, "genesis.repeated")
        assert named in answer.document["reason"]


@pytest.mark.parametrize(
    ("schema", "words"),
    [("card-new", ("card", "new", "FILE", "--name", "A", "--phone", "1")), ("export", ("export", "NODE", "FILE"))],
)
def test_a_file_for_a_folder_that_is_missing_is_told(
    call: Call, sound: World, tmp_path: Path, schema: str, words: tuple[str, ...]
) -> None:
    places = {"FILE": tmp_path / "none" / "file", "NODE": sound.node}
    answer = call(schema, *(places.get(word, word) for word in words))
    assert (answer.status, answer.document["code"]) == (3, "disk.no_such_folder")
    assert str(tmp_path / "none") in answer.document["reason"]


def test_every_operation_is_listed_and_shown(call: Call) -> None:
    listed = call("tx-list", "tx", "--list").document["operations"]
    assert [row["type"] for row in listed] == list(OPERATIONS)
    shown = call("tx-example", "tx", "contracts.sign", "--example").document
    assert set(shown["example"]) == {"contract", "document"}
    unknown = call("tx-example", "tx", "contracts.sing", "--example")
    assert (unknown.status, unknown.document["code"]) == (2, "input.unknown_type")


def test_every_rejection_code_is_listed_in_order_of_precedence(call: Call) -> None:
    rows = call("codes", "codes").document["codes"]
    assert [row["code"] for row in rows] == [rejection.code for rejection in REJECTIONS]
    assert [row["precedence"] for row in rows] == list(range(1, len(rows) + 1))


def test_the_golden_cases_hold(call: Call) -> None:
    answer = call("vectors-check", "vectors", "check", VECTORS / "credit")
    assert (answer.status, answer.document["failed"]) == (0, 0)
    assert answer.document["cases"] > 10


def test_a_wrong_case_is_counted_and_ends_with_five(call: Call, tmp_path: Path) -> None:
    vectors = json.loads((VECTORS / "crypto" / "zip215.json").read_text())
    vectors["cases"] = vectors["cases"][:3]
    vectors["cases"][1]["expect"]["valid"] ^= True
    (tmp_path / "zip215.json").write_text(json.dumps(vectors))
    answer = call("vectors-check", "vectors", "check", tmp_path)
    assert (answer.status, answer.document["cases"], answer.document["failed"]) == (5, 3, 1)


@pytest.mark.parametrize(
    "junk", ["", "[]", "{}", '{"kind": "crypto/merkle", "cases": [1]}', '{"kind": 1, "cases": [{}]}']
)
def test_unreadable_vectors_are_told(call: Call, tmp_path: Path, junk: str) -> None:
    (tmp_path / "a.json").write_text(junk)
    assert call("vectors-check", "vectors", "check", tmp_path).status == 2
    assert call("vectors-check", "vectors", "check", tmp_path / "none").status == 3


def test_a_table_is_described_and_its_salt_kept(call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("hour,value\n1,2\n2,3\n")
    one = call("dataset-describe", "dataset", "describe", tmp_path / "t.csv").document
    two = call("dataset-describe", "dataset", "describe", tmp_path / "t.csv").document
    assert one == two
    assert (one["rows"], one["columns"]) == (2, ["hour", "value"])
    assert (tmp_path / "t.csv.salt").stat().st_mode & 0o077 == 0
    other = call("dataset-describe", "dataset", "describe", tmp_path / "t.csv", "--salt-file", tmp_path / "s").document
    assert other["digest"] == one["digest"]
    assert other["row_root"] != one["row_root"]


def test_an_unreachable_node_ends_with_three(call: Call) -> None:
    answer = call("status", "status", "--node", "http://127.0.0.1:9")
    assert (answer.status, answer.document["code"]) == (3, "node.unreachable")


def test_acting_without_a_key_is_wrong_usage(call: Call, tmp_path: Path) -> None:
    (tmp_path / "sign.json").write_text(json.dumps({"contract": 1, "document": "00" * 32}))
    answer = call("receipt", "tx", "contracts.sign", tmp_path / "sign.json")
    assert (answer.status, answer.document["code"]) == (2, "key.needed")
    missing = call("receipt", "tx", "contracts.sign", tmp_path / "sign.json", "--key", tmp_path / "no.key")
    assert (missing.status, missing.document["code"]) == (3, "key.absent")


def test_a_defect_is_told_in_a_sentence_and_shows_its_traceback_on_demand() -> None:
    # Nothing foresees a closed standard input.
    command = f"{sys.executable} -m concordat tx contracts.sign - --json"
    told = subprocess.run(["sh", "-c", f"{command} <&-"], capture_output=True, text=True, timeout=60)
    assert (told.returncode, json.loads(told.stdout)["code"]) == (1, "defect")
    assert "Traceback" not in told.stderr
    shown = subprocess.run(["sh", "-c", f"{command} --debug <&-"], capture_output=True, text=True, timeout=60)
    assert shown.returncode == 1
    assert "Traceback" in shown.stderr


def test_a_reader_that_has_enough_is_no_defect() -> None:
    command = f"{sys.executable} -m concordat codes | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_error_has_the_status_that_the_reference_states() -> None:
    kinds = {kind.__name__: kind.exit_status for kind in ConcordatError.__subclasses__()}
    assert kinds == {"Rejected": 4, "Refused": 4, "UsageError": 2, "NotFound": 3, "Corrupt": 5, "Stale": 6}
