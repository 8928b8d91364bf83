"""What belongs together: connected components over pairs, and the one of each that stays."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from curate.dedup.bands import Pairs
from curate.dedup.words import Places

Scores = npt.NDArray[np.float64]


def components(count: int, pairs: Pairs) -> Places:
    """For each of so many rows the lowest row that it is linked to, by any number of pairs."""
    label = np.arange(count)
    left, right = pairs[:, 0], pairs[:, 1]
    while (apart := label[left] != label[right]).any():
        left, right = left[apart], right[apart]
        low, high = np.minimum(label[left], label[right]), np.maximum(label[left], label[right])
        np.minimum.at(label, high, low)
        while (label[label] != label).any():
            label = label[label]
    return label


def verified(
    count: int,
    known: Pairs,
    candidates: Pairs,
    similarity: Callable[[int, int], float],
    threshold: float,
) -> Pairs:
    """The known pairs, and those candidates that are at least so similar.

    A candidate whose two rows are linked already is not looked at: it would link nothing. So the
    work grows with the rows, not with the pairs of a large cluster.
    """
    root = components(count, known)

    def top(row: int) -> int:
        while root[row] != row:
            root[row] = root[root[row]]
            row = int(root[row])
        return row

    found = []
    for left, right in candidates.tolist():
        low, high = sorted((top(left), top(right)))
        if low != high and similarity(left, right) >= threshold:
            root[high] = low
            found.append((left, right))
    return np.concatenate([known, np.array(found, np.int64).reshape(-1, 2)])


def linked_to_first(keys: tuple[npt.NDArray[np.generic], ...], rows: Places) -> Pairs:
    """Pairs of the first row of each group of rows with equal keys, and every other one of it."""
    order = rows[np.lexsort([rows, *(key[rows] for key in keys)])]
    same = np.ones(max(0, len(order) - 1), np.bool_)
    for key in keys:
        same &= key[order[1:]] == key[order[:-1]]
    begins = np.concatenate([[True], ~same])[: len(order)]
    firsts = order[begins][np.cumsum(begins) - 1]
    others = ~begins
    return np.stack([firsts[others], order[others]], axis=1)


def survivors(label: Places, order: Places) -> Places:
    """For each row the row of its component that stays: the one that comes first in `order`."""
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    best = np.full(len(label), len(order), np.int64)
    np.minimum.at(best, label, rank)
    return order[best[label]]
