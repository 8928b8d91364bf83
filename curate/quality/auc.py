"""How well a score tells correct traces from wrong ones: AUC, overall and within groups.

Within a group, such as a problem, only traces of the same group are compared, so a score that knows
no more than how hard the problem is has 0.5. Ties count a half. The interval is a bootstrap over
the groups, since traces of one problem are no independent evidence.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

DRAWS = 2000
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Auc:
    """Chance in [0, 1] that a correct trace has the higher score of a pair."""

    value: float | None
    """None without a pair."""
    low: float | None
    high: float | None
    """Bootstrap percentiles of 95 %."""
    groups: int
    """Groups with a correct and a wrong trace."""
    pairs: int


def auc(frame: pl.DataFrame, score: str, label: str, group: str | None = None) -> float | None:
    """The AUC of a score for a boolean label, over the pairs within each group; None without any.

    Rows whose score or label is null take no part.
    """
    found = pair_counts(frame, score, label, group)
    wins, pairs = found["wins"].to_numpy().sum(), found["pairs"].to_numpy().sum()
    return float(wins / pairs) if pairs else None


def auc_with_interval(
    frame: pl.DataFrame, score: str, label: str, group: str, seed: int = 0
) -> Auc:
    """The AUC within groups, with an interval from a bootstrap over the groups."""
    found = pair_counts(frame, score, label, group).filter(pl.col("pairs") > 0)
    wins, pairs = found["wins"].to_numpy(), found["pairs"].to_numpy()
    if not len(pairs):
        return Auc(value=None, low=None, high=None, groups=0, pairs=0)
    draws = bootstrap_counts(len(pairs), DRAWS, seed)
    rates = (draws @ wins) / (draws @ pairs)
    low, high = np.quantile(rates, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Auc(
        value=float(wins.sum() / pairs.sum()),
        low=float(low),
        high=float(high),
        groups=len(pairs),
        pairs=int(pairs.sum()),
    )


def bootstrap_counts(
    size: int, draws: int, seed: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """How often each of so many things is in each draw with replacement: (draws, size)."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(size, np.full(size, 1 / size), size=draws).astype(np.float64)


def pair_counts(frame: pl.DataFrame, score: str, label: str, group: str | None) -> pl.DataFrame:
    """For each group its pairs of a correct and a wrong trace, and in how many the score is right.

    By the ranks of the correct ones (Mann and Whitney 1947), so it takes n log n.
    """
    known = frame.select(
        score=pl.col(score).cast(pl.Float64),
        label=pl.col(label),
        group=pl.col(group) if group else pl.lit(0),
    ).drop_nulls(["score", "label"])
    right = pl.col("label").sum().cast(pl.Float64)
    pairs = right * (pl.len() - right)
    ranks = pl.col("rank").filter("label").sum()
    return (
        known.with_columns(rank=pl.col("score").rank("average").over("group"))
        .group_by("group", maintain_order=True)
        .agg(pairs=pairs, wins=ranks - right * (right + 1) / 2)
    )
