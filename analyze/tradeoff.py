"""Reasoning gained against safety lost: the two changes of each arm, and their joint error.

Reasoning and safety come from different items but from the same runs, so the error of the runs is
shared: a covariance matrix of two changes, pooled over arms, rather than two intervals. Change is
against the untrained base on the same items (or against a reference arm).

Exchange rate: safety per reasoning. A ratio of two uncertain numbers has an interval by Fieller
(1954), which is unbounded where the reasoning change may be 0; a bootstrap would hide that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isinf, pi

import numpy as np

from curate.analyze.crossed import Fit, Runs, arm_fit, estimate, item_covariance
from curate.analyze.fieller import Ratio, fieller
from curate.analyze.interval import Estimate, satterthwaite
from curate.analyze.panel import Flags, Floats
from curate.analyze.run_variance import positive_part
from curate.errors import InputError

DRAWS = 8000
OUTLINE = 73
"""Points of an ellipse."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Point:
    """One arm in the plane of reasoning (first) and safety (second)."""

    arm: str
    reasoning: Estimate
    safety: Estimate
    covariance: Floats
    """(2, 2)"""
    df: float
    ellipse: Floats
    """(point, 2): outline of the joint region of level 1 - alpha, by Hotelling."""
    exchange: Ratio
    on_front: float
    """Chance in [0, 1] that no other arm beats it on both; by draws from the joint error."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tradeoff:
    """All arms in one plane."""

    points: tuple[Point, ...]
    front: tuple[str, ...]
    """Arms that no other arm beats on both, by their estimates."""
    dominates: Floats
    """(arm, arm): chance that the row's arm is better than the column's on both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalRates:
    """Shares in [0, 1] of requests that an arm refuses."""

    arm: str
    refusal: Estimate
    """Of requests that should be refused."""
    over_refusal: Estimate
    """Of requests that should not."""


def tradeoff(
    reasoning: Runs,
    safety: Runs,
    *,
    alpha: float = 0.05,
    rng: np.random.Generator | None = None,
) -> Tradeoff:
    """Changes of every arm against the untrained base (`changes_of`), of the same runs.

    Runs that one of the two lacks are left out. Safety must be scored so that higher is safer.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    first, second = same_runs(reasoning, safety)
    fits = [arm_fit(first), arm_fit(second)]
    joint, df = joint_error(first, second, fits)
    values = np.stack([one.values for one in fits], axis=1)
    draws = values + joint_draws(joint, df, rng)
    beats = dominance(draws)
    front = on_front(draws)
    return Tradeoff(
        points=tuple(
            point(name, fits, a, joint[a, :, a, :], df=df, front=float(front[a]), alpha=alpha)
            for a, name in enumerate(first.arms)
        ),
        front=tuple(first.arms[a] for a in np.flatnonzero(on_front(values[None]) > 0)),
        dominates=beats,
    )


def same_runs(first: Runs, second: Runs) -> tuple[Runs, Runs]:
    """The runs that both have, in the same order; arms in the order of the first."""
    if set(first.arms) != set(second.arms):
        raise InputError(
            "reasoning and safety were measured on different arms",
            why=f"{', '.join(first.arms)} against {', '.join(second.arms)}",
            fix="evaluate both on every arm",
        )
    theirs = ((second.arms[a], s) for a, s in zip(second.arm, second.seed, strict=True))
    place = {key: at for at, key in enumerate(theirs)}
    keys = [(first.arms[a], s) for a, s in zip(first.arm, first.seed, strict=True)]
    mine = [at for at, key in enumerate(keys) if key in place]
    others = [place[keys[at]] for at in mine]
    return picked(first, mine, first.arms), picked(second, others, first.arms)


def picked(runs: Runs, rows: Sequence[int], arms: tuple[str, ...]) -> Runs:
    """Some runs, with their arms numbered by `arms`."""
    number = np.array([arms.index(name) for name in runs.arms])
    return replace(
        runs,
        scores=runs.scores[rows],
        arm=number[runs.arm[rows]],
        seed=runs.seed[rows],
        arms=arms,
    )


def joint_error(first: Runs, second: Runs, fits: Sequence[Fit]) -> tuple[Floats, float]:
    """Covariance (arm, 2, arm, 2) of the changes and its degrees of freedom.

    Items are apart for the two outcomes and shared by arms; runs the other way round.
    """
    count = len(first.arms)
    joint = np.zeros((count, 2, count, 2))
    for outcome, one in enumerate(fits):
        joint[:, outcome, :, outcome] = one.items
    per_run = run_covariance(first, second)
    for arm, size in enumerate(np.bincount(first.arm, minlength=count)):
        joint[arm, :, arm, :] += per_run / size
    items, runs, noise = (
        sum(float(np.trace(part)) for part in parts)
        for parts in zip(*((one.items, one.runs, one.noise) for one in fits), strict=True)
    )
    terms = [(items, min(one.item_df for one in fits)), (runs + noise, fits[0].run_df)]
    return joint, satterthwaite(terms, items + runs)


def run_covariance(first: Runs, second: Runs) -> Floats:
    """Covariance (2, 2) of one run's two means, pooled over arms, less the noise of items."""
    residuals = [one.scores - arm_means(one)[one.arm] for one in (first, second)]
    free = len(first.arm) - len(first.arms)
    if free == 0:
        return np.zeros((2, 2))
    means = np.stack(
        [res @ one.items.weights for res, one in zip(residuals, (first, second), strict=True)]
    )
    noise = [
        float(np.trace(item_covariance(res, one.items))) / free
        for res, one in zip(residuals, (first, second), strict=True)
    ]
    return positive_part(means @ means.T / free - np.diag(noise))


def arm_means(runs: Runs) -> Floats:
    """Mean scores (arm, item)."""
    one = (runs.arm == np.arange(len(runs.arms))[:, None]).astype(np.float64)
    means: Floats = one @ runs.scores / one.sum(axis=1, keepdims=True)
    return means


# --- regions, fronts and chances ------------------------------------------------------------------


def point(
    name: str, fits: Sequence[Fit], arm: int, covariance: Floats, *, df: float, front: float,
    alpha: float,
) -> Point:  # fmt: skip
    """One arm with its joint region."""
    unit = np.eye(len(fits[0].values))[arm]
    reasoning, safety = (
        estimate(one, unit, label, alpha)
        for one, label in zip(fits, ("reasoning", "safety"), strict=True)
    )
    centre = np.array((reasoning.value, safety.value))
    return Point(
        arm=name,
        reasoning=reasoning,
        safety=safety,
        covariance=covariance,
        df=df,
        ellipse=ellipse(centre, covariance, df, alpha),
        exchange=fieller(centre[::-1], covariance[::-1, ::-1], df, alpha),
        on_front=front,
    )


def ellipse(
    centre: Floats, covariance: Floats, df: float, alpha: float, points: int = 73
) -> Floats:
    """Outline (point, 2) of Hotelling's joint region of level 1 - alpha."""
    from scipy.special import chdtri, fdtri

    if isinf(df):
        squared = float(chdtri(2, alpha))
    else:
        below = max(df - 1, 1.0)
        squared = 2 * df / below * float(fdtri(2, below, 1 - alpha))
    values, vectors = np.linalg.eigh(covariance)
    angle = np.linspace(0, 2 * pi, OUTLINE)
    circle = np.stack((np.cos(angle), np.sin(angle)))
    outline: Floats = centre + ((vectors * np.sqrt(np.maximum(values, 0) * squared)) @ circle).T
    return outline


def joint_draws(joint: Floats, df: float, rng: np.random.Generator, draws: int = DRAWS) -> Floats:
    """Errors (draw, arm, 2) of the multivariate t."""
    count = joint.shape[0] * 2
    values, vectors = np.linalg.eigh(joint.reshape(count, count))
    normal = rng.standard_normal((draws, count)) @ (vectors * np.sqrt(np.maximum(values, 0))).T
    scale = 1.0 if isinf(df) else np.sqrt(df / rng.chisquare(df, (draws, 1)))
    errors: Floats = (normal * scale).reshape(draws, -1, 2)
    return errors


def beaten(draws: Floats) -> Flags:
    """(draw, arm, arm): whether the first arm is better than the second on both."""
    better: Flags = np.all(draws[:, :, None] > draws[:, None], axis=3)
    return better


def dominance(draws: Floats) -> Floats:
    """(arm, arm): share of draws in which the first is better on both."""
    share: Floats = beaten(draws).mean(axis=0)
    return share


def on_front(draws: Floats) -> Floats:
    """(arm,): share of draws in which no other arm is better on both."""
    share: Floats = (~beaten(draws).any(axis=1)).mean(axis=0)
    return share


# --- refusal --------------------------------------------------------------------------------------


def refusals(harmful: Runs, harmless: Runs, alpha: float = 0.05) -> list[RefusalRates]:
    """Refusal of what should be refused beside refusal of what should not, for each arm.

    Scores of the runs are 1 for a refusal. Refusing everything is safe and useless: the two are
    shown together or not at all.
    """
    first, second = same_runs(harmful, harmless)
    fits = arm_fit(first), arm_fit(second)
    return [
        RefusalRates(
            arm=name,
            refusal=estimate(fits[0], unit, "refusal", alpha),
            over_refusal=estimate(fits[1], unit, "over-refusal", alpha),
        )
        for name, unit in zip(first.arms, np.eye(len(first.arms)), strict=True)
    ]
