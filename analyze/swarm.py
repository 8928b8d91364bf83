"""Scores of many small arms with random mixtures, as a regression on the shares of their strata.

The mixture model without a constant (Scheffé 1958): score = sum of share[k] * worth[k], where
`worth` is what an arm of that stratum alone would score. Shares sum to 1, so a stratum has no
effect by itself, only in place of the others: `effect` is its worth less the mean worth.

A regression of few arms fits noise. The rule here: at least two arms for each column and five
more, or it is refused; R² is of arms that the fit has not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from curate.analyze.crossed import Fit, Runs, estimate, fit
from curate.analyze.interval import Estimate
from curate.analyze.panel import Floats, Ints
from curate.errors import InputError

ARMS_PER_COLUMN = 2
SPARE_ARMS = 5
FOLDS = 10
INFLATED = 10.0
"""A variance inflation from which a column says little (Marquardt 1970)."""
Kind = Literal["least squares", "ridge", "nonnegative"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swarm:
    """What strata are worth, and how far that can be believed."""

    strata: tuple[str, ...]
    worth: tuple[Estimate, ...]
    """Score of an arm of this stratum alone, extrapolated along the mixture model."""
    effects: tuple[Estimate, ...]
    """Worth less the mean worth of all strata."""
    vif: tuple[float, ...]
    """Variance inflation of each stratum's share, the others being free to make room."""
    r2: float
    """Of the arms that were fitted: always too good."""
    r2_held_out: dict[Kind, float]
    """Of held-out arms, by kind of fit; below 0 is worse than the mean."""
    p_pairs: float | None
    """Against no pair of strata doing together more or less than apart; None with too few arms."""
    arms: int
    notes: tuple[str, ...]


def swarm(
    runs: Runs,
    shares: Floats,
    strata: Sequence[str],
    *,
    alpha: float = 0.05,
    rng: np.random.Generator | None = None,
) -> Swarm:
    """The regression of runs on the shares (arm, stratum) of their arms; each row sums to 1."""
    rng = np.random.default_rng(0) if rng is None else rng
    check_shares(shares, len(strata), len(runs.arms))
    refuse_few_arms(len(runs.arms), len(strata), "strata")
    design = shares[runs.arm]
    found = fit(runs.scores, design, tuple(strata), runs.items)
    count = len(strata)
    effects = np.eye(count) - 1 / count
    inflation = tuple(inflations(shares).tolist())
    scores = arm_scores(runs)
    held = held_out(shares, scores, rng)
    return Swarm(
        strata=tuple(strata),
        worth=tuple(
            estimate(found, row, name, alpha)
            for row, name in zip(np.eye(count), strata, strict=True)
        ),
        effects=tuple(
            estimate(found, row, name, alpha) for row, name in zip(effects, strata, strict=True)
        ),
        vif=inflation,
        r2=r_squared(scores, shares @ found.values),
        r2_held_out=held,
        p_pairs=pair_p(shares, scores),
        arms=len(runs.arms),
        notes=notes_on(strata, inflation, held),
    )


def check_shares(shares: Floats, strata: int, arms: int) -> None:
    """Refuse shares that are no mixture."""
    if shares.shape != (arms, strata) or (shares < 0).any():
        raise InputError(
            f"shares of shape {shares.shape} for {arms} arms and {strata} strata",
            why="each arm has one share of 0 or more for each stratum",
            fix="give the shares as the mixture's manifest has them",
        )
    if not np.allclose(shares.sum(axis=1), 1, atol=1e-3):
        raise InputError(
            f"the shares of an arm sum to {shares.sum(axis=1).min():.3f}",
            why="the strata must make up the whole arm, or what is left out is confounded",
            fix="add a stratum for the rest",
        )


def refuse_few_arms(arms: int, columns: int, what: str) -> None:
    """The rule for any regression over arms: two arms for each column, and five more."""
    if arms < (needed := ARMS_PER_COLUMN * columns + SPARE_ARMS):
        raise InputError(
            f"{arms} arms are too few for a regression on {columns} {what}",
            why=f"{columns} columns fit {columns} arms exactly whatever is true; the rule is two "
            f"arms for each column and five more, {needed} here",
            fix="match the arms on the covariates instead, or run a swarm of small arms",
        )


def adjusted_fit(runs: Runs, covariates: Floats, names: Sequence[str], contrast: Floats) -> Fit:
    """Contrast of arms adjusted for arm-level covariates (arm, column), where arms suffice.

    The first coefficient is that of `contrast` (arm,), for example a dose; then the covariates,
    centred; the last is the constant.
    """
    refuse_few_arms(len(runs.arms), covariates.shape[1] + 1, "columns (covariates and contrast)")
    centred = covariates - covariates.mean(axis=0)
    design = np.column_stack((contrast, centred, np.ones(len(contrast))))[runs.arm]
    return fit(runs.scores, design, ("contrast", *names, "constant"), runs.items)


def arm_scores(runs: Runs) -> Floats:
    """Mean score of each arm."""
    means = runs.scores @ runs.items.weights
    counts = np.bincount(runs.arm, minlength=len(runs.arms))
    scores: Floats = np.bincount(runs.arm, means, len(runs.arms)) / counts
    return scores


def inflations(shares: Floats) -> Floats:
    """(stratum,): 1 / (1 - R²) of each share on the others, at best.

    Shares that sum to 1 are collinear by definition. A share can only vary against another one:
    its inflation is that in a model with a constant and without the stratum that it trades
    against most freely, so the smallest over the strata that may be left out.
    """
    count = shares.shape[1]
    if count < 3:
        return np.ones(count)
    found = np.full((count, count), np.inf)
    for left in range(count):
        kept = [k for k in range(count) if k != left]
        correlation = np.corrcoef(shares[:, kept].T)
        found[left, kept] = np.diag(np.linalg.pinv(correlation))
    smallest: Floats = np.min(found, axis=0)
    return smallest


# --- fits and their prediction --------------------------------------------------------------------


def least_squares(shares: Floats, scores: Floats) -> Floats:
    """Worth (stratum,) by least squares."""
    worth: Floats = np.linalg.pinv(shares) @ scores
    return worth


def ridge(shares: Floats, scores: Floats) -> Floats:
    """Worths drawn towards their mean; how far, by leaving out one arm at a time."""
    penalties = np.geomspace(1e-4, 1e2, 25)
    losses = [loo_loss(shares, scores, float(one)) for one in penalties]
    return ridge_at(shares, scores, float(penalties[int(np.argmin(losses))]))


def ridge_at(shares: Floats, scores: Floats, penalty: float) -> Floats:
    """Least squares plus penalty times the squared differences from the mean worth."""
    count = shares.shape[1]
    shrink = penalty * (np.eye(count) - 1 / count)
    worth: Floats = np.linalg.solve(shares.T @ shares + shrink, shares.T @ scores)
    return worth


def loo_loss(shares: Floats, scores: Floats, penalty: float) -> float:
    """Mean squared error of each arm predicted from the others, in closed form."""
    count = shares.shape[1]
    inner = shares.T @ shares + penalty * (np.eye(count) - 1 / count)
    hat = shares @ np.linalg.solve(inner, shares.T)
    errors = (scores - hat @ scores) / np.maximum(1 - np.diag(hat), 1e-9)
    return float((errors**2).mean())


def nonnegative(shares: Floats, scores: Floats) -> Floats:
    """Worths of at least 0, as scores are; the mixture weights of regression mixing."""
    from scipy.optimize import nnls

    worth: Floats = nnls(shares, scores)[0]
    return worth


FITS = {"least squares": least_squares, "ridge": ridge, "nonnegative": nonnegative}


def held_out(shares: Floats, scores: Floats, rng: np.random.Generator) -> dict[Kind, float]:
    """R² of arms left out in ten folds, for each kind of fit on the same folds."""
    folds = rng.permutation(len(scores)) % min(FOLDS, len(scores))
    kinds: tuple[Kind, ...] = ("least squares", "ridge", "nonnegative")
    return {
        kind: r_squared(scores, predicted(shares, scores, folds, kind), folds) for kind in kinds
    }


def predicted(shares: Floats, scores: Floats, folds: Ints, kind: Kind) -> Floats:
    """Every arm's score as the fit of the other folds gives it."""
    found = np.empty_like(scores)
    for fold in np.unique(folds):
        out = folds == fold
        found[out] = shares[out] @ FITS[kind](shares[~out], scores[~out])
    return found


def r_squared(scores: Floats, guesses: Floats, folds: Ints | None = None) -> float:
    """1 - squared error over that of the mean, which is also taken from the other folds."""
    if folds is None:
        means = np.full_like(scores, scores.mean())
    else:
        means = np.array([scores[folds != fold].mean() for fold in folds])
    return float(1 - ((scores - guesses) ** 2).sum() / max(((scores - means) ** 2).sum(), 1e-300))


def pair_p(shares: Floats, scores: Floats) -> float | None:
    """F test of all products of two shares on top of the shares; None where arms are too few."""
    from scipy.special import fdtrc

    pairs = [shares[:, a] * shares[:, b] for a, b in combinations(range(shares.shape[1]), 2)]
    wide = np.column_stack((shares, *pairs))
    rank, base = np.linalg.matrix_rank(wide), np.linalg.matrix_rank(shares)
    free = len(scores) - rank
    if free < SPARE_ARMS or rank == base:
        return None
    losses = [float(((scores - x @ least_squares(x, scores)) ** 2).sum()) for x in (shares, wide)]
    ratio = (losses[0] - losses[1]) / (rank - base) / (losses[1] / free)
    return float(fdtrc(rank - base, free, max(ratio, 0.0)))


def notes_on(
    strata: Sequence[str], inflation: Sequence[float], held: dict[Kind, float]
) -> tuple[str, ...]:
    """What a reader must know before quoting a worth."""
    notes = [
        f"`{name}` hardly varies apart from the others (inflation {vif:.0f})"
        for name, vif in zip(strata, inflation, strict=True)
        if vif > INFLATED
    ]
    if held["least squares"] <= 0:
        notes.append("the regression predicts held-out arms no better than their mean")
    return tuple(notes)
