"""How much of a trace was said before: n-grams, sentences, paragraphs, whole stretches, loops."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curate.quality.loops import SHOWN, Loop, joined, loops_in
from curate.quality.words import GRAM, Numbers, Runs, Words, grams, repeats, runs_of

SENTENCE_WORDS = 5
"""Shorter sentences may be said twice: `So:`, `Wait.`, `- Yes`."""
PARAGRAPH_WORDS = 20
NEAR = 0.7
"""Share of the n-grams of a near-repeated paragraph that stand earlier, numbers aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """What a window repeats; counts, so that windows can be added."""

    grams: int
    new_grams: int
    """Distinct n-grams of five words."""
    longest: tuple[int, int]
    """The longest stretch that stands earlier in the window as well, in bytes of the text."""
    sentences: int
    repeated_sentences: int
    paragraph_bytes: int
    near_bytes: int
    """Bytes of the paragraphs that nearly repeat what stands before them."""
    loops: tuple[Loop, ...]
    """In bytes of the whole text."""


def repetition_of(words: Words, window: bytes) -> Repetition:
    """What a window repeats."""
    alike = repeats(grams(words.alike))
    exact = repeats(grams(words.exact), alike.members)
    exact_runs = runs_of(exact.distance)
    sentences, said = sentences_of(words)
    paragraph_bytes, near = near_repeats(words, alike.distance)
    return Repetition(
        grams=len(exact.distance),
        new_grams=len(exact.distance) - int(exact_runs.length.sum()),
        longest=longest_repeat(words, exact_runs),
        sentences=sentences,
        repeated_sentences=said,
        paragraph_bytes=paragraph_bytes,
        near_bytes=near,
        loops=tuple(
            Loop(loop.start + words.offset, loop.end + words.offset, loop.kind)
            for loop in loops_in(words, exact_runs, runs_of(alike.distance), window)
        ),
    )


def longest_repeat(words: Words, runs: Runs) -> tuple[int, int]:
    """Start and end of the longest row of n-grams that recur at one distance."""
    if not len(runs.first):
        return 0, 0
    starts = words.starts[runs.first]
    ends = words.ends[runs.first + runs.length + (GRAM - 2)]
    longest = int((ends - starts).argmax())
    return words.offset + int(starts[longest]), words.offset + int(ends[longest])


def sentences_of(words: Words) -> tuple[int, int]:
    """How many sentences of five words and more there are, and how many were said before."""
    if not len(words):
        return 0, 0
    lengths = np.append(words.sentences[1:], len(words)) - words.sentences
    # Sums of hashes: sentences of the same words in another order count as the same.
    sums = np.add.reduceat(words.exact, words.sentences)[lengths >= SENTENCE_WORDS]
    sums.sort()
    return len(sums), int(np.count_nonzero(sums[1:] == sums[:-1]))


def near_repeats(words: Words, recurs: Numbers) -> tuple[int, int]:
    """Bytes of the paragraphs of twenty words and more, and of those that nearly repeat others."""
    nexts = np.append(words.paragraphs[1:], len(words))[: len(words.paragraphs)]
    long = np.flatnonzero(nexts - words.paragraphs >= PARAGRAPH_WORDS)
    if not len(long):
        return 0, 0
    # The n-grams that lie in one paragraph, and those of them that stand before it, not just in it.
    first, last = words.paragraphs[long], nexts[long] - (GRAM - 1)
    again = np.flatnonzero(recurs)
    at = np.searchsorted(words.paragraphs, again, side="right") - 1
    before = again[recurs[again] > again - words.paragraphs[at]]
    share = (np.searchsorted(before, last) - np.searchsorted(before, first)) / (last - first)
    sizes = words.ends[nexts[long] - 1] - words.starts[first]
    return int(sizes.sum()), int(sizes[share >= NEAR].sum())


def all_loops(windows: Sequence[Repetition], end: int) -> list[Loop]:
    """The loops of a whole text, those that go on in the next window as one."""
    return joined([loop for window in windows for loop in window.loops], end)


def shown(loops: list[Loop]) -> list[Loop]:
    """The longest loops, in order."""
    longest = sorted(loops, key=lambda loop: (loop.start - loop.end, loop.start))[:SHOWN]
    return sorted(longest)
