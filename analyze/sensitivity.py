"""How strong an unmeasured confounder must be to explain an effect away.

A matched design balances what was measured. Something that was not, and that goes along with the
grade (a topic, a teacher's manner), would have to go along with arms and scores this strongly:

- robustness value (Cinelli & Hazlett 2020, DOI 10.1111/rssb.12348, eq. 5): the share of the
  residual variation of both arm and score that the confounder must explain;
- E-value (VanderWeele & Ding 2017, DOI 10.7326/M16-2607): as a risk ratio with both;
- the imbalance that would do it, if one standard deviation of the confounder is worth so much.
"""

from dataclasses import dataclass
from math import inf, isinf, sqrt

from curate.analyze.interval import Estimate
from curate.detectable import quantile
from curate.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """The strength a confounder needs; shares in [0, 1]."""

    partial_r2: float
    """Share of the residual variation of the score that the arm explains."""
    robustness: float
    """Share of both residual variations that a confounder must explain to bring the effect to 0."""
    robustness_interval: float
    """The same to bring the interval to 0; 0 where it holds 0 already."""
    words: str


def sensitivity(effect: Estimate, share: float = 1.0) -> Sensitivity:
    """Robustness of an effect; `share` of it, in (0, 1], is what a confounder explains away."""
    if not 0 < share <= 1:
        raise InputError(
            f"a confounder that explains {share} of the effect",
            why="the share lies between 0 (excluded) and 1",
            fix="give 1 for all of the effect",
        )
    if isinf(effect.df) or effect.se == 0 or not effect.seeds_known:
        return Sensitivity(
            partial_r2=0.0, robustness=0.0, robustness_interval=0.0,
            words="the error of the effect is not known well enough to say (one run of each arm?)",
        )  # fmt: skip
    t = abs(effect.value) / effect.se
    whole = robustness_value(share * t / sqrt(effect.df))
    beyond = share * t / sqrt(effect.df) - critical_f(effect)
    within = (
        robustness_limit(share * t / sqrt(effect.df), critical_f(effect)) if beyond > 0 else 0.0
    )
    return Sensitivity(
        partial_r2=t**2 / (t**2 + effect.df),
        robustness=whole,
        robustness_interval=within,
        words=in_words(whole, within),
    )


def robustness_value(f: float) -> float:
    """The equal partial R² with arm and score that reduce Cohen's partial `f` to 0."""
    return (sqrt(f**4 + 4 * f**2) - f**2) / 2


def robustness_limit(f: float, critical: float) -> float:
    """The same, down to the edge of the interval; beyond f f* = 1 it is (f² - f*²) / (1 + f²).

    The second case of Cinelli & Hazlett's eq. 18: confounders so strong on the score that the
    interval is the shorter for it.
    """
    if f * critical > 1:
        return (f**2 - critical**2) / (1 + f**2)
    return robustness_value(f - critical)


def critical_f(effect: Estimate) -> float:
    """Partial f at which the interval ends at 0, one degree of freedom spent on the confounder."""
    df = max(1.0, effect.df - 1)
    return quantile((1 + effect.level) / 2, df) / sqrt(df)


def in_words(whole: float, within: float) -> str:
    """Plain words."""
    if within == 0:
        return "chance alone may explain the effect; no confounder is needed"
    return (
        f"something unmeasured would have to explain {100 * whole:.0f} % of what is left of both "
        f"the choice of arm and the score to bring the effect to zero, {100 * within:.0f} % to "
        "make it doubtful"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EValue:
    """Risk ratios from 1 on."""

    ratio: float
    """Observed, turned above 1."""
    value: float
    limit: float
    """For the end of the interval that is nearer to 1; 1 where the interval holds 1."""
    words: str


def e_value(ratio: float, low: float, high: float) -> EValue:
    """E-value of a ratio of success rates with its interval, all above 0."""
    if not 0 < low <= ratio <= high < inf:
        raise InputError(
            f"the ratio {ratio} with the interval {low} to {high}",
            why="a ratio of rates is above 0 and within its interval",
            fix="give rates in (0, 1]",
        )
    near = low if ratio >= 1 else 1 / high
    turned = max(ratio, 1 / ratio)
    value, limit = (bound(one) if one > 1 else 1.0 for one in (turned, near))
    words = (
        f"something unmeasured, {limit:.2f} times as frequent in one arm as in the other and "
        f"{limit:.2f} times as good for the score, would make the effect doubtful"
        if limit > 1
        else "chance alone may explain the effect; no confounder is needed"
    )
    return EValue(ratio=turned, value=value, limit=limit, words=words)


def bound(ratio: float) -> float:
    """E-value of one ratio above 1."""
    return ratio + sqrt(ratio * (ratio - 1))


def ratio_of(effect: Estimate, reference: float) -> tuple[float, float, float]:
    """Ratio of success rates and its interval, from a difference and the reference arm's rate."""
    if not 0 < reference <= 1:
        raise InputError(
            f"a reference rate of {reference}",
            why="a ratio of rates needs a reference rate above 0",
            fix="use a suite that the reference arm solves in part",
        )
    floor = 1e-6
    low, value, high = (
        max(floor, (reference + one) / reference) for one in (effect.low, effect.value, effect.high)
    )
    return value, low, high


def imbalance_needed(effect: float, per_sd: float) -> float:
    """Standardized mean difference between arms that would make the effect by itself.

    `per_sd`: what one standard deviation of the confounder is worth, in units of the score. To be
    laid beside the balance table, whose measured covariates stay below 0.1.
    """
    return inf if per_sd == 0 else abs(effect / per_sd)
