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
from curate.verify.math.trees import with_signs


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
        case Call("from above" | "from below" as side, (Sym("Reals"),)):
            zero = context(DIGITS).mpf(0)
            low, high = (zero, infinity()) if side == "from above" else (-infinity(), zero)
            return [Interval(low, False, high, False)]
        case Seq("{}", items):
            return [part for item in items for part in _point(item)]
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
        case Rel(("!=",), (Sym(), _)) if len(both := with_signs(node)) == 2:
            apart = [_parts(side) for side in both]
            return None if None in apart else intersect(apart[0] or [], apart[1] or [])
        case Rel(_, _):
            return _inequality(node)
        case Seq(",", (Rel(("!=",), (Sym(), first)), *rest)) if not any(
            isinstance(item, Rel) for item in rest
        ):  # x ≠ 0, 4
            return complement([part for end in (first, *rest) for part in _point(end)])
        case Seq(",", items) if all(isinstance(item, Rel) for item in items):
            return _several([item for item in items if isinstance(item, Rel)], either=node.either)
        case Call("and" | "or" as op, (left, right)):
            a, b = _parts(left), _parts(right)
            if a is None or b is None:
                return None
            return intersect(a, b) if op == "and" else a + b
        case _:
            return None


def _point(node: Node) -> list[Interval]:
    end = _end(node)
    return [Interval(end, True, end, True)]


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


def _several(relations: list[Rel], *, either: bool) -> list[Interval] | None:
    """`x > 2, x < 5` is both at once; `x < 2, x > 5` can only be the one or the other.

    `x > 2 or x < 5` is either, so it is every number.
    """
    sets = [_parts(relation) for relation in relations]
    if any(found is None for found in sets) or len(_unknowns(relations)) != 1:
        return None
    known = [found for found in sets if found is not None]
    both = known[0]
    for found in known[1:]:
        both = intersect(both, found)
    return both if both and not either else [part for found in known for part in found]


def _unknowns(relations: list[Rel]) -> frozenset[str]:
    names = frozenset[str]().union(*(free_symbols(relation) for relation in relations))
    return names - {"Reals"}


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
    match left, right:
        case (Call("abs", (inner,)), bound) if not free_symbols(bound):
            return _absolute(op, inner, bound, name)
        case (bound, Call("abs", (inner,))) if not free_symbols(bound):
            return _absolute(_TURNED[op], inner, bound, name)
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


_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "!=": "!=", "=": "="}


def _absolute(op: str, inner: Node, bound: Node, name: str) -> list[Interval] | None:
    """Where the absolute value of a formula stands in this relation to a bound."""
    if _end(bound) < 0:
        return None if op == "=" else ([] if op in ("<", "<=") else everything())
    above = _polynomial(op, inner, bound, name)
    below = _polynomial(_TURNED[op], inner, Call("neg", (bound,)), name)
    if above is None or below is None:
        return None
    return intersect(above, below) if op in ("<", "<=", "!=") else above + below
