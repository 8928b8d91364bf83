"""How much of a trace was said before: n-grams, sentences, paragraphs, the longest repeat, loops."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curate.quality.loops import SHOWN, Loop, joined, loops_in
from curate.quality.words import GRAM, Numbers, Words, grams, repeats

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
    longest: int
    """Bytes of the longest stretch that stands earlier in the window as well."""
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
    sentences, said = sentences_of(words)
    paragraph_bytes, near = near_repeats(words, alike.distance)
    return Repetition(
        grams=len(exact.distance),
        new_grams=len(exact.distance) - int(np.count_nonzero(exact.distance)),
        longest=longest_repeat(words, exact.distance),
        sentences=sentences,
        repeated_sentences=said,
        paragraph_bytes=paragraph_bytes,
        near_bytes=near,
        loops=tuple(
            Loop(loop.start + words.offset, loop.end + words.offset, loop.kind)
            for loop in loops_in(words, exact.distance, alike.distance, window)
        ),
    )


def longest_repeat(words: Words, recurs: Numbers) -> int:
    """Bytes of the longest row of n-grams that recur at one distance."""
    if not recurs.any():
        return 0
    turns = np.flatnonzero(recurs[1:] != recurs[:-1]) + 1
    firsts = np.concatenate((np.zeros(1, np.int64), turns))
    lasts = np.append(turns, len(recurs)) - 1
    sizes = words.ends[lasts + GRAM - 1] - words.starts[firsts]
    return int(sizes[recurs[firsts] > 0].max())


def sentences_of(words: Words) -> tuple[int, int]:
    """How many sentences of five words and more there are, and how many were said before."""
    if not len(words):
        return 0, 0
    lengths = np.diff(words.sentences, append=len(words))
    # Sums of hashes: sentences of the same words in another order count as the same.
    sums = np.add.reduceat(words.exact, words.sentences)[lengths >= SENTENCE_WORDS]
    return len(sums), len(sums) - len(np.unique(sums))


def near_repeats(words: Words, recurs: Numbers) -> tuple[int, int]:
    """Bytes of the paragraphs of twenty words and more, and of those that nearly repeat others."""
    paragraphs = words.paragraphs
    lasts = np.append(paragraphs[1:], len(words))[: len(paragraphs)] - GRAM
    long = lasts - paragraphs >= PARAGRAPH_WORDS - GRAM
    first, last = paragraphs[long], lasts[long]
    if not len(first):
        return 0, 0
    # Only n-grams that lie in the paragraph, and that stand before it and not just in it.
    within = np.arange(len(recurs)) - np.repeat(
        paragraphs, np.diff(paragraphs, append=len(words))
    )[: len(recurs)]
    earlier = np.concatenate(([0], np.cumsum(recurs > within)))
    share = (earlier[last + 1] - earlier[first]) / (last + 1 - first)
    sizes = words.ends[last + GRAM - 1] - words.starts[first]
    return int(sizes.sum()), int(sizes[share >= NEAR].sum())


def all_loops(windows: Sequence[Repetition], end: int) -> list[Loop]:
    """The loops of a whole text, those that go on in the next window as one."""
    return joined([loop for window in windows for loop in window.loops], end)


def shown(loops: list[Loop]) -> list[Loop]:
    """The longest loops, in order."""
    longest = sorted(loops, key=lambda loop: (loop.start - loop.end, loop.start))[:SHOWN]
    return sorted(longest)
