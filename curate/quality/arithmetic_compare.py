"""Whether two sides stand in the relation that is written between them."""

from enum import StrEnum
from fractions import Fraction

from curate.quality.arithmetic_numbers import Exact, Interval, Number, ends
from curate.quality.arithmetic_read import Side

TINY = Fraction(1, 10**40)
"""Irrational sides that agree to 40 decimals are equal: short formulas do not differ by less."""


FAINT = Fraction(1, 10**20)
"""Irrational sides smaller than this have too few digits in an interval."""
FLOAT = Fraction(1, 10**12)
"""Calculators print `14.999999999999998`: binary noise, not a claim."""


class Finding(StrEnum):
    """What comparing two sides says."""

    HOLDS = "holds"
    ROUNDED = "rounded"
    FAILS = "fails"
    CLOSE = "close"
    """Neither equal nor clearly different: a rounding that the notation does not show."""


def equal(left: Side, right: Side) -> Finding:
    """Compare across `=`: equal, or one side a number that the other rounds to."""
    if left.value == right.value:
        return Finding.HOLDS
    gap = distance(left.value, right.value)
    inexact = isinstance(left.value, Interval) or isinstance(right.value, Interval)
    if inexact and 0 not in (left.value, right.value):
        if max(abs(middle(left.value)), abs(middle(right.value))) < FAINT:
            return Finding.CLOSE
    if inexact and gap <= TINY:
        return Finding.HOLDS
    for shown, other in ((right, left), (left, right)):
        if shown.shown and shown.places:
            unit = Fraction(1, 10**shown.places)
            if shown.places >= 10 and gap <= FLOAT * abs(middle(other.value)):
                return Finding.ROUNDED
            if gap <= unit / 2:
                return Finding.ROUNDED
            if gap < unit and _nearer_zero(shown.value, other.value):
                return Finding.ROUNDED
    if right.bare and not right.places and gap < 1 and not isinstance(left.value, int):
        return Finding.CLOSE
    if left.decimals and right.shown and right.places and _hides_digits(left, right, gap):
        return Finding.CLOSE
    if right.bare and not left.sums and gap * 2 <= last_digit(right) and gap * 500 <= right.value:
        return Finding.CLOSE
    if left.decimals or right.decimals or inexact:
        for shown in (right, left):
            if shown.bare and not shown.places and gap <= Fraction(1, 2):
                return Finding.CLOSE
        if not (left.bare or right.bare) and gap * 200 <= abs(middle(right.value)):
            return Finding.CLOSE
    return Finding.FAILS


def _hides_digits(left: Side, right: Side, gap: Exact) -> bool:
    """Whether the result was made with more digits than its operands show."""
    if isinstance(left.value, Interval) or gap * 5_000 > abs(middle(right.value)):
        return False
    shift = 10**right.places
    return (left.value * shift) % 1 != 0 or (left.value * shift) % 10 == 0


def close(left: Side, right: Side) -> Finding:
    """Compare across `≈`: within one unit of the last digit shown."""
    if left.value == right.value:
        return Finding.HOLDS
    gap = distance(left.value, right.value)
    for shown in (right, left):
        if shown.shown and gap <= last_digit(shown):
            return Finding.ROUNDED
    size = abs(middle(left.value))
    if not (left.bare or right.bare):
        if gap * 200 <= size:
            return Finding.ROUNDED
        return Finding.CLOSE if gap * 2 <= size else Finding.FAILS
    return Finding.CLOSE if gap * 20 <= size else Finding.FAILS


def congruent(left: Side, right: Side, modulus: int) -> Finding:
    """Compare modulo a whole number; fractions have no residue that we take."""
    a, b = left.value, right.value
    if not (isinstance(a, int) and isinstance(b, int)):
        return Finding.CLOSE
    return Finding.FAILS if (a - b) % modulus else Finding.HOLDS


def ordered(left: Side, right: Side, sign: str) -> Finding:
    """Compare across `<`, `>`, `≤` or `≥`."""
    a, b = (left, right) if sign in "<≤" else (right, left)
    (low_a, high_a), (low_b, high_b) = ends(a.value), ends(b.value)
    if high_a < low_b or (sign in "≤≥" and high_a <= low_b):
        return Finding.HOLDS
    return Finding.FAILS if low_a >= high_b else Finding.CLOSE


def last_digit(side: Side) -> Exact:
    """What one unit of the last digit shown is worth: of 1,200 it is 100."""
    if side.places:
        return Fraction(1, 10**side.places)
    value, unit = abs(middle(side.value)), 1
    while value and value % (unit * 10) == 0 and unit < value:
        unit *= 10
    return unit


def distance(a: Number, b: Number) -> Exact:
    """The least by which the two may differ."""
    (low_a, high_a), (low_b, high_b) = ends(a), ends(b)
    return max(0, low_a - high_b, low_b - high_a)


def middle(value: Number) -> Exact:
    """The value, or the middle of its interval."""
    low, high = ends(value)
    return low if low == high else (low + high) / 2


def _nearer_zero(shown: Number, other: Number) -> bool:
    return abs(middle(shown)) < abs(middle(other))
