"""Locality-sensitive hashing: which pairs are worth a closer look, and how many are missed.

Two texts are looked at when all `rows` slots of one of the `bands` agree, which happens with the
chance 1 - (1 - s^rows)^bands at the similarity s (Indyk and Motwani 1998; Leskovec, Rajaraman and
Ullman, Mining of Massive Datasets, section 3.4).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.dedup.minhash import SLOTS, Signatures
from curate.dedup.words import Hashes, Places, mixed, powers

Pairs = npt.NDArray[np.int64]
"""Shape (pairs, 2): rows of texts, the lower one first."""

WANTED = 0.99
"""The chance to be looked at that a pair at the threshold has at least."""
NEIGHBOURS = 16
"""In a band each text is paired with so many before it that agree; the rest is linked through them
and through the other bands."""
EXHAUSTIVE = 64
"""Rollouts of one problem, up to which each is compared with each."""
AT_ONCE = 2**14
"""Pairs whose signatures are held together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """How the slots of a signature are cut into bands."""

    bands: int
    rows: int

    def detection(self, similarity: float) -> float:
        """Chance in [0, 1] that a pair of this similarity is looked at."""
        return float(1 - (1 - similarity**self.rows) ** self.bands)

    @property
    def midpoint(self) -> float:
        """The similarity whose pairs are looked at in half of the cases."""
        return float((1 - 0.5 ** (1 / self.bands)) ** (1 / self.rows))

    def keys(self, signatures: Signatures) -> Iterator[Hashes]:
        """For each band, a key for every signature: equal where the band is."""
        factors = powers(int(mixed(np.array([self.rows], np.uint64))[0]) | 1, self.rows)
        for band in range(self.bands):
            slots = signatures[:, band * self.rows : (band + 1) * self.rows]
            yield mixed(slots.astype(np.uint64) @ factors)


def bands_for(threshold: float) -> Bands:
    """The widest bands that a pair at the threshold passes with the chance `WANTED`.

    Wider bands let fewer pairs below the threshold through, which cost time and are then refused.
    """
    for rows in range(SLOTS, 1, -1):
        found = Bands(bands=SLOTS // rows, rows=rows)
        if found.detection(threshold) >= WANTED:
            return found
    return Bands(bands=SLOTS, rows=1)


def candidates(
    signatures: Signatures, rows: Places, groups: Hashes, bands: Bands, floor: float
) -> Pairs:
    """Pairs of these rows that agree in a band, and in at least the share `floor` of all slots.

    Only rows whose number in `groups` is the same are compared. Every pair once, in order. Memory:
    about 100 octets for each signature besides itself, and 16 for each pair.
    """
    found, own = np.empty(0, np.uint64), mixed(groups + np.uint64(1))
    for keys in bands.keys(signatures):
        alike = similar(signatures, rows[agreeing(keys[rows] ^ own[rows])], floor)
        found = np.union1d(found, packed(alike))
    return unpacked(found)


def candidates_within(
    signatures: Signatures, rows: Places, groups: Places, bands: Bands, floor: float
) -> Pairs:
    """Pairs of these rows that are of the same group and agree in the share `floor` of all slots.

    In a group of up to `EXHAUSTIVE` rows every pair is looked at; in a larger one those that agree
    in a band.
    """
    order = rows[np.argsort(groups[rows], kind="stable")]
    _, place, height = np.unique(groups[order], return_inverse=True, return_counts=True)
    small = height[place] <= EXHAUSTIVE
    found = np.concatenate(
        [
            packed(similar(signatures, pairs, floor))
            for pairs in all_within(order[small], place[small])
        ]
    )
    large = np.sort(order[~small])
    if len(large):
        banded = candidates(signatures, large, groups.astype(np.uint64), bands, floor)
        found = np.concatenate([found, packed(banded)])
    return unpacked(np.unique(found))


def all_within(rows: Places, groups: Places) -> Iterator[Pairs]:
    """All pairs of rows of the same group, some at a time; rows of a group lie together."""
    for step in range(1, EXHAUSTIVE):
        same = np.flatnonzero(groups[step:] == groups[:-step])
        yield np.stack([rows[same], rows[same + step]], axis=1)


def agreeing(keys: Hashes) -> Pairs:
    """Pairs of places with the same key, each with at most `NEIGHBOURS` before it."""
    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    pairs = [np.empty((0, 2), np.int64)]
    for step in range(1, NEIGHBOURS + 1):
        same = np.flatnonzero(ranked[step:] == ranked[:-step])
        if not len(same):
            break
        pairs.append(np.stack([order[same], order[same + step]], axis=1))
    return np.concatenate(pairs)


def similar(signatures: Signatures, pairs: Pairs, floor: float) -> Pairs:
    """Those of the pairs whose signatures agree in at least this share of their slots."""
    return pairs[estimates(signatures, pairs) >= floor]


def estimates(signatures: Signatures, pairs: Pairs) -> npt.NDArray[np.float64]:
    """Estimated similarity in [0, 1] of each pair; its variance is J (1 - J) / `SLOTS`."""
    some = (pairs[first : first + AT_ONCE] for first in range(0, len(pairs), AT_ONCE))
    found = [
        (signatures[pair[:, 0]] == signatures[pair[:, 1]]).mean(axis=1, dtype=np.float64)
        for pair in some
    ]
    return np.concatenate([np.empty(0), *found])


def margin(threshold: float) -> float:
    """Four standard errors of an estimate at the threshold: a pair that far below is not one."""
    return float(4 * np.sqrt(threshold * (1 - threshold) / SLOTS))


def packed(pairs: Pairs) -> Hashes:
    """Each pair as one number."""
    wide = pairs.astype(np.uint64)
    return (wide[:, 0] << np.uint64(32)) | wide[:, 1]


def unpacked(pairs: Hashes) -> Pairs:
    """The pairs that these numbers stand for."""
    both = np.stack([pairs >> np.uint64(32), pairs & np.uint64(2**32 - 1)], axis=1)
    return both.astype(np.int64)
