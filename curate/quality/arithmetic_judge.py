"""The verdict on one equation: right, wrong, or not one that can be checked."""

import re
from enum import StrEnum
from functools import lru_cache

from curate.quality.arithmetic_compare import GOOD, Finding, compare
from curate.quality.arithmetic_context import MODULUS, Place, why_not_claimed
from curate.quality.arithmetic_read import read_side
from curate.quality.arithmetic_readings import MARK, has_remainder, other_reading
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


Settled = tuple[Side | None, Side | None, Finding | None]
"""What two sides say, where they were read, and how they compare on the face of them."""


@lru_cache(maxsize=16_384)
def settle(left: str, sign: str, right: str) -> Settled:
    """Read two sides and compare them, whatever stands around them."""
    one, other = _read(left), _read(right)
    if one is None or other is None:
        return one, other, None
    return one, other, compare(one, other, sign, None)


def _read(written: str) -> Side | None:
    return read_side(MARK.sub(" ", written).strip() if "<<" in written else written)


def is_plain(left: Side, right: Side, sign: str) -> bool:
    """Whether nothing is computed on either side; comparing and rounding still say something."""
    return left.bare and right.bare and (sign in ("=", "is") or (sign == "≈" and not left.places))


@lru_cache(maxsize=2_048)
def judge(place: Place, sign: str) -> Verdict:
    """The verdict on an equation that does not hold on the face of it.

    Cached, because a trace that loops repeats its equations with all that stands around them.
    """
    left, right, finding = settle(place.left, sign, place.right)
    if left is None or right is None or finding is None:
        return Truth.UNCHECKED, "not read"
    if modulus := _modulus(place.after):
        finding = compare(left, right, sign, modulus)
        if finding in GOOD:
            return Truth.RIGHT, finding.value
    if finding is Finding.CLOSE:
        if has_remainder(place, left, right):
            return Truth.RIGHT, "with a remainder"
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
