"""A text for the page: its evidence marked, its middle left out, every piece visible.

    ["We have ", ["2 + 2 = 5", "wrong"], 31200, " so it is ", ["5", "answer"], "."]

Plain text is a string, marked text comes with its kinds, a number is how many characters are left
out there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from curate.report.markup import visible

HEAD_CHARS, TAIL_CHARS, AROUND_CHARS = 400, 300, 80
"""What is shown of a long text: its start, its end, and the text around each span."""
SPAN_HEAD_CHARS, SPAN_TAIL_CHARS = 240, 80
"""What is shown of a long span."""
PROBLEM_CHARS = 1500
"""What is shown of the start of a problem, which is to be read."""
GAP_CHARS = 60
"""A shorter gap is shown, since the line that tells of it would be as long."""
OF_A_KIND = 2
"""How many spans of one kind have their surroundings shown; the others are marked if in sight."""

Piece = str | int | list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A place in a text that is evidence of something."""

    start: int
    end: int
    """Characters, [start, end)."""
    kind: str
    """`answer`, `loop`, `wrong`, `contamination` or `script`."""


def inside(spans: Iterable[Span], length: int) -> list[Span]:
    """The spans that are in a text of so many characters, and not empty."""
    return [span for span in spans if 0 <= span.start < span.end <= length]


def pieces(text: str, spans: Sequence[Span], *, head: int = HEAD_CHARS) -> list[Piece]:
    """The text in pieces; see the top of this file."""
    spans = inside(spans, len(text))
    found: list[Piece] = []
    at = 0
    for low, high in windows(len(text), spans, head):
        if low > at:
            found.append(low - at)
        found += marked(text, low, high, spans)
        at = high
    return found


def windows(length: int, spans: Sequence[Span], head: int) -> list[tuple[int, int]]:
    """The parts of a text worth showing, apart and in order."""
    wanted = [(0, head), (length - TAIL_CHARS, length)]
    seen: dict[str, int] = {}
    for span in spans:
        seen[span.kind] = seen.get(span.kind, 0) + 1
        if seen[span.kind] > OF_A_KIND:
            continue
        if span.end - span.start <= SPAN_HEAD_CHARS + SPAN_TAIL_CHARS:
            wanted.append((span.start - AROUND_CHARS, span.end + AROUND_CHARS))
        else:
            wanted.append((span.start - AROUND_CHARS, span.start + SPAN_HEAD_CHARS))
            wanted.append((span.end - SPAN_TAIL_CHARS, span.end + AROUND_CHARS))
    found: list[tuple[int, int]] = []
    for low, high in sorted((max(0, low), min(length, high)) for low, high in wanted):
        if found and low - found[-1][1] < GAP_CHARS:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def marked(text: str, low: int, high: int, spans: Sequence[Span]) -> list[Piece]:
    """A part of the text, cut wherever a span begins or ends."""
    edges = {edge for span in spans for edge in (span.start, span.end) if low < edge < high}
    cuts = [low, *sorted(edges), high]
    found: list[Piece] = []
    for first, stop in pairwise(cuts):
        kinds = {span.kind for span in spans if span.start <= first and stop <= span.end}
        shown = visible(text[first:stop])
        if shown:
            found.append([shown, " ".join(sorted(kinds))] if kinds else shown)
    return found
