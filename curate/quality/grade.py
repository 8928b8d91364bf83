"""The columns of the `quality` group: quality, its grade, and why.

    quality      0.83             without the part that goes with the length
    quality_raw  0.79             with it
    grade        "A"              of `quality`, see `GRADES`
    quality_why  "complete +0.2, hedges -0.2, length +0.2"

All are null where a trace could not be scored.
"""

from collections.abc import Sequence

import polars as pl

from curate.quality.combine import in_order, is_scored, logistic
from curate.quality.length import Trend, adjustment

GRADES: tuple[tuple[str, float], ...] = (("A", 0.8), ("B", 0.6), ("C", 0.4), ("D", 0.2), ("E", 0.0))
"""Each grade and the least quality that has it."""
WHY_AT_MOST = 3
"""Contributions that `quality_why` names."""
WHY_AT_LEAST = 0.05
"""Points of log-odds that are worth a word."""
NOTHING = "nothing unusual"
LENGTH = "length"

Words = tuple[str, str, str]
"""Column with points of log-odds, its words where it takes away, and where it adds."""


def graded(
    frame: pl.DataFrame,
    parts: Sequence[pl.Expr],
    words: Sequence[Words],
    trend: Trend,
    intercept: float = 0.0,
) -> pl.DataFrame:
    """The columns of the `quality` group for rows of the `score` group.

    `parts` are named expressions of points of log-odds, which `words` calls by their names.
    """
    length = pl.when(is_scored()).then(adjustment(trend)).fill_null(0.0).alias(LENGTH)
    scored = frame.select(is_scored().alias("scored"), *parts, length)
    raw = intercept + in_order(pl.col(name) for name, _, _ in words)
    return (
        scored.with_columns(raw=raw)
        .select(
            "scored",
            quality=logistic(pl.col("raw") + pl.col(LENGTH)),
            quality_raw=logistic(pl.col("raw")),
            quality_why=why([*words, (LENGTH, LENGTH, LENGTH)]),
        )
        .with_columns(grade=grade(pl.col("quality")))
        .select(
            pl.when("scored").then(name).alias(name)
            for name in ("quality", "quality_raw", "grade", "quality_why")
        )
    )


def grade(quality: pl.Expr) -> pl.Expr:
    """`A` to `E`; null of null."""
    found = pl.when(quality.is_not_null()).then(pl.lit(GRADES[-1][0]))
    return pl.coalesce(
        *(pl.when(quality >= least).then(pl.lit(name)) for name, least in GRADES[:-1]), found
    )


def why(words: Sequence[Words]) -> pl.Expr:
    """The largest contributions in words, the largest first: `loops -1.8, complete +0.2`."""
    said = [
        pl.struct(
            size=pl.col(name).abs(),
            text=pl.format(
                "{} {}{}",
                pl.when(pl.col(name) < 0).then(pl.lit(takes)).otherwise(pl.lit(adds)),
                pl.when(pl.col(name) < 0).then(pl.lit("-")).otherwise(pl.lit("+")),
                pl.col(name).abs().round(1).cast(pl.String),
            ),
        )
        for name, takes, adds in words
    ]
    size = pl.element().struct.field("size")
    largest = pl.concat_list(said).list.eval(
        pl.element()
        .filter(size >= WHY_AT_LEAST)
        .sort_by(size.filter(size >= WHY_AT_LEAST), descending=True, maintain_order=True)
        .head(WHY_AT_MOST)
        .struct.field("text")
    )
    text = largest.list.join(", ")
    return pl.when(text == "").then(pl.lit(NOTHING)).otherwise(text)
