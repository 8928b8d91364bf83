"""The `quality` group: quality and grade of every trace, from the `score` group alone.

Two phases: the compact keys of all parts (log tokens and points) give the trend of the pool, and
then each part has its columns. The trend, and the fitted model where there is one, are the config
of the stage: `pool.json` says what every quality was made by, and a new fit redoes this group only.
"""

from dataclasses import dataclass
from typing import Any

import polars as pl

from curate.engine import Engine
from curate.groups import GroupTask, make_group
from curate.io import write_table
from curate.pool import Pool
from curate.progress import Progress
from curate.quality.combine import READS, SIGNALS, WEIGHTED, contributions, in_order, is_scored
from curate.quality.fit import fitted_contribution
from curate.quality.grade import GRADES, Words, graded
from curate.quality.length import Trend, fit_trend, log_tokens, spearman
from curate.stage import Stage

QUALITY = "quality"
QUALITY_VERSION = 1
SCORE = "score"
SHOWN = {
    "tokens": pl.Int64(),
    "quality": pl.Float64(),
    "quality_raw": pl.Float64(),
    "grade": pl.String(),
}
DEFAULT = "default"
FITTED = "fitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityAccount:
    """What came of it."""

    traces: int
    grades: dict[str, int]
    """Traces of each grade."""
    unscored: int
    """Traces without signals, which have no quality."""
    length_correlation: float | None
    """Spearman correlation of `quality` with tokens."""
    length_correlation_raw: float | None
    """The same of `quality_raw`."""
    combination: str
    """`default`, or `fitted` to labels."""

    def __str__(self) -> str:
        shares = ", ".join(f"{name} {count:,}" for name, count in self.grades.items())
        return (
            f"{self.traces:,} traces: {shares}, {self.unscored:,} without a quality\n"
            f"rank correlation with length: quality {signed(self.length_correlation)}, "
            f"quality_raw {signed(self.length_correlation_raw)}"
        )


def signed(number: float | None) -> str:
    """A correlation in two digits, or a dash."""
    return "–" if number is None else f"{number:+.2f}"


def quality_pool(
    pool: Pool, engine: Engine, progress: Progress, model: dict[str, Any] | None = None
) -> QualityAccount:
    """Bring the `quality` group up to date with the signals; by a fitted model where one is given.

    Raises:
        PoolError: the pool is in use, or was not scored to the end.
    """
    with pool.lock():
        trend = pool_trend(pool, model)
        stage = quality_stage(model, trend)
        make_group(pool, stage, [SCORE], quality_part, engine, progress, "weighing quality")
        return account_of(pool, model)


def quality_stage(model: dict[str, Any] | None, trend: Trend) -> Stage:
    """What the group is made by."""
    return Stage(
        name=QUALITY,
        version=QUALITY_VERSION,
        config={"combination": combination(model), "model": model, "trend": trend.config},
    )


def combination(model: dict[str, Any] | None) -> str:
    """Which of the two it is."""
    return DEFAULT if model is None else FITTED


def pool_trend(pool: Pool, model: dict[str, Any] | None) -> Trend:
    """How the points of all traces go with their length."""
    total = points_of(model)
    keys = [
        pool.read_part(name, [SCORE], READS)
        .filter(is_scored())
        .select(length=log_tokens(), points=total)
        for name in pool.part_names()
    ]
    found = pl.concat([pl.DataFrame(schema={"length": pl.Float64, "points": pl.Float64}), *keys])
    return fit_trend(found["length"].to_numpy(), found["points"].to_numpy())


def points_of(model: dict[str, Any] | None) -> pl.Expr:
    """Log-odds of `quality_raw`."""
    parts, intercept, _ = parts_of(model)
    return intercept + in_order(parts)


def parts_of(model: dict[str, Any] | None) -> tuple[list[pl.Expr], float, list[Words]]:
    """Contributions, intercept and the words for them."""
    if model is None:
        return contributions(), 0.0, [(signal.name, *signal.words) for signal in WEIGHTED]
    signals = {signal.name: signal for signal in SIGNALS}
    pairs = [(each, signals[each["name"]]) for each in model["coefficients"]]
    parts = [fitted_contribution(each, signal) for each, signal in pairs]
    # The words say what the value is like, and a coefficient may turn what is good of it round.
    words = [
        (signal.name, *(signal.words if each["value"] >= 0 else reversed(signal.words)))
        for each, signal in pairs
    ]
    return parts, model["intercept"], words


def quality_part(task: GroupTask) -> int:
    """Write the group of one part; the number of rows."""
    pool = Pool(task.pool)
    config: Any = task.stage.config
    parts, intercept, words = parts_of(config["model"])
    trend = Trend(
        knots=tuple(config["trend"]["knots"]),
        shifts=tuple(config["trend"]["shifts"]),
    )
    rows = pool.read_part(task.name, [SCORE], READS)
    found = graded(rows, parts, words, trend, intercept)
    table = found.to_arrow(compat_level=pl.CompatLevel.oldest())
    write_table(pool.part(QUALITY, task.name), table, key=task.key)
    return found.height


def account_of(pool: Pool, model: dict[str, Any] | None) -> QualityAccount:
    """The account of a pool whose group is up to date."""
    parts = (pool.read_part(name, [SCORE, QUALITY], [*SHOWN]) for name in pool.part_names())
    rows = pl.concat([pl.DataFrame(schema=SHOWN), *(part.select(*SHOWN) for part in parts)])
    counts = dict(rows["grade"].drop_nulls().value_counts().iter_rows())
    return QualityAccount(
        traces=rows.height,
        grades={name: counts.get(name, 0) for name, _ in GRADES},
        unscored=rows["grade"].null_count(),
        length_correlation=spearman(rows["tokens"], rows["quality"]),
        length_correlation_raw=spearman(rows["tokens"], rows["quality_raw"]),
        combination=combination(model),
    )
