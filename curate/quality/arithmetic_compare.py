"""Whether two sides stand in the relation that is written between them."""

from enum import StrEnum
from fractions import Fraction

from curate.quality.arithmetic_numbers import Exact, Interval, Number, ends
from curate.quality.arithmetic_side import Side

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


GOOD = (Finding.HOLDS, Finding.ROUNDED)


def compare(left: Side, right: Side, sign: str, modulus: int | None) -> Finding:
    """What comparing two sides across a relation says, perhaps modulo a number."""
    if sign == "≡":
        modulus = modulus or right.modulus
        return congruent(left, right, modulus) if modulus else Finding.CLOSE
    if sign == "≈":
        return close(left, right)
    if sign not in ("=", "is"):
        return ordered(left, right, sign)
    finding = equal(left, right)
    if finding is Finding.FAILS and (modulus := modulus or right.modulus):
        return congruent(left, right, modulus)
    return finding


def low(value: Number) -> Exact:
    """The least value it may have."""
    return ends(value)[0]


def equal(left: Side, right: Side) -> Finding:
    """Compare across `=`: equal, or one side a number that the other rounds to."""
    if left.value == right.value:
        return Finding.HOLDS
    gap = distance(left.value, right.value)
    inexact = isinstance(left.value, Interval) or isinstance(right.value, Interval)
    if inexact and 0 not in (left.value, right.value) and _faint(left.value, right.value):
        return Finding.CLOSE
    if inexact and gap <= TINY:
        return Finding.HOLDS
    if _is_rounding(right, left.value, gap) or _is_rounding(left, right.value, gap):
        return Finding.ROUNDED
    return Finding.CLOSE if _may_be_rounded(left, right, gap, inexact) else Finding.FAILS


def _faint(a: Number, b: Number) -> bool:
    return max(size(a), size(b)) < FAINT


def _is_rounding(shown: Side, other: Number, gap: Exact) -> bool:
    """Whether a number shows the other side rounded, or cut, to its own decimals."""
    if not (shown.shown and shown.places):
        return False
    if shown.places >= 10 and gap <= FLOAT * size(other):
        return True
    unit = Fraction(1, 10**shown.places)
    return gap * 2 <= unit or (gap < unit and size(shown.value) < size(other))


def _may_be_rounded(left: Side, right: Side, gap: Exact, inexact: bool) -> bool:
    """Whether the sides differ by no more than a rounding that the notation does not show."""
    reach = Fraction(1, 2) if inexact else 1
    if right.bare and not (right.places or isinstance(left.value, int)) and gap < reach:
        return True
    if left.decimals and right.shown and right.places and _hides_digits(left, right, gap):
        return True
    close_to = gap * 500 <= size(right.value)
    if right.bare and not left.sums and gap * 2 <= last_digit(right) and close_to:
        return True
    if not (left.decimals or right.decimals or inexact):
        return False
    if left.bare and not left.places and gap * 2 <= 1:
        return True
    return not (left.bare or right.bare) and gap * 200 <= size(right.value)


def _hides_digits(left: Side, right: Side, gap: Exact) -> bool:
    """Whether the result was made with more digits than its operands show."""
    if isinstance(left.value, Interval) or gap * 5_000 > size(right.value):
        return False
    shifted: Fraction = Fraction(left.value) * 10**right.places
    return shifted.denominator > 1 or shifted.numerator % 10 == 0


def close(left: Side, right: Side) -> Finding:
    """Compare across `≈`: within one unit of the last digit shown."""
    if left.value == right.value:
        return Finding.HOLDS
    gap, whole = distance(left.value, right.value), size(left.value)
    if any(side.shown and gap <= last_digit(side) for side in (right, left)):
        return Finding.ROUNDED
    if left.bare or right.bare:
        return Finding.CLOSE if gap * 20 <= whole else Finding.FAILS
    if gap * 200 <= whole:
        return Finding.ROUNDED
    return Finding.CLOSE if gap * 2 <= whole else Finding.FAILS


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
    strict = sign in "<>"
    return Finding.FAILS if low_a > high_b or (strict and low_a >= high_b) else Finding.CLOSE


def last_digit(side: Side) -> Fraction:
    """What one unit of the last digit shown is worth: of 1,200 it is 100."""
    if side.places or not isinstance(side.value, int):
        return Fraction(1, 10**side.places)
    digits = str(abs(side.value))
    return Fraction(10 ** (len(digits) - max(1, len(digits.rstrip("0")))))


def distance(a: Number, b: Number) -> Exact:
    """The least by which the two may differ."""
    (low_a, high_a), (low_b, high_b) = ends(a), ends(b)
    return max(Fraction(0), Fraction(low_a - high_b), Fraction(low_b - high_a))


def middle(value: Number) -> Fraction:
    """The value, or the middle of its interval."""
    low_end, high_end = ends(value)
    return Fraction(low_end + high_end) / 2


def size(value: Number) -> Fraction:
    """The distance from zero."""
    return abs(middle(value))
