from __future__ import annotations

from decimal import Decimal, localcontext
from hashlib import sha256

import pytest

from concordat.credit.rulebook import RULEBOOK, RULEBOOK_DIGEST, Decay, Rulebook
from concordat.primitives.codec import decode, encode

DECAYS = [RULEBOOK.performance_decay, *(rule.decay for rule in RULEBOOK.negatives)]


@pytest.mark.parametrize("decay", DECAYS)
def test_the_decay_tables_are_the_rounded_powers(decay: Decay) -> None:
    with localcontext(prec=60):
        exact = [2**20 * Decimal(2) ** (Decimal(-age) / decay.half_life_weeks) for age in range(len(decay.factors))]
        assert decay.factors == tuple(int(value.to_integral_value()) for value in exact)
    assert len(decay.factors) == decay.expiry_weeks + 1
    assert decay.factors[decay.half_life_weeks] == 2**19


def test_the_digest_is_of_the_domain_and_the_canonical_encoding() -> None:
    assert sha256(b"concordat/rulebook/v1\0" + encode(RULEBOOK)).digest() == RULEBOOK_DIGEST
    assert decode(Rulebook, encode(RULEBOOK)) == RULEBOOK


def test_the_rows_stand_where_their_numbers_say() -> None:
    assert [rule.severity for rule in RULEBOOK.negatives] == [1, 2, 3]
    assert [rule.grade for rule in RULEBOOK.grades] == ["A", "B", "C", "N", "D", "E"]
    bounds = [(rule.score_min, rule.confidence_min, rule.limit_milli) for rule in RULEBOOK.grades]
    assert bounds == sorted(bounds, reverse=True)
