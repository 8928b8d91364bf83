"""The phases of a trajectory: where it surely rose, fell, and rose again.

All differences between two windows (the base among them) get one simultaneous critical value
(max-T over all pairs and both directions). A chain of windows whose neighbours differ by turns in
opposite directions is then true as a whole, with confidence 1 − alpha; the phases are those of the
longest such chain, and among the longest the one that moves farthest.

Made for response lengths (`log_lengths`), as in Ren et al. 2026 (arXiv:2604.06628, section 3.2):
a rise is imitation of the format, a fall settling, a late rebound a symptom of overfitting.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

import numpy as np

from curate.analyze.dynamics import window_means
from curate.analyze.estimates import Interval, estimates
from curate.analyze.interval import NOTHING
from curate.analyze.maxt import critical, deviations
from curate.analyze.panel import Floats, Panel
from curate.analyze.variance import Moments
from curate.errors import InputError


class Direction(StrEnum):
    """What a phase does."""

    RISE = "rise"
    FALL = "fall"
    REBOUND = "rebound"
    """A rise after a fall."""
    STABLE = "stable"
    """No two windows differ by as much as the margin (shown, by equivalence)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """From one window to a later one; steps are the last of each window, 0 is the base."""

    direction: Direction
    first_step: int
    last_step: int
    change: Interval
    """In units of the measure, simultaneous over all pairs of windows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """The phases in order; none if nothing can be told."""

    arm: str
    phases: tuple[Phase, ...]
    seeds_known: bool
    """If not, the phases are those of this one run, as far as other items go."""
    last_step: int
    """The last checkpoint of the trajectory."""

    @property
    def rebounds_at_the_end(self) -> bool:
        """Whether the last phase is a rebound that lasts to the last checkpoint."""
        return bool(
            self.phases
            and self.phases[-1].direction is Direction.REBOUND
            and self.phases[-1].last_step == self.last_step
        )


def log_lengths(lengths: Panel) -> Panel:
    """A panel of token counts as logarithms, so that a change of 0.1 is about ten percent."""
    if np.nanmin(lengths.values, initial=0) < 0 or np.nanmin(lengths.base, initial=0) < 0:
        raise InputError(
            f"`{lengths.measure}` of `{lengths.name}` is negative",
            why="lengths are counts of tokens",
            fix="make the panel with `measure='n_tokens'`",
        )
    return replace(lengths, values=np.log1p(lengths.values), base=np.log1p(lengths.base))


def phases(
    found: Moments, arm: str, *, window: int = 2, margin: float = 0.1, alpha: float = 0.05
) -> Phases:
    """The surely true phases of an arm's trajectory from the base (if known) to the end."""
    own = found.one_arm(arm)
    means = window_means(len(own.steps), window)[0 if own.has_base else 1 :]
    ends = [_end(own, row) for row in means]
    moves = _Moves.of(own, means, alpha)
    chain = _longest_chain(moves.sure)
    steady = not chain and (np.abs(moves.estimate) + moves.one_sided < margin).all()
    return Phases(
        arm=arm,
        phases=(moves.widest(ends),) if steady and len(ends) > 1 else moves.along(chain, ends),
        seeds_known=found.seeds_known,
        last_step=ends[-1],
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Moves:
    """Moves from each window to each later one: (window, window), 0 on and below the diagonal."""

    estimate: Floats
    half: Floats
    """Simultaneous half widths."""
    one_sided: Floats
    """Half widths of a one-sided test of each move alone."""

    @classmethod
    def of(cls, own: Moments, means: Floats, alpha: float) -> "_Moves":
        earlier, later = np.triu_indices(len(means), 1)
        out = np.zeros((3, len(means), len(means)))
        if len(earlier):
            contrasts = means[later] - means[earlier]
            values, chance = estimates(own, contrasts), deviations(own, contrasts)
            limit = critical(chance, values.errors, alpha, two_sided=True)
            out[:, earlier, later] = values.values, limit * values.errors, values.limit(alpha)
        return cls(estimate=out[0], half=out[1], one_sided=out[2])

    @property
    def sure(self) -> Floats:
        """The moves that are surely up or down; 0 for the others."""
        return np.where(np.abs(self.estimate) > self.half + NOTHING, self.estimate, 0)

    def along(self, chain: Sequence[int], ends: Sequence[int]) -> tuple[Phase, ...]:
        """The phases between neighbours of a chain of windows."""
        return tuple(
            self.phase(one, two, ends, _direction(self.estimate[one, two], place))
            for place, (one, two) in enumerate(pairwise(chain))
        )

    def widest(self, ends: Sequence[int]) -> Phase:
        """One stable phase, with the largest move in it as its change."""
        one, two = np.unravel_index(int(np.abs(self.estimate).argmax()), self.estimate.shape)
        whole = self.phase(int(one), int(two), ends, Direction.STABLE)
        return replace(whole, first_step=ends[0], last_step=ends[-1])

    def phase(self, one: int, two: int, ends: Sequence[int], direction: Direction) -> Phase:
        """A move as a phase."""
        value, half = float(self.estimate[one, two]), float(self.half[one, two])
        return Phase(
            direction=direction,
            first_step=ends[one],
            last_step=ends[two],
            change=Interval(estimate=value, low=value - half, high=value + half),
        )


def _end(own: Moments, row: Floats) -> int:
    """The last step of a window; 0 for the base."""
    inside = np.flatnonzero(row)
    return 0 if inside[-1] == 0 else own.steps[inside[-1] - 1]


def _direction(change: float, place: int) -> Direction:
    if change < 0:
        return Direction.FALL
    return Direction.REBOUND if place > 0 else Direction.RISE


def _longest_chain(change: Floats) -> list[int]:
    """Windows of the longest chain of sure moves that alternate; of equals, the farthest moved.

    `change[i, j]` is 0 where the move from window i to window j is not sure. By dynamic
    programming over the last window and the direction of the last move.
    """
    many = len(change)
    best: dict[tuple[int, int], tuple[int, float, list[int]]] = {}
    for two in range(many):
        for one in range(two):
            sign = int(np.sign(change[one, two]))
            if sign == 0:
                continue
            moved = abs(float(change[one, two]))
            count, far, path = best.get((one, -sign), (0, 0.0, [one]))
            new = (count + 1, far + moved, [*path, two])
            if new[:2] > best.get((two, sign), (0, 0.0, []))[:2]:
                best[two, sign] = new
    return max(best.values(), key=lambda found: found[:2])[2] if best else []
