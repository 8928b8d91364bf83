"""The part of a score that goes with the length of a trace, and the score without it.

The trend is the mean score of traces of about the same length: the pool is cut into bins of equal
size by its log tokens, each bin is a knot at its mean log tokens and mean score, and between the
knots the trend is straight; beyond the first and the last it is level. It is robust without being
told to: a score is bounded, so is what one trace does to the mean of its bin, and an extreme length
only makes its trace one of the last bin. Means, not medians, since most of what quality says of
length is in the few bad traces of a bin, which a median does not see.

The same traces give the same trend, bit for bit, in any order and in any parts.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Mean score against log tokens."""

    knots: tuple[float, ...]
    """Log tokens, rising."""
    scores: tuple[float, ...]
    """Mean score at each knot."""
    mean: float
    """Mean score of all traces."""

    @property
    def config(self) -> dict[str, Any]:
        """What JSON can hold."""
        return {"knots": [*self.knots], "scores": [*self.scores], "mean": self.mean}


LEVEL = Trend(knots=(), scores=(), mean=0.0)
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
    pieces = [
        (lengths[first:stop].mean(), scores[first:stop].mean())
        for first, stop in pairwise([0, *places.tolist(), len(lengths)])
        if first < stop
    ]
    knots, means = zip(*pieces, strict=True)
    return Trend(
        knots=tuple(map(rounded, knots)),
        scores=tuple(map(rounded, means)),
        mean=rounded(scores.mean()),
    )


def rounded(number: float) -> float:
    """To nine digits after the point, which no other machine writes otherwise."""
    return round(float(number), 9)


def adjustment(trend: Trend) -> pl.Expr:
    """What the length adds to a score: mean of the pool less mean at this length.

    A broken line as a sum of hinges, so that it is one expression.
    """
    if len(trend.knots) < 2:
        return pl.lit(0.0)
    x = log_tokens()
    line = pl.lit(trend.scores[0])
    before = 0.0
    for knot, slope in zip(trend.knots, [*slopes(trend), 0.0], strict=True):
        line = line + (slope - before) * (x - knot).clip(lower_bound=0.0)
        before = slope
    return trend.mean - line


def slopes(trend: Trend) -> list[float]:
    """Slopes between the knots."""
    points = zip(trend.knots, trend.scores, strict=True)
    return [(d - b) / (c - a) for (a, b), (c, d) in pairwise(points)]


def spearman(left: Sequence[float] | pl.Series, right: Sequence[float] | pl.Series) -> float | None:
    """Rank correlation in [-1, 1], ties in the middle; None where one of them does not vary."""
    frame = pl.DataFrame({"left": left, "right": right}).drop_nulls()
    ranks = frame.select(pl.all().rank("average"))
    if frame.height < 2 or any(ranks[name].n_unique() < 2 for name in ranks.columns):
        return None
    return float(np.corrcoef(ranks["left"].to_numpy(), ranks["right"].to_numpy())[0, 1])
