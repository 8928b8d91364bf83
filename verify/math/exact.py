"""The exact rational value of a tree, where it has one that is not too large to compute.

Limits count digits and work, never seconds, so that a value does not depend on the machine.
"""

from fractions import Fraction
from math import comb, factorial, gcd, isqrt, lcm

from curate.verify.math.nodes import Call, Matrix, Node, Num, Quantity, Seq

MAX_BITS = 50_000
"""Largest numerator or denominator, in bits: 15,000 digits, beyond any reference answer."""
MAX_PLACES = 60
"""Most digits after the point of a number in another base."""
MAX_FACTORIAL = 3_000
MAX_BINOMIAL = 10_000


class TooLarge(Exception):
    """The value exists but is larger than we compute."""


def exact(node: Node) -> Fraction | None:
    """The rational value of a tree; None when it has none or it is not rational on its face.

    Raises:
        TooLarge: computing it would pass the limits.
    """
    match node:
        case Num(value, _):
            return value
        case Quantity(value, _) | Seq("[]" | "{}" | "()", (value,)):
            return exact(value)
        case Call(op, args):
            values = [exact(arg) for arg in args]
            if any(value is None for value in values):
                return None
            return _limited(_apply(op, [value for value in values if value is not None]))
        case Matrix(((single,),)):
            return exact(single)
        case _:
            return None


def _limited(value: Fraction | None) -> Fraction | None:
    if value is not None and (
        value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS
    ):
        raise TooLarge(f"a number of more than {MAX_BITS} bits")
    return value


def _apply(op: str, values: list[Fraction]) -> Fraction | None:
    match op, values:
        case "add" | "mixed", _:
            return sum(values, Fraction(0))
        case "mul", _:
            return _product(values)
        case "neg", [a]:
            return -a
        case "deg", [a]:
            return a
        case "percent", [a]:
            return a / 100
        case "div", [a, b]:
            return a / b if b else None
        case "pow", [a, b]:
            return power(a, b)
        case "root", [a, b]:
            return _root(a, b)
        case "abs", [a]:
            return abs(a)
        case "floor", [a]:
            return Fraction(a.__floor__())
        case "ceil", [a]:
            return Fraction(a.__ceil__())
        case "base", [digits, base]:
            return _in_base(digits, base)
        case "max", _:
            return max(values)
        case "min", _:
            return min(values)
        case _:
            return _integers(op, values)


def _product(values: list[Fraction]) -> Fraction:
    bits = sum(value.numerator.bit_length() + value.denominator.bit_length() for value in values)
    if bits > 4 * MAX_BITS:
        raise TooLarge("a product of too many digits")
    total = Fraction(1)
    for value in values:
        total *= value
    return total


def power(base: Fraction, exponent: Fraction) -> Fraction | None:
    """`base ** exponent` for integer exponents and perfect roots, else None."""
    if exponent.denominator != 1:
        root = _root(base, Fraction(exponent.denominator)) if base >= 0 else None
        return None if root is None else power(root, Fraction(exponent.numerator))
    if base in (0, 1, -1):
        if base == 0 and exponent <= 0:
            return None
        return base if base >= 0 or exponent.numerator % 2 else Fraction(1)
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(exponent.numerator) * (size - 1 or 1) > MAX_BITS:
        raise TooLarge("a power of too many digits")
    return base**exponent.numerator


def _root(value: Fraction, degree: Fraction) -> Fraction | None:
    if degree.denominator != 1 or not 2 <= degree <= 64:
        return value if degree == 1 else None
    n = degree.numerator
    if value < 0:
        found = _root(-value, degree) if n % 2 else None
        return None if found is None else -found
    above, below = integer_root(value.numerator, n), integer_root(value.denominator, n)
    return None if above is None or below is None else Fraction(above, below)


def integer_root(value: int, degree: int) -> int | None:
    """The exact `degree`-th root of a non-negative integer, or None."""
    if degree == 2:
        root = isqrt(value)
        return root if root * root == value else None
    low, high = 0, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high) // 2
        if middle**degree < value:
            low = middle + 1
        else:
            high = middle
    return low if low**degree == value else None


def _in_base(digits: Fraction, base: Fraction) -> Fraction | None:
    """Decimal digits read in another base: 101 in base 2 is 5, and 0.01 is 1/4."""
    if base.denominator != 1 or not 2 <= base <= 10 or digits < 0:
        return None
    places = next((p for p in range(MAX_PLACES) if 10**p % digits.denominator == 0), None)
    if places is None:
        return None
    text = str((digits * 10**places).numerator)
    if base < 10 and max(text) >= str(base):
        return None
    return Fraction(int(text, int(base)), int(base) ** places)


def _integers(op: str, values: list[Fraction]) -> Fraction | None:
    """Operations on integers: factorials, binomials, gcd, lcm, remainder, number bases."""
    if any(value.denominator != 1 for value in values):
        return None
    numbers = [value.numerator for value in values]
    match op, numbers:
        case "factorial", [n] if n >= 0:
            if n > MAX_FACTORIAL:
                raise TooLarge(f"the factorial of more than {MAX_FACTORIAL}")
            return Fraction(factorial(n))
        case "binom", [n, k] if k >= 0 and n >= 0:
            if n > MAX_BINOMIAL:
                raise TooLarge(f"a binomial of more than {MAX_BINOMIAL}")
            return Fraction(comb(n, k))
        case "gcd", [_, *_]:
            return Fraction(gcd(*numbers))
        case "lcm", [_, *_]:
            return Fraction(lcm(*numbers))
        case "mod", [a, b] if b > 0:
            return Fraction(a % b)
        case _:
            return None
