from __future__ import annotations

import re
from gzip import compress
from hashlib import sha256
from pathlib import Path

import pytest

from concordat.console.frame import SCRIPTS, STATIC
from concordat.console.words import WORDS
from concordat.contracts.text import Language
from concordat.crypto.proof import Trust
from concordat.node.proofs import make_member_proof
from concordat.primitives.identifiers import Label
from concordat.protocol.families.datasets import Register
from concordat.verifier.verdict import compute_verdict

from .scene import AIR, Scene
from .visitor import PAGES, Document, Visitor

VOID_OF_STYLE = ("style", "onclick", "onload", "onerror", "onsubmit")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_whole_in_both_languages(visitor: Visitor, path: str, language: str) -> None:
    page = visitor.open(f"{path}{'&' if '?' in path else '?'}lang={language}")
    assert visitor.status == 200
    tags = [tag for tag, _ in page.tags]
    assert tags.count("h1") == 1
    assert tags.count("title") == 1
    assert page.tags[0] == ("html", {"lang": "zh-CN" if language == "zh" else "en"})
    assert all("src" in values or values["type"] == "application/json" for tag, values in page.tags if tag == "script")
    assert "style" not in tags
    assert not [values for _, values in page.tags if any(name in values for name in VOID_OF_STYLE)]
    ids = [values["id"] for _, values in page.tags if "id" in values]
    assert len(ids) == len(set(ids))
    addresses = [values[name] or "" for _, values in page.tags for name in ("href", "src", "action") if name in values]
    assert addresses
    assert all(address.startswith(("/", "#")) and not address.startswith("//") for address in addresses), addresses
    assert {"en", "zh-CN"} == {values.get("hreflang") for tag, values in page.tags if values.get("rel") == "alternate"}


def test_headers_allow_nothing_but_what_pages_have(visitor: Visitor) -> None:
    visitor.open("/")
    policy = visitor.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "script-src 'self'; connect-src 'self'; " in policy
    assert "frame-ancestors 'none'" in policy
    assert visitor.headers["x-content-type-options"] == "nosniff"
    assert visitor.headers["referrer-policy"] == "no-referrer"
    visitor.open("/members/nobody")
    assert visitor.status == 404
    assert visitor.headers["content-security-policy"] == policy


def test_scripts_are_small() -> None:
    scripts = [content for name, (content, _) in STATIC.items() if name.endswith(".js")]
    scripts += [script.encode() for script in SCRIPTS.values()]
    assert len(scripts) > 1
    assert sum(len(compress(script)) for script in scripts) <= 40_000


def test_activity_is_by_day_and_narrows_to_a_member(visitor: Visitor) -> None:
    page = visitor.open("/activity")
    assert "/activity?member=azure-bay" in page.links()
    days = re.findall(r'<h2><time datetime="([0-9-]+)T00:00:00Z">', page.html)
    assert days == sorted(set(days), reverse=True)
    assert len([link for link in page.links() if re.fullmatch(r"/ledger/[0-9]+", link)]) == 40
    height = visitor.client.get("/v1/status").json()["height"]
    assert f'data-events="/v1/events?after={height}"' in page.html
    own = visitor.open("/activity?member=amber-coast")
    assert "/ledger?member=amber-coast" in own.links() or "Amber Coast" in own.text
    assert "/activity" in own.links()


def test_every_link_of_the_console_leads_somewhere(visitor: Visitor) -> None:
    found = {link.split("#")[0] for path in PAGES for link in visitor.open(path).links()} - {""}
    assert len(found) > 60
    for link in sorted(found):
        visitor.open(link)
        assert visitor.status == 200, link


def test_a_list_goes_on_where_its_page_ends(scene: Scene, officer: Visitor) -> None:
    def register(number: int) -> Register:
        digest = sha256(f"{number}".encode()).digest()
        return Register(f"series-{number:02d}", 1, AIR, digest, 1, 1, bytes(32), bytes(32))

    scene.act("azure-bay", *(register(number) for number in range(50)))
    assert not [link for link in officer.open("/datasets").links() if "after=" in link]
    scene.act("azure-bay", register(50))
    (more,) = [link for link in officer.open("/datasets").links() if "after=" in link]
    rest = officer.open(more)
    assert [link for link in rest.links() if "/series-" in link] == ["/datasets/azure-bay/series-50"]
    assert not [link for link in rest.links() if "after=" in link and "lang=" not in link and "theme=" not in link]


def test_versions_go_on_where_their_page_ends(scene: Scene, officer: Visitor) -> None:
    def register(version: int) -> Register:
        return Register("series", version, AIR, sha256(f"{version}".encode()).digest(), 1, 1, bytes(32), bytes(32))

    scene.act("azure-bay", *(register(version) for version in range(1, 51)))
    assert not [link for link in officer.open("/datasets/azure-bay/series").links() if "after=" in link]
    scene.act("azure-bay", register(51))
    page = officer.open("/datasets/azure-bay/series")
    assert "Versions registered: 51." in page.text
    assert ('id="version-2"' in page.html, 'id="version-1"' in page.html) == (True, False)
    (more,) = [link for link in page.links() if "after=" in link]
    rest = officer.open(more)
    assert ('id="version-2"' in rest.html, 'id="version-1"' in rest.html) == (False, True)


def test_language_is_asked_by_address_then_remembered_then_preferred(told: Scene) -> None:
    with Visitor(told.node, "zh-CN,en;q=0.5") as visitor:
        assert "登录" in visitor.open("/login").text
        assert "Sign in" in visitor.open("/login?lang=en").text
        assert "Sign in" in visitor.open("/proof").text
        assert "登录" in visitor.open("/proof?lang=zh").text
        assert "登录" in visitor.open("/login?lang=tlh").text


def test_a_theme_is_asked_by_address_then_remembered_else_that_of_the_system(told: Scene) -> None:
    def get_dark(page: Document) -> list[str | None]:
        return [values.get("media") for _, values in page.tags if (values.get("href") or "").startswith("/static/dark")]

    with Visitor(told.node) as visitor:
        assert get_dark(visitor.open("/codes")) == ["screen and (prefers-color-scheme: dark)"]
        assert get_dark(visitor.open("/codes?theme=dark")) == ["screen"]
        assert get_dark(visitor.open("/proof?theme=purple")) == ["screen"]
        assert get_dark(visitor.open("/proof?theme=light")) == []
        assert get_dark(visitor.open("/proof")) == []
        assert get_dark(visitor.open("/proof?theme=auto")) == ["screen and (prefers-color-scheme: dark)"]


def test_both_themes_give_each_other_s_tokens_a_value() -> None:
    light, dark = (STATIC[name][0].decode() for name in ("console.css", "dark.css"))
    named = set(re.findall(r"^  (--[a-z-]+):", dark, re.MULTILINE))
    assert named <= set(re.findall(r"^  (--[a-z-]+):", light, re.MULTILINE))
    assert set(re.findall(r"^  (--[a-z-]+):", light, re.MULTILINE)) - named == {"--focus", "--mono"}


@pytest.mark.parametrize(
    ("path", "begin"),
    [
        ("/ledger?before=0", "/ledger"),
        ("/ledger?contract=9&before=0", "/ledger?contract=9"),
        ("/contracts?after=1", "/contracts"),
        ("/contracts?member=azure-bay&after=1", "/contracts?member=azure-bay"),
        ("/members?after=zzz", "/members"),
        ("/datasets?after=zzz", "/datasets"),
    ],
)
def test_a_list_that_has_ended_says_so_and_leads_back(visitor: Visitor, path: str, begin: str) -> None:
    page = visitor.open(path)
    assert "Nothing more: the list ends before this page." in page.text
    assert begin in page.links()
    assert "yet." not in page.text


def test_who_is_signed_in_is_not_asked_to_sign_in(visitor: Visitor) -> None:
    page = visitor.open("/login")
    assert "You are signed in" in page.text
    assert "password" not in page.html
    visitor.send(page.form_to("/logout"))
    assert "for up to 12 hours" in visitor.open("/login").text


def test_what_waits_comes_first_and_leads_to_its_place(visitor: Visitor) -> None:
    page = visitor.open("/")
    assert page.text.index("Waits for you · 9") < page.text.index("Mirror regions and their cooperation")
    places = [
        page.text.index(words) for words in ("Mirror regions", "contract execution", "credit management", "All members")
    ]
    assert places[0] < places[1] < places[3]
    assert "Sign or decline C-0012" in page.text
    assert "/contracts/12" in page.links()


def test_contract_page_tells_course_deadline_and_consequence(visitor: Visitor) -> None:
    page = visitor.open("/contracts/9")
    assert "Waits for you: Accept or object to the delivery for obligation 3 of C-0009" in page.text
    assert "If nothing is done by 12 Nov 2026, 00:00 UTC: The delivery counts as accepted." in page.text
    assert "2 of 6 duties closed" in page.text
    assert "The version has 31 rows; the contract asks for at least 700." in page.text
    assert get_steps(page) == ["done", "done", "done", "now"]


def get_steps(page: Document) -> list[str | None]:
    classes = [values.get("class") for tag, values in page.tags if tag == "li"]
    return [name for name in classes if name in {"done", "now", "halt", "exit"}]


@pytest.mark.parametrize(
    ("number", "states", "words"),
    [
        (6, ["done", "done", "done", "exit"], "Returned to the platform: ended early."),
        (7, ["done", "exit"], "Returned to the platform: declined."),
        (8, ["done", "exit"], "Returned to the platform: void, not signed in time."),
        (10, ["done", "done", "done", "halt"], "Suspended"),
        (12, ["done", "now"], "0 of 2 parties"),
        (1, ["done"] * 5, "64 of 64 duties closed"),
    ],
)
def test_stepper_shows_each_way_through_a_contract(
    visitor: Visitor, number: int, states: list[str], words: str
) -> None:
    page = visitor.open(f"/contracts/{number}")
    assert get_steps(page) == states
    assert words in page.text


def test_points_on_the_member_page_make_the_score(visitor: Visitor) -> None:
    answer = visitor.client.get("/v1/members/cloud-ford/credit").json()
    page = visitor.open("/members/cloud-ford")
    assert f"Together they make exactly {answer['score']}." in page.text
    table = page.html[page.html.index('id="score"') : page.html.index('id="records"')]
    points = [int(text.replace("−", "-")) for text in re.findall(r'class="number[^"]*">([+−]?[0-9]+)<', table)]
    assert len(points) == 4
    assert sum(points[:-1]) == points[-1] == answer["score"]


def test_ledger_entry_is_sentence_then_proof_then_json(visitor: Visitor) -> None:
    page = visitor.open("/ledger/3")
    assert page.text.index("proposed contract") < page.text.index("Proof") < page.text.index('"position": 3')
    assert "/v1/ledger/3/proof" in page.links()
    assert visitor.client.get("/v1/ledger/3/proof").status_code == 200


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_not_proved_is_what_verify_says(told: Scene, visitor: Visitor, language: Language) -> None:
    trust = Trust(node_key=told.node.key.public_key)
    verdict = compute_verdict(make_member_proof(told.node, "azure-bay"), trust, language)
    _, *sentences = verdict["not_proved_sentences"]  # the first one is about a key as the root of trust
    assert len(sentences) == 4
    text = visitor.open(f"/proof?lang={language}").text
    prefix = WORDS[language]["proof.not_proved"]
    assert all(sentence.startswith(prefix) for sentence in sentences)
    assert [sentence for sentence in sentences if sentence.removeprefix(prefix) not in text] == []
    assert prefix not in text
    for path in ("/members/azure-bay", "/contracts/9", "/ledger/3"):
        page = visitor.open(f"{path}?lang={language}")
        assert [sentence for sentence in sentences if sentence in page.text] == sentences[-1:], path
        assert "/proof#limits" in page.links()


def test_ledger_pages_on_to_the_first_entry(visitor: Visitor) -> None:
    seen: set[str] = set()
    older = "/ledger"
    while older:
        page = visitor.open(older)
        seen |= {link for link in page.links() if link.startswith("/ledger/")}
        older = next((link for link in page.links() if re.fullmatch(r"/ledger\?before=\d+", link)), "")
    size = visitor.client.get("/v1/status").json()["log_size"]
    assert seen == {f"/ledger/{position}" for position in range(size)}


@pytest.mark.parametrize(
    ("query", "link"),
    [
        ("C-0009", "/contracts/9"),
        ("9", "/contracts/9"),
        ("蔚湾", "/members/azure-bay"),
        ("silver", "/members/silver-plain"),
        ("flow", "/datasets/azure-bay/river-flow-series"),
    ],
)
def test_search_finds_what_a_query_names(visitor: Visitor, query: str, link: str) -> None:
    assert link in visitor.open(f"/search?q={query}").links()


def test_search_finds_a_transaction(visitor: Visitor) -> None:
    transaction = visitor.client.get("/v1/ledger/3").json()["transaction"]
    assert "/ledger/3" in visitor.open(f"/search?q={transaction}").links()


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/members/nobody", 404, "There is no member nobody."),
        ("/contracts/99", 404, "There is no contract 99."),
        ("/datasets/azure-bay/nothing", 404, "There is no dataset azure-bay/nothing."),
        ("/ledger/999999", 404, "The ledger has no entry 999999."),
        ("/sign/0123", 404, "This action is not waiting"),
        ("/no/such/page", 404, "There is no such page."),
        ("/contracts/x", 404, "There is no such page."),
        ("/ledger?before=x", 400, "The address or the form cannot be read."),
    ],
)
def test_errors_are_pages_with_code_cause_and_next_step(visitor: Visitor, path: str, status: int, words: str) -> None:
    page = visitor.open(path)
    assert visitor.status == status
    assert words in page.text
    assert "Code" in page.text
    assert [tag for tag, _ in page.tags].count("h1") == 1


@pytest.mark.parametrize("path", ["/contracts/abc", "/ledger/abc", "/nothing", "/static/nothing"])
def test_an_address_that_is_none_keeps_the_session_and_is_named(visitor: Visitor, path: str) -> None:
    page = visitor.open(path)
    assert visitor.status == 404
    assert "/login" not in page.links()
    assert "Officer of Azure Bay" in page.text
    assert f"Detail{path} " in page.text


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/no/such/path"])
@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json"])
def test_unknown_path_of_the_interface_stays_a_problem(visitor: Visitor, path: str, accept: str) -> None:
    answer = visitor.client.get(path, headers={"Accept": accept})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_program_that_asks_for_json_alone_gets_no_page(visitor: Visitor) -> None:
    answer = visitor.client.get("/no/such/path", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert visitor.client.get("/no/such/path").headers["content-type"].startswith("text/html")


HOSTILE = '"><script>alert(1)</script><img src=x onerror=y>'


def test_hostile_names_and_queries_are_text(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "node", hostile=Label(HOSTILE, HOSTILE))
    try:
        scene.propose(scene.make_terms(Label(HOSTILE, HOSTILE), "maple-ridge", "azure-bay", AIR, days=5))
        with Visitor(scene.node) as visitor:
            visitor.sign_in()
            for path in ("/", "/members", "/members/maple-ridge", "/contracts", "/contracts/1", "/ledger"):
                _check_harmless(visitor.open(path))
            _check_harmless(visitor.open(f"/search?q={HOSTILE}"))
            assert HOSTILE in visitor.open("/members").text
    finally:
        scene.node.close()


def _check_harmless(page: Document) -> None:
    tags = [tag for tag, _ in page.tags]
    assert all("src" in values or values["type"] == "application/json" for tag, values in page.tags if tag == "script")
    assert "img" not in tags
