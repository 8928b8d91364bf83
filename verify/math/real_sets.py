"""Sets of real numbers: intervals, unions, inequalities and set-builder forms, all made alike.

`-2 <= x < 7`, `[-2, 7)`, `x \\in [-2, 7)` and `\\{x \\mid -2 \\le x < 7\\}` are one set.
"""

from dataclasses import dataclass
from fractions import Fraction

from curate.verify.math.exact import TooLarge
from curate.verify.math.nodes import Call, Node, Num, Rel, Seq, Sym, free_symbols
from curate.verify.math.numeric import DIGITS, NoValue, Number, context, value

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


def real_set(node: Node) -> RealSet | None:
    """The set that a tree stands for; None when it is none, or its ends are not numbers."""
    try:
        parts = _parts(node)
    except (NoValue, TooLarge):
        return None
    return None if parts is None or len(parts) > MAX_PARTS else _normal(parts)


def same_set(left: RealSet, right: RealSet) -> bool:
    """Whether two sets hold the same numbers (ends equal to 35 digits)."""
    return len(left) == len(right) and all(
        a.low_closed == b.low_closed
        and a.high_closed == b.high_closed
        and _same(a.low, b.low)
        and _same(a.high, b.high)
        for a, b in zip(left, right, strict=True)
    )


def _infinity() -> Number:
    return context(DIGITS).inf


def _everything() -> list[Interval]:
    return [Interval(-_infinity(), False, _infinity(), False)]


def _same(a: Number, b: Number) -> bool:
    if a == b:
        return True
    mp = context(DIGITS)
    if mp.isinf(a) or mp.isinf(b):
        return False
    return bool(abs(a - b) <= mp.mpf(10) ** -35 * max(abs(a), abs(b), 1))


def _end(node: Node) -> Number:
    match node:
        case Sym("inf"):
            return _infinity()
        case Call("neg", (Sym("inf"),)):
            return -_infinity()
        case Call("add", (Sym("inf"),)):
            return _infinity()
    found = value(node, {})
    if isinstance(found, context(DIGITS).mpc):
        raise NoValue("an end that is not real")
    return found


def _parts(node: Node) -> list[Interval] | None:
    match node:
        case Sym("Reals"):
            return _everything()
        case Seq("{}", items):
            ends = [_end(item) for item in items]
            return [Interval(end, True, end, True) for end in ends]
        case Seq("()" | "[]" | "(]" | "[)" as brackets, (low, high)):
            return _interval(brackets, low, high)
        case Call("union", (left, right)):
            a, b = _operand(left), _operand(right)
            return None if a is None or b is None else a + b
        case Call("intersection", (left, right)):
            a, b = _operand(left), _operand(right)
            return None if a is None or b is None else intersect(a, b)
        case Call("setminus", (left, right)):
            a, b = _operand(left), _operand(right)
            return None if a is None or b is None else intersect(a, _complement(b))
        case Call("setof", (Sym(), condition)):
            return _parts(condition)
        case Rel(("in",), (_, inside)):
            return _parts(inside)
        case Rel(("notin",), (_, inside)):
            outside = _parts(inside)
            return None if outside is None else _complement(outside)
        case Rel(_, _):
            return _inequality(node)
        case Seq(",", items) if all(isinstance(item, Rel) for item in items):
            return _several([item for item in items if isinstance(item, Rel)])
        case Call("and" | "or" as op, (left, right)):
            a, b = _parts(left), _parts(right)
            if a is None or b is None:
                return None
            return intersect(a, b) if op == "and" else a + b
        case _:
            return None


def _operand(node: Node) -> list[Interval] | None:
    """A side of a set operation, where `{1, 2}` means a set even without its backslashes."""
    if isinstance(node, Seq) and node.brackets == ",":
        node = Seq("{}", node.items)
    elif isinstance(node, Num):
        node = Seq("{}", (node,))
    return _parts(node)


def _interval(brackets: str, low: Node, high: Node) -> list[Interval] | None:
    ends = _end(low), _end(high)
    if ends[0] > ends[1]:
        return None
    return [Interval(ends[0], brackets[0] == "[", ends[1], brackets[1] == "]")]


def _several(relations: list[Rel]) -> list[Interval] | None:
    """`x > 2, x < 5` is both at once; `x < 2, x > 5` can only be the one or the other."""
    sets = [_parts(relation) for relation in relations]
    if any(found is None for found in sets) or len(_unknowns(relations)) != 1:
        return None
    known = [found for found in sets if found is not None]
    both = known[0]
    for found in known[1:]:
        both = intersect(both, found)
    return both or [interval for found in known for interval in found]


def _unknowns(relations: list[Rel]) -> frozenset[str]:
    return frozenset().union(*(free_symbols(relation) for relation in relations))


# -- inequalities ---------------------------------------------------------------------------------


def _inequality(relation: Rel) -> list[Interval] | None:
    """A chain of linear inequalities in one unknown, or in its absolute value."""
    names = free_symbols(relation)
    if len(names) != 1 or not set(relation.ops) <= {"<", "<=", ">", ">=", "!=", "="}:
        return None
    (name,) = names
    found: list[Interval] = _everything()
    for op, left, right in zip(relation.ops, relation.sides, relation.sides[1:], strict=False):
        part = _linear(op, left, right, name)
        if part is None:
            return None
        found = intersect(found, part)
    return found


def _linear(op: str, left: Node, right: Node, name: str) -> list[Interval] | None:
    bar = Call("abs", (Sym(name),))
    if left == bar or right == bar:
        inner = Sym(name)
        positive = _linear(
            op, inner if left == bar else left, inner if right == bar else right, name
        )
        return None if positive is None else _mirrored(positive)
    gap = Call("add", (left, Call("neg", (right,))))
    at = [value(gap, {name: Fraction(place)}) for place in (0, 1, 2, 7)]
    slope = at[1] - at[0]
    if any(isinstance(found, context(DIGITS).mpc) for found in at):  # complex numbers have no order
        return None
    if slope == 0 or not all(
        _same(found, at[0] + slope * place) for found, place in zip(at, (0, 1, 2, 7), strict=True)
    ):
        return None
    root = -at[0] / slope
    if slope < 0:
        op = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)
    return _half_line(op, root)


def _half_line(op: str, root: Number) -> list[Interval]:
    match op:
        case "<" | "<=":
            return [Interval(-_infinity(), False, root, op == "<=")]
        case ">" | ">=":
            return [Interval(root, op == ">=", _infinity(), False)]
        case "=":
            return [Interval(root, True, root, True)]
        case _:
            return [
                Interval(-_infinity(), False, root, False),
                Interval(root, False, _infinity(), False),
            ]


def _mirrored(parts: list[Interval]) -> list[Interval]:
    """The numbers whose absolute value lies in the parts."""
    zero = context(DIGITS).mpf(0)
    kept = intersect(parts, [Interval(zero, True, _infinity(), False)])
    return kept + [
        Interval(-part.high, part.high_closed, -part.low, part.low_closed) for part in kept
    ]


# -- algebra of intervals -------------------------------------------------------------------------


def intersect(left: list[Interval], right: list[Interval]) -> list[Interval]:
    """What lies in both."""
    if len(left) * len(right) > MAX_PARTS**2:
        raise TooLarge("a set of too many intervals")
    found = []
    for a in left:
        for b in right:
            low, low_closed = _bound(a.low, a.low_closed, b.low, b.low_closed, upper=True)
            high, high_closed = _bound(a.high, a.high_closed, b.high, b.high_closed, upper=False)
            if low < high or (_same(low, high) and low_closed and high_closed):
                found.append(Interval(low, low_closed, high, high_closed))
    return found


def _bound(
    a: Number, a_closed: bool, b: Number, b_closed: bool, *, upper: bool
) -> tuple[Number, bool]:
    if _same(a, b):
        return a, a_closed and b_closed
    return (a, a_closed) if (a > b) == upper else (b, b_closed)


def _complement(parts: list[Interval]) -> list[Interval]:
    found, low, closed = [], -_infinity(), False
    for part in _normal(parts):
        if low < part.low or (_same(low, part.low) and closed and not part.low_closed):
            found.append(Interval(low, closed, part.low, not part.low_closed))
        low, closed = part.high, not part.high_closed
    if low < _infinity():
        found.append(Interval(low, closed, _infinity(), False))
    return found


def _normal(parts: list[Interval]) -> RealSet:
    """Ascending, disjoint, and joined where two touch."""
    found: list[Interval] = []
    for part in sorted(parts, key=lambda p: (p.low, not p.low_closed)):
        last = found[-1] if found else None
        if last is not None and _touch(last, part):
            high, closed = last.high, last.high_closed
            if part.high > high:
                high, closed = part.high, part.high_closed
            elif _same(part.high, high):
                closed = closed or part.high_closed
            found[-1] = Interval(last.low, last.low_closed, high, closed)
        else:
            found.append(part)
    return tuple(found)


def _touch(last: Interval, part: Interval) -> bool:
    if _same(last.high, part.low):
        return last.high_closed or part.low_closed
    return bool(part.low < last.high)
