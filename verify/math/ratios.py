"""Ratios of three parts and more: `2:4:6` is `1:2:3`. Those of two are compared as quotients."""

from collections.abc import Callable
from itertools import combinations

from curate.verify.math.match import Match, different
from curate.verify.math.nodes import Call, Node

MAX_PARTS = 20


def ratio_parts(node: Node) -> tuple[Node, ...]:
    """The parts of a chain of colons, from the left; the node alone where it is none."""
    parts: list[Node] = []
    while isinstance(node, Call) and node.op == "ratio" and len(node.args) == 2:
        node, last = node.args
        parts.append(last)
    return (node, *reversed(parts))


def compare_ratios(
    answer: tuple[Node, ...], reference: tuple[Node, ...], compare: Callable[[Node, Node], Match]
) -> Match:
    """Whether two ratios are in proportion: a part over any other is the same on both sides."""
    if len(answer) != len(reference):
        return different("ratio", f"{len(answer)} parts against {len(reference)}")
    if len(answer) > MAX_PARTS:
        return different("ratio", f"more than {MAX_PARTS} parts")
    pairs = list(zip(answer, reference, strict=True))
    for (a, r), (b, s) in combinations(pairs, 2):
        found = compare(Call("mul", (a, s)), Call("mul", (b, r)))
        if not found.equal:
            return found.via("ratio")
    return Match(True, "ratio")
