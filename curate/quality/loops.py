"""Loops inside a trace: the same words again and again, at once, with their spans.

    "…pour A->B, fill A, pour A->B, fill A, pour A->B, fill A, …"      a loop of kind `words`
    "8 is not it.\\n9 is not it.\\n10 is not it.\\n…"                     a loop of kind `numbers`

A loop is a stretch in which every word stands again one period later. Distances at which n-grams of
five words recur propose the periods; each is then tested on the whole window, so a span is
exact and a loop may have any period up to a third of the window.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from curate.quality.words import LETTER, WORD_BYTES, Hashes, Runs, Words

PERIODS = 16
"""Periods that are tested in a window, the best supported first."""
SUPPORT_WORDS = 12
"""N-grams that recur at the same distance before that is tested as a period."""
ONE_WORD = 4
SUPPORT_ROW = 6
"""So many of them are to do so in a row."""
STRONG_SHARE = 1 / 16
STRONG = 4
"""Distances of this share of all n-grams are also tried in pairs: in `aaabbaabb` no n-gram recurs
after the whole period, but each does after a part of it."""
SUPPORT_SHARE = 1 / 32
"""Or this share of all n-grams: in `aabbaabb` those inside a turn recur earlier than that."""
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
GAP_BYTES = 64
"""Two loops this near to each other are one."""
REST_BYTES = 20
"""A rest of this size at the end of the text, a word that was cut off, is part of the loop."""
SHOWN = 20
"""Loops that the column keeps, the longest ones."""


@dataclass(frozen=True, slots=True, order=True)
class Loop:
    """A stretch of the text, in bytes."""

    start: int
    end: int
    kind: str
    """`characters`, `words`, `lines`, `paragraphs` or `numbers`."""


def loops_in(words: Words, exact: Runs, alike: Runs, window: bytes) -> list[Loop]:
    """The loops of a window, in order and apart, from the distances at which n-grams recur."""
    found = [
        loop for period in periods(exact, LOOP_TURNS) for loop in exact_loops(words, period, window)
    ]
    found += [
        loop for period in periods(alike, NUMBERS_TURNS) for loop in number_loops(words, period)
    ]
    return joined(found, len(window.rstrip()))


def periods(runs: Runs, turns: int) -> list[int]:
    """Distances, in words, at which so many n-grams recur that they may be periods; best first."""
    if not len(runs.distance):
        return []
    every = np.bincount(runs.distance, runs.length)
    every[1:2] *= ONE_WORD  # of a row of one word few n-grams recur, and few texts have it
    distance = np.flatnonzero(every >= SUPPORT_WORDS)
    support = every[distance]
    # A loop of n turns has (n - 1) d n-grams that recur; half of them may do so at less than d.
    enough = support >= distance * ((turns - 1) / 4)
    in_a_row = np.arange(len(every)) == 1
    in_a_row[runs.distance[runs.length >= SUPPORT_ROW]] = True
    good = enough & (in_a_row[distance] | (support >= runs.size * SUPPORT_SHARE))
    best = np.argsort(-support[good], kind="stable")[:PERIODS]
    found: list[int] = distance[good][best].tolist()
    strong = distance[support >= runs.size * STRONG_SHARE][:STRONG].tolist()
    return [*dict.fromkeys([*found, *(one + other for one in strong for other in strong)])]


def exact_loops(words: Words, period: int, window: bytes) -> Iterator[Loop]:
    """The stretches in which the very same words come again after a period."""
    turns = SHORT_TURNS if period < SHORT_WORDS else LOOP_TURNS
    for start, end in stretches(words, words.exact, period, turns, LOOP_CHARS):
        first, last = int(words.starts[start]), int(words.ends[end - 1])
        # The second turn: before the first one there may stand anything.
        turn = words.starts[[start + period, start + 2 * period]].tolist()
        yield Loop(first, last, kind_of(window[slice(*turn)]))


def kind_of(turn: bytes) -> str:
    """What comes again, from one turn of it."""
    if b"\n\n" in turn:
        return "paragraphs"
    if b"\n" in turn:
        return "lines"
    return "words" if b" " in turn else "characters"


def number_loops(words: Words, period: int) -> Iterator[Loop]:
    """The stretches in which the same words come again with other numbers."""
    for start, end in stretches(words, words.alike, period, NUMBERS_TURNS, NUMBERS_CHARS):
        turn = words.kinds[start : start + period]
        if np.count_nonzero(turn == LETTER) >= NUMBERS_LETTERS:
            yield Loop(int(words.starts[start]), int(words.ends[end - 1]), "numbers")


def stretches(
    words: Words, hashed: Hashes, period: int, turns: int, chars: int
) -> list[tuple[int, int]]:
    """(First word, past the last word) of the periodic stretches that are long enough."""
    shortest = max((turns - 1) * period, chars // WORD_BYTES - period, 1)
    # Every stretch holds two neighbours of a sample as coarse as this; most periods have none.
    step = shortest // 2
    if step > 1:
        sample = hashed[period::step] == hashed[:-period:step]
        if not (sample[1:] & sample[:-1]).any():
            return []
    apart = np.flatnonzero(hashed[period:] != hashed[:-period])
    edges = np.concatenate(([-1], apart, [len(hashed) - period]))
    long = np.flatnonzero(edges[1:] - edges[:-1] > shortest)
    return [
        (start, end)
        for start, end in zip(
            (edges[long] + 1).tolist(), (edges[long + 1] + period).tolist(), strict=True
        )
        if words.ends[end - 1] - words.starts[start] >= chars
    ]


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
    if found and end - found[-1].end <= REST_BYTES:
        found[-1] = Loop(found[-1].start, end, found[-1].kind)
    return found
