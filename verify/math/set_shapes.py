"""Which trees are sets of numbers, and the shapes that stand for the same set."""

from curate.verify.math.intervals import same_set
from curate.verify.math.match import Match, different
from curate.verify.math.nodes import INFINITY, Call, Node, Rel, Seq, Sym
from curate.verify.math.real_sets import real_set

_OPERATIONS = ("union", "intersection", "setminus", "setof")


def collection(node: Node) -> bool:
    """Whether a tree holds several values: a sequence, or an operation on sets."""
    return isinstance(node, Seq) or (isinstance(node, Call) and node.op in _OPERATIONS)


def needs_sets(node: Node) -> bool:
    """Whether a tree can only be compared as a set of numbers, not value by value."""
    return (isinstance(node, Call) and node.op in _OPERATIONS) or (
        isinstance(node, Seq)
        and (
            node.brackets in ("(]", "[)")
            or (
                node.brackets == ","
                and bool(node.items)
                and all(_inequality(x) for x in node.items)
            )
            or (
                node.brackets in (",", "()", "[]")
                and any(x == Sym("inf") or x == Call("neg", (Sym("inf"),)) for x in node.items)
            )
        )
    )


def _inequality(node: Node) -> bool:
    return isinstance(node, Rel) and bool(set(node.ops) & {"<", "<=", ">", ">=", "!=", "in"})


def as_sets(answer: Node, reference: Node) -> Match | None:
    """Compares as sets of real numbers, where both sides are such sets."""
    left, right = real_set(_joined(answer)), real_set(_joined(reference))
    if left is None or right is None:
        return None
    if same_set(left, right):
        return Match(True, "set of reals")
    return different("set of reals", "the sets differ")


def _joined(node: Node) -> Node:
    """A bare list of intervals is their union: `(1, 2) or (3, 4)`."""
    if (
        isinstance(node, Seq)
        and node.brackets == ","
        and node.items
        and all(collection(item) for item in node.items)
    ):
        union: Node = node.items[0]
        for item in node.items[1:]:
            union = Call("union", (union, item))
        return union
    return node


def union_parts(node: Node) -> tuple[Node, ...]:
    """The sides of a chain of unions."""
    if isinstance(node, Call) and node.op == "union":
        return union_parts(node.args[0]) + union_parts(node.args[1])
    return (node,)


def as_interval(relation: Rel) -> Seq | None:
    """`a <= x < b` as `[a, b)` and `x > a` as `(a, \\infty)`, whatever the ends are."""
    match relation:
        case Rel(("<" | "<=" as low, "<" | "<=" as high), (a, Sym(), b)):
            return Seq(_CLOSED[low][0] + _CLOSED[high][1], (a, b))
        case Rel((">" | ">=" as high, ">" | ">=" as low), (b, Sym(), a)):
            return Seq(_CLOSED[low][0] + _CLOSED[high][1], (a, b))
        case Rel((">" | ">=" as low,), (Sym(), a)) | Rel(("<" | "<=" as low,), (a, Sym())):
            return Seq(_CLOSED[low][0] + ")", (a, INFINITY))
        case Rel(("<" | "<=" as high,), (Sym(), b)) | Rel((">" | ">=" as high,), (b, Sym())):
            return Seq("(" + _CLOSED[high][1], (Call("neg", (INFINITY,)), b))
        case _:
            return None


_CLOSED = {"<": "()", ">": "()", "<=": "[]", ">=": "[]"}
