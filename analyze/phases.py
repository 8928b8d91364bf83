"""The phases of a trajectory: where it surely rose, fell, and rose again.

All differences between two windows (the base among them) get one simultaneous critical value
(max-T over all pairs and both directions). A chain of windows whose neighbours differ by turns in
opposite directions is then true as a whole, with confidence 1 − alpha; the phases are those of the
longest such chain, and among the longest the one that moves farthest.

Made for response lengths (`log_lengths`), as in Ren et al. 2026 (arXiv:2604.06628, section 3.2):
a rise is imitation of the format, a fall settling, a late rebound a symptom of overfitting.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from curate.analyze.dynamics import window_means
from curate.analyze.estimates import Interval, estimates
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
    earlier, later = np.triu_indices(len(means), 1)
    contrasts = means[later] - means[earlier]
    if not len(contrasts):
        return Phases(arm=arm, phases=(), seeds_known=found.seeds_known, last_step=ends[-1])
    values = estimates(own, contrasts)
    chance = deviations(own, contrasts)
    half = critical(chance, values.errors, alpha, two_sided=True) * values.errors
    change = np.zeros((len(means), len(means)))
    change[earlier, later] = np.where(np.abs(values.values) > half, values.values, 0)
    at = {pair: place for place, pair in enumerate(zip(earlier, later, strict=True))}
    chain = _longest_chain(change)
    moves = []
    for one, two in zip(chain, chain[1:], strict=False):
        place = at[one, two]
        moves.append((one, two, float(values.values[place]), float(half[place])))
    if not moves and (values.exceed(-margin, alpha) & values.fall_short(margin, alpha)).all():
        widest = int(np.argmax(np.abs(values.values)))
        flat = (0, len(means) - 1, float(values.values[widest]), float(half[widest]))
        found_phases: tuple[Phase, ...] = (_phase(flat, ends, Direction.STABLE),)
    else:
        found_phases = tuple(
            _phase(move, ends, _direction(move[2], place)) for place, move in enumerate(moves)
        )
    return Phases(arm=arm, phases=found_phases, seeds_known=found.seeds_known, last_step=ends[-1])


def _end(own: Moments, row: Floats) -> int:
    """The last step of a window; 0 for the base."""
    inside = np.flatnonzero(row)
    return 0 if inside[-1] == 0 else own.steps[inside[-1] - 1]


def _direction(change: float, place: int) -> Direction:
    if change < 0:
        return Direction.FALL
    return Direction.REBOUND if place > 0 else Direction.RISE


def _phase(move: tuple[int, int, float, float], ends: list[int], direction: Direction) -> Phase:
    one, two, value, half = move
    return Phase(
        direction=direction,
        first_step=ends[one],
        last_step=ends[two],
        change=Interval(estimate=value, low=value - half, high=value + half),
    )


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
