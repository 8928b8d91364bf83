"""The line of problems: in which order they stand, and into which blocks the arms cut it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from curate.errors import InputError
from curate.mix.design import Design
from curate.mix.solve import Ints

LARGEST = 2500
"""Problems of one linear program: its time grows faster than its size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A block: the piece of the line and the smallest size that holds it."""

    start: float
    stop: float
    size: int
    """Number of the size, from 0, the smallest."""
    share: float
    """Of all problems."""


def stratified_order(stratum: Sequence[str], rng: Generator) -> Ints:
    """An order in which every run of problems holds each stratum in its share, up to one."""
    labels, number = np.unique(np.asarray(stratum, dtype=object).astype(str), return_inverse=True)
    shuffled = rng.permutation(number.size)
    of = number[shuffled]
    rank = np.empty(of.size)
    by_stratum = np.argsort(of, kind="stable")
    counts = np.bincount(of, minlength=labels.size)
    starts = np.cumsum(counts) - counts
    rank[by_stratum] = np.arange(of.size) - np.repeat(starts, counts)
    start = rng.random(labels.size)
    return shuffled[np.lexsort((of, (rank + start[of]) / counts[of]))]


def size_shares(design: Design, total: int) -> list[float]:
    """The shares of all problems that some arm stops at, rising, the last one 1.

    Raises:
        InputError: an arm wants more problems than there are.
    """
    shares = {1.0}
    for arm in design.arms:
        if arm.problems is None:
            continue
        share = arm.problems / total if isinstance(arm.problems, int) else arm.problems
        if not 0 < share <= 1 + 1e-9:
            raise InputError(
                f"the arm `{arm.name}` wants {arm.problems:,} problems",
                why=f"{total:,} problems can be matched",
                fix="ask for fewer, or for a share such as 0.5",
            )
        shares.add(min(1.0, share))
    return sorted(shares)


def places(design: Design, total: int) -> list[Place]:
    """The blocks in the order of the line: size by size, and in each piece by piece."""
    found = []
    shares = [0.0, *size_shares(design, total)]
    for number, (inner, outer) in enumerate(pairwise(shares)):
        for start, stop in pairwise(design.cuts):
            share = (outer - inner) * (stop - start)
            found.append(Place(start=start, stop=stop, size=number, share=share))
    return found


def quotas(blocks: Sequence[Place], total: int) -> list[int]:
    """Problems of each block: rounded so that every prefix of the line is right."""
    ends = np.round(np.cumsum([0.0, *(block.share for block in blocks)]) * total + 1e-9)
    return [int(b - a) for a, b in pairwise(ends.tolist())]


def chunks(count: int) -> list[int]:
    """The sizes of the programs that a block of so many problems is solved in."""
    pieces = max(1, -(-count // LARGEST))
    return [count // pieces + (n < count % pieces) for n in range(pieces)]
