"""What one arm scores above another, or above the base: paired by item, with the runs' own noise.

An effect is a contrast of the arms' means over a window of checkpoints (by default the last two:
single checkpoints are noisy, Heineman et al. 2025, arXiv:2508.13144). Its standard error has the
items' part and the seeds' part (`variance.py`); with one run an arm the second is unknown, the
interval covers other items alone, there is no p, and the effect says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from curate.analyze.estimates import detectable, estimates
from curate.analyze.interval import NOTHING
from curate.analyze.panel import Floats, Panel
from curate.analyze.variance import Moments, moments
from curate.errors import InputError

SEEDS_UNKNOWN = "seeds unknown: the interval covers other items, not another training run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A contrast of means with everything that a reader needs to judge it."""

    scope: str
    """The suite or the domain."""
    base: str
    arm: str
    reference: str | None
    """The arm that it is held against; None for the untrained base."""
    first_step: int
    last_step: int
    estimate: float
    """Arm less reference, in units of the measure (score: 0.01 is a point)."""
    low: float
    high: float
    """Interval at 1 − alpha, by Student's t."""
    alpha: float
    error: float
    """Standard error; `item_error` and `seed_error` are its parts, at right angles."""
    item_error: float
    seed_error: float | None
    """None where no arm has two runs."""
    degrees: float
    """Satterthwaite's."""
    p: float | None
    """Two-sided, of no effect; None where seeds are unknown."""
    standardized: float
    """The estimate in standard deviations of the items' scores."""
    detectable: float
    """The effect that would be found with 80 % chance (MDE), as far as its parts are known."""
    arm_runs: int
    reference_runs: int
    """0 for the base."""
    items: int
    clusters: int
    notes: tuple[str, ...]

    @property
    def seeds_known(self) -> bool:
        """Whether the interval covers what another training run would give."""
        return self.seed_error is not None


def effects(
    panel: Panel,
    contrasts: Iterable[tuple[str, str | None]],
    *,
    window: int = 2,
    last_step: int | None = None,
    alpha: float = 0.05,
) -> tuple[Effect, ...]:
    """The effect of each (arm, reference) over the `window` checkpoints up to `last_step`.

    A reference of None is the base. By default the window is the last of the panel.
    """
    found = moments(panel)
    chosen = window_steps(found.steps, window, last_step)
    return tuple(effect_of(panel, found, pair, chosen, alpha=alpha) for pair in contrasts)


def window_steps(steps: Sequence[int], window: int, last_step: int | None) -> tuple[int, ...]:
    """The `window` checkpoints up to `last_step`, or to the end; fewer where there are no more."""
    if last_step is not None and last_step not in steps:
        raise InputError(
            f"no checkpoint at step {last_step}",
            why=f"the checkpoints are {', '.join(map(str, steps))}",
            fix="end the window at one of them",
        )
    end = len(steps) if last_step is None else steps.index(last_step) + 1
    return tuple(steps[max(0, end - window) : end])


def effect_of(
    panel: Panel,
    found: Moments,
    pair: tuple[str, str | None],
    steps: Sequence[int],
    *,
    alpha: float,
) -> Effect:
    """One contrast of moments that are already there."""
    arm, reference = pair
    if reference is None and not found.has_base:
        raise InputError(
            f"arm `{arm}` cannot be held against the base",
            why=f"the base was not evaluated on `{panel.name}`",
            fix="evaluate the base as step 0, or name a reference arm",
        )
    one = estimates(found, contrast_weights(found, pair, steps)[None])
    value, error, degrees = float(one.values[0]), float(one.errors[0]), float(one.degrees[0])
    half = float(one.limit(alpha / 2)[0])
    known = found.knows(arm, reference)
    return Effect(
        scope=panel.name,
        base=panel.base_name,
        arm=arm,
        reference=reference,
        first_step=steps[0],
        last_step=steps[-1],
        estimate=value,
        low=value - half,
        high=value + half,
        alpha=alpha,
        error=error,
        item_error=float(one.item_errors[0]),
        seed_error=float(one.seed_errors[0]) if known else None,
        degrees=degrees,
        p=two_sided_p(value, error, degrees, found.clusters) if known else None,
        standardized=value / found.item_spread if found.item_spread > 0 else 0.0,
        detectable=detectable(error, degrees, alpha),
        arm_runs=int(found.runs[found.place(arm)]),
        reference_runs=0 if reference is None else int(found.runs[found.place(reference)]),
        items=found.items,
        clusters=found.clusters,
        notes=found.notes if known else (*found.notes, SEEDS_UNKNOWN),
    )


def contrast_weights(found: Moments, pair: tuple[str, str | None], steps: Sequence[int]) -> Floats:
    """(node,): the mean of `steps` of the arm less that of the reference, or less the base."""
    weights = np.zeros((len(found.arms), len(found.steps)))
    places = [found.steps.index(step) for step in steps]
    weights[found.place(pair[0]), places] += 1 / len(places)
    if pair[1] is not None:
        weights[found.place(pair[1]), places] -= 1 / len(places)
    row: Floats = np.r_[-1.0 if pair[1] is None else 0.0, weights.ravel()]
    return row


def two_sided_p(value: float, error: float, degrees: float, clusters: int) -> float:
    """Chance of a t as far from 0; without any spread, of the sign test of `clusters` all alike."""
    if error <= NOTHING:
        return 1.0 if abs(value) <= NOTHING else min(1.0, 2 * 0.5**clusters)
    return float(2 * stdtr(degrees, -abs(value) / error))
