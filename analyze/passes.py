"""pass@k of every item and run as a measure of its own, from rows of single samples."""

from math import comb

import polars as pl

from curate.errors import InputError

RUN = ("arm", "base", "seed", "mix_seed", "step", "suite", "domain", "item", "cluster", "mode")


def with_pass_at_k(table: pl.DataFrame, k: int, correct: float = 0.5) -> pl.DataFrame:
    """One row for each item of each run, with `pass_at_k` in [0, 1].

    The unbiased estimator of Chen et al. 2021 (arXiv:2107.03374, eq. 1) over samples with a score;
    a score above `correct` is right. Null where fewer than k samples were scored.
    """
    if k < 1:
        raise InputError(f"pass@{k}", why="k draws are made, at least one", fix="give k from 1 on")
    keys = [name for name in RUN if name in table.columns]
    counted = table.group_by(keys, maintain_order=True).agg(
        n=pl.col("score").is_not_null().sum(), c=(pl.col("score") > correct).sum()
    )
    found = [chance(n, c, k) for n, c in counted.select("n", "c").iter_rows()]
    return counted.drop("n", "c").with_columns(pl.Series("pass_at_k", found, pl.Float64))


def chance(n: int, c: int, k: int) -> float | None:
    """Chance that one of k samples, of n with c right, is right; None of fewer than k."""
    return 1 - comb(n - c, k) / comb(n, k) if n >= k else None
