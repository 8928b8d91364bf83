"""Simultaneous bands for the plots: the whole trajectory lies inside with the stated confidence."""

from dataclasses import dataclass

import numpy as np

from curate.analyze.estimates import Estimates, estimates
from curate.analyze.maxt import critical, deviations
from curate.analyze.panel import Floats
from curate.analyze.variance import Moments


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Band:
    """A trajectory and what it may be, all checkpoints at once."""

    arm: str
    steps: tuple[int, ...]
    estimate: Floats
    low: Floats
    high: Floats
    seeds_known: bool
    """If not, the band covers other items and not another training run."""


def score_band(found: Moments, arm: str, *, alpha: float = 0.05) -> Band:
    """Scores at the base (step 0, if it was evaluated) and at every checkpoint."""
    own = found.one_arm(arm)
    rows = np.eye(len(own.means))[0 if own.has_base else 1 :]
    return _band(own, rows, (0, *own.steps)[0 if own.has_base else 1 :], alpha)


def change_band(found: Moments, arm: str, *, alpha: float = 0.05) -> Band:
    """Changes since the base at every checkpoint; narrower, as they are paired by item."""
    own = found.one_arm(arm)
    rows = np.eye(len(own.means))[1:]
    rows[:, 0] = -1
    return _band(own, rows, own.steps, alpha)


def difference_band(found: Moments, arm: str, reference: str, *, alpha: float = 0.05) -> Band:
    """One arm less another at every checkpoint."""
    steps = len(found.steps)
    rows = np.zeros((steps, len(found.means)))
    for name, sign in ((arm, 1), (reference, -1)):
        start = 1 + found.place(name) * steps
        rows[np.arange(steps), start + np.arange(steps)] += sign
    return _band(found, rows, found.steps, alpha, name=arm)


def _band(
    found: Moments, rows: Floats, steps: tuple[int, ...], alpha: float, *, name: str | None = None
) -> Band:
    values = estimates(found, rows)
    half = simultaneous(found, rows, values, alpha)
    return Band(
        arm=name or found.arms[0],
        steps=steps,
        estimate=values.values,
        low=values.values - half,
        high=values.values + half,
        seeds_known=found.seeds_known,
    )


def simultaneous(found: Moments, rows: Floats, values: Estimates, alpha: float) -> Floats:
    """(contrast,): half widths of intervals that hold all together with confidence 1 − alpha."""
    chance = deviations(found, rows)
    half: Floats = critical(chance, values.errors, alpha, two_sided=True) * values.errors
    return half
