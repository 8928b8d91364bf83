"""Where a quadratic or linear formula of one unknown is above, below or equal to zero."""

from itertools import pairwise
from operator import gt, lt, ne

from curate.verify.math.intervals import Interval, infinity, same_number
from curate.verify.math.numeric import DIGITS, Number, context


def solutions(op: str, square: Number, slope: Number, constant: Number) -> list[Interval] | None:
    """Where `square·x² + slope·x + constant` stands in this relation to zero."""
    roots = _roots(square, slope, constant)
    if roots is None:
        return None
    holds = {"<": lt, "<=": lt, ">": gt, ">=": gt, "!=": ne, "=": _nowhere}[op]
    cuts = [-infinity(), *roots, infinity()]
    inside = (
        [roots[0] - 1, *((a + b) / 2 for a, b in pairwise(roots)), roots[-1] + 1] if roots else [0]
    )
    found = [
        Interval(low, False, high, False)
        for (low, high), place in zip(pairwise(cuts), inside, strict=True)
        if holds((square * place + slope) * place + constant, 0)
    ]
    if op in ("<=", ">=", "="):
        found += [Interval(root, True, root, True) for root in roots]
    return found


def _nowhere(_: Number, __: int) -> bool:
    return False


def _roots(square: Number, slope: Number, constant: Number) -> list[Number] | None:
    """Real roots, ascending; None where the unknown does not matter."""
    zero = context(DIGITS).mpf(0)
    if same_number(square, zero):
        return None if same_number(slope, zero) else [-constant / slope]
    inside = slope**2 - 4 * square * constant
    if same_number(inside, zero):
        return [-slope / (2 * square)]
    if inside < 0:
        return []
    spread = context(DIGITS).sqrt(inside)
    return sorted([(-slope - spread) / (2 * square), (-slope + spread) / (2 * square)])
