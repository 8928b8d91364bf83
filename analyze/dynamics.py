"""What scores did along training: dip and recovery, gain, loss, hump, or not to be told.

The procedure of ablation.md 4.5. Scores are averaged over windows of `w` checkpoints; a window is
interior if it ends before the last one, F, begins. For every interior window i
the dip is D_i = base − i and the recovery R_i = F − i. Each verdict is a claim about the true
means, made only if the chance of making it wrongly is at most alpha:

- dip and recovery: some i has D_i > 0 and R_i > 0. All D and R share one step-down max-T test, so
  that a false claim needs a true null among them to be rejected (intersection within a window,
  union over windows);
- hump: the mirror image, some i above both the base and F;
- monotone gain: F above the base, and no fall between any two windows, base included, as large
  as the margin. All of it must be shown, each part at alpha (intersection–union, Berger 1982);
- monotone loss: F below the base and below the first window, and no rise as large as the margin;
- drop without recovery: F below the base, and no R_i as large as the margin;
- no change: base and F and all windows are equivalent within the margin.

Where none is shown, the simultaneous interval of the net gain may leave out 0 (`Dynamics.end`).
With one run an arm nothing can be said about training: the verdict is undetermined, and
`this_run` says what this one run did, judged against other items alone.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import ndtri

from curate.analyze.equivalence import unseen_p
from curate.analyze.estimates import POWER, Estimates, Interval, estimates
from curate.analyze.interval import NOTHING
from curate.analyze.maxt import critical, deviations, step_down
from curate.analyze.panel import Flags, Floats
from curate.analyze.variance import Moments
from curate.errors import InputError


class Shape(StrEnum):
    """The verdicts, in the order in which they are preferred if several hold."""

    DIP_AND_RECOVERY = "dip and recovery"
    HUMP = "hump"
    GAIN = "monotone gain"
    LOSS = "monotone loss"
    DROP = "drop without recovery"
    FLAT = "equivalent throughout"
    """To the base, within the margin."""
    UNDETERMINED = "undetermined"


class Extent(StrEnum):
    """How much of a dip was recovered."""

    FULL = "full"
    """The last window is not below the base by more than the margin."""
    PARTIAL = "partial"
    """The last window is still below the base."""
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Checkpoints averaged, and how they stand to the base and to the last window."""

    first_step: int
    last_step: int
    mean: float
    dip: Interval
    """Base less window; simultaneous over all windows, with recovery and net gain."""
    recovery: Interval
    """Last window less this one; simultaneous likewise."""
    dip_at_least: float
    recovery_at_least: float
    """One-sided bounds, simultaneous over all windows; 0 where just that much was shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trough:
    """The lowest window that a dip was shown at."""

    window: Window
    first_step: int
    """The lowest window starts at this step or later, and ..."""
    last_step: int
    """... ends at this one or earlier, with confidence 1 − alpha."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dynamics:
    """The verdict on one arm's trajectory and all that it rests on."""

    arm: str
    verdict: Shape
    claims: tuple[Shape, ...]
    """Every claim that holds; the verdict is the first."""
    extent: Extent | None
    """Of the recovery; None without a dip."""
    trough: Trough | None
    net: Interval
    """Last window less base, simultaneous with dips and recoveries."""
    windows: tuple[Window, ...]
    """The interior ones."""
    seeds_known: bool
    this_run: Shape | None
    """With one run an arm: what this run did, as far as other items go; else None."""
    detectable: float
    """A dip and a recovery each of this size would be found with 80 % chance, at one window."""
    margin: float
    alpha: float
    notes: tuple[str, ...]

    @property
    def end(self) -> str | None:
        """`higher` or `lower`: the last window against the base; None if not shown."""
        if not self.seeds_known:
            return None
        return "higher" if self.net.low > 0 else "lower" if self.net.high < 0 else None


def dynamics(
    found: Moments, arm: str, *, window: int = 2, margin: float = 0.02, alpha: float = 0.05
) -> Dynamics:
    """The verdict on `arm`, its trough, and simultaneous intervals of dip, recovery, net gain."""
    if not found.has_base:
        raise InputError(
            "dip and recovery cannot be judged",
            why="the untrained base was not evaluated on these items",
            fix="evaluate the base as step 0",
        )
    own = found.one_arm(arm)
    means = window_means(len(own.steps), window)
    tests = _Tests.of(own, means, alpha)
    claims = _claims(own, means, tests, margin=margin, alpha=alpha)
    shape = claims[0] if claims else Shape.UNDETERMINED
    windows = _windows(own, means, tests)
    dipped = Shape.DIP_AND_RECOVERY in claims
    return Dynamics(
        arm=arm,
        verdict=shape if found.knows(arm) else Shape.UNDETERMINED,
        claims=claims if found.knows(arm) else (),
        extent=_extent(tests, margin, alpha) if dipped else None,
        trough=_trough(own, means, tests, windows, alpha) if dipped else None,
        net=tests.interval(-1),
        windows=windows,
        seeds_known=found.knows(arm),
        this_run=None if found.knows(arm) else shape,
        detectable=tests.detectable,
        margin=margin,
        alpha=alpha,
        notes=found.notes,
    )


def window_means(steps: int, window: int) -> Floats:
    """(1 + window, node): the base, then every run of `window` checkpoints, as weights of nodes.

    With fewer than two windows' worth of checkpoints, windows are shorter.
    """
    width = max(1, min(window, steps // 2))
    rows = np.zeros((steps - width + 2, steps + 1))
    rows[0, 0] = 1
    for place in range(len(rows) - 1):
        rows[1 + place, 1 + place : 1 + place + width] = 1 / width
    return rows


def interior(means: Floats) -> int:
    """How many windows end before the last one begins."""
    width = int((means[-1] > 0).sum())
    return max(0, len(means) - 1 - width)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Tests:
    """Dips, then recoveries, then the net gain: estimates, errors, draws of what is by chance."""

    all: Estimates
    deviation: Floats
    critical: float
    at_least: Floats
    """(2, interior): dips and recoveries are this large or larger, all of them jointly."""
    dips: Flags
    humps: Flags
    """(interior,): windows shown to be below, or above, both the base and the last window."""
    detectable: float

    @classmethod
    def of(cls, own: Moments, means: Floats, alpha: float) -> "_Tests":
        count = interior(means)
        base, inner, last = means[0], means[1 : 1 + count], means[-1]
        contrasts = np.vstack([base - inner, last - inner, last - base])
        found, deviation = estimates(own, contrasts), deviations(own, contrasts)
        two = slice(0, 2 * count)
        values, errors, chance = found.values[two], found.errors[two], deviation[two]
        low = values - critical(chance, errors, alpha, two_sided=False) * errors
        down: Flags = step_down(values, chance, errors, alpha).reshape(2, count)
        up: Flags = step_down(-values, -chance, errors, alpha).reshape(2, count)
        # what never varied is sure only with so many items that chance could not have hidden it
        sure = ((errors > NOTHING) | (0.5**own.clusters <= alpha)).reshape(2, count)
        down, up = down & sure, up & sure
        return cls(
            all=found,
            deviation=deviation,
            critical=critical(deviation, found.errors, alpha, two_sided=True),
            at_least=np.where(down, np.maximum(low.reshape(2, count), 0), low.reshape(2, count)),
            dips=np.all(down, axis=0),
            humps=np.all(up, axis=0),
            detectable=float((values - low + ndtri(POWER) * errors).mean()) if count else np.nan,
        )

    def interval(self, place: int) -> Interval:
        """Simultaneous over all the contrasts."""
        value, half = float(self.all.values[place]), self.critical * float(self.all.errors[place])
        return Interval(estimate=value, low=value - half, high=value + half)


def _claims(
    own: Moments, means: Floats, tests: _Tests, *, margin: float, alpha: float
) -> tuple[Shape, ...]:
    """Every shape that the data show, in the order of `Shape`."""
    earlier, later = np.triu_indices(len(means), 1)
    rises = estimates(own, means[later] - means[earlier])
    count = len(tests.dips)
    told = tests.all.errors[-1] > NOTHING or 0.5**own.clusters <= alpha
    net_up = told and tests.all.exceed(0, alpha)[-1]
    net_down = told and tests.all.fall_short(0, alpha)[-1]
    seen = rises.errors.min() > NOTHING or unseen_p(margin, own.clusters) <= alpha
    no_fall = seen and rises.exceed(-margin, alpha).all()
    no_rise = seen and rises.fall_short(margin, alpha).all()
    since_first = estimates(own, (means[-1] - means[1])[None]).fall_short(0, alpha)[0]
    no_recovery = seen and tests.all.fall_short(margin, alpha)[count : 2 * count].all()
    held = {
        Shape.DIP_AND_RECOVERY: tests.dips.any(),
        Shape.HUMP: tests.humps.any(),
        Shape.GAIN: net_up and no_fall,
        Shape.LOSS: net_down and since_first and no_rise,
        Shape.DROP: net_down and no_recovery,
        Shape.FLAT: no_rise and no_fall,
    }
    return tuple(shape for shape, holds in held.items() if holds)


def _extent(tests: _Tests, margin: float, alpha: float) -> Extent:
    """Whether the last window is back at the base, less the margin, or still below it."""
    if tests.all.exceed(-margin, alpha)[-1]:
        return Extent.FULL
    return Extent.PARTIAL if tests.all.fall_short(0, alpha)[-1] else Extent.UNDETERMINED


def _windows(own: Moments, means: Floats, tests: _Tests) -> tuple[Window, ...]:
    count = len(tests.dips)
    scores = means @ own.means
    return tuple(
        Window(
            first_step=_span(own, means[1 + place])[0],
            last_step=_span(own, means[1 + place])[1],
            mean=float(scores[1 + place]),
            dip=tests.interval(place),
            recovery=tests.interval(count + place),
            dip_at_least=float(tests.at_least[0, place]),
            recovery_at_least=float(tests.at_least[1, place]),
        )
        for place in range(count)
    )


def _span(own: Moments, row: Floats) -> tuple[int, int]:
    """First and last step of a window."""
    inside = np.flatnonzero(row[1:])
    return own.steps[inside[0]], own.steps[inside[-1]]


def _trough(
    own: Moments, means: Floats, tests: _Tests, windows: tuple[Window, ...], alpha: float
) -> Trough:
    """The lowest window with a dip, and the span of those that may be the lowest of all.

    A window stays in the span unless some other is shown to be lower: a confidence set for the
    place of the minimum, by max-T against all the others.
    """
    count = len(tests.dips)
    dips = tests.all.values[:count]
    place = int(np.argmax(np.where(tests.dips, dips, -np.inf)))
    inner = means[1 : 1 + count]
    may = [place]
    for one in range(count):
        others = np.delete(np.arange(count), one)
        contrasts = inner[one] - inner[others]
        errors = estimates(own, contrasts).errors
        chance = tests.deviation[others] - tests.deviation[one]
        limit = critical(chance, errors, alpha, two_sided=False)
        if not np.any(dips[others] - dips[one] > limit * errors):
            may.append(one)
    return Trough(
        window=windows[place],
        first_step=min(windows[one].first_step for one in may),
        last_step=max(windows[one].last_step for one in may),
    )
