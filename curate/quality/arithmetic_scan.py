"""Where equations stand in a text: a relation, and the spans of the two sides it joins.

From a relation one pattern runs to the right and another, over reversed text, to the left. Both
look into a window of bounded width, so the work is linear in the text whatever it says.
"""

from collections.abc import Iterator

from curate.quality.arithmetic_edges import PLAIN, left_edge, right_edge, stripped
from curate.quality.arithmetic_marks import EQUALS, LEFTWARD, OTHERS, RIGHTWARD, SIGNS

WINDOW = 240
"""Characters to each side; what is longer is not read."""

BOUNDARIES = frozenset("\n:;,=≈。，：")
Span = tuple[int, int]
Link = tuple[Span, str, Span]
"""The left side, the relation, the right side."""


def relations(text: str) -> list[tuple[int, int]]:
    """Where relations stand that may join two numbers, from left to right."""
    found = [(at := match.start(), at + 1) for match in EQUALS.finditer(text)]
    for sign, pattern in OTHERS.items():
        if sign in text:
            found += [match.span() for match in pattern.finditer(text)]
            found.sort()
    return found


def links(text: str) -> Iterator[Link]:
    """Both sides of every relation that has numbers on both, from left to right."""
    ran_from = ran_to = 0  # how far the right side of the relation before ran
    for start, end in relations(text):
        if text.startswith("&", end):
            end += 1
        between = text[ran_to:start] if ran_to else ""  # not from 0: the work must stay linear
        chained = ran_from < start and (0 < ran_to == start or between.isspace())
        if not (left := _left(text, start, ran_from if chained else None)):
            ran_from = ran_to = 0
            continue
        limit = end + WINDOW
        run = RIGHTWARD.match(text, end, limit)
        ran_from, ran_to = end, run.end() if run else end
        if ran_to != limit and (right := _right(text, end, ran_to)):
            yield left, SIGNS.get(text[start:end].rstrip("&"), "is"), right


def _left(text: str, start: int, ran_from: int | None) -> Span | None:
    if ran_from is not None:
        return stripped(text, ran_from, start)
    window = text[max(0, start - WINDOW) : start + 1][::-1]
    run = LEFTWARD.match(window, 1)
    begin = start + 1 - (run.end() if run else 1)
    if start - begin >= WINDOW:
        return None
    first = text[begin + 1] if text[begin] == " " else text[begin]
    if (
        first.isdecimal()
        and begin
        and text[begin - 1] in BOUNDARIES
        and PLAIN.match(text, begin, start)
    ):
        return stripped(text, begin, start)
    edge = left_edge(text, begin, start)
    return None if edge is None else stripped(text, edge, start)


def _right(text: str, begin: int, end: int) -> Span | None:
    stop = right_edge(text, begin, end)
    side = None if stop is None else stripped(text, begin, stop)
    if side and text.startswith("**", side[0]):  # bold print
        return stripped(text, side[0] + 2, side[1])
    return side
