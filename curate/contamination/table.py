"""Hashes of many n-grams, and where each of them comes from: asked for a million at a time."""

from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np

from curate.contamination.tokens import Hashes, Octets, Places, mixed, room

BITS_PER_KEY = 32
"""So few of the hashes that are not there need a search: 3 %."""
MOST = 32
"""A gram that more items have stands for the first so many of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Sorted keys, each with a run of entries."""

    keys: Hashes
    first: Places
    """Where the entries of each key begin, in `order`; one more at the end."""
    order: Places
    """The entries, as places in what the table was made of."""
    bits: Octets
    """Bit maps of the highest bits of the keys."""
    shift: np.uint64

    @classmethod
    def of(cls, hashes: Hashes) -> Self:
        """The table of these hashes."""
        order = np.argsort(hashes, kind="stable")
        keys, first = np.unique(hashes[order], return_index=True)
        width = min(30, max(16, int(len(keys) * BITS_PER_KEY).bit_length()))
        shift = np.uint64(64 - width)
        bits = np.zeros(2 ** (width - 3), np.uint8)
        high = keys >> shift
        np.bitwise_or.at(bits, (high >> np.uint64(3)).astype(np.int64), bit_of(high))
        return cls(
            keys=keys, first=np.append(first, len(order)), order=order, bits=bits, shift=shift
        )

    def find(self, hashes: Hashes) -> tuple[Places, Places]:
        """(Place among the hashes, entry) of all that are there, at most `MOST` for each."""
        high = hashes >> self.shift
        likely = np.flatnonzero(self.bits[(high >> np.uint64(3)).view(np.int64)] & bit_of(high))
        if not len(likely) or not len(self.keys):
            return (none := np.zeros(0, np.int64)), none
        key = np.minimum(np.searchsorted(self.keys, hashes[likely]), len(self.keys) - 1)
        true = self.keys[key] == hashes[likely]
        likely, key = likely[true], key[true]
        counts = np.minimum(self.first[key + 1] - self.first[key], MOST)
        before = np.cumsum(counts) - counts
        entries = np.arange(counts.sum()) + np.repeat(self.first[key] - before, counts)
        return np.repeat(likely, counts), self.order[entries]


def bit_of(high: Hashes) -> Octets:
    """The bit of each in its byte."""
    return np.left_shift(np.uint8(1), (high & np.uint64(7)).astype(np.uint8))


def prefix_sums(hashes: Hashes) -> Hashes:
    """Sums of hash · baseᵖˡᵃᶜᵉ before each place, for `window`."""
    sums = np.zeros(len(hashes) + 1, np.uint64)
    np.cumsum(hashes * _powers(room(len(hashes)), _BASE)[: len(hashes)], out=sums[1:])
    return sums


def window(sums: Hashes, firsts: Places, stops: Places) -> Hashes:
    """The hash of each run from a first to one past a last place, of any length."""
    return mixed((sums[stops] - sums[firsts]) * _powers(room(len(sums)), _INVERSE)[firsts])


@cache
def _powers(length: int, base: int) -> Hashes:
    found = np.full(length, base, np.uint64)
    found[0] = 1
    return np.multiply.accumulate(found)


_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 2**64)


@cache
def _factors(size: int) -> list[np.uint64]:
    draw = np.random.Generator(np.random.PCG64(size))
    return [np.uint64(2 * value + 1) for value in draw.integers(0, 2**63 - 1, size).tolist()]


def grams(hashes: Hashes, size: int) -> Hashes:
    """The hash of every run of so many, by where it begins."""
    count = max(0, len(hashes) - size + 1)
    found = np.zeros(count, np.uint64)
    for place, factor in enumerate(_factors(size)):
        found += hashes[place : place + count] * factor
    return mixed(found)
