"""How often a signal is higher in the correct one of two traces of the same problem.

Only pairs of a correct and an incorrect trace of one problem count (Mann and Whitney 1947, within
groups), so a signal that knows no more than how hard the problem is has 0.5. Ties count a half. The
interval treats problems, not traces, as independent: the linearized standard error of a ratio of
two sums over problems (Cochran 1977, Sampling Techniques, section 6.3).
"""

from dataclasses import dataclass
from math import sqrt

import polars as pl

NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """A share of pairs in [0, 1] with its interval of 95 %."""

    value: float
    low: float
    high: float
    problems: int
    """Problems with at least one pair."""


def comparable(frame: pl.DataFrame) -> pl.DataFrame:
    """The correct and incorrect traces of problems that have both, with `right`."""
    right = pl.col("verdict") == "correct"
    judged = frame.filter(pl.col("verdict").is_in(["correct", "incorrect"])).with_columns(
        right=right
    )
    return judged.filter(pl.col("right").n_unique().over("problem") == 2)


def within(frame: pl.DataFrame, column: str) -> Within | None:
    """The share for one column of comparable traces; None with fewer than two problems."""
    right = pl.col("right").sum().cast(pl.Float64)
    ranks = pl.col("rank").filter("right").sum()
    found = (
        frame.drop_nulls(column)
        .with_columns(rank=pl.col(column).cast(pl.Float64).rank("average").over("problem"))
        .group_by("problem", maintain_order=True)
        .agg(pairs=right * (pl.len() - right), wins=ranks - right * (right + 1) / 2)
        .filter(pl.col("pairs") > 0)
    )
    pairs, wins = found["pairs"].to_numpy(), found["wins"].to_numpy()
    if len(pairs) < 2:
        return None
    value = float(wins.sum() / pairs.sum())
    spread = float(((wins - value * pairs) ** 2).sum()) * len(pairs) / (len(pairs) - 1)
    error = NORMAL_95 * sqrt(spread) / float(pairs.sum())
    return Within(
        value=value, low=max(value - error, 0), high=min(value + error, 1), problems=len(pairs)
    )
