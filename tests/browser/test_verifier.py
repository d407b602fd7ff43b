"""The verifier in a browser: the same verdicts and sentences as the Python one, on the page and in one offline file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import cast

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Browser, BrowserContext, Page

from concordat.console.frame import SCRIPTS_VERSION
from concordat.contracts.text import Language
from concordat.crypto.proof import Trust, encode_proof, read_proof
from concordat.node import proofs
from concordat.paper.certificate import make_certificate
from concordat.primitives.ledger_time import DAY_US
from concordat.primitives.plain import Json
from concordat.protocol.families.ballots import Open, Vote
from concordat.protocol.families.objections import File
from concordat.protocol.records import (
    AboutBallot,
    AboutEntry,
    Appoint,
    CallOff,
    ChangeParameter,
    ChangeRulebook,
    Dismiss,
    Motion,
)
from concordat.verifier.browser import make_words, render_offline_page
from concordat.verifier.verdict import compute_verdict
from console.corpus import Question, judge, list_golden, make_corpus
from console.scene import Scene
from crypto.building import WITNESS_SEEDS, render_witness_key, witness_proof
from primitives.golden import FOLDER

from .visits import click_through, end, open_context

pytestmark = pytest.mark.browser

SEED, COUNT = 20260401, 1500
PHONE_WIDTH = 360
CHUNK = 250

ANSWER = """async ([hashing, verifier, policies, questions]) => {
  const { toHex, fromHex } = await import(hashing);
  const { verifyProof } = await import(verifier);
  const { parsePolicy } = await import(policies);
  const read = (text) => {
    try {
      return { policy: text === undefined ? null : parsePolicy(fromHex(text)) };
    } catch (error) {
      return { code: error.code };
    }
  };
  return questions.map(({ proof, trust, policy: text }) => {
    const { policy, code } = read(text);
    if (code) {
      return { code, authority: ["nobody"], entries: [], states: [], signatures: [], witnesses: [], not_proved: [] };
    }
    const root = {};
    if ("genesis" in trust) root.genesis = fromHex(trust.genesis);
    if ("note" in trust) root.note = trust.note;
    if ("node_key" in trust) root.nodeKey = fromHex(trust.node_key);
    const found = verifyProof(fromHex(proof), Object.keys(root).length ? root : null, policy);
    return {
      code: found.code,
      authority: found.authority,
      entries: found.entries.map(({ index, leaf }) => [index, toHex(leaf)]),
      states: found.states.map(({ key, value }) => [toHex(key), value && toHex(value)]),
      signatures: found.signatures.map(({ publicKey, valid }) => [toHex(publicKey), valid]),
      witnesses: found.witnesses.map(({ name, publicKey, time }) => [name, toHex(publicKey), time]),
      not_proved: found.notProved,
    };
  });
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A stranger's page of the verifier."""
    context = browser.new_context(locale="en")
    found = context.new_page()
    found.goto(f"{address}/verify")
    yield found
    end(context)


def script(address: str, name: str) -> str:
    return f"{address}/static/{SCRIPTS_VERSION}/{name}"


def load_cases(name: str) -> list[Json]:
    return cast("list[Json]", json.loads((FOLDER / "crypto" / f"{name}.json").read_text(encoding="utf-8"))["cases"])


def test_both_verifiers_agree_on_every_golden_case_and_on_every_edited_proof(page: Page, address: str) -> None:
    questions: list[Question] = [*list_golden(), *make_corpus(SEED, COUNT)]
    scripts = [script(address, name) for name in ("hashing.js", "verify.js", "policy.js")]
    told = [
        verdict
        for at in range(0, len(questions), CHUNK)
        for verdict in page.evaluate(ANSWER, [*scripts, questions[at : at + CHUNK]])
    ]
    expected = [judge(question) for question in questions]
    differing = [(q, ours, theirs) for q, ours, theirs in zip(questions, expected, told, strict=True) if ours != theirs]
    assert differing == []
    codes = {verdict["code"] for verdict in expected}
    assert codes >= {"policy.malformed", "witness.bad_key", "policy_not_met"}
    assert any(verdict["not_proved"][:1] == ["witnesses_independent"] for verdict in expected)
    assert len(codes) >= 15, codes  # a corpus that shows nothing but one refusal would show nothing


def test_signatures_paths_and_encodings_are_judged_as_in_the_golden_cases(page: Page, address: str) -> None:
    found = page.evaluate(
        """async ([hashing, trees, signatures, logs, states]) => {
          const v = { ...await import(hashing), ...await import(trees) };
          const bytesOf = (value) => value === null ? null : v.fromHex(value);
          return [
            signatures.map((one) =>
              v.isValidSignature(v.fromHex(one.public_key), v.fromHex(one.signature), v.fromHex(one.message))),
            logs.map(([given, told]) => {
              const leaf = v.sha256(v.fromHex("00" + given.leaves[given.index]));
              const size = given.leaves.length;
              return [
                v.toHex(v.computeInclusionRoot(given.index, size, leaf, told.inclusion.map(v.fromHex))),
                v.isConsistent(given.old_size, v.fromHex(told.old_root), size, v.fromHex(told.root),
                  told.consistency.map(v.fromHex)),
              ];
            }),
            states.map(([key, value, told]) => v.toHex(v.computeStateRoot(v.fromHex(key), bytesOf(value), {
              cell: v.fromHex(told.cell),
              forks: told.forks.map(v.fromHex),
              siblings: told.siblings.map(({ bitmap, digests }) => ({ bitmap, digests: v.fromHex(digests) })),
            }))),
          ];
        }""",
        [
            script(address, "hashing.js"),
            script(address, "trees.js"),
            [case["input"] for case in load_cases("zip215")],
            [[case["input"], case["expect"]] for case in load_cases("merkle")],
            [
                [case["input"]["key"], dict(case["input"]["entries"]).get(case["input"]["key"]), case["expect"]]
                for case in load_cases("state_tree")
            ],
        ],
    )
    assert found[0] == [case["expect"]["valid"] for case in load_cases("zip215")]
    assert found[1] == [[case["expect"]["root"], True] for case in load_cases("merkle")]
    assert found[2] == [case["expect"]["root"] for case in load_cases("state_tree")]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_proof_of_a_lively_chain_is_told_in_the_same_words(
    page: Page, address: str, scene: Scene, language: Language
) -> None:
    node = scene.node
    genesis = node.genesis_bytes
    size = node.application.history.size
    files = [proofs.make_entry_proof(node, position) for position in range(size)]
    files += [proofs.make_contract_proof(node, number) for (number,), _ in node.application.state.contracts.items()]
    files += [proofs.make_member_proof(node, member) for (member,), _ in node.application.state.members.items()]
    check_told(page, address, files, genesis, language)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_ballots_proof_is_told_in_the_same_words(
    page: Page, address: str, tmp_path: Path, language: Language
) -> None:
    scene = Scene(tmp_path / "node")
    begins, ends = scene.now, scene.now + 10 * DAY_US
    motions: list[Motion] = [
        ChangeParameter("application_days", 60, 9000), ChangeRulebook(bytes(32), 9000),
        Appoint("silver-plain", "seed"), Dismiss("azure-bay", "seed"),
    ]  # fmt: skip
    scene.act("azure-bay", *(Open(motion, "", begins, ends) for motion in motions))
    for member, choice in (("azure-bay", "yes"), ("north-terrace", "yes"), ("cloud-ford", "abstain")):
        scene.act(member, Vote(1, choice), Vote(2, choice))  # type: ignore[arg-type]  # choices
    scene.act("maple-ridge", Vote(1, "no"))
    scene.advance(10)
    scene.act("north-terrace", Open(CallOff(1), "", scene.now, scene.now + 10 * DAY_US))
    files = [proofs.make_ballot_proof(scene.node, number) for number in range(1, 6)]
    check_told(page, address, files, scene.node.genesis_bytes, language)
    ahead = Open(Appoint("silver-plain", "seed"), "", scene.now + 5 * DAY_US, scene.now + 15 * DAY_US)
    scene.act("azure-bay", ahead)
    before = scene.node.application.history.size
    for about in (None, AboutEntry((1, 0)), AboutBallot(6)):
        scene.act("north-terrace", File("azure-bay", about, bytes(32)))
    files = [proofs.make_entry_proof(scene.node, at) for at in range(before, scene.node.application.history.size)]
    check_told(page, address, files, scene.node.genesis_bytes, language)
    scene.node.close()


def check_told(page: Page, address: str, files: list[bytes], genesis: bytes, language: Language) -> None:
    """Both verifiers tell the same of each file, word for word."""
    told = page.evaluate(
        """async ([hashing, verifier, teller, files, genesis, words, language]) => {
          const { fromHex } = await import(hashing);
          const { verifyProof } = await import(verifier);
          const { tellVerdict } = await import(teller);
          return files.map((file) => {
            const told = tellVerdict(verifyProof(fromHex(file), { genesis: fromHex(genesis) }), words, language);
            return [told.code, told.statement, told.time, told.authority, told.notProved];
          });
        }""",
        [*(script(address, f"{name}.js") for name in ("hashing", "verify", "verdict")),
         [file.hex() for file in files], genesis.hex(), make_words(), language],
    )
    expected = [compute_verdict(file, Trust(genesis=genesis), language) for file in files]
    keys = ("code", "statement", "time", "authority_sentence", "not_proved_sentences")
    assert told == [[verdict[key] for key in keys] for verdict in expected]


def see(page: Page, text: str) -> None:
    page.get_by_text(text, exact=False).first.wait_for(timeout=20_000)


def list_words(page: Page) -> str:
    return page.inner_text("#verifier")


def check_accessible(page: Page, width: int) -> None:
    violations = [found["id"] for found in Axe().run(page).response["violations"]]
    assert violations == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh", PHONE_WIDTH)])
def test_an_officer_checks_a_contract_with_one_click_and_is_told_whose_word_that_is(
    browser: Browser, address: str, language: Language, width: int
) -> None:
    words = make_words()["catalogs"][language]
    context = open_context(browser, address, scripts=True, width=width)
    page = context.new_page()
    page.goto(f"{address}/contracts/9?lang={language}")
    click_through(page, "a[href^='/verify?of=']")
    see(page, words["proof.ok"])
    for key in ("proved", "by_node", "not_proved", "height", "signers"):
        assert words[f"verifier.{key}"] in list_words(page)
    assert words["verdict.simulated"] in list_words(page)
    assert words["proof.not_proved.single_history"] in list_words(page)
    check_accessible(page, width)
    end(context)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_offline_file_takes_the_proof_out_of_a_certificate_or_says_where_it_is(
    browser: Browser, scene: Scene, tmp_path: Path, language: Language
) -> None:
    words = make_words()["catalogs"][language]
    data, trust = proofs.make_contract_proof(scene.node, 9), Trust(genesis=scene.node.genesis_bytes)
    certificate = make_certificate(data, trust, "https://node.example/contracts/9/certificate", [language])
    other = b"<<\n/Length 3 /Type /EmbeddedFile\n>>\nstream\nconcordat/proof/v1\nendstream\n%%EOF"
    twice = certificate.replace(b"%%EOF", other)
    hidden = certificate.replace(b"/EmbeddedFile\n", b"/EmbeddedFilo\n")
    files = {"c.pdf": certificate, "twice.pdf": twice, "hidden.pdf": hidden, "genesis.json": scene.node.genesis_bytes}
    for name, content in {**files, "verifier.html": render_offline_page().encode()}.items():
        (tmp_path / name).write_bytes(content)
    context = browser.new_context(locale={"en": "en", "zh": "zh-CN"}[language], offline=True)
    page = context.new_page()
    page.goto((tmp_path / "verifier.html").as_uri())
    for name in ("twice.pdf", "hidden.pdf"):
        page.set_input_files("#files", tmp_path / name)
        see(page, words["verifier.attached"].format(name=name))
    page.set_input_files("#files", [tmp_path / "c.pdf", tmp_path / "genesis.json"])
    see(page, words["proof.ok"])
    told = page.inner_text("#result")
    assert words["verifier.proof_in"].format(name="c.pdf") in told
    assert sha256(data).hexdigest() in told
    end(context)


@pytest.mark.parametrize(("language", "width"), [("en", PHONE_WIDTH), ("zh", 1280)])
def test_the_offline_file_checks_a_proof_without_any_network_and_refuses_a_forged_one(
    browser: Browser, scene: Scene, tmp_path: Path, language: Language, width: int
) -> None:
    words = make_words()["catalogs"][language]
    data = proofs.make_contract_proof(scene.node, 9)
    files = {"verifier.html": render_offline_page().encode(), "c.proof": data, "genesis.json": scene.node.genesis_bytes}
    files["forged.proof"] = data[:-40] + bytes([data[-40] ^ 1]) + data[-39:]
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    context = browser.new_context(
        locale={"en": "en", "zh": "zh-CN"}[language], viewport={"width": width, "height": 900}, offline=True
    )
    asked, said = watch(context)
    page = context.new_page()
    page.goto((tmp_path / "verifier.html").as_uri())
    page.set_input_files("#files", tmp_path / "c.proof")
    see(page, words["verifier.needs_trust"])
    page.set_input_files("#files", tmp_path / "genesis.json")
    see(page, words["proof.ok"])
    statement = compute_verdict(data, Trust(genesis=scene.node.genesis_bytes), language)
    for entry in statement["entries"]:
        assert entry["sentence"] in list_words(page)
    page.set_input_files("#files", tmp_path / "forged.proof")
    page.wait_for_selector("[role=alert]")
    assert "✕" in page.inner_text("[role=alert]")
    assert page.inner_text("[role=alert] code") in {"malformed", "bad_state"}
    page.fill("#key", scene.node.key.public_key.hex())
    page.set_input_files("#files", tmp_path / "c.proof")
    see(page, words["proof.not_proved.chain_identity"])
    page.click(".languages button")
    assert page.evaluate("document.documentElement.lang") == {"en": "zh-CN", "zh": "en"}[language]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith("file:")] == []
    assert said == []
    end(context)


def test_a_policy_of_witnesses_is_dropped_or_pasted_and_the_page_says_how_many_of_whom(
    browser: Browser, scene: Scene, tmp_path: Path
) -> None:
    words = make_words()["catalogs"]["en"]
    proof = read_proof(proofs.make_contract_proof(scene.node, 9))
    names = list(WITNESS_SEEDS)
    known = "".join(f"witness {name[-1]} {render_witness_key(name)}\n" for name in names)
    files = {
        "verifier.html": render_offline_page().encode(),
        "c.proof": encode_proof(witness_proof(proof, *names[:2])),
        "genesis.json": scene.node.genesis_bytes,
        "two.policy": f"{known}group q 2 a b c\nquorum q\n".encode(),
        "bad.policy": f"{known}quorum q\n".encode(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    context = browser.new_context(locale="en", offline=True)
    _, said = watch(context)
    page = context.new_page()
    page.goto((tmp_path / "verifier.html").as_uri())
    page.set_input_files("#files", [tmp_path / "c.proof", tmp_path / "two.policy", tmp_path / "genesis.json"])
    see(page, words["verifier.policy_met"])
    assert "2 of 3" in page.inner_text("#policy")
    assert page.locator("#policy li.good").count() == 2
    assert words["proof.not_proved.single_history"] not in list_words(page)
    assert words["proof.not_proved.witnesses_independent"] in list_words(page)
    check_accessible(page, 1280)
    paste(page, f"{known}group q all a b c\nquorum q\n")
    see(page, words["verifier.policy_not_met"])
    assert words["proof.policy_not_met"] in page.inner_text("[role=alert]")
    assert "2 of 3" in page.inner_text("#policy")
    page.set_input_files("#files", tmp_path / "bad.policy")
    see(page, "policy.malformed")
    assert page.locator("#policy").count() == 0
    paste(page, known + "quorum a\n")
    see(page, words["verifier.policy_met"])
    assert said == []
    end(context)


def paste(page: Page, text: str) -> None:
    page.evaluate(
        """(text) => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
        }""",
        text,
    )


def watch(context: BrowserContext) -> tuple[list[str], list[str]]:
    """What the pages of a context ask for, and what their console says."""
    asked: list[str] = []
    said: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("console", lambda message: said.append(message.text))
    return asked, said


def test_without_scripts_the_page_says_what_to_do_instead(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/verify?lang=en")
    assert "concordat verify FILE --trust genesis.json" in list_words(page)
    assert make_words()["catalogs"]["en"]["verifier.needs_script"] in list_words(page)
    end(context)


def test_a_stranger_is_told_that_the_node_did_not_hand_the_proof_out(page: Page, address: str) -> None:
    page.goto(f"{address}/verify?of=/v1/contracts/9/proof&lang=en")
    see(page, "This node did not hand out the proof: 401")
    page.goto(f"{address}/verify?of=https://elsewhere.example/proof&lang=en")
    assert "elsewhere" not in list_words(page)
