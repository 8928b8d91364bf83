"""Loops inside a trace: the same words again and again, at once, with their spans.

    "…pour A->B, fill A, pour A->B, fill A, pour A->B, fill A, …"      a loop of kind `words`
    "8 is not it.\\n9 is not it.\\n10 is not it.\\n…"                     a loop of kind `numbers`

A loop is a stretch in which every word stands again one period later. Distances at which n-grams of
five words recur propose the periods; each is then tested on the whole window, so a span is
exact and a loop may have any period up to a third of the window (1 MiB).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from curate.quality.words import LETTER, Flags, Numbers, Words

PERIODS = 16
"""Periods that are tested in a window, the best supported first."""
SUPPORT_WORDS = 6
"""N-grams in a row that recur at the same distance before that is tested as a period."""
SUPPORT_ALL = 24
SUPPORT_SHARE = 1 / 32
"""Or so many anywhere: in `aabbaabb` the n-grams inside a turn recur earlier than that."""
LOOP_CHARS = 120
"""Shortest loop; three times `No, that is wrong.` is emphasis."""
LOOP_TURNS = 3
SHORT_TURNS = 8
"""Turns of a loop whose period is shorter than `SHORT_WORDS` words: rows of zeros, rules, dots."""
SHORT_WORDS = 4
NUMBERS_CHARS = 600
NUMBERS_TURNS = 16
"""Where the numbers change from turn to turn, fewer are a table, a case analysis or a proof."""
NUMBERS_LETTERS = 3
"""Words of letters in each turn of such a loop: rows of numbers alone are data."""
GAP_BYTES = 32
"""Two loops this near to each other are one; so is a rest of that size at the end of the text."""
SHOWN = 20
"""Loops that the column keeps, the longest ones."""


@dataclass(frozen=True, slots=True, order=True)
class Loop:
    """A stretch of the text, in bytes."""

    start: int
    end: int
    kind: str
    """`characters`, `words`, `lines`, `paragraphs` or `numbers`."""


def loops_in(words: Words, exact: Numbers, alike: Numbers, window: bytes) -> list[Loop]:
    """The loops of a window, in order and apart, from the distances at which n-grams recur."""
    found = [loop for period in periods(exact) for loop in exact_loops(words, period, window)]
    found += [loop for period in periods(alike) for loop in number_loops(words, period)]
    return joined(found, len(window.rstrip()))


def periods(recurs: Numbers) -> list[int]:
    """Distances, in words, at which many n-grams recur, most of all in a row; the best first."""
    if not recurs.any():
        return []
    turns = np.flatnonzero(recurs[1:] != recurs[:-1]) + 1
    firsts = np.concatenate((np.zeros(1, np.int64), turns))
    lengths = np.diff(firsts, append=len(recurs))
    distance = recurs[firsts]
    in_a_row = (distance > 0) & (lengths >= np.maximum(SUPPORT_WORDS, distance // 8))
    support = np.bincount(distance[in_a_row], lengths[in_a_row], minlength=int(distance.max()) + 1)
    every = np.bincount(distance, lengths)
    every[0] = 0
    support[every >= max(SUPPORT_ALL, len(recurs) * SUPPORT_SHARE)] += 1
    best = np.argsort(-support, kind="stable")[:PERIODS]
    return [int(period) for period in best if support[period] > 0]


def exact_loops(words: Words, period: int, window: bytes) -> Iterator[Loop]:
    """The stretches in which the very same words come again after a period."""
    turns = SHORT_TURNS if period < SHORT_WORDS else LOOP_TURNS
    same = words.exact[period:] == words.exact[:-period]
    for start, end in stretches(words, same, period, turns, LOOP_CHARS).tolist():
        first, last = int(words.starts[start]), int(words.ends[end - 1])
        yield Loop(first, last, kind_of(window[first : int(words.starts[start + period])]))


def kind_of(turn: bytes) -> str:
    """What comes again, from one turn of it."""
    if b"\n\n" in turn:
        return "paragraphs"
    if b"\n" in turn:
        return "lines"
    return "words" if b" " in turn else "characters"


def number_loops(words: Words, period: int) -> Iterator[Loop]:
    """The stretches in which the same words come again with other numbers."""
    same = words.alike[period:] == words.alike[:-period]
    for start, end in stretches(words, same, period, NUMBERS_TURNS, NUMBERS_CHARS).tolist():
        turn = words.kinds[start : start + period]
        if np.count_nonzero(turn == LETTER) >= NUMBERS_LETTERS:
            yield Loop(int(words.starts[start]), int(words.ends[end - 1]), "numbers")


def stretches(words: Words, same: Flags, period: int, turns: int, chars: int) -> Numbers:
    """(First word, past the last word) of the periodic stretches that are long enough."""
    edges = np.concatenate(([-1], np.flatnonzero(~same), [len(same)]))
    long = np.flatnonzero(np.diff(edges) > (turns - 1) * period)
    start, end = edges[long] + 1, edges[long + 1] + period
    enough = words.ends[end - 1] - words.starts[start] >= chars
    return np.stack((start[enough], end[enough]), axis=1)


def joined(loops: Iterable[Loop], end: int) -> list[Loop]:
    """Loops that touch as one, of the kind of the longer; the last one reaches to a near end."""
    found: list[Loop] = []
    # Of two that begin at one place the longer comes first, and exact ones before `numbers`.
    for loop in sorted(loops, key=lambda loop: (loop.start, -loop.end, loop.kind == "numbers")):
        if found and loop.start <= found[-1].end + GAP_BYTES:
            last = found[-1]
            kind = max(last, loop, key=lambda one: one.end - one.start).kind
            found[-1] = Loop(last.start, max(last.end, loop.end), kind)
        else:
            found.append(loop)
    if found and end - found[-1].end <= GAP_BYTES:
        found[-1] = Loop(found[-1].start, end, found[-1].kind)
    return found
