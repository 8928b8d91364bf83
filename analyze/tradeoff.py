"""Reasoning gained against safety lost: the two changes of each arm, and their joint error.

Reasoning and safety come from different items but from the same runs, so the error of the runs is
shared: a covariance matrix of two changes, pooled over arms, rather than two intervals. Change is
against the untrained base on the same items (or against a reference arm).

Exchange rate: safety per reasoning. A ratio of two uncertain numbers has an interval by Fieller
(1954), which is unbounded where the reasoning change may be 0; a bootstrap would hide that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isinf, pi, sqrt
from typing import Literal

import numpy as np

from curate.analyze.crossed import (
    Estimate,
    Fit,
    Floats,
    Ints,
    Items,
    Runs,
    arm_fit,
    estimate,
    fit,
    item_covariance,
    satterthwaite,
    t_quantile,
)
from curate.errors import InputError

DRAWS = 8000
Shape = Literal["interval", "outside an interval", "everything"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A ratio with Fieller's set."""

    value: float
    low: float
    high: float
    shape: Shape
    """`interval`: from low to high. `outside an interval`: below low or above high.
    `everything`: no value is ruled out."""
    words: str


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


def tradeoff(
    reasoning: Runs,
    safety: Runs,
    base: tuple[Floats, Floats] | None = None,
    *,
    alpha: float = 0.05,
    rng: np.random.Generator | None = None,
) -> Tradeoff:
    """Changes of every arm, with `base` scores (item,) of the two suites taken off.

    Both must hold the same runs, in any order; runs that one of them lacks are left out.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    first, second = same_runs(reasoning, safety)
    zero = np.zeros(first.scores.shape[1]), np.zeros(second.scores.shape[1])
    taken = zero if base is None else base
    fits = [less_base(one, scores) for one, scores in zip((first, second), taken, strict=True)]
    shared, df = shared_runs(first, second)
    arms = range(len(first.arms))
    draws = joint_draws(fits, shared, df, rng)
    beats = dominance(draws)
    values = np.stack([one.values for one in fits], axis=1)
    return Tradeoff(
        points=tuple(
            point(first.arms[a], fits, shared[a, a] * np.ones(1), a, df, draws, alpha)
            for a in arms
        ),
        front=tuple(first.arms[a] for a in pareto(values)),
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
    place = {(second.arms[a], s): at for at, (a, s) in enumerate(zip(second.arm, second.seed, strict=True))}
    keys = [(first.arms[a], s) for a, s in zip(first.arm, first.seed, strict=True)]
    mine = [at for at, key in enumerate(keys) if key in place]
    theirs = [place[keys[at]] for at in mine]
    return picked(first, mine, first.arms), picked(second, theirs, first.arms)


def picked(runs: Runs, rows: Sequence[int], arms: tuple[str, ...]) -> Runs:
    """Some runs, with their arms numbered by `arms`."""
    number = np.array([arms.index(name) for name in runs.arms])
    return Runs(
        scores=runs.scores[rows], arm=number[runs.arm[rows]], seed=runs.seed[rows],
        arms=arms, items=runs.items, dropped=runs.dropped,
    )  # fmt: skip


def less_base(runs: Runs, base: Floats) -> Fit:
    """Mean change of each arm against base scores of the items; NaN items must be left out."""
    return arm_fit(
        Runs(
            scores=runs.scores - base, arm=runs.arm, seed=runs.seed, arms=runs.arms,
            items=runs.items, dropped=runs.dropped,
        )  # fmt: skip
    )
