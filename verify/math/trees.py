"""Walks over trees: changing them, telling whether two are the same, reading both signs of ±."""

from collections.abc import Callable

from curate.verify.math.nodes import Call, Matrix, Node, Num, Quantity, Rel, Seq, children, walk


def transform(node: Node, change: Callable[[Node], Node]) -> Node:
    """The tree with every node changed, children first."""
    match node:
        case Call(op, args):
            node = Call(op, tuple(transform(arg, change) for arg in args))
        case Seq(brackets, items):
            node = Seq(brackets, tuple(transform(item, change) for item in items))
        case Rel(ops, sides):
            node = Rel(ops, tuple(transform(side, change) for side in sides))
        case Matrix(rows):
            node = Matrix(tuple(tuple(transform(cell, change) for cell in row) for row in rows))
        case Quantity(inner, unit):
            node = Quantity(transform(inner, change), unit)
    return change(node)


def same_tree(left: Node, right: Node) -> bool:
    """Equal trees, whatever digits their decimals show."""
    stack = [(left, right)]
    while stack:
        a, b = stack.pop()
        if isinstance(a, Num) and isinstance(b, Num):
            if a.value != b.value:
                return False
            continue
        below = children(a), children(b)
        if type(a) is not type(b) or len(below[0]) != len(below[1]) or not _same_head(a, b):
            return False
        stack.extend(zip(*below, strict=True))
    return True


def _same_head(a: Node, b: Node) -> bool:
    match a, b:
        case (Call(op, _), Call(other, _)):
            return op == other
        case (Seq(brackets, _), Seq(others, _)):
            return brackets == others
        case (Rel(ops, _), Rel(others_, _)):
            return ops == others_
        case (Quantity(_, unit), Quantity(_, other_unit)):
            return unit == other_unit
        case (Matrix(rows), Matrix(other_rows)):
            return len(rows) == len(other_rows)
        case _:
            return a == b


def with_signs(node: Node) -> list[Node]:
    """The readings of ± and ∓: the node itself, or its upper and lower reading."""
    if not any(isinstance(part, Call) and part.op in ("pm", "mp") for part in walk(node)):
        return [node]
    return [transform(node, lambda part, up=up: _signed(part, up)) for up in (True, False)]  # type: ignore[misc]


def _signed(part: Node, up: bool) -> Node:
    if isinstance(part, Call) and part.op in ("pm", "mp"):
        plus = (part.op == "pm") == up
        first, second = part.args
        return Call("add", (first, second if plus else Call("neg", (second,))))
    return part
