"""Is training still improving, and what would stopping early have concluded?"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from curate.analyze.dynamics import interior, window_means
from curate.analyze.estimates import Interval, detectable, estimates
from curate.analyze.maxt import deviations, step_down
from curate.analyze.panel import Flags, Floats
from curate.analyze.variance import Moments
from curate.errors import InputError


class Advice(StrEnum):
    """What to do with the training run; any of it is wrong with chance alpha at most."""

    PICK = "pick an earlier window"
    """Some earlier window is above the last one."""
    EXTEND = "extend training"
    """The last window is above the one before it."""
    STOP = "stop"
    """The last window and the one before it are equivalent within the margin."""
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The last window held against what came before."""

    arm: str
    advice: Advice
    last_gain: Interval
    """Last window less the one before; two-sided interval of this contrast alone."""
    detectable: float
    """The last gain that would be found with 80 % chance."""
    first_step: int
    last_step: int
    """The window to use: the best earlier one if that is surely better, else the last."""
    seeds_known: bool


def progress(
    found: Moments, arm: str, *, window: int = 2, margin: float = 0.02, alpha: float = 0.05
) -> Progress:
    """Whether scores still rise at the end, have settled, or were better before."""
    own = found.one_arm(arm)
    means = window_means(len(own.steps), window)
    count = interior(means)
    if count == 0:
        raise InputError(
            f"`{arm}` has {len(own.steps)} checkpoint(s)",
            why="progress is the difference of two windows of checkpoints",
            fix="evaluate two checkpoints or more",
        )
    last = estimates(own, (means[-1] - means[count])[None])
    better = _better(own, means, alpha / 2)  # two claims that a flat end tempts to: half each
    advice = _advice(
        better=bool(better.any()),
        rises=bool(last.exceed(0, alpha / 2)[0]),
        settled=bool(last.exceed(-margin, alpha)[0] and last.fall_short(margin, alpha)[0]),
    )
    scores = np.where(better, means[1 : 1 + count] @ np.nan_to_num(own.means), -np.inf)
    chosen = means[1 + int(scores.argmax())] if advice is Advice.PICK else means[-1]
    steps = [own.steps[place] for place in np.flatnonzero(chosen[1:])]
    half, value = float(last.limit(alpha / 2)[0]), float(last.values[0])
    return Progress(
        arm=arm,
        advice=advice if found.seeds_known else Advice.UNDETERMINED,
        last_gain=Interval(estimate=value, low=value - half, high=value + half),
        detectable=detectable(float(last.errors[0]), float(last.degrees[0]), alpha),
        first_step=steps[0],
        last_step=steps[-1],
        seeds_known=found.seeds_known,
    )


def falls_late(found: Moments, arm: str, *, window: int = 2, alpha: float = 0.05) -> bool:
    """Whether some earlier window is surely above the last one."""
    own = found.one_arm(arm)
    return bool(_better(own, window_means(len(own.steps), window), alpha).any())


def _better(own: Moments, means: Floats, alpha: float) -> Flags:
    """(interior,): which earlier windows are surely above the last, all tested together."""
    contrasts = means[1 : 1 + interior(means)] - means[-1]
    values = estimates(own, contrasts)
    return step_down(values.values, deviations(own, contrasts), values.errors, alpha)


def _advice(*, better: bool, rises: bool, settled: bool) -> Advice:
    if better:
        return Advice.PICK
    if rises:
        return Advice.EXTEND
    return Advice.STOP if settled else Advice.UNDETERMINED


class Conclusion(StrEnum):
    """What the change since the base would have been called."""

    GAIN = "gain"
    LOSS = "loss"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyStop:
    """What stopping at one checkpoint would have concluded, and how far off it is.

    Exploratory: each checkpoint is judged alone, at alpha.
    """

    step: int
    change: Interval
    """This checkpoint less the base."""
    conclusion: Conclusion
    error: Interval
    """This checkpoint less the last window: how much too high it reads."""
    wrong: bool
    """It would have concluded the opposite of what the last window shows."""


def early_stops(
    found: Moments, arm: str, *, window: int = 2, alpha: float = 0.05
) -> tuple[EarlyStop, ...]:
    """For every checkpoint, the conclusion that a study ending there would have drawn."""
    own = found.one_arm(arm)
    if not own.has_base:
        raise InputError(
            "what early stopping would have concluded cannot be told",
            why="the untrained base was not evaluated on these items",
            fix="evaluate the base as step 0",
        )
    final = window_means(len(own.steps), window)[-1]
    nodes = np.eye(len(own.means))
    change = estimates(own, np.vstack([nodes[1:], final]) - nodes[0])
    errors = estimates(own, nodes[1:] - final)
    known = found.seeds_known
    said = [
        _conclusion(up, down, known)
        for up, down in zip(
            change.exceed(0, alpha / 2), change.fall_short(0, alpha / 2), strict=True
        )
    ]
    opposite = {Conclusion.GAIN: Conclusion.LOSS, Conclusion.LOSS: Conclusion.GAIN}
    halves = (change.limit(alpha / 2), errors.limit(alpha / 2))
    return tuple(
        EarlyStop(
            step=step,
            change=_interval(change.values[place], halves[0][place]),
            conclusion=said[place],
            error=_interval(errors.values[place], halves[1][place]),
            wrong=opposite.get(said[place]) is said[-1] and said[-1] is not Conclusion.UNDETERMINED,
        )
        for place, step in enumerate(own.steps)
    )


def _conclusion(up: bool, down: bool, known: bool) -> Conclusion:
    if not known or not (up or down):
        return Conclusion.UNDETERMINED
    return Conclusion.GAIN if up else Conclusion.LOSS


def _interval(value: float, half: float) -> Interval:
    return Interval(estimate=float(value), low=float(value - half), high=float(value + half))
