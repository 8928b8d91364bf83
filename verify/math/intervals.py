"""Sets of real numbers as intervals, and their algebra."""

from dataclasses import dataclass

from curate.verify.math.exact import TooLarge
from curate.verify.math.numeric import DIGITS, Number, context

MAX_PARTS = 200


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`; a point when the two are equal and closed."""

    low: Number
    low_closed: bool
    high: Number
    high_closed: bool


RealSet = tuple[Interval, ...]
"""Disjoint intervals in ascending order, none touching the next."""


def same_set(left: RealSet, right: RealSet) -> bool:
    """Whether two sets hold the same numbers (ends equal to 35 digits)."""
    return len(left) == len(right) and all(
        a.low_closed == b.low_closed
        and a.high_closed == b.high_closed
        and same_number(a.low, b.low)
        and same_number(a.high, b.high)
        for a, b in zip(left, right, strict=True)
    )


def infinity() -> Number:
    """Past every number."""
    return context(DIGITS).inf


def everything() -> list[Interval]:
    """All real numbers."""
    return [Interval(-infinity(), False, infinity(), False)]


def same_number(a: Number, b: Number) -> bool:
    """Equal to 35 digits."""
    if a == b:
        return True
    mp = context(DIGITS)
    if mp.isinf(a) or mp.isinf(b):
        return False
    return bool(abs(a - b) <= mp.mpf(10) ** -35 * max(abs(a), abs(b), 1))


def intersect(left: list[Interval], right: list[Interval]) -> list[Interval]:
    """What lies in both."""
    if len(left) * len(right) > MAX_PARTS**2:
        raise TooLarge("a set of too many intervals")
    found = []
    for a in left:
        for b in right:
            low, low_closed = _bound(a.low, a.low_closed, b.low, b.low_closed, upper=True)
            high, high_closed = _bound(a.high, a.high_closed, b.high, b.high_closed, upper=False)
            if low < high or (same_number(low, high) and low_closed and high_closed):
                found.append(Interval(low, low_closed, high, high_closed))
    return found


def _bound(
    a: Number, a_closed: bool, b: Number, b_closed: bool, *, upper: bool
) -> tuple[Number, bool]:
    if same_number(a, b):
        return a, a_closed and b_closed
    return (a, a_closed) if (a > b) == upper else (b, b_closed)


def complement(parts: list[Interval]) -> list[Interval]:
    """What lies in none of the parts."""
    found, low, closed = [], -infinity(), False
    for part in normal(parts):
        if low < part.low or (same_number(low, part.low) and closed and not part.low_closed):
            found.append(Interval(low, closed, part.low, not part.low_closed))
        low, closed = part.high, not part.high_closed
    if low < infinity():
        found.append(Interval(low, closed, infinity(), False))
    return found


def normal(parts: list[Interval]) -> RealSet:
    """Ascending, disjoint, and joined where two touch."""
    found: list[Interval] = []
    for part in sorted(parts, key=lambda p: (p.low, not p.low_closed)):
        last = found[-1] if found else None
        if last is not None and _touch(last, part):
            high, closed = last.high, last.high_closed
            if part.high > high:
                high, closed = part.high, part.high_closed
            elif same_number(part.high, high):
                closed = closed or part.high_closed
            found[-1] = Interval(last.low, last.low_closed, high, closed)
        else:
            found.append(part)
    return tuple(found)


def _touch(last: Interval, part: Interval) -> bool:
    if same_number(last.high, part.low):
        return last.high_closed or part.low_closed
    return bool(part.low < last.high)
