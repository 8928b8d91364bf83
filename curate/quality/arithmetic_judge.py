"""The verdict on one equation: right, wrong, or not one that can be checked."""

import re
from enum import StrEnum
from functools import lru_cache

from curate.quality.arithmetic_compare import GOOD, Finding, compare
from curate.quality.arithmetic_context import MODULUS, Place, why_not_claimed
from curate.quality.arithmetic_readings import has_remainder, other_reading
from curate.quality.arithmetic_side import Side

CALCULATION = re.compile(r"[+*×·]|\\times|\\cdot|\s[-−]\s")


class Truth(StrEnum):
    """What became of an equation."""

    RIGHT = "right"
    WRONG = "wrong"
    """It does not hold, and the trace says it does."""
    UNCHECKED = "unchecked"
    """Nothing was found out: it cannot be read, or nobody claims it."""


Verdict = tuple[Truth, str]
"""With the reason in a few words."""


@lru_cache(maxsize=2_048)
def judge(place: Place, left: Side, right: Side, sign: str) -> Verdict:
    """The verdict on two sides that were read and the relation between them.

    Cached, because a trace that loops repeats its equations with all that stands around them.
    """
    if left.bare and right.bare and (sign in ("=", "is") or (sign == "≈" and not left.places)):
        return Truth.UNCHECKED, "two plain numbers"
    finding = compare(left, right, sign, None)
    if finding not in GOOD and (modulus := _modulus(place.after)):
        finding = compare(left, right, sign, modulus)
    if finding in GOOD:
        return Truth.RIGHT, finding.value
    if finding is Finding.CLOSE and has_remainder(place, left, right):
        return Truth.RIGHT, "with a remainder"
    if finding is Finding.CLOSE:
        return Truth.UNCHECKED, "within rounding, or without a modulus"
    if sign == "is" and not CALCULATION.search(place.left):
        return Truth.UNCHECKED, "perhaps no calculation"
    if reason := other_reading(place, left, right, sign):
        return (Truth.RIGHT if reason == "percent" else Truth.UNCHECKED), reason
    if reason := why_not_claimed(place, left, right, sign):
        return Truth.UNCHECKED, reason
    return Truth.WRONG, finding.value


def _modulus(after: str) -> int | None:
    """The modulus that is written behind a chain of congruences, on the same line."""
    line = after[:160].partition("\n")[0]
    found = MODULUS.search(line) if "mod" in line else None
    return int(found[1]) or None if found else None
