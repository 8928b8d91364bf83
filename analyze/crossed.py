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
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from curate.analyze.interval import Estimate, interval, satterthwaite
from curate.analyze.panel import Flags, Floats, Ints, Panel
from curate.analyze.runs import refuse_few_clusters, replicates
from curate.analyze.variance import ClusterSums, Moments
from curate.errors import InputError


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
    """(run,): which of its arm's runs; the same number in two arms means seeds in common."""
    arms: tuple[str, ...]
    items: Items
    kept: Ints | None = None
    """(item,): places of the items in the panel; None where there was no panel."""
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


def even_items(count: int) -> Items:
    """Items of one suite, each its own cluster."""
    return Items(
        weights=np.full(count, 1 / count),
        clusters=np.arange(count),
        strata=np.zeros(count, np.int64),
    )


def runs_of(
    panel: Panel, window: int = 2, arms: Sequence[str] | None = None, until: int | None = None
) -> Runs:
    """The runs of a panel over its last `window` checkpoints, or the last up to step `until`.

    Items that a run lacks are left out. Runs on one draw of a mixture are averaged where there are
    several draws, as everywhere.
    """
    chosen = panel.arms if arms is None else tuple(arms)
    steps = [at for at, step in enumerate(panel.steps) if until is None or step <= until]
    values = replicates(panel)[0][[panel.arm(name) for name in chosen]]
    values = values[:, :, steps[-window:]].mean(axis=2)
    flat = values.reshape(-1, values.shape[2])
    ran = ~np.isnan(flat).all(axis=1)
    kept = ~np.isnan(flat[ran]).any(axis=0)
    arm, seed = np.indices(values.shape[:2]).reshape(2, -1)
    return kept_runs(panel, flat[ran], kept, arm[ran], seed[ran], chosen)


def kept_runs(
    panel: Panel, scores: Floats, kept: Flags, arm: Ints, seed: Ints, arms: tuple[str, ...]
) -> Runs:
    """Runs on the items `kept` (item,) of a panel."""
    refuse_few_items(int(kept.sum()), len(kept), panel.name)
    refuse_few_clusters(panel, kept)
    counts = np.bincount(panel.suite[kept], minlength=len(panel.suites))
    return Runs(
        scores=scores[:, kept],
        arm=arm,
        seed=seed,
        arms=arms,
        items=Items(
            weights=(panel.suite_weights / np.maximum(counts, 1))[panel.suite[kept]],
            clusters=np.unique(panel.clusters[kept], return_inverse=True)[1].astype(np.int64),
            strata=panel.suite[kept],
        ),
        kept=np.flatnonzero(kept),
        dropped=int((~kept).sum()),
    )


def changes_of(
    panel: Panel, window: int = 2, arms: Sequence[str] | None = None, until: int | None = None
) -> Runs:
    """The same less the untrained base on each item; items that the base lacks are left out."""
    runs = runs_of(panel, window, arms, until)
    places = np.arange(len(panel.items)) if runs.kept is None else runs.kept
    kept = np.zeros(len(panel.items), np.bool_)
    kept[places[~np.isnan(panel.base[places])]] = True
    scores = np.full((len(runs.scores), len(kept)), np.nan)
    scores[:, places] = runs.scores - panel.base[places]
    return kept_runs(panel, scores, kept, runs.arm, runs.seed, runs.arms)


def refuse_few_items(kept: int, of: int, name: str) -> None:
    """Refuse a table of which most items are missing somewhere."""
    if kept < 2 or kept < of / 2:
        raise InputError(
            f"only {kept} of {of} items of `{name}` have a score in every run",
            why="a paired comparison needs the same items in every run, at least half of them",
            fix="evaluate the missing items, or name the arms that have them",
        )


def moment_fit(found: Moments, window: int = 2) -> Fit:
    """Arm means over the last `window` checkpoints, the runs' variance pooled over all checkpoints.

    More degrees of freedom than `arm_fit`, which sees the window alone.
    """
    steps = len(found.steps)
    window = min(window, steps)
    contrasts = np.zeros((len(found.arms), len(found.means)))
    for place, row in enumerate(contrasts):
        row[1 + place * steps :][:steps][-window:] = 1 / window
    runs = found.run_parts(contrasts)
    return Fit(
        names=found.arms,
        values=contrasts @ np.nan_to_num(found.means),
        items=found.item_parts(contrasts),
        runs=np.diag(runs.seeds),
        noise=np.diag(np.minimum(runs.noise, runs.total)),
        item_df=found.item_df,
        run_df=float(runs.degrees.min()),
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
        item_df=cluster_sums(items).degrees,
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
    """Covariance (p, p) of weighted means over items of `values` (p, item), by clusters."""
    sums = cluster_sums(items)(values)
    covariance: Floats = sums @ sums.T
    return covariance


def cluster_sums(items: Items) -> ClusterSums:
    """What sums deviations by cluster within suites."""
    return ClusterSums.of(weights=items.weights, suite=items.strata, clusters=items.clusters)


def estimate(
    fit: Fit, weights: Sequence[float] | Floats, name: str, alpha: float = 0.05
) -> Estimate:
    """The combination `weights @ coefficients` with its interval of level 1 - alpha."""
    w = np.asarray(weights, np.float64)
    # a variance of nothing may come out a hair below 0
    parts = (fit.items, fit.runs, fit.noise)
    items, runs, noise = (max(0.0, float(w @ part @ w)) for part in parts)
    df = satterthwaite([(items, fit.item_df), (runs + noise, fit.run_df)], items + runs)
    return interval(name, float(w @ fit.values), sqrt(items + runs), df, alpha, fit.run_df > 0)


def covariance(fit: Fit) -> Floats:
    """All of the error (p, p)."""
    total: Floats = fit.items + fit.runs
    return total


def freedom(fit: Fit) -> float:
    """Degrees of freedom of the error as a whole, by its trace; for joint regions and draws."""
    items, runs, noise = (float(np.trace(part)) for part in (fit.items, fit.runs, fit.noise))
    return satterthwaite([(items, fit.item_df), (runs + noise, fit.run_df)], items + runs)


def chosen_arms(fit: Fit, places: Ints) -> Fit:
    """Some of the coefficients, in this order."""
    grid = np.ix_(places, places)
    return replace(
        fit,
        names=tuple(fit.names[place] for place in places),
        values=fit.values[places],
        items=fit.items[grid],
        runs=fit.runs[grid],
        noise=fit.noise[grid],
    )
