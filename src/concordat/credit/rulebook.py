"""The rulebook: every constant of the credit score, and the digest that the ledger publishes (spec/credit.md CRD-2).

One unit of evidence is a millionth of a perfect performance of full size with a fully weighted counterparty.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from concordat.primitives.codec import Struct, encode
from concordat.primitives.identifiers import Digest, Milli, Natural, Positive

Grade = Literal["A", "B", "C", "N", "D", "E"]
"""From best to worst; N is a newcomer, who is neither trusted nor distrusted."""

Severity = Literal[0, 1, 2, 3]
"""0 a performance, 1 a minor, 2 a general, 3 a serious negative."""


class Decay(Struct, frozen=True):
    """How evidence fades: `factors[age]` in 2**-20, for an age of 0 to `expiry_weeks` weeks; older evidence is gone.

    `factors[age] = round(2**20 * 2**(-age / half_life_weeks))`.
    """

    half_life_weeks: Positive
    expiry_weeks: Positive
    factors: tuple[Positive, ...]


class NegativeRule(Struct, frozen=True):
    """What a negative of one severity costs: `loss` times the evidence of a performance of its size."""

    severity: Severity
    loss: Positive
    decay: Decay


class GradeRule(Struct, frozen=True):
    """What a grade needs, and the largest contract it may sign, as a share of the full size."""

    grade: Grade
    score_min: Milli
    confidence_min: Milli
    limit_milli: Milli


class ScoreExitRule(Struct, frozen=True):
    """Forced exit by score, CRD-11: what holds at each of `closes` successive epoch closes."""

    score_below: Milli
    confidence_min: Milli
    serious_min: Positive
    grave_min: Positive
    closes: Positive


class StrikesExitRule(Struct, frozen=True):
    """Forced exit by strikes, CRD-12: how many negatives, live and at most `window_weeks` old."""

    serious_min: Positive
    grave_min: Positive
    window_weeks: Positive


class Rulebook(Struct, frozen=True):
    """Every constant of the score, the grades and the exits. The field names say units; spec/credit.md says uses."""

    quarter_weeks: Positive
    mark_weights: tuple[Positive, Positive, Positive]
    late_day_milli: Milli
    size_min_milli: Milli
    negative_size_min_milli: Milli
    serious_size_milli: Milli
    performance_decay: Decay
    negatives: tuple[NegativeRule, NegativeRule, NegativeRule]
    prior_positive: Positive
    prior_negative: Positive
    saturation: Positive
    confidence_prior: Positive
    grades: tuple[GradeRule, ...]
    hysteresis: Milli
    newcomer_confidence_below: Milli
    sponsor_grades: tuple[Grade, ...]
    score_exit: ScoreExitRule
    strikes_exit: StrikesExitRule
    return_after_weeks: Natural
    return_limit_milli: Milli
    return_weeks: Natural
    return_performances: Natural


# fmt: off
_HALF_LIFE_4 = (
    1_048_576, 881_744, 741_455, 623_487, 524_288, 440_872, 370_728, 311_744, 262_144, 220_436, 185_364, 155_872,
    131_072, 110_218,
)
_HALF_LIFE_17 = (
    1_048_576, 1_006_682, 966_462, 927_848, 890_778, 855_188, 821_021, 788_218, 756_726, 726_492, 697_467, 669_601,
    642_848, 617_164, 592_506, 568_834, 546_107, 524_288, 503_341, 483_231, 463_924, 445_389, 427_594, 410_510,
    394_109, 378_363, 363_246, 348_733, 334_800, 321_424, 308_582, 296_253, 284_417, 273_053, 262_144, 251_670,
    241_615, 231_962, 222_694, 213_797, 205_255, 197_055, 189_182, 181_623, 174_367, 167_400, 160_712, 154_291,
    148_127, 142_208, 136_527, 131_072, 125_835,
)
_HALF_LIFE_52 = (
    1_048_576, 1_034_691, 1_020_991, 1_007_472, 994_131, 980_968, 967_978, 955_161, 942_514, 930_033, 917_719,
    905_567, 893_576, 881_744, 870_068, 858_548, 847_179, 835_961, 824_892, 813_970, 803_192, 792_556, 782_062,
    771_706, 761_488, 751_405, 741_455, 731_637, 721_950, 712_390, 702_957, 693_649, 684_464, 675_401, 666_458,
    657_633, 648_925, 640_332, 631_854, 623_487, 615_231, 607_085, 599_046, 591_114, 583_287, 575_563, 567_942,
    560_422, 553_001, 545_679, 538_453, 531_323, 524_288, 517_346, 510_495, 503_736, 497_066, 490_484, 483_989,
    477_581, 471_257, 465_017, 458_859, 452_783, 446_788, 440_872, 435_034, 429_274, 423_590, 417_981, 412_446,
    406_985, 401_596, 396_278, 391_031, 385_853, 380_744, 375_702, 370_728, 365_819, 360_975, 356_195, 351_479,
    346_824, 342_232, 337_700, 333_229, 328_816, 324_463, 320_166, 315_927, 311_744, 307_616, 303_542, 299_523,
    295_557, 291_643, 287_782, 283_971, 280_211, 276_501, 272_839, 269_227, 265_662, 262_144, 258_673, 255_248,
    251_868, 248_533, 245_242, 241_995, 238_790, 235_628, 232_508, 229_430, 226_392, 223_394, 220_436, 217_517,
    214_637, 211_795, 208_990, 206_223, 203_492, 200_798, 198_139, 195_515, 192_927, 190_372, 187_851, 185_364,
    182_909, 180_487, 178_097, 175_739, 173_412, 171_116, 168_850, 166_614, 164_408, 162_231, 160_083, 157_963,
    155_872, 153_808, 151_771, 149_762, 147_779, 145_822, 143_891, 141_986, 140_105, 138_250, 136_420, 134_613,
    132_831, 131_072,
)
# fmt: on

_YEARLY = Decay(52, 156, _HALF_LIFE_52)

RULEBOOK = Rulebook(
    quarter_weeks=13,
    mark_weights=(50, 20, 30),
    late_day_milli=100,
    size_min_milli=100,
    negative_size_min_milli=500,
    serious_size_milli=700,
    performance_decay=_YEARLY,
    negatives=(
        NegativeRule(severity=1, loss=4, decay=Decay(4, 13, _HALF_LIFE_4)),
        NegativeRule(severity=2, loss=8, decay=Decay(17, 52, _HALF_LIFE_17)),
        NegativeRule(severity=3, loss=8, decay=_YEARLY),
    ),
    prior_positive=3_000_000,
    prior_negative=2_000_000,
    saturation=10_000_000,
    confidence_prior=5_000_000,
    grades=(
        GradeRule("A", score_min=850, confidence_min=600, limit_milli=1000),
        GradeRule("B", score_min=750, confidence_min=350, limit_milli=700),
        GradeRule("C", score_min=650, confidence_min=0, limit_milli=450),
        GradeRule("N", score_min=500, confidence_min=0, limit_milli=200),
        GradeRule("D", score_min=500, confidence_min=0, limit_milli=200),
        GradeRule("E", score_min=0, confidence_min=0, limit_milli=100),
    ),
    hysteresis=15,
    newcomer_confidence_below=300,
    sponsor_grades=("A", "B", "C"),
    score_exit=ScoreExitRule(score_below=450, confidence_min=400, serious_min=2, grave_min=3, closes=3),
    strikes_exit=StrikesExitRule(serious_min=3, grave_min=5, window_weeks=52),
    return_after_weeks=52,
    return_limit_milli=100,
    return_weeks=26,
    return_performances=3,
)

RULEBOOK_DIGEST: Digest = hashlib.sha256(b"concordat/rulebook/v1\0" + encode(RULEBOOK)).digest()
