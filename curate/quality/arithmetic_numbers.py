"""Numbers that are exact where they can be and bracketed where they cannot, of bounded size.

An `int` or a `Fraction` is exact. A root or a power that is not rational is an `Interval` of two
fractions around it, 50 decimals apart. Limits count bits, never seconds, so that a verdict does
not depend on the machine.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

MAX_BITS = 8_192
"""Largest numerator or denominator: 2,466 digits; `2^2023` fits, and takes microseconds."""
MAX_FACTORIAL = 500
SMALL = 1 << 60
SCALE = 10**50
"""Irrational numbers are bracketed on this grid."""
PI = 314159265358979323846264338327950288419716939937510  # 10^50 pi, rounded down


class Unreadable(Exception):
    """What is written has no value that we read: no fault of the trace."""


@dataclass(frozen=True, slots=True)
class Interval:
    """All we know of an irrational number: it lies from `low` to `high`."""

    low: Fraction
    high: Fraction


Exact = int | Fraction
Number = Exact | Interval


def limited(value: Exact) -> Exact:
    """The value itself, if it is small enough to go on with."""
    if isinstance(value, int):
        if -SMALL < value < SMALL or value.bit_length() <= MAX_BITS:
            return value
        raise Unreadable("too large")
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise Unreadable("too large")
    return value


def ends(value: Number) -> tuple[Exact, Exact]:
    """The least and the greatest value it may have."""
    return (value.low, value.high) if isinstance(value, Interval) else (value, value)


def between(values: list[Exact]) -> Interval:
    """The interval that the values span, rounded outwards to the grid so that it stays small."""
    low, high = min(values), max(values)
    limited(low), limited(high)
    return Interval(
        Fraction(low.numerator * SCALE // low.denominator, SCALE),
        Fraction(-(-high.numerator * SCALE // high.denominator), SCALE),
    )


def add(a: Number, b: Number) -> Number:
    """The sum."""
    if isinstance(a, Interval) or isinstance(b, Interval):
        (low, high), (low_b, high_b) = ends(a), ends(b)
        return between([low + low_b, high + high_b])
    return limited(a + b)


def negative(a: Number) -> Number:
    """The opposite."""
    return Interval(-a.high, -a.low) if isinstance(a, Interval) else -a


def multiply(a: Number, b: Number) -> Number:
    """The product."""
    if isinstance(a, Interval) or isinstance(b, Interval):
        return between([x * y for x in ends(a) for y in ends(b)])
    return limited(a * b)


def divide(a: Number, b: Number) -> Number:
    """The quotient; division by what is or may be zero is not read."""
    low, high = ends(b)
    if low <= 0 <= high:
        raise Unreadable("division by zero")
    if isinstance(a, Interval) or isinstance(b, Interval):
        return between([Fraction(x) / y for x in ends(a) for y in (low, high)])
    if isinstance(a, int) and isinstance(b, int):
        quotient, rest = divmod(a, b)
        return Fraction(a, b) if rest else quotient
    return _shortest(Fraction(a, b))


def _shortest(value: Fraction) -> Exact:
    return value.numerator if value.denominator == 1 else value


def whole(value: Number) -> int:
    """The value, where only a whole number has a meaning."""
    if isinstance(value, int):
        return value
    raise Unreadable("not a whole number")


def power(base: Number, exponent: Number) -> Number:
    """The power; exponents are whole, or fractions with a small denominator."""
    if isinstance(exponent, Fraction):
        return root(power(base, exponent.numerator), exponent.denominator)
    n = whole(exponent)
    if isinstance(base, Interval):
        return _interval_power(base, n)
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if size > 1 and abs(n) * (size - 1) > MAX_BITS:
        raise Unreadable("too large")
    if n < 0 or isinstance(base, Fraction):
        if base == 0:
            raise Unreadable("division by zero" if n < 0 else "no value")
        return _shortest(Fraction(base) ** n)
    if n == base == 0:
        raise Unreadable("no value")
    return int(base**n)


def _interval_power(base: Interval, n: int) -> Number:
    if not 0 < abs(n) <= 20:
        raise Unreadable("too large")
    value: Number = base
    for _ in range(abs(n) - 1):
        value = multiply(value, base)
    return value if n > 0 else divide(1, value)


def root(value: Number, degree: int) -> Number:
    """The real root of a degree from 2 to 12; of negative numbers only odd ones."""
    if not 2 <= degree <= 12:
        raise Unreadable("not a root we take")
    low, high = ends(value)
    if low < 0:
        if degree % 2 == 0:
            raise Unreadable("no real value")
        return negative(root(negative(value), degree)) if high <= 0 else _unreadable()
    if not isinstance(value, Interval):
        top, bottom = _whole_root(value.numerator, degree), _whole_root(value.denominator, degree)
        if top**degree == value.numerator and bottom**degree == value.denominator:
            return _shortest(Fraction(top, bottom))
    return Interval(
        Fraction(_scaled_root(low, degree), SCALE), Fraction(_scaled_root(high, degree) + 1, SCALE)
    )


def _unreadable() -> Number:
    raise Unreadable("no value")


def _scaled_root(value: Exact, degree: int) -> int:
    return _whole_root(value.numerator * SCALE**degree // value.denominator, degree)


def _whole_root(value: int, degree: int) -> int:
    """The largest whole number whose power is not above the value, by Newton's method."""
    if degree == 2:
        return isqrt(value)
    guess = 1 << -(-value.bit_length() // degree)
    while True:
        better = ((degree - 1) * guess + value // guess ** (degree - 1)) // degree if guess else 0
        if better >= guess:
            return guess
        guess = better


def pi() -> Interval:
    """The number pi."""
    return Interval(Fraction(PI, SCALE), Fraction(PI + 1, SCALE))
