"""The part of a score that goes with the length of a trace, and the score without it.

The pool is cut into bins of equal size by its log tokens. The traces of a bin are shifted until one
of them has an even chance of the higher score against a trace of the pool: by the median of the
differences of all pairs, the estimate of Hodges and Lehmann (1963), here over 101 quantiles of each
side. The shift is that of its bin at the bin's mean log tokens, straight in between, and level
beyond the first and the last.

Why this and not a line or means: scores come in lumps, since most traces have nothing wrong and a
few have much. Means move the many for the sake of the few, and then it is the many whose rank goes
with the length (rank correlation +0.25 on the GSM8K solutions of docs/quality.md); a line does not
bend. No trace counts for more than its rank, so there is nothing to protect from outliers. The same
traces give the same shifts, bit for bit, in any order and in any parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 20
BIN_TRACES = 30
"""Fewest traces of a bin; a pool with less than two bins of them has no trend."""
QUANTILES = 101


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """What to add to a score at each length."""

    knots: tuple[float, ...]
    """Log tokens, rising."""
    shifts: tuple[float, ...]
    """What is added at each knot, in the units of the score."""

    @property
    def config(self) -> dict[str, Any]:
        """What JSON can hold."""
        return {"knots": [*self.knots], "shifts": [*self.shifts]}


LEVEL = Trend(knots=(), shifts=())
"""The trend of a pool that is too small for one."""


def log_tokens() -> pl.Expr:
    """Natural logarithm of the tokens, of one more so that an empty response has one."""
    return pl.col("tokens").cast(pl.Float64).log1p()


def fit_trend(lengths: Floats, scores: Floats) -> Trend:
    """The trend of scores over lengths (log tokens), without nulls."""
    order = np.lexsort((scores, lengths))
    lengths, scores = lengths[order], scores[order]
    bins = min(BINS, len(lengths) // BIN_TRACES)
    if bins < 2:
        return LEVEL
    # Equal lengths stay together, or a bin would hold the worse half of them.
    edges = np.unique(lengths[np.arange(1, bins) * len(lengths) // bins])
    places = np.searchsorted(lengths, edges, side="left")
    pool = quantiles(np.sort(scores))
    pieces = [
        (rounded(lengths[first:stop].mean()), rounded(shift(np.sort(scores[first:stop]), pool)))
        for first, stop in pairwise([0, *places.tolist(), len(lengths)])
        if first < stop
    ]
    knots, shifts = zip(*pieces, strict=True)
    return Trend(knots=knots, shifts=shifts)


def shift(scores: Floats, pool: Floats) -> float:
    """What makes the scores as high as those of the pool: Hodges and Lehmann's estimate.

    The scores are sorted; of the pool there are the quantiles.
    """
    return float(np.median(np.subtract.outer(pool, quantiles(scores))))


def quantiles(scores: Floats) -> Floats:
    """Scores at evenly spaced ranks, of sorted ones."""
    ranks = (np.arange(QUANTILES) + 0.5) / QUANTILES
    return scores[(ranks * len(scores)).astype(np.int64)]


def rounded(number: float) -> float:
    """To nine digits after the point, which no other machine writes otherwise."""
    return round(float(number), 9)


def adjustment(trend: Trend) -> pl.Expr:
    """What is added to a score for its length: a broken line, as a sum of hinges."""
    if len(trend.knots) < 2:
        return pl.lit(0.0)
    x = log_tokens()
    line = pl.lit(trend.shifts[0])
    before = 0.0
    for knot, slope in zip(trend.knots, [*slopes(trend), 0.0], strict=True):
        line = line + (slope - before) * (x - knot).clip(lower_bound=0.0)
        before = slope
    return line


def slopes(trend: Trend) -> list[float]:
    """Slopes between the knots."""
    points = zip(trend.knots, trend.shifts, strict=True)
    return [(d - b) / (c - a) for (a, b), (c, d) in pairwise(points)]


def spearman(left: Sequence[float] | pl.Series, right: Sequence[float] | pl.Series) -> float | None:
    """Rank correlation in [-1, 1], ties in the middle; None where one of them does not vary."""
    frame = pl.DataFrame({"left": left, "right": right}).drop_nulls()
    ranks = frame.select(pl.all().rank("average"))
    if frame.height < 2 or any(ranks[name].n_unique() < 2 for name in ranks.columns):
        return None
    return float(np.corrcoef(ranks["left"].to_numpy(), ranks["right"].to_numpy())[0, 1])
