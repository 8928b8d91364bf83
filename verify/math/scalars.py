"""Compares two trees that stand for numbers or formulas.

The ladder: the same tree; exact rationals; the reference's own rounding; values at points.
"""

from fractions import Fraction
from functools import lru_cache

from curate.verify.math.exact import TooLarge, exact
from curate.verify.math.match import Match, different
from curate.verify.math.nodes import (
    Call,
    Node,
    Num,
    Quantity,
    Sym,
    free_symbols,
    walk,
)
from curate.verify.math.numeric import DIGITS, NoValue, Number, context, value
from curate.verify.math.trees import same_tree, transform
from curate.verify.policy import ROUNDED

POINTS = 4
"""Points at which two formulas must agree before they count as equal."""
_TRIES = 14


def compare_scalars(answer: Node, reference: Node) -> Match:
    """Whether two numbers or formulas are equal."""
    if same_tree(answer, reference):
        return Match(True, "identical")
    try:
        found = _compare(answer, reference)
        if found.equal is not True and _has_log(answer, reference):
            common = _compare(_common_log(answer), _common_log(reference))
            return common.via("log to base 10") if common.equal else found
        return found
    except TooLarge as limit:
        return different("limit", f"written differently, and too large to compute: {limit}")


def _compare(answer: Node, reference: Node) -> Match:
    left, right = exact(answer), exact(reference)
    if left is not None and right is not None:
        if left == right:
            return Match(True, "exact")
        return _rounded(answer, reference, left - right) or different(
            "exact", f"{_show(left)} is not {_show(right)}"
        )
    symbols = sorted(free_symbols(answer) | free_symbols(reference))
    constant = added_constant(reference)
    if constant is not None:
        return _up_to_constant(answer, reference, constant)
    if symbols:
        return fingerprint(answer, reference, symbols)
    return _constants(answer, reference)


def _show(number: Fraction) -> str:
    size = max(number.numerator.bit_length(), number.denominator.bit_length())
    if size > 120:  # Python refuses to print integers of more than 4,300 digits
        return f"a number of {size} bits"
    return str(number)


# -- the reference's own rounding -----------------------------------------------------------------


def decimal_of(node: Node) -> tuple[Fraction, Fraction, int] | None:
    """Value, worth of the last digit and number of significant digits of a written decimal."""
    match node:
        case Num(number, int(places)):
            digits = len(str(abs(number.numerator * 10**places // number.denominator)))
            return number, Fraction(1, 10**places), digits
        case Call("neg", (inner,)):
            found = decimal_of(inner)
            return found and (-found[0], found[1], found[2])
        case Call("percent", (inner,)):
            return _scaled(decimal_of(inner), Fraction(1, 100))
        case Call("deg", (inner,)) | Quantity(inner, _):
            return decimal_of(inner)
        case Call("mul", (first, *rest)):
            factor = exact(Call("mul", tuple(rest)))
            return _scaled(decimal_of(first), factor) if factor else None
        case _:
            return None


def _scaled(
    found: tuple[Fraction, Fraction, int] | None, factor: Fraction
) -> tuple[Fraction, Fraction, int] | None:
    return found and (found[0] * factor, found[1] * abs(factor), found[2])


def _rounded(answer: Node, reference: Node, gap: Number) -> Match | None:
    """Equal after rounding to the digits of a reference that is itself a decimal.

    A rounded reference of two digits or more meets an exact answer; an answer that is a
    decimal itself must show more digits than a reference of at least three.
    """
    written = decimal_of(reference)
    if written is None:
        return None
    _, last, digits = written
    own = decimal_of(answer)
    if digits < (3 if own else 2) or (own is not None and own[1] >= last):
        return None
    if abs(gap) * 2 <= (
        context(DIGITS).mpf(last.numerator) / last.denominator
        if not isinstance(gap, Fraction)
        else last
    ):
        return Match(True, f"{ROUNDED} {digits} digits")
    return None


# -- constants ------------------------------------------------------------------------------------


def _constants(answer: Node, reference: Node) -> Match:
    try:
        left, right = value(answer, {}), value(reference, {})
    except NoValue as failure:
        return Match(None, "numeric", str(failure))
    if agree(left, right) or _agree_closer(answer, reference, {}, left - right):
        return Match(True, "numeric, 50 digits")
    if not _complex(left) and not _complex(right):
        rounded = _rounded(answer, reference, left - right)
        if rounded is not None:
            return rounded
    mp = context(DIGITS)
    return different("numeric", f"{mp.nstr(left, 12)} is not {mp.nstr(right, 12)}")


def _complex(number: Number) -> bool:
    return isinstance(number, context(DIGITS).mpc)


def agree(left: Number, right: Number) -> bool:
    """Equal to 35 digits, relative to the larger."""
    mp = context(DIGITS)
    return bool(abs(left - right) <= mp.mpf(10) ** -35 * max(abs(left), abs(right)))


def _agree_closer(answer: Node, reference: Node, at: dict[str, Fraction], gap: Number) -> bool:
    """Whether a gap that is tiny at 50 digits vanishes at 120: a zero hidden by cancellation."""
    mp = context(DIGITS)
    if abs(gap) > mp.mpf(10) ** -30:
        return False
    closer = abs(value(answer, at, 120) - value(reference, at, 120))
    return bool(closer <= abs(gap) * mp.mpf(10) ** -50)


# -- formulas -------------------------------------------------------------------------------------

_POSITIVE = (
    (137, 100), (61, 97), (283, 113), (17, 41), (331, 150), (89, 73), (211, 181), (47, 130),
    (193, 101), (71, 89),
)  # fmt: skip


def points(symbols: list[str]) -> list[dict[str, Fraction]]:
    """Fixed points without any pattern, of both signs in turn."""
    return _points(tuple(symbols))


@lru_cache(maxsize=256)
def _points(symbols: tuple[str, ...]) -> list[dict[str, Fraction]]:
    rows = []
    for number in range(_TRIES):
        sign = -1 if number % 2 else 1
        rows.append(
            {
                name: sign * Fraction(*_POSITIVE[(number + 3 * place) % len(_POSITIVE)])
                + Fraction(place * (number + 1), 1009)
                for place, name in enumerate(symbols)
            }
        )
    return rows


def _has_log(*nodes: Node) -> bool:
    return any(isinstance(p, Call) and p.op == "log" for node in nodes for p in walk(node))


_CONSTANT_NAMES = frozenset({"C", "c", "K", "k", "C_1", "c_1", "C_0"})


def added_constant(node: Node) -> str | None:
    """The integration constant of `x^2 + C`: a term of a sum that stands nowhere else."""
    if not isinstance(node, Call) or node.op != "add":
        return None
    names = [arg.name for arg in node.args if isinstance(arg, Sym) and arg.name in _CONSTANT_NAMES]
    uses = sum(isinstance(part, Sym) and part.name in names for part in walk(node))
    others = any(
        isinstance(part, Sym) and part.name in ("x", "t", "y", "u", "s", "X", "theta")
        for part in walk(node)
    )
    return names[0] if len(names) == 1 and uses == 1 and others else None


def _up_to_constant(answer: Node, reference: Node, name: str) -> Match:
    """Antiderivatives, which may differ by a constant when both have one added."""
    own = added_constant(answer)
    if own is None:
        return different("integration constant", "the answer has no integration constant")
    gap = Call("add", (_without(answer, own), Call("neg", (_without(reference, name),))))
    symbols = sorted(free_symbols(gap))
    at = points(symbols or ["x"])
    moved = [Call("add", (gap, Call("neg", (_fixed(gap, at[0]),))))] if symbols else [gap]
    found = fingerprint(moved[0], Num(Fraction(0)), symbols) if symbols else Match(True, "exact")
    return found.via("up to an integration constant")


def _without(node: Node, name: str) -> Node:
    return transform(node, lambda part: Num(Fraction(0)) if part == Sym(name) else part)


def _fixed(node: Node, at: dict[str, Fraction]) -> Node:
    return transform(
        node, lambda part: Num(at[part.name]) if isinstance(part, Sym) and part.name in at else part
    )


def _common_log(node: Node) -> Node:
    def change(part: Node) -> Node:
        if isinstance(part, Call) and part.op == "log":
            return Call("div", (Call("ln", part.args), Call("ln", (Num(Fraction(10)),))))
        return part

    return transform(node, change)


def fingerprint(answer: Node, reference: Node, symbols: list[str]) -> Match:
    """Compares two formulas at points; complex values at negative points prove nothing."""
    agreed = 0
    failure = "no point where both have a value"
    for at in (*points(symbols), *_whole_points(symbols)):
        try:
            left, right = value(answer, at), value(reference, at)
        except NoValue as problem:
            failure = str(problem)
            continue
        if agree(left, right) or _agree_closer(answer, reference, at, left - right):
            agreed += 1
        elif not ((_complex(left) or _complex(right)) and any(x < 0 for x in at.values())):
            if set(symbols) <= _WHOLE_NAMES and any(x.denominator > 1 for x in at.values()):
                return _at_whole_numbers(answer, reference, symbols)
            return different("numeric", f"the two differ at {_place(at)}")
        if agreed >= POINTS + 2:
            break
    if agreed >= POINTS:
        return Match(True, f"numeric, {agreed} points")
    return Match(None, "numeric", failure)


_WHOLE_NAMES = frozenset("nkm")
"""Variables that stand for whole numbers by custom."""


def _at_whole_numbers(answer: Node, reference: Node, symbols: list[str]) -> Match:
    """`(-1)^n` and `\\cos n\\pi`, which agree wherever n is meant."""
    for at in _whole_points(symbols):
        try:
            if not agree(value(answer, at), value(reference, at)):
                return different("numeric", f"the two differ at {_place(at)}")
        except NoValue as problem:
            return different("numeric", str(problem))
    return Match(True, "numeric, at whole numbers")


def _whole_points(symbols: list[str]) -> list[dict[str, Fraction]]:
    """Positive integers, for formulas that have values only there."""
    starts = (5, 7, 11, 14, 17, 8)
    return [
        {name: Fraction(start + 3 * place) for place, name in enumerate(symbols)}
        for start in starts
    ]


def _place(at: dict[str, Fraction]) -> str:
    return ", ".join(f"{name} = {number}" for name, number in list(at.items())[:3])
