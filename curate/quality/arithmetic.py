"""Every checkable equation of a trace, checked with exact arithmetic."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from curate.quality.arithmetic_chain import chains
from curate.quality.arithmetic_edges import left_edge, right_edge
from curate.quality.arithmetic_judge import Span, Truth, judge
from curate.quality.arithmetic_read import Side, read_side


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """One relation between two numbers, as it stands in a text."""

    start: int
    end: int
    left: str
    relation: str
    right: str
    verdict: Truth
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """How much of the arithmetic of a text is right."""

    checked: int
    right: int
    wrong: int
    first_wrong_start: int | None
    first_wrong_end: int | None


SIGNS = {
    "=": "=", "＝": "=", "≈": "≈", "≃": "≈", "≅": "≈", "\\approx": "≈", "\\simeq": "≈", "\\cong": "≈",
    "≡": "≡", "\\equiv": "≡", "<": "<", "＜": "<", "\\lt": "<", ">": ">", "＞": ">", "\\gt": ">",
    "≤": "≤", "<=": "≤", "⩽": "≤", "\\le": "≤", "\\leq": "≤", "\\leqslant": "≤",
    "≥": "≥", ">=": "≥", "⩾": "≥", "\\ge": "≥", "\\geq": "≥", "\\geqslant": "≥",
}
EDGES = " \t\n\r&$~\u00a0"
MARK = re.compile(r"<<[^<>\n]{0,80}>>")
MODULUS = re.compile(
    r"[\s,\\;$]*(?:\(\s*)?(?:\\[bp]?mod|\\text\{\s*\(?mod\s*\}?|\\mathrm\{mod\}|\(mod(?:ulo)?|mod(?:ulo)?)"
    r"\s*(?:\\?[ ,;])*\{?\s*(\d{1,9})"
)
Link = tuple[Span, Span, str, Truth, str]


def check_arithmetic(text: str) -> Arithmetic:
    """How many equations of a text can be checked, and how many are right and wrong."""
    right = wrong = 0
    first: tuple[int, int] | None = None
    for left, other, _, verdict, _ in links(text):
        if verdict is Truth.RIGHT:
            right += 1
        elif verdict is Truth.WRONG:
            wrong += 1
            if first is None:
                first = left[0], other[1]
    begin, stop = first or (None, None)
    return Arithmetic(
        checked=right + wrong, right=right, wrong=wrong, first_wrong_start=begin, first_wrong_end=stop
    )


def equations(text: str) -> Iterator[Equation]:
    """The equations of a text one by one, with those that could not be checked."""
    for left, right, sign, verdict, why in links(text):
        yield Equation(
            start=left[0], end=right[1], left=text[slice(*left)], relation=sign, right=text[slice(*right)],
            verdict=verdict, why=why,
        )


def links(text: str) -> Iterator[Link]:
    """Both sides of every relation between numbers, with the verdict."""
    for sides, relations, cut in chains(text):
        yield from _links(text, sides, relations, cut)


def _links(text: str, sides: list[Span], relations: list[str], cut: bool) -> Iterator[Link]:
    spans = _spans(text, sides, cut)
    read = [span and _read(text, span) for span in spans]
    modulus = _modulus(text, spans[-1]) if len(spans) == 2 or spans[-1] else None
    for n, relation in enumerate(relations):
        a, b = spans[n], spans[n + 1]
        if a is None or b is None:
            continue
        left, right = read[n], read[n + 1]
        sign = SIGNS.get(relation.rstrip("&"))
        if left is None or right is None or sign is None:
            yield a, b, relation, Truth.UNCHECKED, "not read"
        else:
            yield a, b, sign, *judge(text, (a, b), (left, right), sign, modulus, n > 0)


def _spans(text: str, sides: list[Span], cut: bool) -> list[Span | None]:
    spans: list[Span | None] = []
    last = len(sides) - 1
    for number, (begin, end) in enumerate(sides):
        start: int | None = begin
        stop: int | None = end
        if number == 0:
            start = left_edge(text, begin, end)
        if number == last:
            stop = None if cut else right_edge(text, begin, end)
        if start is None or stop is None:
            spans.append(None)
            continue
        inner = text[start:stop]
        start += len(inner) - len(inner.lstrip(EDGES))
        stop -= len(inner) - len(inner.rstrip(EDGES))
        spans.append((start, stop) if start < stop else None)
    return spans


def _modulus(text: str, span: Span | None) -> int | None:
    found = span and MODULUS.match(text, span[1], span[1] + 40)
    return int(found[1]) or None if found else None


def _read(text: str, span: Span) -> Side | None:
    written = text[span[0] : span[1]]
    if "<<" in written:
        written = MARK.sub(" ", written).strip()
    return read_side(written)
