"""Group Shapley values: each stratum's share of what all strata together do to the score.

Of k strata (at most six), arms hold subsets: `value[subset]` is the mean score of the arm that
holds exactly these. The Shapley value is a stratum's marginal gain averaged over all orders
(Shapley 1953); it is a weighted sum of arm means, so its error comes from items and runs like that
of any contrast of arms. With additive strata it equals the main effect; the interaction share
says how far from additive they are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, factorial

import numpy as np

from curate.analyze.crossed import Fit, Runs, arm_fit, covariance, estimate
from curate.analyze.interval import Estimate
from curate.analyze.panel import Floats
from curate.errors import InputError

MOST_STRATA = 6
Subset = frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapley:
    """Shares of the strata."""

    shares: tuple[Estimate, ...]
    """One for each stratum; they sum to `total`."""
    total: Estimate
    """All strata less none."""
    interaction_share: float | None
    """Part in [0, 1] of the variation between arms that no sum of strata makes, noise taken
    off; None where the variation is no more than noise."""
    method: str
    """`exact`, or `regression` where some subsets have no arm."""


def shapley(
    runs: Runs, subsets: Sequence[Subset], *, means: Fit | None = None, alpha: float = 0.05
) -> Shapley:
    """Shapley values of the strata in `subsets`, which say what each arm of `runs` holds."""
    strata = sorted(set().union(*subsets))
    refuse_many(strata)
    weights, method = weights_for(strata, subsets)
    means = arm_fit(runs) if means is None else means
    total = np.zeros(len(subsets))
    total[subsets.index(frozenset(strata))] += 1
    total[subsets.index(frozenset())] -= 1
    return Shapley(
        shares=tuple(
            estimate(means, row, name, alpha) for name, row in zip(strata, weights, strict=True)
        ),
        total=estimate(means, total, "all strata", alpha),
        interaction_share=interaction_share(means, strata, subsets),
        method=method,
    )


def refuse_many(strata: Sequence[str]) -> None:
    """Refuse more strata than arms can be run for."""
    if not 1 <= len(strata) <= MOST_STRATA:
        raise InputError(
            f"{len(strata)} strata: {', '.join(strata)}",
            why=f"every subset is an arm, and {2 ** max(len(strata), 1)} arms are not run",
            fix=f"merge strata to at most {MOST_STRATA}, or sample orders with `sampled_shapley`",
        )


def weights_for(strata: Sequence[str], subsets: Sequence[Subset]) -> tuple[Floats, str]:
    """Weights (stratum, arm) of arm means, exact where every subset has an arm."""
    ends = {frozenset(), frozenset(strata)}
    if not ends <= set(subsets):
        raise InputError(
            "the arms lack the one with no stratum or the one with all",
            why="Shapley values share out the difference between the two",
            fix="run both arms",
        )
    if len(set(subsets)) == 2 ** len(strata):
        return exact_weights(strata, subsets), "exact"
    return regression_weights(strata, subsets), "regression"


def exact_weights(strata: Sequence[str], subsets: Sequence[Subset]) -> Floats:
    """Marginal gains weighted by the share of orders in which they come: |S|! (k-|S|-1)! / k!."""
    k = len(strata)
    place = {subset: at for at, subset in enumerate(subsets)}
    weights = np.zeros((k, len(subsets)))
    for row, name in zip(weights, strata, strict=True):
        for subset in place:
            if name not in subset:
                share = factorial(len(subset)) * factorial(k - len(subset) - 1) / factorial(k)
                row[place[subset | {name}]] += share
                row[place[subset]] -= share
    return weights


def regression_weights(strata: Sequence[str], subsets: Sequence[Subset]) -> Floats:
    """Shapley values of the additive game closest to the arms that were run.

    Weighted least squares with the Shapley kernel (k - 1) / (C(k, s) s (k - s)), both ends exact
    (Lundberg & Lee 2017, arXiv:1705.07874, theorem 2; Covert & Lee 2021, arXiv:2012.01536).
    """
    k = len(strata)
    holds = np.array([[name in subset for name in strata] for subset in subsets], np.float64)
    size = holds.sum(axis=1)
    inner = (size > 0) & (size < k)
    kernel = np.array([(k - 1) / (comb(k, int(s)) * s * (k - s)) for s in size[inner]])
    none, whole = np.zeros(len(subsets)), np.zeros(len(subsets))
    none[subsets.index(frozenset())], whole[subsets.index(frozenset(strata))] = 1, 1
    # Rows of `gain` give value(S) - value(none) from arm means, of the arms between the ends.
    gain = np.eye(len(subsets))[inner] - none
    inside = holds[inner]
    normal = (inside * kernel[:, None]).T @ inside
    if np.linalg.matrix_rank(normal) < k:
        raise InputError(
            f"{len(subsets)} arms do not tell {k} strata apart",
            why="some strata always come and go together in the arms that were run",
            fix="run arms that hold one of them without the other",
        )
    inverse = np.linalg.inv(normal)
    free = inverse @ (inside * kernel[:, None]).T @ gain
    ones = np.ones(k)
    short = (whole - none) - ones @ free
    weights: Floats = free + np.outer(inverse @ ones, short) / (ones @ inverse @ ones)
    return weights


def interaction_share(means: Fit, strata: Sequence[str], subsets: Sequence[Subset]) -> float | None:
    """Part of the variation between arms that is no sum of strata, each part less its noise."""
    holds = np.array([[name in subset for name in strata] for subset in subsets], np.float64)
    design = np.column_stack((np.ones(len(subsets)), holds))
    additive = design @ np.linalg.pinv(design)
    centre = np.full_like(additive, 1 / len(subsets))
    rest, main = np.eye(len(subsets)) - additive, additive - centre
    parts = [
        means.values @ part @ means.values - float(np.trace(part @ covariance(means)))
        for part in (main, rest)
    ]
    of_main, of_rest = (max(0.0, float(part)) for part in parts)
    return of_rest / (of_main + of_rest) if of_main + of_rest > 0 else None


# --- by orders, and by resampled seeds ------------------------------------------------------------


def sampled_shapley(
    value: Callable[[Subset], float],
    strata: Sequence[str],
    orders: int,
    rng: np.random.Generator,
) -> Mapping[str, tuple[float, float]]:
    """Shapley values with standard errors from random orders, each used forth and back.

    Antithetic pairs (Mitchell et al. 2022, arXiv:2104.12199); `value` is asked once per subset.
    The error is that of the sampled orders alone.
    """
    known: dict[Subset, float] = {}

    def ask(subset: Subset) -> float:
        if subset not in known:
            known[subset] = value(subset)
        return known[subset]

    pairs = np.zeros((max(2, orders // 2), len(strata)))
    for row in pairs:
        order = rng.permutation(len(strata))
        for one in (order, order[::-1]):
            for at, place in enumerate(one):
                before = frozenset(strata[other] for other in one[:at])
                row[place] += (ask(before | {strata[place]}) - ask(before)) / 2
    means, errors = pairs.mean(axis=0), pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs))
    return {name: (float(m), float(e)) for name, m, e in zip(strata, means, errors, strict=True)}


def seed_bootstrap(
    runs: Runs, weights: Floats, rng: np.random.Generator, *, draws: int = 1000, alpha: float = 0.05
) -> Floats:
    """Percentile intervals (contrast, 2) from runs resampled within arms, and items by cluster.

    To compare with; the intervals of `shapley` are the ones to quote. S runs resampled have only
    (S - 1) / S of their variance, and the noise of items is counted in both resamplings: with few
    seeds two errors that need not cancel.
    """
    clusters, place = np.unique(runs.items.clusters, return_inverse=True)
    members = [np.flatnonzero(runs.arm == arm) for arm in range(len(runs.arms))]
    found = np.empty((draws, len(weights)))
    for row in found:
        chosen = [rng.choice(rows, len(rows)) for rows in members]
        times = np.bincount(
            rng.integers(len(clusters), size=len(clusters)), minlength=len(clusters)
        )
        share = runs.items.weights * times[place]
        means = np.array([runs.scores[rows].mean(axis=0) @ share for rows in chosen]) / share.sum()
        row[:] = weights @ means
    return np.quantile(found, (alpha / 2, 1 - alpha / 2), axis=0).T


def coalitions(strata: Sequence[str]) -> list[Subset]:
    """Every subset, the smaller first."""
    return [frozenset(c) for size in range(len(strata) + 1) for c in combinations(strata, size)]
