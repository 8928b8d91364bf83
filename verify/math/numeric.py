"""Values of trees at points, to fifty digits and more: the fingerprint that tells answers apart.

Two formulas that differ at one point are different. Two that agree to forty digits at several
points chosen without regard to them are equal as far as any computer algebra could tell; the
method of the verdict names the number of points (after Schwartz 1980 and Zippel 1979).
"""

import threading
import zlib
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from curate.verify.math.exact import TooLarge
from curate.verify.math.nodes import Call, Matrix, Node, Num, Quantity, Seq, Sym, whole

DIGITS = 50
MAX_EXPONENT_BITS = 100_000
"""A power may move a value's exponent by at most this many binary places."""
MAX_GAMMA = 100_000
MAX_TERMS = 300
MAX_STEPS = 10_000
"""Nodes visited for one value; nested sums multiply."""

Number = Any
"""An mpmath real or complex number (mpmath has no types)."""
Context = Any
"""An mpmath context: the functions, at one precision."""

_local = threading.local()


class NoValue(Exception):
    """The tree has no value at this point: a pole, an unknown operation, an infinity."""


def context(digits: int) -> Context:
    """An mpmath context of this thread (mpmath's global one is shared between threads)."""
    import mpmath

    contexts = _local.__dict__.setdefault("contexts", {})
    if digits not in contexts:
        contexts[digits] = mpmath.MPContext()
        contexts[digits].dps = digits
    return contexts[digits]


def value(node: Node, at: Mapping[str, Fraction], digits: int = DIGITS) -> Number:
    """The value as an mpmath real or complex number.

    Raises:
        NoValue: it has none here.
        TooLarge: computing it would pass the limits.
    """
    mp = context(digits)
    _local.steps = 0
    try:
        found = _value(node, at, mp)
    except (ZeroDivisionError, ValueError, OverflowError, mp.NoConvergence) as failure:
        raise NoValue(str(failure)) from failure
    if not mp.isfinite(found):
        raise NoValue("not finite")
    return _real_if_close(found, mp)


def _real_if_close(found: Number, mp: Context) -> Number:
    tiny = mp.mpf(10) ** (-mp.dps + 8)
    if isinstance(found, mp.mpc) and abs(found.imag) <= abs(found.real) * tiny:
        return found.real
    return found


def _value(node: Node, at: Mapping[str, Fraction], mp: Context) -> Number:
    _local.steps += 1
    if _local.steps > MAX_STEPS:
        raise TooLarge("a formula of too many steps")
    match node:
        case Num(number, _):
            return mp.mpf(number.numerator) / number.denominator
        case Sym(name):
            return _symbol(name, at, mp)
        case Quantity(inner, _) | Seq("[]" | "()" | "{}", (inner,)) | Matrix(((inner,),)):
            return _value(inner, at, mp)
        case Call("sum" | "prod" as op, (below, above, body)):
            return _series(op, (below, above, body), at, mp)
        case Call("root", (inner, Num(Fraction(numerator=2, denominator=1)))):
            return mp.sqrt(_value(inner, at, mp))
        case Call("root", (inner, Num(degree))) if degree.denominator == 1 and degree % 2 == 1:
            return _odd_root(_value(inner, at, mp), degree.numerator, mp)
        case Call("pow", (inner, Call("div", (Num(above), Num(below))))) if (
            below.denominator == 1 and below % 2 == 1 and above.denominator == 1
        ):
            return _odd_root(_value(inner, at, mp), below.numerator, mp) ** above.numerator
        case Call(op, args):
            return _apply(op, [_value(arg, at, mp) for arg in args], mp)
        case _:
            raise NoValue(f"no value of a {type(node).__name__}")


def _symbol(name: str, at: Mapping[str, Fraction], mp: Context) -> Number:
    if name == "pi":
        return +mp.pi
    if name == "e":
        return +mp.e
    if name == "i" and "i" not in at:
        return mp.mpc(0, 1)
    if name in at:
        return mp.mpf(at[name].numerator) / at[name].denominator
    raise NoValue(f"no value for {name}")


def _odd_root(base: Number, degree: int, mp: Context) -> Number:
    """The real root of a negative number, as school has it (not the principal one)."""
    if isinstance(base, mp.mpc) and base.imag != 0:
        return mp.power(base, mp.mpf(1) / degree)
    base = mp.re(base)
    return -mp.root(-base, degree) if base < 0 else mp.root(base, degree)


def _apply(op: str, args: list[Number], mp: Context) -> Number:
    match op, args:
        case "add" | "mixed", _:
            return mp.fsum(args)
        case "mul", _:
            return mp.fprod(args)
        case "neg", [a]:
            return -a
        case "deg", [a]:
            return a
        case "percent", [a]:
            return a / 100
        case "div" | "ratio", [a, b]:
            return a / b
        case "pow", [a, b]:
            return _power(a, b, mp)
        case "root", [a, b]:
            return _power(a, 1 / b, mp)
        case "factorial", [a]:
            return _gamma(a + 1, mp)
        case "factorial2", [a]:
            if abs(a) > MAX_GAMMA:
                raise TooLarge("a factorial past the limit")
            return mp.fac2(a)
        case "gamma", [a]:
            return _gamma(a, mp)
        case "binom", [a, b]:
            return _gamma(a + 1, mp) / (_gamma(b + 1, mp) * _gamma(a - b + 1, mp))
        case "mod", [a, b]:
            return a - b * mp.floor(a / b)
        case "max", _:
            return max(_reals(args, mp))
        case "min", _:
            return min(_reals(args, mp))
        case "abs", [a]:
            return abs(a)
        case (("floor" | "ceil"), [a]):
            return _integer_part(op, a, mp)
        case _, [a] if op.startswith("fn:"):
            return _unknown_function(op, a, mp)
        case _, [a]:
            return _function(op, a, mp)
        case _:
            raise NoValue(f"no value of {op}")


def _reals(args: list[Number], mp: Context) -> list[Number]:
    if any(isinstance(arg, mp.mpc) and arg.imag != 0 for arg in args):
        raise NoValue("the order of complex numbers")
    return [mp.re(arg) for arg in args]


def _integer_part(op: str, a: Number, mp: Context) -> Number:
    [real] = _reals([a], mp)
    nearest = mp.nint(real)
    if abs(real - nearest) < mp.mpf(10) ** (-mp.dps // 2):
        return nearest
    return mp.floor(real) if op == "floor" else mp.ceil(real)


def _power(a: Number, b: Number, mp: Context) -> Number:
    if a == 0:
        if mp.re(b) <= 0:
            raise NoValue("zero to a power that is not positive")
        return mp.mpf(0)
    if abs(b) > MAX_EXPONENT_BITS or abs(mp.log(abs(a), 2) * b) > MAX_EXPONENT_BITS:
        raise TooLarge("a power past the limit")
    return mp.power(a, b)


def _gamma(a: Number, mp: Context) -> Number:
    if abs(a) > MAX_GAMMA:
        raise TooLarge("a factorial past the limit")
    return mp.gamma(a)


_PLAIN = frozenset(
    "sin cos tan cot sec csc sinh cosh tanh coth sech csch exp sign arg re im".split()
)
_RENAMED = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arccot": "acot", "arcsec": "asec",
    "arccsc": "acsc", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "ln": "ln",
    "log": "ln", "sgn": "sign", "Re": "re", "Im": "im",
}  # fmt: skip


def _function(op: str, a: Number, mp: Context) -> Number:
    name = _RENAMED.get(op, op)
    if name not in _PLAIN and op not in _RENAMED:
        raise NoValue(f"no value of {op}")
    if name == "exp" and abs(a) > MAX_EXPONENT_BITS:
        raise TooLarge("an exponential past the limit")
    if name in _PLAIN and abs(a) > mp.mpf(10) ** 40:
        raise TooLarge("a function far from the origin")
    return getattr(mp, name)(a)


def _unknown_function(op: str, a: Number, mp: Context) -> Number:
    """An unknown `f` stands for one fixed smooth function, chosen by its name."""
    seed = mp.mpf(zlib.crc32(op.encode()) % 10_007 + 1) / 10_007
    return mp.sin(a * seed + seed) + a * seed


def _series(
    op: str, parts: tuple[Node, Node, Node], at: Mapping[str, Fraction], mp: Context
) -> Number:
    """A finite sum or product with integer bounds, term by term."""
    from curate.verify.math.nodes import Rel

    below, above, body = parts
    if not (isinstance(below, Rel) and below.ops == ("=",) and isinstance(below.sides[0], Sym)):
        raise NoValue("a sum without a first index")
    first, last = _value(below.sides[1], at, mp), _value(above, at, mp)
    if not (mp.isint(first) and mp.isint(last)):
        raise NoValue("a sum with bounds that are no integers")
    if last - first > MAX_TERMS:
        raise TooLarge(f"a sum of more than {MAX_TERMS} terms")
    name = below.sides[0].name
    terms = [
        _value(body, {**at, name: whole(int(first) + step).value}, mp)
        for step in range(int(last - first) + 1)
    ]
    return mp.fsum(terms) if op == "sum" else mp.fprod(terms)
