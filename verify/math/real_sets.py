"""Sets of real numbers: intervals, unions, inequalities and set-builder forms, all made alike.

`-2 <= x < 7`, `[-2, 7)`, `x \\in [-2, 7)` and `\\{x \\mid -2 \\le x < 7\\}` are one set.
"""

from fractions import Fraction

from curate.verify.math.exact import TooLarge
from curate.verify.math.intervals import (
    MAX_PARTS,
    Interval,
    RealSet,
    complement,
    everything,
    infinity,
    intersect,
    normal,
    same_number,
)
from curate.verify.math.nodes import Call, Node, Num, Rel, Seq, Sym, free_symbols
from curate.verify.math.numeric import DIGITS, NoValue, Number, context, value
from curate.verify.math.solutions import solutions


def real_set(node: Node) -> RealSet | None:
    """The set that a tree stands for; None when it is none, or its ends are not numbers."""
    try:
        parts = _parts(node)
    except (NoValue, TooLarge):
        return None
    return None if parts is None or len(parts) > MAX_PARTS else normal(parts)


def _end(node: Node) -> Number:
    match node:
        case Sym("inf"):
            return infinity()
        case Call("neg", (Sym("inf"),)):
            return -infinity()
        case Call("add", (Sym("inf"),)):
            return infinity()
    found = value(node, {})
    if isinstance(found, context(DIGITS).mpc):
        raise NoValue("an end that is not real")
    return found


def _parts(node: Node) -> list[Interval] | None:
    match node:
        case Sym("Reals"):
            return everything()
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
            return None if a is None or b is None else intersect(a, complement(b))
        case Call("setof", (Sym(), condition)):
            return _parts(condition)
        case Rel(("in",), (_, inside)):
            return _parts(inside)
        case Rel(("notin",), (_, inside)):
            outside = _parts(inside)
            return None if outside is None else complement(outside)
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
    """A chain of inequalities in one unknown: linear, quadratic, or in its absolute value."""
    names = free_symbols(relation)
    if len(names) != 1 or not set(relation.ops) <= {"<", "<=", ">", ">=", "!=", "="}:
        return None
    (name,) = names
    found: list[Interval] = everything()
    for op, left, right in zip(relation.ops, relation.sides, relation.sides[1:], strict=False):
        part = _polynomial(op, left, right, name)
        if part is None:
            return None
        found = intersect(found, part)
    return found


def _polynomial(op: str, left: Node, right: Node, name: str) -> list[Interval] | None:
    bar = Call("abs", (Sym(name),))
    if left == bar or right == bar:
        inner = Sym(name)
        positive = _polynomial(
            op, inner if left == bar else left, inner if right == bar else right, name
        )
        return None if positive is None else _mirrored(positive)
    gap = Call("add", (left, Call("neg", (right,))))
    at = {place: value(gap, {name: Fraction(place)}) for place in (-3, 0, 1, 2, 7)}
    if any(isinstance(found, context(DIGITS).mpc) for found in at.values()):
        return None  # complex numbers have no order
    square = (at[2] - 2 * at[1] + at[0]) / 2
    slope = at[1] - at[0] - square
    if not all(
        same_number(found, (square * place + slope) * place + at[0]) for place, found in at.items()
    ):
        return None
    return solutions(op, square, slope, at[0])


def _mirrored(parts: list[Interval]) -> list[Interval]:
    """The numbers whose absolute value lies in the parts."""
    zero = context(DIGITS).mpf(0)
    kept = intersect(parts, [Interval(zero, True, infinity(), False)])
    return kept + [
        Interval(-part.high, part.high_closed, -part.low, part.low_closed) for part in kept
    ]
