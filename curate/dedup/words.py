"""Word shingles of long texts, as 64-bit hashes: array operations over octets, no loop over tokens.

A token is one of these; everything else separates them and does not count:

    a run of ASCII letters and digits, and of letters from U+0080 to U+07FF; ASCII in lower case
    a character from U+0800 on, alone: where no spaces are written, shingles are character n-grams

Signs (U+0080–00BF, U+2000–2FFF, U+F000–FFFF) separate, as ASCII punctuation does. A run longer than
`LONGEST_WORD` octets is no word; its characters are tokens of their own, so that texts without
spaces have character n-grams, too. A text shorter than a shingle is one shingle.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

Octets = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LONGEST_WORD = 64
PIECE = 256 * 1024
"""Octets hashed at a time: what is held besides the text is about forty times this."""
LOOK_BACK = 4096
"""A piece of a longer text ends at a separator, if there is one among its last octets."""

BASE = 0x9E3779B97F4A7C15  # odd: 2^64 / golden ratio
MIX = np.uint64(0xD6E8FEB86659FD93)  # multiplier of rrxmrrxmsx, Pelle Evensen 2018
CONTINUED, LEAD, LEAD_OF_THREE, LEAD_OF_FOUR = 0x80, 0xC0, 0xE0, 0xF0
"""The first octets of UTF-8 of each kind."""
SIGNS_OF_TWO, SIGNS_OF_THREE = (0xC2,), (0xE2, 0xEF)
"""Lead octets of the signs that separate."""


def mixed(values: Hashes) -> Hashes:
    """Each value scrambled, so that every bit depends on every bit; one to one."""
    values = (values ^ (values >> np.uint64(32))) * MIX
    values = (values ^ (values >> np.uint64(29))) * MIX
    return values ^ (values >> np.uint64(32))


LOWER = np.zeros(256, np.uint8)
"""Each octet as part of a word, in lower case; 0 where it separates."""
LOWER[CONTINUED:] = np.arange(CONTINUED, 256)
for letter in b"0123456789abcdefghijklmnopqrstuvwxyz":
    LOWER[letter] = LOWER[ord(chr(letter).upper())] = letter
VALUES = mixed(np.arange(1, 257, dtype=np.uint64))
"""What stands for each octet in the hash of a token."""


@cache
def powers(base: int, count: int) -> Hashes:
    """The first powers of a number modulo 2^64, from 1 on."""
    factors = np.full(count, base % 2**64, np.uint64)
    factors[0] = 1
    return np.cumprod(factors)


def token_hashes(octets: Octets, starts: Places) -> tuple[Hashes, Places]:
    """The hash of every token of some texts, and how many tokens each text has.

    The texts lie one after the other in at most `PIECE` octets of valid UTF-8; `starts` has the
    first octet of each and, at last, the length of all.
    """
    lower, begins = classes(octets, starts)
    word = lower != 0
    letters = lower[word]
    if not len(letters):
        return np.empty(0, np.uint64), np.zeros(len(starts) - 1, np.int64)
    firsts = np.flatnonzero(begins[word])
    text_firsts = np.append(firsts, len(letters))[np.searchsorted(np.flatnonzero(begins), starts)]
    firsts = with_long_runs_split(firsts, letters)
    # A polynomial in BASE over the letters, from which the token's place is divided out.
    sums = np.add.reduceat(VALUES[letters] * powers(BASE, PIECE)[: len(letters)], firsts)
    hashes = mixed(sums * powers(pow(BASE, -1, 2**64), PIECE)[firsts])
    return hashes, np.diff(np.searchsorted(firsts, text_firsts))


def classes(octets: Octets, starts: Places) -> tuple[Octets, Flags]:
    """Octets of words in lower case, 0 for all others; and where a token begins."""
    lower = LOWER[octets]
    begins = np.empty(len(octets), np.bool_)
    begins[:1] = lower[:1] != 0
    if octets.max(initial=0) < CONTINUED:
        word = lower != 0
        np.greater(word[1:], word[:-1], out=begins[1:])
    else:
        alone = kinds(octets, lower)
        kind = (lower != 0) + alone.view(np.uint8)  # 0 separates, 1 of a word, 2 alone
        begins[1:] = (kind[1:] != kind[:-1]) & (kind[1:] != 0)
        begins |= alone & (octets >= LEAD)
    inside = starts[starts < len(octets)]
    begins[inside] = lower[inside] != 0
    return lower, begins


def kinds(octets: Octets, lower: Octets) -> Flags:
    """Makes signs separate in `lower`; the octets of characters that are tokens alone."""
    for lead in SIGNS_OF_TWO:
        blank(lower, np.flatnonzero(octets == lead), 2)
    for lead in SIGNS_OF_THREE:
        blank(lower, np.flatnonzero(octets == lead), 3)
    alone = np.zeros(len(octets), np.bool_)
    leads = np.flatnonzero((octets >= LEAD_OF_THREE) & (lower != 0))
    for place in range(3):
        alone[leads + place] = True
    alone[leads[octets[leads] >= LEAD_OF_FOUR] + 3] = True
    return alone


def blank(lower: Octets, leads: Places, length: int) -> None:
    """Makes characters of so many octets separate."""
    for place in range(length):
        lower[leads + place] = 0


def with_long_runs_split(firsts: Places, letters: Octets) -> Places:
    """Where tokens begin, when every character of a run that is too long is a token."""
    lengths = np.diff(firsts, append=len(letters))
    long = lengths > LONGEST_WORD
    if not long.any():
        return firsts
    begins = np.repeat(long, lengths) & ((letters & 0xC0) != CONTINUED)
    begins[firsts] = True
    return np.flatnonzero(begins)


# --- from tokens to shingles ----------------------------------------------------------------------


def token_shingles(tokens: Hashes, counts: Places, size: int) -> tuple[Hashes, Places]:
    """The hashes of all runs of `size` tokens inside each text, and how many each text has.

    A text with fewer tokens, but not without any, has one.
    """
    gap = size - 1
    total = len(tokens) + gap * len(counts)
    # Behind each text lie as many zeros as keep its tokens and the next one's apart.
    padded = np.zeros(total, np.uint64)
    ends = np.cumsum(counts + gap)
    padded[places_in(ends - counts - gap, counts)] = tokens
    factors = powers(BASE, size)
    sums = padded[: max(0, total - gap)].copy()
    for place in range(1, size):
        sums += padded[place : place + len(sums)] * factors[place]
    held = np.where(counts > 0, np.maximum(1, counts - gap), 0)
    return mixed(sums[places_in(ends - counts - gap, held)]), held


def places_in(firsts: Places, counts: Places) -> Places:
    """`firsts[i], firsts[i] + 1, …`, `counts[i]` of them, for every i."""
    shift = firsts - (np.cumsum(counts) - counts)
    return np.repeat(shift, counts) + np.arange(int(counts.sum()))


# --- texts of any length --------------------------------------------------------------------------


def batches(starts: Places) -> Iterator[tuple[int, int]]:
    """Ranges of texts that fit in a piece together; a longer text is alone in its range."""
    first = 0
    while first < len(starts) - 1:
        last = int(np.searchsorted(starts, starts[first] + PIECE, side="right")) - 1
        last = max(last, first + 1)
        yield first, last
        first = last


def long_shingles(octets: Octets, size: int) -> Iterator[Hashes]:
    """The hashes of all shingles of one text of any length, a piece at a time."""
    kept, some = np.empty(0, np.uint64), False
    for piece in pieces(octets):
        tokens, _ = token_hashes(piece, np.array([0, len(piece)]))
        tokens = np.concatenate([kept, tokens])
        if len(tokens) >= size:
            some = True
            yield token_shingles(tokens, np.array([len(tokens)]), size)[0]
        kept = tokens[len(tokens) - min(len(tokens), size - 1) :]
    if not some:
        yield token_shingles(kept, np.array([len(kept)]), size)[0]


def pieces(octets: Octets) -> Iterator[Octets]:
    """A text in pieces of at most `PIECE` octets that end between tokens where that can be."""
    first = 0
    while len(octets) - first > PIECE:
        end = first + PIECE
        separators = np.flatnonzero(LOWER[octets[end - LOOK_BACK : end]] == 0)
        if len(separators):
            end += int(separators[-1]) + 1 - LOOK_BACK
        else:
            while octets[end] & 0xC0 == CONTINUED:
                end -= 1
        yield octets[first:end]
        first = end
    yield octets[first:]
