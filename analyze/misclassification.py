"""What a grader's errors do to a dose slope, and the slope without them.

A dose d of the lower grade truly holds d * ppv + (1 - d) * (1 - npv) of low traces: `ppv` of those
graded low are low, `npv` of those graded high are high. The true share is a line in d, of slope
ppv + npv - 1 (the attenuation), so a straight response per true share is the response per graded
dose divided by it: the closed form, where SIMEX would extrapolate (Gustafson 2003, ch. 3). Errors
that depend on what else is in the trace (differential errors) are not corrected by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from curate.analyze.interval import Estimate
from curate.analyze.panel import Floats
from curate.detectable import quantile
from curate.errors import InputError

DRAWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GraderError:
    """How much of a difference in graded dose is a difference in true dose."""

    attenuation: float
    """ppv + npv - 1, in (0, 1] for a grader better than chance."""
    draws: Floats
    """The same, drawn from what is known of it: (draw,)."""
    source: str
    """Where it comes from, in words."""

    @property
    def interval(self) -> tuple[float, float]:
        """Middle 95 % of the draws."""
        low, high = np.quantile(self.draws, (0.025, 0.975))
        return float(low), float(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedSlope:
    """A slope per true dose."""

    value: float
    low: float
    high: float
    """The interval holds the error of the slope and of the grader; infinite where the grader may
    be no better than chance."""
    attenuation: float
    bounded: bool
    words: str


def from_checked(
    low_right: int, low_checked: int, high_right: int, high_checked: int, rng: np.random.Generator
) -> GraderError:
    """From traces checked by hand in each grade: of `low_checked` graded low, `low_right` were."""
    for right, checked in ((low_right, low_checked), (high_right, high_checked)):
        if not 0 <= right <= checked or checked < 1:
            refuse("checked traces", f"{right} of {checked}")
    ppv = rng.beta(low_right + 0.5, low_checked - low_right + 0.5, DRAWS)
    npv = rng.beta(high_right + 0.5, high_checked - high_right + 0.5, DRAWS)
    return GraderError(
        attenuation=low_right / low_checked + high_right / high_checked - 1,
        draws=ppv + npv - 1,
        source=f"{low_checked} low and {high_checked} high traces checked",
    )


def from_second_grader(
    confusion: Mapping[str, Mapping[str, int]], high: str, low: str, rng: np.random.Generator
) -> GraderError:
    """From the confusion that a mixture's manifest has of a second grader, taken for the truth.

    `confusion[a][b]` counts traces of grade a by the first and b by the second. Where both err,
    independently, the true attenuation is nearer to 1 than this (Bross 1954,
    DOI 10.2307/3001619), so that it corrects too much; `from_agreement` is the other assumption.
    """
    counts = {a: {b: confusion[a][b] for b in (high, low)} for a in (high, low)}
    found = from_checked(
        counts[low][low], sum(counts[low].values()),
        counts[high][high], sum(counts[high].values()), rng,
    )  # fmt: skip
    return replace(found, source=f"a second grader, taken for the truth; {found.source}")


def from_rates(sensitivity: float, specificity: float, low_share: float) -> GraderError:
    """From rates taken as known, and the share of the graded traces that is truly low.

    Sensitivity: the chance that a low trace is graded low; specificity: a high one high.
    """
    for name, rate in (("sensitivity", sensitivity), ("specificity", specificity)):
        if not 0 <= rate <= 1:
            refuse(name, rate)
    if not 0 < low_share < 1:
        refuse("share of low traces", low_share)
    low = sensitivity * low_share + (1 - specificity) * (1 - low_share)
    if not 0 < low < 1:
        refuse("share graded low", low)
    ppv = sensitivity * low_share / low
    npv = specificity * (1 - low_share) / (1 - low)
    return GraderError(
        attenuation=ppv + npv - 1,
        draws=np.full(1, ppv + npv - 1),
        source=f"sensitivity {sensitivity:g}, specificity {specificity:g}",
    )


def from_agreement(
    both_low: int, both_high: int, differ: int, rng: np.random.Generator
) -> GraderError:
    """From two graders that err alike, as often either way, and independently of each other.

    They agree with chance 1 - 2e(1 - e) for the error rate e. Graders that share a bias agree more
    than their errors let them, and then this corrects too little.
    """
    if min(both_low, both_high, differ) < 0 or both_low + both_high + differ < 1:
        refuse("agreement counts", (both_low, both_high, differ))
    shares = rng.dirichlet(np.array((both_low, both_high, differ)) + 0.5, DRAWS)
    counts = np.array([[both_low, both_high, differ]]) / (both_low + both_high + differ)
    found = by_agreement(counts)
    if np.isnan(found[0]):
        raise InputError(
            f"two graders agree on {both_low + both_high} traces and differ on {differ}",
            why="that is no more than chance, so that their errors cannot be told",
            fix="check some traces by hand and give the counts of `from_checked`",
        )
    return GraderError(
        attenuation=float(found[0]),
        draws=np.nan_to_num(by_agreement(shares)),
        source=f"agreement of two graders on {both_low + both_high + differ} traces",
    )


def by_agreement(shares: Floats) -> Floats:
    """Attenuation (draw,) from shares of both low, both high and differing (draw, 3)."""
    low = shares[:, 0] + shares[:, 2] / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        error = (1 - np.sqrt(1 - 2 * shares[:, 2])) / 2
        true = (low - error) / (1 - 2 * error)
        inside = (true > 0) & (true < 1)
        found = (1 - 2 * error) * true * (1 - true) / (low * (1 - low))
    attenuation: Floats = np.where(inside, found, np.nan)
    return attenuation


def corrected(
    slope: Estimate, grader: GraderError, rng: np.random.Generator, draws: int = DRAWS
) -> CorrectedSlope:
    """The slope per true dose, with an interval that holds both errors.

    Slopes are drawn from their t, attenuations from the grader's draws, and divided. Where more
    than 2.5 % of the attenuations are at or below 0, the interval is infinite.
    """
    if grader.attenuation <= 0:
        raise InputError(
            f"the attenuation is {grader.attenuation:.3f}",
            why="the grader is no better than chance, so doses of its grades say nothing",
            fix="use another grader",
        )
    value = slope.value / grader.attenuation
    factor = rng.choice(grader.draws, draws)
    alpha = 1 - slope.level
    if np.mean(factor <= 0) > alpha / 2:
        low, high = -np.inf, np.inf
    else:
        df = slope.df if np.isfinite(slope.df) else 1e9
        drawn = slope.value + slope.se * rng.standard_t(df, draws)
        low, high = np.quantile(drawn / np.maximum(factor, 1e-9), (alpha / 2, 1 - alpha / 2))
    return CorrectedSlope(
        value=value,
        low=float(low),
        high=float(high),
        attenuation=grader.attenuation,
        bounded=bool(np.isfinite(low)),
        words=in_words(value, float(low), float(high), grader)
        + ("" if slope.seeds_known else "; of these runs alone, one of each dose"),
    )


def in_words(value: float, low: float, high: float, grader: GraderError) -> str:
    """The correction in one sentence, points of 100."""
    share = f"{100 * grader.attenuation:.0f} % of a difference in grade is real ({grader.source})"
    if not np.isfinite(low):
        return f"{share}; the grader may be no better than chance: no slope can be given"
    return f"{share}: per true dose {100 * value:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]"


def sweep(
    slope: Estimate, attenuations: Sequence[float]
) -> list[tuple[float, float, float, float]]:
    """Attenuation, slope, low and high, were each of these attenuations the true one."""
    return [(a, slope.value / a, slope.low / a, slope.high / a) for a in attenuations if a > 0]


def normal_interval(slope: Estimate, grader: GraderError) -> tuple[float, float]:
    """The interval by the delta method; too short where the attenuation is uncertain."""
    spread = float(grader.draws.std())
    a, b = grader.attenuation, slope.value
    se = sqrt((slope.se / a) ** 2 + (b * spread / a**2) ** 2)
    half = quantile((1 + slope.level) / 2, slope.df) * se
    return b / a - half, b / a + half


def refuse(what: str, value: object) -> None:
    """Numbers that cannot be."""
    raise InputError(
        f"{what}: {value}",
        why="rates and shares lie between 0 and 1, and counts are whole and add up",
        fix="give the numbers of the checked traces",
    )
