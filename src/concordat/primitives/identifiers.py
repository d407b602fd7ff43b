"""Identifiers and bounded values. All are ASCII or bytes where the ledger compares them; free text is never compared.

Integers stay below 2**53, so that a JSON reader in any language keeps every digit.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from concordat.primitives.characters import make_visible_pattern
from concordat.primitives.codec import Struct

CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9./:_-]*\Z"
ADDRESS_PATTERN = (
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\Z"
)
NAME_PATTERN = r"^[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z"

INTEGER_MAX = 2**53 - 1

Natural = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
"""An integer from 0 to 2**53 - 1."""

Positive = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
"""An integer from 1 to 2**53 - 1."""

Milli = Annotated[int, Meta(ge=0, le=1000)]
"""A share in thousandths."""

TimeUs = Annotated[int, Meta(ge=0, le=INTEGER_MAX, extra_json_schema={"format": "date-time"})]
"""Ledger time: microseconds since 1970-01-01T00:00:00Z."""

MemberId = Annotated[str, Meta(pattern=NAME_PATTERN, min_length=2, max_length=32)]
"""A member's name on the ledger, chosen once and kept for life: `azure-bay`."""

DatasetName = Annotated[str, Meta(pattern=NAME_PATTERN, min_length=2, max_length=48)]
"""A dataset's name within its owner's names: `hourly-readings`."""

Code = Annotated[str, Meta(pattern=CODE_PATTERN, min_length=1, max_length=64)]
"""A registration code or scheme as another register writes it: `91110000MA01A2B3C4`."""

MailAddress = Annotated[str, Meta(pattern=ADDRESS_PATTERN, max_length=254)]
"""A mail address in its plain form: dot-atom and domain (RFC 5321), nothing quoted, ASCII."""

ShortText = Annotated[str, Meta(pattern=make_visible_pattern(), max_length=200)]
"""A line for people, of characters that can be seen (ENC-8). The ledger never compares it."""

Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]
"""A SHA-256 digest or a salted commitment."""

PublicKey = Annotated[bytes, Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]


class Label(Struct, frozen=True):
    """A name or title in two languages. One of them may be empty; a face says so and shows the other."""

    en: ShortText
    zh: ShortText

    def __post_init__(self) -> None:
        if not (self.en.strip(" \u3000") or self.zh.strip(" \u3000")):
            raise ValueError("a label needs a text in at least one language")

    def in_language(self, language: str) -> str:
        """Return the text in `language` ("en" or "zh"), or the other one when it is empty."""
        return (self.zh or self.en) if language == "zh" else (self.en or self.zh)
