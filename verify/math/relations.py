"""Compares equations and inequalities.

Two equations are equal when the differences of their sides are in one constant ratio, so terms
may be moved and factors multiplied in; the ratio of two inequalities must also be positive.
"""

from collections.abc import Callable

from curate.verify.math.exact import TooLarge
from curate.verify.math.intervals import same_set
from curate.verify.math.match import Match, all_of, different
from curate.verify.math.nodes import Call, Node, Rel, Seq, Sym, Text, free_symbols, walk, whole
from curate.verify.math.numeric import NoValue, Number, value
from curate.verify.math.real_sets import real_set
from curate.verify.math.scalars import agree, compare_scalars, points
from curate.verify.math.trees import same_tree, transform

Compare = Callable[[Node, Node], Match]

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def value_of_assignment(relation: Rel) -> Node | None:
    """The 5 of `x = 5`, `5 = x`, `f(2) = 5`, `AB = 5`, `2 + 3 = 5`; None for other equations."""
    if set(relation.ops) != {"="}:
        return None
    first, last = relation.sides[0], relation.sides[-1]
    called = isinstance(first, Call) and first.op.startswith("fn:")
    if _is_name(first) and (called or not free_symbols(first) & free_symbols(last)):
        product = isinstance(first, Call) and not first.op.startswith("fn:")
        return None if product and free_symbols(last) else last
    if _is_name(last) and len(relation.sides) == 2 and not free_symbols(first):
        return first
    if not free_symbols(relation) and compare_scalars(first, last).equal:
        return last  # a calculation that holds: 54 / 6 = 9
    return None


def value_named(relation: Rel) -> Node | None:
    """The value of an assignment, and the 4/5 of `\\sin A = 4/5` and `[ABC] = 4/5`."""
    if (assigned := value_of_assignment(relation)) is not None:
        return assigned
    match relation:
        case Rel(("=",), (Call(op, (Sym(),)), value)) if op in _NAMING and not free_symbols(value):
            return value
        case Rel(("=",), (Call("div", (Call("mul", above), Call("mul", below))), value)) if (
            above[0] == below[0] == Sym("d") and len(above) == len(below) == 2
        ):  # dy/dx = …
            return value
        case _:
            return None


_NAMING = frozenset({"sin", "cos", "tan", "cot", "sec", "csc", "det", "gcd", "lcm"})


def _is_name(node: Node) -> bool:
    """Whether a left side only names the value: `x`, `a_n`, `f(x)`, `AB`, `|AB|`, `NO/BO`."""
    match node:
        case Sym(name):
            return name not in ("e", "i", "pi", "inf")
        case Call(op, _) if op.startswith("fn:"):
            return True
        case Seq("[]", (Call("mul", letters),)):  # the area [ABC]
            return all(isinstance(letter, Sym) for letter in letters)
        case Seq("()" | ",", items):
            return all(isinstance(item, Sym) for item in items)
        case Text():
            return True
        case Call("mul" | "div" | "abs" | "ratio" | "deg", args):
            return bool(args) and all(
                isinstance(part, Sym) or (isinstance(part, Call) and part.op != "add")
                for part in walk(node)
            )
        case _:
            return False


def compare_relations(answer: Rel, reference: Rel, compare: Compare) -> Match:
    """Whether two relations say the same."""
    if set(answer.ops) == {"="} and set(reference.ops) == {"="}:
        return _equations(answer, reference, compare)
    left, right = real_set(answer), real_set(reference)
    if left is not None and right is not None and _same_unknown(answer, reference):
        same = same_set(left, right)
        return Match(same, "inequality", "" if same else "the solutions differ")
    return _inequalities(answer, reference)


def _same_unknown(answer: Rel, reference: Rel) -> bool:
    names = free_symbols(answer), free_symbols(reference)
    return names[0] == names[1] or not names[0] or not names[1]


# -- equations ------------------------------------------------------------------------------------


def _equations(answer: Rel, reference: Rel, compare: Compare) -> Match:
    if _called(answer) and _called(reference):
        answer, reference = _renamed(answer), _renamed(reference)
    assigned = value_of_assignment(answer), value_of_assignment(reference)
    if assigned[0] is not None and assigned[1] is not None:
        names = _name(answer), _name(reference)
        function = free_symbols(assigned[0]) and ("y" in names or not _plain(names))
        if names[0] == names[1] or function or not _plain(names):
            found = compare(assigned[0], assigned[1])
            if found.equal or names[0] == names[1]:
                return found.via("assignment")
        elif not free_symbols(assigned[0]) and not free_symbols(assigned[1]):
            return different("assignment", f"`{names[0]}` is not `{names[1]}`")
    if not free_symbols(answer) and not free_symbols(reference):
        pairs = zip(answer.sides, reference.sides, strict=False)
        return all_of([compare(a, r) for a, r in pairs], "equation of numbers")
    found = _proportional(_gap(answer), _gap(reference), positive=False, name="equation")
    if found.equal is False and (_solves(answer, reference) or _solves(reference, answer)):
        return Match(True, "equation, solved for one unknown")
    return found


def _solves(solved: Rel, other: Rel) -> bool:
    """Whether `y = 1/x` is what an equation linear in y, such as `xy = 1`, says of y.

    Only where the formula divides: `xy = x^2` holds on a line that `y = x` lacks.
    """
    name, formula = solved.sides[0], solved.sides[-1]
    if not isinstance(name, Sym) or name.name in free_symbols(formula) or not _divides(formula):
        return False
    gap = _gap(other)
    if name.name not in free_symbols(gap):
        return False
    at = [_put(gap, name, Call("add", (formula, whole(step)))) for step in (0, 1, 2)]
    straight = Call("add", (at[2], Call("mul", (whole(-2), at[1]))))
    return bool(
        compare_scalars(at[0], whole(0)).equal
        and compare_scalars(straight, whole(0)).equal
        and compare_scalars(at[1], whole(0)).equal is False
    )


def _divides(node: Node) -> bool:
    """Whether a formula divides by something with a variable in it."""
    return any(
        isinstance(part, Call) and part.op == "div" and bool(free_symbols(part.args[1]))
        for part in walk(node)
    )


def _put(node: Node, name: Sym, value: Node) -> Node:
    return transform(node, lambda part: value if part == name else part)


def _called(relation: Rel) -> bool:
    left = relation.sides[0]
    return isinstance(left, Call) and left.op.startswith("fn:")


def _plain(names: tuple[object, object]) -> bool:
    return all(isinstance(name, str) for name in names)


def _renamed(relation: Rel) -> Rel:
    """`f(t) = t^2` with its argument called by one fixed name."""
    left = relation.sides[0]
    if isinstance(left, Call) and left.op.startswith("fn:") and isinstance(left.args[0], Sym):
        old = left.args[0]
        fresh = Sym("argument")
        changed = transform(relation, lambda part: fresh if part == old else part)
        return changed if isinstance(changed, Rel) else relation
    return relation


def _name(relation: Rel) -> object:
    """What an assignment names: a symbol's name, or the tree of anything longer."""
    named = relation.sides[0]
    if not _is_name(named):
        named = relation.sides[-1]
    if isinstance(named, Text):
        return named.words.strip().lower()
    return named.name if isinstance(named, Sym) else named


def _gap(relation: Rel) -> Node:
    return Call("add", (relation.sides[0], Call("neg", (relation.sides[-1],))))


def _proportional(answer: Node, reference: Node, *, positive: bool, name: str) -> Match:
    """Whether one difference is a constant multiple of the other, by values at points."""
    symbols = sorted(free_symbols(answer) | free_symbols(reference))
    ratios: list[Number] = []
    reason = "too few values"
    for at in points(symbols):
        try:
            above, below = value(answer, at), value(reference, at)
        except NoValue as failure:
            reason = str(failure)
            continue
        except TooLarge as limit:
            return different("limit", f"too large to compute: {limit}")
        if above == 0 or below == 0:
            if above != below:
                return different(name, "one holds where the other does not")
            continue
        ratios.append(above / below)
        if not agree(ratios[0], ratios[-1]):
            return different(name, "the sides are in no constant ratio")
        if len(ratios) >= 5:
            break
    if len(ratios) < 3:
        return Match(None, name, reason)
    if positive and not _is_positive(ratios[0]):
        return different(name, "the directions are opposite")
    return Match(True, f"{name} up to a factor")


def _is_positive(ratio: Number) -> bool:
    return bool(getattr(ratio, "imag", 0) == 0 and ratio.real > 0)


# -- inequalities ---------------------------------------------------------------------------------


def _inequalities(answer: Rel, reference: Rel) -> Match:
    if len(answer.ops) != len(reference.ops):
        return different("relation", "chains of different lengths")
    if len(answer.ops) > 1:
        return _chains(answer, reference)
    (op,), (wanted,) = answer.ops, reference.ops
    sign = 1
    if op != wanted and _FLIPPED.get(op) == wanted:
        sign = -1
    elif op != wanted:
        return different("relation", f"`{op}` is not `{wanted}`")
    gap = _gap(answer) if sign > 0 else Call("neg", (_gap(answer),))
    if wanted in _FLIPPED or wanted == "!=":
        return _proportional(gap, _gap(reference), positive=wanted != "!=", name="inequality")
    same = all(
        same_tree(a, r) or compare_scalars(a, r).equal is True
        for a, r in zip(answer.sides, reference.sides, strict=True)
    )
    return Match(same, "relation", "" if same else "the sides differ")


def _chains(answer: Rel, reference: Rel) -> Match:
    if answer.ops != reference.ops:
        answer = Rel(
            tuple(_FLIPPED.get(op, op) for op in reversed(answer.ops)),
            tuple(reversed(answer.sides)),
        )
    if answer.ops != reference.ops:
        return different("relation", "different relations")
    same = all(
        compare_scalars(a, r).equal is True
        for a, r in zip(answer.sides, reference.sides, strict=True)
    )
    return Match(same, "inequality", "" if same else "the sides differ")
