"""The catalogs are complete: whatever the ledger, its files and its faces can say has words in both languages."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

import concordat
from concordat.contracts.judge import REASONS
from concordat.contracts.terms import TemplateName, Terms
from concordat.contracts.text import Language, render_clauses
from concordat.credit.rulebook import RULEBOOK
from concordat.ledger.survey import CheckId, Status
from concordat.primitives.identifiers import Label
from concordat.protocol import records
from concordat.protocol.families import contracts
from concordat.protocol.families.membership import REVIEW_REASONS
from concordat.protocol.messages import EVENTS, OPERATIONS, REJECTIONS
from concordat.wording.en import CATALOG as EN
from concordat.wording.en import failures, refusals
from concordat.wording.rules import get_rule
from concordat.wording.sentences import CATALOGS, get_reason_key
from concordat.wording.zh import CATALOG as ZH

SOURCES = Path(concordat.__file__).parent
ERRORS = {"ConcordatError", "Rejected", "Refused", "UsageError", "NotFound", "Corrupt", "Stale"}
REASON_CODES = (*REASONS, *REVIEW_REASONS)
CODE = re.compile(r"[a-z]+(\.[a-z_]+)+")


def find_nodes(folder: Path = SOURCES) -> Iterator[ast.AST]:
    for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]:
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def find_raised(kinds: Collection[str] = ERRORS) -> dict[str, int]:
    """Return every code of such errors that the sources spell out, and how many parameters it has at least."""
    found: dict[str, int] = {}
    for node in find_nodes():
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(code)), *rest]) if name in kinds:
                count = len(rest) if name == "Rejected" else 1
                found[code] = min(count, found.get(code, count))
            case ast.Constant(value=str(code)) if re.fullmatch(r"disk\.[a-z_]+", code):
                found.setdefault(code, 1)
    return found


def find_reason_parameters() -> dict[str, int]:
    """Return how many parameters each ground of a refusal is listed with."""
    found: dict[str, int] = {}
    for node in find_nodes():
        match node:
            case ast.Tuple(elts=[ast.Constant(value=str(code)), ast.Tuple(elts=parameters)]) if code in REASON_CODES:
                found[code] = len(parameters)
    return found


def find_proof_words() -> Iterator[str]:
    for node in find_nodes(SOURCES / "crypto" / "proof.py"):
        match node:
            case ast.keyword(arg="code", value=ast.Constant(value=str(code))):
                yield f"proof.{code}"
            case ast.keyword(arg="not_proved") | ast.AnnAssign(target=ast.Name(id="NOT_PROVED")):
                for part in ast.walk(node):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield f"proof.not_proved.{part.value}"
            case ast.Tuple(elts=[ast.Constant(value=str(word)), ast.Tuple()]):
                yield f"proof.authority.{word}"


RAISED = find_raised()
REASON_PARAMETERS = find_reason_parameters()


def get_placeholders(text: str) -> list[tuple[str, str | None]]:
    return sorted((field, spec) for _, field, spec, _ in string.Formatter().parse(text) if field is not None)


def with_prefix(prefix: str, names: Iterable[object]) -> set[str]:
    return {f"{prefix}.{name}" for name in names}


def test_both_languages_have_the_same_keys() -> None:
    assert set(EN) == set(ZH)
    assert list(EN) == list(ZH)


@pytest.mark.parametrize("words", [refusals.WORDS, failures.WORDS])
def test_refusals_stand_in_the_ledgers_order_and_failures_in_that_of_their_codes(words: dict[str, str]) -> None:
    keys = [key for key in words if not key.startswith("reason.")]
    codes = list(dict.fromkeys(key.partition(".")[2] for key in keys))
    assert codes == ([rejection.code for rejection in REJECTIONS] if words is refusals.WORDS else sorted(codes))
    assert keys == [f"{kind}.{code}" for code in codes for kind in ("rejection", "next") if f"{kind}.{code}" in words]


def test_both_languages_show_the_same_values_in_the_same_way() -> None:
    assert {key: get_placeholders(EN[key]) for key in EN} == {key: get_placeholders(ZH[key]) for key in EN}


@pytest.mark.parametrize("language", get_args(Language))
def test_sentences_are_trimmed(language: Language) -> None:
    for key, text in CATALOGS[language].items():
        assert text == text.strip() != "" or key == "separator", key
        assert "  " not in text, key


def test_sentences_keep_to_the_script_and_punctuation_of_their_language() -> None:
    for key, text in EN.items():
        assert not re.search(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]", text), key
    for key, text in ZH.items():
        literal = "".join(part for part, *_ in string.Formatter().parse(text))
        assert re.search(r"[\u3001-\u303f\u3400-\u9fff]", literal), key
        assert not re.search(r"[\u3400-\u9fff][,;:!?()]|[,;:!?()][\u3400-\u9fff]", literal), key


def test_every_operation_and_event_has_words() -> None:
    assert with_prefix("operation", OPERATIONS) <= set(EN)
    assert with_prefix("act", OPERATIONS) <= set(EN)
    assert with_prefix("event", EVENTS) <= set(EN)


def test_no_word_is_left_over_from_something_that_is_gone() -> None:
    tags = {"operation": set(OPERATIONS), "act": {*OPERATIONS, "unreadable"}, "event": set(EVENTS)}
    for key in EN:
        family, _, rest = key.partition(".")
        if family in tags:
            tag = rest if rest in tags[family] else rest.rpartition(".")[0]
            assert tag in tags[family], key
    kept = {get_reason_key(code) for code in (*RAISED, *REASON_CODES)} | set(find_proof_words())
    families = ("rejection.", "reason.", "proof.")
    assert {key for key in EN if key.startswith(families)} == {key for key in kept if key.startswith(families)}


def test_every_refusal_has_a_reason_and_a_next_step() -> None:
    codes = {*RAISED, *(rejection.code for rejection in REJECTIONS)}
    assert len(codes) > 100
    for code in codes:
        assert CODE.fullmatch(code)
        assert get_reason_key(code) in EN, code
        assert f"next.{code}" in EN, code


def test_every_refusal_names_a_rule_that_is_written() -> None:
    spec = SOURCES.parents[1] / "spec"
    pages = [page.read_text(encoding="utf-8") for page in sorted(spec.glob("*.md"))]
    written = {rule for page in pages for rule in re.findall(r"\*\*([A-Z]+-\d+)\b", page)}
    refused = find_raised({"Refused", "Rejected"}).keys() - {"node.defect"}
    assert len(refused) > 20
    rules = {code: get_rule(code) or "" for code in refused}
    assert {code: rule for code, rule in rules.items() if rule.split(".")[0] not in written} == {}
    assert {rejection.code: get_rule(rejection.code) for rejection in REJECTIONS} == {
        rejection.code: rejection.rule for rejection in REJECTIONS
    }
    assert [get_rule(code) for code in ("cli.defect", "node.defect", "replay.differs", "proof.malformed")] == [None] * 4


def test_every_ground_has_words() -> None:
    assert set(REASON_PARAMETERS) == set(REASON_CODES)
    assert {get_reason_key(code) for code in REASON_CODES} == {key for key in EN if key.startswith("reason.")}


def test_no_sentence_speaks_of_a_value_that_its_code_does_not_carry() -> None:
    for code, count in (*RAISED.items(), *REASON_PARAMETERS.items()):
        for key in (get_reason_key(code), f"next.{code}"):
            for field, _ in get_placeholders(EN.get(key, "")):
                assert int(field) < count, key


def test_every_status_role_kind_and_ground_has_words() -> None:
    expected = {
        "status.member": get_args(records.MemberStatus),
        "status.contract": get_args(records.ContractStatus),
        "status.duty": get_args(records.DutyStatus),
        "status.objection": get_args(records.ObjectionStatus),
        "status.check": get_args(Status),
        "role": (*get_args(records.MemberRole), *get_args(records.OfficerRole)),
        "kind": get_args(records.MemberKind),
        "ground": get_args(contracts.Ground),
        "cause": get_args(get_type_hints(contracts.Terminated)["cause"]),
        "limb": ("score", "strikes"),
        "severity": range(4),
        "settled": range(3),
        "grade": [rule.grade for rule in RULEBOOK.grades],
        "template": get_args(TemplateName),
    }
    for family, names in expected.items():
        assert {key for key in EN if key.startswith(f"{family}.")} == with_prefix(family, names)


def test_every_word_of_a_proof_and_of_doctor_is_there() -> None:
    words = set(find_proof_words())
    assert {"proof.ok", "proof.authority.genesis", "proof.not_proved.content_is_true"} <= words
    assert words <= set(EN)
    checks = get_args(CheckId)
    assert {key for key in EN if key.startswith("doctor.")} == with_prefix("doctor", checks)
    assert with_prefix("next.doctor", checks) <= set(EN)


@pytest.mark.parametrize("language", get_args(Language))
def test_grades_say_what_the_rulebook_allows(language: Language) -> None:
    for rule in RULEBOOK.grades:
        text = CATALOGS[language][f"grade.{rule.grade}"]
        assert f" {rule.limit_milli // 10}%" in text
        sponsors = {"en": "sponsor", "zh": "推荐"}[language] in text
        assert sponsors == (rule.grade in RULEBOOK.sponsor_grades)


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("template", get_args(TemplateName))
def test_templates_are_called_as_in_the_contract(language: Language, template: TemplateName) -> None:
    terms = Terms(template, Label("T", "T"), ("aa", "bb"), (), 0)
    heading = render_clauses(terms, language)[0]
    assert heading.lower().startswith(CATALOGS[language][f"template.{template}"])
