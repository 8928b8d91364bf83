"""Signatures: `SLOTS` numbers for a set of shingles, each equal in two with the chance of Jaccard.

One pass hashes each shingle into one slot, which keeps its smallest (one permutation hashing, Li,
Owen and Zhang 2012, arXiv:1208.1259). A slot that stays empty, as most do for a short text, takes
the smallest of all shingles under a hash function of its own, as in classic MinHash; so every slot
is the first shingle in a random order that is the same for all texts, and its estimate is unbiased
whatever the number of shingles. Dahlgaard, Knudsen and Thorup 2017 (arXiv:1704.04370) fill in more
rounds, for less work at a size that texts do not have.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from curate.dedup.words import (
    PIECE,
    Hashes,
    Octets,
    Places,
    batches,
    long_shingles,
    mixed,
    token_hashes,
    token_shingles,
)

Signatures = npt.NDArray[np.uint32]

SLOTS = 128
SLOT_SHIFT = np.uint64(64 - 7)
EMPTY = np.uint32(2**32 - 1)
HALF = np.uint64(32)
LOW = np.uint64(2**32 - 1)
FACTORS = mixed(np.arange(1, SLOTS + 1, dtype=np.uint64)) | np.uint64(1)
TERMS = mixed(np.arange(SLOTS + 1, 2 * SLOTS + 1, dtype=np.uint64))
"""The hash function of each slot: the upper half of `factor · x + term` modulo 2^64."""


def word_signatures(octets: Octets, starts: Places, size: int) -> tuple[Signatures, Places]:
    """Signatures of texts that lie one after the other, and how many shingles each has.

    `starts` has the first octet of each text and, at last, the length of all. Beside the text, so
    much is held as one piece needs, however long the texts are.
    """
    found = np.full((len(starts) - 1, SLOTS), EMPTY, np.uint32)
    counts = np.zeros(len(starts) - 1, np.int64)
    for first, last in batches(starts):
        own = octets[starts[first] : starts[last]]
        if len(own) > PIECE:
            found[first], counts[first] = long_signature(long_shingles(own, size))
        else:
            tokens = token_hashes(own, starts[first : last + 1] - starts[first])
            hashes, held = token_shingles(*tokens, size)
            found[first:last], counts[first:last] = signatures(hashes, held), held
    return found, counts


def signatures(hashes: Hashes, counts: Places) -> Signatures:
    """The signature of every text whose shingles have these hashes, so many for each."""
    found = np.full((len(counts), SLOTS), EMPTY, np.uint32)
    lines = np.repeat(np.arange(len(counts)) * SLOTS, counts)
    put(found.reshape(-1), lines, hashes)
    ends = np.cumsum(counts)
    for line in np.flatnonzero((found == EMPTY).any(axis=1) & (counts > 0)):
        fill(found[line], np.unique(hashes[ends[line] - counts[line] : ends[line]]))
    return found


def put(slots: Signatures, lines: Places | int, hashes: Hashes) -> None:
    """Lets each shingle into its slot, counted from the first one of its line."""
    places = lines + (hashes >> SLOT_SHIFT).astype(np.int64)
    np.minimum.at(slots, places, (hashes & LOW).astype(np.uint32))


def fill(signature: Signatures, distinct: Hashes) -> None:
    """Gives each empty slot the smallest shingle under its own hash function."""
    empty = signature == EMPTY
    values = (distinct[:, None] * FACTORS[empty] + TERMS[empty]) >> HALF
    signature[empty] = values.min(axis=0)


def long_signature(shingles: Iterator[Hashes]) -> tuple[Signatures, int]:
    """The signature of one text, whose shingles come piece by piece, and their number."""
    found, count = np.full(SLOTS, EMPTY, np.uint32), 0
    distinct = np.empty(0, np.uint64)
    for hashes in shingles:
        put(found, 0, hashes)
        count += len(hashes)
        if (found == EMPTY).any():  # so the shingles that differ are few: they fill it in the end
            distinct = np.unique(np.concatenate([distinct, hashes]))
    if count and (found == EMPTY).any():
        fill(found, distinct)
    return found, count
