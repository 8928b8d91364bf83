"""Numbers that are exact where they can be and bracketed where they cannot, of bounded size.

An `int` or a `Fraction` is exact. A root or a power that is not rational is an `Interval`: two
whole multiples of 10^-50 around it. Limits count bits, never seconds, so that a verdict does not
depend on the machine.
"""

from fractions import Fraction
from math import isqrt
from typing import NamedTuple

MAX_BITS = 8_192
"""Largest numerator or denominator: 2,466 digits; `2^2023` fits, and takes microseconds."""
MAX_DIGITS = 60
"""Longest written number."""
DIGITS = frozenset("0123456789.")
SMALL = 1 << 60
SCALE = 10**50
PI = 314159265358979323846264338327950288419716939937510  # 10^50 pi, rounded down


class Unreadable(Exception):
    """What is written has no value that we read: no fault of the trace."""


class Interval(NamedTuple):
    """All we know of an irrational number: it lies from `low` to `high`, in units of 10^-50."""

    low: int
    high: int


Exact = int | Fraction
Number = Exact | Interval


def pi() -> Interval:
    """The number pi."""
    return Interval(PI, PI + 1)


def limited(value: Exact) -> Exact:
    """The value itself, if it is small enough to go on with."""
    if isinstance(value, int):
        if -SMALL < value < SMALL or value.bit_length() <= MAX_BITS:
            return value
        raise Unreadable("too large")
    if value.denominator == 1:
        return limited(value.numerator)
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise Unreadable("too large")
    return value


def scaled(value: Number) -> Interval:
    """The value in units of 10^-50, rounded outwards."""
    if isinstance(value, Interval):
        return value
    low, rest = divmod(value.numerator * SCALE, value.denominator)
    return Interval(low, low + (rest > 0))


def _small(low: int, high: int) -> Interval:
    if max(abs(low), abs(high)).bit_length() > MAX_BITS:
        raise Unreadable("too large")
    return Interval(low, high)


def ends(value: Number) -> tuple[Exact, Exact]:
    """The least and the greatest value it may have."""
    if isinstance(value, Interval):
        return Fraction(value.low, SCALE), Fraction(value.high, SCALE)
    return value, value


def add(a: Number, b: Number) -> Number:
    """The sum."""
    if isinstance(a, Interval) or isinstance(b, Interval):
        a, b = scaled(a), scaled(b)
        return _small(a.low + b.low, a.high + b.high)
    return limited(a + b)


def negative(a: Number) -> Number:
    """The opposite."""
    return Interval(-a.high, -a.low) if isinstance(a, Interval) else -a


def multiply(a: Number, b: Number) -> Number:
    """The product."""
    if isinstance(a, Interval) or isinstance(b, Interval):
        a, b = scaled(a), scaled(b)
        products = (a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high)
        return _small(min(products) // SCALE, -(-max(products) // SCALE))
    return limited(a * b)


def divide(a: Number, b: Number) -> Number:
    """The quotient; division by what is or may be zero is not read."""
    if isinstance(a, Interval) or isinstance(b, Interval):
        return multiply(a, _inverse(scaled(b)))
    if b == 0:
        raise Unreadable("division by zero")
    if isinstance(a, int) and isinstance(b, int):
        quotient, rest = divmod(a, b)
        return Fraction(a, b) if rest else quotient
    return limited(Fraction(a) / b)


def _inverse(value: Interval) -> Interval:
    if value.low <= 0 <= value.high:
        raise Unreadable("division by zero")
    square = SCALE * SCALE
    return Interval(square // value.high, -(-square // value.low))


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
    if base == 0 and n <= 0:
        raise Unreadable("no value")
    if isinstance(base, int) and n >= 0:
        return int(base**n)
    return limited(Fraction(base) ** n)


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
    low, high = scaled(value)
    if low < 0:
        if degree % 2 == 0 or high > 0:
            raise Unreadable("no real value")
        return negative(root(negative(value), degree))
    if not isinstance(value, Interval):
        top, bottom = _whole_root(value.numerator, degree), _whole_root(value.denominator, degree)
        if top**degree == value.numerator and bottom**degree == value.denominator:
            return divide(top, bottom)
    unit = SCALE ** (degree - 1)
    return Interval(_whole_root(low * unit, degree), _whole_root(high * unit, degree) + 1)


def _whole_root(value: int, degree: int) -> int:
    """The largest whole number whose power is not above the value, by Newton's method."""
    if degree == 2 or value == 0:
        return isqrt(value)
    guess = 1 << -(-value.bit_length() // degree)
    while True:
        better = ((degree - 1) * guess + value // guess ** (degree - 1)) // degree
        if better >= guess:
            return guess
        guess = better


def number_of(token: str) -> Exact:
    """The value of a written number such as `1,250.5`."""
    if not token.isdecimal() and ("," in token or "\\" in token):
        token = "".join(sign for sign in token if sign in DIGITS)
    if len(token) > MAX_DIGITS:
        raise Unreadable("too many digits")
    before, point, after = token.partition(".")
    if not point:
        return int(before)
    value = Fraction(int(before + after), 10 ** len(after))
    return value.numerator if value.denominator == 1 else value
