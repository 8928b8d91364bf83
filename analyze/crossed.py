"""Linear models of runs on a design, where every run answers the same items.

score[run, item] = design[run] @ coefficient[item] + run + noise: each item has coefficients of its
own, of which the mean over items is wanted. Its error has two sources, kept apart because they
shrink with different things: the items (more items) and the runs (more seeds).

- items: the coefficients differ between items; clusters of items are summed first (cluster-robust,
  Liang & Zeger 1986, DOI 10.1093/biomet/73.1.13), suites are strata with fixed weights;
- runs: the residual variance of run means, pooled over all arms, less what the items explain.

Degrees of freedom by Satterthwaite. Contrasts of arms, dose slopes, factorial effects, Shapley
values and regressions on strata are all contrasts of such a model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isinf, nan, sqrt

import numpy as np
import numpy.typing as npt

from curate.analyze.panel import Panel
from curate.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Items:
    """How items count: all arrays (item,)."""

    weights: Floats
    """Sum to 1."""
    clusters: Ints
    strata: Ints
    """The suite of each item."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Runs:
    """Scores of runs on items that all of them answered."""

    scores: Floats
    """(run, item), mean over samples and over the checkpoints of a window."""
    arm: Ints
    """(run,): place in `arms`."""
    seed: Ints
    """(run,)"""
    arms: tuple[str, ...]
    items: Items
    dropped: int = 0
    """Items left out because a run has no score for them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """Coefficients with their error, of which every linear combination can be had."""

    names: tuple[str, ...]
    values: Floats
    """(p,)"""
    items: Floats
    """(p, p): covariance of the error from items and samples."""
    runs: Floats
    """(p, p): covariance of the error from runs; 0 where there is but one run of each arm."""
    noise: Floats
    """(p, p): the part of `items` that was taken off the variance between runs."""
    item_df: float
    run_df: float
    """0 where runs cannot be told from arms: intervals then hold for these very runs only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its interval."""

    name: str
    value: float
    se: float
    df: float
    low: float
    high: float
    p: float
    """Two-sided, against 0."""
    level: float
    """Of the interval, such as 0.95."""
    seeds_known: bool
    """Whether the error holds the variation between runs; if not, no claim about training."""

    @property
    def is_shown(self) -> bool:
        """Whether the interval leaves out 0 and knows about runs."""
        return self.seeds_known and (self.low > 0 or self.high < 0)


def even_items(count: int) -> Items:
    """Items of one suite, each its own cluster."""
    return Items(
        weights=np.full(count, 1 / count),
        clusters=np.arange(count),
        strata=np.zeros(count, np.int64),
    )


def runs_of(panel: Panel, window: int = 2, arms: Sequence[str] | None = None) -> Runs:
    """The runs of a panel over its last `window` checkpoints; items that a run lacks are left out.

    A cell that was not run (no score at all) is left out as a run, not as items.
    """
    chosen = panel.arms if arms is None else tuple(arms)
    values = panel.values[[panel.arm(name) for name in chosen]][:, :, -window:].mean(axis=2)
    flat = values.reshape(-1, values.shape[2])
    ran = ~np.isnan(flat).all(axis=1)
    kept = ~np.isnan(flat[ran]).any(axis=0)
    refuse_few_items(int(kept.sum()), len(kept), panel.name)
    arm, seed = np.indices(values.shape[:2]).reshape(2, -1)
    weights = panel.weights[kept]
    return Runs(
        scores=flat[np.ix_(ran, kept)],
        arm=arm[ran],
        seed=np.array(panel.seeds)[seed[ran]],
        arms=chosen,
        items=Items(
            weights=weights / weights.sum(),
            clusters=panel.clusters[kept],
            strata=panel.suite[kept],
        ),
        dropped=int((~kept).sum()),
    )


def refuse_few_items(kept: int, of: int, name: str) -> None:
    """Refuse a table of which most items are missing somewhere."""
    if kept < 2 or kept < of / 2:
        raise InputError(
            f"only {kept} of {of} items of `{name}` have a score in every run",
            why="a paired comparison needs the same items in every run, at least half of them",
            fix="evaluate the missing items, or name the arms that have them",
        )


def even_runs(scores: Floats, arms: Sequence[str] | None = None) -> Runs:
    """Runs from an array (arm, seed, item) without gaps, items alike and unclustered."""
    count, seeds, items = scores.shape
    arm, seed = np.indices((count, seeds)).reshape(2, -1)
    return Runs(
        scores=scores.reshape(-1, items),
        arm=arm,
        seed=seed,
        arms=tuple(arms) if arms is not None else tuple(map(str, range(count))),
        items=even_items(items),
    )


def arm_fit(runs: Runs, pilot: tuple[float, float] | None = None) -> Fit:
    """The mean score of each arm; contrasts of arms are contrasts of it."""
    design = (runs.arm[:, None] == np.arange(len(runs.arms))).astype(np.float64)
    return fit(runs.scores, design, runs.arms, runs.items, pilot=pilot)


def fit(
    scores: Floats,
    design: Floats,
    names: Sequence[str],
    items: Items,
    *,
    pilot: tuple[float, float] | None = None,
) -> Fit:
    """Least squares of runs on `design` (run, p), the same for every item.

    `pilot` is a variance between runs of one arm and its degrees of freedom, from earlier
    runs: used where the residuals have none.
    """
    refuse_singular(design, names)
    solver = np.linalg.pinv(design)  # (p, run)
    of_items = solver @ scores  # (p, item)
    residuals = scores - design @ of_items
    free = design.shape[0] - design.shape[1]
    between, noise = run_variance(residuals, free, items)
    if free == 0 and pilot is not None:
        (between, free), noise = pilot, 0.0
    spread = solver @ solver.T
    return Fit(
        names=tuple(names),
        values=of_items @ items.weights,
        items=item_covariance(of_items, items),
        runs=between * spread,
        noise=noise * spread,
        item_df=item_freedom(items),
        run_df=float(free),
    )


def refuse_singular(design: Floats, names: Sequence[str]) -> None:
    """Refuse a design that cannot tell its columns apart."""
    if (rank := np.linalg.matrix_rank(design)) < design.shape[1]:
        raise InputError(
            f"{design.shape[0]} runs cannot tell {', '.join(names)} apart",
            why=f"the design has rank {rank} and {design.shape[1]} columns",
            fix="leave out a column, or add arms that differ in it alone",
        )


def run_variance(residuals: Floats, free: int, items: Items) -> tuple[float, float]:
    """Variance between runs, less noise, at least 0; and the noise. Both of one run's mean."""
    if free == 0:
        return 0.0, 0.0
    total = float(((residuals @ items.weights) ** 2).sum()) / free
    noise = float(np.trace(item_covariance(residuals, items))) / free
    return max(0.0, total - noise), noise


def item_covariance(values: Floats, items: Items) -> Floats:
    """Covariance (p, p) of weighted means over items of `values` (p, item), by clusters.

    Within each stratum the deviations are summed by cluster; factor G / (G - 1) for G clusters.
    """
    covariance = np.zeros((len(values), len(values)))
    for stratum in np.unique(items.strata):
        here = items.strata == stratum
        weights, clusters = items.weights[here], items.clusters[here]
        centre = values[:, here] @ weights / weights.sum()
        scaled = (values[:, here] - centre[:, None]) * weights
        names, place = np.unique(clusters, return_inverse=True)
        if len(names) > 1:
            sums = scaled if len(names) == here.sum() else cluster_sums(scaled, place, len(names))
            covariance += sums @ sums.T * (len(names) / (len(names) - 1))
    return covariance


def cluster_sums(values: Floats, place: Ints, count: int) -> Floats:
    """Sums (p, cluster) of `values` (p, item)."""
    sums = np.zeros((len(values), count))
    np.add.at(sums.T, place, values.T)
    return sums


def item_freedom(items: Items) -> float:
    """Clusters less strata, at least 1."""
    pairs = np.unique(np.stack((items.strata, items.clusters)), axis=1).shape[1]
    return float(max(1, pairs - len(np.unique(items.strata))))


def estimate(
    fit: Fit, weights: Sequence[float] | Floats, name: str, alpha: float = 0.05
) -> Estimate:
    """The combination `weights @ coefficients` with its interval of level 1 - alpha."""
    w = np.asarray(weights, np.float64)
    items, runs, noise = (float(w @ part @ w) for part in (fit.items, fit.runs, fit.noise))
    df = satterthwaite([(items, fit.item_df), (runs + noise, fit.run_df)], items + runs)
    return interval(name, float(w @ fit.values), sqrt(items + runs), df, alpha, fit.run_df > 0)


def satterthwaite(terms: Sequence[tuple[float, float]], total: float) -> float:
    """Degrees of freedom of a variance `total` from terms with theirs; inf for no variance."""
    below = sum(value**2 / df for value, df in terms if df > 0)
    return total**2 / below if below > 0 and total > 0 else inf


def interval(
    name: str, value: float, se: float, df: float, alpha: float, seeds_known: bool = True
) -> Estimate:
    """An estimate with a t interval."""
    half = t_quantile(1 - alpha / 2, df) * se
    return Estimate(
        name=name, value=value, se=se, df=df, low=value - half, high=value + half,
        p=t_two_sided(value / se, df) if se > 0 else float(value == 0), level=1 - alpha,
        seeds_known=seeds_known,
    )  # fmt: skip


def t_quantile(level: float, df: float) -> float:
    """Quantile of Student's t; of the normal for infinite degrees of freedom."""
    from scipy.special import ndtri, stdtrit

    return float(ndtri(level) if isinf(df) else stdtrit(df, level))


def t_two_sided(t: float, df: float) -> float:
    """Two-sided p of a t statistic."""
    from scipy.special import ndtr, stdtr

    if np.isnan(t):
        return nan
    return float(2 * (ndtr(-abs(t)) if isinf(df) else stdtr(df, -abs(t))))


def covariance(fit: Fit) -> Floats:
    """All of the error (p, p)."""
    total: Floats = fit.items + fit.runs
    return total


def freedom(fit: Fit) -> float:
    """Degrees of freedom of the error as a whole, by its trace; for joint regions and draws."""
    items, runs, noise = (float(np.trace(part)) for part in (fit.items, fit.runs, fit.noise))
    return satterthwaite([(items, fit.item_df), (runs + noise, fit.run_df)], items + runs)
