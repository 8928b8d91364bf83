"""Trajectories of a study: each arm in each domain, with its band and its verdict."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from curate.analyze.bands import change_band, score_band
from curate.analyze.dynamics import Dynamics, Extent, Shape, dynamics
from curate.analyze.estimates import Interval
from curate.analyze.interval import NOTHING
from curate.analyze.multiplicity import holm_by_level
from curate.analyze.panel import Floats
from curate.analyze.records import Early, Look, Trajectory, Value
from curate.analyze.runs import replicates
from curate.analyze.scopes import Scope, Scopes
from curate.analyze.stopping import early_stops, progress
from curate.analyze.study import Design
from curate.analyze.variance import Moments


def trajectories(found: Scopes) -> tuple[Trajectory, ...]:
    """Every arm in every domain of every base, then in every benchmark."""
    made = [one for base in found.bases for one in of_base(found, base)]
    for kind in ("domain", "suite"):
        mine = [at for at, one in enumerate(made) if one.kind == kind and one.seeds_known]
        tested = [at for at in mine if made[at].verdict != "not testable"]
        claims = [partial(repeats, found, made[at]) for at in tested]
        for at, holds in zip(tested, holm_by_level(claims, found.design.alpha), strict=True):
            if made[at].verdict != SHORT[Shape.UNDETERMINED]:
                made[at] = replace(made[at], holds=holds)
    return tuple(made)


def repeats(found: Scopes, one: Trajectory, level: float) -> bool:
    """Whether a trajectory has its verdict at another level, too, be it beside others."""
    scope = Scope(base=one.base, kind=one.kind, name=one.scope, domain=one.scope)
    design = found.design
    known = found.moments(scope)
    again = dynamics(known, one.arm, window=design.window, margin=design.margin, alpha=level)
    if one.verdict in ENDS.values():
        return again.end is not None and ENDS[again.end] == one.verdict
    shape = Shape.DIP_AND_RECOVERY if one.verdict.startswith("dip and") else SHAPES[one.verdict]
    return shape is not Shape.UNDETERMINED and shape in again.claims


def of_base(found: Scopes, base: str) -> Iterator[Trajectory]:
    """Domains first; a domain of one benchmark is not told twice."""
    for scope in found.domains(base):
        yield from (
            found.attempt(f"trajectories of `{scope.name}` on `{base}`", of_scope, found, scope)
            or ()
        )
    for scope in found.suites(base):
        alone = len(set(found.parts[base, scope.domain, "free"]["suite"])) == 1
        if not alone:
            yield from (
                found.attempt(
                    f"trajectories of `{scope.name}` on `{base}`",
                    of_scope,
                    found,
                    scope,
                )
                or ()
            )


def of_scope(found: Scopes, scope: Scope) -> list[Trajectory]:
    """All arms in one scope."""
    known = found.moments(scope)
    runs = replicates(found.panel(scope))[0] @ found.panel(scope).weights
    return [
        trajectory(found, scope, known, arm, runs[place]) for place, arm in enumerate(known.arms)
    ]


def trajectory(found: Scopes, scope: Scope, known: Moments, arm: str, runs: Floats) -> Trajectory:
    """One arm: means, band, runs, and the verdict where the base is known."""
    design, own = found.design, known.one_arm(arm)
    steps, sure = own.steps, known.knows(arm)
    tested = None
    half = band(own, design.alpha)
    if own.has_base and len(steps) >= 2 and half is not None:
        tested = dynamics(
            known, arm, window=design.window, margin=design.margin, alpha=design.alpha
        )
    means = own.means[1:]
    advice = None
    if len(steps) >= 2 and half is not None and sure:
        advice = progress(
            known, arm, window=design.window, margin=design.margin, alpha=design.alpha
        )
    return Trajectory(
        base=scope.base,
        kind=scope.kind,
        scope=scope.name,
        arm=arm,
        steps=steps,
        means=tuple(map(float, means)),
        low=None if half is None else tuple(map(float, means - half)),
        high=None if half is None else tuple(map(float, means + half)),
        start=float(own.means[0]) if own.has_base else None,
        runs=tuple(tuple(map(float, run)) for run in runs if not np.isnan(run).any()),
        verdict=verdict(tested, own),
        why=reason(tested, own, chance_known=half is not None),
        look=look(own),
        trough_steps=trough_steps(tested),
        trough_interval=trough_interval(tested),
        depth=depth(tested),
        recovery=recovery(tested),
        net=None if tested is None else value(tested.net),
        moving=None if advice is None else str(advice.advice),
        use=None if advice is None else (advice.first_step, advice.last_step),
        early=early(known, arm, design) if tested is not None and sure else (),
        seeds_known=sure,
        notes=known.notes,
    )


def band(own: Moments, alpha: float) -> Floats | None:
    """(step,): half widths such that the base lies outside only where a change is sure.

    Simultaneous over the checkpoints of the arm; of the change over the base where there is one,
    else of the score. None where nothing is known about chance.
    """
    arm = own.arms[0]
    found = (
        change_band(own, arm, alpha=alpha) if own.has_base else score_band(own, arm, alpha=alpha)
    )
    half: Floats = found.high - found.estimate
    return half if half.max() > NOTHING else None


SHORT = {
    Shape.DIP_AND_RECOVERY: "dip and recovery",
    Shape.HUMP: "hump",
    Shape.GAIN: "monotone gain",
    Shape.LOSS: "monotone loss",
    Shape.DROP: "drop without recovery",
    Shape.FLAT: "no change",
    Shape.UNDETERMINED: "undetermined",
}
ENDS = {"higher": "gain, shape not sure", "lower": "loss, shape not sure"}
"""Where the end is sure and no shape is."""
SHAPES = {words: shape for shape, words in SHORT.items()}


def verdict(tested: Dynamics | None, own: Moments) -> str:
    """Two or three words."""
    if tested is None:
        return "not testable"
    if not tested.seeds_known:
        return "one run: undetermined"
    if tested.verdict is Shape.DIP_AND_RECOVERY and tested.extent is not None:
        words = {Extent.FULL: "full", Extent.PARTIAL: "partial"}.get(tested.extent, "some")
        return f"dip and {words} recovery"
    if tested.verdict is Shape.UNDETERMINED and tested.end is not None:
        return ENDS[tested.end]
    return SHORT[tested.verdict]


def reason(tested: Dynamics | None, own: Moments, *, chance_known: bool) -> str:
    """What the verdict rests on, or what it lacks."""
    if tested is None:
        lack = "the untrained base was not evaluated" if not own.has_base else "one checkpoint"
        if own.has_base and not chance_known:
            lack = "nothing tells chance from effect"
        return f"no trajectory to test: {lack}"
    if not tested.seeds_known:
        said = SHORT[tested.this_run or Shape.UNDETERMINED]
        return (
            f"one run of the arm: this very run shows {said}, and what another seed would do is "
            "unknown"
        )
    if tested.verdict is Shape.UNDETERMINED:
        end = "" if tested.end is None else f"the end is {tested.end} than the base, but "
        return (
            f"{end}no shape is sure; a dip and a recovery of {100 * tested.detectable:.1f} points "
            "each would have been found with 80 % chance"
        )
    return ""


def early(known: Moments, arm: str, design: Design) -> tuple[Early, ...]:
    """What stopping at each checkpoint would have concluded."""
    return tuple(
        Early(
            step=one.step,
            change=value(one.change),
            conclusion=str(one.conclusion),
            error=value(one.error),
            wrong=one.wrong,
        )
        for one in early_stops(known, arm, window=design.window, alpha=design.alpha)
    )


def look(own: Moments) -> Look | None:
    """What the means do, as the eye sees them; None without a base."""
    if not own.has_base:
        return None
    start, means = float(own.means[0]), own.means[1:]
    low = int(np.argmin(means))
    later = [step for step, mean in zip(own.steps, means, strict=True)
             if step > own.steps[low] and mean > start]  # fmt: skip
    return Look(
        trough_step=own.steps[low],
        depth=float(means[low]) - start,
        back_step=min(later, default=None) if means[low] < start else None,
        net=float(means[-1]) - start,
    )


def value(found: Interval) -> Value:
    """As a record of results."""
    return Value(value=found.estimate, low=found.low, high=found.high)


def trough_steps(tested: Dynamics | None) -> tuple[int, int] | None:
    """The window of the trough."""
    if tested is None or tested.trough is None:
        return None
    return tested.trough.window.first_step, tested.trough.window.last_step


def trough_interval(tested: Dynamics | None) -> tuple[int, int] | None:
    """Where the trough may lie."""
    if tested is None or tested.trough is None:
        return None
    return tested.trough.first_step, tested.trough.last_step


def depth(tested: Dynamics | None) -> Value | None:
    """How far the trough lies under the base, as a negative change."""
    if tested is None or tested.trough is None:
        return None
    dip = tested.trough.window.dip
    return Value(value=-dip.estimate, low=-dip.high, high=-dip.low)


def recovery(tested: Dynamics | None) -> Value | None:
    """How far the last window lies above the trough."""
    if tested is None or tested.trough is None:
        return None
    return value(tested.trough.window.recovery)
