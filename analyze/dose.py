"""Dose and response: what each step of a nested, matched dose of a grade does to the score.

Arms hold the same problems and tokens and differ in the share (0 to 1) of their traces that are
of the lower grade. The slope is the least-squares line through the arm means: change of the score
per unit of dose, from none to all. Controls (the same arm drawn again, arms with shuffled grades)
are expected to differ by nothing; what they differ by is the noise floor of the whole pipeline.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from curate.analyze.crossed import Fit, Items, Runs, arm_fit, chosen_arms, estimate, fit
from curate.analyze.interval import Estimate
from curate.analyze.monotone import (
    draws_of,
    line_weights,
    monotone,
    not_monotone_p,
    trend_p,
    whitener,
)
from curate.analyze.panel import Floats
from curate.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DoseResponse:
    """A dose–response with everything that its verdict rests on."""

    doses: tuple[float, ...]
    """Ascending."""
    means: tuple[Estimate, ...]
    """Mean score at each dose."""
    slope: Estimate
    """Change of the score from dose 0 to dose 1, by the line; variance between runs pooled."""
    slope_by_seed: Estimate | None
    """The same from one slope per seed, seeds - 1 degrees of freedom. It assumes nothing about
    how the error of neighbouring doses hangs together; the one to believe where all doses of a
    seed share a draw of traces. None with fewer than two whole seeds."""
    curvature: Estimate | None
    """Middle dose less the line between the ends; None with fewer than three doses."""
    isotonic: tuple[float, ...]
    """The closest monotone curve, in the direction of the slope."""
    p_trend: float
    """Two-sided, against no effect at any dose."""
    p_not_monotone: float
    """Against monotone in the direction of the slope; small: not monotone."""
    first_shown: float | None
    """The lowest dose that differs from the lowest one, tested downwards from the highest."""
    last_not_shown: float | None
    """The next lower dose: an effect there was not shown, which is not its absence."""
    controls: tuple[Estimate, ...]
    """Differences that are expected to be 0."""
    p_controls: float | None
    """Against all of them 0; small: the pipeline itself makes differences. None without any."""
    floor: float
    """The largest difference among controls, in absolute terms; 0 without any."""
    verdict: str
    why: str


def dose_response(
    runs: Runs,
    doses: Sequence[float] | Floats,
    *,
    controls: Sequence[tuple[str, str]] = (),
    control_runs: Runs | None = None,
    means: Fit | None = None,
    several_draws: bool = False,
    alpha: float = 0.05,
    rng: np.random.Generator | None = None,
) -> DoseResponse:
    """The dose–response of `runs`, whose arms hold `doses`, in that order.

    `controls` name pairs of arms of `control_runs` that are expected not to differ. `means`: arm
    means with their error from elsewhere, such as `moment_fit`, in the order of the arms.
    `several_draws`: every seed drew its own nested traces, so its doses share what is special
    about that draw; the slope by seeds then decides.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    runs, dose = ascending(runs, doses)
    own = arm_fit(runs) if len(runs.scores) > len(dose) else line_fit(runs, dose)
    means = own if means is None else chosen_arms(means, np.argsort(doses))
    pooled, by_seed = slope(means, dose, alpha), slope_by_seed(runs, dose, alpha)
    floor = noise_floor(control_runs, controls, alpha, rng)
    trend = trend_p(means, dose, rng)
    broken = not_monotone_p(means, rng, up=pooled.value > 0)
    deciding = by_seed if several_draws and by_seed is not None else pooled
    shown = first_shown(means, dose, alpha)
    verdict, why = verdict_of(deciding, floor, trend=trend, broken=broken, alpha=alpha)
    return DoseResponse(
        doses=tuple(map(float, dose)),
        means=tuple(
            estimate(means, row, f"dose {d:g}", alpha)
            for d, row in zip(dose, np.eye(len(dose)), strict=True)
        ),
        slope=pooled,
        slope_by_seed=by_seed,
        curvature=curvature(means, dose, alpha),
        isotonic=tuple(monotone(means.values, whitener(means), up=pooled.value > 0).tolist()),
        p_trend=trend,
        p_not_monotone=broken,
        first_shown=shown[0],
        last_not_shown=shown[1],
        controls=floor[0],
        p_controls=floor[1],
        floor=max((abs(one.value) for one in floor[0]), default=0.0),
        verdict=verdict,
        why=why,
    )


def ascending(runs: Runs, doses: Sequence[float] | Floats) -> tuple[Runs, Floats]:
    """The runs with their arms in the order of their doses; refuses what has no slope."""
    dose = np.asarray(doses, np.float64)
    if len(dose) != len(runs.arms) or len(np.unique(dose)) != len(dose) or len(dose) < 2:
        raise InputError(
            f"{len(runs.arms)} arms and the doses {', '.join(f'{d:g}' for d in dose)}",
            why="a slope needs one dose for each arm, at least two, and no two the same",
            fix="name arms of one nested design, without their controls",
        )
    order = np.argsort(dose)
    arms = tuple(runs.arms[place] for place in order)
    return replace(runs, arm=np.argsort(order)[runs.arm], arms=arms), dose[order]


def line_fit(runs: Runs, dose: Floats) -> Fit:
    """Means of arms with one run each: the variance between runs is what strays from the line.

    Curvature then counts as noise, which widens the interval and never narrows it.
    """
    design = np.column_stack((np.ones(len(dose)), dose))[runs.arm]
    line = fit(runs.scores, design, ("start", "slope"), runs.items)
    own = arm_fit(runs)
    scale = 1 / np.linalg.inv(design.T @ design)[1, 1]
    return Fit(
        names=own.names, values=own.values, items=own.items, item_df=own.item_df,
        runs=line.runs[1, 1] * scale * np.eye(len(dose)),
        noise=line.noise[1, 1] * scale * np.eye(len(dose)),
        run_df=line.run_df,
    )  # fmt: skip


def slope(means: Fit, dose: Floats, alpha: float = 0.05) -> Estimate:
    """The slope of the line through arm means."""
    return estimate(means, line_weights(dose), "slope", alpha)


def slope_by_seed(runs: Runs, dose: Floats, alpha: float = 0.05) -> Estimate | None:
    """The mean of one slope per seed; its error from their spread, or from items if that is more.

    Seeds that lack a dose are left out.
    """
    seeds = [s for s in np.unique(runs.seed) if len(runs.arm[runs.seed == s]) == len(dose)]
    if len(seeds) < 2:
        return None
    weights = line_weights(dose)
    per_seed = np.stack(
        [weights[runs.arm[runs.seed == s]] @ runs.scores[runs.seed == s] for s in seeds]
    )
    return mean_of_seeds(per_seed, runs.items, "slope by seed", alpha)


def mean_of_seeds(per_seed: Floats, items: Items, name: str, alpha: float) -> Estimate:
    """Mean over seeds of a contrast (seed, item), whose spread over seeds may be anything."""
    return estimate(fit(per_seed, np.ones((len(per_seed), 1)), (name,), items), [1.0], name, alpha)


def curvature(means: Fit, dose: Floats, alpha: float = 0.05) -> Estimate | None:
    """The quadratic contrast, as the middle of the range less the line between its ends."""
    if len(dose) < 3:
        return None
    scaled = (dose - dose[0]) / (dose[-1] - dose[0])
    design = np.column_stack((np.ones_like(scaled), scaled, scaled**2))
    return estimate(means, -np.linalg.pinv(design)[2] / 4, "curvature", alpha)


def first_shown(means: Fit, dose: Floats, alpha: float) -> tuple[float | None, float | None]:
    """The lowest dose shown to differ from the lowest, and the next lower one, not shown.

    Tested in a fixed order from the highest dose down, which keeps the error level without a
    correction (Maurer, Hothorn & Lehmacher 1995); it stops at the first that is not shown.
    """
    shown = None
    for place in range(len(dose) - 1, 0, -1):
        weights = np.zeros(len(dose))
        weights[[0, place]] = -1, 1
        if not estimate(means, weights, "", alpha).is_shown:
            return shown, float(dose[place])
        shown = float(dose[place])
    return shown, float(dose[0])


# --- controls and verdict -------------------------------------------------------------------------

Floor = tuple[tuple[Estimate, ...], float | None]


def noise_floor(
    runs: Runs | None,
    pairs: Sequence[tuple[str, str]],
    alpha: float,
    rng: np.random.Generator,
) -> Floor:
    """Differences between arms that should not differ, and the p of their largest."""
    if runs is None or not pairs:
        return (), None
    means = arm_fit(runs)
    contrasts = np.zeros((len(pairs), len(runs.arms)))
    for row, (left, right) in zip(contrasts, pairs, strict=True):
        row[runs.arms.index(left)], row[runs.arms.index(right)] = 1, -1
    found = [
        estimate(means, row, f"{left} - {right}", alpha)
        for row, (left, right) in zip(contrasts, pairs, strict=True)
    ]
    se = np.array([one.se for one in found])
    if not se.all():
        return tuple(found), None
    largest = max(abs(one.value) / one.se for one in found)
    null = np.abs(draws_of(means, rng) @ contrasts.T / se).max(axis=1)
    return tuple(found), float((1 + np.sum(null >= largest)) / (1 + len(null)))


def verdict_of(
    slope: Estimate, floor: Floor, *, trend: float, broken: float, alpha: float
) -> tuple[str, str]:
    """The verdict and its reason, in words."""
    way = "rises" if slope.value > 0 else "falls"
    if not slope.seeds_known:
        return "undetermined", "one run of each dose: luck of the seed cannot be told from dose"
    if floor[1] is not None and floor[1] < alpha:
        return "undetermined", "arms that should not differ do; see the controls"
    if not slope.is_shown and trend >= alpha:
        return "no trend shown", "an effect within the interval of the slope is not ruled out"
    if broken < alpha:
        return "not monotone", "the means stray from every monotone curve by more than noise"
    if not slope.is_shown:
        return "undetermined", "the means differ, but the slope's interval holds 0"
    if abs(slope.value) <= max((abs(one.value) for one in floor[0]), default=0.0):
        return "undetermined", "the effect is no larger than the differences among controls"
    return (
        f"{way} with dose",
        "the slope's interval leaves out 0 and nothing speaks against a monotone curve",
    )
