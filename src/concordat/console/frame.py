"""What every page has: who reads it, in which language, and the words and marks its template may use."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal, get_args
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from concordat.api.access import Reader
from concordat.console import formats
from concordat.console.charts import OUT, draw_badge
from concordat.console.words import WORDS
from concordat.contracts.text import Language, fit_number, show_day, show_time
from concordat.node import reads
from concordat.node.node import Node
from concordat.primitives.plain import Json
from concordat.verifier.browser import SCRIPTS as SCRIPT_NAMES
from concordat.verifier.browser import read_script
from concordat.views.lists import ENDED_WITH_BREACHES, compute_outcome
from concordat.wording.sentences import CATALOGS, show_contract, show_digest, show_label, show_share, show_who

_FOLDER: Final = Path(__file__).parent
_MEDIA_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
STATIC: Final[Mapping[str, tuple[bytes, str]]] = {
    path.name: (path.read_bytes(), _MEDIA_TYPES[path.suffix]) for path in sorted((_FOLDER / "static").iterdir())
}
"""Each file that pages load, with its media type."""
_STATIC_VERSION: Final = sha256(b"".join(content for content, _ in STATIC.values())).hexdigest()[:12]
SCRIPTS: Final = {name: read_script(name) for name in SCRIPT_NAMES}
SCRIPTS_VERSION: Final = sha256("".join(SCRIPTS.values()).encode()).hexdigest()[:12]
"""Part of their address, from which they load each other."""

Theme = Literal["auto", "light", "dark"]
THEMES: Final[tuple[Theme, ...]] = get_args(Theme)
"""`auto` is what the reader's system prefers."""

LIMIT: Final = ("content_is_true",)
"""Of what no proof shows, what stands beside every proof; the rest is on the page of proofs."""

_MARKS: Final[Mapping[str, tuple[str, str]]] = {
    "member.applied": ("○", "warn"),
    "member.reviewed": ("◐", "warn"),
    "member.active": ("✓", "good"),
    "member.suspended": ("▲", "bad"),
    "member.expelled": ("✕", "bad"),
    "member.refused": ("✕", "bad"),
    "member.lapsed": ("–", "muted"),
    "contract.proposed": ("○", "warn"),
    "contract.active": ("●", "active"),
    "contract.suspended": ("▲", "bad"),
    "contract.completed": ("✓", "good"),
    "contract.ended_with_breaches": ("✕", "bad"),
    "contract.terminated": ("↩", "bad"),
    "contract.declined": ("↩", "muted"),
    "contract.expired": ("↩", "muted"),
    "ballot.open": ("●", "active"),
    "ballot.withdrawn": ("–", "muted"),
    "ballot.lost": ("✕", "bad"),
    "ballot.no_quorum": ("–", "warn"),
    "ballot.called_off": ("–", "warn"),
    "ballot.carried": ("✓", "good"),
    "ballot.applied": ("✓", "good"),
    "ballot.moot": ("↩", "muted"),
    "duty.unsigned": ("○", "muted"),
    "duty.waiting": ("○", ""),
    "duty.grace": ("◐", "warn"),
    "duty.curing": ("▲", "bad"),
    "duty.delivered": ("●", "active"),
    "duty.objected": ("▲", "warn"),
    "duty.kept": ("✓", "good"),
    "duty.cured": ("◐", "warn"),
    "duty.breached": ("✕", "bad"),
    "duty.lapsed": ("–", "muted"),
    "duty.released": ("–", "muted"),
}
"""A status as sign and tone; the word always stands beside it."""

_environment: Final = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Page:
    """One page as asked for. `path` and `query` are those of the request, `origin` the address before the path."""

    node: Node
    language: Language
    reader: Reader
    path: str
    query: tuple[tuple[str, str], ...]
    origin: str
    csrf: str
    names: Mapping[str, str]
    theme: Theme = "auto"

    def say(self, key: str, /, **values: object) -> Markup:
        """Return the console's own words; values are escaped."""
        return Markup(fit_number(WORDS[self.language][key], values)).format(**values)  # noqa: S704  # the catalog is ours

    def name(self, member: str) -> str:
        """Return how a member is called."""
        return self.names.get(member, member)

    def who(self, member: str) -> str:
        """Return how a member is called, with the identifier that no other has."""
        return show_who(member, self.language, self.names)

    def label(self, label: Json) -> str:
        """Return a label in the page's language, or in the other one when that is empty."""
        return show_label(label, self.language)

    def join(self, texts: Sequence[str]) -> Markup:
        """Return texts as one list in words, escaped."""
        return Markup(CATALOGS[self.language]["separator"]).join(texts)  # noqa: S704  # the catalog is ours

    def day(self, time: str) -> str:
        """Return a day."""
        return show_day(time, self.language)

    def time(self, time: str) -> str:
        """Return day, minute and zone."""
        return show_time(time, self.language)

    def minute(self, time: str) -> str:
        """Return day and minute."""
        return formats.show_minute(time, self.language)

    def catalog(self, key: str) -> str:
        """Return a word of the ledger's catalog."""
        return CATALOGS[self.language][key]

    def outcome(self, row: Json) -> str:
        """Return a contract's status as lists count it: one that ended with breaches is not shown as completed."""
        return compute_outcome(row["status"], row["duties_breached"])

    def contract_status(self, row: Json) -> str:
        """Return a contract's status in words, with the number of breaches where it ended with some."""
        if self.outcome(row) == ENDED_WITH_BREACHES:
            return self.say("contract.ended_with_breaches", count=row["duties_breached"])
        return self.catalog(f"status.contract.{row['status']}")

    def badge(self, grade: str | None, size: int = 24, status: str = "active") -> Markup:
        """Return a grade's badge, or that of a member that was expelled, whose grade opens nothing."""
        if status == "expelled":
            return draw_badge(OUT, self.catalog("status.member.expelled"), size)
        return draw_badge(grade, self.say("credit.badge", grade=grade) if grade else self.say("credit.unrated"), size)

    def in_language(self, language: str) -> str:
        """Return this page's address in a language."""
        return self._with("lang", language)

    def in_theme(self, theme: str) -> str:
        """Return this page's address in a theme."""
        return self._with("theme", theme)

    def _with(self, key: str, value: str) -> str:
        rest = [(name, kept) for name, kept in self.query if name not in {"lang", "theme"}]
        return f"{self.path}?{urlencode([*rest, (key, value)])}"


def render_page(page: Page, template: str, section: str, **values: object) -> str:
    """Return the HTML of a template."""
    values |= {
        "w": page.say,
        "name": page.name,
        "who": page.who,
        "label": page.label,
        "day": page.day,
        "time": page.time,
        "minute": page.minute,
        "catalog": page.catalog,
        "badge": page.badge,
        "outcome": page.outcome,
        "contract_status": page.contract_status,
        "number": formats.show_number,
        "signed": formats.show_signed,
        "digest": show_digest,
        "contract": show_contract,
        "confidence": show_share,
        "sign": lambda family, status: _MARKS[f"{family}.{status}"][0],
        "tone": lambda family, status: _MARKS[f"{family}.{status}"][1],
        "in_language": page.in_language,
        "in_theme": page.in_theme,
        "theme": page.theme,
        "csrf": page.csrf,
        "origin": page.origin,
        "lang": page.language,
        "static_version": _STATIC_VERSION,
        "scripts_version": SCRIPTS_VERSION,
        "section": section,
        "status": reads.get_status(page.node),
        "reader": page.reader if page.reader.public_key is not None else None,
    }
    return _keep_whole(_environment.get_template(template).render(values))


_TEXT: Final = re.compile(r"(<(?!title|option|text)[a-z][^>]*>|</[a-z0-9]+>)([^<]*\bC-[0-9]{4,}[^<]*)")


def _keep_whole(html: str) -> str:
    """Mark contracts' numbers in running text, which a narrow column would part at the hyphen.

    >>> _keep_whole('<title>C-0037</title><a title="C-0037">Sign C-0037</a>')
    '<title>C-0037</title><a title="C-0037">Sign <span class="whole">C-0037</span></a>'
    """

    def mark(found: re.Match[str]) -> str:
        return found[1] + re.sub(r"\bC-[0-9]{4,}", r'<span class="whole">\g<0></span>', found[2])

    return _TEXT.sub(mark, html)
