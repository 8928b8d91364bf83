"""Piecewise values: the lines of `cases` in any order, each a value with its condition."""

from collections.abc import Callable

from curate.verify.math.match import Match, all_of, different
from curate.verify.math.nodes import Call, Node, Seq, Text

Compare = Callable[[Node, Node], Match]
OTHERWISE = Text("otherwise")
MAX_LINES = 30


def compare_cases(answer: Node, reference: Node, compare: Compare) -> Match:
    """Whether two piecewise values have the same lines.

    Where one side alone says `otherwise`, that line meets the one that is left.
    """
    a, r = _lines(answer), _lines(reference)
    if not a or len(a) != len(r) or len(a) > MAX_LINES:
        return different("cases", f"{len(a)} lines against {len(r)}")
    left = sorted(a, key=_last)
    methods: list[Match] = []
    loose = sum(map(_last, a)) + sum(map(_last, r)) == 1
    for wanted in sorted(r, key=_last):
        for line in left:
            if (found := _same(line, wanted, compare, loose=loose)).equal:
                methods.append(found)
                left.remove(line)
                break
        else:
            return different("cases", "a line of the reference is missing")
    return all_of(methods, "cases")


def _lines(node: Node) -> list[Seq]:
    if not isinstance(node, Call) or node.op != "cases":
        return []
    return [line for line in node.args if isinstance(line, Seq)]


def _last(line: Seq) -> bool:
    return line.items[1] == OTHERWISE


def _same(line: Seq, wanted: Seq, compare: Compare, *, loose: bool) -> Match:
    """Whether two lines have the same value under the same condition."""
    value = compare(line.items[0], wanted.items[0])
    if not value.equal or (loose and (_last(line) or _last(wanted))):
        return value
    return all_of([value, compare(line.items[1], wanted.items[1])], "line")
